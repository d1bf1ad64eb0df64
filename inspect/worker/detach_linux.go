package worker

import (
	"os/exec"
	"syscall"
)

// detach gives the process a session of its own: a signal from the keyboard is for the parent, which ends its processes.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
