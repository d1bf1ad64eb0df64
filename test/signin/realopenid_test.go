package signin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

const nodeHost = "oidc.provider.localhost"

// openIDProvider starts the npm package oidc-provider, which knows Referee and one person.
func openIDProvider(t *testing.T, r *rig) {
	t.Helper()
	const dir = "oidcprovider"
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		prereqtest.Missing(t, "oidc-provider", "make test-provider installs it")
	}
	port := freePort(t)
	settings, err := json.Marshal(map[string]string{
		"issuer": r.direct(nodeHost), "port": port, "clientId": "referee-contoso", "clientSecret": clientSecret, "redirectUri": r.at("contoso", "/callback/main"), "password": "a-password-of-the-test",
	})
	if err != nil {
		t.Fatal(err)
	}
	process(t, port, []string{"OIDC_PROVIDER=" + string(settings)}, "node", filepath.Join(dir, "server.mjs"))
	to := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	r.host(nodeHost, &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(to)
		p.Out.Host = p.In.Host
		p.SetXForwarded()
	}})
}

// TestRealOpenIDProvider signs in at npm's oidc-provider, for an app with mod_auth_openidc (OpenID in, OpenID out) and
// for one with mod_auth_mellon (OpenID in, SAML out), both behind the gateway.
func TestRealOpenIDProvider(t *testing.T) {
	// Not beside other tests: Apache takes a port that was free a moment ago, and gives up on a slow answer by its own clock.
	port := freePort(t)
	r := newRig(t, setting{
		policies: route, instance: realApps(port),
		change: func(v *tenant.Tenant, r *rig) { v.Providers[0].Issuer = r.direct(nodeHost) },
	})
	openIDProvider(t, r)
	apache(t, r, port)
	for name, app := range map[string]string{"mod_auth_openidc": oidcHost, "mod_auth_mellon": mellonHost} {
		t.Run(name, func(t *testing.T) {
			b := r.browser(nil)
			mapped, ok := r.live.Book().Mapped("contoso", app+":"+port)
			if !ok {
				t.Fatalf("%s is not mapped", app)
			}
			p := b.visit("https://" + mapped + "/page.html")
			sign := func(password string) {
				t.Helper()
				if p.at.Host != nodeHost+r.port || !strings.Contains(p.text, `name="password"`) {
					t.Fatalf("ended at %s with %d:\n%s\n%s", p.at, p.status, strings.Join(p.hops, "\n"), p.text)
				}
				to, form := p.fill()
				form.Set("username", "director")
				form.Set("password", password)
				p = b.follow(b.send(http.MethodPost, to, form, "Origin", r.direct(nodeHost), "Sec-Fetch-Site", "same-origin"), 30)
			}
			sign("a wrong one")
			sign("a-password-of-the-test")
			if next := b.submit(p); next != nil {
				p = b.follow(next, 30)
			}
			p.has(t, 200, "the page")
			if user := p.header.Get("X-User"); !strings.HasPrefix(user, "director@contoso.example") || p.at.Host != mapped {
				t.Errorf("user %q at %s", user, p.at)
			}
		})
	}
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 2 || logins[0].User.ID != "main:director" || strings.Join(groupNames(logins[0].User.Groups), ",") != "Directors,Staff" {
		t.Errorf("recorded %+v", logins)
	}
}

func groupNames(ids []model.GroupID) (out []string) {
	for _, g := range ids {
		out = append(out, string(g))
	}
	return out
}
