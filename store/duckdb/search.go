package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/filter/where"
	"github.com/referee-casb/referee/model"
)

// The most that one query returns: rows, and bytes of records, of which the last row may have more. A page that would
// have more bytes is shorter than its limit and has a next one.
const (
	pageRows  = activitylog.MaxLimit + 1
	pageBytes = 32 << 20
)

// Search implements [activitylog.Log]. It goes from month to month and stops when the page is full.
func (l *Log) Search(ctx context.Context, tenant model.TenantID, q activitylog.Query) (activitylog.Page, error) {
	const op = "duckdb.Search"
	w, err := l.walk(tenant, q)
	if err != nil {
		return activitylog.Page{}, fault.Wrap(err, op, string(tenant))
	}
	page := activitylog.Page{Total: -1}
	cut := false
	for _, month := range w.months {
		want := w.query.Limit + 1 - len(page.Activities)
		if want == 0 || cut {
			break
		}
		unsettled := l.settle(ctx, op, fileKey{tenant, month})
		var rows []model.Activity
		if rows, cut, err = l.page(ctx, op, fileKey{tenant, month}, w, want); err != nil && stops(ctx, err) {
			return activitylog.Page{}, err
		}
		if err == nil {
			err = unsettled
		}
		if err != nil {
			page.Missing = append(page.Missing, activitylog.MonthFault{Month: month, Err: err})
		}
		page.Activities = append(page.Activities, rows...)
	}
	if n := len(page.Activities); cut || n > w.query.Limit {
		page.Activities = page.Activities[:min(n, w.query.Limit)]
		page.Next = activitylog.NextCursor(w.query, &page.Activities[len(page.Activities)-1])
	}
	if w.query.Total {
		if page.Total, err = l.total(ctx, tenant, w, &page); err != nil {
			return activitylog.Page{}, err
		}
	}
	return page, nil
}

// stops reports whether an error ends a search, instead of leaving out the month.
func stops(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.Is(err, fault.Limited) || fault.Is(err, fault.Invalid)
}

// Export implements [activitylog.Log]. It reads page after page, so that it holds neither rows nor the files.
func (l *Log) Export(ctx context.Context, tenant model.TenantID, q activitylog.Query) iter.Seq2[model.Activity, error] {
	const op = "duckdb.Export"
	return func(yield func(model.Activity, error) bool) {
		q.Ascending, q.Limit, q.Cursor = true, activitylog.MaxLimit, ""
		w, err := l.walk(tenant, q)
		if err != nil {
			yield(model.Activity{}, fault.Wrap(err, op, string(tenant)))
			return
		}
		for _, month := range w.months {
			if err := l.settle(ctx, op, fileKey{tenant, month}); err != nil {
				yield(model.Activity{}, err)
				return
			}
			for {
				rows, cut, err := l.page(ctx, op, fileKey{tenant, month}, w, w.query.Limit)
				if err != nil {
					yield(model.Activity{}, err)
					return
				}
				for i := range rows {
					if !yield(rows[i], nil) {
						return
					}
				}
				if len(rows) < w.query.Limit && !cut {
					break
				}
				last := &rows[len(rows)-1]
				w.after = &activitylog.Cursor{Time: last.Time, ID: last.ID}
			}
		}
	}
}

// walk is a query on its way through the months.
type walk struct {
	query  activitylog.Query
	after  *activitylog.Cursor // the row before the page
	clause where.Clause
	all    []activitylog.Month // in bounds, in the query's order
	months []activitylog.Month // of these, from the cursor on
}

func (l *Log) walk(tenant model.TenantID, q activitylog.Query) (*walk, error) {
	q, cursor, err := activitylog.CheckQuery(q)
	if err != nil {
		return nil, err
	}
	clause, err := l.clause(q.Filter)
	if err != nil {
		return nil, err
	}
	months, err := l.months(tenant)
	if err != nil {
		return nil, err
	}
	w := &walk{query: q, after: cursor, clause: clause}
	w.all = slices.DeleteFunc(months, func(m activitylog.Month) bool { return !m.Overlaps(q.From, q.To) })
	if !q.Ascending {
		slices.Reverse(w.all)
	}
	w.months = w.all
	if cursor != nil {
		at := activitylog.MonthOf(cursor.Time)
		i := slices.IndexFunc(w.all, func(m activitylog.Month) bool { return m == at || (m > at) == q.Ascending })
		if i < 0 {
			i = len(w.all)
		}
		w.months = w.all[i:]
	}
	return w, nil
}

func (l *Log) clause(tree *filter.Node) (where.Clause, error) {
	plan, err := entity.Activity.Bind(tree)
	if err != nil {
		return where.Clause{}, fault.As(err, fault.Invalid, "filter", "")
	}
	clause, err := where.DuckDB.Clause(plan, l.opt.Now(), where.Options{Table: "a"})
	return clause, fault.As(err, fault.Invalid, "filter", "")
}

// condition is the query's filter and bounds as text and values; the rows are called a.
func (w *walk) condition() (string, []any) {
	text, args := "("+w.clause.SQL+")", slices.Clone(w.clause.Args)
	if !w.query.From.IsZero() {
		text, args = text+" AND a."+columnTime+" >= ?", append(args, ceilMicros(w.query.From))
	}
	if !w.query.To.IsZero() {
		text, args = text+" AND a."+columnTime+" < ?", append(args, ceilMicros(w.query.To))
	}
	return text, args
}

// ceilMicros is the first microsecond that is not before t: the log keeps microseconds.
func ceilMicros(t time.Time) int64 {
	at := filter.Micros(t)
	if time.UnixMicro(at).Before(t) {
		at++
	}
	return at
}

// page reads the next rows of a month, none when it has no file, and reports whether pageBytes cut them.
func (l *Log) page(ctx context.Context, op string, k fileKey, w *walk, limit int) ([]model.Activity, bool, error) {
	condition, args := w.condition()
	order, sign := " DESC", "<"
	if w.query.Ascending {
		order, sign = "", ">"
	}
	if c := w.after; c != nil {
		// The first half lets DuckDB skip blocks by their range of times.
		at := filter.Micros(c.Time)
		condition += " AND a." + columnTime + " " + sign + "= ? AND (a." + columnTime + " " + sign + " ? OR a." + columnID + " " + sign + " ?)"
		args = append(args, at, at, text(string(c.ID)))
	}
	condition += " ORDER BY a." + columnTime + order + ", a." + columnID + order + " LIMIT ?"
	return l.records(ctx, op, k, condition, append(args, limit))
}

// records reads the activities that a condition (with order and limit) picks from a month, none when it has no file,
// and reports whether pageBytes cut them.
func (l *Log) records(ctx context.Context, op string, k fileKey, condition string, args []any) (out []model.Activity, cut bool, err error) {
	err = l.with(ctx, op, k, false, func(f *file) error {
		ctx, cancel := l.limited(ctx)
		defer cancel()
		rows, err := l.engine.db.QueryContext(ctx, "SELECT a."+columnRecord+" FROM "+f.alias+".main.activities AS a WHERE "+condition, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var record sql.RawBytes
		size := 0
		out, cut = nil, false
		for rows.Next() {
			if cut = size > l.pageBytes; cut {
				return nil
			}
			if err := rows.Scan(&record); err != nil {
				return err
			}
			a, err := activitylog.Decode(record)
			if err != nil {
				return fault.As(err, fault.Internal, op, f.path)
			}
			out, size = append(out, a), size+len(record)
		}
		return rows.Err()
	})
	if errors.Is(err, errAbsent) { // it was dropped since the folder was read
		return nil, false, nil
	}
	return out, cut, err
}

// total counts the query's matches in every month in bounds. Months that can't be read go to the page's Missing.
func (l *Log) total(ctx context.Context, tenant model.TenantID, w *walk, page *activitylog.Page) (int64, error) {
	var sum int64
	for _, month := range w.all {
		if err := l.settle(ctx, "duckdb.Search", fileKey{tenant, month}); err != nil && !slices.ContainsFunc(page.Missing, func(m activitylog.MonthFault) bool { return m.Month == month }) {
			page.Missing = append(page.Missing, activitylog.MonthFault{Month: month, Err: err})
		}
		n, err := l.count(ctx, fileKey{tenant, month}, w)
		switch {
		case err == nil:
			sum += n
		case stops(ctx, err):
			return 0, err
		case !slices.ContainsFunc(page.Missing, func(m activitylog.MonthFault) bool { return m.Month == month }):
			page.Missing = append(page.Missing, activitylog.MonthFault{Month: month, Err: err})
		}
	}
	return sum, nil
}

func (l *Log) count(ctx context.Context, k fileKey, w *walk) (int64, error) {
	var n int64
	err := l.with(ctx, "duckdb.Search", k, false, func(f *file) error {
		ctx, cancel := l.limited(ctx)
		defer cancel()
		condition, args := w.condition()
		return l.engine.db.QueryRowContext(ctx, "SELECT count(*) FROM "+f.alias+".main.activities AS a WHERE "+condition, args...).Scan(&n)
	})
	if errors.Is(err, errAbsent) {
		return 0, nil
	}
	return n, err
}
