package signin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/factor"
)

// onRegistering is a policy about registering security information, with what it asks for.
func onRegistering(grant string) string {
	return `
kind: ConditionalAccess
id: registering
name: Registering is careful
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeUserActions: ["urn:user:registersecurityinfo"]}}
grantControls: {operator: OR, builtInControls: [` + grant + `]}
`
}

// TestRegisteringIsBlocked: a policy about the user action keeps people from registering a factor, on the page of their
// own and in the middle of a step-up, and from nothing else.
func TestRegisteringIsBlocked(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: mfaPolicy + "---" + onRegistering("block"), change: own})
	b := r.browser(nil)
	b.open(r.securityInfo()).has(t, 403, "open Security info right now")
	p := b.open(r.direct(appHost) + "/")
	p.has(t, 200, "Confirm it’s you") // the app asks for MFA, which is another policy's matter
	b.act(p, "app", nil).has(t, 403, "open Security info right now")
	b.act(p, "new-passkey", url.Values{"ceremony": {"x"}, "answer": {"{}"}}).has(t, 403, "open Security info right now")
	b.manage("app", nil).has(t, 403)
	if have := r.kinds(); len(have) != 0 {
		t.Errorf("registered %v", have)
	}
	blocked := r.rec.of(model.ActivityAccess)
	if len(blocked) == 0 {
		t.Fatal("nothing is on record")
	}
	for _, a := range blocked {
		if a.ActionType != "AccessBlocked" || a.App.Key != "referee" || len(a.Policies) != 1 || a.Policies[0].ID != "registering" {
			t.Errorf("recorded %+v", a)
		}
	}
	// Policies about apps don't ask for anything here, and without the policy nothing stands in the way.
	r.policies("contoso", mfaPolicy)
	b.open(r.securityInfo()).has(t, 200, "Set up a passkey")
}

// TestRegisteringTakesMFA: who has a factor shows it and gets to the page; who has none can't register one by way of the
// step-up that the registration asks for.
func TestRegisteringTakesMFA(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	first := r.browser(nil)
	p := first.open(r.securityInfo())
	p.has(t, 200, "Set up a passkey")
	p = first.manage("app", nil)
	secret := secretOf(t, p)
	first.manage("app-code", url.Values{"code": {factor.Code(secret, r.now())}}).has(t, 200, "Keep your recovery codes")

	r.policies("contoso", onRegistering("mfa"))
	r.clock.Advance(time.Minute)
	b := r.browser(nil)
	p = b.open(r.securityInfo())
	p.has(t, 200, "Code of your authenticator app")
	b.act(p, "code", url.Values{"code": {factor.Code(secret, r.now())}}).has(t, 200, "Security info", "Authenticator app")

	list, err := r.db.FactorsOf(t.Context(), "contoso")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if err := r.db.DeleteFactor(t.Context(), f.Owner, f.ID); err != nil {
			t.Fatal(err)
		}
	}
	other := r.browser(nil)
	p = other.open(r.securityInfo())
	p.has(t, 200, "Confirm it’s you", "Set up a passkey")
	other.act(p, "app", nil).has(t, 403, "open Security info right now")
	if have := r.kinds(); len(have) != 0 {
		t.Errorf("registered %v", have)
	}
}

// TestRegisteringFailsClosed: nobody registers anything while policies can't be asked.
func TestRegisteringFailsClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{change: own})
	b := r.browser(nil)
	b.open(r.securityInfo()).has(t, 200, "Set up a passkey")
	r.mu.Lock()
	delete(r.books, "contoso")
	r.mu.Unlock()
	b.open(r.securityInfo()).has(t, 503)
	b.manage("app", nil).has(t, 503)
}

// onContext is a policy about the authentication context that a session policy asks for before downloads.
func onContext(grant string) string {
	return stepUpDownloads + "---" + strings.NewReplacer("id: registering", "id: gold-context", "Registering is careful", "Gold is careful",
		`includeUserActions: ["urn:user:registersecurityinfo"]`, "includeAuthenticationContextClassReferences: [c1]").Replace(onRegistering(grant))
}

// TestContextPolicies: what Conditional Access asks of an authentication context is part of the step-up that asks for the
// context: a block ends it, MFA is shown once for both.
func TestContextPolicies(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: onContext("block"), change: own})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	b.open(r.download(b).stepUp(t)).has(t, 403, "right now", "Reference code")

	r.policies("contoso", onContext("mfa"))
	p := b.open(r.download(b).stepUp(t))
	p.has(t, 200, "Set up an authenticator app")
	_, _, done := b.enrol(p)
	done.has(t, 200, "is on its way")
	b.open(done.onward(t)).has(t, 200, fileBytes)
}
