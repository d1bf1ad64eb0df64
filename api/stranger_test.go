package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// TestFederatedDomainsThatNobodyNames: where there are several providers, status names the domains whose people get no
// token, by SAML as by WS-Federation, and says what naming them does.
func TestFederatedDomainsThatNobodyNames(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	in := catalog.Instance{
		ID: "m365", Tenant: "contoso", App: "office365", Name: "Microsoft 365", Route: model.RouteFederated, Evidence: model.EvidenceDocumentation,
		Hosts: []catalog.Host{{Name: "www.office.com", Role: catalog.RoleApp}, {Name: "login.microsoftonline.com", Role: catalog.RoleSignIn}},
	}
	wsfed := catalog.Federation{Protocol: "wsfed", WSFed: &catalog.WSFed{Replies: []string{"https://login.microsoftonline.com/login.srf"}, Domains: []string{"contoso.com"}}}
	saml := catalog.Federation{Protocol: "saml", SAML: &catalog.SAMLApp{EntityID: catalog.RealmEntra, Consumers: []string{"https://login.microsoftonline.com/login.srf"}, NameID: "immutableId"}}
	for _, c := range []struct {
		name          string
		federation    catalog.Federation
		managed       []string
		first, second []string
		want          []string
	}{
		{"WS-Federation", wsfed, nil, nil, []string{"partner.com"}, []string{"nobody of contoso.com"}},
		{"WS-Federation, named", wsfed, nil, []string{"contoso.com"}, nil, nil},
		{"SAML, no domain anywhere", saml, nil, nil, nil, []string{"nobody can sign in to Microsoft 365"}},
		{"SAML, none named", saml, []string{"contoso.com", "contoso.onmicrosoft.com", "contoso.onmicrosoft.us", "contoso.partner.onmschina.cn"}, nil, nil, []string{"nobody of contoso.com"}},
		{"SAML, one named", saml, []string{"contoso.com", "fabrikam.com"}, []string{"contoso.com"}, []string{"partner.com"}, []string{"nobody of fabrikam.com"}},
		{"SAML, all named", saml, []string{"contoso.com"}, []string{"contoso.com"}, nil, nil},
	} {
		have, err := f.DB.Tenant(t.Context(), "contoso")
		if err != nil {
			t.Fatal(err)
		}
		have.Domains, have.Providers = c.managed, []tenant.Provider{
			{ID: "main", Issuer: "https://idp.example.com", ClientID: "x", Domains: c.first}, {ID: "partner", Issuer: "https://partner.example.com", ClientID: "y", Domains: c.second},
		}
		if _, err := f.DB.PutTenant(t.Context(), have); err != nil {
			t.Fatal(err)
		}
		in.Federation = c.federation
		if err := f.DB.PutInstance(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		var s struct{ Warnings []string }
		f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
		var got []string
		for _, w := range s.Warnings {
			if strings.HasPrefix(w, "nobody ") {
				got = append(got, w)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) || !strings.Contains(got[i], "signs in nobody of the rest, at no app") {
				t.Errorf("%s: %q, want %q", c.name, got[i], c.want[i])
			}
		}
	}
}
