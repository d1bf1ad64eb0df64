package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
)

// Problem is one thing wrong with a document or a set of them: where, why, and how to mend it.
type Problem struct {
	File     string // "" when the text did not come from a file
	Pos      filter.Pos
	Document string // id, "" when it has none yet
	Path     string // such as rollout.after; "" for the document itself
	Reason   string // one lower-case sentence without full stop
	Advice   string // one lower-case sentence without full stop, or ""
}

// String returns the problem in one line, in the form file:line:column: path: reason; advice.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Pos.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Pos.Line, p.Pos.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Document != "" {
		b.WriteString(p.Document + ": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Reason)
	if p.Advice != "" {
		b.WriteString("; " + p.Advice)
	}
	return b.String()
}

// Problems is every problem found, in the order of the text.
type Problems []Problem

// Err returns a fault of kind Invalid that lists the problems, or nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return fault.New(fault.Invalid, "policy", "%s", strings.Join(lines, "\n"))
}

// first tells the first of the problems for use within another one, without its place.
func (ps Problems) first() string {
	if len(ps) == 0 {
		return "it is no document"
	}
	return strings.TrimPrefix(ps[0].Path+": ", ": ") + ps[0].Reason
}

func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	return ps
}
