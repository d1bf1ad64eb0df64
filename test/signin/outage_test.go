package signin_test

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/tenant"
)

// answering counts what the provider is asked at a path, and can keep it from answering there.
func (r *rig) answering(path string) (asked *atomic.Int32, down *atomic.Bool) {
	asked, down = new(atomic.Int32), new(atomic.Bool)
	r.host(idpHost, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == path {
			asked.Add(1)
			if down.Load() {
				http.Error(w, "maintenance", http.StatusServiceUnavailable)
				return
			}
		}
		r.idp.ServeHTTP(w, q)
	}))
	return asked, down
}

// TestKeysAreReadOnce: the provider's keys are not fetched at every sign-in, and are read again with its document.
func TestKeysAreReadOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	asked, _ := r.answering("/keys")
	enter := func() {
		t.Helper()
		r.app.set(func() { clear(r.app.visitors) })
		r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	}
	for range 4 {
		enter()
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the keys were read %d times in four sign-ins", n)
	}
	r.clock.Advance(2 * time.Hour)
	enter()
	if n := asked.Load(); n != 2 {
		t.Errorf("the keys were read %d times, two hours later", n)
	}
}

// TestUnknownKeyWhileKeysCantBeRead: a logout token of a new key is not refused for good while that key can't be read, and
// is believed once it can.
func TestUnknownKeyWhileKeysCantBeRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	_, id := r.signIn("director", "p1")
	_, down := r.answering("/keys")
	next := pair("next").Signer.(*rsa.PrivateKey)
	claims := func(jti string) map[string]any {
		c := r.logoutClaims(jti)
		c["sub"] = "director"
		return c
	}
	if status, text := r.tellLogout("contoso", typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", func() map[string]any { c := claims("a"); c["sub"] = "nobody"; delete(c, "sid"); return c }())); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	r.clock.Advance(time.Minute)
	down.Store(true)
	for i := range 3 { // the first tries to read the keys, the others come within the pause
		status, text := r.tellLogout("contoso", typed(t, next, jose.RS256, "k2", "logout+jwt", claims("b")))
		if status == http.StatusOK || !strings.Contains(text, "temporarily_unavailable") {
			t.Errorf("try %d: %d %s", i, status, text)
		}
	}
	if s := r.session(id); !s.Revoked.IsZero() {
		t.Fatal("ended by a token that nobody could verify")
	}
	// The known key goes on working meanwhile.
	if status, text := r.tellLogout("contoso", typed(t, idpKey(), jose.RS256, "k1", "logout+jwt", claims("c"))); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if s := r.session(id); s.Revoked.IsZero() {
		t.Error("not ended by a token of a known key")
	}
}

// TestStepUpWhileProviderIsGone: that the provider can't be asked whether it knows acr values does not make Referee's own
// factors do instead.
func TestStepUpWhileProviderIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: mfaPolicy})
	r.idp.set(func() { r.idp.knowsACR = true })
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "Continue with main")
	_, down := r.answering("/.well-known/openid-configuration")
	down.Store(true)
	r.retenant(func(v *tenant.Tenant) { v.Providers[0].Name = "Contoso" }) // what was read is forgotten with the settings
	p = b.open(p.at.String())
	p.has(t, 200, "Continue with Contoso")
	p.lacks(t, "Set up an authenticator app", "Set up a passkey")
	if p = b.act(p, "app", nil); p.status != http.StatusForbidden {
		t.Errorf("a factor of our own: %d", p.status)
	}
}
