package filter

import "testing"

// TestKleene tries every pair of outcomes, on the operations and on compiled programs.
func TestKleene(t *testing.T) {
	t.Parallel()
	const f, u, x, y = False, Undecided, Undecidable, True
	values := [...]Tri{f, u, x, y}
	and := [4][4]Tri{{f, f, f, f}, {f, u, u, u}, {f, u, x, x}, {f, u, x, y}}
	or := [4][4]Tri{{f, u, x, y}, {u, u, u, y}, {x, u, x, y}, {y, y, y, y}}
	states := map[Tri]State{False: NotSet, Undecided: Unknown, Undecidable: Unobtainable, True: Known}
	all, some, none := mustProgram(t, `{"app":{"isset":true},"phase":{"isset":true}}`),
		mustProgram(t, `{"any":[{"app":{"isset":true}},{"phase":{"isset":true}}]}`), mustProgram(t, `{"not":{"app":{"isset":true}}}`)
	for i, a := range values {
		for j, b := range values {
			r := &row{app: "x", phase: "block", states: map[string]State{"app": states[a], "phase": states[b]}}
			if got, run := a.And(b), all.Eval(r, testNow); got != and[i][j] || run != and[i][j] {
				t.Errorf("%v and %v: %v, program %v, want %v", a, b, got, run, and[i][j])
			}
			if got, run := a.Or(b), some.Eval(r, testNow); got != or[i][j] || run != or[i][j] {
				t.Errorf("%v or %v: %v, program %v, want %v", a, b, got, run, or[i][j])
			}
		}
		not := [4]Tri{y, u, x, f}
		r := &row{app: "x", states: map[string]State{"app": states[a]}}
		if got, run := a.Not(), none.Eval(r, testNow); got != not[i] || run != not[i] {
			t.Errorf("not %v: %v, program %v, want %v", a, got, run, not[i])
		}
	}
}
