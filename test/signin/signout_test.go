package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func (r *rig) session(id model.SessionID) session.Session {
	r.t.Helper()
	s, err := r.db.Session(r.t.Context(), "contoso", id)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) lastSession() model.SessionID {
	all := r.rec.of(model.ActivityLogin)
	return all[len(all)-1].Session
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	mapped := r.mapped("contoso", appHost)
	b.open(mapped+"/").has(t, 200, "hello director")
	id := r.lastSession()
	p := b.open(r.at("contoso", "/signout"))
	p.has(t, 200, "Sign out?", "director", `method="post"`)
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("a GET signs out")
	}
	b.send("POST", r.at("contoso", "/signout"), url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", mapped).has(t, 403)
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("another site signs out")
	}
	p = b.send("POST", r.at("contoso", "/signout"), url.Values{}, "Sec-Fetch-Site", "same-origin")
	p = b.follow(p, 3)
	p.has(t, 200, "You are signed out")
	if s := r.session(id); s.Revoked.IsZero() {
		t.Fatal("the session lives")
	}
	b.signedOut(t)
	if p := b.send("GET", mapped+"/docs/1", nil); p.status != http.StatusSeeOther || !strings.Contains(p.header.Get("Location"), "/handover") {
		t.Errorf("the gateway still lets in: %d", p.status)
	}
	if rec := r.rec.of(model.ActivityLogout); len(rec) != 1 || rec[0].Session != id || rec[0].User.ID != "main:director" {
		t.Errorf("recorded %+v", rec)
	}
}

// TestSignOutFailsClosed: nobody is told "signed out" while the session lives.
func TestSignOutFailsClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	r.mu.Lock()
	r.failures.store = true
	r.mu.Unlock()
	p := b.send("POST", r.at("contoso", "/signout"), url.Values{}, "Sec-Fetch-Site", "same-origin")
	p.has(t, 503)
	p.lacks(t, "signed out", "disk 7", "db-internal", "sqlite")
	for _, path := range []string{"/signout", "/handover?host=" + mustURL(r.mapped("contoso", appHost)).Host + "&nonce=" + strings.Repeat("A", 43), "/override?ref=AAAAAAAA", "/device?ret=/contoso/x"} {
		p := b.send("GET", r.at("contoso", path), nil)
		p.has(t, 503, "not available right now")
		p.lacks(t, "disk 7", "db-internal", "sqlite", "signin.")
	}
	if !strings.Contains(r.log.String(), "db-internal") {
		t.Error("the log does not say why either")
	}
}

// TestUnrecordedSignIn: a sign-in that can't be recorded does not happen.
func TestUnrecordedSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	r.rec.failing(true)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 503)
	p.lacks(t, "nats-internal", "bus.")
	b.signedOut(t)
	// Nor does an app's.
	r.rec.failing(false)
	answer := b.until(r.direct(appHost)+"/", "/login?id=")
	again := b.until(answer, "/callback/main")
	next := b.send("GET", again, nil).next(b)
	r.rec.failing(true)
	b.send("GET", next, nil).has(t, 503)
}

// TestAppSignsOut is RP-initiated logout.
func TestAppSignsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	mapped := r.mapped("contoso", appHost)
	b.open(mapped+"/").has(t, 200, "hello director")
	id := r.lastSession()
	p := b.open(mapped + "/out")
	p.has(t, 200, "You are signed out", `href="`+mapped+`/signed-out?state=s1"`, "Open Contoso files again")
	if s := r.session(id); s.Revoked.IsZero() {
		t.Error("the session lives")
	}
}

// TestLogoutByLink: a link signs nobody out without an ID token, whatever it names, and leads nowhere else.
func TestLogoutByLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	id := r.lastSession()
	end := r.at("contoso", "/oauth/v2/end_session")
	b.open(end).has(t, 200, "Sign out?")
	b.open(end+"?client_id=files&post_logout_redirect_uri="+url.QueryEscape(r.direct(appHost)+"/signed-out")).has(t, 200, "Sign out?")
	b.open(end+"?logout_hint=director").has(t, 200, "Sign out?")
	for _, bad := range []string{"https://evil.example/", r.direct(appHost) + "/other", r.mapped("contoso", appHost) + "/evil", "javascript:alert(1)"} {
		p := b.open(end + "?client_id=files&post_logout_redirect_uri=" + url.QueryEscape(bad))
		if p.status < 400 || strings.Contains(p.text, "evil.example") {
			t.Errorf("%s: %d\n%s", bad, p.status, p.text)
		}
		b.open(r.at("contoso", "/signout?done&client=files&to="+url.QueryEscape(bad))).lacks(t, "evil", "javascript", "/other", "href")
	}
	for _, hint := range []string{"x", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30."} {
		if p := b.open(end + "?id_token_hint=" + hint); p.status < 400 {
			t.Errorf("hint %q: %d", hint, p.status)
		}
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("signed out by a link")
	}
	// An ID token of another tenant ends nothing here.
	_, doc := r.redeem(url.Values{"code": {r.code(b, nil)}})
	raw := doc["id_token"].(string)
	if p := b.open(r.at("fabrikam", "/oauth/v2/end_session?id_token_hint="+raw)); p.status < 400 {
		t.Errorf("contoso's token at fabrikam: %d", p.status)
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("signed out through another tenant")
	}
	r.clock.Advance(3 * time.Hour) // an ID token that has expired still says whose session it is
	b.open(end+"?id_token_hint="+raw).has(t, 200, "You are signed out")
	if s := r.session(id); s.Revoked.IsZero() {
		t.Error("not signed out with an ID token")
	}
}

// TestThrottle: one address can't fill the store, and says so in a page; another address is not hindered, and it
// passes.
func TestThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	var p *page
	b := r.browser(nil)
	b.jar = nil
	b.client.Jar = nil
	n := 0
	for n = range 60 {
		if p = b.send("GET", r.at("contoso", "/callback/main?code=x&state="+strings.Repeat("A", 43)), nil); p.status == http.StatusTooManyRequests {
			break
		}
	}
	if n < 20 || n > 40 || p.header.Get("Retry-After") == "" || !strings.Contains(p.text, "Too many sign-ins were started from your network.") {
		t.Fatalf("after %d failures: %d %q", n, p.status, p.text)
	}
	if got := len(r.rec.of(model.ActivityFailedLogin)); got > 40 {
		t.Errorf("%d failures recorded", got)
	}
	// Another tenant, and the same a little later.
	b.send("GET", r.at("fabrikam", "/callback/main?code=x&state="+strings.Repeat("A", 43)), nil).has(t, 403)
	r.clock.Advance(time.Minute)
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello")
}

// TestIdle: a session ends when nobody uses it, and signing in to an app is use.
func TestIdle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	for range 3 {
		r.clock.Advance(40 * time.Minute)
		if p := b.open(r.request(nil)); p.went(idpHost) {
			t.Fatal("a session in use ended")
		}
	}
	r.clock.Advance(61 * time.Minute)
	if p := b.open(r.request(nil)); !p.went(idpHost) {
		t.Error("an idle session lives")
	}
	r.clock.Advance(30 * time.Minute)
	for range 24 {
		r.clock.Advance(30 * time.Minute)
		b.open(r.request(nil))
	}
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) < 3 {
		t.Errorf("%d sign-ins: the absolute end is not kept", len(logins))
	}
}

// TestNoSecretsInTheLog looks for what browsers and apps hold.
func TestNoSecretsInTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.managed()
	b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello")
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	b.open(r.at("contoso", "/login?id=x")).has(t, 403)
	text := r.log.String()
	for _, c := range b.jar.Cookies(mustURL(r.at("contoso", "/"))) {
		if _, secret, ok := strings.Cut(c.Value, "."); ok && strings.Contains(text, secret) {
			t.Errorf("cookie %s is in the log", c.Name)
		}
	}
	if strings.Contains(text, clientSecret) || strings.Contains(text, "?code=") || strings.Contains(text, "&code=") {
		t.Error("a client secret or code is in the log")
	}
}
