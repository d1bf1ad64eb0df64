package signin_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// app is an honest web app that trusts the broker as its OpenID provider: go-oidc, state bound to the browser by a
// cookie, nonce and PKCE. It knows its own host alone, and nothing of a gateway.
type app struct {
	uploads []upload
	r       *rig
	id      string
	origin  string
	secret  string
	client  *http.Client

	mu       sync.Mutex
	issuer   string
	pending  map[string]pending
	visitors map[string]visitor
	script   bool       // goes to sign-in by a script of its page, with no Referer
	deep     bool       // puts the wanted page into state
	extra    url.Values // of the next authorization request
	got      url.Values // the last callback's query or form
	token    *oauth2.Token
	scopes   []string // beside those it always asks for
	logouts  []string // logout tokens that it was sent
	deaf     bool     // answers logout tokens with an error
	refused  error    // why the last callback was refused
}

type pending struct{ nonce, verifier, page string }

type visitor struct{ user, raw string }

func newApp(r *rig, id, host string, public bool) *app {
	transport := r.transport(nil)
	r.t.Cleanup(transport.CloseIdleConnections)
	a := &app{
		r: r, id: id, origin: r.direct(host), secret: clientSecret, client: &http.Client{Transport: transport}, issuer: r.at("contoso", ""),
		pending: map[string]pending{}, visitors: map[string]visitor{},
	}
	if public {
		a.secret = ""
	}
	return a
}

func (a *app) config() (*oidc.Provider, oauth2.Config, context.Context, error) {
	ctx := oidc.ClientContext(context.Background(), a.client)
	p, err := oidc.NewProvider(ctx, a.issuer)
	if err != nil {
		return nil, oauth2.Config{}, ctx, err
	}
	return p, oauth2.Config{
		ClientID: a.id, ClientSecret: a.secret, Endpoint: p.Endpoint(), RedirectURL: a.origin + "/callback",
		Scopes: append([]string{"openid", "profile", "email", "groups"}, a.scopes...),
	}, ctx, nil
}

// fileBytes is what the app's files hold.
const fileBytes = "%PDF-1.7 the quarter's numbers"

// upload is a request that the app took.
type upload struct {
	method, target, origin, token string
	body                          []byte
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Referrer-Policy", "no-referrer")
	switch r.URL.Path {
	case "/callback":
		a.callback(w, r)
	case "/backchannel":
		if a.deaf {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		a.logouts = append(a.logouts, r.FormValue("logout_token"))
	case "/signed-out":
		fmt.Fprintln(w, "bye")
	case "/out":
		v := a.visitors[cookie(r, "app")]
		q := url.Values{"id_token_hint": {v.raw}, "post_logout_redirect_uri": {a.origin + "/signed-out"}, "state": {"s1"}}
		http.Redirect(w, r, a.issuer+"/oauth/v2/end_session?"+q.Encode(), http.StatusSeeOther)
	case "/plan.zip":
		if _, ok := a.visitors[cookie(r, "app")]; !ok {
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", `attachment; filename="plan.zip"`)
		_, _ = w.Write(planZip)
	case "/upload":
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			return
		}
		a.uploads = append(a.uploads, upload{r.Method, r.URL.RequestURI(), r.Header.Get("Origin"), r.Header.Get("X-Token"), body})
		fmt.Fprintf(w, "took %d bytes", len(body))
	case "/file/report.pdf", "/file/other.pdf":
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", "attachment")
		io.WriteString(w, fileBytes)
	default:
		if v, ok := a.visitors[cookie(r, "app")]; ok {
			if r.URL.Path == "/start" {
				w.Header().Set("Content-Type", "text/html")
			}
			fmt.Fprintf(w, "hello %s at %s%s", v.user, r.Host, r.URL.RequestURI())
			return
		}
		a.begin(w, r)
	}
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (a *app) begin(w http.ResponseWriter, r *http.Request) {
	_, c, _, err := a.config()
	if err != nil {
		http.Error(w, "discovery: "+err.Error(), http.StatusBadGateway)
		return
	}
	state := rand.Text()
	if a.deep {
		state = url.QueryEscape(r.URL.RequestURI())
	}
	p := pending{nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), page: r.URL.RequestURI()}
	a.pending[state] = p
	http.SetCookie(w, &http.Cookie{Name: "state", Value: state, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	opts := []oauth2.AuthCodeOption{oidc.Nonce(p.nonce), oauth2.S256ChallengeOption(p.verifier)}
	for k, v := range a.extra {
		opts = append(opts, oauth2.SetAuthURLParam(k, v[0]))
	}
	to := c.AuthCodeURL(state, opts...)
	if a.script {
		fmt.Fprintf(w, "<script>location = %q</script>", to)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	a.got = r.Form
	refuse := func(err error) {
		a.refused = err
		http.Error(w, "app refuses: "+err.Error(), http.StatusForbidden)
	}
	state := r.Form.Get("state")
	p, ok := a.pending[state]
	if !ok || cookie(r, "state") != state {
		refuse(fmt.Errorf("state %q is not this browser's", state))
		return
	}
	delete(a.pending, state)
	if e := r.Form.Get("error"); e != "" {
		refuse(fmt.Errorf("provider says %s", e))
		return
	}
	if r.Form.Get("iss") != a.issuer {
		refuse(fmt.Errorf("answer of %q", r.Form.Get("iss")))
		return
	}
	provider, c, ctx, err := a.config()
	if err != nil {
		refuse(err)
		return
	}
	token, err := c.Exchange(ctx, r.Form.Get("code"), oauth2.VerifierOption(p.verifier))
	if err != nil {
		refuse(err)
		return
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: a.id}).Verify(ctx, raw)
	if err != nil || id.Nonce != p.nonce {
		refuse(fmt.Errorf("ID token: %w", err))
		return
	}
	var claims struct {
		Email  string   `json:"email"`
		Groups []string `json:"groups"`
	}
	if err := id.Claims(&claims); err != nil {
		refuse(err)
		return
	}
	a.token, a.refused = token, nil
	key := rand.Text()
	a.visitors[key] = visitor{claims.Email + " of " + strings.Join(claims.Groups, ","), raw}
	http.SetCookie(w, &http.Cookie{Name: "app", Value: key, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, p.page, http.StatusSeeOther)
}

// set changes the app under its lock.
func (a *app) set(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}
