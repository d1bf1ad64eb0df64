package signin

import (
	"net/http"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// signOutPage asks before it signs out, since a GET must change nothing, and says afterwards that it is done.
func (b *Broker) signOutPage(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	q := r.URL.Query()
	page := signOutView{Done: q.Has("done")}
	if inst, ok := b.parts.Catalog.Instance(t.ID, model.InstanceID(q.Get("app"))); ok && len(inst.Federation.LogoutURIs) > 0 {
		if back, err := b.mappedURI(t.ID, inst, inst.Federation.LogoutURIs[0]); err == nil {
			page.AppName, page.AppURL = inst.Name, back
		}
	}
	if !page.Done {
		s, _, err := b.current(r, t.ID)
		if err != nil {
			page.Done = true
		}
		page.User = s.User.Name
	}
	b.render(w, r, t, http.StatusOK, "signout", page)
}

// signOut ends the session on every gateway.
func (b *Broker) signOut(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, _, err := b.current(r, t.ID)
	if err == nil {
		err = b.parts.Revoker.Revoke(r.Context(), session.Revocation{Tenant: t.ID, Session: s.ID, At: b.parts.Now(), Reason: "signed out"})
		if err != nil {
			// fail closed: saying "signed out" while the session lives would be worse than an error
			b.fail(w, r, t, err)
			return
		}
		if err := b.record(r, s, model.ActivityLogout, func(*model.Activity) {}); err != nil {
			// fail open: the session is over; the revocation itself is on record
			b.parts.Log.Error("sign-out not recorded", "tenant", t.ID, "err", err)
		}
	}
	setCookie(w, sessionCookie+string(t.ID), "", -1)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	http.Redirect(w, r, b.url(t.ID, "/signout?done"), http.StatusSeeOther)
}

// signOutView is what the sign-out page shows.
type signOutView struct {
	Done            bool
	User            string
	AppName, AppURL string
}
