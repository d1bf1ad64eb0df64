//go:build unix

package duckdb

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/referee-casb/referee/fault"
)

// TestLockOfAForkedChild holds a copy of the lock's file, as a child does between fork and exec: the lock is free when
// its owner lets go all the same.
func TestLockOfAForkedChild(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".lock")
	first, err := lockDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(path); !fault.Is(err, fault.Conflict) {
		t.Fatalf("a second lock gave %v", err)
	}
	inherited, err := syscall.Dup(int(first.f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(inherited) //nolint:errcheck // a copy
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	second, err := lockDir(path)
	if err != nil {
		t.Fatalf("the lock is still held: %v", err)
	}
	if err := second.release(); err != nil {
		t.Fatal(err)
	}
}
