package signin

import (
	"context"
	"net/http"
	"slices"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// samlLogout ends the session that an app's signed logout request names, everywhere, lets the browser go round the
// session's other SAML apps, and answers the app: "partial" where one of them did not say that it signed out.
func (b *Broker) samlLogout(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	in, err := incoming(r)
	if err != nil {
		b.refusedSAML(w, r, t, err)
		return
	}
	if in.Response {
		b.samlLogoutAnswer(w, r, t, in)
		return
	}
	idp, err := b.identityProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	request, err := idp.ParseLogoutRequest(in, saml.RoleApp, b.findApp(t.ID))
	if err == nil {
		err = b.useOnce(r.Context(), t.ID, request.Replay)
	}
	if err != nil {
		b.refusedSAML(w, r, t, err) // fail closed: nobody is signed out by a message that is not the app's
		return
	}
	named, err := b.namedBy(r.Context(), t.ID, request)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	round := logoutRound{Asked: request, Peer: request.Peer.ID}
	through, outside := false, false
	for _, sid := range named {
		asker, others, err := b.logoutOf(r.Context(), t.ID, sid, request)
		if err == nil {
			asker, err = b.went(r.Context(), asker)
		}
		if err != nil {
			b.fail(w, r, t, err)
			return
		}
		round.Left = append(round.Left, others...)
		through, outside = through || asker.Through, outside || asker.Direct && !asker.Through
		if asker.Through && asker.Direct { // which of the two asked nobody knows: the direct one may not have
			round.Left = append(round.Left, asker)
		}
	}
	round.Cut = through && !outside // an app with a session that never went through a gateway waits for its answer there
	setCookie(w, sessionCookie+string(t.ID), "", -1)
	request.Peer = nil
	b.goRound(w, r, t, idp, round)
}

// namedBy are the sessions that an app's logout request is about: those that it names, or all that the app knows the
// person by (SAML core 3.7.3.2).
func (b *Broker) namedBy(ctx context.Context, id model.TenantID, request *saml.LogoutRequest) ([]model.SessionID, error) {
	var out []model.SessionID
	for _, index := range request.SessionIndexes {
		out = append(out, model.SessionID(index))
	}
	inst, ok := b.samlApp(id, request.Peer.ID)
	if len(out) > 0 || !ok {
		return out, nil
	}
	list, err := b.parts.SignIns.AppSignInsAs(ctx, id, inst.ID, request.NameID.Value)
	for _, a := range list {
		out = append(out, a.Session)
	}
	return out, fault.Wrap(err, "signin.samlLogout", string(inst.ID))
}

// logoutOf ends one session if the app signed this person in with it; it returns the app's sign-in, and the other SAML
// apps that have the session too.
func (b *Broker) logoutOf(ctx context.Context, id model.TenantID, sid model.SessionID, request *saml.LogoutRequest) (AppSignIn, []AppSignIn, error) {
	list, err := b.parts.SignIns.AppSignIns(ctx, id, sid)
	if err != nil {
		return AppSignIn{}, nil, fault.Wrap(err, "signin.samlLogout", string(sid))
	}
	inst, ok := b.samlApp(id, request.Peer.ID)
	i := slices.IndexFunc(list, func(a AppSignIn) bool { return ok && a.Instance == inst.ID })
	if i < 0 || !request.NameID.Same(saml.NameID{Value: list[i].Subject, Format: list[i].Format}) {
		return AppSignIn{}, nil, nil // a name that this app was never given ends nobody's session
	}
	others, err := b.samlSignIns(ctx, id, sid, inst.ID)
	if err == nil {
		err = b.end(ctx, id, sid, "signed out in the app")
	}
	if err == nil && !(list[i].Through && list[i].Direct) {
		b.forget(ctx, list[i]) // it knows: it asked
	}
	return list[i], others, err
}
