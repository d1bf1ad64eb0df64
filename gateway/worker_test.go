package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/referee-casb/referee/session"
)

// A worker that was registered before a policy is ended by it, and not before; in time it may come again.
func TestWorkerEndsWithThePolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, "self.addEventListener('fetch', (e) => e.respondWith(caches.match(e.request)))")
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	script := func(c *http.Client) (*http.Response, string) {
		t.Helper()
		return do(t, c, request("GET", "https://"+p.mapped("files.app.test")+"/app/sw.js", "", "Service-Worker", "script", "Accept", "*/*",
			"Sec-Fetch-Mode", "same-origin", "Sec-Fetch-Dest", "serviceworker", "Sec-Fetch-Site", "same-origin"))
	}
	ended := func(res *http.Response, body string) bool {
		return res.StatusCode == http.StatusOK && strings.Contains(body, "registration.unregister()") && strings.Contains(body, "caches.delete") && !strings.Contains(body, "caches.match") &&
			res.Header.Get("Service-Worker-Allowed") == "/" && res.Header.Get("Cache-Control") == "no-store" && strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript")
	}
	for _, c := range []struct {
		name, policies string
		ended          bool
	}{
		{"no policy", "", false},
		{"strict", blockStrict, true},
		{"standard", strings.Replace(blockStrict, "level: strict", "level: standard", 1), false},
		{"with override", strings.Replace(blockStrict, "action: block", "action: blockWithOverride", 1), true},
		{"uploads alone", blockUploads, false},
		{"taken back", "", false},
	} {
		r.setPolicies(c.policies)
		before := r.requests.Load()
		res, body := script(p.client)
		if ended(res, body) != c.ended || !c.ended && !strings.Contains(body, "caches.match") {
			t.Errorf("%s: %s %s", c.name, res.Status, body)
		}
		if asked := r.requests.Load() != before; asked == c.ended {
			t.Errorf("%s: the app was asked: %v", c.name, asked)
		}
	}
	// Whoever has no session any more.
	if res, body := script(r.browser(true)); !ended(res, body) {
		t.Errorf("without a session: %s %s", res.Status, body)
	}
	r.setPolicies(blockStrict)
	r.norules.Store(true)
	if res, body := script(p.client); !ended(res, body) {
		t.Errorf("without rules: %s %s", res.Status, body)
	}
	// Other scripts go on.
	r.norules.Store(false)
	if _, body := do(t, p.client, request("GET", "https://"+p.mapped("files.app.test")+"/app/sw.js", "", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script", "Sec-Fetch-Site", "same-origin")); !strings.Contains(body, "caches.match") {
		t.Errorf("a plain script: %s", body)
	}
}
