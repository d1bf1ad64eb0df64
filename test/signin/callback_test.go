package signin_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/model"
)

// signedOut fails if the browser got a broker session.
func (b *browser) signedOut(t testing.TB) {
	t.Helper()
	for _, c := range b.jar.Cookies(mustURL(b.r.at("contoso", "/"))) {
		if strings.Contains(c.Name, "session") {
			t.Errorf("the browser has a session: %s", c.Name)
		}
	}
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

func with(address, key, value string) string {
	u := mustURL(address)
	q := u.Query()
	q.Set(key, value)
	if value == "" {
		q.Del(key)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// TestLoginCSRF lures a person to the end of a sign-in that somebody else began.
func TestLoginCSRF(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	attacker, victim := r.browser(nil), r.browser(nil)
	answer := attacker.until(r.direct(appHost)+"/", "/callback/main")
	p := victim.open(answer)
	p.has(t, 403, "This sign-in was started in another browser.")
	victim.signedOut(t)
	attacker.open(answer).has(t, 403, "was already used") // burnt
	attacker.signedOut(t)
	// A browser with a sign-in of its own under way is no better off.
	victim.until(r.direct(appHost)+"/", "/callback/main")
	victim.open(attacker.until(r.direct(appHost)+"/", "/callback/main")).has(t, 403, "another browser")
	victim.signedOut(t)
	if got := r.rec.of(model.ActivityFailedLogin); len(got) != 3 {
		t.Errorf("%d failures recorded, want 3", len(got))
	}
}

func TestAnswerTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	answer := b.until(r.direct(appHost)+"/", "/callback/main")
	b.open(answer).has(t, 200, "hello director")
	b.open(answer).has(t, 403, "was already used")
	b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
}

func TestAnswerLate(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	answer := b.until(r.direct(appHost)+"/", "/callback/main")
	r.clock.Advance(16 * time.Minute)
	b.open(answer).has(t, 403, "took too long")
	b.signedOut(t)
}

// TestForgedAnswers gives the broker answers that must not sign anybody in. The page says one sentence; log and
// record say which check failed.
func TestForgedAnswers(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(key string, value any) func(*idp) {
		return func(p *idp) { p.claims = func(c map[string]any) { c[key] = value } }
	}
	without := func(key string) func(*idp) {
		return func(p *idp) { p.claims = func(c map[string]any) { delete(c, key) } }
	}
	answer := func(key, value string) func(*idp) {
		return func(p *idp) { p.answer = func(v url.Values) { v.Set(key, value) } }
	}
	segment := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	r := newRig(t, setting{}) // one after the other: the provider tells one lie at a time
	for name, c := range map[string]struct {
		lie  func(*idp)
		want string // in the record's reason
	}{
		"nonce of another sign-in": {claim("nonce", "n"), "nonce"},
		"no nonce":                 {without("nonce"), "nonce"},
		"another audience":         {claim("aud", "other-client"), "audience"},
		"several audiences":        {claim("aud", []string{"referee-contoso", "other"}), "azp"},
		"another azp":              {claim("azp", "other"), "azp"},
		"another issuer":           {claim("iss", "https://evil.example"), "issued by a different provider"},
		"no subject":               {claim("sub", ""), "no subject"},
		"expired":                  {claim("exp", 1000), "expired"},
		"another key": {func(p *idp) {
			p.sign = func(c map[string]any) string { return signed(t, other, jose.RS256, "k1", c) }
		}, "signature"},
		"no signature": {func(p *idp) {
			p.sign = func(c map[string]any) string {
				return segment(map[string]string{"alg": "none"}) + "." + segment(c) + "."
			}
		}, "none"},
		"public key as secret": {func(p *idp) {
			p.sign = func(c map[string]any) string {
				return signed(t, idpKey().N.Bytes(), jose.HS256, "k1", c)
			}
		}, "HS256"},
		"answer names another issuer": {answer("iss", "https://evil.example"), "RFC 9207"},
		"answer names no issuer":      {func(p *idp) { p.answer = func(v url.Values) { v.Del("iss") } }, "RFC 9207"},
		"answer without code":         {func(p *idp) { p.answer = func(v url.Values) { v.Del("code") } }, "invalid_grant"},
		"code of another sign-in":     {answer("code", "stolen"), "invalid_grant"},
		"refused": {func(p *idp) {
			p.answer = func(v url.Values) { v.Set("error", "access_denied"); v.Set("error_description", "<b>shard 9</b>") }
		}, "access_denied"},
		"no ID token": {func(p *idp) {
			p.token = func(w http.ResponseWriter) bool { writeJSON(w, map[string]any{"access_token": "x"}); return true }
		}, "no ID token"},
	} {
		t.Run(name, func(t *testing.T) {
			r.idp.set(func() { r.idp.claims, r.idp.sign, r.idp.answer, r.idp.token = nil, nil, nil, nil; c.lie(r.idp) })
			r.clock.Advance(time.Minute) // so many failures would be too many at once
			before := len(r.rec.of(model.ActivityFailedLogin))
			b := r.browser(nil)
			p := b.open(r.direct(appHost) + "/")
			if p.status != http.StatusForbidden || p.at.Host != brokerHost+r.port {
				t.Fatalf("%d at %s:\n%s", p.status, p.at, p.text)
			}
			p.lacks(t, "shard", "idp-db", "nonce", "azp", "RFC", "evil", "invalid_grant", "access_denied")
			b.signedOut(t)
			failed := r.rec.of(model.ActivityFailedLogin)
			if len(failed) != before+1 || !strings.Contains(failed[before].Reason, c.want) || failed[before].Outcome != model.OutcomeFailed {
				t.Errorf("recorded %+v, want a reason with %q", failed, c.want)
			}
		})
	}
}

// TestProviderDown: nobody signs in, and nobody is told where the provider is.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	r.idp.set(func() {
		r.idp.token = func(w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("upstream 10.1.2.3"))
			return true
		}
	})
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 503, "Sign-in is not available right now")
	p.lacks(t, "10.1.2.3", idpHost, "token")
	b.signedOut(t)
}

// TestTabs opens several tabs at once in a browser that is not signed in; each ends where it wanted to go.
func TestTabs(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	r.app.set(func() { r.app.deep = true })
	b := r.browser(nil)
	var answers []string
	for _, page := range []string{"/a", "/b", "/c"} {
		answers = append(answers, b.until(r.mapped("contoso", appHost)+page, "/callback/main"))
	}
	for i, page := range []string{"/a", "/b", "/c"} {
		p := b.open(answers[i])
		p.has(t, 200, "at "+appHost+r.port+page)
	}
	all, err := r.db.Sessions(t.Context(), "contoso", "", time.Time{})
	if err != nil || len(all) != 1 {
		t.Errorf("%d sessions (%v), want one for all tabs", len(all), err)
	}
	apps, err := r.db.AppSessions(t.Context(), "contoso", all[0].ID)
	if err != nil || len(apps) != 1 {
		t.Errorf("%d app sessions (%v), want one", len(apps), err)
	}
}

// TestManyTabs: flow cookies don't grow without bound.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	for range 20 {
		b.until(r.direct(appHost)+"/", "/callback/main")
	}
	last := b.until(r.direct(appHost)+"/", "/callback/main")
	n := 0
	for _, c := range b.jar.Cookies(mustURL(r.at("contoso", "/"))) {
		if strings.Contains(c.Name, "flow") {
			n++
		}
	}
	if n > 8 {
		t.Errorf("%d flow cookies", n)
	}
	b.open(last).has(t, 200, "hello")
}

// TestSomebodyElse signs a second person in in the same browser: the first one's session ends everywhere.
func TestSomebodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello director@")
	r.idp.set(func() { r.idp.user = "contractor" })
	// The app asks for a fresh sign-in; another person gives it.
	r.app.set(func() { r.app.extra = url.Values{"prompt": {"login"}}; clear(r.app.visitors) })
	b.open(r.mapped("contoso", appHost)+"/two").has(t, 200, "hello contractor@")
	first := r.rec.of(model.ActivityLogin)[0].Session
	s, err := r.db.Session(t.Context(), "contoso", first)
	if err != nil || s.Revoked.IsZero() {
		t.Errorf("the first person's session lives: %+v, %v", s, err)
	}
}

// TestAgainUnderControl asks for a fresh sign-in in a controlled session: one more trip to the provider, the
// same session, the same app session, no circle.
func TestAgainUnderControl(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	for _, extra := range []url.Values{{"prompt": {"login"}}, {"max_age": {"0"}}, {"max_age": {"60"}}} {
		t.Run(extra.Encode(), func(t *testing.T) {
			r.app.set(func() { r.app.deep, r.app.extra = true, nil; clear(r.app.visitors) })
			b := r.browser(nil)
			b.open(r.mapped("contoso", appHost)+"/").has(t, 200, "hello director@")
			r.clock.Advance(2 * time.Minute)
			before := r.rec.of(model.ActivityLogin)
			r.app.set(func() { r.app.extra = extra; clear(r.app.visitors) })
			p := b.open(r.mapped("contoso", appHost) + "/again")
			p.has(t, 200, "hello director@", "/again")
			after := r.rec.of(model.ActivityLogin)
			if len(after) != len(before)+1 || after[len(after)-1].Session != before[len(before)-1].Session {
				t.Errorf("sign-ins: %+v", after)
			}
			if q := r.idp.asked(); q.Get("prompt") != "login" || q.Get("max_age") != "0" {
				t.Errorf("the provider was asked %v", q)
			}
		})
	}
}

// TestLoginAsksAtOnce: prompt=login is not satisfied by a sign-in of a moment ago.
func TestLoginAsksAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	r.app.set(func() { r.app.extra = url.Values{"prompt": {"login"}}; clear(r.app.visitors) })
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "hello")
	if !p.went(idpHost) || len(r.rec.of(model.ActivityLogin)) != 2 {
		t.Errorf("nobody was asked:\n%s", strings.Join(p.hops, "\n"))
	}
}

// TestStaleAnswer: a provider that ignores max_age=0 signs nobody in again.
func TestStaleAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	old := r.now()
	r.clock.Advance(10 * time.Minute)
	r.idp.set(func() { r.idp.claims = func(c map[string]any) { c["auth_time"] = old.Unix() } })
	r.app.set(func() { r.app.extra = url.Values{"prompt": {"login"}}; clear(r.app.visitors) })
	b.open(r.direct(appHost)+"/").has(t, 403, "can&#39;t be used")
}
