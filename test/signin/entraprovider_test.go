package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/tenant"
	"github.com/referee-casb/referee/test/entraid"
)

// TestProviderOfTheDomain: where a tenant has several providers, one signs people in to Entra whose domain it names. The
// others might claim any account of a federated domain that nobody names.
func TestProviderOfTheDomain(t *testing.T) {
	t.Parallel()
	second := func(own, others []string) func(*tenant.Tenant, *rig) {
		return func(v *tenant.Tenant, r *rig) {
			more := v.Providers[0]
			more.ID, more.Issuer, more.Domains = "partner", r.second.issuer, others
			v.Providers[0].Domains = own
			v.Providers = append(v.Providers, more)
		}
	}
	for name, c := range map[string]struct {
		own, others []string
		token       bool
	}{
		"it names the domain":    {[]string{"contoso.example"}, []string{"partner.example"}, true},
		"the other names none":   {[]string{"contoso.example"}, nil, true},
		"it names none":          {nil, []string{"partner.example"}, false},
		"it names a longer one":  {[]string{"mail.contoso.example"}, []string{"partner.example"}, false},
		"none of them names any": {nil, nil, false},
	} {
		for protocol, saml := range map[string]bool{"WS-Federation": false, "SAML": true} {
			t.Run(name+", "+protocol, func(t *testing.T) {
				t.Parallel()
				f := newFederated(t, federatedSetting{saml: saml, change: func(v *tenant.Tenant, r *rig) {
					v.Domains = nil
					second(c.own, c.others)(v, r)
				}})
				b := f.browser(nil)
				to := f.at("contoso", "/wsfed?wa=wsignin1.0&wtrealm="+url.QueryEscape(entraid.Realm))
				if saml {
					to = f.hinting(b)
				}
				p := f.walk(b, to)
				if strings.Contains(p.text, `name="asked"`) {
					if c.own == nil {
						p = b.choose(p, "provider", "main")
					} else {
						p = b.choose(p, "address", "director@"+c.own[0])
					}
				}
				_, form := formOf(p)
				token := form.Has("wresult") || form.Has("SAMLResponse") || strings.Contains(strings.Join(p.hops, " "), "login.srf") || strings.Contains(p.text, "director@contoso.example") && p.status == 200
				if token != c.token {
					t.Errorf("token %t: %d at %s\n%s\n%s", token, p.status, p.at, strings.Join(p.hops, "\n"), p.text)
				}
				if !c.token && (p.status != http.StatusForbidden || !strings.Contains(p.text, "does not speak for people of contoso.example")) {
					t.Errorf("%d at %s\n%s", p.status, p.at, p.text)
				}
			})
		}
	}
}
