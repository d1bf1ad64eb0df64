package stage

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Referee is one running child.
type Referee struct {
	PID int

	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string
	mu    sync.Mutex // one command at a time
	ended chan struct{}
	err   error
}

// startTime bounds how long a child may take until it serves.
const startTime = 2 * time.Minute

// Start starts Referee and returns when it serves. The stores of the last child are used again.
func (s *Stage) Start(ctx context.Context) (*Referee, error) {
	const op = "stage.Start"
	setup := filepath.Join(s.dir, "setup.json")
	if err := s.Setup.write(setup); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	socket, err := s.listener.(*net.TCPListener).File()
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	defer socket.Close()      //nolint:errcheck // the child has its own
	cmd := exec.Command(self) //nolint:gosec,noctx // this very program; it is ended by Stop, Kill or its standard input
	if s.holder != nil {
		cmd = s.holder.command(self)
	}
	cmd.Env = append(os.Environ(), childVariable+"="+setup)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Stderr = os.Stderr
	r := &Referee{cmd: cmd, lines: make(chan string, 16), ended: make(chan struct{})}
	if r.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, "")
	}
	if err := cmd.Start(); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, self)
	}
	r.PID = cmd.Process.Pid
	go func() {
		for in := bufio.NewScanner(out); in.Scan(); {
			r.lines <- in.Text()
		}
		r.err = cmd.Wait()
		close(r.lines)
		close(r.ended)
	}()
	if err := r.answer("ready", startTime); err != nil {
		r.Kill()
		return nil, err
	}
	return r, s.serving(ctx)
}

// serving waits until the listener is accepted from.
func (s *Stage) serving(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	c := s.Client()
	defer c.CloseIdleConnections()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.API("/healthz"), nil)
	if err != nil {
		return fault.Wrap(err, "stage.Start", "")
	}
	res, err := c.Do(q)
	if err != nil {
		return fault.As(err, fault.Unavailable, "stage.Start", "healthz")
	}
	defer res.Body.Close() //nolint:errcheck // not read
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "stage.Start", "healthz says %s", res.Status)
	}
	return nil
}

// answer waits for the child's next line.
func (r *Referee) answer(want string, within time.Duration) error {
	select {
	case line, ok := <-r.lines:
		switch {
		case !ok:
			<-r.ended
			return fault.New(fault.Unavailable, "stage.Referee", "it ended: %v", r.err)
		case line != want:
			return fault.New(fault.Unavailable, "stage.Referee", "it says %q", line)
		}
		return nil
	case <-time.After(within):
		return fault.New(fault.Unavailable, "stage.Referee", "no answer within %s", within)
	}
}

// do has the child do something.
func (r *Referee) do(words ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := io.WriteString(r.stdin, strings.Join(words, " ")+"\n"); err != nil {
		return fault.As(err, fault.Unavailable, "stage.Referee", words[0])
	}
	return r.answer("done", 30*time.Second)
}

// Profile writes what the processor does from now to [Referee.EndProfile] to a file for go tool pprof.
func (r *Referee) Profile(file string) error { return r.do("profile", file) }

// EndProfile ends it.
func (r *Referee) EndProfile() error { return r.do("endprofile") }

// Heap writes what is held in memory to a file for go tool pprof.
func (r *Referee) Heap(file string) error { return r.do("heap", file) }

// Free collects garbage and gives free memory back to the system, so that what is measured is held.
func (r *Referee) Free() error { return r.do("free") }

// Kill ends the child as kill -9 does.
func (r *Referee) Kill() {
	_ = r.cmd.Process.Kill() // it may have ended by itself
	r.drain()
}

// Stop lets it end in order.
func (r *Referee) Stop() error {
	err := r.stdin.Close()
	timer := time.AfterFunc(time.Minute, func() { _ = r.cmd.Process.Kill() })
	defer timer.Stop()
	r.drain()
	return errors.Join(err, r.err)
}

func (r *Referee) drain() {
	for range r.lines { //nolint:revive // until it has ended
	}
	<-r.ended
}

// Ended is closed when the child has ended.
func (r *Referee) Ended() <-chan struct{} { return r.ended }
