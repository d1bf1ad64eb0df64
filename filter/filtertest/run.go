package filtertest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
)

// Engine takes rows and returns how to ask for the ids of those that a plan matches, in any order.
type Engine func(t testing.TB, rows []Row) (match func(t testing.TB, plan *filter.Plan, now time.Time) []string)

// Run holds an engine against the truth table, then against the Go predicate on seeded random filters and rows.
func Run(t *testing.T, engine Engine) {
	t.Helper()
	t.Run("table", func(t *testing.T) {
		rows := Rows(t)
		match := engine(t, rows)
		for _, c := range Cases(t) {
			plan := bind(t, c.Filter)
			if got := inOrder(rows, match(t, plan, Now)); !slices.Equal(got, c.Want) {
				t.Errorf("%s\n got %s\nwant %s", c.Name, strings.Join(got, " "), strings.Join(c.Want, " "))
			}
		}
	})
	t.Run("random", func(t *testing.T) {
		const filters = 500
		rows := RandomRows(7, 120)
		match, reference := engine(t, rows), Go(t, rows)
		bad := 0
		for seed := range uint64(filters) {
			tree := RandomFilter(seed)
			plan := bind(t, tree)
			got, want := inOrder(rows, match(t, plan, Now)), inOrder(rows, reference(t, plan, Now))
			if !slices.Equal(got, want) {
				t.Errorf("seed %d: %s\nonly the engine: %s\nonly Go: %s", seed, tree, less(got, want), less(want, got))
				if bad++; bad == 5 {
					t.Fatal("stopped at five differences")
				}
			}
		}
	})
}

// Go is the engine of the Go predicate.
func Go(_ testing.TB, rows []Row) func(testing.TB, *filter.Plan, time.Time) []string {
	return func(_ testing.TB, plan *filter.Plan, now time.Time) []string {
		var ids []string
		program := Schema.Program(plan)
		for i := range rows {
			if program.Eval(&rows[i], now) == filter.True {
				ids = append(ids, rows[i].ID)
			}
		}
		return ids
	}
}

func bind(t testing.TB, tree *filter.Node) *filter.Plan {
	t.Helper()
	plan, err := Schema.Bind(tree)
	if err != nil {
		t.Fatalf("%s: %v", tree, err)
	}
	return plan
}

func inOrder(rows []Row, ids []string) []string {
	out := []string{}
	for i := range rows {
		if slices.Contains(ids, rows[i].ID) {
			out = append(out, rows[i].ID)
		}
	}
	return out
}

func less(a, b []string) string {
	var out []string
	for _, id := range a {
		if !slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return strings.Join(out, " ")
}
