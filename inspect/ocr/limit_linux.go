package ocr

import (
	"errors"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// confine makes the process end with this one, and by itself.
func confine(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// limit bounds a process that waits for its input. One that has ended already has read nothing.
func limit(pid int, conf Config) error {
	for what, n := range map[int]uint64{
		unix.RLIMIT_AS:     uint64(conf.Memory), //nolint:gosec // positive
		unix.RLIMIT_CPU:    uint64(conf.Time/time.Second) + 1,
		unix.RLIMIT_NOFILE: 64,
		unix.RLIMIT_FSIZE:  0,
		unix.RLIMIT_CORE:   0,
	} {
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}
