package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/test/entraid"
)

// Microsoft 365 with a domain federated to Referee: a double of Entra, and the demo files app as SharePoint Online.

// TestFederatedRouted is the whole way: the app's own address, Entra, home-realm discovery by the hint, Referee, the
// company's provider, the app behind the gateway, with Entra's steps at a mapped host.
func TestFederatedRouted(t *testing.T) {
	t.Parallel()
	for name, speaksSAML := range map[string]bool{"WS-Federation": false, "SAML": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{policies: route, saml: speaksSAML})
			b := f.browser(nil)
			p := f.walk(b, f.mapped("contoso", sitesHost)+"/")
			f.landed(t, p, f.mapped("contoso", sitesHost))
			if !p.went(f.mapped("contoso", entraHost) + "/login.srf") {
				t.Errorf("the token was not posted to the mapped host:\n%s", strings.Join(p.hops, "\n"))
			}
			for _, hop := range p.hops {
				if strings.HasPrefix(hop, f.direct(entraHost)) || strings.HasPrefix(hop, f.direct(sitesHost)) {
					t.Errorf("the browser went to the direct host %s", hop)
				}
			}
			// A deep link survives.
			again := f.walk(b, f.mapped("contoso", sitesHost)+"/?view=list")
			f.landed(t, again, f.mapped("contoso", sitesHost))
			access := f.rec.of(model.ActivityAccess)
			if len(access) == 0 || access[0].App.Key != "sharepoint" || access[0].App.Name != "SharePoint Online (stand-in)" {
				t.Errorf("recorded %+v", access)
			}
			if strings.Contains(f.log.String(), "wresult") || strings.Contains(f.log.String(), immutable) {
				t.Error("the log holds a token")
			}
		})
	}
}

// TestFederatedFromTheAppsOwnAddress: who begins at the direct host ends behind the gateway, where a policy routes there.
func TestFederatedFromTheAppsOwnAddress(t *testing.T) {
	t.Parallel()
	for name, speaksSAML := range map[string]bool{"WS-Federation": false, "SAML": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{policies: route, saml: speaksSAML})
			b := f.browser(nil)
			f.landed(t, f.walk(b, f.hinting(b)), f.mapped("contoso", sitesHost))
			direct := newFederated(t, federatedSetting{saml: speaksSAML})
			b = direct.browser(nil)
			direct.landed(t, direct.walk(b, direct.hinting(b)), direct.direct(sitesHost))
		})
	}
}

// TestFederatedSuite has SharePoint sign in through the instance that Entra's sign-in host belongs to: behind the gateway
// each app is decided about by itself, and from an app's own address the strictest of them counts.
func TestFederatedSuite(t *testing.T) {
	t.Parallel()
	const only = `
kind: ConditionalAccess
id: sites-only
name: SharePoint Online alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [sharepoint]}
`
	for name, c := range map[string]struct {
		saml           bool
		control        string
		mapped, direct bool // where people get in
	}{
		"routed":           {false, "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", true, false},
		"routed, by SAML":  {true, "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", true, false},
		"blocked":          {false, "grantControls: {builtInControls: [block]}", false, false},
		"nothing is asked": {false, "state: disabled\nsessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{policies: only + c.control, suite: true, saml: c.saml})
			f.host(otherHost, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<p>the portal of Microsoft 365"))
			}))
			b := f.browser(nil)
			p := f.walk(b, f.mapped("contoso", sitesHost)+"/")
			if c.mapped {
				f.landed(t, p, f.mapped("contoso", sitesHost))
			} else if p.status != http.StatusForbidden || p.at.Host != brokerHost+f.port {
				t.Errorf("a blocked app is reached: %d at %s\n%s", p.status, p.at, strings.Join(p.hops, "\n"))
			}
			b = f.browser(nil)
			p = f.walk(b, f.hinting(b))
			if c.direct {
				f.landed(t, p, f.direct(sitesHost))
			} else if p.status != 200 || !strings.HasPrefix(p.at.String(), f.mapped("contoso", otherHost)+"/") || !strings.Contains(p.text, "the portal") {
				t.Errorf("from the app's own address: %d at %s\n%s", p.status, p.at, strings.Join(p.hops, "\n"))
			}
		})
	}
}

// TestSilentRenewal is MSAL's: prompt=none in a frame, answered by a redirect, at the mapped host alone.
func TestSilentRenewal(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{policies: route})
	b := f.browser(nil)
	app := f.mapped("contoso", sitesHost)
	f.landed(t, f.walk(b, app+"/"), app)
	asked := len(f.entra.Asked())
	silent := func() url.Values {
		q := url.Values{
			"client_id": {"spa"}, "redirect_uri": {app + "/spa"}, "response_type": {"code"}, "response_mode": {"fragment"}, "prompt": {"none"},
			"state": {"s1"}, "nonce": {"n1"}, "scope": {"openid offline_access"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
		}
		p := b.send("GET", f.mapped("contoso", entraHost)+"/"+entraID+"/oauth2/v2.0/authorize?"+q.Encode(), nil, "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "same-site", "Referer", app+"/")
		to := p.header.Get("Location")
		if p.status != http.StatusFound || !strings.HasPrefix(to, app+"/spa#") {
			t.Fatalf("%d to %q\n%s", p.status, to, p.text)
		}
		_, fragment, _ := strings.Cut(to, "#")
		out, err := url.ParseQuery(fragment)
		if err != nil || out.Get("state") != "s1" {
			t.Fatalf("%q: %v", fragment, err)
		}
		return out
	}
	code := silent().Get("code")
	if code == "" || len(f.entra.Asked()) != asked {
		t.Fatalf("no code, or the provider was asked: %v", f.entra.Asked()[asked:])
	}
	redeem := url.Values{"grant_type": {"authorization_code"}, "client_id": {"spa"}, "code": {code}, "redirect_uri": {app + "/spa"}, "code_verifier": {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}}
	p := b.send("POST", f.mapped("contoso", entraHost)+"/"+entraID+"/oauth2/v2.0/token", redeem,
		"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-site", "Origin", app, "Referer", app+"/", "Accept", "application/json")
	p.has(t, 200, `"token_type":"Bearer"`, "refresh_token")
	f.entra.ForgetSessions()
	if got := silent().Get("error"); got != "login_required" {
		t.Errorf("without a session: %q", got)
	}
}

// TestFreshSignIn: Entra passes prompt=login on as wfresh=0, and the person signs in anew at the company's provider.
func TestFreshSignIn(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{})
	b := f.browser(nil)
	f.landed(t, f.walk(b, f.hinting(b)), f.direct(sitesHost))
	f.idp.mu.Lock()
	f.idp.last = nil
	f.idp.mu.Unlock()
	q := url.Values{
		"client_id": {"sharepoint"}, "redirect_uri": {f.direct(sitesHost) + oidcAnswer}, "response_type": {"code"}, "response_mode": {"form_post"},
		"prompt": {"login"}, "login_hint": {"director@contoso.example"}, "nonce": {"n"},
	}
	f.walk(b, f.direct(entraHost)+"/"+entraID+"/oauth2/v2.0/authorize?"+q.Encode())
	asked := f.entra.Asked()
	f.idp.mu.Lock()
	defer f.idp.mu.Unlock()
	if last := asked[len(asked)-1]; last.Get("wfresh") != "0" || f.idp.last.Get("prompt") != "login" || len(f.entra.Refused()) > 0 {
		t.Errorf("Entra asked %v, the provider was asked %v; refused %v", last, f.idp.last, f.entra.Refused())
	}
}

// TestSecondFactorForEntra: a Conditional Access policy in Entra asks for a second factor, and the domain leaves it to
// Referee (federatedIdpMfaBehavior).
func TestSecondFactorForEntra(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		saml   bool
		amr    []string
		passes bool
	}{
		"with one":             {false, []string{"pwd", "mfa"}, true},
		"with one, by SAML":    {true, []string{"pwd", "mfa"}, true},
		"without one":          {false, []string{"pwd"}, false},
		"without one, by SAML": {true, []string{"pwd"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{policies: route, saml: c.saml, claim: map[string]any{"amr": c.amr}})
			f.entra.Set(func(e *entraid.Entra) {
				d := e.Domains["contoso.example"]
				d.MFA, e.RequireMFA = entraid.EnforceMFA, true
				e.Domains["contoso.example"] = d
			})
			b := f.browser(nil)
			p := f.walk(b, f.mapped("contoso", sitesHost)+"/")
			if c.passes {
				f.landed(t, p, f.mapped("contoso", sitesHost))
				return
			}
			if p.at.Host != brokerHost+f.port || !strings.Contains(p.at.Path, "/stepup/") {
				t.Errorf("ended at %s with %d; Entra refused %v\n%s", p.at, p.status, f.entra.Refused(), strings.Join(p.hops, "\n"))
			}
		})
	}
}
