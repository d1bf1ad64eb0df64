package logtest

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func testTenants(t *testing.T, open Open) {
	e := opened(t, open)
	in := family(t, e, 60)
	var theirs []model.Activity
	for n := range 10 {
		a := row(n) // the same ids, deliberately
		a.Tenant = "fabrikam"
		a.User.Name = "Fabrikam person"
		theirs = append(theirs, a)
	}
	appendAll(t, e, batch(1, theirs...))
	for who, want := range map[model.TenantID]int{tenant: len(in), "fabrikam": len(theirs), "nobody": 0} {
		page := search(t, e, who, activitylog.Query{Limit: 1000, Total: true})
		exported := 0
		for a, err := range e.Export(t.Context(), who, activitylog.Query{}) {
			if err != nil || a.Tenant != who {
				t.Fatalf("export of %s: tenant %q, %v", who, a.Tenant, err)
			}
			exported++
		}
		counted, err := e.Count(t.Context(), who, activitylog.Query{}, "activity.type", 100)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, b := range counted {
			sum += int(b.Count)
		}
		if len(page.Activities) != want || page.Total != int64(want) || exported != want || sum != want {
			t.Errorf("%s: search %d, total %d, export %d, count %d, want %d", who, len(page.Activities), page.Total, exported, sum, want)
		}
		for _, a := range page.Activities {
			if a.Tenant != who {
				t.Fatalf("%s sees an activity of %s", who, a.Tenant)
			}
		}
	}
	if mine, err := e.Get(t.Context(), tenant, theirs[0].ID); err == nil && mine.Tenant != tenant {
		t.Fatalf("Get gave an activity of %s", mine.Tenant)
	}
}

func testReadingMakesNothing(t *testing.T, open Open) {
	dir := t.TempDir()
	e := openedAt(t, open, dir)
	before := names(t, dir)
	search(t, e, "ghost", activitylog.Query{Total: true})
	if _, err := e.Position(t.Context(), "ghost", november, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Count(t.Context(), "ghost", activitylog.Query{}, "app", 5); err != nil {
		t.Fatal(err)
	}
	if after := names(t, dir); !slices.Equal(before, after) {
		t.Fatalf("reading left %v where %v was", after, before)
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

func testManyMonths(t *testing.T, open Open) {
	e := opened(t, open)
	const months = 16
	var want []string
	for n := range months {
		a := row(n)
		a.Time = november.Start().AddDate(0, n, 3)
		appendAll(t, e, batch(1, a))
		want = append(want, string(a.ID))
	}
	got := all(t, e, activitylog.Query{Ascending: true}, 4)
	if !slices.Equal(ids(got), want) {
		t.Fatalf("%d of %d months in order", len(got), months)
	}
	page := search(t, e, tenant, activitylog.Query{From: november.Start().AddDate(0, 8, 0), To: november.Start().AddDate(0, 10, 0), Total: true})
	if page.Total != 2 {
		t.Fatalf("two months have %d rows, want 2", page.Total)
	}
}

func testRetention(t *testing.T, open Open) {
	e := opened(t, open)
	keep, ok := e.(activitylog.Retainer)
	if !ok {
		t.Skip("the engine does not drop months")
	}
	for n := range 6 {
		a := row(n)
		a.Time = november.Start().AddDate(0, n, 3)
		other := a
		other.Tenant = "fabrikam"
		appendAll(t, e, batch(1, a), batch(1, other))
	}
	search(t, e, tenant, activitylog.Query{}) // the files are open
	dropped, err := keep.DropBefore(t.Context(), tenant, november.Start().AddDate(0, 3, 20))
	slices.Sort(dropped)
	if err != nil || !slices.Equal(dropped, []activitylog.Month{"2026-11", "2026-12", "2027-01"}) {
		t.Fatalf("dropped %v, %v: only months that end before the time", dropped, err)
	}
	if mine, theirs := search(t, e, tenant, activitylog.Query{}), search(t, e, "fabrikam", activitylog.Query{}); len(mine.Activities) != 3 || len(theirs.Activities) != 6 {
		t.Fatalf("%d rows remain, and %d of another tenant", len(mine.Activities), len(theirs.Activities))
	}
	if position, err := e.Position(t.Context(), tenant, november, 0); err != nil || position != 0 {
		t.Fatalf("a dropped month has position %d, %v", position, err)
	}
	appendAll(t, e, batch(7, row(100))) // and can begin anew
}

// intents is the ability to list intents without an outcome, which the pipeline's closer uses.
type intents interface {
	OpenIntents(ctx context.Context, tenant model.TenantID, before time.Time, limit int) ([]model.Activity, error)
}

func testOpenIntents(t *testing.T, open Open) {
	e := opened(t, open)
	lister, ok := e.(intents)
	if !ok {
		t.Skip("the engine does not list open intents")
	}
	var in []model.Activity
	for n := range 20 {
		a := row(n)
		if n < 12 {
			a.Stage = model.StageIntent
		}
		in = append(in, a)
	}
	appendAll(t, e, batch(1, in...))
	done := in[0]
	done.Stage, done.Revision = model.StageOutcome, 3
	appendAll(t, e, batch(21, done))
	check := func(before time.Time, limit int, want []model.Activity) {
		t.Helper()
		got, err := lister.OpenIntents(t.Context(), tenant, before, limit)
		if err != nil || !slices.Equal(ids(got), ids(want)) {
			t.Fatalf("open before %v: %v, %v, want %v", before, ids(got), err, ids(want))
		}
	}
	check(in[10].Time, 100, in[1:10])
	check(in[10].Time, 4, in[1:5])
	for n := 1; n < 10; n++ {
		in[n].Stage, in[n].Outcome, in[n].Revision = model.StageOutcome, model.OutcomeUnknown, 2
	}
	appendAll(t, e, batch(22, in[1:10]...))
	check(in[10].Time, 100, nil)
	check(in[19].Time, 100, in[10:12])
	late := row(5)
	late.ID, late.Stage = "late", model.StageIntent
	appendAll(t, e, batch(100, late))
	check(in[10].Time, 100, []model.Activity{late})
}

// testHostileText puts what people and apps control where SQL, paths and formats are made.
func testHostileText(t *testing.T, open Open) {
	e := opened(t, open)
	var in []model.Activity
	for n, s := range []string{`'; DROP TABLE activity; --`, `" OR ""="`, "a\x00b", "bad \xff utf8", "line\nbreak\t", "%_*?[x]", `\'\"`, "𝕏 é", strings.Repeat("long ", 2000)} {
		a := row(n)
		a.User.Name, a.Path, a.Reason, a.App.Name = s, s, s, s
		a.Files = []model.File{{Name: s, URL: s}, {Name: "plain"}}
		a.User.Groups = []model.GroupID{model.GroupID(s), "x"}
		in = append(in, a)
	}
	appendAll(t, e, batch(1, in...))
	if got := all(t, e, activitylog.Query{Ascending: true}, 3); !slices.Equal(ids(got), ids(in)) {
		t.Fatalf("%d of %d rows", len(got), len(in))
	}
	for n, a := range in {
		if n == 2 || n == 3 { // filters refuse NUL and what is not UTF-8
			continue
		}
		f := filter.Cond("user.name", filter.Eq, a.User.Name)
		if got := search(t, e, tenant, activitylog.Query{Filter: f}); len(got.Activities) != 1 || got.Activities[0].ID != a.ID {
			t.Errorf("user.name eq %.30q: %d rows", a.User.Name, len(got.Activities))
		}
	}
}
