package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/filter/where"
	"github.com/referee-casb/referee/model"
)

// The most buckets that Count returns, and how many it returns when it is not told.
const (
	maxBuckets     = 1000
	defaultBuckets = 10
)

// Count implements [activitylog.Log]. All months are counted in one query, so that the result is exact. Activities
// in which the field is not set are in no bucket; of a list each value counts once an activity. Bools are "true" and
// "false". Limit, Cursor and Total of the query mean nothing here.
func (l *Log) Count(ctx context.Context, tenant model.TenantID, q activitylog.Query, field string, top int) ([]activitylog.Bucket, error) {
	const op = "duckdb.Count"
	value, err := bucketValue(field)
	if err != nil {
		return nil, err
	}
	switch {
	case top == 0:
		top = defaultBuckets
	case top < 0, top > maxBuckets:
		return nil, fault.New(fault.Invalid, op, "1 to %d values can be counted, not %d", maxBuckets, top)
	}
	q.Limit, q.Cursor, q.Total = 0, "", false
	w, err := l.walk(tenant, q)
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	keys := make([]fileKey, len(w.months))
	for i, month := range w.months {
		keys[i] = fileKey{tenant, month}
	}
	var buckets []activitylog.Bucket
	err = l.withAll(ctx, op, keys, func(files []*file) (err error) {
		var parts []string
		var args []any
		for _, f := range files {
			condition, values := w.condition()
			parts = append(parts, "SELECT "+value+" AS v FROM "+f.alias+".main.activities AS a WHERE "+condition)
			args = append(args, values...)
		}
		if len(parts) > 0 {
			buckets, err = l.buckets(ctx, strings.Join(parts, " UNION ALL "), args, top)
		}
		return err
	})
	return buckets, err
}

func (l *Log) buckets(ctx context.Context, values string, args []any, top int) ([]activitylog.Bucket, error) {
	ctx, cancel := l.limited(ctx)
	defer cancel()
	rows, err := l.engine.db.QueryContext(ctx, "SELECT v::VARCHAR, count(*) AS n FROM ("+values+") WHERE v IS NOT NULL "+
		"GROUP BY v ORDER BY n DESC, v LIMIT ?", append(args, top)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]activitylog.Bucket, 0, min(top, 64))
	for rows.Next() {
		var b activitylog.Bucket
		if err := rows.Scan(&b.Value, &b.Count); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// bucketValue returns the expression that is counted for a field.
func bucketValue(field string) (string, error) {
	info := entity.Activity.Field(field)
	if info == nil || info.Column == "" {
		return "", &fault.Error{Kind: fault.Invalid, Op: "duckdb.Count", Key: field, Msg: "is no field that can be counted",
			Help: fmt.Sprintf("use one of %s", strings.Join(countable(), ", "))}
	}
	for _, c := range where.Columns(entity.Activity.Catalog) {
		if c.Field != info {
			continue
		}
		if info.Many {
			return "unnest(list_distinct(a." + c.Name + "))", nil
		}
		return "a." + c.Name, nil // of an address the first column, which is for people
	}
	return "", fault.New(fault.Internal, "duckdb.Count", "field %q has no column", field)
}

func countable() []string {
	var out []string
	for _, f := range entity.Activity.Fields() {
		if f.Column != "" && f.Kind != filter.KindTime {
			out = append(out, f.Name)
		}
	}
	return out
}
