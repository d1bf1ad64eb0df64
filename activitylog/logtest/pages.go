package logtest

import (
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

func testBounds(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 300)
	first, last := in[len(in)-1].Time, in[0].Time
	for _, c := range []struct{ from, to time.Time }{
		{time.Time{}, time.Time{}},
		{first, last},
		{first.Add(time.Microsecond), last.Add(time.Microsecond)},
		{in[200].Time, in[100].Time},
		{in[200].Time, time.Time{}},
		{time.Time{}, in[100].Time},
		{in[5].Time.Add(time.Nanosecond), in[4].Time}, // bounds are rounded down to the microsecond, as times in filters
		{in[5].Time, in[5].Time.Add(time.Microsecond)},
		{last.AddDate(1, 0, 0), time.Time{}},
		{time.Time{}, first.AddDate(-1, 0, 0)},
	} {
		var want []model.Activity
		for _, a := range in {
			if (c.from.IsZero() || !a.Time.Before(c.from.Truncate(time.Microsecond))) && (c.to.IsZero() || a.Time.Before(c.to)) {
				want = append(want, a)
			}
		}
		for _, asc := range []bool{false, true} {
			got := all(t, e, activitylog.Query{From: c.from, To: c.to, Ascending: asc}, 41)
			if asc {
				slices.Reverse(got)
			}
			if !slices.Equal(ids(got), ids(want)) {
				t.Errorf("[%v, %v) ascending %v: %d rows, want %d", c.from, c.to, asc, len(got), len(want))
			}
		}
	}
}

func testPages(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 300)
	for _, size := range []int{1, 7, 299, 300, 301, activitylog.MaxLimit} {
		if size == 1 {
			in := in[:40] // one at a time is slow
			got := all(t, e, activitylog.Query{From: in[39].Time}, size)
			if !slices.Equal(ids(got), ids(in)) {
				t.Errorf("pages of %d: %d rows, want %d in order", size, len(got), len(in))
			}
			continue
		}
		if got := all(t, e, activitylog.Query{}, size); !slices.Equal(ids(got), ids(in)) {
			t.Errorf("pages of %d: %d rows, want %d in order", size, len(got), len(in))
		}
	}
	if page := search(t, e, tenant, activitylog.Query{}); len(page.Activities) != activitylog.DefaultLimit {
		t.Errorf("a page without a limit has %d rows", len(page.Activities))
	}
}

func testTies(t *testing.T, open Open) {
	e := opened(t, open)
	var in []model.Activity
	for n := range 50 {
		a := row(n)
		a.Time = noon.Add(time.Duration(n/20) * time.Microsecond)
		in = append(in, a)
	}
	appendAll(t, e, batch(1, in...))
	slices.SortFunc(in, newestFirst)
	if got := all(t, e, activitylog.Query{}, 3); !slices.Equal(ids(got), ids(in)) {
		t.Fatalf("%v\nwant %v", ids(got), ids(in))
	}
}

func testStablePages(t *testing.T, open Open) {
	for _, asc := range []bool{false, true} {
		e := opened(t, open)
		appendAll(t, e, batch(1, rows(100, 200)...))
		q := activitylog.Query{Limit: 30, Ascending: asc}
		var got []model.Activity
		seq := uint64(101)
		for turn := 0; ; turn++ {
			page := search(t, e, tenant, q)
			got = append(got, page.Activities...)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			// Between pages rows come at both ends, and one that was seen gets a higher revision.
			changed := page.Activities[3]
			changed.Revision++
			appendAll(t, e, batch(seq, row(300+turn), row(turn), changed))
			seq += 3
		}
		old := slices.DeleteFunc(got, func(a model.Activity) bool { return a.Time.Before(row(100).Time) || a.Time.After(row(199).Time) })
		want := ids(rows(100, 200))
		if !asc {
			slices.Reverse(want)
		}
		if !slices.Equal(ids(old), want) {
			t.Fatalf("ascending %v: pages gave %d of the 100 rows that were there, want each once in order", asc, len(old))
		}
	}
}

func testTotals(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 120)
	q := activitylog.Query{Limit: 10, Total: true}
	page := search(t, e, tenant, q)
	q.Cursor = page.Next
	if next := search(t, e, tenant, q); page.Total != int64(len(in)) || next.Total != int64(len(in)) {
		t.Fatalf("totals %d and %d, want %d: a total is of the whole query", page.Total, next.Total, len(in))
	}
	if page := search(t, e, tenant, activitylog.Query{}); page.Total != -1 {
		t.Fatalf("total %d where none was asked for, want -1", page.Total)
	}
}
