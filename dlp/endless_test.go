package dlp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEndlessMatches: a number longer than a match can be ends at each of its digits, and none of them may cost a walk
// back to where the match began. It took minutes a megabyte.
func TestEndlessMatches(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	digits := bytes.Repeat([]byte("7"), size)
	for name, c := range map[string]struct {
		expr string
		text []byte
		want int
	}{
		"one beginning":          {`CASE-\d+`, append([]byte("CASE-"), digits...), 1},
		"one beginning, then on": {`CASE-\d+`, append(append([]byte("CASE-"), digits...), " CASE-12 CASE-3"...), 3},
		"any beginning":          {`\d+`, digits, size / MaxMatch},
		"a beginning within":     {`AB|B\d+`, append([]byte("AB"), digits...), 1},
		"a word's end":           {`(?i)case-[a-z ]+\b`, []byte("CASE-" + strings.Repeat("ab ", size/3)), 1},
		"long after it":          {`CASE-\d+`, bytes.Repeat(append(append([]byte("CASE-"), digits[:2*MaxMatch]...), bytes.Repeat([]byte("a"), 40*MaxMatch)...), 3), 3},
		"many beginnings":        {`x\d+`, bytes.Repeat([]byte("x7777777"), size/8), size / 8},
	} {
		e := mustEngine(t, []Type{{ID: "case", Patterns: []Pattern{{Expr: c.expr, Alone: High, Anywhere: true}}}})
		began := time.Now()
		r := scanText(t, e, c.text, Options{})
		got := 0
		for _, f := range r.Findings {
			got += f.Count
		}
		if got != c.want {
			t.Errorf("%s: %d matches, want %d", name, got, c.want)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: %s for a megabyte", name, took)
		}
	}
}

// TestEndlessAgainstNaive compares where matches are cut at their longest length, with a small one, in pieces of many
// sizes.
func TestEndlessAgainstNaive(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{`A\d+`, `\d+`, `AB|B\d+`, `A\d+B?|\dA`, `A[A1]+\b`, `(^|A)1+$`} {
		types := []Type{{ID: "x", Patterns: []Pattern{{Expr: expr, Alone: High, Anywhere: true}}}}
		e := mustEngine(t, types)
		for seed := range 40 {
			text := []byte(fmt.Sprint(strings.Repeat("A1", seed%7), strings.Repeat("1", seed), strings.Repeat("AB1", seed%5), " 11\nA", strings.Repeat("1A1B", seed%9)))
			compare(t, e, types, text)
		}
	}
}
