package provider

import "net/http"

// Both cookies belong to the provider's host alone and end with the browser. SameSite is Lax: a sign-in
// always arrives by a top-level navigation from another site.
const (
	sessionCookieName = "__Host-provider_session"
	flowCookieName    = "__Host-provider_flow"
)

func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func clearCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

func flowCookie(r *http.Request) string {
	c, err := r.Cookie(flowCookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// currentSession returns the browser's session, if it has a live one.
func (p *Provider) currentSession(r *http.Request) (session, bool) {
	c, err := r.Cookie(sessionCookieName)
	if err != nil {
		return session{}, false
	}
	return p.sessions.Get(c.Value)
}
