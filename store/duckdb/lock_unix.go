//go:build unix

package duckdb

import (
	"errors"
	"os"
	"syscall"

	"github.com/referee-casb/referee/fault"
)

// dirLock keeps a second process away from the log. The kernel drops it when the process dies.
type dirLock struct{ f *os.File }

func lockDir(path string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "duckdb.Open", path)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &fault.Error{
				Kind: fault.Conflict, Op: "duckdb.Open", Key: path, Msg: "another process uses this activity log",
				Help: "stop the other process, or give each its own data directory",
			}
		}
		return nil, fault.As(err, fault.Unavailable, "duckdb.Open", path)
	}
	return &dirLock{f}, nil
}

// release unlocks before it closes: a lock belongs to the open file, of which a child that was forked meanwhile has a
// copy until its exec closes it (flock(2)).
func (l *dirLock) release() error {
	return errors.Join(syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN), l.f.Close())
}
