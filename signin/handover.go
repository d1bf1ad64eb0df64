package signin

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// handover brings a browser that came to a mapped host without a session back there with a code. The code is
// bound to the host and to the nonce that the gateway set there before; a code that is forwarded to another
// browser finds no nonce.
func (b *Broker) handover(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	q := r.URL.Query()
	host, nonce := strings.ToLower(q.Get("host")), q.Get("nonce")
	inst, ok := b.parts.Catalog.ByHost(t.ID, host)
	if _, hash := session.ParseSecret(nonce); !ok || !hash { // a hash has the form of a secret
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.handover", "no app of this tenant is at %.200q, or the nonce is no hash", host))
		return
	}
	s, secret, ok := b.signedIn(w, r, t)
	if !ok {
		return
	}
	var d decision
	if !b.evaluate(w, r, t, s, inst, false, &d) {
		return
	}
	if d.Gate != policy.GateAllow {
		b.deny(w, r, t, s, inst, &d, "https://"+host+"/")
		return
	}
	app, key, err := b.appSession(r, t, s, secret, inst, &d)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	code, err := session.MintCode(r.Context(), b.parts.Codes, b.parts.Sealer, &app, key, host, nonce, b.parts.Now())
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.handover", host))
		return
	}
	b.persist(w, r, s, &d)
	back := url.Values{"code": {code.Reveal()}}
	if ret := q.Get("ret"); ret != "" {
		back.Set("ret", ret)
	}
	http.Redirect(w, r, "https://"+host+"/.referee/enter?"+back.Encode(), http.StatusSeeOther)
}

// appSession returns the session's app session with the instance, making it if there is none under the control
// that was decided now. At a mapped host that is visited where no session control is asked for, session policies
// decide all the same: what they rest on may change while the session lives, and a managed device's cookies that
// were copied to another client must not carry its freedom along.
func (b *Broker) appSession(r *http.Request, t tenant.Tenant, s session.Session, secret session.Secret, inst catalog.Instance, d *decision) (session.AppSession, *session.DataKey, error) {
	const op = "signin.appSession"
	control := session.ControlCustom
	if d.Duties.Has(policy.DutyRoute) {
		control = session.Control(d.Control)
	}
	// Tabs that open together share one app session, or the app's cookies would be split over several.
	turn := &b.begins[maphash.String(seed, string(s.ID))%uint64(len(b.begins))]
	turn.Lock()
	defer turn.Unlock()
	have, err := b.parts.Apps.AppSessions(r.Context(), t.ID, s.ID)
	if err != nil {
		return session.AppSession{}, nil, fault.Wrap(err, op, string(inst.ID))
	}
	for _, a := range have {
		if a.Instance == inst.ID && a.Revoked.IsZero() && a.Control == control {
			key, err := session.Resume(b.parts.Sealer, &a, secret)
			return a, key, fault.Wrap(err, op, string(inst.ID))
		}
	}
	a, key, err := session.Begin(b.parts.Sealer, &s, secret, inst.ID, control, deciding(&d.Verdict), b.parts.Now())
	if err != nil {
		return a, nil, fault.Wrap(err, op, string(inst.ID))
	}
	// On record before it exists: fail closed.
	if err := b.recordAccess(r, s, inst, d, true); err != nil {
		return a, nil, err
	}
	return a, key, fault.Wrap(b.parts.Apps.PutAppSession(r.Context(), a), op, string(inst.ID))
}

var seed = maphash.MakeSeed()
