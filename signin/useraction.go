package signin

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// present returns a session as it stands in this request: where the person is now, not where they signed in, and with
// the proofs that this browser gave.
func (b *Broker) present(r *http.Request, t tenant.Tenant, s session.Session) session.Session {
	if reason, changed := device.Change(seenIn(&s), b.seen(r, t.ID)); changed {
		b.noteChange(r, t, s, reason)
		s.Proofs = nil // they were given to another device, or to this one elsewhere: it proves again
	}
	if now := b.parts.Now(); !b.provable(t, s) && !device.Asked(s.Proofs, now) {
		// There is nobody to ask: what device facts a policy wants can't be had.
		s.Proofs = append(slices.Clip(s.Proofs), device.Issue(model.TagUnknown, device.KindAttempt, "", now, refusalLease))
	}
	s.Network = b.parts.Locator.Locate(t.ID, r.RemoteAddr)
	s.Agent = b.parts.Locator.ParseAgent(r.UserAgent())
	return s
}

// needsDevice reports whether a decision waits for the device's proof.
func (d *decision) needsDevice() bool {
	return slices.ContainsFunc(d.Needs, func(n model.Need) bool { return n.Kind == model.NeedDeviceProof })
}

// askDevice sends the browser to prove its device, and then to a path of this tenant.
func (b *Broker) askDevice(w http.ResponseWriter, r *http.Request, t tenant.Tenant, back string) {
	http.Redirect(w, r, b.url(t.ID, "/device?ret="+url.QueryEscape(back)), http.StatusSeeOther)
}

// mayAct reports whether Conditional Access lets a session do one of Entra's user actions now. It answers otherwise:
// with a device's proof or a step-up where that would help, and where the request can come again by itself (back), else
// by saying what stands in the way. A person who has nothing to step up with can't register it by stepping up.
func (b *Broker) mayAct(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, action policy.UserAction, back string) bool {
	var d decision
	rested, err := b.parts.Gate.EvaluateAction(r.Context(), b.present(r, t, s), action, &d.Verdict)
	if err != nil {
		b.fail(w, r, t, err) // fail closed: without a decision nothing is done
		return false
	}
	d.rested = rested
	switch {
	case d.needsDevice():
		b.askDevice(w, r, t, back)
	case d.Gate == policy.GateAllow:
		return true
	default:
		b.deny(w, r, t, s, catalog.Instance{App: "referee", Name: "Security info"}, &d, "")
	}
	return false
}

// contextual adds what Conditional Access asks of an authentication context to the steps that ask for the context. It
// answers and returns false where a policy about the context lets nobody of this kind on, whatever they show.
func (b *Broker) contextual(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, app model.AppRef, steps []model.StepUp) ([]model.StepUp, bool) {
	out := slices.Clone(steps)
	inst, ok := b.parts.Catalog.Instance(t.ID, app.Instance)
	if !ok {
		return out, true // it is gone, and so is what the step-up would open
	}
	now := b.present(r, t, s)
	for _, step := range steps {
		if step.Kind != model.StepContext {
			continue
		}
		var d decision
		rested, err := b.parts.Gate.EvaluateContext(r.Context(), now, inst, model.ClientBrowser, step.Value, &d.Verdict)
		if err != nil {
			b.fail(w, r, t, err) // fail closed: without a decision nothing is opened
			return nil, false
		}
		d.rested = rested
		switch {
		case d.needsDevice():
			b.askDevice(w, r, t, here(r))
			return nil, false
		case d.Gate == policy.GateAllow:
		case d.Gate == policy.GateStepUp && len(d.Steps) > 0:
			for _, more := range d.Steps {
				if !slices.Contains(out, more) {
					out = append(out, more)
				}
			}
		default:
			d.Gate = policy.GateBlock
			b.deny(w, r, t, s, inst, &d, "")
			return nil, false
		}
	}
	return out, true
}
