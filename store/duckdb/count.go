package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
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
	column, many, err := bucketColumn(field)
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
		if err := l.settle(ctx, op, keys[i]); err != nil {
			return nil, err
		}
	}
	var buckets []activitylog.Bucket
	err = l.withAll(ctx, op, keys, func(files []*file) (err error) {
		var parts []string
		var args []any
		for _, f := range files {
			condition, values := w.condition()
			parts = append(parts, "SELECT a."+column+" AS v FROM "+f.alias+".main.activities AS a WHERE "+condition)
			args = append(args, values...)
		}
		if len(parts) > 0 {
			buckets, err = l.buckets(ctx, grouped(strings.Join(parts, " UNION ALL "), many), args, top)
		}
		return err
	})
	return buckets, err
}

// grouped is the query that counts the values v of a query. Lists are counted as wholes before their values are: most
// activities share theirs, and telling equal values within a list is slow.
func grouped(values string, many bool) string {
	counts := "SELECT v, count(*) AS n FROM (" + values + ") GROUP BY v"
	if many {
		counts = "SELECT v, sum(n)::BIGINT AS n FROM (SELECT unnest(list_distinct(v)) AS v, n FROM (" + counts + ")) GROUP BY v"
	}
	return "SELECT v::VARCHAR, n FROM (" + counts + ") WHERE v IS NOT NULL ORDER BY n DESC, v LIMIT ?"
}

func (l *Log) buckets(ctx context.Context, query string, args []any, top int) ([]activitylog.Bucket, error) {
	ctx, cancel := l.limited(ctx)
	defer cancel()
	rows, err := l.engine.db.QueryContext(ctx, query, append(args, top)...)
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

// bucketColumn returns the column that is counted for a field, and whether it holds lists.
func bucketColumn(field string) (name string, many bool, err error) {
	info := entity.Activity.Field(field)
	if info == nil || info.Column == "" {
		return "", false, &fault.Error{
			Kind: fault.Invalid, Op: "duckdb.Count", Key: field, Msg: "is no field that can be counted",
			Help: fmt.Sprintf("use one of %s", strings.Join(countable(), ", ")),
		}
	}
	for _, c := range activities.Columns {
		if c.Field == info {
			return c.Name, info.Many, nil // of an address the first column, which is for people
		}
	}
	return "", false, fault.New(fault.Internal, "duckdb.Count", "field %q has no column", field)
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
