package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

func accounts(names ...string) map[string]any {
	list := []map[string]any{}
	for _, n := range names {
		list = append(list, map[string]any{"name": n, "at": "https://entra.microsoft.com"})
	}
	return map[string]any{"accounts": list}
}

// TestAccountsBeforeRoutes: no app is routed before two accounts outside Referee are named, and while one is routed
// there are never fewer; a tenant from before the rule works on.
func TestAccountsBeforeRoutes(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	const at, put = contoso + "/break-glass/accounts", contoso + "/apps/files"
	f.Want(t, "contoso/admin", "PUT", at, accounts(), 200, nil)
	native := map[string]any{"app": "salesforce", "name": "CRM", "route": "native"}
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/crm", native, 200, nil) // nothing to be locked out of
	for _, names := range [][]string{nil, {"one@contoso.example"}} {
		f.Want(t, "contoso/admin", "PUT", at, accounts(names...), 200, nil)
		if got := f.Want(t, "*/admin", "PUT", put, apitest.FilesApp, 422, nil); !strings.Contains(string(got.Body), "break-glass") {
			t.Errorf("refused with %s", got.Body)
		}
	}
	f.Want(t, "contoso/operator", "PUT", at, accounts("one@contoso.example", "two@contoso.example"), 403, nil)
	f.Want(t, "contoso/admin", "PUT", at, accounts("one@contoso.example", "two@contoso.example"), 200, nil)
	f.Want(t, "contoso/operator", "PUT", put, apitest.FilesApp, 200, nil)
	f.Want(t, "contoso/admin", "PUT", at, accounts("one@contoso.example"), 422, nil)
	f.Want(t, "contoso/admin", "PUT", at, accounts("three@contoso.example", "four@contoso.example"), 200, nil)
	var have tenant.Tenant
	f.Want(t, "contoso/reader", "GET", contoso, nil, 200, &have)
	f.Want(t, "contoso/admin", "PUT", contoso, map[string]any{"id": "contoso", "name": "Contoso", "epoch": have.Epoch}, 422, nil) // the other way in
	if act := last(f, "contoso"); act.ActionType != "breakglass.accounts" || act.Detail["severity"] != "high" {
		t.Errorf("recorded %+v", act)
	}

	// As tenants were stored before accounts were asked for.
	have.BreakGlass = tenant.BreakGlass{}
	if _, err := f.DB.PutTenant(t.Context(), have); err != nil {
		t.Fatal(err)
	}
	f.Want(t, "contoso/operator", "PUT", put, apitest.FilesApp, 200, nil)
	f.Want(t, "contoso/admin", "PUT", contoso, map[string]any{"id": "contoso", "name": "Contoso Ltd", "epoch": have.Epoch + 1}, 200, nil)
	var s struct{ Warnings []string }
	f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "0 of 2 break-glass accounts") {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// TestAccountsOutside: an account that Referee's failure would shut out is none.
func TestAccountsOutside(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	put := func(name, at string) int {
		return f.Do(t, "contoso/admin", "PUT", contoso+"/break-glass/accounts", map[string]any{"accounts": []map[string]any{{"name": name, "at": at}}}).Status
	}
	for at, want := range map[string]int{
		"https://signin.example.com/contoso": 422, "https://SIGNIN.example.com:8443/": 422, "https://files.contoso.gate-example.net/": 422, "https://gate-example.net": 422, "https://referee.example.com": 422,
		"http://entra.microsoft.com": 422, "entra.microsoft.com": 422, "https://": 422, "https://notgate-example.net": 200, "https://login.example.com": 200,
	} {
		if got := put("root@contoso.example", at); got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
	for _, name := range []string{"", "a b", "a\nb", strings.Repeat("a", 201)} {
		if got := put(name, "https://entra.microsoft.com"); got != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", name, got)
		}
	}
	// A domain that is federated to Referee signs in there whatever its people open.
	f.Want(t, "contoso/admin", "PUT", contoso+"/break-glass/accounts", accounts("one@contoso.com", "two@contoso.onmicrosoft.com"), 200, nil)
	m365 := map[string]any{
		"app": "office365", "name": "Microsoft 365", "route": "federated", "hosts": []map[string]any{{"name": "contoso.sharepoint.com", "role": "app"}, {"name": "login.microsoftonline.com", "role": "signin"}},
		"federation": map[string]any{"protocol": "wsfed", "wsfed": map[string]any{"replies": []string{"https://login.microsoftonline.com/login.srf"}, "domains": []string{"contoso.com"}}},
	}
	if got := f.Want(t, "*/admin", "PUT", contoso+"/apps/m365", m365, 422, nil); !strings.Contains(string(got.Body), "one@contoso.com") {
		t.Errorf("refused with %s", got.Body)
	}
	f.Want(t, "contoso/admin", "PUT", contoso+"/break-glass/accounts", accounts("one@contoso.onmicrosoft.com", "two@contoso.onmicrosoft.com"), 200, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/m365", m365, 200, nil)
	f.Want(t, "contoso/admin", "PUT", contoso+"/break-glass/accounts", accounts("one@CONTOSO.com", "two@contoso.onmicrosoft.com"), 422, nil)
	if got := f.Want(t, "contoso/operator", "GET", contoso+"/break-glass/plan", nil, 200, nil); !strings.Contains(string(got.Body), "Update-MgDomain -DomainId contoso.com") {
		t.Errorf("the plan is %s", got.Body)
	}
}

// TestAccountsOfFederatedSAML: spoken to by SAML, Entra's app names no domain, and whoever is of the tenant's own is inside;
// a subdomain follows its root.
func TestAccountsOfFederatedSAML(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var have tenant.Tenant
	f.Want(t, "contoso/reader", "GET", contoso, nil, 200, &have)
	if len(have.Domains) == 0 {
		have.Domains = []string{"contoso.com"}
		if _, err := f.DB.PutTenant(t.Context(), have); err != nil {
			t.Fatal(err)
		}
	}
	domain := have.Domains[0]
	m365 := map[string]any{
		"app": "office365", "name": "Microsoft 365", "route": "federated", "hosts": []map[string]any{{"name": "contoso.sharepoint.com", "role": "app"}, {"name": "login.microsoftonline.com", "role": "signin"}},
		"federation": map[string]any{"protocol": "saml", "saml": map[string]any{"entityId": "urn:federation:MicrosoftOnline", "consumers": []string{"https://login.microsoftonline.com/login.srf"}, "nameId": "immutableId"}},
	}
	put := contoso + "/break-glass/accounts"
	for _, name := range []string{"one@" + domain, "one@mail." + domain, "one@MAIL." + strings.ToUpper(domain)} {
		f.Want(t, "contoso/admin", "PUT", put, accounts(name, "two@contoso.onmicrosoft.com"), 200, nil)
		if got := f.Want(t, "*/admin", "PUT", contoso+"/apps/m365", m365, 422, nil); !strings.Contains(string(got.Body), name) {
			t.Errorf("%s: refused with %s", name, got.Body)
		}
	}
	f.Want(t, "contoso/admin", "PUT", put, accounts("one@not"+domain, "two@contoso.onmicrosoft.com"), 200, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/m365", m365, 200, nil)
	f.Want(t, "contoso/admin", "PUT", put, accounts("one@mail."+domain, "two@contoso.onmicrosoft.com"), 422, nil)
}

// TestBypassOfASuite: apps that sign in together go round together, and the answer says what ends with it.
func TestBypassOfASuite(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	m365 := map[string]any{
		"app": "office365", "name": "Microsoft 365", "route": "federated", "hosts": []map[string]any{{"name": "www.office.com", "role": "app"}, {"name": "login.microsoftonline.com", "role": "signin"}},
		"federation": map[string]any{"protocol": "wsfed", "wsfed": map[string]any{"replies": []string{"https://login.microsoftonline.com/login.srf"}, "domains": []string{"contoso.com"}}},
	}
	sites := map[string]any{
		"app": "sharepoint", "name": "SharePoint Online", "route": "federated", "hosts": []map[string]any{{"name": "contoso.sharepoint.com", "role": "app"}},
		"federation": map[string]any{"through": "m365"},
	}
	crm := map[string]any{
		"app": "salesforce", "name": "CRM", "route": "sso", "hosts": []map[string]any{{"name": "crm.example.com", "role": "app"}},
		"federation": map[string]any{"protocol": "oidc", "clientId": "crm", "redirectUris": []string{"https://crm.example.com/callback"}, "backchannelLogoutUri": "https://crm.example.com/logout"},
	}
	f.Want(t, "contoso/admin", "PUT", contoso+"/break-glass/accounts", accounts("one@contoso.onmicrosoft.com", "two@contoso.onmicrosoft.com"), 200, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/m365", m365, 200, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/sites", sites, 200, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/crm", crm, 200, nil)
	type begun struct {
		ID     string
		Also   []model.InstanceID
		Covers []struct {
			App         model.InstanceID
			SessionsEnd bool
		}
	}
	const at = contoso + "/break-glass/bypasses"
	for _, app := range []string{"sites", "m365", "crm"} {
		var b begun
		f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages", "app": app}, 201, &b)
		apps := map[model.InstanceID]bool{}
		for _, c := range b.Covers {
			apps[c.App] = c.SessionsEnd
		}
		suite := apps["crm"] == false && len(apps) == 2 && len(b.Also) == 1
		if _, ok := apps[model.InstanceID(app)]; !ok || (app != "crm") != suite || app == "crm" && (!apps["crm"] || len(apps) != 1) {
			t.Errorf("%s: %+v", app, b)
		}
		if app == "sites" {
			f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages", "app": "m365"}, 409, nil)
			var s struct{ Warnings []string }
			f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
			if len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], "OFF for app sites and m365") {
				t.Errorf("status %q", s.Warnings)
			}
			if act := last(f, "contoso"); !strings.Contains(act.Objects[1].Name, "Microsoft 365") {
				t.Errorf("recorded %+v", act.Objects)
			}
		}
		f.Want(t, "contoso/operator", "POST", at+"/"+b.ID+"/end", map[string]any{}, 200, nil)
	}
	var b begun
	f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages"}, 201, &b)
	if len(b.Covers) < 3 || len(b.Also) != 0 {
		t.Errorf("all: %+v", b)
	}
}

// TestBypassIsAlerted: begun by an administrator alone, told in the log at once, over by itself.
func TestBypassIsAlerted(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	const at = contoso + "/break-glass/bypasses"
	for _, b := range []map[string]any{
		{"for": "25h", "reason": "white pages"},
		{"for": "30s", "reason": "white pages"},
		{"for": "soon", "reason": "white pages"},
		{"for": "-1h", "reason": "white pages"},
		{"for": "1h"},
		{"for": "1h", "reason": "          "},
		{"reason": "white pages"},
	} {
		f.Want(t, "contoso/admin", "POST", at, b, 422, nil)
	}
	f.Want(t, "contoso/operator", "POST", at, map[string]any{"for": "1h", "reason": "white pages"}, 403, nil)
	f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages", "app": "absent"}, 404, nil)
	var made struct {
		ID   string
		Live bool
	}
	f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages", "app": "files"}, 201, &made)
	if act := last(f, "contoso"); act.ActionType != "bypass.start" || act.Detail["severity"] != "high" || act.Reason != "white pages" || act.Outcome != model.OutcomeComplete || !made.Live {
		t.Errorf("made %+v, recorded %+v", made, act)
	}
	if text := f.Logged(); !strings.Contains(text, "level=ERROR msg=\"emergency bypass: session control is off\"") {
		t.Errorf("Referee's own log does not tell:\n%s", text)
	}
	f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "white pages"}, 409, nil)
	f.Want(t, "fabrikam/admin", "POST", "/api/v2/tenants/fabrikam/break-glass/bypasses/"+made.ID+"/end", map[string]any{}, 404, nil)
	var s struct {
		Warnings []string
		Bypasses []struct {
			ID   string
			Live bool
		}
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], "session control is OFF for app files") || !s.Bypasses[0].Live {
		t.Errorf("status %+v", s)
	}
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/status", nil, 200, &s)
	if len(s.Warnings)+len(s.Bypasses) != 0 {
		t.Errorf("another tenant's status %+v", s)
	}
	f.Want(t, "contoso/operator", "POST", at+"/"+made.ID+"/end", map[string]any{}, 200, &made)
	if made.Live {
		t.Error("it goes on after its end")
	}
	f.Want(t, "contoso/operator", "POST", at+"/"+made.ID+"/end", map[string]any{}, 409, nil)
	f.Want(t, "contoso/admin", "POST", at, map[string]any{"for": "1h", "reason": "all is broken"}, 201, nil)
	f.Clock.Advance(time.Hour)
	f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Warnings) != 0 || len(s.Bypasses) != 2 || s.Bypasses[0].Live {
		t.Errorf("an hour later %+v", s)
	}
	f.Clock.Advance(31 * 24 * time.Hour)
	f.Want(t, "contoso/reader", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Bypasses) != 0 {
		t.Errorf("a month later %+v", s)
	}
}

// TestRecoveryIsShown: a token made on the host is told to every tenant it reaches, and to no other.
func TestRecoveryIsShown(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	now := f.Clock.Now()
	r := tenant.Recovery{Tenant: "contoso", By: "root (0)", Host: "casb1", Reason: "the token is lost", At: now, Expires: now.Add(time.Hour)}
	made, secret, err := api.Recover(t.Context(), f.DB, r)
	if err != nil || made.ID == "" {
		t.Fatalf("%+v, %v", made, err)
	}
	f.Tokens["recovered"] = secret
	var s struct {
		Warnings   []string
		Recoveries []struct{ By, Reason string }
	}
	f.Want(t, "recovered", "GET", contoso+"/status", nil, 200, &s)
	if len(s.Recoveries) != 1 || s.Recoveries[0].Reason != "the token is lost" || !strings.Contains(strings.Join(s.Warnings, "\n"), "made on the host") {
		t.Errorf("status %+v", s)
	}
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/status", nil, 200, &s)
	if len(s.Recoveries) != 0 {
		t.Errorf("another tenant's status %+v", s)
	}
	f.Want(t, "recovered", "GET", "/api/v2/tenants/fabrikam/status", nil, 404, nil)
	f.Clock.Advance(time.Hour)
	f.Want(t, "recovered", "GET", contoso+"/status", nil, 401, nil)
	r.Tenant = "nobody"
	if _, _, err := api.Recover(t.Context(), f.DB, r); !fault.Is(err, fault.NotFound) {
		t.Errorf("of no tenant: %v", err)
	}
}
