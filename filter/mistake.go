package filter

import (
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong with a filter, and how to mend it.
type Mistake struct {
	Pos
	Path   string // such as any[1].user.domain.eq[0]; "" for the filter itself
	Reason string // one lower-case sentence without full stop
	Advice string // one lower-case sentence without full stop, or ""
}

// Error returns position, path, reason and advice in one line.
func (m Mistake) Error() string {
	var b strings.Builder
	if m.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", m.Line, m.Column)
	}
	if m.Path != "" {
		b.WriteString(m.Path + ": ")
	}
	b.WriteString(m.Reason)
	if m.Advice != "" {
		b.WriteString("; " + m.Advice)
	}
	return b.String()
}

// Mistakes is every mistake found in one filter, in document order. It is an error; none is not an error:
// use [Mistakes.Err].
type Mistakes []Mistake

// Error returns one mistake a line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns nil when there is no mistake.
func (ms Mistakes) Err() error {
	if len(ms) == 0 {
		return nil
	}
	return ms
}

// Under returns the mistakes with a path prefix, for a document that holds the filter under a key.
func (ms Mistakes) Under(prefix string) Mistakes {
	out := slices.Clone(ms)
	for i := range out {
		switch {
		case out[i].Path == "":
			out[i].Path = prefix
		case strings.HasPrefix(out[i].Path, "["):
			out[i].Path = prefix + out[i].Path
		default:
			out[i].Path = prefix + "." + out[i].Path
		}
	}
	return out
}

func (ms *Mistakes) add(pos Pos, path, advice, reason string, args ...any) {
	*ms = append(*ms, Mistake{Pos: pos, Path: path, Reason: fmt.Sprintf(reason, args...), Advice: advice})
}

func (ms Mistakes) sorted() Mistakes {
	slices.SortStableFunc(ms, func(a, b Mistake) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return ms
}

// nearest returns the candidate that a typist most likely meant, or "".
func nearest(got string, candidates []string) string {
	best, bestCost := "", len(got)/3+2
	lower := strings.ToLower(got)
	for _, c := range candidates {
		cl := strings.ToLower(c)
		cost := distance(lower, cl, bestCost)
		// The last part of a dotted name is often written alone: "country" for "location.country".
		if i := strings.LastIndexByte(cl, '.'); i >= 0 && cl[i+1:] == lower {
			cost = min(cost, 1)
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distance is the edit distance of a and b with swaps of neighbours as one edit, or limit when it is that or more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > 64 || len(b) > 64 {
		return limit
	}
	var rows [3][65]int
	before, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], limit)
}

// Suggest returns advice that names the candidate which a typist most likely meant, "" where none is near.
func Suggest(got string, candidates []string) string {
	if c := nearest(got, candidates); c != "" {
		return fmt.Sprintf("did you mean %q?", c)
	}
	return ""
}
