package signin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// twoHomes gives contoso a second provider, for the people of partner.example.
func twoHomes(v *tenant.Tenant, r *rig) {
	v.Providers[0].Domains = []string{string(v.ID) + ".example"}
	second := v.Providers[0]
	second.ID, second.Issuer, second.Domains = "partner", r.second.issuer, []string{"partner.example"}
	v.Providers = append(v.Providers, second)
}

var askedField = regexp.MustCompile(`name="asked" value="([^"]+)"`)

// choose answers the page that asks where somebody is at home.
func (b *browser) choose(p *page, field, value string) *page {
	b.r.t.Helper()
	m := askedField.FindStringSubmatch(p.text)
	if m == nil {
		b.r.t.Fatalf("%s asks for no address:\n%s", p.at, p.text)
	}
	origin := "https://" + brokerHost + b.r.port
	return b.follow(b.send(http.MethodPost, origin+"/contoso/home", url.Values{"asked": {m[1]}, field: {value}}, "Origin", origin, "Sec-Fetch-Site", "same-origin"), 30)
}

func TestHomeByAddress(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	atPartner := func() {
		r.second.claims = func(c map[string]any) { c["email"], c["preferred_username"] = "director@partner.example", "" }
	}
	r.second.set(atPartner)
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/docs/1")
	p.has(t, 200, "Your work e-mail address")
	b.choose(p, "address", "nobody").has(t, 400, "Type your whole work address")
	b.choose(p, "address", "x@nowhere.example").has(t, 400, "Nobody with an address of nowhere.example signs in here")
	p = b.choose(p, "address", "Director@Partner.Example")
	p.has(t, 200, "hello director@partner.example", "/docs/1")
	if got := r.second.asked().Get("login_hint"); got != "Director@Partner.Example" {
		t.Errorf("login_hint %q", got)
	}
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 1 || logins[0].User.ID != "partner:director" || logins[0].User.Provider != "partner" || !logins[0].User.External {
		t.Errorf("recorded %+v", logins)
	}
	// The choice is remembered, and a forged one is not.
	cookies := b.jar.Cookies(mustURL(r.at("contoso", "/")))
	for _, c := range cookies {
		if strings.Contains(c.Name, "home") && (strings.Contains(c.Value, "partner") || len(c.Value) < 40) {
			t.Errorf("the choice lies open: %v", c)
		}
	}
	b.drop("session")
	r.app.set(func() { clear(r.app.visitors) })
	if p = b.open(r.direct(appHost) + "/docs/2"); !p.went(partner) {
		t.Errorf("the second sign-in went elsewhere:\n%s", strings.Join(p.hops, "\n"))
	}
	b.drop("session")
	b.drop("home")
	r.app.set(func() { clear(r.app.visitors) })
	b.jar.SetCookies(mustURL(r.at("contoso", "/")), []*http.Cookie{{Name: "__Host-referee-home-contoso", Value: "partner", Path: "/", Secure: true}})
	b.open(r.direct(appHost)+"/docs/2").has(t, 200, "Your work e-mail address")
}

func TestHomeByHint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		extra url.Values
		want  string
	}{
		"login_hint":          {url.Values{"login_hint": {"a@contoso.example"}}, idpHost},
		"login_hint, partner": {url.Values{"login_hint": {"a@partner.example"}}, partner},
		"domain_hint":         {url.Values{"domain_hint": {"Partner.example"}}, partner},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{change: twoHomes})
			r.app.set(func() { r.app.extra = c.extra })
			if to := r.browser(nil).until(r.direct(appHost)+"/", "https://"+c.want); !strings.Contains(to, "/authorize?") {
				t.Errorf("went to %s", to)
			}
		})
	}
}

// TestSubjectsApart signs in the same subject at both providers: two people.
func TestSubjectsApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	r.second.set(func() {
		r.second.claims = func(c map[string]any) { c["email"], c["preferred_username"] = "director@partner.example", "" }
	})
	a, b := r.browser(nil), r.browser(nil)
	a.choose(a.open(r.direct(appHost)+"/"), "address", "x@contoso.example").has(t, 200, "director@contoso.example")
	b.choose(b.open(r.direct(appHost)+"/"), "address", "x@partner.example").has(t, 200, "director@partner.example")
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 2 || logins[0].User.ID != "main:director" || logins[1].User.ID != "partner:director" {
		t.Errorf("recorded %+v", logins)
	}
}

// TestForeignDomain lets a provider claim people of another's domain.
func TestForeignDomain(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	for field, address := range map[string]string{"email": "ceo@contoso.example", "preferred_username": "CEO@Contoso.Example"} {
		r.second.set(func() {
			r.second.claims = func(c map[string]any) {
				c["email"], c["preferred_username"] = "a@partner.example", "a@partner.example"
				c[field] = address
			}
		})
		b := r.browser(nil)
		b.choose(b.open(r.direct(appHost)+"/"), "address", "x@partner.example").has(t, 403, "can&#39;t be used")
		b.signedOut(t)
	}
	failed := r.rec.of(model.ActivityFailedLogin)
	if len(failed) != 2 || !strings.Contains(failed[0].Reason, `that domain is provider "main"`) {
		t.Errorf("recorded %+v", failed)
	}
}

// TestMixUp sends the answer of one provider to the address of the other.
func TestMixUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	b := r.browser(nil)
	r.app.set(func() { r.app.extra = url.Values{"login_hint": {"x@contoso.example"}} })
	answer := b.until(r.direct(appHost)+"/", "/callback/main")
	b.open(strings.Replace(answer, "/callback/main", "/callback/partner", 1)).has(t, 403, "can&#39;t be used")
	b.signedOut(t)
	if failed := r.rec.of(model.ActivityFailedLogin); len(failed) != 1 || !strings.Contains(failed[0].Reason, `came to the address of provider "partner"`) {
		t.Errorf("recorded %+v", failed)
	}
}

func TestSelectAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	b := r.browser(nil)
	b.choose(b.open(r.direct(appHost)+"/"), "address", "x@contoso.example").has(t, 200, "hello director")
	r.app.set(func() { clear(r.app.visitors); r.app.extra = url.Values{"prompt": {"select_account"}} })
	p := b.open(r.direct(appHost) + "/docs/4")
	p.has(t, 200, "Your work e-mail address")
	b.choose(p, "address", "x@contoso.example").has(t, 200, "hello director", "/docs/4")
}
