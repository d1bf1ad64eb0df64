package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/store/sqlite"
)

// failing is an intake that fails when it is told to.
type failing struct {
	*sqlite.DB
	held, release atomic.Bool
}

var errTold = errors.New("told to fail")

func (f *failing) Held(ctx context.Context, tenant model.TenantID, month activitylog.Month) (activitylog.Held, error) {
	if f.held.Load() {
		return activitylog.Held{}, errTold
	}
	return f.DB.Held(ctx, tenant, month)
}

func (f *failing) Release(ctx context.Context, tenant model.TenantID, month activitylog.Month) error {
	if f.release.Load() {
		return errTold
	}
	return f.DB.Release(ctx, tenant, month)
}

func openIntake(t testing.TB) *failing {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "referee.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &failing{DB: db}
}

func openHolding(t testing.TB, dir string, intake activitylog.Intake, hold time.Duration) *Log {
	t.Helper()
	l, err := Open(Options{Dir: dir, Intake: intake, HoldFor: hold})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// inFile returns how many rows the file itself has.
func inFile(t *testing.T, l *Log) (n int) {
	t.Helper()
	err := l.with(t.Context(), "test", november, false, func(f *file) error {
		return l.engine.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+f.alias+".main.activities").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func total(t *testing.T, l *Log) activitylog.Page {
	t.Helper()
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{Total: true})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func appended(t *testing.T, l *Log, from, to int) {
	t.Helper()
	if err := l.Append(t.Context(), batch("contoso", from, to)); err != nil {
		t.Fatal(err)
	}
}

func TestSmallBatchesAreMovedTogether(t *testing.T) {
	t.Parallel()
	l := openHolding(t, t.TempDir(), openIntake(t), time.Hour)
	for n := range 50 {
		appended(t, l, n, n+1)
	}
	if n := inFile(t, l); n != 0 {
		t.Errorf("%d rows in the file before anybody reads", n)
	}
	if page := total(t, l); page.Total != 50 || len(page.Missing) > 0 {
		t.Errorf("%d rows, %v", page.Total, page.Missing)
	}
	if n := inFile(t, l); n != 50 {
		t.Errorf("%d rows in the file afterwards", n)
	}
	appended(t, l, 50, 51)
	appended(t, l, 51, 51+manyRows)
	if n := inFile(t, l); n != 51+manyRows {
		t.Errorf("%d rows in the file after a large batch, which takes the held ones with it", n)
	}
}

func TestHeldRowsAreMovedInTime(t *testing.T) {
	t.Parallel()
	l := openHolding(t, t.TempDir(), openIntake(t), 10*time.Millisecond)
	appended(t, l, 0, 5)
	waitFor(t, func() bool { return inFile(t, l) == 5 })
	many := openHolding(t, t.TempDir(), openIntake(t), time.Hour)
	for n := 0; n < moveRows; n += 100 {
		appended(t, many, n, n+100)
	}
	waitFor(t, func() bool { return inFile(t, many) == moveRows })
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was moved within 30 s")
		}
	}
}

// TestHeldRowsOutliveTheProcess opens the log again over what a process left that never closed it, and over what one
// left that was killed after the file's commit.
func TestHeldRowsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir, intake := t.TempDir(), openIntake(t)
	for round, end := range []func(l *Log){
		func(*Log) { intake.held.Store(true) }, // nothing can be moved
		func(l *Log) {
			intake.release.Store(true)
			if page := total(t, l); page.Total != 20 || len(page.Missing) != 1 {
				t.Errorf("%d rows, %v: want them from the file, and the month named", page.Total, page.Missing)
			}
		},
		func(*Log) {},
	} {
		l, err := Open(Options{Dir: dir, Intake: intake, HoldFor: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		last, err := l.Position(t.Context(), "contoso", "2026-11", 0)
		if err != nil || last != uint64(round*10) {
			t.Errorf("position %d, %v, want %d", last, err, round*10)
		}
		appended(t, l, round*10-min(round, 1)*5, round*10+10) // the bus brings half of the last batch again
		end(l)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		intake.held.Store(false)
		intake.release.Store(false)
	}
	l := openHolding(t, dir, intake, time.Hour)
	if page := total(t, l); page.Total != 30 || len(page.Missing) > 0 {
		t.Errorf("%d rows, %v", page.Total, page.Missing)
	}
	if left, err := intake.Holding(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left in the intake: %v, %v", left, err)
	}
}

// TestHeldRowsOfADamagedFile: the rows wait until the file is whole again, readers are told, and the month takes no more.
func TestHeldRowsOfADamagedFile(t *testing.T) {
	t.Parallel()
	l := openHolding(t, t.TempDir(), openIntake(t), time.Hour)
	appended(t, l, 0, 5)
	total(t, l)
	appended(t, l, 5, 8)
	l.opt.MaxOpen = 0
	l.evict(nil)
	good, err := os.ReadFile(l.path(november))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path(november), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if page := total(t, l); len(page.Missing) != 1 || len(page.Activities) != 0 {
		t.Errorf("%d rows, %v", len(page.Activities), page.Missing)
	}
	if err := l.Append(t.Context(), batch("contoso", 8, 9)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("append: %v, want unavailable", err)
	}
	if err := os.WriteFile(l.path(november), good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), batch("contoso", 8, 9)); err != nil {
		t.Errorf("append after the file was restored: %v", err)
	}
	if page := total(t, l); page.Total != 9 || len(page.Missing) > 0 {
		t.Errorf("%d rows, %v", page.Total, page.Missing)
	}
}

// TestTotalsCountHeldRows of months that the page did not reach, too.
func TestTotalsCountHeldRows(t *testing.T) {
	t.Parallel()
	l := openHolding(t, t.TempDir(), openIntake(t), time.Hour)
	if err := l.Append(t.Context(), october(0, 7)); err != nil {
		t.Fatal(err)
	}
	appended(t, l, 0, 5)
	page, err := l.Search(t.Context(), "contoso", activitylog.Query{Limit: 2, Total: true})
	if err != nil || page.Total != 12 || len(page.Missing) > 0 {
		t.Errorf("%d rows, %v, %v", page.Total, page.Missing, err)
	}
}

// TestDroppedMonthTakesItsHeldRows with it.
func TestDroppedMonthTakesItsHeldRows(t *testing.T) {
	t.Parallel()
	intake := openIntake(t)
	l := openHolding(t, t.TempDir(), intake, time.Hour)
	appended(t, l, 0, 5)
	if _, err := l.DropBefore(t.Context(), "contoso", start.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if left, err := intake.Holding(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left in the intake: %v, %v", left, err)
	}
	appended(t, l, 0, 2)
	if page := total(t, l); page.Total != 2 {
		t.Errorf("%d rows, want the two that came after", page.Total)
	}
}
