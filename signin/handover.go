package signin

import (
	"net/http"
	"net/url"

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
	host, nonce := q.Get("host"), q.Get("nonce")
	inst, ok := b.parts.Catalog.ByHost(t.ID, host)
	if !ok || len(nonce) != 43 {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.handover", "no app of this tenant is at %q", host))
		return
	}
	s, secret, err := b.current(r, t.ID)
	if err != nil {
		b.start(w, r, t, r.URL.Path+"?"+r.URL.RawQuery, -1)
		return
	}
	var v policy.Verdict
	if !b.evaluate(w, r, t, s, inst, false, &v) {
		return
	}
	if v.Gate != policy.GateAllow {
		b.deny(w, r, t, s, inst, &v)
		return
	}
	app, key, err := b.appSession(r, t, s, secret, inst, &v)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	code, err := session.MintCode(r.Context(), b.parts.Codes, b.parts.Sealer, &app, key, host, nonce, b.parts.Now())
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.handover", host))
		return
	}
	back := url.Values{"code": {code.Reveal()}}
	if ret := q.Get("ret"); ret != "" {
		back.Set("ret", ret)
	}
	http.Redirect(w, r, "https://"+host+"/.referee/enter?"+back.Encode(), http.StatusSeeOther)
}

// appSession returns the session's app session with the instance, making it if there is none under the control
// that was decided now. A mapped host that is visited where no session control is asked for is monitored: what
// goes through the gateway is never less than that.
func (b *Broker) appSession(r *http.Request, t tenant.Tenant, s session.Session, secret session.Secret, inst catalog.Instance, v *policy.Verdict) (session.AppSession, *session.DataKey, error) {
	const op = "signin.appSession"
	control := session.ControlMonitorOnly
	if v.Duties.Has(policy.DutyRoute) {
		control = session.Control(v.Control)
	}
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
	a, key, err := session.Begin(b.parts.Sealer, &s, secret, inst.ID, control, deciding(v), b.parts.Now())
	if err != nil {
		return a, nil, fault.Wrap(err, op, string(inst.ID))
	}
	if err := b.parts.Apps.PutAppSession(r.Context(), a); err != nil {
		return a, nil, fault.Wrap(err, op, string(inst.ID))
	}
	return a, key, b.recordAccess(r, s, inst, v, true)
}
