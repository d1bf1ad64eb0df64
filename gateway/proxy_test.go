package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func TestProxiesAPage(t *testing.T) {
	t.Parallel()
	var seen http.Header
	var host string
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		seen, host = q.Header.Clone(), q.Host
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Add("Set-Cookie", "sid=secret; HttpOnly; Secure; Path=/")
		w.Header().Add("Set-Cookie", "theme=dark; Path=/; Secure")
		w.Header().Set("Strict-Transport-Security", "max-age=1")
		w.Header().Set("Etag", `"v1"`)
		io.WriteString(w, `<!doctype html><html><head></head><body><a href="https://api.app.test/x">x</a></body></html>`)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	res, body := do(t, p.client, navigation(u+"/docs?next=https%3A%2F%2F"+p.mapped("api.app.test")+"%2Fy", "X-Forwarded-For", "6.6.6.6"))
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Fatalf("%s %s\n%s", res.Proto, res.Status, body)
	}
	if host != "files.app.test" || seen.Get("X-Forwarded-For") != "" || strings.Contains(seen.Get("Cookie"), "referee") {
		t.Errorf("the app saw host %q, %v", host, seen)
	}
	if !strings.Contains(body, "https://"+p.mapped("api.app.test")+"/x") || strings.Contains(body, `href="https://api.app.test`) {
		t.Errorf("link not mapped: %s", body)
	}
	if !strings.Contains(body, shim.Path()) {
		t.Errorf("no client script: %s", body)
	}
	if h := res.Header; h.Get("Strict-Transport-Security") != "" || !strings.HasPrefix(h.Get("Etag"), `W/"v1~r`) || h.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("fields: %v", h)
	}
	if c := strings.Join(res.Header["Set-Cookie"], "\n"); strings.Contains(c, "secret") || !strings.Contains(c, "theme=dark") {
		t.Errorf("cookies to the browser: %s", c)
	}
	// The next request carries the app's own cookie, which the browser never had.
	do(t, p.client, fetched("GET", u+"/again", ""))
	if c := seen.Get("Cookie"); !strings.Contains(c, "sid=secret") || !strings.Contains(c, "theme=dark") || strings.Contains(c, "referee") {
		t.Errorf("the app got cookies %q", c)
	}
	if got := r.rec.of(model.ActivityView, ""); len(got) != 1 || got[0].User.Name != "anna" || got[0].Path != "/docs" {
		t.Errorf("views: %+v", got)
	}
}

func TestUnknownAndMalformedHostsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.NotFoundHandler()})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	for _, host := range []string{"nobody.contoso.gate.test", "x.fabrikam.gate.test", "stranger.test"} {
		res, _ := do(t, p.client, navigation("https://"+host+"/"))
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: %s", host, res.Status)
		}
	}
	// The name of the connection and the name of the request must agree.
	q := navigation("https://" + p.mapped("files.app.test") + "/")
	q.Host = "files-app-test.fabrikam.gate.test"
	if res, _ := do(t, p.h1, q); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("other tenant's host on the connection: %s", res.Status)
	}
	q = navigation("https://gate.test/")
	if res, body := do(t, p.client, q); res.StatusCode != http.StatusOK || !strings.Contains(body, "Report abuse") {
		t.Errorf("apex: %s %s", res.Status, body)
	}
	if n := r.requests.Load(); n != 0 {
		t.Errorf("%d requests reached the app", n)
	}
}
