package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// rebuildRows is how many records are in memory while a file is made again.
const rebuildRows = 2000

// rebuild makes a file again from its records, because another build's columns are in it, and detaches it. The file
// is replaced when the new one is complete; a killed process leaves the old one.
func (l *Log) rebuild(ctx context.Context, f *file, old string) (err error) {
	const op = "duckdb.rebuild"
	l.log.Info("activity file is brought to this build's columns", "file", f.path)
	db := l.engine.db
	defer func() {
		if old != "" {
			err = errors.Join(err, l.detach(old, f.path))
		}
	}()
	fresh, err := l.freshPath(f)
	if err != nil {
		return err
	}
	alias, err := l.attachPath(ctx, fresh)
	if err != nil {
		return classify(ctx, err, op, fresh)
	}
	err = create(ctx, db, alias)
	if err == nil {
		_, err = db.ExecContext(ctx, "INSERT INTO "+alias+".main.positions SELECT part, last FROM "+old+".main.positions")
	}
	if err == nil {
		err = copyRecords(ctx, db, old, alias)
	}
	if derr := l.detach(alias, fresh); err == nil {
		err = derr
	}
	if err == nil {
		err, old = l.detach(old, f.path), ""
	}
	if err != nil {
		return classify(ctx, err, op, f.path)
	}
	for _, wal := range []string{fresh + ".wal", f.path + ".wal"} {
		if _, err := os.Stat(wal); !errors.Is(err, fs.ErrNotExist) {
			// The log of one file must never meet the other file.
			return fault.New(fault.Unavailable, op, "%s was not folded in", wal)
		}
	}
	return publish(fresh, f.path)
}

// copyRecords makes rows from records, in the order of the old rows.
func copyRecords(ctx context.Context, db *sql.DB, from, to string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	after := int64(-1)
	for {
		rows, last, err := readRecords(ctx, conn, from, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := add(conn, to, rows); err != nil {
			return err
		}
		after = last
	}
}

func readRecords(ctx context.Context, conn *sql.Conn, alias string, after int64) (rows []row, last int64, err error) {
	found, err := conn.QueryContext(ctx, fmt.Sprintf("SELECT rowid, %s FROM %s.main.activities WHERE rowid > ? ORDER BY rowid LIMIT %d",
		columnRecord, alias, rebuildRows), after)
	if err != nil {
		return nil, 0, err
	}
	defer found.Close()
	for found.Next() {
		var record string
		if err := found.Scan(&last, &record); err != nil {
			return nil, 0, err
		}
		a := new(model.Activity)
		if err := json.Unmarshal([]byte(record), a); err != nil {
			return nil, 0, err
		}
		rows = append(rows, row{a, record})
	}
	return rows, last, found.Err()
}
