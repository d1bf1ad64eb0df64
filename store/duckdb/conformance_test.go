package duckdb

import (
	"testing"

	"github.com/referee-casb/referee/activitylog/logtest"
	"github.com/referee-casb/referee/filter/filtertest"
	"github.com/referee-casb/referee/filter/where"
)

// conforming opens a log that may keep only three files open, so that files come and go all the time.
func conforming(dir string) (logtest.Engine, error) { return Open(Options{Dir: dir, MaxOpen: 3}) }

func TestConformance(t *testing.T) {
	t.Parallel()
	logtest.Run(t, conforming)
}

func TestChild(*testing.T) { logtest.Child(conforming) }

func TestKilled(t *testing.T) {
	t.Parallel()
	logtest.RunKill(t, conforming, "TestChild")
}

// TestFilters holds the engine as it is configured here against the truth table.
func TestFilters(t *testing.T) {
	t.Parallel()
	l := openLog(t, t.TempDir())
	l.engine.db.SetMaxOpenConns(1)
	filtertest.Run(t, filtertest.Database(l.engine.db, where.DuckDB))
}
