//go:build !unix

package duckdb

import (
	"os"

	"github.com/referee-casb/referee/fault"
)

// dirLock only keeps the file open: systems without flock refuse to delete an open file, and no more is promised there.
type dirLock struct{ f *os.File }

func lockDir(path string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "duckdb.Open", path)
	}
	return &dirLock{f}, nil
}

func (l *dirLock) release() error { return l.f.Close() }
