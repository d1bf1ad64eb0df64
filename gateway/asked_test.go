package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/session"
)

// A browser that can't prove its device is sent round once, whichever gateway it comes back to.
func TestDeviceIsAskedOnceByTwoGateways(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: blockStrict})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	if _, err := r.mem.UpdateSession(t.Context(), "contoso", p.session.ID, func(s *session.Session) error { s.Proofs = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/attachment"
	second := r.second()
	visit := func(c *http.Client, q *http.Request) *http.Response {
		t.Helper()
		res, _ := do(t, c, q)
		return res
	}
	asked := func(res *http.Response) bool {
		return strings.HasPrefix(res.Header.Get("Location"), broker+"/contoso/device?to=")
	}
	if res := visit(p.client, navigation(u)); !asked(res) {
		t.Fatalf("not asked: %s", res.Status)
	}
	other := r.browserAt(second)
	other.Jar = p.client.Jar
	for range 2 {
		if res := visit(other, navigation(u)); res.StatusCode != http.StatusForbidden {
			t.Errorf("the other gateway: %s", res.Status)
		}
	}
	// The cookie is of this session and this program, and signed.
	at, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	var cookie string
	for _, c := range p.client.Jar.Cookies(at) {
		if c.Name == "__Host-referee-asked" {
			cookie = c.Value
		}
	}
	for name, value := range map[string]string{"another session's": cookie, "forged": "x", "changed": cookie + "A"} {
		fresh := r.signIn("contoso", "c"+name, session.ControlCustom)
		if _, err := r.mem.UpdateSession(t.Context(), "contoso", fresh.session.ID, func(s *session.Session) error { s.Proofs = nil; return nil }); err != nil {
			t.Fatal(err)
		}
		fresh.cookie("files.app.test")
		fresh.client.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-referee-asked", Value: value, Path: "/", Secure: true}})
		if res := visit(fresh.client, navigation(u)); !asked(res) {
			t.Errorf("%s: not asked, %s", name, res.Status)
		}
	}
	// After five minutes it may be asked again.
	r.skew.Store(int64(6 * time.Minute))
	if res := visit(other, navigation(u)); !asked(res) {
		t.Errorf("later: %s", res.Status)
	}
}
