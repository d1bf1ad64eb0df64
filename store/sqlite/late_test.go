package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// TestRollbackOutlivesItsTime: a group of writes whose time ends between two statements leaves no transaction behind that
// those after it would be in.
func TestRollbackOutlivesItsTime(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.write.do(t.Context(), func(x *tx) error {
		if _, err := x.exec(`INSERT INTO intake_rows (tenant, month, record) VALUES ('a', '2026-11', x'00')`); err != nil {
			return err
		}
		late, cancel := context.WithCancel(x.ctx)
		cancel()
		x.ctx = late // as when the group's time has run out
		return late.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the late write: %v", err)
	}
	if err := db.write.do(t.Context(), func(x *tx) error {
		_, err := x.exec(`INSERT INTO intake_rows (tenant, month, record) VALUES ('b', '2026-11', x'00')`)
		return err
	}); err != nil {
		t.Fatalf("the next write: %v", err)
	}
	if left, err := db.Holding(t.Context()); err != nil || len(left) != 1 || left[0].Tenant != "b" {
		t.Errorf("%v, %v", left, err)
	}
}
