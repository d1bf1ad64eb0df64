package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/test/entraid"
)

const sitesRouted = `
kind: ConditionalAccess
id: sites-only
name: SharePoint Online alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [sharepoint]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`

const suiteRouted = `
kind: ConditionalAccess
id: portal-only
name: The portal alone
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [office365]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`

// suiteBypass begins a bypass of one app as the API does, with the apps that share its sign-in.
func (f *federated) suiteBypass(t *testing.T, app model.InstanceID) {
	t.Helper()
	all, err := f.db.Instances(t.Context(), "contoso")
	if err != nil {
		t.Fatal(err)
	}
	b := tenant.Bypass{ID: "bp-1", Tenant: "contoso", Instance: app, Reason: "the gateway is broken", By: "ada", Begun: f.now(), Ends: f.now().Add(time.Hour)}
	for i := range all {
		if all[i].ID != app {
			continue
		}
		for _, more := range catalog.SameSignIn(all, &all[i])[1:] {
			b.Also = append(b.Also, more.ID)
		}
	}
	if len(b.Also) != 1 {
		t.Fatalf("beside %s: %v", app, b.Also)
	}
	if err := f.db.PutBypass(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	f.reloadBypasses(t)
}

func (f *federated) portal() {
	f.host(otherHost, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<p>the portal of Microsoft 365"))
	}))
}

// TestSuiteBypass: a bypass of one app of a suite leads straight to it, whichever of them is routed and whichever it names,
// from the app's own address and from the mapped one.
func TestSuiteBypass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policies string
		app      model.InstanceID
		saml     bool
	}{
		"the app, which is routed":            {sitesRouted, "files", false},
		"the sign-in, for a routed app":       {sitesRouted, "notes", false},
		"the app, for a routed sign-in":       {suiteRouted, "files", false},
		"the sign-in, which is routed":        {suiteRouted, "notes", false},
		"the app, both are routed":            {route, "files", false},
		"the sign-in, both are routed, SAML":  {route, "notes", true},
		"the sign-in, for a routed app, SAML": {sitesRouted, "notes", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{suite: true, policies: c.policies, saml: c.saml})
			f.portal()
			b := f.browser(nil)
			if p := f.walk(b, f.hinting(b)); !p.went(suffix) {
				t.Fatalf("session control leads to %s", p.at)
			}
			f.suiteBypass(t, c.app)
			b = f.browser(nil)
			p := f.walk(b, f.hinting(b))
			f.landed(t, p, f.direct(sitesHost))
			if p.went(suffix) {
				t.Errorf("the bypass went through the gateway:\n%s", strings.Join(p.hops, "\n"))
			}
			f.landed(t, f.walk(b, f.mapped("contoso", sitesHost)+"/"), f.direct(sitesHost))
			access := f.rec.of(model.ActivityAccess)
			if last := access[len(access)-1]; last.ActionType != "AccessGrantedByBypass" || last.Detail["bypass"] != "bp-1" {
				t.Errorf("recorded %s %v", last.ActionType, last.Detail)
			}
			f.clock.Advance(time.Hour)
			b = f.browser(nil)
			if p := f.walk(b, f.hinting(b)); !p.went(suffix) {
				t.Errorf("after its end: %s", p.at)
			}
		})
	}
}

// TestSuiteBypassLetsNobodyIn: who is kept out of one app of a suite is let into none of them while a bypass leaves nobody to
// tell them apart, and hears which app it is for, without going round in circles.
func TestSuiteBypassLetsNobodyIn(t *testing.T) {
	t.Parallel()
	blocked := strings.Replace(sitesRouted, "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", "grantControls: {builtInControls: [block]}", 1)
	for name, saml := range map[string]bool{"WS-Federation": false, "SAML": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{suite: true, policies: blocked + "---" + suiteRouted, saml: saml})
			f.portal()
			f.suiteBypass(t, "notes")
			b := f.browser(nil)
			p := f.walk(b, f.hinting(b))
			if p.status != http.StatusForbidden || p.at.Host != brokerHost+f.port || !strings.Contains(p.text, "SharePoint Online") {
				t.Errorf("%d at %s\n%s", p.status, p.at, strings.Join(p.hops, "\n"))
			}
			if !saml { // and a request without the person gets an answer without a page
				p := b.open(f.at("contoso", "/wsfed?wa=wsignin1.0&prompt=none&wctx=c1&wtrealm="+url.QueryEscape(entraid.Realm)))
				if to, fields := formOf(p); to != f.direct(entraHost)+"/login.srf" || !strings.Contains(fields.Get("wresult"), "FailedAuthentication") {
					t.Errorf("silent: to %q: %v", to, fields)
				}
			}
			f.policies("contoso", strings.Replace(blocked, "[block]", "[mfa]", 1)+"---"+suiteRouted)
			b = f.browser(nil)
			if p := f.walk(b, f.hinting(b)); p.at.Host != brokerHost+f.port || !strings.Contains(p.at.Path, "/stepup/") {
				t.Errorf("a second factor: %d at %s\n%s", p.status, p.at, strings.Join(p.hops, "\n"))
			}
			for _, a := range f.rec.of(model.ActivityAccess) {
				if a.Taken == model.TakenBypass {
					t.Errorf("recorded %+v", a)
				}
			}
		})
	}
}

// TestBypassOfASuiteThatGrows: an app that came to a suite after its bypass had begun is covered too: else the gateway sent
// its people to the sign-in, which sent them back.
func TestBypassOfASuiteThatGrows(t *testing.T) {
	t.Parallel()
	for name, policies := range map[string]string{"the new app is routed": sitesRouted, "all are routed": route} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{suite: true, policies: policies})
			f.portal()
			f.around(t, "bp-1", "notes", time.Hour) // as it was begun when the sign-in was alone
			b := f.browser(nil)
			p := f.walk(b, f.hinting(b))
			f.landed(t, p, f.direct(sitesHost))
			if p.went(suffix) {
				t.Errorf("the bypass went through the gateway:\n%s", strings.Join(p.hops, "\n"))
			}
			f.landed(t, f.walk(b, f.mapped("contoso", sitesHost)+"/"), f.direct(sitesHost))
		})
	}
}

// TestReportOnlyChangesNoWay: a policy about one app of a suite that only reports has the device asked for, and then
// everybody goes the way that they went without it.
func TestReportOnlyChangesNoWay(t *testing.T) {
	t.Parallel()
	report := strings.Replace(strings.Replace(needsDevice, "includeApplications: [All]", "includeApplications: [sharepoint]", 1), "name: Managed", "state: reportOnly\nname: Managed", 1)
	for name, c := range map[string]struct {
		policies     string
		saml, bypass bool
		through      bool
	}{
		"WS-Federation":              {report, false, false, false},
		"SAML":                       {report, true, false, false},
		"under a bypass":             {report + "---" + suiteRouted, false, true, false},
		"session control, unmanaged": {strings.Replace(strings.Replace(report, "state: reportOnly\n", "", 1), "grantControls: {builtInControls: [block]}", "sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}", 1), false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFederated(t, federatedSetting{suite: true, policies: c.policies, saml: c.saml})
			f.portal()
			if c.bypass {
				f.suiteBypass(t, "notes")
			}
			b := f.browser(nil)
			p := f.walk(b, f.hinting(b))
			if p.went(suffix) != c.through || !p.went(deviceHost) {
				t.Errorf("at %s:\n%s", p.at, strings.Join(p.hops, "\n"))
			}
			if !c.through {
				f.landed(t, p, f.direct(sitesHost))
			}
			if name != "WS-Federation" {
				return
			}
			f.clock.Advance(20 * time.Minute) // the device's proof has ended, and nobody is there to give another
			p = b.open(f.at("contoso", "/wsfed?wa=wsignin1.0&prompt=none&wctx=c1&wtrealm="+url.QueryEscape(entraid.Realm)))
			if to, fields := formOf(p); to != f.direct(entraHost)+"/login.srf" || !strings.Contains(fields.Get("wresult"), "FailedAuthentication") {
				t.Errorf("silent: at %s, to %q: %v", p.at, to, fields)
			}
		})
	}
}
