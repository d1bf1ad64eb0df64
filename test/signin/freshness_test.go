package signin_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

const freshPolicy = `
kind: ConditionalAccess
id: fresh
name: Fresh sign-ins
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {signInFrequency: {isEnabled: true, value: 4, type: hours, frequencyInterval: timeBased}}
`

// undated makes the provider say nothing about when somebody signed in, as if prompt and max_age never came to it.
func (r *rig) undated() {
	r.idp.set(func() { r.idp.claims = func(c map[string]any) { delete(c, "auth_time") } })
}

func (r *rig) dated() { r.idp.set(func() { r.idp.claims = nil }) }

// lastRefusal is the reason on record of the last sign-in that was refused.
func (r *rig) lastRefusal() string {
	all := r.rec.of(model.ActivityFailedLogin)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].Reason
}

// TestFreshWithoutDate: an app that asks for a fresh sign-in gets none of a provider that doesn't say when it was.
func TestFreshWithoutDate(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	for name, ask := range map[string]url.Values{"prompt=login": {"prompt": {"login"}}, "max_age=0": {"max_age": {"0"}}, "select_account": {"prompt": {"select_account"}}} {
		r.undated()
		b := r.browser(nil)
		if name != "prompt=login" { // with a session, and without one
			r.app.set(func() { clear(r.app.visitors) })
			b.open(r.direct(appHost)+"/").has(t, 200, "hello director")
		}
		b.open(r.request(ask)).has(t, 403, "sign-in service can")
		if got := r.lastRefusal(); !strings.Contains(got, "auth_time") {
			t.Errorf("%s: recorded %q", name, got)
		}
		if q := r.idp.asked(); q.Get("prompt") != "login" || q.Get("max_age") != "0" || !strings.Contains(q.Get("claims"), `"auth_time":{"essential":true}`) {
			t.Errorf("%s: the provider was asked %v", name, q)
		}
		r.dated()
		if code := r.code(b, ask); code == "" {
			t.Errorf("%s: no code after a sign-in with a date", name)
		}
	}
}

// TestUndatedIsNotRecent: max_age and sign-in frequency are not met by the moment at which a provider answered, and the
// app is not told that the person signed in then.
func TestUndatedIsNotRecent(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{})
	r.undated()
	b := r.browser(nil)
	if p := b.open(r.request(url.Values{"max_age": {"3600"}})); p.status != 403 || !strings.Contains(r.lastRefusal(), "auth_time") {
		t.Errorf("max_age was met: %d %s", p.status, p.at)
	}
	r.policies("contoso", freshPolicy)
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "a fresh sign-in")
	r.dated()
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 200, "hello director")
	if code := r.code(r.browser(nil), url.Values{"max_age": {"3600"}}); code == "" {
		t.Error("a sign-in with a date is not recent")
	}
}

// TestEnrolUndated: whoever finds an unlocked computer can't register a factor of their own by letting the provider sign in
// silently: neither a session without a date nor a new answer without one is fresh.
func TestEnrolUndated(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: mfaPolicy, change: own})
	r.undated()
	b := r.browser(nil)
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "Set up an authenticator app")
	for _, way := range []string{"app", "new-passkey"} {
		b.act(p, way, url.Values{"code": {"123456"}}).has(t, 403, "sign-in service can")
		if got := r.lastRefusal(); !strings.Contains(got, "auth_time") {
			t.Errorf("%s: recorded %q", way, got)
		}
	}
	if list, err := r.db.FactorsOf(t.Context(), "contoso"); err != nil || len(list) != 0 {
		t.Fatalf("registered %+v, %v", list, err)
	}
	// The same person at a provider that does say when: one more sign-in, and the session counts as fresh.
	r.dated()
	p = b.act(p, "app", nil)
	p.has(t, 200, "Set up an authenticator app")
	if !p.went(idpHost) {
		t.Errorf("registered without a fresh sign-in:\n%s", strings.Join(p.hops, "\n"))
	}
	_, _, p = b.enrol(p)
	p.has(t, 200, "hello director")
}

const strengthPolicy = `
kind: ConditionalAccess
id: strong
name: Our own strength
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
grantControls: {operator: OR, authenticationStrength: {id: 11111111-2222-3333-4444-555555555555}}
`

// TestUndescribedStrength: of an authentication strength that the tenant's settings say nothing about, a one-time code or a
// recovery code is not enough.
func TestUndescribedStrength(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strengths map[string]tenant.Context
		codes     bool
	}{
		"undescribed": {nil, false},
		"passkey":     {map[string]tenant.Context{"11111111-2222-3333-4444-555555555555": {Passkey: true}}, false},
		"any factor":  {map[string]tenant.Context{"11111111-2222-3333-4444-555555555555": {ACR: "gold"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, setting{policies: mfaPolicy, change: func(v *tenant.Tenant, r *rig) { own(v, r); v.StepUp.Strengths = c.strengths }})
			b := r.browser(nil)
			_, codes, p := b.enrol(b.open(r.direct(appHost) + "/"))
			p.has(t, 200, "hello director")
			r.policies("contoso", strengthPolicy)
			r.app.set(func() { clear(r.app.visitors) })
			p = b.open(r.direct(appHost) + "/")
			p.has(t, 200, "Confirm it’s you", "Our own strength")
			p = b.act(p, "code", url.Values{"code": {codes[0]}})
			if c.codes {
				p.has(t, 200, "hello director")
				return
			}
			p.lacks(t, "hello director")
			if strings.Count(r.acts(), "Succeeded") != 1 { // that of the enrolment
				t.Errorf("recorded %s", r.acts())
			}
		})
	}
}

// TestOddAddresses: an address that policies would take for one of ours and that the check of domains would not look at is
// refused, whoever sends it.
func TestOddAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: twoHomes})
	for name, address := range map[string]string{
		"no local part":     "@contoso.example",
		"very long":         strings.Repeat("x", 400) + "@contoso.example",
		"blank at the end":  "director@contoso.example ",
		"folded letter":     "director@conto\u017fo.example",
		"folded, upper":     "director@CONTO\u017fO.example",
		"its own, the rest": "director@contoso.example",
	} {
		for _, claim := range []string{"preferred_username", "email"} {
			r.second.set(func() {
				r.second.claims = func(c map[string]any) {
					c["preferred_username"], c["email"] = "director@partner.example", "director@partner.example"
					c[claim] = address
				}
			})
			before := len(r.rec.of(model.ActivityLogin))
			b := r.browser(nil)
			p := b.choose(b.open(r.direct(appHost)+"/"), "address", "director@partner.example")
			if got := r.rec.of(model.ActivityLogin); p.status != 403 || len(got) != before {
				t.Errorf("%s as %s signed in: %d, %+v", name, claim, p.status, got[before:])
			}
			r.app.set(func() { clear(r.app.visitors) })
		}
	}
}

const noDirectors = `
kind: ConditionalAccess
id: nodirectors
name: No directors
state: enabled
conditions: {users: {includeUsers: ["main:director"]}, applications: {includeApplications: [All]}}
grantControls: {operator: OR, builtInControls: [block]}
`

// TestFreshByAnother: two people sign in for one request, one after the other; it goes on with the one who came last.
func TestFreshByAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: noDirectors})
	b := r.browser(nil)
	login := b.until(r.request(url.Values{"prompt": {"login"}}), "/login?id=")
	first := b.until(login, "/callback/main")
	r.idp.set(func() { r.idp.user = "worker" })
	second := b.until(login, "/callback/main")
	b.open(first).has(t, 403, "You can")
	p := b.open(second)
	if !strings.Contains(p.at.String(), "code=") {
		t.Errorf("ended at %s: %d\n%s", p.at, p.status, strings.Join(p.hops, "\n"))
	}
	logins := r.rec.of(model.ActivityLogin)
	if len(logins) != 2 {
		t.Errorf("%d sign-ins for two people", len(logins))
	}
}
