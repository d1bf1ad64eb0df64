package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/signin/bound"
)

// askedAnew fails unless the session's own signature under a challenge that is over is asked for again, and the answer to
// that renews the cookie.
func (k *keyed) askedAnew(t *testing.T, name, answer string) {
	t.Helper()
	p := k.refreshWith(answer)
	challenge, _, _ := strings.Cut(strings.TrimPrefix(p.header.Get(bound.HeaderChallenge), `"`), `"`)
	if p.status != http.StatusForbidden || challenge == "" || len(p.header["Set-Cookie"]) > 0 {
		t.Errorf("%s: %d %v", name, p.status, p.header)
		return
	}
	if p := k.refreshWith(signedChallenge(t, k.key, challenge, false)); p.status != http.StatusOK {
		t.Errorf("%s, signed anew: %d %s", name, p.status, p.text)
	}
}

// challengeOf is the challenge that a token answers.
func challengeOf(t *testing.T, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims struct{ JTI string }
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims.JTI
}

// TestBoundAnswerLost: a browser that never hears that its session was bound, or hears that it was not, has dropped its key
// and goes on as one that has none.
func TestBoundAnswerLost(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lost", "failed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{change: withBound})
			b, key := r.browser(nil), newBrowserKey(t)
			answer, path, challenge := r.offered(b)
			other := b.unkeyed() // whose cookies don't get what follows
			r.failures.deaf.Store(name == "failed")
			p := other.bindAt(path, bound.HeaderResponse, signedChallenge(t, key, challenge, true))
			if want := map[string]int{"lost": 200, "failed": 503}[name]; p.status != want {
				t.Fatalf("%d %s", p.status, p.text)
			}
			r.failures.deaf.Store(false)
			b.follow(answer, 30).has(t, 200, "hello director")
			if s := r.session(r.lastSession()); s.Bound == nil || !s.Bound.Shown.IsZero() {
				t.Fatalf("%+v", s.Bound)
			}
			r.clock.Advance(10 * time.Minute)
			if !b.live() {
				t.Error("the session is dead to its own browser")
			}
			// Nobody else may bind it then.
			if p := b.bindAt(path, bound.HeaderResponse, signedChallenge(t, newBrowserKey(t), challenge, true)); p.status != http.StatusBadRequest {
				t.Errorf("bound twice: %d", p.status)
			}
		})
	}
}

// TestBoundByRenewal: a browser that renews has taken the binding, wherever its cookie was shown before.
func TestBoundByRenewal(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := &keyed{browser: r.browser(nil), key: newBrowserKey(t)}
	answer, path, challenge := r.offered(k.browser)
	copied := k.unkeyed()
	p := k.unkeyed().bindAt(path, bound.HeaderResponse, signedChallenge(t, k.key, challenge, true))
	var doc struct {
		ID string `json:"session_identifier"`
	}
	if err := json.Unmarshal([]byte(p.text), &doc); err != nil {
		t.Fatal(err)
	}
	k.id = doc.ID
	k.follow(answer, 30).has(t, 200, "hello director")
	r.clock.Advance(6 * time.Minute)
	if p := k.refreshWith(signedChallenge(t, k.key, k.challenged(), false)); p.status != http.StatusOK {
		t.Fatalf("%d %s", p.status, p.text)
	}
	r.clock.Advance(31 * time.Second)
	if !k.live() || copied.live() {
		t.Error("the binding is not in force")
	}
}

// TestKeylessCookieKeepsNothingAlive: asking with a copy of the session's cookie is no use of the session.
func TestKeylessCookieKeepsNothingAlive(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: withBound})
	k := r.bindNew()
	id := r.lastSession()
	r.clock.Advance(6 * time.Minute)
	before := r.session(id).LastSeen
	thief := k.unkeyed()
	thief.live()
	thief.send("GET", r.at("contoso", "/security-info"), nil)
	if after := r.session(id).LastSeen; !after.Equal(before) {
		t.Errorf("last seen %v, then %v", before, after)
	}
	if p := k.refreshWith(signedChallenge(t, k.key, k.challenged(), false)); p.status != http.StatusOK {
		t.Fatalf("%d", p.status)
	}
	k.open(r.at("contoso", "/security-info"))
	if after := r.session(id).LastSeen; !after.After(before) {
		t.Error("its own browser's use does not count")
	}
}
