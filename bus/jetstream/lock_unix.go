//go:build unix

package jetstream

import (
	"errors"
	"os"
	"syscall"

	"github.com/referee-casb/referee/fault"
)

// dirLock keeps a second process away from a store. The kernel drops it when the process dies.
type dirLock struct{ f *os.File }

func lockDir(path string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "jetstream.Open", path)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &fault.Error{
				Kind: fault.Conflict, Op: "jetstream.Open", Key: path, Msg: "another process uses this bus store",
				Help: "stop the other process, or give each its own data directory",
			}
		}
		return nil, fault.As(err, fault.Unavailable, "jetstream.Open", path)
	}
	return &dirLock{f}, nil
}

// release unlocks before it closes: a process that is being forked holds a copy of the descriptor for a moment, and
// closing ours would leave the lock with it.
func (l *dirLock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
