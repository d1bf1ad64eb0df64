package signin_test

import (
	"crypto/rsa"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestLogoutFails: while our own parts fail the provider is not told that it's done, and its next try does it.
func TestLogoutFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	_, id := r.signIn("director", "p1")
	token := typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", r.logoutClaims("j"))
	r.fails(func(f *failing) { f.store = true })
	if status, text := r.tellLogout("contoso", token); status != http.StatusBadRequest || strings.Contains(text, "disk 7") || !strings.Contains(text, "temporarily_unavailable") {
		t.Errorf("%d %s", status, text)
	}
	r.fails(func(f *failing) { f.store = false })
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("ended")
	}
	if status, text := r.tellLogout("contoso", token); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if s := r.session(id); s.Revoked.IsZero() {
		t.Error("the session lives")
	}
}

// TestLogoutKeys: a key that appeared since is found, one that went is not believed after an hour, and forged key ids
// don't make us ask the provider each time.
func TestLogoutKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	r.signIn("director", "p1")
	old, fresh := idpKey(), pair("fresh").Signer.(*rsa.PrivateKey)
	keys, asked := []jose.JSONWebKey{{Key: old.Public(), KeyID: "k1"}}, 0
	r.host(idpHost, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/keys" {
			r.idp.ServeHTTP(w, q)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		asked++
		list := make([]any, 0, len(keys)+2)
		for _, k := range keys {
			list = append(list, k)
		}
		writeJSON(w, map[string]any{"keys": append(list, map[string]string{"kty": "NEW", "kid": "k1"}, map[string]string{"kty": "oct", "k": "AAAA", "kid": "k1"})})
	}))
	tell := func(id string, key any, kid string) int {
		t.Helper()
		status, _ := r.tellLogout("contoso", typed(t, key, jose.RS256, kid, "logout+jwt", r.logoutClaims(id)))
		return status
	}
	if got := tell("1", old, "k1"); got != http.StatusOK {
		t.Fatalf("the first key: %d", got)
	}
	r.mu.Lock()
	before := asked
	keys = append(keys, jose.JSONWebKey{Key: fresh.Public(), KeyID: "k2"})
	r.mu.Unlock()
	for range 10 {
		tell("x", fresh, "made-up")
	}
	r.mu.Lock()
	if asked != before {
		t.Errorf("made-up key ids asked the provider %d times", asked-before)
	}
	r.mu.Unlock()
	r.clock.Advance(11 * time.Second)
	if got := tell("2", fresh, "k2"); got != http.StatusOK {
		t.Errorf("a new key: %d", got)
	}
	r.mu.Lock()
	keys = keys[1:]
	r.mu.Unlock()
	r.clock.Advance(61 * time.Minute)
	if got := tell("3", old, "k1"); got != http.StatusBadRequest {
		t.Errorf("a key that is gone: %d", got)
	}
	if got := tell("4", fresh, "k2"); got != http.StatusOK {
		t.Errorf("the key that stayed: %d", got)
	}
}

// TestLogoutThrottle: who sends forged tokens is not heard any more; a provider that signs many out is.
func TestLogoutThrottle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	claims := r.logoutClaims("")
	for i := range 350 {
		c := maps.Clone(claims)
		c["jti"], c["sid"] = "j"+strings.Repeat("x", i), "other"
		if status, text := r.tellLogout("contoso", typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", c)); status != http.StatusOK {
			t.Fatalf("%d: %d %s", i, status, text)
		}
	}
	n := 0
	for n = range 60 {
		if status, _ := r.tellLogout("contoso", "forged"); status == http.StatusTooManyRequests {
			break
		}
	}
	if n < 30 || n > 40 { // a little comes back meanwhile
		t.Errorf("not heard after %d forged ones", n)
	}
}
