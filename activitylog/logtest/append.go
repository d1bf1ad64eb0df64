package logtest

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func testTwice(t *testing.T, open Open) {
	e := opened(t, open)
	b := batch(10, rows(0, 50)...)
	appendAll(t, e, b, b)
	if got := all(t, e, activitylog.Query{}, 20); len(got) != 50 {
		t.Fatalf("%d rows, want 50", len(got))
	}
	// A batch at or below the position is not looked at, whatever is in it.
	late := batch(10, row(99))
	late.Last = 40
	appendAll(t, e, late)
	if got := all(t, e, activitylog.Query{}, 100); len(got) != 50 {
		t.Fatalf("%d rows after a batch below the position, want 50", len(got))
	}
}

func testOverlap(t *testing.T, open Open) {
	e := opened(t, open)
	appendAll(t, e, batch(1, rows(0, 30)...))
	// A redelivered batch may be longer than the first: messages 21 to 60, of which 21 to 30 are known.
	again := batch(21, rows(20, 60)...)
	changed := again.Rows[0]
	changed.Revision, changed.Reason = 9, "below the position: the file has this message already"
	again.Rows[0] = changed
	appendAll(t, e, again)
	got := all(t, e, activitylog.Query{}, 100)
	if len(got) != 60 {
		t.Fatalf("%d rows, want 60", len(got))
	}
	for _, a := range got {
		if a.Revision == 9 {
			t.Fatal("a row at or below the position was taken")
		}
	}
}

func testNoSequences(t *testing.T, open Open) {
	e := opened(t, open)
	first, again := batch(1, rows(0, 30)...), batch(21, rows(20, 60)...)
	first.Sequences, again.Sequences = nil, nil
	appendAll(t, e, first, again)
	if got := all(t, e, activitylog.Query{}, 100); len(got) != 60 {
		t.Fatalf("%d rows, want 60: ids tell rows apart where sequences don't", len(got))
	}
}

func testRevisions(t *testing.T, open Open) {
	e := opened(t, open)
	at := func(revision int, stage model.Stage, outcome model.Outcome) model.Activity {
		a := row(1)
		a.Revision, a.Stage, a.Outcome, a.Recorded = revision, stage, outcome, a.Time.Add(time.Duration(revision)*time.Hour)
		return a
	}
	intent, unknown, outcome := at(1, model.StageIntent, ""), at(2, model.StageOutcome, model.OutcomeUnknown), at(3, model.StageOutcome, model.OutcomeComplete)
	seq := uint64(0)
	step := func(want model.Activity, in ...model.Activity) {
		t.Helper()
		appendAll(t, e, batch(seq+1, in...))
		seq += uint64(len(in))
		got := all(t, e, activitylog.Query{}, 100)
		if len(got) != 1 || got[0].Revision != want.Revision || got[0].Outcome != want.Outcome {
			t.Fatalf("after %d messages: %+v, want one row of revision %d", seq, got, want.Revision)
		}
		one, err := e.Get(t.Context(), tenant, want.ID)
		if err != nil || one.Revision != want.Revision {
			t.Fatalf("Get: revision %d, %v, want %d", one.Revision, err, want.Revision)
		}
		// Filters see the highest revision only.
		open := search(t, e, tenant, activitylog.Query{Filter: filter.Cond("activity.stage", filter.Eq, "intent")})
		if n := len(open.Activities); (n == 1) != (want.Stage == model.StageIntent) {
			t.Fatalf("%d rows have the stage intent when revision %d counts", n, want.Revision)
		}
	}
	step(intent, intent)
	step(unknown, unknown)
	step(outcome, outcome)          // a late outcome beats the closer
	step(outcome, unknown, intent)  // lower revisions are dropped
	step(outcome, outcome, outcome) // and so are equal ones
	step(at(7, model.StageOutcome, ""), at(6, model.StageOutcome, ""), at(7, model.StageOutcome, ""), at(5, model.StageOutcome, ""))
}

func testMonths(t *testing.T, open Open) {
	e := opened(t, open)
	intent := row(0)
	intent.Time = november.End().Add(-time.Second)
	intent.Stage = model.StageIntent
	outcome := intent
	outcome.Stage, outcome.Revision, outcome.Recorded = model.StageOutcome, 3, november.End().Add(time.Hour)
	december := row(1)
	december.Time = november.End()
	appendAll(t, e, batch(1, intent), batch(2, outcome), batch(3, december))
	if got := all(t, e, activitylog.Query{}, 10); len(got) != 2 || got[0].ID != december.ID || got[1].Stage != model.StageOutcome {
		t.Fatalf("%v, want December's row, then the outcome in its intent's month", ids(got))
	}
	for month, want := range map[activitylog.Month]uint64{november: 2, "2026-12": 3, "2026-10": 0} {
		if got, err := e.Position(t.Context(), tenant, month, 0); err != nil || got != want {
			t.Errorf("position of %s: %d, %v, want %d", month, got, err, want)
		}
	}
}

func testForeignRows(t *testing.T, open Open) {
	e := opened(t, open)
	month, owner, short := batch(1, rows(0, 3)...), batch(1, rows(0, 3)...), batch(1, rows(0, 3)...)
	month.Rows[1].Time = november.End()
	owner.Rows[1].Tenant = "fabrikam"
	short.Sequences = short.Sequences[:2]
	name, path := batch(1, rows(0, 1)...), batch(1, rows(0, 1)...)
	name.Month = "../2026-11"
	path.Tenant, path.Rows[0].Tenant = "../x", "../x"
	for what, b := range map[string]activitylog.Batch{"month": month, "tenant": owner, "sequences": short, "month's name": name, "tenant's name": path} {
		if err := e.Append(t.Context(), b); !fault.Is(err, fault.Invalid) {
			t.Errorf("a row of another %s: %v, want a fault of kind invalid", what, err)
		}
	}
	if got := all(t, e, activitylog.Query{}, 10); len(got) != 0 {
		t.Fatalf("%d rows of refused batches", len(got))
	}
}

func testPosition(t *testing.T, open Open) {
	dir := t.TempDir()
	e := openedAt(t, open, dir)
	appendAll(t, e, batch(5, rows(0, 3)...))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = openedAt(t, open, dir)
	if got, err := e.Position(t.Context(), tenant, november, 0); err != nil || got != 7 {
		t.Fatalf("position %d, %v, want 7", got, err)
	}
	if got, err := e.Position(t.Context(), "fabrikam", november, 0); err != nil || got != 0 {
		t.Fatalf("another tenant's position %d, %v, want 0", got, err)
	}
}

func testPartitions(t *testing.T, open Open) {
	e := opened(t, open)
	a, b := batch(100, rows(0, 5)...), batch(1, rows(5, 10)...)
	b.Partition = 3
	appendAll(t, e, a, b)
	for partition, want := range map[int]uint64{0: 104, 3: 5, 1: 0} {
		if got, err := e.Position(t.Context(), tenant, november, partition); err != nil || got != want {
			t.Errorf("position of partition %d: %d, %v, want %d", partition, got, err, want)
		}
	}
	if got := all(t, e, activitylog.Query{}, 100); len(got) != 10 {
		t.Fatalf("%d rows, want 10: one partition's position is not another's", len(got))
	}
}

func testEmptyBatch(t *testing.T, open Open) {
	e := opened(t, open)
	appendAll(t, e, batch(1, row(0)))
	// What was between did not belong to this file, or could not be read.
	appendAll(t, e, activitylog.Batch{Tenant: tenant, Month: november, First: 2, Last: 90})
	if got, err := e.Position(t.Context(), tenant, november, 0); err != nil || got != 90 {
		t.Fatalf("position %d, %v, want 90", got, err)
	}
}

// A new stream of the bus begins at microseconds since 1970.
func testLeap(t *testing.T, open Open) {
	e := opened(t, open)
	appendAll(t, e, batch(1_795_000_000_000_000, rows(0, 2)...), batch(1_895_000_000_000_000, rows(2, 4)...))
	if got := all(t, e, activitylog.Query{}, 10); len(got) != 4 {
		t.Fatalf("%d rows, want 4", len(got))
	}
	if got, err := e.Position(t.Context(), tenant, november, 0); err != nil || got != 1_895_000_000_000_001 {
		t.Fatalf("position %d, %v", got, err)
	}
}

func testRoundTrip(t *testing.T, open Open) {
	e := opened(t, open)
	var in []model.Activity
	for n := range 60 {
		a := sample(n)
		a.Time = noon.Add(time.Duration(n) * time.Minute)
		in = append(in, a)
	}
	appendAll(t, e, batch(1, in...))
	for _, want := range in {
		got, err := e.Get(t.Context(), tenant, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		a, b := text(t, got), text(t, want)
		if a != b {
			t.Fatalf("got  %s\nwant %s", a, b)
		}
	}
}

func text(t testing.TB, a model.Activity) string {
	t.Helper()
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func testVisible(t *testing.T, open Open) {
	e := opened(t, open)
	for n := range 40 {
		appendAll(t, e, batch(uint64(n+1), row(n)))
		page := search(t, e, tenant, activitylog.Query{Limit: 1})
		if len(page.Activities) != 1 || page.Activities[0].ID != row(n).ID {
			t.Fatalf("row %d is not seen when Append returned", n)
		}
	}
}

func testRestart(t *testing.T, open Open) {
	dir := t.TempDir()
	for n := range 4 {
		e := openedAt(t, open, dir)
		appendAll(t, e, batch(uint64(n*10+1), rows(n*10, n*10+10)...))
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	e := openedAt(t, open, dir)
	got := all(t, e, activitylog.Query{Ascending: true}, 7)
	if want := ids(rows(0, 40)); !slices.Equal(ids(got), want) {
		t.Fatalf("%d rows in order %v", len(got), ids(got))
	}
}
