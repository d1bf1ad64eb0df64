package appcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
)

// usual is an app as many are: a start page that sends people to their provider, with scripts of several kinds.
func usual(w http.ResponseWriter, q *http.Request) {
	h := w.Header()
	switch host, _, _ := strings.Cut(q.Host, ":"); {
	case host == "login.provider.example":
		h.Set("Content-Type", "text/html")
		fmt.Fprint(w, `<title>Sign in</title><form><input type=password></form>`)
	case q.URL.Path == "/sso":
		http.Redirect(w, q, "https://login.provider.example/saml?SAMLRequest=abc", http.StatusFound)
	case q.URL.Path == "/app.js":
		h.Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `setTimeout(() => fetch("https://dyn" + "amic.example.test/late"), 10);
navigator.serviceWorker.register('/sw.js'); if (top !== self) top.location = self.location;
fetch("https://api.example.test/v1"); const u = "https:\/\/files.example.test\/x", w = 'wss://live.example.test', o = "https://tracker.other.example/";
navigator.credentials.get({publicKey: p}); if (location.hostname === "app.example.test") document.title = 'App';`)
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "script-src 'self' 'nonce-x'; require-trusted-types-for 'script'")
		h.Set("Strict-Transport-Security", "max-age=31536000; preload")
		h.Set("Alt-Svc", `h3=":443"; ma=86400`)
		h.Set("X-Frame-Options", "DENY")
		fmt.Fprint(w, `<!doctype html><title>App</title><link rel=manifest href=/m.json>
<link rel=stylesheet href=https://static.example.test/a.css integrity=sha384-x><script src=/app.js></script>
<img src=https://pictures.elsewhere.example/p.png><iframe src=https://frame.example.test/></iframe>
<form action=https://forms.example.test/send><input name=q></form>`)
	}
}

func hostOf(r *Report, name string) (Host, bool) {
	i := slices.IndexFunc(r.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return Host{}, false
	}
	return r.Hosts[i], true
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual, served{whole: true}).check("app.example.test")
	for _, want := range []struct {
		check string
		level Level
		words string
	}{
		{"route", Warning, "how people sign in doesn't show"},
		{"certificate", Good, "whole chains"},
		{"revocation", Good, "not taken back"},
		{"tls", Good, "TLS 1.3"},
		{"http", Good, "HTTP/2"},
		{"http", Note, "HTTP/3"},
		{"signin", Note, "No sign-in"},
		{"csp", Note, "Trusted Types"},
		{"csp", Note, "hashes"},
		{"hsts", Good, "https alone"},
		{"hsts", Note, "preloaded"},
		{"serviceworker", Note, "app.js"},
		{"frames", Good, "who may frame"},
		{"frames", Good, "breaks out"},
		{"hostkeys", Warning, "WebAuthn"},
		{"hostkeys", Note, "host name"},
	} {
		if !says(r, want.check, want.level, want.words) {
			t.Errorf("%s does not say %q as %s: %+v", want.check, want.words, want.level, r.Findings)
		}
	}
	for name, role := range map[string]catalog.Role{
		"app.example.test": catalog.RoleApp, "static.example.test": catalog.RoleStatic, "api.example.test": catalog.RoleAPI, "files.example.test": catalog.RoleAPI,
		"live.example.test": catalog.RoleAPI, "frame.example.test": catalog.RoleApp, "forms.example.test": catalog.RoleApp, "pictures.elsewhere.example": "",
	} {
		h, ok := hostOf(r, name)
		if !ok || h.Role != role || h.Own != (role != "") {
			t.Errorf("%s: %+v %v", name, h, ok)
		}
	}
	if _, ok := hostOf(r, "tracker.other.example"); ok {
		t.Error("a name that only a script has counts as used")
	}
	if r.App != "custom" || r.Findings[0].Check != "route" || !strings.HasPrefix(r.Route, "Route sso") {
		t.Errorf("%s: %s", r.App, r.Route)
	}
}

func TestSignInIsFound(t *testing.T) {
	t.Parallel()
	g := newRig(t, usual, served{whole: true})
	r := g.check("https://app.example.test/sso")
	if !says(r, "route", Good, "login.provider.example to sign in, by SAML") || !says(r, "redirects", Note, "app.example.test, then login.provider.example") {
		t.Errorf("%+v", r.Findings)
	}
	if h, ok := hostOf(r, "login.provider.example"); !ok || h.Own {
		t.Errorf("%+v", h)
	}
	r = g.check("login.provider.example")
	if !says(r, "route", Warning, "form for a password") || !says(r, "signin", Warning, "close the form") {
		t.Errorf("%+v", r.Findings)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set   served
		host  string
		level Level
		words string
	}{
		"incomplete": {served{}, "app.example.test", Warning, "lacks CN=between"},
		"expired": {served{whole: true, leaf: func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-time.Hour)
		}}, "app.example.test", Problem, "expired"},
		"ends soon":  {served{whole: true, leaf: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(48 * time.Hour) }}, "app.example.test", Warning, "ends on"},
		"other name": {served{whole: true}, "app.elsewhere.test", Problem, "doesn't hold"},
		"unknown":    {served{leaf: func(c *x509.Certificate) { c.IssuingCertificateURL = nil }}, "app.example.test", Problem, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, usual, c.set).check(c.host)
			if !says(r, "certificate", c.level, c.words) || c.level == Problem && r.Worst() != Problem {
				t.Errorf("%+v", r.Findings)
			}
		})
	}
	g := newRig(t, usual, served{})
	g.revoked = true
	if r := g.check("app.example.test"); !says(r, "revocation", Problem, "took the certificate back") {
		t.Errorf("%+v", r.Findings)
	}
}

func TestOldServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual, served{whole: true, h1: true, tls: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS12 }}).check("app.example.test")
	if !says(r, "tls", Note, "1.2 and not 1.3") || !says(r, "tls", Note, "still takes TLS 1.0") || !says(r, "http", Note, "HTTP/1.1") {
		t.Errorf("%+v", r.Findings)
	}
}

// TestHostile answers as an app that wants a check to fall over, or to say what it did not see.
func TestHostile(t *testing.T) {
	t.Parallel()
	html := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html") }
	for name, c := range map[string]struct {
		app   http.HandlerFunc
		check string
		level Level
		words string
	}{
		"round in a circle": {func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, "/again", http.StatusFound) }, "redirects", Warning, "more than 10 times"},
		"to plain http": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://app.example.test/", http.StatusFound)
		}, "redirects", Warning, "not https"},
		"to nowhere": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://%zz")
			w.WriteHeader(302)
		}, "redirects", Warning, "leads nowhere"},
		"refuses": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "redirects", Warning, "answers 403"},
		"endless page": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			piece := []byte(strings.Repeat("<a href=https://x.example.test>", 1000))
			for range 1000 {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		}, "http", Note, "longer than 4 MiB"},
		"many hosts": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			for i := range 5000 {
				fmt.Fprintf(w, "<img src=https://h%d.example.test/>", i)
			}
		}, "hosts", Note, "hosts of its own"},
		"control characters": {func(w http.ResponseWriter, _ *http.Request) {
			html(w)
			w.Header().Set("Cross-Origin-Opener-Policy", "x\u202ey")
			fmt.Fprint(w, "<img src='https://\x1b[31mx.example.test/'>")
		}, "csp", Note, "Cross-Origin-Opener-Policy: xy."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.app, served{whole: true}).check("app.example.test")
			if !says(r, c.check, c.level, c.words) || len(r.Hosts) > maxHosts {
				t.Errorf("%d hosts; %+v", len(r.Hosts), r.Findings)
			}
			for _, f := range r.Findings {
				if strings.ContainsAny(f.Saw+f.Does, "\x1b\x00\r\n") || len(f.Saw) > 4000 {
					t.Errorf("%q", f.Saw)
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	c := &Checker{Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, fault.New(fault.Denied, "dial", "address 10.0.0.1 is not public")
	}}
	if _, err := c.Check(t.Context(), "app.example.test"); !fault.Is(err, fault.Denied) || strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Check(ctx, "app.example.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestProfileDecidesRoute(t *testing.T) {
	t.Parallel()
	g := newRig(t, usual, served{whole: true, leaf: func(c *x509.Certificate) { c.DNSNames = []string{"*.slack.com", "*.sharepoint.com"} }})
	r := g.check("contoso.slack.com")
	if r.App != "slack" || !strings.HasPrefix(r.Route, "Route sso: Slack has a profile (evidence: documentation") || !strings.Contains(r.Route, "never run behind Referee") {
		t.Errorf("%s: %s", r.App, r.Route)
	}
	for host, app := range map[string]string{"contoso.sharepoint.com": "sharepoint", "contoso-my.sharepoint.com": "onedrive"} {
		if r := g.check(host); r.App != app || !says(r, "route", Note, "Route native is the other way") {
			t.Errorf("%s: %s", host, r.App)
		}
	}
}

// TestBrowser opens the app in a real browser, which asks a host that no text names.
func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing: build/test-prereqs.sh installs it")
	}
	g := newRig(t, usual, served{whole: true})
	g.checker.Browser = chromium
	g.checker.BrowserArgs = []string{"--ignore-certificate-errors", "--host-resolver-rules=MAP * " + g.addr}
	r := g.check("app.example.test")
	if r.Browser != "" {
		t.Fatal(r.Browser)
	}
	h, ok := hostOf(r, "dynamic.example.test")
	if !ok || !slices.Equal(h.Uses, []Use{UseBrowser}) || !h.Own {
		t.Errorf("%+v in %+v", h, r.Hosts)
	}
	if !says(r, "hosts", Note, "of what a browser asked for") {
		t.Errorf("%+v", r.Findings)
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"app.example.com": "app.example.com /", "https://App.Example.com/a?b=c": "app.example.com /a?b=c", "app.example.com:443/x": "app.example.com /x",
		" app.example.com:8443 ": "app.example.com:8443 /",
	} {
		host, path, err := Target(text)
		if err != nil || host+" "+path != want {
			t.Errorf("%q: %s %s %v", text, host, path, err)
		}
	}
	for _, bad := range []string{"", "app", "http://app.example.com", "https://", "10.0.0.1", "[::1]", "user@app.example.com", "app.example.com:0", "app.example.com:99999", "app..example.com", "-a.example.com", "a b.example.com", "ftp://app.example.com", "app.example.com?x"} {
		if _, _, err := Target(bad); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
