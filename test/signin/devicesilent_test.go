package signin_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// compliantOnly blocks devices that are not proven compliant.
const compliantOnly = `
kind: ConditionalAccess
id: compliant
name: Compliant devices alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [All]}
  devices: {deviceFilter: {mode: exclude, tags: [compliant]}}
grantControls: {builtInControls: [block]}
`

// entra makes the provider speak as Entra does about an authentication context: granted to compliant devices, refused
// to others with interaction_required.
type entra struct {
	compliant bool
	failed    string // error in the place of an answer
	detail    string
	acrs      any
	asked     int
}

func (e *entra) silent(t *testing.T) func(url.Values) (string, string, map[string]any) {
	return func(q url.Values) (string, string, map[string]any) {
		e.asked++
		var claims struct {
			IDToken map[string]struct {
				Essential bool
				Value     string
			} `json:"id_token"`
		}
		if err := json.Unmarshal([]byte(q.Get("claims")), &claims); err != nil || !claims.IDToken["acrs"].Essential || claims.IDToken["acrs"].Value != "c7" {
			t.Errorf("claims parameter %q: %v", q.Get("claims"), err)
		}
		if q.Get("login_hint") != "director@contoso.example" {
			t.Errorf("login_hint %q", q.Get("login_hint"))
		}
		switch {
		case e.failed != "":
			return e.failed, e.detail, nil
		case !e.compliant:
			return "interaction_required", "AADSTS53000: Device is not in required device state: compliant.", nil
		case e.acrs != nil:
			return "", "", map[string]any{"acrs": e.acrs}
		}
		return "", "", map[string]any{"acrs": []string{"c1", "c7"}}
	}
}

func withContext(v *tenant.Tenant, _ *rig) { v.Providers[0].DeviceContext, v.Device.CAs = "c7", nil }

// rigWithEntra has a provider that speaks Entra's protocol.
func rigWithEntra(t *testing.T, e *entra) *rig {
	t.Helper()
	r := newRig(t, setting{policies: compliantOnly, change: withContext})
	r.idp.set(func() { r.idp.silent = e.silent(t) })
	return r
}

func (r *rig) lastProof(t *testing.T) model.Activity {
	t.Helper()
	all := r.rec.of(model.ActivityDeviceProof)
	if len(all) == 0 {
		t.Fatal("no proof was recorded")
	}
	return all[len(all)-1]
}

func TestEntraContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		entra  entra
		claims func(map[string]any)
		status int
		tag    model.DeviceTag
		reason string
	}{
		{name: "compliant", entra: entra{compliant: true}, status: 200, tag: model.TagIntuneCompliant, reason: "granted authentication context c7"},
		{name: "not compliant", status: 403, tag: model.TagUnmanaged, reason: "interaction_required (AADSTS53000)"},
		{name: "denied", entra: entra{failed: "access_denied"}, status: 403, tag: model.TagUnmanaged, reason: "access_denied"},
		{name: "nobody signed in there", entra: entra{failed: "login_required", detail: "AADSTS50058: no session"}, status: 403, tag: model.TagUnknown, reason: "login_required (AADSTS50058)"},
		{name: "wants a second factor", entra: entra{failed: "interaction_required", detail: "AADSTS50076: MFA"}, status: 403, tag: model.TagUnknown, reason: "AADSTS50076"},
		{name: "wants consent", entra: entra{failed: "consent_required", detail: "AADSTS65001"}, status: 403, tag: model.TagUnknown, reason: "consent_required"},
		{name: "out of order", entra: entra{failed: "temporarily_unavailable"}, status: 403, tag: model.TagUnknown, reason: "temporarily_unavailable"},
		{name: "error with markup", entra: entra{failed: "<script>"}, status: 403, tag: model.TagUnknown, reason: "answered an error"},
		{name: "another context", entra: entra{compliant: true, acrs: []string{"c1"}}, status: 403, tag: model.TagUnknown, reason: "does not name authentication context c7"},
		{name: "context as text", entra: entra{compliant: true, acrs: "c7"}, status: 200, tag: model.TagIntuneCompliant, reason: "granted"},
		{name: "part of a name", entra: entra{compliant: true, acrs: []string{"c77", "xc7"}}, status: 403, tag: model.TagUnknown, reason: "does not name"},
		{name: "another person", entra: entra{compliant: true}, claims: func(m map[string]any) { m["sub"] = "employee" }, status: 403, tag: model.TagUnknown, reason: "another person"},
		{name: "another nonce", entra: entra{compliant: true}, claims: func(m map[string]any) { m["nonce"] = "x" }, status: 403, tag: model.TagUnknown, reason: "nonce"},
		{name: "another audience", entra: entra{compliant: true}, claims: func(m map[string]any) { m["aud"] = "x" }, status: 403, tag: model.TagUnknown, reason: "can't be used"},
		{name: "signed before it was asked for", entra: entra{compliant: true}, claims: func(m map[string]any) { m["iat"] = m["iat"].(int64) - 600 }, status: 403, tag: model.TagUnknown, reason: "before it was asked for"},
		{name: "from the future", entra: entra{compliant: true}, claims: func(m map[string]any) { m["iat"] = m["iat"].(int64) + 600 }, status: 403, tag: model.TagUnknown, reason: "can't be used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := c.entra
			r := rigWithEntra(t, &e)
			r.idp.set(func() {
				r.idp.claims = func(m map[string]any) {
					if m["acrs"] != nil && c.claims != nil { // the silent request's token alone
						c.claims(m)
					}
				}
			})
			p := r.browser(nil).open(r.direct(appHost) + "/")
			if p.status != c.status {
				t.Fatalf("%d, want %d:\n%s\n%s", p.status, c.status, strings.Join(p.hops, "\n"), p.text)
			}
			a := r.lastProof(t)
			tags := a.Device.Tags
			if !strings.Contains(a.Reason, c.reason) || len(tags) == 0 || tags[0] != c.tag || e.asked != 1 {
				t.Errorf("recorded %v, %q; asked %d times", tags, a.Reason, e.asked)
			}
			if strings.Contains(a.Reason, "<") {
				t.Errorf("the error's text was written down: %q", a.Reason)
			}
		})
	}
}

// TestEntraContextIsRenewed: the lease ends, and a device that fell out of compliance is found out.
func TestEntraContextIsRenewed(t *testing.T) {
	t.Parallel()
	e := &entra{compliant: true}
	r := rigWithEntra(t, e)
	b := r.browser(nil)
	visit := func(status int) {
		t.Helper()
		r.app.set(func() { clear(r.app.visitors) })
		b.open(r.direct(appHost)+"/").has(t, status)
	}
	visit(200)
	visit(200)
	if e.asked != 1 {
		t.Errorf("asked %d times within the lease", e.asked)
	}
	r.clock.Advance(16 * time.Minute)
	visit(200)
	if e.asked != 2 {
		t.Errorf("asked %d times after it", e.asked)
	}
	r.idp.set(func() { e.compliant = false })
	r.clock.Advance(16 * time.Minute)
	visit(403)
	r.idp.set(func() { e.compliant = true })
	visit(403) // the refusal is believed for two minutes
	r.clock.Advance(3 * time.Minute)
	visit(200)
}

// TestSilentAnswerOfAnotherBrowser: a colleague's compliant device proves nothing for somebody else's session.
func TestSilentAnswerOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	r := rigWithEntra(t, &entra{compliant: true})
	attacker := r.browser(nil)
	ask := attacker.until(r.direct(appHost)+"/", "prompt=none")
	colleague := r.browser(nil)
	back := colleague.until(ask, "/callback/main")
	colleague.open(back).has(t, 403, "can&#39;t be used")
	// It is burnt for the attacker too.
	if p := attacker.open(back); p.status != 403 {
		t.Errorf("%d:\n%s", p.status, p.text)
	}
	if n := len(r.rec.of(model.ActivityDeviceProof)); n != 0 {
		t.Errorf("%d proofs were recorded", n)
	}
	// Nor does another session of the same browser take it: signed out and in as somebody else meanwhile.
	one := r.browser(nil)
	back = one.until(one.until(r.direct(appHost)+"/", "prompt=none"), "/callback/main")
	sid := r.rec.of(model.ActivityLogin)
	if _, err := r.db.Revoke(t.Context(), session.Revocation{Tenant: "contoso", Session: sid[len(sid)-1].Session, At: r.now()}); err != nil {
		t.Fatal(err)
	}
	one.open(back).has(t, 403)
	for name, change := range map[string]func(string) string{
		"another state":    func(u string) string { return with(u, "state", strings.Repeat("A", 43)) },
		"another provider": func(u string) string { return strings.Replace(u, "/callback/main", "/callback/other", 1) },
		"another tenant":   func(u string) string { return strings.Replace(u, "/contoso/", "/fabrikam/", 1) },
	} {
		b := r.browser(nil)
		back := b.until(b.until(r.direct(appHost)+"/", "prompt=none"), "/callback/main")
		if p := b.open(change(back)); p.status != 403 {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	if n := len(r.rec.of(model.ActivityDeviceProof)); n != 0 {
		t.Errorf("%d proofs were recorded", n)
	}
}

// TestClaimsOfTheProvider: what Okta, Keycloak or AD FS sign counts at sign-in and is heard again silently.
func TestClaimsOfTheProvider(t *testing.T) {
	t.Parallel()
	claims := func(v *tenant.Tenant, _ *rig) {
		v.Device.CAs = nil
		v.Providers[0].DeviceClaims = []model.DeviceClaim{{Claim: "device.trust", Values: []string{"managed"}, Tag: model.TagIntuneCompliant}, {Claim: "deviceid", Attribute: "deviceId"}}
	}
	r := newRig(t, setting{policies: compliantOnly, change: claims})
	value := any("managed")
	r.idp.set(func() {
		r.idp.claims = func(m map[string]any) { m["device"], m["deviceid"] = map[string]any{"trust": value}, "8F1C" }
	})
	b := r.browser(nil)
	visit := func(status int) *page {
		t.Helper()
		r.app.set(func() { clear(r.app.visitors) })
		p := b.open(r.direct(appHost) + "/")
		p.has(t, status)
		return p
	}
	if visit(200).went("prompt=none") {
		t.Error("asked silently right after a sign-in that said it")
	}
	logins := r.rec.of(model.ActivityLogin)
	s, err := r.db.Session(t.Context(), "contoso", logins[len(logins)-1].Session)
	if err != nil {
		t.Fatal(err)
	}
	if id, by, ok := device.ProvenID(s.Proofs, r.now()); !ok || id != "8f1c" || by.Kind != device.KindClaim {
		t.Errorf("proven id %q: %+v", id, s.Proofs)
	}
	r.clock.Advance(16 * time.Minute)
	if !visit(200).went("prompt=none") {
		t.Error("the claims' lease did not end")
	}
	r.idp.set(func() { value = "none" })
	r.clock.Advance(16 * time.Minute)
	visit(403)
	if a := r.lastProof(t); a.Device.Tags[0] != model.TagUnmanaged || !strings.Contains(a.Reason, "device.trust=none") {
		t.Errorf("recorded %+v", a)
	}
	r.idp.set(func() { r.idp.claims = nil })
	r.clock.Advance(16 * time.Minute)
	visit(403)
	if a := r.lastProof(t); a.Device.Tags[0] != model.TagUnknown || !strings.Contains(a.Reason, "none of the device claims") {
		t.Errorf("recorded %+v", a)
	}
}

// TestCertificateThenProvider: both are asked, and both answers are kept.
func TestCertificateThenProvider(t *testing.T) {
	t.Parallel()
	e := &entra{compliant: true}
	r := newRig(t, setting{policies: compliantOnly, change: func(v *tenant.Tenant, _ *rig) { v.Providers[0].DeviceContext = "c7" }})
	r.idp.set(func() { r.idp.silent = e.silent(t) })
	p := r.managed().open(r.direct(appHost) + "/")
	p.has(t, 200)
	if !p.went(deviceHost) || !p.went("prompt=none") {
		t.Errorf("hops:\n%s", strings.Join(p.hops, "\n"))
	}
	logins := r.rec.of(model.ActivityLogin)
	s, err := r.db.Session(t.Context(), "contoso", logins[len(logins)-1].Session)
	if err != nil {
		t.Fatal(err)
	}
	if tags := device.Tags(s.Proofs, r.now(), false); len(tags) != 3 {
		t.Errorf("tags %v", tags)
	}
	if v, ok := device.Facts(s.Proofs, r.now()).IsCompliant.Value(); !ok || !v {
		t.Error("isCompliant is not known")
	}
}

// TestUnknownIsNotACircle: where nothing can be found out, a person meets the policy and no redirects without end.
func TestUnknownIsNotACircle(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: needsDevice, change: func(v *tenant.Tenant, _ *rig) {
		v.Device.Certificate.Revocation = "crl" // and there is no list
	}})
	p := r.managed().open(r.direct(appHost) + "/")
	p.has(t, 403, "You can't open")
	if a := r.lastProof(t); a.Device.Tags[0] != model.TagUnknown || !strings.Contains(a.Reason, "no revocation list") {
		t.Errorf("recorded %+v", a)
	}
	r = newRig(t, setting{policies: needsDevice, change: func(v *tenant.Tenant, _ *rig) { v.Device.CAs = nil }})
	if p := r.managed().open(r.direct(appHost) + "/"); p.status != 403 || p.went(deviceHost) {
		t.Errorf("nobody to ask: %d\n%s", p.status, strings.Join(p.hops, "\n"))
	}
}
