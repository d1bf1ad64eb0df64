package entra

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/graph"
)

const (
	glass1 = "11111111-1111-4111-8111-111111111111"
	glass2 = "22222222-2222-4222-8222-222222222222"
	place  = "33333333-3333-4333-8333-333333333333"
	tenant = "7f3c1a52-0000-4000-8000-000000000001"
)

// exports are the files of a sound tenant: managed, licensed, with policies that keep what they should.
func exports() map[string]string {
	return map[string]string{
		"organization.json": `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#organization","value":[{"id":"` + tenant + `","displayName":"Contoso","onPremisesSyncEnabled":true}]}`,
		"domains.json": `{"value":[
			{"id":"contoso.onmicrosoft.com","authenticationType":"Managed","isVerified":true,"isInitial":true,"isDefault":true,"isRoot":true},
			{"id":"Contoso.com","authenticationType":"Managed","isVerified":true,"isRoot":true}]}`,
		"conditionalAccessPolicies.json": `{"value":[` + native + `,` + legacy + `]}`,
		"namedLocations.json":            `{"value":[{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"` + place + `","displayName":"Referee","isTrusted":false,"ipRanges":[{"@odata.type":"#microsoft.graph.iPv4CidrRange","cidrAddress":"203.0.113.8/32"}]}]}`,
		"servicePrincipals.json":         `{"value":[{"appId":"` + appSharePoint + `","displayName":"Office 365 SharePoint Online","accountEnabled":true}]}`,
		"subscribedSkus.json": `{"value":[{"skuPartNumber":"SPB","capabilityStatus":"Enabled","servicePlans":[
			{"servicePlanName":"AAD_PREMIUM","provisioningStatus":"Success"},{"servicePlanName":"INTUNE_A","provisioningStatus":"Success"}]}]}`,
		"securityDefaults.json": `{"isEnabled":false}`,
		"users.json": `{"value":[{"id":"` + glass1 + `","userPrincipalName":"bg1@contoso.onmicrosoft.com","accountEnabled":true},
			{"id":"` + glass2 + `","userPrincipalName":"bg2@contoso.onmicrosoft.com","accountEnabled":true,"onPremisesSyncEnabled":null}]}`,
	}
}

const (
	bothOut = `"users":{"includeUsers":["All"],"excludeUsers":["` + glass1 + `","` + glass2 + `"]}`
	native  = `{"id":"p1","displayName":"Native clients","state":"enabled","conditions":{"clientAppTypes":["mobileAppsAndDesktopClients"],"applications":{"includeApplications":["Office365"]},` + bothOut + `},"grantControls":{"operator":"OR","builtInControls":["compliantDevice","domainJoinedDevice"]}}`
	legacy  = `{"id":"p2","displayName":"Legacy","state":"enabled","conditions":{"clientAppTypes":["exchangeActiveSync","other"],"applications":{"includeApplications":["All"]},` + bothOut + `},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
)

// more adds a policy to the tenant.
func more(files map[string]string, text string) {
	files["conditionalAccessPolicies.json"] = strings.Replace(files["conditionalAccessPolicies.json"], `{"value":[`, `{"value":[`+text+`,`, 1)
}

func read(t *testing.T, files map[string]string) *Tenant {
	t.Helper()
	raw := map[string][]byte{}
	for name, text := range files {
		raw[name] = []byte(text)
	}
	out, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func named() Options { return Options{BreakGlass: []string{"bg1@contoso.onmicrosoft.com", glass2}} }

// abroad is a tenant whose people sign in elsewhere.
func abroad() Options {
	o := named()
	o.Provider, o.Egress = "https://contoso.okta.com", []netip.Prefix{netip.MustParsePrefix("203.0.113.8/32")}
	o.Origin, o.SigningKey = "https://signin.example.com", "MIIC"
	o.Federation = func(domain string) (string, string, string) {
		return "https://signin.example.com/contoso/wsfed/" + domain, "https://signin.example.com/contoso/wsfed", "https://signin.example.com/contoso/signout"
	}
	return o
}

func names(p *Plan) []string {
	var out []string
	for _, f := range p.Files {
		out = append(out, f.Name)
	}
	return out
}

func codes(p *Plan) []string {
	var out []string
	for _, f := range p.Findings {
		out = append(out, f.Code)
	}
	return out
}

func TestNative(t *testing.T) {
	t.Parallel()
	p, err := Make(read(t, exports()), named())
	if err != nil {
		t.Fatal(err)
	}
	if p.Route != model.RouteNative || p.Tenant != tenant || !slices.Equal(names(p), []string{"app-enforced-restrictions.json", "native-clients-compliant.json", "legacy-clients-block.json"}) || len(p.Findings) > 0 {
		t.Errorf("%s with %v: %v", p.Route, names(p), p.Findings)
	}
	if d := p.Domains[1]; d.Domain != "contoso.com" || d.Route != model.RouteNative || d.Possible || !strings.Contains(d.Why[0], "--provider") {
		t.Errorf("%+v", d)
	}
	steps := strings.Join(p.Steps, "\n")
	if !strings.Contains(steps, "AllowLimitedAccess") || !strings.Contains(steps, "ReadOnly") || !strings.Contains(p.Evidence, "live tenant") {
		t.Errorf("%s\n%s", steps, p.Evidence)
	}
}

// TestEveryPolicyIsSafe reads what is written with the very reader that takes policies from Entra: each reports only,
// and leaves both break-glass accounts out.
func TestEveryPolicyIsSafe(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]Options{"native": named(), "federated": abroad()} {
		p, err := Make(read(t, exports()), opt)
		if err != nil {
			t.Fatal(err)
		}
		policies := 0
		for _, f := range p.Files {
			if !strings.Contains(f.What, "conditionalAccess/policies") {
				continue
			}
			policies++
			var got Policy
			if err := json.Unmarshal(f.Body, &got); err != nil {
				t.Fatal(err)
			}
			if got.State != "enabledForReportingButNotEnforced" || !slices.Equal(got.When.Users.Exclude, []string{glass1, glass2}) || !slices.Equal(got.When.Users.Include, []string{"All"}) {
				t.Errorf("%s, %s: %s", name, f.Name, f.Body)
			}
			if got.Session != nil && got.Session.Restrictions != nil {
				continue // documents have no word for it: it is Entra's alone
			}
			docs, problems := graph.Import(f.Name, f.Body, graph.Names{Apps: []graph.App{{ID: appSharePoint, Keys: []string{"sharepoint"}}}, Locations: map[string]string{place: "Referee"}, Provider: "entra"})
			if len(problems) > 0 || len(docs) != 1 || docs[0].State != policy.StateReportOnly {
				t.Errorf("%s, %s: %v", name, f.Name, problems)
			}
		}
		if policies < 3 {
			t.Errorf("%s: %d policies", name, policies)
		}
	}
}

func TestFederated(t *testing.T) {
	t.Parallel()
	files := exports()
	p, err := Make(read(t, files), abroad())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"federation-contoso.com.json", "browser-through-referee.json", "native-clients-compliant.json", "legacy-clients-block.json"}
	if p.Route != model.RouteFederated || !slices.Equal(names(p), want) || len(p.Findings) > 0 {
		t.Errorf("%s with %v: %v", p.Route, names(p), p.Findings)
	}
	for _, text := range []string{`"federatedIdpMfaBehavior": "enforceMfaByFederatedIdp"`, `"issuerUri": "https://signin.example.com/contoso/wsfed/contoso.com"`, `"preferredAuthenticationProtocol": "wsFed"`, `"signingCertificate": "MIIC"`} {
		if !strings.Contains(string(p.Files[0].Body), text) {
			t.Errorf("no %s in %s", text, p.Files[0].Body)
		}
	}
	if !strings.Contains(string(p.Files[1].Body), `"excludeLocations": [`+"\n        \""+place) {
		t.Errorf("the policy does not leave Referee's addresses out: %s", p.Files[1].Body)
	}
	// Without a named location of exactly Referee's addresses, that comes first.
	opt := abroad()
	opt.Egress = append(opt.Egress, netip.MustParsePrefix("2001:db8::/64"))
	if p, err = Make(read(t, files), opt); err != nil || !slices.Contains(names(p), "named-location-referee.json") || slices.Contains(names(p), "browser-through-referee.json") {
		t.Errorf("%v, %v", names(p), err)
	}
	// Without addresses there is nothing to tell sessions apart by, and it says so.
	opt = abroad()
	opt.Egress, opt.SigningKey = nil, ""
	if p, err = Make(read(t, files), opt); err != nil || slices.Contains(names(p), "browser-through-referee.json") || !strings.Contains(strings.Join(p.Steps, " "), "--egress") || !strings.Contains(strings.Join(p.Steps, " "), "referee app show") {
		t.Errorf("%v, %v, %v", names(p), p.Steps, err)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	federation := `{"value":[{"issuerUri":"http://contoso.com/adfs/services/trust/","passiveSignInUri":"%","preferredAuthenticationProtocol":"wsFed","federatedIdpMfaBehavior":"enforceMfaByFederatedIdp","promptLoginBehavior":"translateToFreshPasswordAuthentication"}]}`
	for name, c := range map[string]struct {
		domain, federated, provider string
		route                       model.Route
		why                         string
	}{
		"managed, nobody says":          {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "", model.RouteNative, "--provider"},
		"managed, provider is Entra":    {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.microsoftonline.com/" + tenant + "/v2.0", model.RouteNative, "this same tenant"},
		"provider is Entra by domain":   {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://sts.windows.net/contoso.com/", model.RouteNative, "this same tenant"},
		"provider is Entra, anybody's":  {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.microsoftonline.com/common/v2.0", model.RouteNative, "this same tenant"},
		"provider is another tenant":    {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.microsoftonline.com/99999999-0000-4000-8000-000000000001/v2.0", model.RouteFederated, "not this tenant"},
		"provider is Entra for the US":  {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.microsoftonline.us/" + tenant + "/v2.0", model.RouteNative, "this same tenant"},
		"provider is Entra in China":    {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.partner.microsoftonline.cn/contoso.com/v2.0", model.RouteNative, "this same tenant"},
		"provider is Entra of old":      {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://LOGIN.windows.net.:443//" + tenant, model.RouteNative, "this same tenant"},
		"provider is Entra by --login":  {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://login.entra.example/" + tenant, model.RouteNative, "this same tenant"},
		"provider is Okta":              {`"authenticationType":"Managed","isVerified":true,"isRoot":true`, "", "https://contoso.okta.com", model.RouteFederated, "contoso.okta.com"},
		"default domain":                {`"authenticationType":"Managed","isVerified":true,"isRoot":true,"isDefault":true`, "", "https://contoso.okta.com", model.RouteFederated, "the default domain"},
		"subdomain":                     {`"authenticationType":"Managed","isVerified":true,"isRoot":false`, "", "https://contoso.okta.com", model.RouteFederated, "federates the root domain"},
		"not verified":                  {`"authenticationType":"Managed","isVerified":false,"isRoot":true`, "", "https://contoso.okta.com", model.RouteNative, "not verified"},
		"federated elsewhere":           {`"authenticationType":"Federated","isVerified":true,"isRoot":true`, "https://adfs.contoso.com/adfs/ls/", "", model.RouteFederated, "adfs.contoso.com"},
		"federated to Referee":          {`"authenticationType":"Federated","isVerified":true,"isRoot":true`, "https://signin.example.com/contoso/wsfed", "", model.RouteFederated, "federated to Referee"},
		"federated to a name like ours": {`"authenticationType":"Federated","isVerified":true,"isRoot":true`, "https://signin.example.com.evil.example/x", "", model.RouteFederated, "signin.example.com.evil.example"},
	} {
		files := exports()
		files["domains.json"] = `{"value":[{"id":"contoso.com",` + c.domain + `}]}`
		if c.federated != "" {
			files["federation-contoso.com.json"] = strings.Replace(federation, "%", c.federated, 1)
		}
		opt := named()
		opt.Provider, opt.Origin, opt.Login = c.provider, "https://signin.example.com", "https://login.entra.example"
		p, err := Make(read(t, files), opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := p.Domains[0]; d.Route != c.route || !strings.Contains(strings.Join(d.Why, "\n"), c.why) {
			t.Errorf("%s: %+v, want %s because of %q", name, d, c.route, c.why)
		}
	}
	for _, address := range []string{"contoso.okta.com", "http://contoso.okta.com", "https://", "https:login.microsoftonline.com/common", "login.microsoftonline.com/common", "https://me@contoso.okta.com", "https://%zz"} {
		opt := named()
		opt.Provider = address
		if _, err := Make(read(t, exports()), opt); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Help(err), "--provider https://") {
			t.Errorf("provider %q: %v", address, err)
		}
	}
	// The onmicrosoft.com domain never.
	opt := abroad()
	opt.Domains = []string{"contoso.onmicrosoft.com"}
	if p, err := Make(read(t, exports()), opt); err != nil || p.Route != model.RouteNative || len(p.Domains) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	opt.Domains = []string{"elsewhere.com"}
	if _, err := Make(read(t, exports()), opt); !fault.Is(err, fault.Invalid) {
		t.Errorf("a domain that is not there: %v", err)
	}
}

// TestBreakGlassFirst: nothing is planned until two accounts are named that exist and can sign in.
func TestBreakGlassFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		accounts []string
		change   func(map[string]string)
	}{
		"none":    {nil, nil},
		"one":     {[]string{glass1}, nil},
		"twice":   {[]string{glass1, "BG1@contoso.onmicrosoft.com"}, nil},
		"unknown": {[]string{glass1, "bg3@contoso.onmicrosoft.com"}, nil},
		"disabled": {[]string{glass1, glass2}, func(f map[string]string) {
			f["users.json"] = strings.Replace(f["users.json"], `"accountEnabled":true`, `"accountEnabled":false`, 1)
		}},
		"no people":    {[]string{glass1, glass2}, func(f map[string]string) { delete(f, "users.json") }},
		"no object id": {[]string{glass1, "bg2@contoso.onmicrosoft.com"}, func(f map[string]string) { f["users.json"] = strings.ReplaceAll(f["users.json"], glass2, "two") }},
	} {
		files := exports()
		if c.change != nil {
			c.change(files)
		}
		p, err := Make(read(t, files), Options{BreakGlass: c.accounts})
		if p != nil || !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Help(err), "--break-glass") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]string){
		"a file missing": func(f map[string]string) { delete(f, "domains.json") },
		"no JSON":        func(f map[string]string) { f["domains.json"] = "<html>" },
		"a page of several": func(f map[string]string) {
			f["domains.json"] = `{"value":[],"@odata.nextLink":"https://graph.microsoft.com/x"}`
		},
		"no domain":         func(f map[string]string) { f["domains.json"] = `{"value":[]}` },
		"two organizations": func(f map[string]string) { f["organization.json"] = `[{"id":"a"},{"id":"b"}]` },
		"wrong type":        func(f map[string]string) { f["namedLocations.json"] = `{"value":{"id":"a"}}` },
		"an empty file":     func(f map[string]string) { f["subscribedSkus.json"] = "" },
	} {
		files := exports()
		change(files)
		raw := map[string][]byte{}
		for n, text := range files {
			raw[n] = []byte(text)
		}
		if got, err := Read(raw); got != nil || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	with := exports()
	with["notes.txt"] = "not Graph's"
	with["domains.json"] = "\ufeff" + with["domains.json"] // as PowerShell writes files
	if got := read(t, with); len(got.Domains) != 2 || slices.Contains(got.Read, "notes.txt") {
		t.Errorf("%+v", got.Read)
	}
}

func FuzzRead(f *testing.F) {
	var names []string
	for name := range exports() {
		names = append(names, name)
	}
	names = append(names, "federation-contoso.com.json")
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), []byte(exports()[name]))
	}
	f.Add(uint8(0), []byte(`{"value":[{"conditions":{"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -ne False"}}},"state":"enabled"}]}`))
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		raw := map[string][]byte{}
		for n, s := range exports() {
			raw[n] = []byte(s)
		}
		name := names[int(which)%len(names)]
		raw[name] = text
		tenant, err := Read(raw)
		if err != nil {
			return
		}
		p, err := Make(tenant, abroad())
		if err != nil {
			return
		}
		if p.Evidence == "" || len(p.BreakGlass) != 2 {
			t.Fatalf("%s %q: %+v", name, text, p)
		}
		for _, file := range p.Files {
			if strings.Contains(file.What, "conditionalAccess/policies") && (!strings.Contains(string(file.Body), reportOnly) || !strings.Contains(string(file.Body), p.BreakGlass[1])) {
				t.Fatalf("%s %q: %s", name, text, file.Body)
			}
		}
	})
}
