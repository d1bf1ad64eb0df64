package signin

import (
	"encoding/json"
	"net/http"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// posting is an answer that the browser posts to an app, in the protocols where it does: SAML and WS-Federation.
type posting struct {
	kind    FlowKind // of the request that is answered
	id      string
	address string // the app's own
	via     via
	// again is where a request begins anew at the mapped address, given the mapped form of address; nil where the app
	// asked for nothing, so that it keeps nothing at its direct host either.
	again func(mapped string) (string, error)
	// refuse tells an app that asked without the person that nobody signed in; nil where a page may be shown.
	refuse func()
}

// release lets an answer go: it decides between the app's own address and the mapped one, where the session goes through
// a gateway, and puts the sign-in on record; each request has one answer. What began at the direct host and must not go
// there begins again at the mapped one, since the app's own cookies of the sign-in lie at the direct host. It returns the
// mapped address, "" for the app's own, and false when the browser was answered already.
func (b *Broker) release(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, d *decision, p posting) (to string, ok bool) {
	routed, open, stopped, err := b.routed(r.Context(), inst, d, p.refuse != nil)
	if err != nil {
		b.fail(w, r, t, err)
		return "", false
	}
	if stopped != nil {
		switch {
		case p.refuse != nil:
			p.refuse()
		case d.needsDevice():
			b.askDevice(w, r, t, here(r))
		default:
			b.deny(w, r, t, s, *stopped, d, "")
		}
		return "", false
	}
	through, err := b.throughGateway(r.Context(), t.ID, s.ID, inst, p.via)
	if err != nil {
		b.fail(w, r, t, err)
		return "", false
	}
	if open && !through && p.refuse != nil {
		p.refuse() // with the person there, the device would be asked: a request without must not lead into the gateway
		return "", false
	}
	if through || routed {
		if to, err = b.mappedURI(t.ID, inst, p.address); err != nil {
			// fail closed: the direct host is not an alternative
			b.fail(w, r, t, err)
			return "", false
		}
	}
	if routed && !through && p.again != nil && !b.restarted(w, r, t.ID, inst) {
		again, err := p.again(to)
		if err != nil {
			b.fail(w, r, t, err)
			return "", false
		}
		setCookie(w, restartCookie+string(t.ID), string(inst.ID), restartLife)
		http.Redirect(w, r, again, http.StatusSeeOther)
		return "", false
	}
	if err := b.recordAccess(r, s, inst, d, true); err != nil {
		b.fail(w, r, t, err) // on record before the answer exists: fail closed
		return "", false
	}
	b.persist(w, r, s, d)
	var taken json.RawMessage
	if err := b.flows.take(r.Context(), t.ID, p.kind, p.id, &taken); err != nil {
		b.fail(w, r, t, gone(err, "signin.release", "this sign-in took too long or was already used"))
		return "", false
	}
	return to, true
}
