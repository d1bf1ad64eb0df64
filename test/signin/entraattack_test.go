package signin_test

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/test/entraid"
)

// What must not work with Microsoft 365 federated: credentials at a mapped host, tokens for strangers, requests of nobody.

// TestCredentialPagesAreNeverMapped asks a mapped sign-in host for everything that might take a credential.
func TestCredentialPagesAreNeverMapped(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{policies: route})
	b := f.browser(nil)
	f.landed(t, f.walk(b, f.mapped("contoso", sitesHost)+"/"), f.mapped("contoso", sitesHost))
	at := f.mapped("contoso", entraHost)
	f.entra.ForgetSessions()
	authorize := func(q url.Values) string {
		q.Set("client_id", "sharepoint")
		q.Set("redirect_uri", f.direct(sitesHost)+oidcAnswer)
		q.Set("response_type", "code")
		return at + "/" + entraID + "/oauth2/v2.0/authorize?" + q.Encode()
	}
	token := "/" + entraID + "/oauth2/v2.0/token"
	for name, c := range map[string]struct {
		method, to string
		form       url.Values
	}{
		"front page":          {"GET", at + "/", nil},
		"login":               {"GET", at + "/common/login", nil},
		"password":            {"POST", at + "/common/login", url.Values{"login": {"director@contoso.example"}, "passwd": {"hunter2"}}},
		"password of tenant":  {"POST", at + "/" + entraID + "/login", url.Values{"passwd": {"hunter2"}}},
		"credential type":     {"POST", at + "/common/GetCredentialType", url.Values{}},
		"home realm":          {"GET", at + "/getuserrealm.srf?login=director@contoso.example", nil},
		"second factor":       {"POST", at + "/common/SAS/BeginAuth", url.Values{"AuthMethodId": {"PhoneAppOTP"}}},
		"stay signed in":      {"POST", at + "/kmsi", url.Values{"LoginOptions": {"1"}}},
		"other spelling":      {"GET", at + "/" + entraID + "/oauth2/v2.0/%61uthorize", nil},
		"climbing":            {"GET", at + "/common/../common/login", nil},
		"password by token":   {"POST", at + token, url.Values{"grant_type": {"password"}, "username": {"director@contoso.example"}, "password": {"hunter2"}}},
		"password with code":  {"POST", at + token, url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "password": {"hunter2"}}},
		"secret by token":     {"POST", at + token, url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "client_secret": {"s"}}},
		"application's token": {"POST", at + token, url.Values{"grant_type": {"client_credentials"}}},
		"device code":         {"POST", at + token, url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {"x"}}},
	} {
		before := len(f.entra.Credentials())
		p := b.send(c.method, c.to, c.form, "Sec-Fetch-Site", "same-origin", "Origin", at)
		if p.status != http.StatusForbidden || len(f.entra.Credentials()) != before {
			t.Errorf("%s: %d, and Entra was asked: %v", name, p.status, f.entra.Credentials()[before:])
		}
		p.lacks(t, "passwd", "hunter2", "loginfmt")
	}
	// A page that Entra answers with where none is expected is not shown either.
	for name, change := range map[string]func(*entraid.Entra){
		"the domain is not federated": func(e *entraid.Entra) { e.Domains["contoso.example"] = entraid.Domain{} },
		"stay signed in":              func(e *entraid.Entra) { e.StaySigned = true },
	} {
		g := newFederated(t, federatedSetting{policies: route})
		g.entra.Set(change)
		b := g.browser(nil)
		p := g.walk(b, g.mapped("contoso", sitesHost)+"/")
		if p.status != http.StatusForbidden || !strings.HasPrefix(p.at.String(), g.mapped("contoso", entraHost)) {
			t.Errorf("%s: %d at %s\n%s", name, p.status, p.at, strings.Join(p.hops, "\n"))
		}
		p.lacks(t, "passwd", "loginfmt", "Stay signed in?", "DontShowAgain")
		p.has(t, http.StatusForbidden, "Nothing is typed here")
	}
	// Choosing another account is not offered: the account is the session's.
	p := b.follow(b.send("GET", authorize(url.Values{"prompt": {"select_account"}}), nil), 30)
	if strings.Contains(p.text, "loginfmt") {
		t.Error("the account picker was shown")
	}
}

// TestNoTokenForStrangers: nobody gets a token whose account is not known, or of another domain.
func TestNoTokenForStrangers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claim map[string]any
		want  string
	}{
		"no anchor":         {map[string]any{"anchor": ""}, "not linked to one in Microsoft 365"},
		"two anchors":       {map[string]any{"anchor": []string{immutable, "x"}}, "not linked to one in Microsoft 365"},
		"anchor with space": {map[string]any{"anchor": "a b"}, "not linked to one in Microsoft 365"},
		"another domain":    {map[string]any{"email": "director@elsewhere.example", "preferred_username": "director@elsewhere.example"}, "not of a domain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{policies: route, claim: c.claim})
			p := f.walk(f.browser(nil), f.at("contoso", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm)))
			if p.status != http.StatusForbidden || !strings.Contains(p.text, c.want) || strings.Contains(p.text, "wresult") {
				t.Errorf("%d at %s\n%s", p.status, p.at, p.text)
			}
		})
	}
}

// TestWSFedRequests gives the broker requests that must lead nowhere.
func TestWSFedRequests(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{})
	realm := "wtrealm=" + url.QueryEscape(entraid.Realm)
	for name, c := range map[string]struct {
		query  string
		status int
	}{
		"unknown realm":    {"wa=wsignin1.0&wtrealm=urn:evil", 404},
		"reply elsewhere":  {"wa=wsignin1.0&" + realm + "&wreply=https://evil.example/login.srf", 403},
		"reply below":      {"wa=wsignin1.0&" + realm + "&wreply=" + url.QueryEscape(f.direct(entraHost)+"/login.srf/x"), 403},
		"two realms":       {"wa=wsignin1.0&" + realm + "&wtrealm=x", 400},
		"no action":        {realm, 400},
		"unknown action":   {"wa=wattr1.0&" + realm, 400},
		"old":              {"wa=wsignin1.0&" + realm + "&wct=2020-01-01T00:00:00Z", 403},
		"of tomorrow":      {"wa=wsignin1.0&" + realm + "&wct=2100-01-01T00:00:00Z", 403},
		"no time":          {"wa=wsignin1.0&" + realm + "&wct=now", 400},
		"no minutes":       {"wa=wsignin1.0&" + realm + "&wfresh=-1", 400},
		"another tenant's": {"", 404},
	} {
		to := f.at("contoso", "/wsfed?"+c.query)
		if c.query == "" {
			to = f.at("nobody", "/wsfed?wa=wsignin1.0&"+realm)
		}
		if p := f.browser(nil).open(to); p.status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, p.status, c.status, p.text)
		}
	}
	// Signing out asks first: any page could send a browser here.
	b := f.browser(nil)
	f.landed(t, f.walk(b, f.hinting(b)), f.direct(sitesHost))
	b.open(f.at("contoso", "/wsfed?wa=wsignout1.0&"+realm)).has(t, 200, "Sign out")
	if all, err := f.db.Sessions(t.Context(), "contoso", "", f.now()); err != nil || len(all) != 1 {
		t.Errorf("%d sessions live, %v", len(all), err)
	}
	// A silent request gets an answer without a page: a fault, to the registered address.
	p := f.browser(nil).open(f.at("contoso", "/wsfed?wa=wsignin1.0&prompt=none&wctx=c1&"+realm))
	to, fields := formOf(p)
	if to != f.direct(entraHost)+"/login.srf" || !strings.Contains(fields.Get("wresult"), "FailedAuthentication") || fields.Get("wctx") != "c1" {
		t.Errorf("to %q: %v", to, fields)
	}
	// One request, one token.
	at := b.until(f.at("contoso", "/wsfed?wa=wsignin1.0&"+realm), "/wsfed/continue")
	first := b.open(at)
	if _, fields := formOf(first); !strings.Contains(fields.Get("wresult"), "Assertion") {
		t.Fatalf("no token: %s", first.text)
	}
	b.open(at).has(t, 403, "already used")
}

// TestTokensOfOneTenant: the other tenant has the same realm, and its own issuer and domain.
func TestTokensOfOneTenant(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{})
	p := f.walk(f.browser(nil), f.at("fabrikam", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm)))
	if p.status != 403 || !strings.Contains(p.text, "not of a domain") {
		t.Errorf("%d: %s", p.status, p.text)
	}
}

// TestDoubleRefuses shows that the double checks what it is given: tokens that are not the domain's are refused.
func TestDoubleRefuses(t *testing.T) {
	t.Parallel()
	edit := func(from, to string) func(url.Values) {
		return func(v url.Values) { v.Set("wresult", strings.ReplaceAll(v.Get("wresult"), from, to)) }
	}
	f := newFederated(t, federatedSetting{})
	for name, c := range map[string]struct {
		change func(url.Values)
		entra  func(*entraid.Entra)
		want   string
	}{
		"name changed":     {edit("director@", "president@"), nil, "AADSTS50008"},
		"anchor changed":   {edit(immutable, "AAAAAAAAAAAAAAAAAAAAAA=="), nil, "AADSTS50008"},
		"audience changed": {edit("<saml:Audience>"+entraid.Realm, "<saml:Audience>urn:evil"), nil, "AADSTS50008"},
		"no signature": {func(v url.Values) {
			text := v.Get("wresult")
			from, to := strings.Index(text, "<ds:Signature"), strings.Index(text, "</ds:Signature>")
			v.Set("wresult", text[:from]+text[to+len("</ds:Signature>"):])
		}, nil, "AADSTS50008"},
		"other issuer": {nil, func(e *entraid.Entra) {
			d := e.Domains["contoso.example"]
			d.Issuer = "http://contoso.example/adfs/services/trust/"
			e.Domains["contoso.example"] = d
		}, "AADSTS50107"},
		"other key": {nil, func(e *entraid.Entra) {
			d := e.Domains["contoso.example"]
			d.Signing = []*x509.Certificate{samlPairs()[2].Certificate}
			e.Domains["contoso.example"] = d
		}, "AADSTS50008"},
		"unknown account": {nil, func(e *entraid.Entra) { e.People = map[string]string{} }, "AADSTS51004"},
	} {
		var was entraid.Config
		f.entra.Set(func(e *entraid.Entra) {
			was = e.Config
			was.Domains = map[string]entraid.Domain{"contoso.example": e.Domains["contoso.example"]}
			if c.entra != nil {
				c.entra(e)
			}
		})
		b := f.browser(nil)
		p := b.open(f.hinting(b)) // at Referee's form
		to, fields := formOf(p)
		if to != f.direct(entraHost)+"/login.srf" {
			t.Fatalf("%s: ended at %s\n%s", name, p.at, p.text)
		}
		if c.change != nil {
			c.change(fields)
		}
		before := len(f.entra.Refused())
		b.send(http.MethodPost, to, fields, "Origin", p.at.Scheme+"://"+p.at.Host, "Sec-Fetch-Site", "cross-site")
		if got := f.entra.Refused()[before:]; len(got) != 1 || !strings.Contains(got[0].Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
		f.entra.Set(func(e *entraid.Entra) { e.Config = was })
	}
}
