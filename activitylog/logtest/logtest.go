// Package logtest is the conformance suite that every engine of package activitylog passes: what is appended is kept
// once, a higher revision replaces a lower one, filters mean what the Go predicate means, pages stay put under appends,
// tenants don't see each other, and a killed process loses and doubles nothing. Layer L1, for tests only. Begin with
// [Run].
package logtest

import (
	"io"
	"testing"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

// Engine is an open log that the suite may close and open again on the same store.
type Engine interface {
	activitylog.Log
	activitylog.Writer
	io.Closer
}

// Open opens an engine on a store in dir. Its clock is the real one.
type Open func(dir string) (Engine, error)

const tenant model.TenantID = "contoso"

// noon is in the middle of a month, so that rows around it share one.
var noon = time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)

const november activitylog.Month = "2026-11"

// Run runs every test that needs no second process.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"a_batch_twice_is_kept_once":         testTwice,
		"overlapping_batches":                testOverlap,
		"batches_without_sequences":          testNoSequences,
		"higher_revision_replaces":           testRevisions,
		"files_by_intent_time":               testMonths,
		"rows_of_another_file_are_refused":   testForeignRows,
		"position":                           testPosition,
		"what_comes_back_is_what_went_in":    testRoundTrip,
		"visible_when_append_returns":        testVisible,
		"restart":                            testRestart,
		"filters_mean_what_go_says":          testFilters,
		"time_bounds_are_half_open":          testBounds,
		"pages_cover_everything_once":        testPages,
		"pages_stay_put_under_appends":       testStablePages,
		"totals":                             testTotals,
		"counts":                             testCounts,
		"export_is_ordered_and_can_be_left":  testExport,
		"get_and_find":                       testFind,
		"tenants_do_not_see_each_other":      testTenants,
		"bad_questions_are_refused":          testRefused,
		"reading_makes_nothing":              testReadingMakesNothing,
		"many_months":                        testManyMonths,
		"appends_and_searches_at_once":       testConcurrent,
		"retention_drops_whole_months":       testRetention,
		"open_intents":                       testOpenIntents,
		"an_empty_batch_moves_the_position":  testEmptyBatch,
		"equal_times_are_ordered_by_id":      testTies,
		"text_that_could_break_out_is_text":  testHostileText,
		"a_query_ends_with_its_context":      testCancel,
		"sequences_start_anywhere_and_leap":  testLeap,
		"partitions_have_their_own_position": testPartitions,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, open) })
	}
}

// opened opens an engine on a new store and closes it at the end of the test.
func opened(t testing.TB, open Open) Engine { return openedAt(t, open, t.TempDir()) }

func openedAt(t testing.TB, open Open, dir string) Engine {
	t.Helper()
	e, err := open(dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// row makes an activity that differs from others by its number, at a second of its own.
func row(n int) model.Activity {
	a := sample(n)
	a.Time = noon.Add(time.Duration(n) * time.Second)
	a.Recorded = a.Time.Add(time.Millisecond)
	return a
}

func rows(from, to int) []model.Activity {
	out := make([]model.Activity, 0, to-from)
	for n := from; n < to; n++ {
		out = append(out, row(n))
	}
	return out
}

// batch makes a batch of one file whose rows' messages are numbered from first.
func batch(first uint64, rows ...model.Activity) activitylog.Batch {
	b := activitylog.Batch{Tenant: tenant, Month: november, First: first, Last: first + uint64(len(rows)) - 1, Rows: rows}
	if len(rows) > 0 {
		b.Tenant, b.Month = rows[0].Tenant, activitylog.MonthOf(rows[0].Time)
	}
	for i := range rows {
		b.Sequences = append(b.Sequences, first+uint64(i))
	}
	return b
}

func appendAll(t testing.TB, e Engine, batches ...activitylog.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := e.Append(t.Context(), b); err != nil {
			t.Fatalf("append %s/%s %d to %d: %v", b.Tenant, b.Month, b.First, b.Last, err)
		}
	}
}

// search returns one page and fails when a month is missing.
func search(t testing.TB, e Engine, who model.TenantID, q activitylog.Query) activitylog.Page {
	t.Helper()
	page, err := e.Search(t.Context(), who, q)
	if err != nil {
		t.Fatalf("search %+v: %v", q, err)
	}
	if len(page.Missing) > 0 {
		t.Fatalf("search %+v: months missing: %+v", q, page.Missing)
	}
	return page
}

// all returns every match in pages of size.
func all(t testing.TB, e Engine, q activitylog.Query, size int) []model.Activity {
	t.Helper()
	q.Limit = size
	var out []model.Activity
	for range 10_000 {
		page := search(t, e, tenant, q)
		if len(page.Activities) > size {
			t.Fatalf("a page of %d, asked for %d", len(page.Activities), size)
		}
		out = append(out, page.Activities...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return out
		}
	}
	t.Fatal("the pages don't end")
	return nil
}

func ids(as []model.Activity) []string {
	out := make([]string, len(as))
	for i := range as {
		out[i] = string(as[i].ID)
	}
	return out
}
