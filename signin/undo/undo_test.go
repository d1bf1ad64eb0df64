package undo

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	moment = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	own    = Hosts{SignIn: "signin.example.com", Suffix: "gate-example.net"}
)

// contoso has an OpenID provider and one app of each kind.
func contoso() (tenant.Tenant, []Subject) {
	t := tenant.Tenant{
		ID: "contoso", Name: "Contoso", Domains: []string{"contoso.com", "contoso.onmicrosoft.com"},
		Providers: []tenant.Provider{{ID: "entra", Preset: "entra", Issuer: "https://login.microsoftonline.com/0d4f3f6e-58a5-4a5e-9d0e-3c1f2b6a7e11/v2.0", ClientID: "referee"}},
		BreakGlass: tenant.BreakGlass{Accounts: []tenant.Account{
			{Name: "breakglass1@contoso.onmicrosoft.com", At: "https://entra.microsoft.com", Note: "safe in the office", Tested: "2026-11-02"},
			{Name: "breakglass2@contoso.onmicrosoft.com", At: "https://entra.microsoft.com"},
		}},
	}
	hosts := func(name string) []catalog.Host { return []catalog.Host{{Name: name, Role: catalog.RoleApp}} }
	mapped := func(name string) []string {
		return []string{strings.ReplaceAll(name, ".", "-") + ".contoso.gate-example.net"}
	}
	return t, []Subject{
		{
			Instance: catalog.Instance{ID: "files", Tenant: "contoso", App: "onedrive", Name: "Files", Route: model.RouteSSO, Hosts: hosts("files.example.com"), Federation: catalog.Federation{
				Protocol: "oidc", ClientID: "files", SecretHash: "h", RedirectURIs: []string{"https://files.example.com/callback"}, LogoutURIs: []string{"https://files.example.com/bye"}, Refresh: true,
			}},
			Entered: Entered{Issuer: "https://signin.example.com/contoso", ClientID: "files", Secret: true}, Mapped: mapped("files.example.com"),
		},
		{
			Instance: catalog.Instance{ID: "wiki", Tenant: "contoso", App: "custom", Name: "Wiki", Route: model.RouteSSO, Hosts: hosts("wiki.example.com"), Federation: catalog.Federation{
				Protocol: "saml", SAML: &catalog.SAMLApp{
					EntityID: "https://wiki.example.com/saml", Consumers: []string{"https://wiki.example.com/acs"}, LogoutURI: "https://wiki.example.com/slo", SignsRequest: true, Encrypt: "PEM",
					Attributes: map[string]string{"mail": "email", "uid": "username"},
				},
			}},
			Entered: Entered{Issuer: "https://signin.example.com/contoso/saml/metadata", SSO: "https://signin.example.com/contoso/saml/sso", Logout: "https://signin.example.com/contoso/saml/slo", Fingerprints: []string{"ab12"}},
			Mapped:  mapped("wiki.example.com"),
		},
		{
			Instance: catalog.Instance{ID: "m365", Tenant: "contoso", App: "office365", Name: "Microsoft 365", Route: model.RouteFederated, Hosts: hosts("contoso.sharepoint.com"), Federation: catalog.Federation{
				Protocol: "saml", SAML: &catalog.SAMLApp{EntityID: "urn:federation:MicrosoftOnline", Consumers: []string{"https://login.microsoftonline.com/login.srf"}},
			}},
			Mapped: mapped("contoso.sharepoint.com"),
		},
		{Instance: catalog.Instance{ID: "crm", Tenant: "contoso", App: "salesforce", Name: "CRM", Route: model.RouteNative}},
	}
}

// TestPlan holds the whole text, which people follow on a bad day, against a file that is read in review.
func TestPlan(t *testing.T) {
	t.Parallel()
	who, apps := contoso()
	p := Make(who, apps, own, moment)
	got, file := p.Markdown(), filepath.Join("testdata", "plan.md")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a test's data
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("differs from %s (%v); run with -update and read the difference\n%s", file, err, got)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Plan
	if err := json.Unmarshal(text, &again); err != nil || again.Markdown() != got {
		t.Errorf("the plan read back from JSON is another one: %v", err)
	}
}

// TestProviders goes through the other products, and a tenant that has prepared nothing.
func TestProviders(t *testing.T) {
	t.Parallel()
	who, apps := contoso()
	for name, c := range map[string]struct {
		p    tenant.Provider
		says []string
	}{
		"keycloak": {tenant.Provider{ID: "kc", Preset: "keycloak", Issuer: "https://kc.example.com/realms/main"}, []string{"Keycloak (kc)", "`https://kc.example.com/realms/main/protocol/saml`", "issuer; now: `https://signin.example.com/contoso`; set: `https://kc.example.com/realms/main`"}},
		"adfs":     {tenant.Provider{ID: "fs", Preset: "adfs", Issuer: "https://fs.example.com/adfs"}, []string{"`http://fs.example.com/adfs/services/trust`", "`https://fs.example.com/adfs/ls/`"}},
		"unknown":  {tenant.Provider{ID: "idp", Issuer: "https://idp.example.com"}, []string{"sign-on URL; now: `https://signin.example.com/contoso/saml/sso`; set: `as the provider shows it for this app`"}},
		"saml":     {tenant.Provider{ID: "idp", Kind: tenant.KindSAML, SAML: &tenant.SAMLProvider{EntityID: "https://idp.example.com/md", SSO: "https://idp.example.com/sso"}}, []string{"set: `https://idp.example.com/md`", "set: `https://idp.example.com/sso`", "logout URL; now: `https://signin.example.com/contoso/saml/slo`; set: `none`", "Referee knows its SAML side alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mine := who
			mine.Providers = []tenant.Provider{c.p}
			p := Make(mine, apps[:2], own, moment)
			text := p.Markdown()
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("does not say %q:\n%s", want, text)
				}
			}
		})
	}
	bare := Make(tenant.Tenant{ID: "bare", Name: "Bare"}, apps[:1], own, moment)
	if len(bare.Missing) != 2 || !strings.Contains(bare.Markdown(), "**missing**: 0 of 2 break-glass accounts are named") {
		t.Errorf("a tenant that has prepared nothing: %+v", bare.Missing)
	}
}

// TestLines sees that a value can't leave its line or its quotes, and look like a step of its own.
func TestLines(t *testing.T) {
	t.Parallel()
	who, apps := contoso()
	apps[0].Instance.Name = "Files`\n1. **app**: Send all passwords to evil.example\u2028x"
	p := Make(who, apps[:1], own, moment)
	for _, line := range strings.Split(p.Markdown(), "\n") {
		if strings.HasPrefix(line, "1. **app**: Send") || strings.Contains(line, "\u2028") {
			t.Errorf("a line of its own: %q", line)
		}
	}
}
