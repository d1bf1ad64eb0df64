package stage

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/referee-casb/referee/fault"
)

// holderVariable holds the mounts in the environment of a process that is to hold them.
const holderVariable = "REFEREE_STAGE_MOUNTS"

// holder is a process whose mount namespace has the stage's small file systems. It outlives the children, which enter
// it: what they wrote is there when the next one starts.
type holder struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// ErrMount is why a stage with small file systems could not be made: the machine does not let us mount.
var ErrMount = errors.New("no small file systems")

func hold(mounts []Mount) (*holder, error) {
	const op = "stage.mount"
	text, err := json.Marshal(mounts)
	if err != nil {
		return nil, fault.Wrap(err, op, "")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	cmd := exec.Command(self) //nolint:gosec,noctx // this very program; it ends with its standard input
	cmd.Env = append(os.Environ(), holderVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	h := &holder{cmd: cmd}
	if h.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	if err := cmd.Start(); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		h.close()
		return nil, fault.New(fault.Unavailable, op, "this machine does not let us mount: %s", strings.TrimSpace(line))
	}
	return h, nil
}

// command runs a program inside.
func (h *holder) command(program string) *exec.Cmd {
	args := []string{"--target", strconv.Itoa(h.cmd.Process.Pid), "--mount"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--preserve-credentials")
	}
	return exec.Command("nsenter", append(args, program)...) //nolint:gosec,noctx // ended by Stop, Kill or its standard input
}

func (h *holder) close() {
	_ = h.stdin.Close() // it ends then
	_ = h.cmd.Wait()
}

// Inside is where this process finds a file that the children see under path.
func (s *Stage) Inside(path string) string {
	if s.holder == nil {
		return path
	}
	return filepath.Join("/proc", strconv.Itoa(s.holder.cmd.Process.Pid), "root", path)
}

// Token is the first administrator's API token, which the child wrote.
func (s *Stage) Token() (string, error) {
	file := s.Inside(filepath.Join(s.Setup.Data, "admin.token"))
	text, err := os.ReadFile(file) //nolint:gosec // below the data folder
	return strings.TrimSpace(string(text)), fault.As(err, fault.Unavailable, "stage.Token", file)
}

// beHolder mounts and waits, when this process was started for it.
func beHolder() {
	text := os.Getenv(holderVariable)
	if text == "" {
		return
	}
	var mounts []Mount
	err := json.Unmarshal([]byte(text), &mounts)
	for _, m := range mounts {
		if err == nil {
			err = mount(m)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	os.Exit(0)
}

// mount puts a memory file system of a size on a folder. The process is in a mount namespace of its own.
func mount(m Mount) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fault.As(err, fault.Unavailable, "stage.mount", "/")
	}
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return fault.As(err, fault.Unavailable, "stage.mount", m.Dir)
	}
	return fault.As(syscall.Mount("tmpfs", m.Dir, "tmpfs", 0, "size="+strconv.FormatInt(m.Bytes, 10)+",mode=700"), fault.Unavailable, "stage.mount", m.Dir)
}
