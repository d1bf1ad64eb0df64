package signin

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// signOutPage asks before it signs out, since a GET must change nothing, and says afterwards that it is done.
func (b *Broker) signOutPage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	page := b.signOutView(r.URL.Query(), t)
	if !page.Done {
		s, _, err := b.held(r, t.ID)
		switch {
		case fault.Is(err, fault.NotFound):
			page.Done = true
		case err != nil:
			b.fail(w, r, t, err)
			return
		case b.mayUse(r, t.ID, &s):
			page.User, page.Manage = s.User.Name, b.manageURL(t, nil)
		default:
			page.Keyless = true
		}
	}
	b.render(w, r, t, http.StatusOK, "signout", page)
}

// signOutView reads where the page may lead back to: the address that an app asked for, if it is registered, at
// its mapped host. Anything else in the query leads nowhere.
func (b *Broker) signOutView(q url.Values, t tenant.Tenant) signOutView {
	page := signOutView{Done: q.Has("done")}
	inst, ok := b.parts.Catalog.ByClient(t.ID, q.Get("client"))
	if !ok || !slices.Contains(inst.Federation.LogoutURIs, q.Get("to")) {
		return page
	}
	back, err := b.mappedURI(t.ID, inst, q.Get("to"))
	if err != nil {
		return page
	}
	u, err := url.Parse(back)
	if err != nil {
		return page
	}
	if state := q.Get("state"); state != "" {
		query := u.Query()
		query.Set("state", state)
		u.RawQuery = query.Encode()
	}
	page.AppName, page.AppURL = inst.Name, u.String()
	return page
}

// signOut ends the browser's session on every gateway. One that has lost the session's key may end it too, and is told
// nothing of it: the round of the SAML apps, which names the person, is not made, and the record says that they were not
// told.
func (b *Broker) signOut(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, _, err := b.held(r, t.ID)
	var apps []AppSignIn
	if err == nil && b.mayUse(r, t.ID, &s) {
		apps, err = b.samlSignIns(r.Context(), t.ID, s.ID, "")
	}
	if err == nil {
		err = b.end(r.Context(), t.ID, s.ID, "signed out")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		// fail closed: saying "signed out" while the session lives would be worse than an error
		b.fail(w, r, t, err)
		return
	}
	setCookie(w, sessionCookie+string(t.ID), "", -1)
	setCookie(w, boundCookie+string(t.ID), "", -1)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	round := logoutRound{Left: apps, Return: signedOutPath(t.ID, r.URL.Query())}
	if len(apps) == 0 {
		http.Redirect(w, r, b.config.Origin+round.Return, http.StatusSeeOther)
		return
	}
	idp, err := b.identityProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.goRound(w, r, t, idp, round)
}

// end revokes a session and writes that down. A session that is over already is no error.
func (b *Broker) end(ctx context.Context, id model.TenantID, sid model.SessionID, why string) error {
	const op = "signin.signOut"
	s, err := b.parts.Sessions.Session(ctx, id, sid)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fault.Wrap(err, op, string(sid))
	}
	now := b.parts.Now()
	if err := b.parts.Revoker.Revoke(ctx, session.Revocation{Tenant: id, Session: sid, At: now, Reason: why}); err != nil {
		return fault.Wrap(err, op, string(sid))
	}
	a := &model.Activity{Tenant: id, Time: now, Source: model.SourceAccess, Type: model.ActivityLogout, User: s.User, Session: sid, Network: s.Network, Agent: s.Agent, Reason: why}
	if err := b.parts.Recorder.Event(ctx, a); err != nil {
		// fail open: the session is over; the revocation itself is on record
		b.parts.Log.Error("sign-out not recorded", "tenant", id, "err", err)
	}
	return nil
}

// signOutView is what the sign-out page shows.
type signOutView struct {
	Done            bool
	Keyless         bool   // there is a session, and the browser has lost its key
	Manage          string // address of the page where people change what they confirm with, "" for none
	User            string
	AppName, AppURL string
}
