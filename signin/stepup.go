package signin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// A step-up is a challenge: a sealed record of who must do what for which action, in which browser. Each of its steps
// is done for this challenge alone; the last one turns it into a grant for the action, or leads the sign-in on.
const (
	challengeLife = 15 * time.Minute
	stepGrantLife = 5 * time.Minute
	askedAgain    = 30 * time.Second // a step that was done so recently and is asked for all the same leads nowhere
)

// The kinds of flow of a step-up.
const (
	FlowStepUp   FlowKind = "stepUp"     // a challenge
	FlowStepDone FlowKind = "stepUpDone" // one step of a challenge was done
	FlowPasskey  FlowKind = "passkey"    // a question to a browser's authenticator
	FlowEnrol    FlowKind = "enrol"      // the key of an authenticator app that is being registered
	FlowManage   FlowKind = "manage"     // a person may change factors
)

// challenge is what must be done, by whom, and what for.
type challenge struct {
	id      string
	Session model.SessionID `json:"session"`
	Steps   []model.StepUp  `json:"steps"`
	Seen    session.Seen    `json:"seen"` // the browser that it was put to
	Started time.Time       `json:"started"`
	App     model.AppRef    `json:"app"`
	Policy  model.PolicyRef `json:"policy"`
	Blocked string          `json:"blocked,omitempty"` // reference of the action that waits
	Return  string          `json:"return,omitempty"`  // path of the sign-in that waits
	File    string          `json:"file,omitempty"`
	Manage  bool            `json:"manage,omitempty"` // it opens the page where the person changes factors
}

func seenOf(d device.Binding) session.Seen {
	return session.Seen{Ciphers: d.TLSPrint, Agent: d.Agent, Address: d.Address, ASN: d.ASN}
}

func bindingOf(s session.Seen) device.Binding {
	return device.Binding{TLSPrint: s.Ciphers, Agent: s.Agent, Address: s.Address, ASN: s.ASN}
}

func (b *Broker) stepUpRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /{tenant}/stepup", b.tenant(b.stepUpBlocked))
	m.HandleFunc("GET /{tenant}/stepup/{challenge}", b.tenant(b.stepUpPage))
	for act, handle := range map[string]stepHandler{
		"provider": b.stepProvider, "code": b.stepCode, "passkey": b.stepPasskey, "terms": b.stepTerms,
		"app": b.enrolApp, "app-code": b.enrolAppCode, "new-passkey": b.enrolPasskey,
	} {
		m.HandleFunc("POST /{tenant}/stepup/{challenge}/"+act, b.tenant(func(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
			if !b.admitted(w, r, t, costBegin) {
				return
			}
			if s, c, ok := b.challenged(w, r, t); ok {
				handle(w, r, t, s, c)
			}
		}))
	}
}

// stepHandler takes a step of a challenge that belongs to the request's own session and browser.
type stepHandler func(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge)

// stepUp begins the step-up that Conditional Access asks of a sign-in. It returns false when there is nothing that a
// person could do; then access is refused.
func (b *Broker) stepUp(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, d *decision) bool {
	if len(d.Steps) == 0 || r.Method != http.MethodGet {
		return false // fail closed: nobody knows what would open it
	}
	now := b.parts.Now()
	var known []model.Satisfaction
	for _, step := range d.Steps {
		if done(&s.Auth, step, now) {
			// fail closed: it was done a moment ago and did not help; asking again would go round in a circle
			return false
		}
		terms, ok := t.StepUp.Agreement(step.Value)
		if step.Kind != model.StepTermsOfUse || !ok || b.factors == nil {
			continue
		}
		at, err := b.factors.Accepted(r.Context(), ownerOf(t, &s), terms.ID, terms.Version)
		if err != nil {
			b.fail(w, r, t, err) // fail closed: nobody knows whether this person agreed
			return true
		}
		if !at.IsZero() {
			known = append(known, model.Satisfaction{Kind: step.Kind, Value: step.Value, At: now, By: "acceptance"})
		}
	}
	if len(known) > 0 { // agreed to in an earlier session: it counts in this one
		if err := b.satisfied(r, t, s.ID, known); err != nil {
			b.fail(w, r, t, err)
			return true
		}
		http.Redirect(w, r, b.config.Origin+here(r), http.StatusSeeOther)
		return true
	}
	if !b.admitted(w, r, t, costBegin) {
		return true
	}
	c := &challenge{Steps: slices.Clone(d.Steps), App: inst.Ref(), Return: here(r)}
	if d.Blocker != nil {
		c.Policy = d.Blocker.Ref()
	}
	err := b.record(r, s, model.ActivityStepUp, func(a *model.Activity) {
		fillAccess(a, inst, d, false)
		a.Type, a.ActionType, a.Taken, a.Outcome = model.ActivityStepUp, "StrongAuthenticationRequested", model.TakenVerify, ""
		a.Reason = "asked for " + named(d.Steps)
	})
	if err == nil {
		err = b.openChallenge(r, t, s.ID, c)
	}
	if err != nil {
		b.fail(w, r, t, err) // fail closed
		return true
	}
	http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
	return true
}

// done reports whether a step was done a moment ago.
func done(a *model.Authentication, step model.StepUp, now time.Time) bool {
	return slices.ContainsFunc(a.Steps, func(s model.Satisfaction) bool {
		return s.Kind == step.Kind && s.Value == step.Value && now.Sub(s.At) < askedAgain
	}) && policy.Meets(a, step, now)
}

// stepUpBlocked begins the step-up that a gateway asked for before an action.
func (b *Broker) stepUpBlocked(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, blocked, ok := b.subject(w, r, t)
	if !ok {
		return
	}
	if len(blocked.Steps) == 0 {
		b.fail(w, r, t, fault.New(fault.Denied, "signin.stepUp", "policy “%s” does not let you continue", blocked.Policy.Name))
		return
	}
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	steps, ok := b.contextual(w, r, t, s, blocked.App, blocked.Steps)
	if !ok {
		return
	}
	c := &challenge{Steps: steps, App: blocked.App, Policy: blocked.Policy, Blocked: blocked.Reference, File: blocked.File}
	if err := b.openChallenge(r, t, s.ID, c); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
}

func (b *Broker) openChallenge(r *http.Request, t tenant.Tenant, id model.SessionID, c *challenge) error {
	c.id, c.Session, c.Started, c.Seen = newSecret(), id, b.parts.Now(), seenOf(b.seen(r, t.ID))
	return b.flows.put(r.Context(), t.ID, FlowStepUp, hashOf(c.id), c, challengeLife)
}

// challenged finds the challenge of a request. It is shown to nobody but the session and the browser that it was put
// to; everybody else is told that it is not theirs, and that is on record.
func (b *Broker) challenged(w http.ResponseWriter, r *http.Request, t tenant.Tenant) (session.Session, *challenge, bool) {
	const op = "signin.stepUp"
	s, _, err := b.current(r, t.ID)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = &fault.Error{Kind: fault.Unauthenticated, Op: op, Msg: "your session has ended", Help: "Open the app again."}
		}
		b.fail(w, r, t, err)
		return s, nil, false
	}
	c, err := b.challengeOf(r, t, s, r.PathValue("challenge"))
	if err != nil {
		if fault.Is(err, fault.Denied) {
			b.stepFailed(r, s, c, err)
		}
		b.fail(w, r, t, err)
		return s, nil, false
	}
	return s, c, true
}

// challengeOf reads a challenge and checks that it was put to this session in this browser.
func (b *Broker) challengeOf(r *http.Request, t tenant.Tenant, s session.Session, id string) (*challenge, error) {
	const op = "signin.stepUp"
	c := &challenge{id: id}
	if err := b.flows.get(r.Context(), t.ID, FlowStepUp, hashOf(id), c); err != nil {
		return nil, gone(err, op, "this request to confirm it is you took too long or was already used")
	}
	if c.Session != s.ID {
		return c, &fault.Error{Kind: fault.Denied, Op: op, Msg: "this request to confirm it is you was made in another browser", Help: "Open the app again."}
	}
	if why, changed := device.Change(bindingOf(c.Seen), b.seen(r, t.ID)); changed {
		return c, &fault.Error{
			Kind: fault.Denied, Op: op, Msg: "this request to confirm it is you was made from another device or network", Help: "Open the app again.",
			Err: fault.New(fault.Denied, op, "%s since it was asked", why),
		}
	}
	return c, nil
}

// stepID names a step of a challenge in the store.
func (c *challenge) stepID(step model.StepUp) string { return hashOf(c.id) + "." + hashOf(step.Key()) }

// next returns the first step that was not done for this challenge; nil when none is left.
func (b *Broker) next(ctx context.Context, t tenant.Tenant, c *challenge) (*model.StepUp, error) {
	for i := range c.Steps {
		var was model.Satisfaction
		err := b.flows.get(ctx, t.ID, FlowStepDone, c.stepID(c.Steps[i]), &was)
		if fault.Is(err, fault.NotFound) {
			return &c.Steps[i], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// pass notes that a step of a challenge was done, on record first, and goes on with the challenge.
func (b *Broker) pass(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge, step model.StepUp, also ...model.Satisfaction) {
	if err := b.passed(r, t, s, c, step, also...); err != nil {
		b.fail(w, r, t, err) // fail closed: the step does not count
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/stepup/"+c.id), http.StatusSeeOther)
}

// passed is pass without the answer. also begins with the satisfaction of the step itself.
func (b *Broker) passed(r *http.Request, t tenant.Tenant, s session.Session, c *challenge, step model.StepUp, also ...model.Satisfaction) error {
	err := b.record(r, s, model.ActivityStepUp, func(a *model.Activity) {
		b.fillStep(a, c)
		a.ActionType, a.Taken, a.Outcome = "StrongAuthenticationSucceeded", model.TakenVerified, model.OutcomeComplete
		a.Reason = named([]model.StepUp{step}) + " by " + also[0].By
	})
	if err != nil {
		return err
	}
	if err := b.satisfied(r, t, s.ID, also); err != nil {
		return err
	}
	// What was shown may do other steps of the challenge along with this one: nobody is asked for the same thing twice.
	for _, other := range c.Steps {
		i := slices.IndexFunc(also, func(m model.Satisfaction) bool { return m.Kind == other.Kind && m.Value == other.Value })
		if other.Key() == step.Key() {
			i = 0
		}
		if i < 0 {
			continue
		}
		err := b.flows.put(r.Context(), t.ID, FlowStepDone, c.stepID(other), also[i], challengeLife)
		if err != nil && !fault.Is(err, fault.Conflict) { // a conflict: another tab was quicker
			return err
		}
	}
	return nil
}

// satisfied adds to what the session's authentication is known to have done; gateways hear of it.
func (b *Broker) satisfied(r *http.Request, t tenant.Tenant, id model.SessionID, more []model.Satisfaction) error {
	_, err := b.parts.Sessions.UpdateSession(r.Context(), t.ID, id, func(have *session.Session) error {
		steps := slices.Clone(have.Auth.Steps)
		for _, m := range more {
			steps = slices.DeleteFunc(steps, func(s model.Satisfaction) bool { return s.Kind == m.Kind && s.Value == m.Value })
			steps = append(steps, m)
		}
		have.Auth.Steps = steps
		return nil
	})
	if err != nil {
		return fault.Wrap(err, "signin.stepUp", string(id))
	}
	return fault.Wrap(b.parts.Devices.Changed(r.Context(), t.ID, id), "signin.stepUp", string(id))
}

// fillStep says what a step-up is about.
func (b *Broker) fillStep(a *model.Activity, c *challenge) {
	if c == nil {
		return
	}
	a.App = c.App
	if c.Policy.ID != "" {
		a.Policies = []model.PolicyRef{c.Policy}
	}
	if c.Blocked != "" {
		a.Objects = []model.Object{{Type: "blockedAction", ID: c.Blocked, Name: c.File}}
	}
}

// stepFailed writes down why a step-up did not pass. The person hears less.
func (b *Broker) stepFailed(r *http.Request, s session.Session, c *challenge, why error) {
	err := b.record(r, s, model.ActivityStepUp, func(a *model.Activity) {
		b.fillStep(a, c)
		a.ActionType, a.Outcome, a.Reason = "StrongAuthenticationFailed", model.OutcomeFailed, why.Error()
	})
	if err != nil {
		// Nothing was granted; only the record is missing.
		b.parts.Log.Error("failed step-up not recorded", "tenant", s.Tenant, "err", err)
	}
}

// finishSteps ends a challenge of which every step was done: with a grant for the one action that waits, or back to the
// sign-in. It works once.
func (b *Broker) finishSteps(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, c *challenge) {
	const op = "signin.stepUp"
	if err := b.flows.take(r.Context(), t.ID, FlowStepUp, hashOf(c.id), &challenge{}); err != nil {
		b.fail(w, r, t, gone(err, op, "this request to confirm it is you took too long or was already used"))
		return
	}
	if c.Manage {
		b.openManage(w, r, t, s)
		return
	}
	if c.Blocked == "" {
		if !localReturn(t.ID, pathOf(c.Return)) {
			b.fail(w, r, t, fault.New(fault.Denied, op, "the address to return to is not one of ours"))
			return
		}
		http.Redirect(w, r, b.config.Origin+c.Return, http.StatusSeeOther)
		return
	}
	ref, _ := activitylog.ParseReference(c.Blocked)
	blocked, err := b.parts.Blocked.Blocked(r.Context(), t.ID, ref, b.parts.Now())
	if err == nil && blocked.Session != s.ID {
		err = fault.New(fault.NotFound, op, "no blocked action of this session has this reference")
	}
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	seen := seenOf(b.seen(r, t.ID))
	for _, step := range c.Steps {
		grant := session.Grant{
			Tenant: t.ID, Session: s.ID, Instance: blocked.App.Instance, Activity: blocked.Activity, Resource: blocked.Resource,
			Key: grantKey(step), Reason: "step-up", Expires: b.parts.Now().Add(stepGrantLife), Seen: &seen,
		}
		if err := b.parts.Grants.PutGrant(r.Context(), grant); err != nil {
			b.fail(w, r, t, err)
			return
		}
	}
	view := stepView{User: s.User.Name, App: b.appName(t.ID, blocked.App), File: blocked.File, Script: blocked.Script, Kept: blocked.Kept}
	if b.mappedReturn(t.ID, blocked.Return) {
		view.Return = blocked.Return
	}
	b.render(w, r, t, http.StatusOK, "stepdone", view)
}

// pathOf is the path of a path with query: what [localReturn] looks at.
func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	return u.Path
}

// grantKey is how policy.Input.Satisfied names a step that was done for an action.
func grantKey(s model.StepUp) string {
	if s.Kind == model.StepContext {
		return "stepUp:" + s.Value
	}
	return "stepUp:" + s.Key()
}
