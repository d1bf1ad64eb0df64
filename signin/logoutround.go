package signin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// Single logout at several SAML apps (SAML profiles section 4.4): the session is over here first, then the person's
// browser goes round to each app with a signed request and comes back with a signed answer. An app that never answers
// ends the round there; what was not told by then is recorded as such when its time is over (see LogOut).

// FlowRound is a browser's way round the SAML apps of a session that has ended.
const FlowRound FlowKind = "logoutRound"

// logoutRound is where a browser stands on its way round.
type logoutRound struct {
	Left    []AppSignIn         `json:"left"` // apps that are to be told yet
	At      AppSignIn           `json:"at"`   // the app that is being told, by
	Request string              `json:"request,omitempty"`
	Partial bool                `json:"partial,omitempty"`
	Asked   *saml.LogoutRequest `json:"asked,omitempty"` // of the app that began; without the app, which is read anew
	Peer    string              `json:"peer,omitempty"`
	Cut     bool                `json:"cut,omitempty"`    // its answer could only be taken behind the gateway
	Return  string              `json:"return,omitempty"` // path of the sign-out page otherwise
}

// keptSignIn is what of a sign-in the fields' own tags leave out.
type keptSignIn struct {
	AppSignIn
	Session  model.SessionID  `json:"session"`
	Instance model.InstanceID `json:"instance"`
}

// samlSignIns lists the SAML apps of a session, but for one.
func (b *Broker) samlSignIns(ctx context.Context, id model.TenantID, sid model.SessionID, but model.InstanceID) ([]AppSignIn, error) {
	all, err := b.parts.SignIns.AppSignIns(ctx, id, sid)
	if err != nil {
		return nil, fault.Wrap(err, "signin.samlSignIns", string(sid))
	}
	var out []AppSignIn
	for _, a := range all {
		if a.Protocol == protocolSAML && a.Instance != but {
			out = append(out, a)
		}
	}
	return out, nil
}

// goRound sends the browser to the next app, or ends the round.
func (b *Broker) goRound(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, round logoutRound) {
	for len(round.Left) > 0 {
		next, err := b.went(r.Context(), round.Left[0])
		if err != nil {
			b.fail(w, r, t, err) // fail closed: nobody is said to be cut off who may not be; the session itself is over
			return
		}
		round.Left, round.At = round.Left[1:], next
		inst, ok := b.parts.Catalog.Instance(t.ID, next.Instance)
		if !ok || inst.Federation.SAML.Logout() == "" {
			b.forget(r.Context(), next) // it is gone, or wants to know nothing any more
			continue
		}
		if next.CutOff() {
			b.recordCutOff(r.Context(), inst, next)
			b.forget(r.Context(), next)
			continue
		}
		if err := b.askApp(w, r, t, idp, inst, round); err != nil {
			b.recordLogout(r.Context(), inst, next, err)
			b.forget(r.Context(), next)
			round.Partial = true
			continue
		}
		return
	}
	b.endRound(w, r, t, idp, round)
}

// askApp sends the browser to one app with a signed request; the answer finds the round by its relay state.
func (b *Broker) askApp(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, inst catalog.Instance, round logoutRound) error {
	app, err := appEntity(inst)
	if err != nil {
		return err
	}
	relay := newSecret()
	m, err := idp.RequestLogout(app, saml.RoleApp, "", saml.NameID{Value: round.At.Subject, Format: round.At.Format}, []string{round.At.Index}, relay)
	if err != nil {
		return fault.Wrap(err, "signin.logoutRound", string(inst.ID))
	}
	round.Request = m.ID
	if err := b.flows.put(r.Context(), t.ID, FlowRound, hashOf(relay), keep(round), browserRound); err != nil {
		return err
	}
	b.send(w, r, t, *m, "")
	return nil
}

// samlLogoutAnswer takes an app's answer and goes on. An answer that is not the app's, or to nothing that was asked,
// ends nothing and tells nobody anything; the round's record works once.
func (b *Broker) samlLogoutAnswer(w http.ResponseWriter, r *http.Request, t tenant.Tenant, in saml.Incoming) {
	var kept keptRound
	if err := b.flows.take(r.Context(), t.ID, FlowRound, hashOf(in.Relay), &kept); err != nil {
		b.refusedSAML(w, r, t, gone(err, "signin.logoutRound", "no app was asked to sign out, or the answer came too late"))
		return
	}
	round := kept.round(t.ID)
	idp, err := b.identityProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	inst, ok := b.parts.Catalog.Instance(t.ID, round.At.Instance)
	if !ok || inst.Federation.SAML == nil {
		b.goRound(w, r, t, idp, round)
		return
	}
	app, err := appEntity(inst)
	var result *saml.LogoutResult
	if err == nil {
		result, err = idp.ParseLogoutResponse(in, saml.RoleApp, app, round.Request)
	}
	if err == nil && result.Partial {
		err = fault.New(fault.Unavailable, "signin.logoutRound", "the app says that it signed out in part only")
	}
	b.recordLogout(r.Context(), inst, round.At, err)
	b.forget(r.Context(), round.At)
	round.Partial = round.Partial || err != nil
	b.goRound(w, r, t, idp, round)
}

// endRound answers the app that began, or shows that the person is signed out.
func (b *Broker) endRound(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, round logoutRound) {
	if round.Asked == nil {
		http.Redirect(w, r, b.config.Origin+round.Return, http.StatusSeeOther)
		return
	}
	peer, ok := b.findApp(t.ID)(round.Peer)
	if !ok {
		http.Redirect(w, r, b.url(t.ID, "/signout?done"), http.StatusSeeOther) // it is gone, and asks nothing any more
		return
	}
	if round.Cut {
		// Its answer could only be taken at the mapped host, where there is no session any more: going there would sign the
		// person in again at a provider that still knows them. The app's own cookies went with the session.
		http.Redirect(w, r, b.url(t.ID, "/signout?done"), http.StatusSeeOther)
		return
	}
	round.Asked.Peer = peer
	m, err := idp.AnswerLogout(round.Asked, saml.RoleApp, round.Partial)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.send(w, r, t, *m, "")
}

// keptRound is a round as the store has it.
type keptRound struct {
	logoutRound
	Left []keptSignIn `json:"left"`
	At   keptSignIn   `json:"at"`
}

func keep(round logoutRound) keptRound {
	kept := keptRound{logoutRound: round, At: keptSignIn{round.At, round.At.Session, round.At.Instance}}
	for _, a := range round.Left {
		kept.Left = append(kept.Left, keptSignIn{a, a.Session, a.Instance})
	}
	kept.logoutRound.Left = nil
	return kept
}

func (k keptRound) round(id model.TenantID) logoutRound {
	whole := func(s keptSignIn) AppSignIn {
		a := s.AppSignIn
		a.Tenant, a.Session, a.Instance = id, s.Session, s.Instance
		return a
	}
	out := k.logoutRound
	out.At, out.Left = whole(k.At), nil
	for _, s := range k.Left {
		out.Left = append(out.Left, whole(s))
	}
	return out
}

// signedOutPath is the sign-out page that says so, with what the app asked for.
func signedOutPath(id model.TenantID, q url.Values) string {
	q.Set("done", "")
	return "/" + string(id) + "/signout?" + q.Encode()
}
