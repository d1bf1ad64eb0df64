package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// around begins a bypass as the API does.
func (r *rig) around(t *testing.T, id string, app model.InstanceID, life time.Duration) tenant.Bypass {
	t.Helper()
	now := r.now()
	b := tenant.Bypass{ID: id, Tenant: "contoso", Instance: app, Reason: "the gateway is broken", By: "ada", Begun: now, Ends: now.Add(life)}
	if err := r.db.PutBypass(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.reloadBypasses(t)
	return b
}

func (r *rig) reloadBypasses(t *testing.T) {
	t.Helper()
	if err := r.bypass.Reload(t.Context(), r.db, []model.TenantID{"contoso", "fabrikam"}); err != nil {
		t.Fatal(err)
	}
}

// TestBypass: sign-ins go straight to the app while it lasts, also from the mapped host, and through the gateway
// afterwards, without anybody's doing.
func TestBypass(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route, instance: withBackchannel})
	mapped := r.mapped("contoso", appHost)
	b := r.browser(nil)
	if p := b.open(r.direct(appHost) + "/docs/1"); !strings.HasPrefix(p.at.String(), mapped+"/") {
		t.Fatalf("session control leads to %s", p.at)
	}
	emergency := r.around(t, "bp-1", "files", time.Hour)
	p := b.open(r.direct(appHost) + "/docs/2")
	p.has(t, 200, "hello director@contoso.example", "at "+appHost+r.port+"/docs/2")
	if p.went(suffix) {
		t.Errorf("the bypass went through the gateway:\n%s", strings.Join(p.hops, "\n"))
	}
	p = b.open(mapped + "/docs/3?a=1")
	p.has(t, 200, "hello director@contoso.example", "at "+appHost+r.port+"/docs/3?a=1")
	if p.at.Host != appHost+r.port {
		t.Errorf("a mapped page led to %s", p.at)
	}
	second := r.browser(nil) // nobody yet
	if p := second.open(mapped + "/docs/4"); p.at.String() != r.direct(appHost)+"/docs/4" {
		t.Errorf("a first visit at the mapped host led to %s", p.at)
	}
	access := r.rec.of(model.ActivityAccess)
	last := access[len(access)-1]
	if last.ActionType != "AccessGrantedByBypass" || last.Taken != model.TakenBypass || last.Detail["bypass"] != "bp-1" || last.Detail["decision"] == nil {
		t.Errorf("recorded %+v", last)
	}
	if p := r.browser(nil).open(r.direct(otherHost) + "/"); p.went(appHost) {
		t.Errorf("another app: %s", p.at)
	}

	r.clock.Advance(time.Hour)
	third := r.browser(nil)
	if p := third.open(r.direct(appHost) + "/docs/5"); !strings.HasPrefix(p.at.String(), mapped+"/") {
		t.Errorf("after its end a sign-in led to %s", p.at)
	}
	// Sessions that went round the gateway are over, and the app hears of it.
	over, err := r.db.OverBypasses(t.Context(), r.now())
	if err != nil || len(over) != 1 || over[0].ID != emergency.ID {
		t.Fatalf("over: %+v, %v", over, err)
	}
	r.logOut(t, 0)
	if n, err := r.broker.EndBypassed(t.Context(), over[0]); err != nil || n != 2 {
		t.Fatalf("%d sessions ended, %v; want the two that went round", n, err)
	}
	r.logOut(t, 2)
	if n, err := r.broker.EndBypassed(t.Context(), over[0]); err != nil || n != 0 {
		t.Errorf("ended again: %d, %v", n, err)
	}
}

// TestBypassLetsNobodyIn: who Conditional Access keeps out stays out, and nobody gets in without its decision.
func TestBypassLetsNobodyIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route + "---" + block})
	r.around(t, "bp-1", "", time.Hour)
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 403, "")
	r.mu.Lock()
	delete(r.books, "contoso")
	r.mu.Unlock()
	r.browser(nil).open(r.direct(appHost)+"/").has(t, 503, "")
	for _, a := range r.rec.of(model.ActivityAccess) {
		if a.Taken == model.TakenBypass {
			t.Errorf("recorded %+v", a)
		}
	}
}

// TestBypassIsTheTenants: another tenant's sign-ins stay under session control, and a bypass that was ended early is
// over at once.
func TestBypassIsTheTenants(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: route})
	r.policies("fabrikam", route)
	r.around(t, "bp-1", "", time.Hour)
	if _, live := r.bypass.Live("fabrikam", "files"); live {
		t.Error("another tenant is bypassed")
	}
	r.app.set(func() { r.app.issuer = r.at("fabrikam", "") })
	p := r.browser(nil).open(r.direct(appHost) + "/")
	if !strings.HasPrefix(p.at.String(), r.mapped("fabrikam", appHost)+"/") {
		t.Errorf("the other tenant's person is at %s", p.at)
	}
	r.app.set(func() { r.app.issuer = r.at("contoso", "") })
	if _, err := r.db.EndBypass(t.Context(), "fabrikam", "bp-1", "eve", r.now()); !fault.Is(err, fault.NotFound) {
		t.Errorf("another tenant ends it: %v", err)
	}
	if _, err := r.db.EndBypass(t.Context(), "contoso", "bp-1", "ada", r.now()); err != nil {
		t.Fatal(err)
	}
	r.reloadBypasses(t)
	if p := r.browser(nil).open(r.direct(appHost) + "/"); !strings.HasPrefix(p.at.String(), r.mapped("contoso", appHost)+"/") {
		t.Errorf("after it was ended: %s", p.at)
	}
}

// TestBypassSAML: the assertion goes to the app's own address.
func TestBypassSAML(t *testing.T) {
	t.Parallel()
	r, _, _ := samlRig(t, route, nil)
	if p := r.browser(nil).visit(r.direct(otherHost) + "/n/1"); !strings.HasPrefix(p.at.String(), r.mapped("contoso", otherHost)+"/") {
		t.Fatalf("session control leads to %s", p.at)
	}
	r.around(t, "bp-1", "notes", time.Hour)
	p := r.browser(nil).visit(r.direct(otherHost) + "/n/1")
	p.has(t, 200, "email=director@contoso.example", "at "+otherHost+r.port+"/n/1")
	if p.went(suffix) {
		t.Errorf("the bypass went through the gateway:\n%s", strings.Join(p.hops, "\n"))
	}
}
