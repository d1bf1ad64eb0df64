package signin_test

import (
	"bytes"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/saml"
)

var (
	formAction = regexp.MustCompile(`<form id="answer" method="post" action="([^"]+)">`)
	formField  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// submit posts the form of a page that submits itself, as a browser does: from another site, so that only cookies
// with SameSite=None go along.
func (b *browser) submit(p *page) *page {
	m := formAction.FindStringSubmatch(p.text)
	if m == nil {
		return nil
	}
	form := url.Values{}
	for _, f := range formField.FindAllStringSubmatch(p.text, -1) {
		form.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	to := html.UnescapeString(m[1])
	header := []string{"Origin", p.at.Scheme + "://" + p.at.Host, "Sec-Fetch-Site", "cross-site"}
	if mustURL(to).Host == brokerHost+b.r.port { // Lax cookies stay behind
		jar := b.client.Jar
		b.client.Jar = nil
		defer func() { b.client.Jar = jar }()
	}
	return b.send(http.MethodPost, to, form, header...)
}

// visit is open for trips with forms.
func (b *browser) visit(to string) *page {
	b.r.t.Helper()
	p := b.open(to)
	hops := p.hops
	for range 6 {
		next := b.submit(p)
		if next == nil {
			break
		}
		p = b.follow(next, 30)
		hops = append(hops, p.hops...)
	}
	p.hops = hops
	return p
}

// TestSAMLInOpenIDOut signs in at a SAML provider, for an OpenID app.
func TestSAMLInOpenIDOut(t *testing.T) {
	t.Parallel()
	r, _, _ := samlRig(t, "", nil)
	r.browser(nil).visit(r.direct(appHost)+"/docs/1").has(t, 200, "hello director@contoso.example of Directors,Staff", "/docs/1")
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 1 || logins[0].User.ID != "main:director" || logins[0].User.External {
		t.Errorf("recorded %+v", logins)
	}
}

func TestSAMLOut(t *testing.T) {
	t.Parallel()
	r, _, _ := samlRig(t, "", nil)
	r.browser(nil).visit(r.direct(otherHost)+"/n/1").has(t, 200, "email=director@contoso.example groups=Directors,Staff id=main:director", "at "+otherHost+r.port+"/n/1")
	access := r.rec.of(model.ActivityAccess)
	if len(access) != 1 || access[0].ActionType != "AccessGranted" || access[0].App.Instance != "notes" {
		t.Errorf("recorded %+v", access)
	}
}

// TestSAMLRouted: Recipient and Destination stay the app's own, which the app itself checks, while the browser posts
// to the mapped host and lands on the page that it wanted.
func TestSAMLRouted(t *testing.T) {
	t.Parallel()
	r, _, app := samlRig(t, route, nil)
	p := r.browser(nil).visit(r.direct(otherHost) + "/n/1?page=2")
	p.has(t, 200, "email=director@contoso.example", "at "+otherHost+r.port+"/n/1?page=2")
	if !strings.HasPrefix(p.at.String(), r.mapped("contoso", otherHost)+"/") {
		t.Errorf("ended at %s: %v\n%s", p.at, app.refused, strings.Join(p.hops, "\n"))
	}
	direct := 0
	for _, h := range p.hops {
		if strings.HasPrefix(h, r.direct(otherHost)) {
			direct++
		}
	}
	if direct != 1 {
		t.Errorf("%d requests to the direct host, want the first alone:\n%s", direct, strings.Join(p.hops, "\n"))
	}
}

func TestSAMLStartedHere(t *testing.T) {
	t.Parallel()
	r, _, _ := samlRig(t, "", func(s *catalog.SAMLApp) { s.IdPInitiated = true })
	b := r.browser(nil)
	b.visit(r.at("contoso", "/saml/start/notes?target="+url.QueryEscape(r.direct(otherHost)+"/n/7"))).has(t, 200, "email=director", "/n/7")
	b.visit(r.at("contoso", "/saml/start/notes?target=https%3A%2F%2Fevil.example%2F")).has(t, 400, "no page of this app")
	off, _, _ := samlRig(t, "", nil)
	off.browser(nil).visit(off.at("contoso", "/saml/start/notes")).has(t, 404)
}

// TestForgedResponses gives the broker responses that must not sign anybody in. The page says one sentence; the
// record says which check failed.
func TestForgedResponses(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	edit := func(from, to string) func(url.Values) {
		return func(v url.Values) {
			text, _ := base64.StdEncoding.DecodeString(v.Get("SAMLResponse"))
			v.Set("SAMLResponse", base64.StdEncoding.EncodeToString(bytes.ReplaceAll(text, []byte(from), []byte(to))))
		}
	}
	for name, c := range map[string]struct {
		lie    func(*saml.Issue, *saml.IdentityProvider)
		answer func(url.Values)
		want   saml.Reason
	}{
		"another key":         {func(_ *saml.Issue, p *saml.IdentityProvider) { p.Keys = saml.Keys{samlPairs()[2]} }, nil, saml.ReasonSignature},
		"another issuer":      {func(_ *saml.Issue, p *saml.IdentityProvider) { p.EntityID = "https://evil.example/m" }, nil, saml.ReasonIssuer},
		"name changed":        {nil, edit(">director<", ">president<"), saml.ReasonDigest},
		"comment in the name": {nil, edit(">director<", ">direct<!-- -->or<"), saml.ReasonComment},
		"an entity":           {nil, edit("<samlp:Response", `<!DOCTYPE x [<!ENTITY e "y">]><samlp:Response`), saml.ReasonDTD},
		"another audience": {func(is *saml.Issue, _ *saml.IdentityProvider) {
			is.App.ID = "https://other.example/sp"
			is.Request.App.ID = is.App.ID
		}, nil, saml.ReasonAudience},
		"another recipient": {func(is *saml.Issue, _ *saml.IdentityProvider) { is.Request.Consumer.Location += "x" }, nil, saml.ReasonDestination},
		"answer to another": {func(is *saml.Issue, _ *saml.IdentityProvider) { is.Request.ID = "_other" }, nil, saml.ReasonRequestUnknown},
		"old": {func(is *saml.Issue, p *saml.IdentityProvider) {
			p.Now = func() time.Time { return r.now().Add(-time.Hour) }
			is.AuthnInstant = p.Now()
		}, nil, saml.ReasonExpired},
		"of tomorrow": {func(_ *saml.Issue, p *saml.IdentityProvider) {
			p.Now = func() time.Time { return r.now().Add(time.Hour) }
		}, nil, saml.ReasonNotYet},
		"no base64":             {nil, func(v url.Values) { v.Set("SAMLResponse", "%%%") }, saml.ReasonEncoding},
		"transient, no subject": {func(is *saml.Issue, _ *saml.IdentityProvider) { is.NameID.Format = saml.FormatTransient }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			idp.set(func() { idp.lie, idp.answer = c.lie, c.answer })
			r.clock.Advance(time.Minute)
			before := len(r.rec.of(model.ActivityFailedLogin))
			b := r.browser(nil)
			p := b.visit(r.direct(appHost) + "/")
			if p.status < 400 || p.at.Host != brokerHost+r.port {
				t.Fatalf("%d at %s:\n%s", p.status, p.at, p.text)
			}
			p.lacks(t, "president", "evil", "recipient", "audience", "signature")
			b.signedOut(t)
			failed := r.rec.of(model.ActivityFailedLogin)
			if len(failed) != before+1 || !strings.Contains(failed[before].Reason, string(c.want)) {
				t.Errorf("recorded %+v, want a reason with %q", failed[min(before, len(failed)):], c.want)
			}
		})
	}
}

// TestResponseTwice brings a good response a second time, in the same and in another browser.
func TestResponseTwice(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	b := r.browser(nil)
	b.visit(r.direct(appHost)+"/").has(t, 200, "hello director")
	var form url.Values
	idp.set(func() { form = idp.last })
	for _, again := range []*browser{b, r.browser(nil)} {
		p := again.follow(again.send(http.MethodPost, r.at("contoso", "/saml/acs/main"), form, "Origin", idp.origin, "Sec-Fetch-Site", "cross-site"), 5)
		p.has(t, 403, "was already used")
	}
}

// TestSAMLLoginCSRF posts the attacker's response in the victim's browser.
func TestSAMLLoginCSRF(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	attacker, victim := r.browser(nil), r.browser(nil)
	attacker.open(r.direct(appHost) + "/") // stops at the provider's form
	var form url.Values
	idp.set(func() { form = idp.last })
	p := victim.follow(victim.send(http.MethodPost, r.at("contoso", "/saml/acs/main"), form, "Origin", idp.origin, "Sec-Fetch-Site", "cross-site"), 5)
	p.has(t, 403, "started in another browser")
	victim.signedOut(t)
}

// TestSAMLProviderSignsOut: a signed logout request of the provider ends the session; an unsigned one, or one of another
// key, does not.
func TestSAMLProviderSignsOut(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	b := r.browser(nil)
	b.visit(r.direct(appHost)+"/").has(t, 200, "hello director")
	send := func(name string, key saml.KeyPair) *page {
		t.Helper()
		local := idp.local()
		local.Keys = saml.Keys{key}
		m, err := local.RequestLogout(idp.referee(), saml.RoleApp, saml.Redirect, saml.NameID{Value: name, Format: saml.FormatPersistent}, []string{"s1"}, "")
		if err != nil {
			t.Fatal(err)
		}
		return r.browser(nil).send(http.MethodGet, m.URL, nil)
	}
	live := func() int {
		t.Helper()
		all, err := r.db.Sessions(t.Context(), "contoso", "", r.now())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if p := send("director", samlPairs()[2]); p.status != 403 || live() != 1 {
		t.Errorf("another key: %d, %d sessions live", p.status, live())
	}
	if p := send("somebody", samlPairs()[0]); p.status != 303 || live() != 1 {
		t.Errorf("another person: %d, %d sessions live", p.status, live())
	}
	p := send("director", samlPairs()[0])
	if to := p.header.Get("Location"); p.status != 303 || !strings.HasPrefix(to, idp.origin+"/slo?SAMLResponse=") || live() != 0 {
		t.Errorf("%d to %s, %d sessions live", p.status, to, live())
	}
}

// TestSAMLAppSignsOut: the app's signed logout request ends the session.
func TestSAMLAppSignsOut(t *testing.T) {
	t.Parallel()
	r, _, app := samlRig(t, "", nil)
	b := r.browser(nil)
	b.visit(r.direct(otherHost)+"/").has(t, 200, "email=director")
	sp, err := app.sp()
	if err != nil {
		t.Fatal(err)
	}
	var got *saml.SignIn
	for _, v := range app.visitors {
		got = v
	}
	for _, c := range []struct {
		name saml.NameID
		live bool
	}{{saml.NameID{Value: "x", Format: saml.FormatPersistent}, true}, {got.NameID, false}} {
		m, err := sp.RequestLogout(sp.Provider, saml.RoleProvider, saml.Redirect, c.name, []string{got.SessionIndex}, "r")
		if err != nil {
			t.Fatal(err)
		}
		p := b.send(http.MethodGet, m.URL, nil)
		if to := p.header.Get("Location"); p.status != 303 || !strings.HasPrefix(to, app.origin+"/slo?SAMLResponse=") {
			t.Errorf("%d to %s\n%s", p.status, to, p.text)
		}
		s, err := r.db.Session(t.Context(), "contoso", model.SessionID(got.SessionIndex))
		if err != nil || s.Live(r.now()) != c.live {
			t.Errorf("%q: live %v, %v", c.name.Value, s.Live(r.now()), err)
		}
	}
}
