package api_test

import (
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/model"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	add := func(token string, status int, more ...any) apitest.Answer {
		t.Helper()
		p := map[string]any{"id": "company", "issuer": "https://login.example.com", "clientId": "referee"}
		in := map[string]any{"provider": p}
		for i := 0; i+1 < len(more); i += 2 {
			if key := more[i].(string); key == "update" || key == "metadata" {
				in[key] = more[i+1]
			} else {
				p[key] = more[i+1]
			}
		}
		return f.Want(t, token, "POST", contoso+"/providers", in, status, nil)
	}
	add("contoso/operator", 403)
	add("contoso/admin", 403, "secretFile", "/etc/referee/master.key")
	add("contoso/admin", 403, "caFile", "/etc/passwd")
	if got := add("contoso/admin", 422, "issuer", "http://login.example.com", "clientId", "", "domains", []string{"Contoso"}); strings.Count(string(got.Body), `"message"`) != 3 {
		t.Errorf("mistakes told: %s", got.Body)
	}
	add("contoso/admin", 422, "metadata", "<html/>")
	got := add("contoso/admin", 201, "preset", "keycloak")
	if !strings.Contains(string(got.Body), apitest.Origin+"/contoso/callback/company") || !strings.Contains(string(got.Body), "Group Membership") {
		t.Errorf("%s", got.Body)
	}
	if act := last(f, "contoso"); act.ActionType != "provider.add" || act.Outcome != model.OutcomeComplete || act.Objects[0].ID != "company" {
		t.Errorf("recorded as %+v", act)
	}
	add("contoso/admin", 409)
	add("*/admin", 201, "update", true, "secretFile", "/etc/referee/contoso.secret")
	add("contoso/admin", 403, "update", true, "secretFile", "/etc/referee/contoso.secret", "issuer", "https://evil.example") // the secret would be sent there
	if got := add("*/admin", 201, "update", true, "domains", []string{"contoso.com"}); !strings.Contains(string(got.Body), `"preset":"keycloak"`) || !strings.Contains(string(got.Body), "contoso.secret") {
		t.Errorf("an update lost settings: %s", got.Body)
	}
	var probe struct {
		OK     bool
		Checks []struct{ Name, State, Detail string }
	}
	got = f.Want(t, "contoso/admin", "POST", contoso+"/providers/company/test", map[string]any{}, 200, &probe)
	if probe.OK || len(probe.Checks) != 2 || strings.Contains(string(got.Body), "/etc/") {
		t.Errorf("%s", got.Body)
	}
	f.Want(t, "contoso/admin", "POST", contoso+"/providers/company/test", map[string]any{"metadata": "<x/>"}, 422, nil)
	f.Want(t, "contoso/operator", "POST", contoso+"/providers/company/test", map[string]any{}, 403, nil)
	f.Want(t, "fabrikam/admin", "POST", "/api/v2/tenants/fabrikam/providers/company/test", map[string]any{}, 404, nil)
	var list struct {
		Items []struct{ Enter struct{ RedirectURI string } }
	}
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/providers", nil, 200, &list)
	if len(list.Items) != 0 {
		t.Errorf("another tenant's: %+v", list)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/providers", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].Enter.RedirectURI == "" {
		t.Errorf("%+v", list)
	}
	f.Want(t, "contoso/admin", "DELETE", contoso+"/providers/company", nil, 204, nil)
	f.Want(t, "contoso/admin", "DELETE", contoso+"/providers/company", nil, 404, nil)
	if act := last(f, "contoso"); act.ActionType != "provider.remove" {
		t.Errorf("recorded as %+v", act)
	}
	if got := f.Heard(); len(got) != 4 {
		t.Errorf("signals %v", got)
	}
}
