package signin_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/model"
)

const persistent = `
kind: ConditionalAccess
id: stay
name: Stay signed in
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {persistentBrowser: {mode: MODE}}
`

// TestPersistentBrowser: Conditional Access says whether the sign-in outlives the browser, and the cookie does so no
// longer than the session. Another tenant's cookie is not touched by it.
func TestPersistentBrowser(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: strings.ReplaceAll(persistent, "MODE", "always")})
	var mu sync.Mutex
	var set []*http.Cookie
	r.mu.Lock()
	inner := r.hosts[brokerHost]
	r.hosts[brokerHost] = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		inner.ServeHTTP(w, q)
		mu.Lock()
		defer mu.Unlock()
		for _, c := range (&http.Response{Header: w.Header()}).Cookies() {
			if strings.HasPrefix(c.Name, "__Host-referee-session-") {
				set = append(set, c)
			}
		}
	})
	r.mu.Unlock()
	last := func() *http.Cookie {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(set) == 0 {
			t.Fatal("no session cookie was set")
		}
		c := set[len(set)-1]
		if c.Name != "__Host-referee-session-contoso" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
		return c
	}
	b := r.browser(nil)
	b.open(r.direct(appHost)+"/").has(t, 200, "hello")
	always := last()
	s, err := r.db.Session(t.Context(), "contoso", r.rec.of(model.ActivityLogin)[0].Session)
	if err != nil {
		t.Fatal(err)
	}
	if left := s.Expires.Sub(r.now()).Seconds(); always.MaxAge <= 0 || float64(always.MaxAge) > left+60 || float64(always.MaxAge) < left-60 {
		t.Errorf("the cookie lives %s s, the session %f s", strconv.Itoa(always.MaxAge), left)
	}
	// The policy changes: at the next app the same sign-in ends with the browser.
	r.policies("contoso", strings.ReplaceAll(persistent, "MODE", "never"))
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	if c := last(); c.MaxAge != 0 || !c.Expires.IsZero() || c.Value != always.Value {
		t.Errorf("never: %+v", c)
	}
	// Without such a policy nothing is said of it.
	r.policies("contoso", "")
	other := r.browser(nil)
	other.open(r.direct(appHost)+"/").has(t, 200, "hello")
	if c := last(); c.MaxAge != 0 || c.Value == always.Value {
		t.Errorf("without a policy: %+v", c)
	}
}
