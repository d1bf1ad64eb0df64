package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Document is one policy as people write, review and keep it. Exactly one of the bodies is set, by Kind.
//
// A Document that [Decode] returned without problems is complete: defaults are filled in. It is not changed
// after that and may be shared.
type Document struct {
	Kind        Kind
	ID          string // lower-case letters, digits and single hyphens, at most 64
	Name        string
	Description string
	Severity    Severity
	Category    Category
	State       State

	Access *ConditionalAccess // KindConditionalAccess
	Inline *Inline            // KindAccess and KindSession
	After  *AfterTheFact      // KindActivity and KindFile

	File   string                // where it was read from, "" when from a store
	Places map[string]filter.Pos // where each path of the document was written, such as "files" or "rollout.after"
}

// Inline is the body of access and session policies: what they look at, and what they do about it.
type Inline struct {
	Control    ControlType  // session policies
	Activities *filter.Node // over the fields of [Fields]; empty matches everything
	Files      *filter.Node // downloads and uploads; empty means all files
	Inspection Inspection

	Action        Action
	StepUp        StepUp // of ActionRequireStepUp
	Protect       Protect
	Level         Level           // downloads
	Unscannable   Unscannable     // default block
	DeviceUnknown model.DeviceTag // what a device counts as that gave no answer; default unmanaged
	Deadline      time.Duration   // how long missing facts may take

	Message  string // Markdown with placeholders, shown to who is stopped
	NextStep string // what the person can do instead
	Contact  string // whom to ask; the tenant's when empty
	Alert    *Alert
	Rollout  *Rollout
}

// Inspection is the content condition of a session policy.
type Inspection struct {
	Method InspectionMethod
	Types  []InfoType // sensitive information types; one suffices, or every one with All
	All    bool
}

// InspectionMethod says how content is looked at.
type InspectionMethod string

// The inspection methods.
const (
	InspectNone    InspectionMethod = "none" // metadata only
	InspectBuiltIn InspectionMethod = "builtIn"
	InspectMalware InspectionMethod = "malware"
)

// InfoType asks for a sensitive information type in content.
type InfoType struct {
	Type       string
	Confidence int // at least: 65, 75 or 85
	Count      int // at least so many, 1 by default
}

// StepUp says how strongly to authenticate again.
type StepUp struct {
	Context string        // Entra's authentication context, c1 to c99
	Within  time.Duration // one done so recently in the session counts as well; 0: each action asks for its own
}

// Protect says what is done to the copy that leaves.
type Protect struct{ Label string } // id or name of the sensitivity label

// Alert asks for alerts on matches.
type Alert struct {
	Email    []string
	DailyCap int // 0: no cap
}

// Rollout asks for a monitor phase before a policy stops anybody; package policy/rollout runs it.
type Rollout struct {
	Phase      Phase         // where it begins
	After      time.Duration // least time in the monitor phase
	ReadBefore time.Duration // the report must have been read this long before the flip
	Sessions   int           // at least so many sessions seen
	People     int           // at most so many people would have been stopped, unless somebody confirms
	Hours      WorkingHours
}

// MaxRolloutSessions is the most sessions that a rollout may want to have seen: reports count no further.
const MaxRolloutSessions = 1000

// WorkingHours is when a rollout may flip, in the tenant's time zone.
type WorkingHours struct {
	Days     [7]bool // by time.Weekday
	From, To int     // minutes after midnight, From < To
}

// AfterTheFact is the body of activity and file policies, which act on what has happened or lies at rest.
type AfterTheFact struct {
	Filters    *filter.Node
	Inspection Inspection // file policies
	Repeated   Repeated   // activity policies
	Governance []string   // governance actions by name
	Alert      *Alert
}

// Repeated makes an activity policy match only a number of activities by one person within a time.
type Repeated struct {
	Count    int
	Within   time.Duration
	OneApp   bool
	OnePlace bool
}

// Pos returns where a path of the document was written, or where its nearest parent was.
func (d *Document) Pos(path string) filter.Pos {
	for {
		if pos, ok := d.Places[path]; ok {
			return pos
		}
		if path == "" {
			return filter.Pos{}
		}
		path = parent(path)
	}
}

func parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' || path[i] == '[' {
			return path[:i]
		}
	}
	return ""
}
