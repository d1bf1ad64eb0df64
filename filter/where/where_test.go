package where_test

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/referee-casb/referee/filter/filtertest"
	"github.com/referee-casb/referee/filter/where"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	filtertest.Run(t, filtertest.Database(db, where.SQLite))
}
