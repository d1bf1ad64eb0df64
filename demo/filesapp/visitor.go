package filesapp

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
)

// Cookies. The session is known to the App host alone; the CDN cookie is on the parent name, as many
// applications have it, so that the CDN knows who asks for bytes; the form token can be read by scripts,
// which send it back in a header.
const (
	sessionCookie = "__Host-files_session"
	stateCookie   = "__Host-files_signin_" // and the beginning of the state: several tabs may sign in at once
	formCookie    = "files_form"
	cdnCookie     = "files_cdn"
)

const (
	formField  = "form_token"
	formHeader = "X-Form-Token"

	tokenLifetime = 5 * time.Minute
)

// visitor is a person who is signed in in one browser.
type visitor struct {
	sub, name, email string
	groups           []string
	sid              string // the provider's session id, for back-channel logout
	idToken          string // hint for the provider's sign-out
	formToken        string
	cdnKey           string
	over             context.Context // done when the session ends; open connections hang on it
	end              context.CancelFunc
}

func (v *visitor) inGroup(g string) bool { return slices.Contains(v.groups, g) }

// admit starts a session and sets its cookies.
func (a *App) admit(w http.ResponseWriter, r *http.Request, v *visitor) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		a.visitors.Drop(c.Value) // whoever was here before is not any more
	}
	v.over, v.end = context.WithCancel(context.Background())
	v.formToken = shelf.RandomID()
	v.cdnKey = a.cdnKeys.Put(v)
	setCookie(w, &http.Cookie{Name: sessionCookie, Value: a.visitors.Put(v), HttpOnly: true})
	setCookie(w, &http.Cookie{Name: formCookie, Value: v.formToken})
	setCookie(w, &http.Cookie{Name: cdnCookie, Value: v.cdnKey, HttpOnly: true, Domain: a.cfg.Hosts.parent()})
}

// forget is called when a session leaves the shelf: sign-out, age, or the provider's word.
func (a *App) forget(v *visitor) {
	v.end()
	a.cdnKeys.Drop(v.cdnKey)
	a.tokens.DropWhere(func(t *visitor) bool { return t == v })
}

// visitorOf returns who sends the request to the App host.
func (a *App) visitorOf(r *http.Request) (*visitor, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, false
	}
	return a.visitors.Get(c.Value)
}

// bearerOf returns who sends the request to the API host.
func (a *App) bearerOf(r *http.Request) (*visitor, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	return a.tokens.Get(strings.TrimSpace(token))
}

// cdnVisitorOf returns who sends the request to the CDN host.
func (a *App) cdnVisitorOf(r *http.Request) (*visitor, bool) {
	for _, c := range r.CookiesNamed(cdnCookie) { // a sibling may have set another one of the same name
		if v, ok := a.cdnKeys.Get(c.Value); ok {
			return v, true
		}
	}
	return nil, false
}

// ownForm reports whether a changing request comes from the application's own pages: the form token in field
// or header, and an Origin that is ours when there is one.
func (a *App) ownForm(r *http.Request, v *visitor) bool {
	if o := r.Header.Get("Origin"); o != "" && o != origin(a.cfg.Hosts.App) {
		return false
	}
	token := r.Header.Get(formHeader)
	if token == "" {
		token = r.PostFormValue(formField)
	}
	return subtle.ConstantTimeCompare([]byte(token), []byte(v.formToken)) == 1
}

func setCookie(w http.ResponseWriter, c *http.Cookie) {
	c.Path, c.Secure = "/", true
	if c.SameSite == 0 {
		c.SameSite = http.SameSiteLaxMode
	}
	http.SetCookie(w, c)
}

func (a *App) clearCookies(w http.ResponseWriter) {
	for _, name := range []string{sessionCookie, formCookie} {
		setCookie(w, &http.Cookie{Name: name, MaxAge: -1})
	}
	setCookie(w, &http.Cookie{Name: cdnCookie, MaxAge: -1, Domain: a.cfg.Hosts.parent()})
}
