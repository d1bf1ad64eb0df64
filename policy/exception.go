package policy

import (
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Exception lifts one policy's gate for one person or group at one app until it expires. It never lifts a
// duty: what it lets pass is recorded and alerted on like before.
type Exception struct {
	ID        string         `json:"id"`
	Tenant    model.TenantID `json:"tenant"`
	User      string         `json:"user,omitempty"`  // user id or sign-in name, or
	Group     model.GroupID  `json:"group,omitempty"` // everybody in a group
	App       string         `json:"app"`             // key of an app or suite, or an instance id
	Policy    string         `json:"policy"`
	Reason    string         `json:"reason"`
	Reference string         `json:"reference,omitempty"` // of the blocked action that led to the request
	State     ExceptionState `json:"state"`
	Requester string         `json:"requester"` // who asked; an administrator who adds one asks himself
	Requested time.Time      `json:"requested"`
	Approver  string         `json:"approver,omitempty"` // who approved or refused
	Decided   time.Time      `json:"decided,omitzero"`
	Answer    string         `json:"answer,omitempty"` // what the approver said
	Expires   time.Time      `json:"expires"`          // never zero
	Version   int64          `json:"version"`          // 1 when new; compare-and-set
}

// ExceptionState is where an exception stands. That its time is over is not a state: it ends by itself.
type ExceptionState string

// The states.
const (
	ExceptionRequested ExceptionState = "requested"
	ExceptionApproved  ExceptionState = "approved"
	ExceptionRefused   ExceptionState = "refused"
	ExceptionEnded     ExceptionState = "ended" // by an administrator, before its time
)

// MaxExceptionTime is the longest an exception may last; what should last longer belongs in the policy.
const MaxExceptionTime = 366 * 24 * time.Hour

// Validate reports the first thing that is missing or impossible.
func (e *Exception) Validate() error {
	bad := func(format string, args ...any) error {
		f := fault.New(fault.Invalid, "policy.Exception", format, args...)
		f.Key = e.ID
		return f
	}
	switch {
	case e.ID == "":
		return bad("the id is missing")
	case (e.User == "") == (e.Group == ""):
		return bad("name either a user or a group")
	case e.App == "":
		return bad("the app is missing")
	case e.Policy == "":
		return bad("the policy is missing")
	case strings.TrimSpace(e.Reason) == "":
		return bad("the reason is missing")
	case e.Requester == "":
		return bad("who asks is missing")
	case e.Expires.IsZero():
		return bad("the expiry is missing; an exception always ends")
	case !e.Expires.After(e.Requested):
		return bad("it expires before it was asked for")
	case e.Expires.Sub(e.Requested) > MaxExceptionTime:
		return bad("it lasts longer than %d days; change the policy instead", int(MaxExceptionTime.Hours()/24))
	case e.State == ExceptionApproved && (e.Approver == "" || e.Decided.IsZero()):
		return bad("who approved it, and when, is missing")
	}
	switch e.State {
	case ExceptionRequested, ExceptionApproved, ExceptionRefused, ExceptionEnded:
	default:
		return bad("%q is not a state", e.State)
	}
	return e.Tenant.Validate()
}

// Approve returns e approved by somebody else than the person it is for, until expires (zero keeps the time
// that was asked for). It returns Denied for one's own request and Conflict when it is no longer open.
func (e Exception) Approve(by string, expires, now time.Time) (Exception, error) {
	if err := e.decidable(by); err != nil {
		return e, err
	}
	if !expires.IsZero() {
		e.Expires = expires
	}
	if !e.Expires.After(now) {
		return e, &fault.Error{Kind: fault.Invalid, Op: "policy.Approve", Key: e.ID, Msg: "it would have expired already", Help: "give a later expiry"}
	}
	e.State, e.Approver, e.Decided, e.Version = ExceptionApproved, by, now, e.Version+1
	return e, e.Validate()
}

// Refuse returns e refused.
func (e Exception) Refuse(by, answer string, now time.Time) (Exception, error) {
	if err := e.decidable(by); err != nil {
		return e, err
	}
	e.State, e.Approver, e.Decided, e.Answer, e.Version = ExceptionRefused, by, now, answer, e.Version+1
	return e, e.Validate()
}

// End returns e ended before its time.
func (e Exception) End(by, answer string, now time.Time) (Exception, error) {
	if e.State != ExceptionApproved {
		return e, &fault.Error{Kind: fault.Conflict, Op: "policy.End", Key: e.ID, Msg: "it is not approved"}
	}
	e.State, e.Approver, e.Decided, e.Answer, e.Version = ExceptionEnded, by, now, answer, e.Version+1
	return e, e.Validate()
}

func (e *Exception) decidable(by string) error {
	op := "policy.Exception"
	switch {
	case e.State != ExceptionRequested:
		return &fault.Error{Kind: fault.Conflict, Op: op, Key: e.ID, Msg: "it was decided already: " + string(e.State)}
	case by == "":
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: e.ID, Msg: "who decides is missing"}
	case e.User != "" && strings.EqualFold(by, e.User):
		return &fault.Error{Kind: fault.Denied, Op: op, Key: e.ID, Msg: "nobody decides about an exception for himself", Help: "ask another administrator"}
	}
	return nil
}

// Live reports whether e lifts anything at now.
func (e *Exception) Live(now time.Time) bool {
	return e.State == ExceptionApproved && now.Before(e.Expires) && !now.Before(e.Decided)
}

// covers reports whether e is live and for the person and app of in. It does not allocate.
func (e *Exception) covers(in *Input) bool {
	if !e.Live(in.Now) {
		return false
	}
	if e.App != in.App.Key && e.App != string(in.App.Instance) && (e.App != in.Suite || in.Suite == "") {
		return false
	}
	if e.User != "" {
		return e.User == string(in.User.ID) || strings.EqualFold(e.User, in.User.Username)
	}
	for _, g := range in.User.Groups {
		if g == e.Group {
			return true
		}
	}
	return false
}
