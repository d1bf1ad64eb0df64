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

// Append implements [activitylog.Writer]. It returns when the rows are on disk: many of them in the month's file, few in
// the intake (see hold.go).
func (l *Log) Append(ctx context.Context, b activitylog.Batch) error {
	const op = "duckdb.Append"
	if err := checkBatch(b); err != nil {
		return fault.Wrap(err, op, string(b.Tenant)+"/"+string(b.Month))
	}
	k := fileKey{b.Tenant, b.Month}
	few := l.opt.Intake != nil && len(b.Rows) < manyRows
	if few {
		if done, err := l.holdNow(ctx, op, k, b); done || err != nil {
			return err
		}
	}
	return l.with(ctx, op, k, true, func(f *file) error {
		f.write.Lock()
		defer f.write.Unlock()
		if err := l.learn(ctx, f); err != nil {
			return err
		}
		if few && f.held.stuck == nil && f.held.rows.Load() < maxHeld {
			return l.hold(ctx, f, b)
		}
		return l.move(ctx, f, b)
	})
}

// Position implements [activitylog.Writer].
func (l *Log) Position(ctx context.Context, tenant model.TenantID, month activitylog.Month, partition int) (uint64, error) {
	var last uint64
	err := l.with(ctx, "duckdb.Position", fileKey{tenant, month}, false, func(f *file) error {
		f.write.Lock()
		defer f.write.Unlock()
		err := l.learn(ctx, f)
		last = f.held.positions[partition]
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

// commit writes rows, each id once, and positions in one transaction. f.write is held.
func (l *Log) commit(ctx context.Context, f *file, rows []row, positions map[int]uint64) error {
	conn, err := l.engine.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Nobody else writes to the file, so what is read here is still true in the transaction.
	known, err := revisions(ctx, conn, f.alias, rows)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN TRANSACTION"); err != nil {
		return err
	}
	if err = write(ctx, conn, f.alias, plan(rows, known), positions); err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// After a failed commit there is nothing to take back, and DuckDB says so.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// readPositions returns how far each partition is in a file.
func (l *Log) readPositions(ctx context.Context, f *file) (map[int]uint64, error) {
	found, err := l.engine.db.QueryContext(ctx, "SELECT part, last FROM "+f.alias+".main.positions")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	out := map[int]uint64{}
	for found.Next() {
		var part int
		var last uint64
		if err := found.Scan(&part, &last); err != nil {
			return nil, err
		}
		out[part] = last
	}
	return out, found.Err()
}

// row is an activity and its record.
type row struct {
	*model.Activity
	record string
}

// fresh returns the batch's rows above the position, each id once.
func fresh(b activitylog.Batch, last uint64) ([]row, error) {
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
	rows := make([]row, len(indexes))
	for i, j := range indexes {
		record, err := activitylog.Encode(&all[j])
		if err != nil {
			return nil, err
		}
		rows[i] = row{&all[j], string(record)}
	}
	return rows, nil
}

// stored is what a file has of an id.
type stored struct {
	revision int64
	row      int64
}

// revisions looks the rows' ids up. It reads the hashes of all ids, which DuckDB does faster than it keeps an index,
// and then the few rows that they point at.
func revisions(ctx context.Context, conn *sql.Conn, alias string, rows []row) (map[string]stored, error) {
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

// change is what rows do to a file.
type change struct {
	add    []row
	remove []int64 // row ids
}

func plan(rows []row, known map[string]stored) change {
	var c change
	for _, r := range rows {
		if old, ok := known[text(string(r.ID))]; ok {
			if int64(r.Revision) <= old.revision {
				continue
			}
			c.remove = append(c.remove, old.row)
		}
		c.add = append(c.add, r)
	}
	return c
}

// write does a change and sets the positions. A transaction is open.
func write(ctx context.Context, conn *sql.Conn, alias string, c change, positions map[int]uint64) error {
	if len(c.remove) > 0 {
		_, err := conn.ExecContext(ctx, "DELETE FROM "+alias+".main.activities WHERE rowid IN (SELECT unnest(?::BIGINT[]))", c.remove)
		if err != nil {
			return err
		}
	}
	if len(c.add) > 0 {
		if err := add(conn, alias, c.add); err != nil {
			return err
		}
	}
	for part, last := range positions {
		done, err := conn.ExecContext(ctx, "UPDATE "+alias+".main.positions SET last = greatest(last, ?) WHERE part = ?", last, part)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := conn.ExecContext(ctx, "INSERT INTO "+alias+".main.positions (last, part) VALUES (?, ?)", last, part); err != nil {
			return err
		}
	}
	return nil
}

// add appends rows by DuckDB's appender, inside the connection's transaction.
func add(conn *sql.Conn, alias string, rows []row) error {
	return conn.Raw(func(raw any) error {
		dc, ok := raw.(driver.Conn)
		if !ok {
			return fmt.Errorf("the connection is a %T", raw)
		}
		a, err := duck.NewAppenderWithColumns(dc, alias, "main", "activities", columnNames)
		if err != nil {
			return err
		}
		all := make([]any, 0, len(columns))
		values := make([]driver.Value, len(columns))
		for _, r := range rows {
			all = append(activities.Row(all[:0], r.Activity), idKey(r.ID), int64(r.Revision), r.record)
			for j, v := range all {
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
