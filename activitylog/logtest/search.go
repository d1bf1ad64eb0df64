package logtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/entity"
	"github.com/referee-casb/referee/model"
)

// family appends n samples, spread over several months, and returns them newest first.
func family(t testing.TB, e Engine, n int) []model.Activity {
	t.Helper()
	by := map[activitylog.Month][]model.Activity{}
	var out []model.Activity
	for i := range n {
		a := sample(i)
		a.Time = a.Time.UTC().Truncate(time.Microsecond)
		m := activitylog.MonthOf(a.Time)
		by[m], out = append(by[m], a), append(out, a)
	}
	seq := uint64(1)
	for _, as := range by {
		appendAll(t, e, batch(seq, as...))
		seq += uint64(len(as))
	}
	slices.SortFunc(out, newestFirst)
	return out
}

func newestFirst(a, b model.Activity) int {
	return cmp.Or(b.Time.Compare(a.Time), strings.Compare(string(b.ID), string(a.ID)))
}

// filters name fields of every kind; each is compared with the Go predicate over the same rows.
func filters() []*filter.Node {
	c := filter.Cond
	return []*filter.Node{
		nil,
		filter.AllOf(),
		c("activity.type", filter.Eq, "download", "login"),
		c("activity.takenAction", filter.Eq, "block"),
		c("app", filter.Eq, "ONEDRIVE", "salesforce"),
		c("service", filter.Eq, "11161"),
		c("source", filter.Neq, "appConnector"),
		c("user.name", filter.Contains, "strauß"),
		c("user.username", filter.Startswith, "U3"),
		c("user.domain", filter.Eq, "fabrikam.com"),
		c("user.tags", filter.Eq, "directors"),
		filter.NotOf(c("user.tags", filter.Eq, "directors")),
		c("user.external", filter.Eq, "true"),
		c("device.tags", filter.Eq, "unmanaged"),
		c("device.tags", filter.Isnotset),
		c("device.id", filter.Isset),
		c("ip.address", filter.Eq, "203.0.113.0/24", "2001:db8::/32"),
		c("ip.address", filter.Eq, "198.51.100.2"),
		c("ip.address", filter.Isset),
		c("ip.category", filter.Eq, "Corporate"),
		c("ip.tags", filter.Eq, "guest wifi"),
		c("location.country", filter.Eq, "DK", "SE"),
		c("location.country", filter.Neq, "DK"),
		c("location.country", filter.Isnotset),
		c("location.asn", filter.Eq, "1000"),
		c("fileName", filter.Contains, "budget 3.xlsx"),
		c("fileExtension", filter.Eq, "txt"),
		filter.Between("fileSize", "5000", "40000"),
		c("fileLabels", filter.Eq, "confidential"),
		c("policy", filter.Eq, "block-unmanaged"),
		c("activityObject.name", filter.Contains, "finance"),
		c("status", filter.Eq, "403"),
		filter.Between("bytesDown", "10000", ""),
		c("host", filter.Endswith, "salesforce.com"),
		c("path", filter.Startswith, "/personal/d3"),
		c("activity.admin", filter.Eq, "true"),
		c("userAgent.userAgent", filter.Contains, "windows"),
		c("text", filter.Text, "ünmanaged"),
		filter.AnyOf(c("status", filter.Eq, "403"), filter.AllOf(c("device.tags", filter.Eq, "unmanaged"), filter.NotOf(c("app", filter.Eq, "sharepoint")))),
		filter.Between("date", "2026-11-16", "2026-11-18"),
	}
}

func testFilters(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 400)
	now := time.Now()
	hits := 0
	for _, f := range filters() {
		want := matching(t, in, f, now)
		hits += len(want)
		q := activitylog.Query{Filter: f, Total: true, Limit: 37}
		got := all(t, e, q, 37)
		if !slices.Equal(ids(got), ids(want)) {
			t.Errorf("%s: %d rows, want %d", f, len(got), len(want))
		}
		if total := search(t, e, tenant, q).Total; total != int64(len(want)) {
			t.Errorf("%s: total %d, want %d", f, total, len(want))
		}
	}
	if hits < 1000 {
		t.Fatalf("the filters match only %d rows: the test shows little", hits)
	}
}

// matching returns the rows that the Go predicate matches, in their order.
func matching(t testing.TB, in []model.Activity, f *filter.Node, now time.Time) []model.Activity {
	t.Helper()
	if f == nil {
		f = filter.AllOf()
	}
	program, err := entity.Activity.Compile(f)
	if err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	var out []model.Activity
	for i := range in {
		if program.Eval(&in[i], now) == filter.True {
			out = append(out, in[i])
		}
	}
	return out
}

func testCounts(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 300)
	f := filter.Cond("user.external", filter.Eq, "false")
	match := matching(t, in, f, time.Now())
	for field, values := range map[string]func(*model.Activity) []string{
		"activity.type":    func(a *model.Activity) []string { return []string{string(a.Type)} },
		"app":              func(a *model.Activity) []string { return []string{filter.Fold(a.App.Key)} },
		"location.country": func(a *model.Activity) []string { return []string{filter.Fold(a.Network.Country)} },
		"status": func(a *model.Activity) []string {
			if a.Status == 0 {
				return nil
			}
			return []string{fmt.Sprint(a.Status)}
		},
		"ip.tags": func(a *model.Activity) []string {
			var out []string
			for _, tag := range a.Network.Tags {
				out = append(out, filter.Fold(tag))
			}
			return out
		},
	} {
		want := map[string]int64{}
		for i := range match {
			for _, v := range values(&match[i]) {
				if v != "" {
					want[v]++
				}
			}
		}
		got, err := e.Count(t.Context(), tenant, activitylog.Query{Filter: f}, field, 100)
		if err != nil {
			t.Fatalf("%s: %v", field, err)
		}
		for i, b := range got {
			if b.Value != "" && want[b.Value] != b.Count || i > 0 && got[i-1].Count < b.Count {
				t.Errorf("%s: %v, want %v, most frequent first", field, got, want)
				break
			}
			delete(want, b.Value)
		}
		if len(want) > 0 {
			t.Errorf("%s: %v are missing", field, want)
		}
	}
	if got, err := e.Count(t.Context(), tenant, activitylog.Query{}, "app", 2); err != nil || len(got) != 2 {
		t.Errorf("the top 2 are %v, %v", got, err)
	}
}

func testExport(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 300)
	slices.Reverse(in)
	var got []model.Activity
	for a, err := range e.Export(t.Context(), tenant, activitylog.Query{From: in[10].Time}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	if !slices.Equal(ids(got), ids(in[10:])) {
		t.Fatalf("%d rows, want %d, oldest first", len(got), len(in)-10)
	}
	n := 0
	for range e.Export(t.Context(), tenant, activitylog.Query{}) {
		if n++; n == 3 {
			break
		}
	}
	bad := 0
	for _, err := range e.Export(t.Context(), tenant, activitylog.Query{Filter: filter.Cond("no.such", filter.Eq, "x")}) {
		if bad++; !fault.Is(err, fault.Invalid) {
			t.Fatalf("%v, want a fault of kind invalid", err)
		}
	}
	if n != 3 || bad != 1 {
		t.Fatalf("%d rows before leaving, %d errors", n, bad)
	}
}

func testFind(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 100)
	for _, want := range []model.Activity{in[0], in[50], in[99]} {
		typed := strings.ToLower(activitylog.FormatReference(want.Reference))
		if got, err := e.Find(t.Context(), tenant, typed); err != nil || got.ID != want.ID {
			t.Errorf("Find(%q): %s, %v", typed, got.ID, err)
		}
	}
	for name, err := range map[string]error{
		"absent id":       second(e.Get(t.Context(), tenant, "no-such")),
		"absent code":     second(e.Find(t.Context(), tenant, "ZZZZ-ZZZZ")),
		"no code":         second(e.Find(t.Context(), tenant, "' OR 1=1 --")),
		"empty code":      second(e.Find(t.Context(), tenant, "")),
		"other's id":      second(e.Get(t.Context(), "fabrikam", in[0].ID)),
		"other's code":    second(e.Find(t.Context(), "fabrikam", in[0].Reference)),
		"code as an id":   second(e.Get(t.Context(), tenant, model.ActivityID(in[0].Reference))),
		"id as reference": second(e.Find(t.Context(), tenant, string(in[0].ID))),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want a fault of kind not_found", name, err)
		}
	}
}

func second(_ model.Activity, err error) error { return err }

func testRefused(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 150)
	page := search(t, e, tenant, activitylog.Query{})
	for name, q := range map[string]activitylog.Query{
		"unknown field":          {Filter: filter.Cond("no.such", filter.Eq, "x")},
		"wrong operator":         {Filter: filter.Cond("user.external", filter.Startswith, "x")},
		"limit":                  {Limit: activitylog.MaxLimit + 1},
		"empty range":            {From: in[0].Time, To: in[0].Time},
		"forged cursor":          {Cursor: "AAAA"},
		"another query's cursor": {Cursor: page.Next, Ascending: true},
	} {
		if _, err := e.Search(t.Context(), tenant, q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want a fault of kind invalid", name, err)
		}
	}
	if _, err := e.Search(t.Context(), "../contoso", activitylog.Query{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a tenant that is a path: %v, want a fault of kind invalid", err)
	}
	for _, field := range []string{"no.such", "text", "", `app" FROM x --`} {
		if _, err := e.Count(t.Context(), tenant, activitylog.Query{}, field, 5); !fault.Is(err, fault.Invalid) {
			t.Errorf("count by %q: %v, want a fault of kind invalid", field, err)
		}
	}
}

func testCancel(t *testing.T, open Open) {
	e := opened(t, open)
	family(t, e, 50)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Search(ctx, tenant, activitylog.Query{}); !fault.Is(err, fault.Canceled) {
		t.Errorf("search: %v, want a fault of kind canceled", err)
	}
	if err := e.Append(ctx, batch(1000, row(1000))); err == nil {
		t.Error("append: no error though its context had ended")
	}
	appendAll(t, e, batch(1000, row(1000)))
	if _, err := e.Get(t.Context(), tenant, row(1000).ID); err != nil {
		t.Errorf("the batch that was cancelled comes again: %v", err)
	}
}

func testConcurrent(t *testing.T, open Open) {
	e := opened(t, open)
	const writers, batches, size = 4, 12, 25
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range batches {
				from := w*10_000 + n*size
				b := batch(uint64(n*size+1), rows(from, from+size)...)
				b.Partition = w
				if err := e.Append(t.Context(), b); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
		group.Go(func() {
			seen := 0
			for range batches {
				page, err := e.Search(t.Context(), tenant, activitylog.Query{Limit: activitylog.MaxLimit})
				if err != nil {
					t.Errorf("search: %v", err)
					return
				}
				if len(page.Activities)%size != 0 || len(page.Activities) < seen {
					t.Errorf("a search saw %d rows after %d: part of a batch, or less than before", len(page.Activities), seen)
				}
				seen = len(page.Activities)
			}
		})
	}
	group.Wait()
	if got := all(t, e, activitylog.Query{}, 1000); len(got) != writers*batches*size {
		t.Fatalf("%d rows, want %d", len(got), writers*batches*size)
	}
}
