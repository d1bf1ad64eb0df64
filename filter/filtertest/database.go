package filtertest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/where"
)

// Database is the engine of a dialect over an open database. It makes a temporary table, so the pool must hold
// to one connection (SetMaxOpenConns(1)).
func Database(db *sql.DB, d *where.Dialect) Engine {
	return func(t testing.TB, rows []Row) func(testing.TB, *filter.Plan, time.Time) []string {
		t.Helper()
		entity := where.NewTable(d, Schema)
		columns := entity.Columns
		table := fmt.Sprintf("filtertest_%d", len(rows))
		defs := make([]string, len(columns))
		marks := make([]string, len(columns))
		for i, c := range columns {
			defs[i] = `"` + c.Name + `" ` + d.Type(c)
			if marks[i] = "?"; d == where.PostgreSQL {
				marks[i] = fmt.Sprintf("$%d", i+1)
			}
		}
		exec(t, db, "DROP TABLE IF EXISTS "+table)
		exec(t, db, "CREATE TEMPORARY TABLE "+table+" ("+strings.Join(defs, ", ")+")")
		insert := "INSERT INTO " + table + " VALUES (" + strings.Join(marks, ", ") + ")"
		for i := range rows {
			exec(t, db, insert, entity.Row(nil, &rows[i])...)
		}
		// Rows that no store of ours writes, but that may be there: one whose every column is NULL, as one
		// from before a column was added, and one with empty texts. Both have no value in any field.
		exec(t, db, "INSERT INTO "+table+" DEFAULT VALUES")
		exec(t, db, insert, blank(d, columns)...)
		return func(t testing.TB, plan *filter.Plan, now time.Time) []string {
			t.Helper()
			return query(t, db, d, table, plan, now)
		}
	}
}

func query(t testing.TB, db *sql.DB, d *where.Dialect, table string, plan *filter.Plan, now time.Time) []string {
	t.Helper()
	clause, err := d.Clause(plan, now, where.Options{Table: "t"})
	if err != nil {
		t.Fatal(err)
	}
	// Three valued logic would show here: a NULL clause is neither true nor false.
	rows, err := db.QueryContext(t.Context(), "SELECT COALESCE(t.f_id, ''), ok IS NULL, ok FROM (SELECT t.*, ("+clause.SQL+") AS ok FROM "+table+" AS t) AS t", clause.Args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%v", d.Name(), err, clause.SQL, clause.Args)
	}
	defer rows.Close()
	absent := Schema.Program(plan).Eval(&Row{}, now) == filter.True
	var ids []string
	for rows.Next() {
		var id string
		var null bool
		var ok sql.NullBool
		if err := rows.Scan(&id, &null, &ok); err != nil {
			t.Fatal(err)
		}
		if null {
			t.Errorf("row %q: the clause is NULL: %s %v", id, clause.SQL, clause.Args)
		}
		switch {
		case id == "" && ok.Bool != absent:
			t.Errorf("a row without values: %v, want %v: %s %v", ok.Bool, absent, clause.SQL, clause.Args)
		case id != "" && ok.Bool:
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v\n%s\n%v", d.Name(), err, clause.SQL, clause.Args)
	}
	return ids
}

func blank(d *where.Dialect, columns []where.Column) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		switch {
		case !c.Text():
		case c.Field.Many:
			out[i] = d.List([]string{"", ""})
		default:
			out[i] = ""
		}
	}
	return out
}

func exec(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
