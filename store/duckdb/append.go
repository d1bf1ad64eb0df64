package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Append implements [activitylog.Writer]. It returns when the rows are on disk.
func (l *Log) Append(ctx context.Context, b activitylog.Batch) error {
	const op = "duckdb.Append"
	if err := checkBatch(b); err != nil {
		return fault.Wrap(err, op, string(b.Tenant)+"/"+string(b.Month))
	}
	return l.with(ctx, op, fileKey{b.Tenant, b.Month}, true, func(f *file) error {
		f.write.Lock()
		defer f.write.Unlock()
		defer f.settled.clear() // after the commit: see settled.set
		return l.append(ctx, f, b)
	})
}

// Position implements [activitylog.Writer].
func (l *Log) Position(ctx context.Context, tenant model.TenantID, month activitylog.Month, partition int) (uint64, error) {
	var last uint64
	err := l.with(ctx, "duckdb.Position", fileKey{tenant, month}, false, func(f *file) (err error) {
		last, err = position(ctx, l.engine.db, f.alias, partition)
		return err
	})
	if errors.Is(err, errAbsent) {
		return 0, nil
	}
	return last, err
}

func checkBatch(b activitylog.Batch) error {
	bad := func(format string, args ...any) error { return fault.New(fault.Invalid, "batch", format, args...) }
	if err := errors.Join(b.Tenant.Validate(), b.Month.Validate()); err != nil {
		return fault.As(err, fault.Invalid, "batch", "")
	}
	switch {
	case b.Partition < 0:
		return bad("partition %d is negative", b.Partition)
	case b.First > b.Last:
		return bad("the first sequence %d is above the last %d", b.First, b.Last)
	case b.Sequences != nil && len(b.Sequences) != len(b.Rows):
		return bad("%d sequences for %d rows", len(b.Sequences), len(b.Rows))
	}
	for i := range b.Rows {
		r := &b.Rows[i]
		if err := r.Validate(); err != nil {
			return err
		}
		switch {
		case r.Tenant != b.Tenant:
			return bad("activity %s is of tenant %s", r.ID, r.Tenant)
		case activitylog.MonthOf(r.Time) != b.Month:
			return bad("activity %s is of %s", r.ID, activitylog.MonthOf(r.Time))
		}
	}
	return nil
}

// append does a batch in one transaction. f.write is held.
func (l *Log) append(ctx context.Context, f *file, b activitylog.Batch) error {
	conn, err := l.engine.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Nobody else writes to the file, so what is read here is still true in the transaction.
	last, err := position(ctx, conn, f.alias, b.Partition)
	if err != nil || last >= b.Last {
		return err
	}
	rows := fresh(b, last)
	known, err := revisions(ctx, conn, f.alias, rows)
	if err != nil {
		return err
	}
	plan, err := plan(rows, known)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	if err = write(ctx, conn, f.alias, plan, b, last); err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// After a failed commit there is nothing to take back, and DuckDB says so.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func position(ctx context.Context, q querier, alias string, partition int) (uint64, error) {
	var last uint64
	err := q.QueryRowContext(ctx, "SELECT last FROM "+alias+".main.positions WHERE part = ?", partition).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return last, err
}

// fresh returns the batch's rows above the position, each id once.
func fresh(b activitylog.Batch, last uint64) []*model.Activity {
	all := b.Rows
	if b.Sequences != nil {
		all = make([]model.Activity, 0, len(b.Rows))
		for i, s := range b.Sequences {
			if s > last {
				all = append(all, b.Rows[i])
			}
		}
	}
	indexes := activitylog.Latest(all)
	rows := make([]*model.Activity, len(indexes))
	for i, j := range indexes {
		rows[i] = &all[j]
	}
	return rows
}

// stored is what a file has of an id.
type stored struct {
	revision int64
	row      int64
}

// revisions looks the rows' ids up. It reads the hashes of all ids, which DuckDB does faster than it keeps an index,
// and then the few rows that they point at.
func revisions(ctx context.Context, conn *sql.Conn, alias string, rows []*model.Activity) (map[string]stored, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	keys := make([]int64, len(rows))
	for i, r := range rows {
		keys[i] = idKey(r.ID)
	}
	at, err := rowIDs(ctx, conn, "SELECT rowid FROM "+alias+".main.activities WHERE "+columnKey+" IN (SELECT unnest(?::BIGINT[]))", keys)
	if err != nil || len(at) == 0 {
		return nil, err
	}
	found, err := conn.QueryContext(ctx, "SELECT "+columnID+", "+columnRevision+", rowid FROM "+alias+".main.activities "+
		"WHERE rowid IN (SELECT unnest(?::BIGINT[]))", at)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	known := make(map[string]stored, len(at))
	for found.Next() {
		var id string
		var s stored
		if err := found.Scan(&id, &s.revision, &s.row); err != nil {
			return nil, err
		}
		known[id] = s
	}
	return known, found.Err()
}

func rowIDs(ctx context.Context, conn *sql.Conn, query string, arg any) ([]int64, error) {
	found, err := conn.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []int64
	for found.Next() {
		var row int64
		if err := found.Scan(&row); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, found.Err()
}

// change is what a batch does to a file.
type change struct {
	add    []*model.Activity
	record []string // of add
	remove []int64  // row ids
}

func plan(rows []*model.Activity, known map[string]stored) (change, error) {
	var c change
	for _, r := range rows {
		if old, ok := known[text(string(r.ID))]; ok {
			if int64(r.Revision) <= old.revision {
				continue
			}
			c.remove = append(c.remove, old.row)
		}
		record, err := activitylog.Encode(r)
		if err != nil {
			return change{}, err
		}
		c.add, c.record = append(c.add, r), append(c.record, string(record))
	}
	return c, nil
}

// write does a change and sets the position. A transaction is open.
func write(ctx context.Context, conn *sql.Conn, alias string, c change, b activitylog.Batch, before uint64) error {
	if len(c.remove) > 0 {
		_, err := conn.ExecContext(ctx, "DELETE FROM "+alias+".main.activities WHERE rowid IN (SELECT unnest(?::BIGINT[]))", c.remove)
		if err != nil {
			return err
		}
	}
	if len(c.add) > 0 {
		if err := add(conn, alias, c.add, c.record); err != nil {
			return err
		}
	}
	statement := "INSERT INTO " + alias + ".main.positions (last, part) VALUES (?, ?)"
	if before > 0 {
		statement = "UPDATE " + alias + ".main.positions SET last = ? WHERE part = ?"
	}
	_, err := conn.ExecContext(ctx, statement, b.Last, b.Partition)
	return err
}

// add appends rows with their records by DuckDB's appender, inside the connection's transaction.
func add(conn *sql.Conn, alias string, rows []*model.Activity, records []string) error {
	return conn.Raw(func(raw any) error {
		dc, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", raw)
		}
		a, err := duck.NewAppenderWithColumns(dc, alias, "main", "activities", columnNames)
		if err != nil {
			return err
		}
		row := make([]any, 0, len(columns))
		values := make([]driver.Value, len(columns))
		for i, r := range rows {
			row = append(activities.Row(row[:0], r), idKey(r.ID), int64(r.Revision), records[i])
			for j, v := range row {
				values[j] = v
			}
			if err := a.AppendRow(values...); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
}

// text is a foreign text as columns hold it: what DuckDB refuses in text becomes U+FFFD.
func text(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
