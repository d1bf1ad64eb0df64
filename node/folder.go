package node

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"github.com/referee-casb/referee/fault"
)

// lockFolder takes the data folder for this process. The embedded engines belong to one process at a time; a
// second one is refused before it could harm anything. The lock ends with the process, however it ends.
func lockFolder(dir string) (*os.File, error) {
	name := filepath.Join(dir, "lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // below the operator's data folder
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "node.lock", name)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, &fault.Error{
			Kind: fault.Conflict, Op: "node.lock", Key: dir, Msg: "another Referee uses this data folder",
			Help: "stop it, or set another folder in data", Err: err,
		}
	}
	return f, nil
}

// unlockFolder lets the folder go at once, also where a child that was forked meanwhile still has a copy of the open
// file, to which the lock belongs (flock(2)).
func unlockFolder(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// holder names this process in leases.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// newLogger makes Referee's own log on standard error.
func newLogger(c Logging) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opt))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opt))
}
