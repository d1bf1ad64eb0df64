package cli

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/referee-casb/referee/appcheck"
	"github.com/referee-casb/referee/internal/devca"
)

// newApp serves an app at app.localhost and returns its authority, with the file of its root.
func newApp(t *testing.T, s *stage) (host, roots string) {
	t.Helper()
	ca, err := devca.Open(t.TempDir(), s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<title>A\x1b[31m</title><input type=password><img src=https://pictures.localhost/a.png><script>navigator.credentials.get({})</script>")
	}))
	server.TLS = &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return ca.Certificate(h.ServerName, true) }}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	return "app.localhost:" + port, s.write(t, "app-ca.pem", string(ca.RootPEM()))
}

func TestAppCheck(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	host, roots := newApp(t, s)
	got := s.run(t, "contoso-operator", "app", "check", host, "--no-browser", "--app-ca-file", roots)
	if got.code != 0 || !strings.HasPrefix(got.out, "Route sso if the app takes") || !strings.Contains(got.out, "close the form") || !strings.Contains(got.out, "WebAuthn") || strings.Contains(got.out, "\x1b") {
		t.Errorf("%+v", got)
	}
	got = s.run(t, "contoso-operator", "app", "check", host, "--no-browser", "--app-ca-file", roots, "--json")
	var report appcheck.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || report.Host != host || len(report.Findings) < 8 {
		t.Errorf("%v: %+v", err, got)
	}
	if got = s.run(t, "contoso-operator", "app", "check", host, "--no-browser"); !strings.Contains(got.out, "STOP certificate") || !strings.Contains(got.out, "caFile") {
		t.Errorf("an authority that nobody knows: %+v", got)
	}
	for _, bad := range [][]string{{"http://app.localhost"}, {"10.0.0.1"}, {host, "--app-ca-file", s.dir + "/none.pem"}} {
		if got := s.run(t, "contoso-operator", append([]string{"app", "check"}, bad...)...); got.code != 2 || !strings.Contains(got.notes, "\n") {
			t.Errorf("%v: %+v", bad, got)
		}
	}
	if got := s.run(t, "contoso-operator", "app", "check", "none.localhost:1"); got.code != 8 || !strings.Contains(got.notes, "can't be reached") {
		t.Errorf("%+v", got)
	}
}

// TestAppCheckMakes adds what a check made, completed as its reader would.
func TestAppCheckMakes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	host, roots := newApp(t, s)
	got := s.run(t, "contoso-operator", "app", "check", host, "--no-browser", "--app-ca-file", roots, "--make")
	if got.code != 0 || !strings.Contains(got.out, "role: app") || !strings.Contains(got.out, "# - ") {
		t.Fatalf("%+v", got)
	}
	if bare := s.run(t, "contoso-operator", "app", "add", s.write(t, "bare.yaml", got.out)); bare.code != 2 || !strings.Contains(bare.notes, "entity") {
		t.Errorf("what isn't completed is taken: %+v", bare)
	}
	name, _, _ := strings.Cut(host, ":")
	whole := strings.Replace(got.out, `saml: {entityId: "", consumers: []}`, `saml: {entityId: "https://`+name+`", consumers: ["https://`+host+`/acs"]}`, 1)
	if added := s.run(t, "contoso-operator", "app", "add", s.write(t, "whole.yaml", whole)); added.code != 0 {
		t.Errorf("%+v\n%s", added, whole)
	}
}

// TestAppMake adds what each profile makes, as far as it is complete.
func TestAppMake(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, args := range [][]string{{"slack", "workspace=contoso"}, {"github", "org=contoso"}, {"servicenow", "instance=contoso"}, {"dropbox"}, {"google", "domain=contoso.com"}} {
		got := s.run(t, "contoso-operator", append([]string{"app", "make"}, args...)...)
		if got.code != 0 || !strings.Contains(got.out, "not supported yet") {
			t.Fatalf("%v: %+v", args, got)
		}
		if added := s.run(t, "contoso-operator", "app", "add", s.write(t, args[0]+".yaml", got.out)); added.code != 0 {
			t.Errorf("%v: %+v", args, added)
		}
	}
	for _, bad := range [][]string{{"nothing"}, {"slack"}, {"slack", "workspace"}, {"slack", "workspace=a/b"}, {"slack", "tenant=contoso"}} {
		if got := s.run(t, "contoso-operator", append([]string{"app", "make"}, bad...)...); got.code != 2 && got.code != 5 || got.out != "" {
			t.Errorf("%v: %+v", bad, got)
		}
	}
	if got := s.run(t, "contoso-operator", "app", "profile", "show", "github"); got.code != 0 || !strings.Contains(got.out, "never run") || !strings.Contains(got.out, "password form") {
		t.Errorf("%+v", got)
	}
}
