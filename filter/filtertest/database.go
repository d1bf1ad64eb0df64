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
		columns := where.Columns(Schema.Catalog)
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
			exec(t, db, insert, where.Row(d, Schema, columns, &rows[i])...)
		}
		// A row whose every column is NULL, as one that was written before a column was added: it has no id,
		// and must neither break a clause nor make one NULL.
		exec(t, db, "INSERT INTO "+table+" DEFAULT VALUES")
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
		if ok.Bool && id != "" {
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v\n%s\n%v", d.Name(), err, clause.SQL, clause.Args)
	}
	return ids
}

func exec(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
