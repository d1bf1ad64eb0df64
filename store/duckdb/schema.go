package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/filter/where"
	"github.com/referee-casb/referee/model"
)

// layout is the version of the tables other than the search columns. A higher one is refused.
const layout = 1

// The columns that this package names itself. All but the last three are search columns of the activities' schema.
const (
	columnTime      = "activity_time"
	columnID        = "activity_id"
	columnStage     = "stage"
	columnReference = "reference_fold"
	columnKey       = "id_key" // a hash of the id: an eighth of the bytes to read when ids are looked up
	columnRevision  = "revision"
	columnRecord    = "record"
)

// activities are the search columns and their values.
var activities = where.NewTable(where.DuckDB, entity.Activity)

// column is a column of the table activities.
type column struct{ name, kind string }

// columns are what is searched, then what the log adds.
var columns = func() []column {
	var out []column
	for _, c := range activities.Columns {
		out = append(out, column{c.Name, where.DuckDB.Type(c)})
	}
	return append(out, column{columnKey, "BIGINT"}, column{columnRevision, "BIGINT"}, column{columnRecord, "VARCHAR"})
}()

var columnNames = func() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}()

// idKey is the hash of an id. Two ids may share it.
func idKey(id model.ActivityID) int64 {
	h := fnv.New64a()
	h.Write([]byte(text(string(id))))
	return int64(h.Sum64())
}

// create makes the tables in the attached database.
func create(ctx context.Context, db *sql.DB, alias string) error {
	defs := make([]string, len(columns))
	for i, c := range columns {
		defs[i] = c.name + " " + c.kind
	}
	for _, statement := range []string{
		"CREATE TABLE " + alias + ".main.activities (" + strings.Join(defs, ", ") + ")",
		"CREATE TABLE " + alias + ".main.positions (part BIGINT, last UBIGINT)",
		"CREATE TABLE " + alias + ".main.about (name VARCHAR, value VARCHAR)",
		"INSERT INTO " + alias + ".main.about VALUES ('layout', '" + strconv.Itoa(layout) + "')",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// fits reports whether the attached database has the columns of this build. The error is a fault when a newer
// Referee wrote the file, or when it is no activity log.
func fits(ctx context.Context, db *sql.DB, alias, path string) (bool, error) {
	var text string
	err := db.QueryRowContext(ctx, "SELECT value FROM "+alias+".main.about WHERE name = 'layout'").Scan(&text)
	if err != nil {
		return false, explain(err, path)
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return false, damaged(path, fmt.Errorf("the layout is %q", text))
	case version > layout:
		return false, &fault.Error{
			Kind: fault.Unavailable, Op: "duckdb.attach", Key: path,
			Msg:  fmt.Sprintf("a newer Referee wrote this file: its layout is %d, known is %d", version, layout),
			Help: "run the newer Referee, or restore the file from before the upgrade",
		}
	}
	have, err := columnsOf(ctx, db, alias)
	if err != nil {
		return false, explain(err, path)
	}
	for _, c := range columns {
		if have[c.name] != c.kind {
			return false, nil
		}
	}
	return version == layout, nil // columns that this build doesn't know stay empty from now on
}

// columnsOf returns the types of the columns of activities by name.
func columnsOf(ctx context.Context, db *sql.DB, alias string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND table_name = 'activities'", alias)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.kind); err != nil {
			return nil, err
		}
		out[c.name] = c.kind
	}
	return out, rows.Err()
}
