// Package lint reads Conditional Access and session policies as one story and says where it has holes: a
// session policy that no access rule routes to, an app without an instance, a native client left open, a block
// message without a next step.
//
// It owns the checks. It does not own what makes a document wrong by itself: that is policy.Decode. Each check
// is one file named after its code, listed in all.go. Layer L1. Begin with [Run] and [Check].
package lint

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Severity says how bad a finding is.
type Severity string

// The severities. An error means that a policy does not do what it says; apply asks before it goes on.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Finding is one hole in the story.
type Finding struct {
	Code     string     `json:"code"`
	Severity Severity   `json:"severity"`
	Document string     `json:"document,omitempty"` // id; "" when it is about none
	File     string     `json:"file,omitempty"`
	Pos      filter.Pos `json:"-"`
	Path     string     `json:"path,omitempty"`
	Reason   string     `json:"reason"`
	Fix      string     `json:"fix"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	p := policy.Problem{File: f.File, Pos: f.Pos, Document: f.Document, Path: f.Path, Reason: f.Reason, Advice: f.Fix}
	return fmt.Sprintf("%s (%s, %s)", p, f.Severity, f.Code)
}

// World is what a lint knows beside the documents. A nil list means that nobody knows, and checks that need it
// are left out; an empty one means that there is nothing.
type World struct {
	Now          time.Time
	Apps         []App
	Instances    []Instance
	Groups       []model.GroupID
	Locations    []string
	Strengths    []string // authentication strengths that the tenant's stepUp.strengths describes
	Exceptions   []policy.Exception
	Rollouts     []policy.RolloutState
	Reads        map[string][]policy.ReportRead // by policy
	Capabilities policy.Capabilities
}

// App is an app that policies may name.
type App struct{ Key, Suite string }

// Instance is one of the tenant's instances of an app.
type Instance struct {
	ID    model.InstanceID
	App   string
	Route model.Route
}

// Check is one kind of finding.
type Check struct {
	Code     string
	Severity Severity
	Doc      string // what it looks for and why that matters, in a sentence or two
	Run      func(s *Set, report Report)
}

// Report adds a finding about a document, which may be nil, at a path of it.
type Report func(d *policy.Document, path, fix, reason string, args ...any)

// Run runs every check. Disabled documents take no part. Findings are in the order of the documents.
func Run(docs []*policy.Document, w World) []Finding {
	s := newSet(docs, w)
	var out []Finding
	for _, c := range checks {
		c.Run(s, func(d *policy.Document, path, fix, reason string, args ...any) {
			f := Finding{Code: c.Code, Severity: c.Severity, Path: path, Fix: fix, Reason: fmt.Sprintf(reason, args...)}
			if d != nil {
				f.Document, f.File, f.Pos = d.ID, d.File, d.Pos(path)
			}
			out = append(out, f)
		})
	}
	order := map[string]int{}
	for i, d := range docs {
		order[d.ID] = i
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(order[a.Document]-order[b.Document], a.Pos.Line-b.Pos.Line)
	})
	return out
}

// Checks returns the checks, for reference pages.
func Checks() []Check { return slices.Clone(checks) }
