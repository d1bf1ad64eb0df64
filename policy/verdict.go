package policy

import (
	"time"

	"github.com/referee-casb/referee/model"
)

// Gate is what must happen before an action may go on. A higher gate is stricter; the strictest applies.
type Gate uint8

// The gates, in order of strictness.
const (
	GateAllow             Gate = iota
	GateBlockWithOverride      // blocked unless the person gives a justification on the broker's own page
	GateStepUp                 // authenticate again, more strongly, then decide again
	GateBlock
)

// String returns the gate's name as documents and activities write it.
func (g Gate) String() string {
	return [...]string{"allow", "blockWithOverride", "requireStepUp", "block"}[g&3]
}

// Duty is something that must be done along with an action that passes. Duties add up.
type Duty uint16

// The duties.
const (
	DutyAudit   Duty = 1 << iota // write an activity
	DutyAlert                    // raise an alert with the policy's severity
	DutyNotify                   // tell people
	DutyProtect                  // label or encrypt the copy that leaves
	DutyGovern                   // queue governance actions
	DutyRoute                    // Conditional Access: send the browser through the gateway
)

// Has reports whether all of the other duties are in d.
func (d Duty) Has(other Duty) bool { return d&other == other }

// Level says how much of a download policy is enforced on bytes.
type Level uint8

// The levels. Strict blocks the bytes of any file type but the previews that a profile names; standard blocks
// attachments, navigations and saves that the page's script confirms; inspect lets content decide.
const (
	LevelStandard Level = iota + 1
	LevelStrict
	LevelInspect
)

// String returns the level's name.
func (l Level) String() string {
	return [...]string{"", "standard", "strict", "inspect"}[l&3]
}

// MaxDeciding bounds how many policies a verdict names; the rest are in the explanation.
const MaxDeciding = 8

// Verdict is the outcome of a decision. When Needs is not empty the decision is open: fetch those facts
// before Deadline and decide again; Gate is then what applies if nobody does (fail closed).
//
// A Verdict is reused between decisions; Reset empties it without freeing its memory.
type Verdict struct {
	Gate    Gate
	Duties  Duty
	Control string // session control that Conditional Access granted, at StageSignIn; the strictest of several
	// Persistent is Conditional Access's persistent browser session, at StageSignIn: "always" or "never" keep the
	// sign-in when the browser closes, "" leaves it to the tenant. Never outweighs always.
	Persistent string
	Level      Level                // of the strictest download policy that matched
	Deciding   [MaxDeciding]*Policy // those that matched, strictest gate first
	N          int                  // how many of Deciding are set
	Needs      []model.Need
	// Steps are what opens GateStepUp: all of them. Empty for other gates.
	Steps    []model.StepUp
	Deadline time.Time // zero unless the verdict is open
	// UseBrowser reports that the gate blocks a program which is no browser, and that a browser would get further:
	// whoever shows the block says so. Set by [Book.DecideSignIn].
	UseBrowser bool
	// Blocker is the policy whose gate applies, nil when the gate is allow.
	Blocker *Policy
	// Monitored holds policies in their monitor phase that would have set a stricter gate than Gate, and report-only
	// Conditional Access policies that matched.
	Monitored [MaxDeciding]*Policy
	M         int
	// Excepted is the id of the exception that lifted a gate, "" when none did.
	Excepted string
	// Defaulted reports that no Conditional Access policy matched, so the tenant's default applies.
	Defaulted bool
	Epoch     int64 // of the rule book that decided
}

// Open reports whether facts are still needed.
func (v *Verdict) Open() bool { return len(v.Needs) > 0 }

// Reset empties v for the next decision.
func (v *Verdict) Reset() { *v = Verdict{Needs: v.Needs[:0], Steps: v.Steps[:0]} }
