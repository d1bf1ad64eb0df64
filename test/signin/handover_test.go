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

// TestHandoverOfAnother lures a person to a hand-over that somebody else began, and somebody else's code to a
// person.
func TestHandoverOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	victim, attacker := r.browser(nil), r.browser(nil)
	mapped := r.mapped("contoso", appHost)
	victim.open(mapped+"/").has(t, 200, "hello director")
	r.idp.set(func() { r.idp.user = "attacker" })

	// The attacker's nonce, the victim's sign-in: a code for the victim's session, which the victim's browser brings
	// to a host that knows another nonce there, or none. It is refused there, and burnt: whoever reads the address
	// afterwards has nothing.
	lure := attacker.until(mapped+"/", "/handover")
	enter := victim.until(lure, "/.referee/enter")
	stranger := r.browser(nil)
	if p := stranger.send("GET", enter, nil); p.status != 403 {
		t.Errorf("a code works in a browser without its nonce: %d", p.status)
	}
	if p := attacker.send("GET", enter, nil); p.status != 403 {
		t.Errorf("a code that was seen works for the attacker: %d", p.status)
	}

	// The attacker's own code in a browser that has no session: no session fixation.
	fresh := r.browser(nil)
	fresh.send("GET", mapped+"/", nil) // it has a nonce of its own
	own := attacker.until(mapped+"/", "/.referee/enter")
	if p := fresh.open(own); p.status != 403 {
		t.Errorf("a planted code signs a browser in: %d %v", p.status, p.hops)
	}
	if p := fresh.send("GET", mapped+"/", nil); p.status != http.StatusSeeOther {
		t.Errorf("the browser has a session: %d", p.status)
	}
}

func TestHandoverRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	mapped := r.mapped("contoso", appHost)
	good := b.until(mapped+"/", "/handover")
	for name, to := range map[string]string{
		"a host of nobody":        with(good, "host", "evil.example"),
		"a real host":             with(good, "host", appHost+r.port),
		"another tenant's host":   with(good, "host", mustURL(r.mapped("fabrikam", appHost)).Host),
		"a label of nobody":       with(good, "host", "evil.contoso."+suffix+r.port),
		"the apex":                with(good, "host", suffix+r.port),
		"no host":                 with(good, "host", ""),
		"host with a path":        with(good, "host", mustURL(mapped).Host+"/x"),
		"host with a user":        with(good, "host", "x@"+mustURL(mapped).Host),
		"no nonce":                with(good, "nonce", ""),
		"a short nonce":           with(good, "nonce", "abc"),
		"a nonce that is no hash": with(good, "nonce", strings.Repeat("*", 43)),
	} {
		if p := b.open(to); p.status != http.StatusNotFound || p.went(idpHost) {
			t.Errorf("%s: %d %v", name, p.status, p.hops)
		}
	}
	// Capitals are the same host.
	upper := strings.ToUpper(mustURL(mapped).Host)
	b.follow(b.send("GET", with(good, "host", upper), nil), 20).has(t, 200, "hello director")
}

// TestPolicyAtHandover: who is blocked gets no code, and the page says why.
func TestPolicyAtHandover(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: block})
	p := r.browser(nil).open(r.mapped("contoso", appHost) + "/")
	p.has(t, 403, "You can't open Contoso files", "helpdesk@contoso.example", "Reference code")
	if p.went("/.referee/enter") {
		t.Error("a code was given")
	}
	// No rule book is not the same as no rules.
	r.mu.Lock()
	delete(r.books, "contoso")
	r.mu.Unlock()
	p = r.browser(nil).open(r.direct(appHost) + "/")
	p.has(t, 503, "not available right now")
	p.lacks(t, "policies are not loaded", "access.Evaluate")
}

// TestVia: a gateway's word counts for the session it was given in alone, and only a gateway can give it.
func TestVia(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	one, two := r.browser(nil), r.browser(nil)
	mapped := r.mapped("contoso", appHost)
	one.open(mapped+"/").has(t, 200, "hello director")
	r.idp.set(func() { r.idp.user = "contractor" })
	two.until(mapped+"/", "/.referee/enter") // signed in at the broker, with an app session that was never entered
	sid := r.rec.of(model.ActivityLogin)[0].Session
	apps, err := r.db.AppSessions(t.Context(), "contoso", sid)
	if err != nil || len(apps) != 1 {
		t.Fatal(apps, err)
	}
	sign := func(tenant model.TenantID, purpose, payload string, life time.Duration) string {
		token, err := r.vault.Sign(tenant, purpose, []byte(payload), r.now().Add(life))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ends := func(b *browser, via string) string {
		p := b.send("GET", r.request(url.Values{"via": {via}}), nil)
		p = b.send("GET", p.next(b), nil)
		return p.header.Get("Location")
	}
	genuine := sign("contoso", "via", apps[0].ID, time.Minute)
	if to := ends(one, genuine); !strings.HasPrefix(to, mapped+"/callback?") || !strings.Contains(to, "code=") {
		t.Errorf("own word: %s", to)
	}
	for name, via := range map[string]string{
		"none": "", "another person's": genuine, "junk": "x", "late": sign("contoso", "via", apps[0].ID, -time.Second),
		"for something else": sign("contoso", "device-proof", apps[0].ID, time.Minute), "another tenant's": sign("fabrikam", "via", apps[0].ID, time.Minute),
		"unknown session": sign("contoso", "via", "x", time.Minute),
	} {
		two.jar.SetCookies(mustURL(r.at("contoso", "/")), []*http.Cookie{{Name: "__Host-referee-restart-contoso", Path: "/", Secure: true, MaxAge: -1}})
		if to := ends(two, via); strings.Contains(to, "code=") || !strings.HasPrefix(to, mapped+"/") {
			t.Errorf("%s: %s, want a restart at the mapped host", name, to)
		}
	}
}

// TestNoCircle: an app that never says where it comes from is not sent round for ever.
func TestNoCircle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello")
	first := b.until(r.request(nil), r.mapped("contoso", appHost))
	if strings.Contains(first, "code=") {
		t.Fatalf("no restart: %s", first)
	}
	if second := b.until(r.request(nil), r.mapped("contoso", appHost)); !strings.Contains(second, "/callback?") || !strings.Contains(second, "code=") {
		t.Errorf("the second request is started again: %s", second)
	}
	if third := b.until(r.request(nil), r.mapped("contoso", appHost)); strings.Contains(third, "code=") {
		t.Errorf("the third is not: %s", third)
	}
}

// TestRestartStaysInTheApp: no deep link leads to another host, another app or Referee's own addresses.
func TestRestartStaysInTheApp(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello")
	mapped := r.mapped("contoso", appHost)
	for name, c := range map[string]struct{ key, link, want string }{
		"path":                   {"state", "/docs/1?a=b", mapped + "/docs/1?a=b"},
		"own address":            {"state", r.direct(appHost) + "/docs/1", mapped + "/docs/1"},
		"own mapped address":     {"target_link_uri", mapped + "/docs/1", mapped + "/docs/1"},
		"another site":           {"state", "https://evil.example/", mapped + "/"},
		"another site by target": {"target_link_uri", "https://evil.example/", mapped + "/"},
		"another app":            {"state", r.direct(otherHost) + "/x", mapped + "/"},
		"another app, mapped":    {"target_link_uri", r.mapped("contoso", otherHost) + "/x", mapped + "/"},
		"another tenant, mapped": {"target_link_uri", r.mapped("fabrikam", appHost) + "/x", mapped + "/"},
		"scheme-relative":        {"state", "//evil.example/x", mapped + "/"},
		"backslash":              {"state", `/\evil.example`, mapped + "/"},
		"script":                 {"state", "javascript:alert(1)", mapped + "/"},
		"user":                   {"state", "https://x@" + appHost + r.port + "/", mapped + "/"},
		"hand-over":              {"state", "/.referee/enter?code=x", mapped + "/"},
		"hand-over by dots":      {"state", "/x/../.referee/enter?code=x", mapped + "/"},
		"hand-over, encoded":     {"target_link_uri", "/%2ereferee/enter?code=x", mapped + "/"},
		"hand-over at own host":  {"state", r.direct(appHost) + "/.referee/notice", mapped + "/"},
		"the callback":           {"state", "/callback?code=planted&state=x", mapped + "/"},
		"JSON":                   {"state", `{"returnTo":"/docs/2"}`, mapped + "/docs/2"},
	} {
		t.Run(name, func(t *testing.T) {
			b.jar.SetCookies(mustURL(r.at("contoso", "/")), []*http.Cookie{{Name: "__Host-referee-restart-contoso", Path: "/", Secure: true, MaxAge: -1}})
			p := b.send("GET", r.request(url.Values{c.key: {c.link}}), nil)
			p = b.send("GET", p.next(b), nil)
			if got := p.header.Get("Location"); got != c.want {
				t.Errorf("restarted at %s, want %s", got, c.want)
			}
		})
	}
}

// TestTenantsApart uses what one tenant gave at another.
func TestTenantsApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	id := mustURL(b.until(r.request(nil), "/login?id=")).Query().Get("id")
	// The session's cookie under the other tenant's name.
	at := mustURL(r.at("contoso", "/"))
	var value string
	for _, c := range b.jar.Cookies(at) {
		if c.Name == "__Host-referee-session-contoso" {
			value = c.Value
		}
	}
	if value == "" {
		t.Fatal("no session cookie")
	}
	b.jar.SetCookies(at, []*http.Cookie{{Name: "__Host-referee-session-fabrikam", Value: value, Path: "/", Secure: true}})
	host := mustURL(r.mapped("fabrikam", appHost)).Host
	p := b.send("GET", r.at("fabrikam", "/handover?host="+host+"&nonce="+strings.Repeat("A", 43)), nil)
	if !strings.HasPrefix(p.header.Get("Location"), r.idp.issuer) {
		t.Errorf("contoso's session counts at fabrikam: %d %s", p.status, p.header.Get("Location"))
	}
	b.send("GET", r.at("fabrikam", "/login?id="+id), nil).has(t, 403, "took too long or was already used")
	answer := b.until(r.at("fabrikam", "/handover?host="+host+"&nonce="+strings.Repeat("A", 43)), "/callback/main")
	b.open(strings.Replace(answer, "/fabrikam/", "/contoso/", 1)).has(t, 403, "was already used")
	// A stranger's cookie of the right name: known id, wrong secret.
	sid, _, _ := strings.Cut(value, ".")
	thief := r.browser(nil)
	thief.jar.SetCookies(at, []*http.Cookie{{Name: "__Host-referee-session-contoso", Value: sid + "." + session.NewSecret().Reveal(), Path: "/", Secure: true}})
	if p := thief.send("GET", thief.send("GET", r.request(nil), nil).next(thief), nil); !strings.HasPrefix(p.header.Get("Location"), r.idp.issuer) {
		t.Errorf("a session id alone is a session: %d %s", p.status, p.header.Get("Location"))
	}
}
