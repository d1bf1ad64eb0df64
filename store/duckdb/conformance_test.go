package duckdb

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/referee-casb/referee/activitylog/logtest"
	"github.com/referee-casb/referee/filter/filtertest"
	"github.com/referee-casb/referee/filter/where"
	"github.com/referee-casb/referee/store/sqlite"
)

// alone opens a log without an intake. It may keep only three files open, so that files come and go all the time.
func alone(dir string) (logtest.Engine, error) { return Open(Options{Dir: dir, MaxOpen: 3}) }

// withIntake opens one whose rows come by the embedded database.
func withIntake(dir string) (logtest.Engine, error) {
	db, err := sqlite.Open(context.Background(), filepath.Join(dir, ".intake", "referee.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	l, err := Open(Options{Dir: dir, MaxOpen: 3, Intake: db})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return both{l, db}, nil
}

// both is a log that closes its intake.
type both struct {
	*Log
	db *sqlite.DB
}

func (b both) Close() error { return errors.Join(b.Log.Close(), b.db.Close()) }

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]logtest.Open{"alone": alone, "with intake": withIntake} {
		t.Run(name, func(t *testing.T) { t.Parallel(); logtest.Run(t, open) })
	}
}

func TestChild(*testing.T)           { logtest.Child(alone) }
func TestChildWithIntake(*testing.T) { logtest.Child(withIntake) }

func TestKilled(t *testing.T) {
	t.Parallel()
	logtest.RunKill(t, alone, "TestChild")
}

func TestKilledWithIntake(t *testing.T) {
	t.Parallel()
	logtest.RunKill(t, withIntake, "TestChildWithIntake")
}

// TestFilters holds the engine as it is configured here against the truth table.
func TestFilters(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	l.engine.db.SetMaxOpenConns(1)
	filtertest.Run(t, filtertest.Database(l.engine.db, where.DuckDB))
}
