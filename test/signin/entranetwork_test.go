package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/test/entraid"
)

// TestFederatedSuiteElsewhere: the suite's other apps are decided about where the person is now, not where they signed in.
func TestFederatedSuiteElsewhere(t *testing.T) {
	t.Parallel()
	f := newFederated(t, federatedSetting{suite: true, policies: `
kind: ConditionalAccess
id: sites-elsewhere
name: SharePoint Online outside the office
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [sharepoint]}
  locations: {includeLocations: [All], excludeRanges: [127.0.0.0/8]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`})
	f.host(otherHost, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<p>the portal of Microsoft 365"))
	}))
	b := f.browser(nil)
	f.landed(t, f.walk(b, f.hinting(b)), f.direct(sitesHost)) // in the office
	f.mu.Lock()
	f.geo = "203.0.113.9"
	f.mu.Unlock()
	p := f.walk(b, f.at("contoso", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm)))
	if !strings.HasPrefix(p.at.String(), f.mapped("contoso", otherHost)+"/") {
		t.Errorf("from a hotel, in the session of the office: %d at %s\n%s", p.status, p.at, strings.Join(p.hops, "\n"))
	}
}
