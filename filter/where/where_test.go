package where_test

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/referee-casb/referee/filter"
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

// TestLongFilters runs what a group of thousands becomes: SQLite bounds the depth of an expression.
func TestLongFilters(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	rows := []filtertest.Row{{ID: "in", Addr: "10.1.42.200"}, {ID: "out", Addr: "10.1.44.200"}, {ID: "named", Name: "n1199"}}
	match := filtertest.Database(db, where.SQLite)(t, rows)
	var nets []string
	for i := range 300 {
		nets = append(nets, fmt.Sprintf("10.%d.%d.0/24", i/256, i%256&^1))
	}
	anyOf := filter.AnyOf(filter.Cond("addr", filter.Eq, nets...))
	for i := range 1200 {
		anyOf.Kids = append(anyOf.Kids, filter.Cond("name", filter.Startswith, fmt.Sprintf("n%d", i)))
	}
	p, err := filtertest.Schema.Bind(anyOf)
	if err != nil {
		t.Fatal(err)
	}
	if got := match(t, p, filtertest.Now); !slices.Equal(got, []string{"in", "named"}) {
		t.Errorf("got %v", got)
	}
}
