package policy

import (
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Policy is one compiled document, or a behaviour that is built in. It is immutable; verdicts point to it.
type Policy struct {
	ID          string
	Name        string
	Description string
	Kind        Kind
	Severity    Severity
	Category    Category
	Revision    int64

	Control       ControlType // session policies
	Action        Action      // access and session policies
	Gate          Gate        // what it puts up when it matches
	Session       string      // session control that Conditional Access grants
	Level         Level       // downloads
	Unscannable   Unscannable
	DeviceUnknown model.DeviceTag
	Deadline      time.Duration

	Message  string // Markdown with placeholders, see [Fill]
	NextStep string
	Contact  string
	StepUp   string // authentication context
	Label    string // sensitivity label that protect applies
	Alert    *Alert

	Monitor  bool      // monitor phase or report-only: it is reported, and nobody is stopped
	BuiltIn  bool      // comes with a session control of Conditional Access, not from a document
	Document *Document // nil when built in

	stage      Stage
	activities *filter.Program[Input]
	files      *filter.Program[Input] // nil: all files
	conditions conditions             // activities and files together, as they are evaluated
	tree       *filter.Node           // of activities
	fileTree   *filter.Node           // of files, nil when there is none
	grantAny   bool                   // one grant control suffices
	grants     []step                 // grant controls that a person meets; of a session policy its step-up
	frequency  []step                 // what the sign-in frequency asks for on top
	inSession  bool                   // the session policy also counts what was done before in the session
	persistent string                 // persistent browser session
	grantTags  *filter.Program[Input] // device tags that grant controls ask for, nil when none does
	content    content
	duties     Duty
	satisfied  string // what in Input.Satisfied opens the gate
	exceptions []*Exception
	rank       int // order of documents: ties are broken by it
}

// aboutActions reports whether the policy is about user actions rather than apps.
func (p *Policy) aboutActions() bool {
	return p.Document != nil && p.Document.Access != nil && len(p.Document.Access.Applications.UserActions) > 0
}

// Ref names the policy in an activity.
func (p *Policy) Ref() model.PolicyRef {
	action := string(p.Action)
	if p.Kind == KindConditionalAccess {
		action = "grant"
		if p.Session != "" {
			action = p.Session
		}
		if p.Gate != GateAllow {
			action = p.Gate.String()
		}
	}
	return model.PolicyRef{ID: p.ID, Name: p.Name, Revision: p.Revision, Action: action, Monitor: p.Monitor}
}

// stops reports whether the policy's gate is about this very event. Only download policies make a difference:
// strict stops all bytes of a file but the renditions that a profile names as previews, standard stops what
// leaves the page: attachments, navigations and saves.
func (p *Policy) stops(in *Input) bool {
	if p.Control != ControlFileDownload || in.Saved || in.Activity != model.ActivityDownload {
		return true
	}
	if in.Preview {
		return false
	}
	return p.Level != LevelStandard || in.Navigation
}

// eval says whether the policy's conditions hold.
func (p *Policy) eval(in *Input) filter.Tri {
	in.unknownDevice = p.DeviceUnknown
	if in.Activity == model.ActivityDrag && p.Control == ControlFileDownload && in.File.Name == "" && in.File.ID == "" && !in.Saved {
		return filter.False // text is dragged, not a file
	}
	out := p.conditions.eval(in)
	if out != filter.False && p.content.method != InspectNone {
		out = out.And(p.content.eval(in))
	}
	return out
}

// matches reads an outcome that no fact can change any more: what can't be decided counts as unscannable says.
func (p *Policy) matches(out filter.Tri) bool {
	return out == filter.True || out == filter.Undecidable && p.Unscannable == UnscannableBlock
}

// Liftable reports whether an exception can open the policy's gate: one that stops nobody has none. Nil stands for a
// default that no policy made, which no exception can name.
func (p *Policy) Liftable() bool { return p != nil && p.worst() != GateAllow }

// except keeps those of the tenant's exceptions that are from this policy.
func (p *Policy) except(all []Exception) {
	for i := range all {
		if e := &all[i]; e.Policy == p.ID && e.State == ExceptionApproved {
			kept := *e // the book does not change when the caller's list does
			p.exceptions = append(p.exceptions, &kept)
		}
	}
}

// lifted returns the exception that opens the policy's gate for in, or nil.
func (p *Policy) lifted(in *Input) *Exception {
	for _, e := range p.exceptions {
		if e.covers(in) {
			return e
		}
	}
	return nil
}

// open reports whether a step-up or an override holds for this action. Step-ups of Conditional Access are counted
// one by one, in grant.
func (p *Policy) open(in *Input) bool {
	if p.inSession && !left(p.grants, in) {
		return true
	}
	if p.satisfied == "" {
		return false
	}
	for _, s := range in.Satisfied {
		if s == p.satisfied {
			return true
		}
	}
	return false
}
