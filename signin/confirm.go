package signin

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// grantLife is how long a confirmed override lets the same action pass.
const grantLife = 5 * time.Minute

// A justification or request must say something and is kept in the activity log, so it is bounded.
const (
	minReason = 8
	maxReason = 1000
)

// confirmView is what the pages for an override and for a request show.
type confirmView struct {
	Blocked session.Blocked
	User    string
	Action  string // path of the form
	Reason  string
	Problem string
	Done    bool
	ID      string // of the exception that was asked for
	Again   string // where to try again once it is granted, "" where that is the app itself
}

// SignIn reports whether it was no single action that was stopped but the way into the app.
func (v confirmView) SignIn() bool { return v.Blocked.Activity == model.ActivityAccess }

// subject returns the blocked action that a page is about. It must belong to the browser's own session: a
// reference code read aloud or guessed gives nothing to anybody else.
func (b *Broker) subject(w http.ResponseWriter, r *http.Request, t tenant.Tenant) (session.Session, session.Blocked, bool) {
	const op = "signin.confirm"
	var none session.Blocked
	var s session.Session
	if r.Method == http.MethodPost {
		var err error
		if s, _, err = b.current(r, t.ID); err != nil {
			if fault.Is(err, fault.NotFound) {
				err = &fault.Error{Kind: fault.Unauthenticated, Op: op, Msg: "your session has ended", Help: "Open the app again."}
			}
			b.fail(w, r, t, err)
			return s, none, false
		}
	} else {
		var ok bool
		if s, _, ok = b.signedIn(w, r, t); !ok {
			return s, none, false
		}
	}
	ref, ok := activitylog.ParseReference(r.FormValue("ref"))
	blocked, err := none, error(fault.New(fault.NotFound, op, "no blocked action has this reference"))
	if ok {
		blocked, err = b.parts.Blocked.Blocked(r.Context(), t.ID, ref, b.parts.Now())
	}
	if err == nil && blocked.Session != s.ID {
		err = fault.New(fault.NotFound, op, "no blocked action of this session has this reference")
	}
	if err != nil {
		b.fail(w, r, t, err)
		return s, none, false
	}
	return s, blocked, true
}

func (b *Broker) overridePage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, blocked, ok := b.subject(w, r, t)
	if !ok {
		return
	}
	if !blocked.Override {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.override", "policy “%s” does not let you continue", blocked.Policy.Name))
		return
	}
	b.render(w, r, t, http.StatusOK, "override", confirmView{Blocked: blocked, User: s.User.Name, Action: "/" + string(t.ID) + "/override"})
}

// override records a person's justification and grants the one action that was blocked. It happens on the
// broker's own origin, which no page of an app can script.
func (b *Broker) override(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, blocked, ok := b.subject(w, r, t)
	if !ok {
		return
	}
	if !blocked.Override {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.override", "policy “%s” does not let you continue", blocked.Policy.Name))
		return
	}
	view := confirmView{Blocked: blocked, User: s.User.Name, Action: "/" + string(t.ID) + "/override", Reason: strings.TrimSpace(r.FormValue("reason"))}
	if view.Problem = reasonProblem(view.Reason); view.Problem != "" {
		b.render(w, r, t, http.StatusUnprocessableEntity, "override", view)
		return
	}
	// The justification is on record before the grant exists: fail closed.
	if err := b.recordConfirmed(r, s, blocked, model.ActivityOverride, view.Reason); err != nil {
		b.fail(w, r, t, err)
		return
	}
	grant := session.Grant{
		Tenant: t.ID, Session: s.ID, Instance: blocked.App.Instance, Activity: blocked.Activity, Resource: blocked.Resource,
		Key: "override:" + blocked.Policy.ID, Reason: view.Reason, Expires: b.parts.Now().Add(grantLife),
	}
	if err := b.parts.Grants.PutGrant(r.Context(), grant); err != nil {
		b.fail(w, r, t, err)
		return
	}
	if b.mappedReturn(t.ID, blocked.Return) {
		http.Redirect(w, r, blocked.Return, http.StatusSeeOther)
		return
	}
	view.Done = true
	b.render(w, r, t, http.StatusOK, "override", view)
}

func (b *Broker) requestPage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, blocked, ok := b.subject(w, r, t)
	if !ok {
		return
	}
	b.render(w, r, t, http.StatusOK, "request", confirmView{Blocked: blocked, User: s.User.Name, Action: "/" + string(t.ID) + "/request-access"})
}

// request asks an administrator for an exception.
func (b *Broker) request(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, blocked, ok := b.subject(w, r, t)
	if !ok {
		return
	}
	view := confirmView{Blocked: blocked, User: s.User.Name, Action: "/" + string(t.ID) + "/request-access", Reason: strings.TrimSpace(r.FormValue("reason"))}
	if view.Problem = reasonProblem(view.Reason); view.Problem != "" {
		b.render(w, r, t, http.StatusUnprocessableEntity, "request", view)
		return
	}
	id, err := b.parts.Exceptions.RequestException(r.Context(), t.ID, s, blocked, view.Reason)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if err := b.recordConfirmed(r, s, blocked, model.ActivityExceptionChange, view.Reason); err != nil {
		b.fail(w, r, t, err)
		return
	}
	view.Done, view.ID = true, id
	if b.mappedReturn(t.ID, blocked.Return) {
		view.Again = blocked.Return
	}
	b.render(w, r, t, http.StatusOK, "request", view)
}

func (b *Broker) recordConfirmed(r *http.Request, s session.Session, blocked session.Blocked, kind model.ActivityType, reason string) error {
	return b.record(r, s, kind, func(a *model.Activity) {
		a.App, a.Reason, a.Policies = blocked.App, reason, []model.PolicyRef{blocked.Policy}
		a.Objects = []model.Object{{Type: "blockedAction", ID: blocked.Reference, Name: blocked.File}}
		if kind == model.ActivityOverride {
			a.Taken = model.TakenOverride
		} else {
			a.ActionType = "ExceptionRequested"
		}
	})
}

// reasonProblem says what is wrong with a justification, "" when nothing is.
func reasonProblem(reason string) string {
	switch n := utf8.RuneCountInString(reason); {
	case !utf8.ValidString(reason):
		return "The text holds characters that can't be read."
	case n < minReason:
		return "Please say in a few words why you need this."
	case n > maxReason:
		return "Please keep it under 1,000 characters."
	}
	return ""
}

// mappedReturn reports whether an address is a page on one of the tenant's mapped hosts.
func (b *Broker) mappedReturn(id model.TenantID, target string) bool {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return false
	}
	_, ok := b.parts.Catalog.ByHost(id, u.Host)
	return ok
}
