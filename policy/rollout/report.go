package rollout

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Report says who a policy would have stopped, had it been in force.
type Report struct {
	Policy   string    `json:"policy"`
	From     time.Time `json:"from,omitzero"` // of the first activity it rests on
	Through  time.Time `json:"through,omitzero"`
	Seen     int       `json:"seen"`     // activities looked at
	Sessions int       `json:"sessions"` // sessions seen, whether the policy was about them or not; counted to MaxSessions
	Stopped  int       `json:"stopped"`  // activities it would have stopped
	People   []Person  `json:"people"`   // who would have been stopped, most often first
}

// MaxSessions is how far a report counts sessions, and the most that a rollout may ask for.
const MaxSessions = policy.MaxRolloutSessions

// Person is somebody who would have been stopped.
type Person struct {
	User  model.UserID `json:"user"`
	Name  string       `json:"name"`
	Times int          `json:"times"`
	Last  time.Time    `json:"last"`
	Apps  []string     `json:"apps"`
	Files []string     `json:"files,omitempty"` // names, at most five
	What  []string     `json:"what"`            // activity types
}

// Reporter makes a report of activities in any order. An activity may be added in several revisions: it counts
// once. It is for one goroutine.
type Reporter struct {
	report   Report
	people   map[model.UserID]*Person
	sessions map[model.SessionID]bool
	seen     map[model.ActivityID]bool
}

// NewReporter begins a report on one policy.
func NewReporter(id string) *Reporter {
	return &Reporter{
		report: Report{Policy: id}, people: map[model.UserID]*Person{},
		sessions: map[model.SessionID]bool{}, seen: map[model.ActivityID]bool{},
	}
}

// Add takes one activity into account.
func (r *Reporter) Add(a *model.Activity) {
	if r.seen[a.ID] {
		return
	}
	r.seen[a.ID] = true
	r.report.Seen++
	if r.report.From.IsZero() || a.Time.Before(r.report.From) {
		r.report.From = a.Time
	}
	if a.Time.After(r.report.Through) {
		r.report.Through = a.Time
	}
	if a.Session != "" {
		r.sessions[a.Session] = true
	}
	for _, p := range a.Policies {
		if p.ID == r.report.Policy && p.Monitor {
			r.stopped(a)
			return
		}
	}
}

func (r *Reporter) stopped(a *model.Activity) {
	r.report.Stopped++
	p := r.people[a.User.ID]
	if p == nil {
		p = &Person{User: a.User.ID, Name: a.User.Username}
		r.people[a.User.ID] = p
	}
	p.Times++
	if a.Time.After(p.Last) {
		p.Last = a.Time
	}
	p.Apps = once(p.Apps, a.App.Key, 20)
	p.What = once(p.What, string(a.Type), 20)
	for _, f := range a.Files {
		p.Files = once(p.Files, f.Name, 5)
	}
}

func once(list []string, s string, most int) []string {
	if s == "" || len(list) >= most || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Report returns what was found so far.
func (r *Reporter) Report() Report {
	out := r.report
	out.Sessions = len(r.sessions)
	out.People = make([]Person, 0, len(r.people))
	for _, p := range r.people {
		out.People = append(out.People, *p)
	}
	slices.SortFunc(out.People, func(a, b Person) int {
		if a.Times != b.Times {
			return b.Times - a.Times
		}
		return strings.Compare(string(a.User), string(b.User))
	})
	return out
}

// String renders the report for a terminal.
func (r Report) String() string {
	var b strings.Builder
	more := ""
	if r.Sessions >= MaxSessions {
		more = " or more"
	}
	fmt.Fprintf(&b, "%s: %d activities in %d%s sessions seen", r.Policy, r.Seen, r.Sessions, more)
	if !r.From.IsZero() {
		fmt.Fprintf(&b, ", %s to %s", r.From.Format(time.DateOnly), r.Through.Format(time.DateOnly))
	}
	fmt.Fprintf(&b, "\n%d would have been stopped, of %d people\n", r.Stopped, len(r.People))
	for _, p := range r.People {
		fmt.Fprintf(&b, "  %-32s %4d times, last %s: %s in %s", p.Name, p.Times, p.Last.Format("2006-01-02 15:04"),
			strings.Join(p.What, ", "), strings.Join(p.Apps, ", "))
		if len(p.Files) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(p.Files, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
