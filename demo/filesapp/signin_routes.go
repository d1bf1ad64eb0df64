package filesapp

import (
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
)

func (a *App) serveSignIn(w http.ResponseWriter, r *http.Request) {
	if err := a.signin.start(w, r, r.URL.Query().Get("return")); err != nil {
		a.fail(w, r, err) // fail closed: nobody is let in while the provider is away
	}
}

func (a *App) serveCallback(w http.ResponseWriter, r *http.Request) {
	v, to, err := a.signin.finish(w, r)
	if err != nil {
		a.cfg.Logger.Warn("sign-in refused", "err", err)
		a.fail(w, r, err) // fail closed: the answer is not proven
		return
	}
	a.admit(w, r, v)
	a.cfg.Logger.Info("signed in", "user", v.email)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// serveSignOut ends the session here and at the provider.
func (a *App) serveSignOut(w http.ResponseWriter, r *http.Request, v *visitor) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		a.visitors.Drop(c.Value)
	}
	a.clearCookies(w)
	to := a.signin.endURL(v)
	if to == "" {
		to = "/signed-out"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (a *App) serveSignedOut(w http.ResponseWriter, r *http.Request) {
	a.message(w, r, http.StatusOK, "Signed out", "You are signed out of Files.")
}

// serveBackChannel is the provider's word that a session is over (OpenID Connect Back-Channel Logout 1.0).
func (a *App) serveBackChannel(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	p, err := a.signin.provider()
	if err != nil {
		http.Error(w, "the provider can't be reached", http.StatusServiceUnavailable) // fail closed: an unproven word ends no session
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	token, err := a.signin.verifier(p).VerifyLogout(oidc.ClientContext(r.Context(), a.cfg.HTTPClient), r.PostFormValue("logout_token"))
	if err != nil {
		a.cfg.Logger.Warn("logout token refused", "err", err)
		http.Error(w, "logout token not valid", http.StatusBadRequest) // fail closed: as above
		return
	}
	n := a.visitors.DropWhere(func(v *visitor) bool {
		if token.SessionID != "" {
			return v.sid == token.SessionID && (token.Subject == "" || v.sub == token.Subject)
		}
		return v.sub == token.Subject
	})
	a.cfg.Logger.Info("signed out by the provider", "sessions", n)
	w.WriteHeader(http.StatusOK)
}
