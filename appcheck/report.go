package appcheck

import (
	"time"

	"github.com/referee-casb/referee/catalog"
)

// Level says how a finding bears on onboarding.
type Level string

// The levels.
const (
	Good    Level = "good"    // nothing to do
	Note    Level = "note"    // Referee does something about it
	Warning Level = "warning" // somebody has to look
	Problem Level = "problem" // the app will not work, or not be under control, as it is
)

// Finding is one thing that was seen.
type Finding struct {
	Check string `json:"check"` // file name of the check
	Level Level  `json:"level"`
	Saw   string `json:"saw"`
	Does  string `json:"does"` // what Referee does about it, or what you have to do
}

// Use says how a host came up.
type Use string

// The uses, from most to least telling.
const (
	UseStart   Use = "start"    // the address that was asked for
	UseTrip    Use = "redirect" // led to
	UsePage    Use = "page"     // named by an element of the page
	UseBrowser Use = "browser"  // asked by the browser
	UseScript  Use = "script"   // named in a script
)

// Host is a host that the app uses.
type Host struct {
	Name  string       `json:"name"` // with ":port" unless 443
	Uses  []Use        `json:"uses"`
	Own   bool         `json:"own"`             // of the app's own registrable domain, or named by its profile
	Role  catalog.Role `json:"role,omitempty"`  // as an instance would have it; "" for hosts of others
	Never string       `json:"never,omitempty"` // why it is never put behind the gateway
}

// Report is what a check found. Its first line is the route.
type Report struct {
	Host     string    `json:"host"`
	Checked  time.Time `json:"checked"`
	App      string    `json:"app"`     // key of the profile that fits, or "custom"
	Route    string    `json:"route"`   // the first line: the route, and what it can't do
	Browser  string    `json:"browser"` // how the crawl by a browser went, "" when it did
	Findings []Finding `json:"findings"`
	Hosts    []Host    `json:"hosts"`
}

// Worst is the gravest level of a report.
func (r *Report) Worst() Level {
	worst := Good
	for _, f := range r.Findings {
		if rank[f.Level] > rank[worst] {
			worst = f.Level
		}
	}
	return worst
}

var rank = map[Level]int{Good: 0, Note: 1, Warning: 2, Problem: 3}
