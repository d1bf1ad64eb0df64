package cli

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/policy/entra"
)

const (
	glassOne = "11111111-1111-4111-8111-111111111111"
	glassTwo = "22222222-2222-4222-8222-222222222222"
)

// entraExports are Graph's answers about a small tenant with one federated domain.
func entraExports() map[string]string {
	return map[string]string{
		"organization.json": `{"value":[{"id":"7f3c1a52-0000-4000-8000-000000000001","displayName":"Contoso","onPremisesSyncEnabled":true}]}`,
		"domains.json": `{"value":[{"id":"contoso.onmicrosoft.com","authenticationType":"Managed","isVerified":true,"isInitial":true,"isDefault":true,"isRoot":true},
			{"id":"contoso.com","authenticationType":"Managed","isVerified":true,"isRoot":true},
			{"id":"fabrikam.com","authenticationType":"Federated","isVerified":true,"isRoot":true}]}`,
		"federation-fabrikam.com.json":   `{"value":[{"issuerUri":"http://fabrikam.com/adfs/services/trust/","passiveSignInUri":"https://adfs.fabrikam.com/adfs/ls/","preferredAuthenticationProtocol":"wsFed"}]}`,
		"conditionalAccessPolicies.json": `{"value":[]}`,
		"namedLocations.json":            `{"value":[]}`,
		"securityDefaults.json":          `{"isEnabled":false}`,
		"servicePrincipals.json":         `{"value":[]}`,
		"subscribedSkus.json":            `{"value":[{"skuPartNumber":"SPB","capabilityStatus":"Enabled","servicePlans":[{"servicePlanName":"AAD_PREMIUM","provisioningStatus":"Success"},{"servicePlanName":"INTUNE_A","provisioningStatus":"Success"}]}]}`,
		"users.json":                     `{"value":[{"id":"` + glassOne + `","userPrincipalName":"bg1@contoso.onmicrosoft.com","accountEnabled":true},{"id":"` + glassTwo + `","userPrincipalName":"bg2@contoso.onmicrosoft.com","accountEnabled":true}]}`,
	}
}

func exported(t *testing.T, s *stage) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, "exports"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range entraExports() {
		s.write(t, filepath.Join("exports", name), text)
	}
	return filepath.Join(s.dir, "exports")
}

const m365YAML = `id: sites
app: sharepoint
name: SharePoint Online
route: federated
evidence: documentation
hosts:
  - {name: contoso.sharepoint.com, role: app}
  - {name: login.microsoftonline.com, role: signin}
federation:
  protocol: wsfed
  wsfed:
    replies: ["https://login.microsoftonline.com/login.srf"]
    domains: [contoso.com]
`

var bothGlasses = []string{"--break-glass", "bg1@contoso.onmicrosoft.com", "--break-glass", glassTwo}

func TestM365PlanFromAFolder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	from, out := exported(t, s), filepath.Join(s.dir, "plan")
	plan := func(args ...string) result {
		return s.run(t, "contoso-reader", append([]string{"m365", "plan", "--from", from}, args...)...)
	}
	got := plan(append(bothGlasses, "--domain", "contoso.com", "--out", out)...)
	for _, text := range []string{"Contoso (7f3c1a52", "route native", "contoso.com, Managed: native", "--provider", "AllowLimitedAccess", "entra_native_client_open", "entra_federation_mfa", "live tenant"} {
		if got.code != 0 || !strings.Contains(got.out, text) {
			t.Fatalf("no %q: %+v", text, got)
		}
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%v, %v", entries, err)
	}
	text, err := os.ReadFile(filepath.Join(out, "app-enforced-restrictions.json"))
	var ca entra.Policy
	if err != nil || json.Unmarshal(text, &ca) != nil || ca.State != "enabledForReportingButNotEnforced" || !slices.Equal(ca.When.Users.Exclude, []string{glassOne, glassTwo}) {
		t.Errorf("%s, %v", text, err)
	}

	got = plan(append(bothGlasses, "--provider", "https://contoso.okta.com", "--egress", "203.0.113.8", "--json")...)
	var p entra.Plan
	if got.code != 0 || json.Unmarshal([]byte(got.out), &p) != nil || p.Route != "federated" || len(p.Domains) != 3 || p.Domains[2].Route != "federated" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(got.out, "203.0.113.8/32") || !strings.Contains(got.out, "named-location-referee.json") {
		t.Errorf("no named location: %s", got.out)
	}

	s.write(t, "sites.yaml", m365YAML)
	if got := s.run(t, "contoso-operator", "app", "add", filepath.Join(s.dir, "sites.yaml")); got.code != 0 || !strings.Contains(got.out, "/contoso/wsfed") || !strings.Contains(got.out, "issuerUri of contoso.com: https://") {
		t.Fatalf("%+v", got)
	}
	got = plan(append(bothGlasses, "--provider", "https://contoso.okta.com", "--domain", "contoso.com", "--instance", "sites", "--json")...)
	for _, text := range []string{`"passiveSignInUri": "https://`, `/contoso/wsfed/contoso.com"`, `"signingCertificate": "MII`, "enforceMfaByFederatedIdp"} {
		if got.code != 0 || !strings.Contains(got.out, text) {
			t.Errorf("no %s: %+v", text, got)
		}
	}

	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no account":            {nil, "0 break-glass accounts are named"},
		"one account":           {bothGlasses[:2], "1 break-glass accounts are named"},
		"unknown account":       {[]string{"--break-glass", glassOne, "--break-glass", "root@contoso.com"}, "no account"},
		"no address":            {append(bothGlasses, "--egress", "here"), "neither an address nor a range"},
		"both":                  {append(bothGlasses, "--entra-tenant", "contoso.com"), "exclude each other"},
		"unknown domain":        {append(bothGlasses, "--domain", "elsewhere.com"), "no domain"},
		"instance that is none": {append(bothGlasses, "--instance", "nothing"), "not"},
		"a broken policy":       {append(bothGlasses, s.write(t, "bad.yaml", "kind: Nothing")), "bad.yaml"},
	} {
		if got := plan(c.args...); got.code != 2 && got.code != 5 || !strings.Contains(got.notes, c.want) || got.out != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := s.run(t, "contoso-reader", "m365", "plan", "--break-glass", glassOne); got.code != 2 || !strings.Contains(got.notes, "--from") {
		t.Errorf("%+v", got)
	}
	if err := os.Remove(filepath.Join(from, "domains.json")); err != nil {
		t.Fatal(err)
	}
	if got := plan(bothGlasses...); got.code != 2 || !strings.Contains(got.notes, "domains.json") {
		t.Errorf("%+v", got)
	}
}

// TestM365PlanFromGraph reads a tenant over the network, in pages, as an app registration, and saves what it read.
func TestM365PlanFromGraph(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var mu sync.Mutex
	asked, denied := []string{}, ""
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/token") {
			if r.PostFormValue("client_secret") != "s3cret" {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, `{"error":"invalid_client"}`)
				return
			}
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"t"}`)
			return
		}
		path := strings.TrimPrefix(r.URL.Path, "/v1.0")
		asked = append(asked, path)
		exports := entraExports()
		switch {
		case path == denied:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)
			return
		case path == "/domains" && r.URL.Query().Get("page") == "": // in two pages
			fmt.Fprintf(w, `{"value":[{"id":"contoso.onmicrosoft.com","authenticationType":"Managed","isVerified":true,"isInitial":true,"isDefault":true,"isRoot":true}],"@odata.nextLink":"%s/v1.0/domains?page=2"}`, server.URL)
			return
		case path == "/domains":
			fmt.Fprint(w, `{"value":[{"id":"fabrikam.com","authenticationType":"Federated","isVerified":true,"isRoot":true}]}`)
			return
		case path == "/domains/fabrikam.com/federationConfiguration":
			fmt.Fprint(w, exports["federation-fabrikam.com.json"])
			return
		case path == "/users/bg1@contoso.onmicrosoft.com":
			fmt.Fprint(w, `{"id":"`+glassOne+`","userPrincipalName":"bg1@contoso.onmicrosoft.com","accountEnabled":true}`)
			return
		case path == "/users/"+glassTwo:
			fmt.Fprint(w, `{"id":"`+glassTwo+`","userPrincipalName":"bg2@contoso.onmicrosoft.com","accountEnabled":true}`)
			return
		}
		for _, source := range entra.Sources() {
			if at, _, _ := strings.Cut(source.Path, "?"); at == path {
				fmt.Fprint(w, exports[source.File])
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	ca := s.write(t, "graph.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	secret, wrong := s.write(t, "secret", "s3cret\n"), s.write(t, "wrong", "guess")
	saved := filepath.Join(s.dir, "saved")
	live := func(file string, more ...string) result {
		return s.run(t, "contoso-reader", append([]string{
			"m365", "plan", "--ca-file", ca, "--entra-tenant", "contoso.onmicrosoft.com", "--client-id", "app", "--client-secret-file", file,
			"--login", server.URL, "--graph", server.URL + "/v1.0",
		}, more...)...)
	}
	got := live(secret, append(bothGlasses, "--save", saved, "--json")...)
	var p entra.Plan
	if got.code != 0 || json.Unmarshal([]byte(got.out), &p) != nil || len(p.Domains) != 2 || p.Domains[1].Route != "federated" || !slices.Equal(p.BreakGlass, []string{glassOne, glassTwo}) {
		t.Fatalf("%+v", got)
	}
	// What was saved makes the same plan.
	again := s.run(t, "contoso-reader", append([]string{"m365", "plan", "--from", saved, "--json"}, bothGlasses...)...)
	if again.out != got.out {
		t.Errorf("from the folder: %s\nfrom Graph: %s", again.out, got.out)
	}
	if got := live(wrong, bothGlasses...); got.code != 3 || !strings.Contains(got.notes, "Entra gives no token") || strings.Contains(got.notes, "guess") {
		t.Errorf("a wrong secret: %+v", got)
	}
	if got := live(secret, "--break-glass", glassTwo, "--break-glass", "nobody@contoso.com"); got.code != 2 || !strings.Contains(got.notes, "no such account") {
		t.Errorf("an unknown account: %+v", got)
	}
	mu.Lock()
	denied = "/identity/conditionalAccess/policies"
	mu.Unlock()
	if got := live(secret, bothGlasses...); got.code != 4 || !strings.Contains(got.notes, "Policy.Read.All") {
		t.Errorf("without the permission: %+v", got)
	}
	mu.Lock()
	defer mu.Unlock()
	denied = ""
	if !slices.Contains(asked, "/policies/identitySecurityDefaultsEnforcementPolicy") {
		t.Errorf("asked for %v", asked)
	}
}
