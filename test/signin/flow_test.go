package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// route sends everybody through the gateway; block lets nobody in.
const (
	route = `
kind: ConditionalAccess
id: route
name: Route everything
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
sessionControls:
  cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}
`
	block = `
kind: ConditionalAccess
id: nobody
name: Nobody today
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
grantControls: {builtInControls: [block]}
`
)

func TestDirect(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	p := r.browser(nil).open(r.direct(appHost) + "/docs/1?x=y")
	p.has(t, 200, "hello director@contoso.example of Directors", "at "+appHost+r.port+"/docs/1?x=y")
	if p.went(suffix) {
		t.Errorf("without session control the trip went through the gateway:\n%s", strings.Join(p.hops, "\n"))
	}
	logins, access := r.rec.of(model.ActivityLogin), r.rec.of(model.ActivityAccess)
	if len(logins) != 1 || logins[0].User.ID != "main:director" || logins[0].Session == "" {
		t.Errorf("sign-ins recorded: %+v", logins)
	}
	if len(access) != 1 || access[0].ActionType != "AccessGranted" || access[0].App.Instance != "files" || access[0].Detail["decision"] == nil {
		t.Errorf("decisions recorded: %+v", access)
	}
}

func TestRouted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set   func(*app)
		start string
		end   string
	}{
		"random state":    {func(*app) {}, "/docs/1", "/"},
		"deep link":       {func(a *app) { a.deep = true }, "/docs/1?page=2", "/docs/1?page=2"},
		"target_link_uri": {func(a *app) { a.extra = url.Values{"target_link_uri": {"/docs/7"}} }, "/docs/1", "/docs/7"},
		"by script":       {func(a *app) { a.script, a.deep = true, true }, "/docs/3", "/docs/3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{policies: route})
			c.set(r.app)
			b := r.browser(nil)
			p := b.open(r.direct(appHost) + c.start)
			mapped := r.mapped("contoso", appHost)
			p.has(t, 200, "hello director@contoso.example", "at "+appHost+r.port+c.end)
			if !strings.HasPrefix(p.at.String(), mapped+"/") {
				t.Errorf("ended at %s, want %s", p.at, mapped)
			}
			direct := 0
			for _, h := range p.hops {
				if strings.HasPrefix(h, r.direct(appHost)) {
					direct++
				}
				if strings.HasPrefix(h, r.direct(appHost)) && strings.Contains(h, "code=") {
					t.Errorf("a code went to the direct host: %s", h)
				}
			}
			if direct != 1 {
				t.Errorf("%d requests to the direct host, want the first alone:\n%s", direct, strings.Join(p.hops, "\n"))
			}
			// The second visit needs nobody.
			if p = b.open(mapped + "/docs/2"); len(p.hops) != 1 {
				t.Errorf("second visit: %v", p.hops)
			}
			p.has(t, 200, "hello director")
			kinds := []string{}
			for _, a := range r.rec.of(model.ActivityAccess) {
				kinds = append(kinds, a.ActionType)
			}
			if strings.Join(kinds, " ") != "AccessGrantedWithSessionControl AccessGrantedWithSessionControl" {
				t.Errorf("recorded: %v, want the hand-over and the app's sign-in", kinds)
			}
		})
	}
}

// TestInitiate begins again through the app's own initiate-login address.
func TestInitiate(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route, instance: instanceInitiate})
	r.app.set(func() { r.app.deep = true })
	b := r.browser(nil)
	to := b.until(r.direct(appHost)+"/docs/9", "/initiate")
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("iss") != r.at("contoso", "") || q.Get("target_link_uri") != r.mapped("contoso", appHost)+"/docs/9" || q.Get("kind") != "oidc" {
		t.Errorf("initiate-login with %v", q)
	}
}

func instanceInitiate(in *catalog.Instance) {
	in.Federation.InitiateURI = strings.Replace(in.Federation.RedirectURIs[0], "/callback", "/initiate?kind=oidc", 1)
}

// TestMonitored visits the mapped host where nothing asks for session control: the visit is monitored, and the
// app's sign-in ends at the mapped host, where its state cookie is.
func TestMonitored(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	p := r.browser(nil).open(r.mapped("contoso", appHost) + "/docs/5")
	p.has(t, 200, "hello director@contoso.example", "at "+appHost+r.port+"/docs/5")
	if p.went(r.direct(appHost)) {
		t.Errorf("the trip touched the direct host:\n%s", strings.Join(p.hops, "\n"))
	}
}
