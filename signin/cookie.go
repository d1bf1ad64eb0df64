package signin

import (
	"net/http"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// The broker serves all tenants from one origin, so each tenant has cookies of its own name. __Host- keeps
// them to this origin (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie = "__Host-referee-session-" // + tenant: "<session id>.<secret>"
	flowCookie    = "__Host-referee-flow-"    // + tenant: secret of the sign-in under way
)

// current returns the live broker session of the request's browser with the secret its cookie holds, or
// NotFound when there is none.
func (b *Broker) current(r *http.Request, tenant model.TenantID) (session.Session, session.Secret, error) {
	none := func(why string) (session.Session, session.Secret, error) {
		return session.Session{}, "", fault.New(fault.NotFound, "signin.current", "%s", why)
	}
	cookie, err := r.Cookie(sessionCookie + string(tenant))
	if err != nil {
		return none("no session cookie")
	}
	id, secret, ok := session.ParseBrokerCookie(cookie.Value)
	if !ok {
		return none("malformed session cookie")
	}
	s, err := b.parts.Sessions.Session(r.Context(), tenant, id)
	switch {
	case err != nil:
		return session.Session{}, "", err
	case !s.Holds(secret):
		return none("the cookie's secret is not the session's")
	case !s.Live(b.parts.Now()):
		return none("the session has ended")
	}
	return s, secret, nil
}

// setCookie writes a host-only cookie; life 0 lets it end with the browser, a negative life removes it.
// SameSite=Lax: the way in is always a top-level navigation from another site.
func setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	switch {
	case life < 0:
		c.MaxAge = -1
	case life > 0:
		c.MaxAge = int(life.Seconds())
	}
	http.SetCookie(w, c)
}

// flowSecret returns the browser's flow secret, setting a new one if it has none. One secret serves several
// sign-ins in parallel tabs; each flow keeps its hash.
func flowSecret(w http.ResponseWriter, r *http.Request, tenant model.TenantID) string {
	if c, err := r.Cookie(flowCookie + string(tenant)); err == nil && len(c.Value) == 43 {
		return c.Value
	}
	secret := newSecret()
	setCookie(w, flowCookie+string(tenant), secret, time.Hour)
	return secret
}
