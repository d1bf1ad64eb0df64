package activitylog

import (
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func TestMonths(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 12, 31, 23, 59, 59, 999999999, time.UTC)
	for _, c := range []struct {
		at   time.Time
		want Month
	}{
		{end, "2026-12"},
		{end.Add(1), "2027-01"},
		{time.Date(2027, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), "2026-12"},
		{time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), "2024-02"},
	} {
		if got := MonthOf(c.at); got != c.want || got.Validate() != nil || c.at.Before(got.Start()) || !c.at.Before(got.End()) {
			t.Errorf("%v is in %s [%v, %v), want %s", c.at, got, got.Start(), got.End(), c.want)
		}
	}
	for _, m := range []Month{"", "2026-13", "2026-00", "../2026-11", "2026-11x", "26-11", "0026-11", "2026-1"} {
		if !fault.Is(m.Validate(), fault.Invalid) {
			t.Errorf("%q is no month", m)
		}
	}
	nov := Month("2026-11")
	for _, c := range []struct {
		from, to time.Time
		want     bool
	}{
		{time.Time{}, time.Time{}, true},
		{nov.End(), time.Time{}, false},
		{nov.End().Add(-1), time.Time{}, true},
		{time.Time{}, nov.Start(), false},
		{time.Time{}, nov.Start().Add(1), true},
	} {
		if got := nov.Overlaps(c.from, c.to); got != c.want {
			t.Errorf("overlaps [%v, %v): %v", c.from, c.to, got)
		}
	}
}

func TestLatestRevisionWins(t *testing.T) {
	t.Parallel()
	rows := []model.Activity{{ID: "a", Revision: 1}, {ID: "b", Revision: 3}, {ID: "a", Revision: 3}, {ID: "b", Revision: 2}, {ID: "a", Revision: 3}, {ID: "c"}}
	if got := Latest(rows); !slices.Equal(got, []int{1, 2, 5}) {
		t.Fatalf("Latest = %v", got)
	}
	if Replaces(&rows[0], &rows[0]) || !Replaces(&rows[1], &rows[3]) || Replaces(&rows[3], &rows[1]) {
		t.Fatal("only a higher revision replaces")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	id := ID("contoso", model.SourceSession, "r1")
	if len(id) != 26 || id != ID("contoso", model.SourceSession, "r1") {
		t.Fatalf("id %q", id)
	}
	for _, other := range []model.ActivityID{ID("fabrikam", model.SourceSession, "r1"), ID("contoso", model.SourceAccess, "r1"), ID("contoso", model.SourceSession, "r2"), ID("contos", "o"+model.SourceSession, "r1")} {
		if other == id {
			t.Fatal("ids of different things are equal")
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	ref := Reference("x")
	if got, ok := ParseReference(FormatReference(ref)); !ok || got != ref {
		t.Fatalf("%q comes back as %q", ref, got)
	}
	for in, want := range map[string]string{"k7qm-2t9x": "K7QM2T9X", " oil0 1234 ": "01101234", "K7QM2T9": "", "K7QM2T9XX": "", "K7QM2T9U": "", "K7QM2T9é": "", "": "", "K7QM2T9'": ""} {
		got, ok := ParseReference(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("ParseReference(%q) = %q, %v", in, got, ok)
		}
	}
}

func TestQueriesAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	q := Query{Filter: filter.Cond("app", filter.Eq, "onedrive"), From: now.Add(-time.Hour), To: now}
	checked, c, err := CheckQuery(q)
	if err != nil || c != nil || checked.Limit != DefaultLimit {
		t.Fatalf("%+v %v %v", checked, c, err)
	}
	last := &model.Activity{ID: "a", Time: now.Add(-time.Minute)}
	q.Cursor = NextCursor(q, last)
	q.Limit = 7 // the page size may change
	if _, c, err = CheckQuery(q); err != nil || c.ID != "a" || !c.Time.Equal(last.Time) {
		t.Fatalf("%+v %v", c, err)
	}
	for name, change := range map[string]func(*Query){
		"filter": func(q *Query) { q.Filter = nil },
		"order":  func(q *Query) { q.Ascending = true },
		"from":   func(q *Query) { q.From = time.Time{} },
		"cursor": func(q *Query) { q.Cursor = q.Cursor[:len(q.Cursor)-2] },
		"limit":  func(q *Query) { q.Limit = MaxLimit + 1 },
		"minus":  func(q *Query) { q.Limit = -1 },
		"empty":  func(q *Query) { q.To = q.From },
		"year":   func(q *Query) { q.From = time.Date(1, 2, 1, 0, 0, 0, 0, time.UTC) },
	} {
		other := q
		if change(&other); !fault.Is(second(CheckQuery(other)), fault.Invalid) {
			t.Errorf("%s: not refused", name)
		}
	}
}

func second(_ Query, _ *Cursor, err error) error { return err }

func FuzzCursor(f *testing.F) {
	f.Add(Cursor{Query: 1, Time: time.Unix(1, 0), ID: "a"}.String())
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCursor(s)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v is not invalid", err)
			}
			return
		}
		if c.ID == "" || c.String() != s {
			t.Fatalf("%q reads as %+v, which writes as %q", s, c, c.String())
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"a","tenant":"contoso","type":"login","source":"referee","time":"2026-11-23T00:00:00Z","network":{"address":"::1"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Encode(&a)
		if err != nil {
			return // grew over the limit
		}
		if b, err := Decode(again); err != nil || b.ID != a.ID || b.Tenant != a.Tenant || !b.Time.Equal(a.Time) {
			t.Fatalf("%s\nreads %+v\nthen %+v, %v", data, a, b, err)
		}
	})
}
