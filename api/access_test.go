package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/tenant"
)

// path fills a route's parameters.
func path(rt api.Route, id string) string {
	return strings.NewReplacer("{tenant}", id, "{app}", "files", "{provider}", "company", "{policy}", "block-downloads", "{exception}", "ex-1", "{activity}", "a1", "{device}", "8f1c", "{bypass}", "bp-1", "{source}", "entra", "{user}", "anna@contoso.com", "{group}", "Sales", "{type}", "case-number", "{table}", "patients", "{label}", "Public", "{fingerprint}", "0123456789abcdef",
		"{code}", "K7QM-2T9X", "{token}", "tok-fabrikam-reader", "{template}", "block_countries").Replace(rt.Path)
}

// body is a body that the route's reader takes, or refuses only after the guard.
func body(rt api.Route) any {
	if rt.Method == http.MethodPost || rt.Method == http.MethodPut {
		return map[string]any{}
	}
	return nil
}

// TestTenantsAreApart tries every route that has a tenant in its path with the strongest token of another tenant,
// and compares the answer with that for a tenant that does not exist.
func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	tried := 0
	for _, rt := range api.Routes() {
		if rt.Scope != api.ScopeTenant {
			continue
		}
		tried++
		theirs := f.Do(t, "contoso/admin", rt.Method, path(rt, "fabrikam"), body(rt))
		none := f.Do(t, "contoso/admin", rt.Method, path(rt, "nowhere"), body(rt))
		if theirs.Status != http.StatusNotFound || none.Status != http.StatusNotFound {
			t.Errorf("%s: %d for another tenant, %d for none; want 404 for both", rt.ID, theirs.Status, none.Status)
		}
		if got, want := without(t, theirs.Body, "fabrikam"), without(t, none.Body, "nowhere"); got != want {
			t.Errorf("%s tells another tenant from none:\n%s\n%s", rt.ID, got, want)
		}
	}
	if tried < 30 {
		t.Errorf("only %d routes were tried", tried)
	}
	if n := len(f.Log.Rows("fabrikam")); n != 0 {
		t.Errorf("the other tenant's log has %d activities", n)
	}
}

// without returns a problem without what differs between two requests.
func without(t *testing.T, text []byte, name string) string {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	delete(p, "request")
	out, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(out), name, "X")
}

// TestEveryRouteGuards tries every route without a token, with a wrong, an expired and too weak a one.
func TestEveryRouteGuards(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	old := tenant.Token{ID: "tok-old", Name: "old", Tenant: tenant.Everywhere, Role: tenant.RoleAdmin, Hash: tenant.HashToken("referee_old-old-old"), Created: apitest.Monday, Expires: apitest.Monday.Add(time.Hour)}
	if err := f.DB.PutToken(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.Tokens["old"], f.Tokens["wrong"], f.Tokens["short"] = "referee_old-old-old", "referee_wrong-wrong-wrong", "x"
	f.Clock.Advance(time.Hour)
	order := []tenant.Role{tenant.RoleReader, tenant.RoleAnalyst, tenant.RoleOperator, tenant.RoleAdmin, tenant.RoleDevices}
	for _, rt := range api.Routes() {
		at := path(rt, "contoso")
		for _, token := range []string{"", "wrong", "short", "old"} {
			if got := f.Do(t, token, rt.Method, at, body(rt)); got.Status != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with token %q: %d, %v", rt.ID, token, got.Status, got.Header)
			}
		}
		owner := "contoso"
		if rt.Scope == api.ScopeInstallation {
			owner = tenant.Everywhere
			if got := f.Do(t, "contoso/admin", rt.Method, at, body(rt)); got.Status != http.StatusForbidden {
				t.Errorf("%s with a tenant's token: %d", rt.ID, got.Status)
			}
		}
		for _, role := range order {
			if role.Allows(rt.Role) || strings.Contains(at, "/tail") {
				continue
			}
			if got := f.Do(t, owner+"/"+string(role), rt.Method, at, body(rt)); got.Status != http.StatusForbidden {
				t.Errorf("%s as %s: %d, want 403", rt.ID, role, got.Status)
			}
		}
		if strings.Contains(at, "/tail") || rt.ID == "tenant-delete" {
			continue
		}
		if got := f.Do(t, owner+"/"+string(rt.Role), rt.Method, at, body(rt)); got.Status == http.StatusForbidden || got.Status == http.StatusUnauthorized || got.Status >= 500 {
			t.Errorf("%s as %s: %d %s", rt.ID, rt.Role, got.Status, got.Body)
		}
	}
}

func TestSchemes(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	secret := f.Tokens["contoso/reader"]
	for header, want := range map[string]int{
		"Bearer " + secret: 200, "bearer " + secret: 200, "Token " + secret: 200, "Basic " + secret: 401, secret: 401,
		"Bearer " + secret + "x": 401, "Bearer " + strings.ToUpper(secret): 401, "Bearer": 401, "Bearer  " + secret: 200,
	} {
		if got := f.Raw(t, http.MethodGet, "/api/v2/whoami", header, ""); got.Status != want {
			t.Errorf("%q: %d, want %d", header, got.Status, want)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var made struct{ ID, Secret, Name, Tenant string }
	f.Want(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/tokens", map[string]any{"name": "siem", "role": "analyst"}, 201, &made)
	f.Tokens["siem"] = made.Secret
	if made.Tenant != "contoso" || len(made.Secret) < 40 {
		t.Errorf("made %+v", made)
	}
	f.Want(t, "siem", "GET", "/api/v2/tenants/contoso/activities", nil, 200, nil)
	f.Want(t, "siem", "GET", "/api/v2/tenants/fabrikam/activities", nil, 404, nil)
	f.Want(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/tokens", map[string]any{"name": "siem", "role": "reader"}, 409, nil)
	f.Want(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/tokens", map[string]any{"name": "root", "role": "root"}, 422, nil)
	f.Want(t, "contoso/admin", "POST", "/api/v2/tenants/contoso/tokens", map[string]any{"name": "late", "role": "reader", "expires": apitest.Monday}, 422, nil)
	list := f.Want(t, "contoso/admin", "GET", "/api/v2/tenants/contoso/tokens", nil, 200, nil)
	if used, err := f.DB.TokenByHash(t.Context(), tenant.HashToken(made.Secret)); err != nil || !used.LastUsed.Equal(apitest.Monday) {
		t.Errorf("last used %+v, %v", used, err)
	}
	for _, secret := range []string{made.Secret, tenant.HashToken(made.Secret)} {
		if strings.Contains(string(list.Body), secret) {
			t.Error("the list gives secrets or hashes away")
		}
	}
	if strings.Contains(string(list.Body), "fabrikam") || strings.Contains(string(list.Body), `"*"`) {
		t.Errorf("the list shows others' tokens: %s", list.Body)
	}
	f.Want(t, "contoso/admin", "DELETE", "/api/v2/tenants/contoso/tokens/tok-fabrikam-reader", nil, 404, nil)
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/whoami", nil, 200, nil)
	f.Want(t, "contoso/admin", "DELETE", "/api/v2/tenants/contoso/tokens/"+made.ID, nil, 204, nil)
	f.Want(t, "siem", "GET", "/api/v2/whoami", nil, 401, nil)
	f.Want(t, "*/admin", "DELETE", "/api/v2/tokens/tok-*-admin", nil, 409, nil) // the last one
	for _, id := range []string{"contoso", "fabrikam"} {
		f.Want(t, "*/admin", "POST", "/api/v2/tokens", map[string]any{"name": "for " + id, "role": "reader"}, 201, nil)
		if rows := f.Log.Rows("fabrikam"); rows[len(rows)-1].ActionType != "token.add" {
			t.Error("a token that reaches a tenant is not in its log")
		}
	}
}

// TestTokensBeforeTenants makes tokens while there is no tenant whose log could tell of it.
func TestTokensBeforeTenants(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for _, id := range []string{"contoso", "fabrikam"} {
		f.Want(t, "*/admin", "DELETE", "/api/v2/tenants/"+id, nil, 204, nil)
	}
	var made struct{ ID string }
	f.Want(t, "*/admin", "POST", "/api/v2/tokens", map[string]any{"name": "second", "role": "admin"}, 201, &made)
	f.Want(t, "*/admin", "DELETE", "/api/v2/tokens/"+made.ID, nil, 204, nil)
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	if _, made, err := api.Bootstrap(t.Context(), f.DB, apitest.Monday); made || err != nil {
		t.Errorf("made %v, %v where there are tokens", made, err)
	}
	empty := apitest.Store(t)
	secret, made, err := api.Bootstrap(t.Context(), empty, apitest.Monday)
	if !made || err != nil {
		t.Fatalf("made %v, %v", made, err)
	}
	got, err := empty.TokenByHash(t.Context(), tenant.HashToken(secret))
	if err != nil || got.Role != tenant.RoleAdmin || got.Tenant != tenant.Everywhere {
		t.Errorf("the first token is %+v, %v", got, err)
	}
	if _, made, err := api.Bootstrap(t.Context(), empty, apitest.Monday); made || err != nil {
		t.Errorf("a second start made %v, %v", made, err)
	}
}
