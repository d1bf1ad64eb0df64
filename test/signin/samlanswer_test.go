package signin_test

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// retenant changes contoso's settings.
func (r *rig) retenant(change func(*tenant.Tenant)) {
	r.t.Helper()
	e, _ := r.dir.Get("contoso")
	v := e.Tenant
	change(&v)
	if _, err := r.db.PutTenant(r.t.Context(), v); err != nil {
		r.t.Fatal(err)
	}
	if err := r.dir.Reload(r.t.Context(), r.db); err != nil {
		r.t.Fatal(err)
	}
}

// TestUnverifiedResponseIsNotKept: anybody may post to the consumer address; of what no provider signed nothing is stored
// but the reason, and a large message costs more than a small one.
func TestUnverifiedResponseIsNotKept(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/") // stops at the provider's form
	var good url.Values
	idp.set(func() { good = idp.last })
	if !strings.Contains(p.text, html.EscapeString(good.Get("RelayState"))) {
		t.Fatal("no form")
	}
	text, err := base64.StdEncoding.DecodeString(good.Get("SAMLResponse"))
	if err != nil {
		t.Fatal(err)
	}
	large := base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(text), ">director<", ">"+strings.Repeat("x", 200<<10)+"<", 1)))
	kept := func(form url.Values) int {
		t.Helper()
		p := b.send(http.MethodPost, r.at("contoso", "/saml/acs/main"), form, "Origin", idp.origin, "Sec-Fetch-Site", "cross-site")
		id := mustURL(p.header.Get("Location")).Query().Get("answer")
		flow, err := r.db.Flow(t.Context(), "contoso", signin.FlowSAMLAnswer, id, r.now())
		if err != nil {
			t.Fatalf("%d: %v", p.status, err)
		}
		return len(flow.Sealed)
	}
	for name, form := range map[string]url.Values{
		"not signed so":       {"SAMLResponse": {large}, "RelayState": good["RelayState"]},
		"of no sign-in":       {"SAMLResponse": good["SAMLResponse"], "RelayState": {"x"}},
		"of none, and large":  {"SAMLResponse": {large}, "RelayState": {strings.Repeat("A", 43)}},
		"without a sign-in":   {"SAMLResponse": {large}},
		"of nobody's sign-in": {"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte("<x/>"))}, "RelayState": good["RelayState"]},
	} {
		if n := kept(form); n > 4000 {
			t.Errorf("%s: %d bytes are kept", name, n)
		}
	}
	if n := kept(good); n < len(text) {
		t.Errorf("of a good response %d bytes are kept", n)
	}
	n := 0
	for ; n < 200; n++ {
		if p := b.send(http.MethodPost, r.at("contoso", "/saml/acs/main"), url.Values{"SAMLResponse": {large}, "RelayState": {"x"}}); p.status == http.StatusTooManyRequests {
			break
		}
	}
	if n > 100 {
		t.Errorf("%d large messages were taken", n)
	}
}

// TestSecondSignInShortens: a sign-in that the provider lets live shorter (SessionNotOnOrAfter) ends the session then, also
// when the session was there before; one that may live longer prolongs nothing.
func TestSecondSignInShortens(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	b := r.browser(nil)
	b.visit(r.direct(appHost)+"/").has(t, 200, "hello director")
	first := r.session(r.lastSession())
	again := func(life time.Duration) time.Time {
		t.Helper()
		idp.set(func() {
			idp.lie = func(is *saml.Issue, _ *saml.IdentityProvider) { is.SessionEnd = r.now().Add(life) }
		})
		b.visit(r.request(url.Values{"prompt": {"login"}}))
		if got := r.lastSession(); got != first.ID {
			t.Fatalf("another session: %s", got)
		}
		return r.session(first.ID).Expires
	}
	if got := again(time.Hour); got.After(r.now().Add(time.Hour + time.Minute)) {
		t.Errorf("ends at %s, the provider's session in an hour", got)
	}
	if got := again(9 * time.Hour); got.After(r.now().Add(time.Hour + time.Minute)) {
		t.Errorf("prolonged to %s", got)
	}
}

// TestSAMLDeviceClaims: what a SAML provider signs of the device counts at sign-in, by the names that Okta, Keycloak and
// AD FS send it by.
func TestSAMLDeviceClaims(t *testing.T) {
	t.Parallel()
	const adfs = "http://schemas.microsoft.com/2012/01/devicecontext/claims/"
	for name, c := range map[string]struct {
		preset string
		claim  model.DeviceClaim
		says   []string
		status int
	}{
		"managed":               {"generic", model.DeviceClaim{Claim: "urn:example:ismanaged", Tag: model.TagManaged, Values: []string{"true"}}, []string{"true"}, 200},
		"not managed":           {"generic", model.DeviceClaim{Claim: "urn:example:ismanaged", Tag: model.TagManaged, Values: []string{"true"}}, []string{"false"}, 403},
		"says none":             {"generic", model.DeviceClaim{Claim: "urn:example:ismanaged", Tag: model.TagManaged, Values: []string{"true"}}, nil, 403},
		"AD FS":                 {"adfs", model.DeviceClaim{Claim: adfs + "ismanaged", Tag: model.TagManaged}, []string{"true"}, 200},
		"AD FS, joined":         {"adfs", model.DeviceClaim{Claim: adfs + "trusttype", Tag: model.TagManaged, Values: []string{"ServerAD"}, Attribute: "trustType"}, []string{"ServerAd"}, 200},
		"AD FS, a workplace's":  {"adfs", model.DeviceClaim{Claim: adfs + "trusttype", Tag: model.TagManaged, Values: []string{"ServerAD"}, Attribute: "trustType"}, []string{"Workplace"}, 403},
		"Okta":                  {"okta", model.DeviceClaim{Claim: "device.managed", Tag: model.TagManaged}, []string{"true"}, 200},
		"Okta, not managed":     {"okta", model.DeviceClaim{Claim: "device.managed", Tag: model.TagManaged}, []string{"false"}, 403},
		"Keycloak, compliant":   {"keycloak", model.DeviceClaim{Claim: "device_compliant", Tag: model.TagIntuneCompliant, Values: []string{"compliant"}}, []string{"a", "compliant"}, 200},
		"Keycloak, nothing set": {"keycloak", model.DeviceClaim{Claim: "device_compliant", Tag: model.TagIntuneCompliant, Values: []string{"compliant"}}, []string{""}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, idp, _ := samlRig(t, needsDevice, nil)
			r.retenant(func(v *tenant.Tenant) {
				v.Device.CAs = nil
				v.Providers[0].DeviceClaims = []model.DeviceClaim{c.claim}
				v.Providers[0].Preset = c.preset
			})
			idp.set(func() {
				idp.lie = func(is *saml.Issue, _ *saml.IdentityProvider) {
					is.AuthnInstant = r.now().Add(-5 * time.Hour) // the person signed in this morning; the device is as it is now
					if c.says != nil {
						is.Attributes = append(is.Attributes, saml.Attribute{Name: c.claim.Claim, Values: c.says})
					}
				}
			})
			if p := r.browser(nil).visit(r.direct(appHost) + "/"); p.status != c.status {
				t.Errorf("%d: %s\n%+v", p.status, p.text, r.session(r.lastSession()).Proofs)
			}
		})
	}
}

// TestGoogleBySAML: the claim hd is OpenID's; Google's SAML has none.
func TestGoogleBySAML(t *testing.T) {
	t.Parallel()
	r, idp, _ := samlRig(t, "", nil)
	r.retenant(func(v *tenant.Tenant) {
		v.Providers[0].Preset, v.Providers[0].Domains = "google", []string{"contoso.example"}
	})
	idp.set(func() {
		idp.lie = func(is *saml.Issue, _ *saml.IdentityProvider) {
			is.NameID = saml.NameID{Value: "director@contoso.example", Format: saml.FormatEmail}
		}
	})
	p := r.browser(nil).visit(r.direct(appHost) + "/")
	p.has(t, 200, "hello director@contoso.example")
}
