package signin

import (
	"net/http"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// record writes an activity of a session.
func (b *Broker) record(r *http.Request, s session.Session, kind model.ActivityType, fill func(*model.Activity)) error {
	a := &model.Activity{
		Tenant: s.Tenant, Time: b.parts.Now(), Source: model.SourceAccess, Type: kind, User: s.User, Session: s.ID,
		Network: s.Network, Agent: s.Agent,
	}
	if r.RemoteAddr != "" {
		a.Network = b.parts.Locator.Locate(s.Tenant, r.RemoteAddr)
	}
	fill(a)
	return fault.Wrap(b.parts.Recorder.Event(r.Context(), a), "signin.record", string(kind))
}

// recordAccess writes a Conditional Access decision.
func (b *Broker) recordAccess(r *http.Request, s session.Session, inst catalog.Instance, d *decision, granted bool) error {
	return b.record(r, s, model.ActivityAccess, func(a *model.Activity) { fillAccess(a, inst, d, granted) })
}

// fillAccess writes a decision down so that it can be explained and replayed later.
func fillAccess(a *model.Activity, inst catalog.Instance, d *decision, granted bool) {
	a.App, a.Policies, a.ActionType = inst.Ref(), deciding(&d.Verdict), "AccessGranted"
	a.Device.Tags = d.rested.Device
	if d.Duties.Has(policy.DutyRoute) {
		a.ActionType = "AccessGrantedWithSessionControl"
		a.Detail = map[string]any{"control": d.Control}
	}
	if d.bypassed != "" && granted {
		a.ActionType, a.Taken, a.Detail = "AccessGrantedByBypass", model.TakenBypass, map[string]any{"bypass": d.bypassed}
		a.Objects = append(a.Objects, model.Object{Type: "bypass", ID: d.bypassed})
	}
	if d.Excepted != "" {
		a.Objects = append(a.Objects, model.Object{Type: "exception", ID: d.Excepted})
	}
	if !granted {
		a.ActionType, a.Taken, a.Outcome = "AccessBlocked", model.TakenBlock, model.OutcomeBlocked
	}
	replay.Remember(&d.rested, a)
}

// recordFailure writes a sign-in that did not succeed; it has no session. The reason is precise, since only
// administrators read it.
func (b *Broker) recordFailure(r *http.Request, t tenant.Tenant, why error) {
	a := &model.Activity{
		Tenant: t.ID, Time: b.parts.Now(), Source: model.SourceAccess, Type: model.ActivityFailedLogin, ActionType: "UserLoginFailed",
		Outcome: model.OutcomeFailed, Network: b.parts.Locator.Locate(t.ID, r.RemoteAddr), Agent: b.parts.Locator.ParseAgent(r.UserAgent()), Reason: why.Error(),
	}
	if err := b.parts.Recorder.Event(r.Context(), a); err != nil {
		b.parts.Log.Error("failed sign-in not recorded", "tenant", t.ID, "err", err)
	}
}

// deciding lists the policies that a verdict rests on, and those that would have decided in a monitor phase.
func deciding(v *policy.Verdict) []model.PolicyRef {
	refs := make([]model.PolicyRef, 0, v.N+v.M)
	for _, p := range v.Deciding[:v.N] {
		refs = append(refs, p.Ref())
	}
	for _, p := range v.Monitored[:v.M] {
		ref := p.Ref()
		ref.Monitor = true
		refs = append(refs, ref)
	}
	return refs
}
