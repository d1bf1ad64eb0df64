package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/filter/where"
)

// layout is the version of the tables other than the search columns. A higher one is refused.
const layout = 1

// The columns that this package names itself. All but the last two are search columns of the activities' schema.
const (
	columnTime      = "activity_time"
	columnID        = "activity_id"
	columnStage     = "stage"
	columnReference = "reference_fold"
	columnRevision  = "revision"
	columnRecord    = "record"
)

// activities are the search columns and their values.
var activities = where.NewTable(where.DuckDB, entity.Activity)

// columnDefs are the columns of the table activities, in order: what is searched, then revision and record.
func columnDefs() []string {
	defs := make([]string, 0, len(activities.Columns)+2)
	for _, c := range activities.Columns {
		defs = append(defs, c.Name+" "+where.DuckDB.Type(c))
	}
	return append(defs, columnRevision+" BIGINT", columnRecord+" VARCHAR")
}

// create makes the tables in the attached database.
func create(ctx context.Context, db *sql.DB, alias string) error {
	for _, statement := range []string{
		"CREATE TABLE " + alias + ".main.activities (" + strings.Join(columnDefs(), ", ") + ")",
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
		return false, damaged(path, err)
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return false, damaged(path, fmt.Errorf("the layout is %q", text))
	case version > layout:
		return false, &fault.Error{Kind: fault.Unavailable, Op: "duckdb.attach", Key: path,
			Msg:  fmt.Sprintf("a newer Referee wrote this file: its layout is %d, known is %d", version, layout),
			Help: "run the newer Referee, or restore the file from before the upgrade"}
	}
	have, err := columnsOf(ctx, db, alias)
	if err != nil {
		return false, damaged(path, err)
	}
	return version == layout && slices.Equal(have, columnDefs()), nil
}

func columnsOf(ctx context.Context, db *sql.DB, alias string) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT column_name || ' ' || data_type FROM duckdb_columns() "+
		"WHERE database_name = ? AND table_name = 'activities' ORDER BY column_index", alias)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var def string
		if err := rows.Scan(&def); err != nil {
			return nil, err
		}
		out = append(out, def)
	}
	return out, rows.Err()
}

// damaged is the fault of a file that can't be read.
func damaged(path string, err error) error {
	return &fault.Error{Kind: fault.Unavailable, Op: "duckdb.attach", Key: path, Msg: "the month's file can't be read", Err: err,
		Help: "restore the file from a backup, or move it away together with its .wal; the other months are not affected"}
}
