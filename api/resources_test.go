package api_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func TestTenants(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	var list struct{ Items []struct{ ID string } }
	f.Want(t, "*/reader", "GET", "/api/v2/tenants", nil, 200, &list)
	if len(list.Items) != 2 {
		t.Errorf("the installation has %+v", list)
	}
	f.Want(t, "contoso/reader", "GET", "/api/v2/tenants", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != "contoso" {
		t.Errorf("a tenant sees %+v", list)
	}
	f.Want(t, "*/admin", "POST", "/api/v2/tenants", map[string]any{"id": "Tail Spin", "name": "x"}, 422, nil)
	f.Want(t, "*/admin", "POST", "/api/v2/tenants", map[string]any{"id": "tailspin", "name": "Tailspin"}, 201, nil)
	f.Want(t, "*/admin", "POST", "/api/v2/tenants", map[string]any{"id": "tailspin", "name": "Tailspin"}, 409, nil)
	if act := f.Log.Rows("tailspin")[0]; act.ActionType != "tenant.add" || act.Outcome != model.OutcomeComplete {
		t.Errorf("recorded as %+v", act)
	}
	if act := last(f, "tailspin"); act.Outcome != model.OutcomeFailed || act.Reason == "" {
		t.Errorf("what failed is recorded as %+v", act)
	}
	f.Want(t, "*/reader", "GET", "/api/v2/tenants/tailspin", nil, 200, nil)
	f.Want(t, "contoso/admin", "PUT", contoso, map[string]any{"id": "contoso", "name": "Contoso Ltd", "epoch": 1}, 200, nil)
	f.Want(t, "contoso/admin", "PUT", contoso, map[string]any{"id": "contoso", "name": "Contoso", "epoch": 1}, 409, nil)
	f.Want(t, "contoso/admin", "PUT", contoso, map[string]any{"id": "fabrikam", "name": "x", "epoch": 1}, 422, nil)
	f.Want(t, "contoso/admin", "DELETE", contoso, nil, 403, nil)
	f.Want(t, "*/admin", "DELETE", contoso, nil, 204, nil)
	f.Want(t, "contoso/admin", "GET", "/api/v2/whoami", nil, 401, nil) // its tokens went with it
	f.Want(t, "*/admin", "GET", contoso, nil, 404, nil)
}

// TestHostFiles sees that a tenant's administrator can't make Referee read or reach what is its host's.
func TestHostFiles(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	provider := func(issuer, secret, ca string) map[string]any {
		p := map[string]any{"id": "company", "issuer": issuer, "clientId": "referee"}
		if secret != "" {
			p["secretFile"] = secret
		}
		if ca != "" {
			p["caFile"] = ca
		}
		return p
	}
	put := func(token string, epoch int, more map[string]any) int {
		b := map[string]any{"id": "contoso", "name": "Contoso", "epoch": epoch, "breakGlass": apitest.Outside("contoso")}
		maps.Copy(b, more)
		return f.Do(t, token, "PUT", contoso, b).Status
	}
	providers := func(p map[string]any) map[string]any { return map[string]any{"providers": []any{p}} }
	for name, more := range map[string]map[string]any{
		"secret": providers(provider("https://evil.example", "/etc/referee/master.key", "")),
		"roots":  providers(provider("https://evil.example", "", "/etc/passwd")),
		"stream": providers(map[string]any{"id": "company", "issuer": "https://evil.example", "clientId": "referee", "signals": map[string]any{"tokenFile": "/etc/passwd"}}),
		"logo":   {"brand": map[string]any{"logoFile": "/etc/passwd.png"}},
	} {
		if got := put("contoso/admin", 1, more); got != http.StatusForbidden {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := put("*/admin", 1, providers(provider("https://login.example", "/etc/referee/contoso.secret", ""))); got != 200 {
		t.Fatalf("by the owner: %d", got)
	}
	if got := put("contoso/admin", 2, providers(provider("https://login.example", "/etc/referee/contoso.secret", ""))); got != 200 {
		t.Errorf("left as it is: %d", got)
	}
	if got := put("contoso/admin", 3, providers(provider("https://evil.example", "/etc/referee/contoso.secret", ""))); got != http.StatusForbidden {
		t.Errorf("the secret for another issuer: %d", got)
	}
	app := maps.Clone(apitest.FilesApp)
	app["origins"] = map[string]string{"files.example.com": "169.254.169.254:80"}
	f.Want(t, "contoso/admin", "PUT", contoso+"/apps/files", app, 403, nil)
	f.Want(t, "*/admin", "PUT", contoso+"/apps/files", app, 200, nil)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", app, 200, nil)
	app["caFile"] = "/etc/passwd"
	f.Want(t, "contoso/admin", "PUT", contoso+"/apps/files", app, 403, nil)
}

func TestApps(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", apitest.FilesApp, 200, nil)
	secret := maps.Clone(apitest.FilesApp)
	secret["federation"] = map[string]any{"protocol": "oidc", "clientId": "files", "secretHash": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "redirectUris": []string{"https://files.example.com/callback"}}
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/files", secret, 200, nil)
	for role, shown := range map[string]bool{"reader": false, "analyst": false, "operator": true, "admin": true} {
		got := f.Want(t, "contoso/"+role, "GET", contoso+"/apps", nil, 200, nil)
		if strings.Contains(string(got.Body), "47DEQpj8") != shown {
			t.Errorf("a %s sees %s", role, got.Body)
		}
	}
	wrong := maps.Clone(apitest.FilesApp)
	wrong["hosts"] = []map[string]any{{"name": "Files Example", "role": "app"}, {"name": "b.example", "role": "boss"}}
	got := f.Want(t, "contoso/operator", "PUT", contoso+"/apps/other", wrong, 422, nil)
	if n := strings.Count(string(got.Body), `"message"`); n < 2 {
		t.Errorf("%d mistakes told: %s", n, got.Body)
	}
	f.Want(t, "contoso/operator", "PUT", contoso+"/apps/other", apitest.FilesApp, 409, nil) // its host is taken
	f.Want(t, "fabrikam/operator", "PUT", "/api/v2/tenants/fabrikam/apps/files", apitest.FilesApp, 200, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/apps/files", nil, 204, nil)
	f.Want(t, "contoso/operator", "DELETE", contoso+"/apps/files", nil, 404, nil)
	f.Want(t, "fabrikam/reader", "GET", "/api/v2/tenants/fabrikam/apps/files", nil, 200, nil)
	if got := f.Heard(); len(got) != 4 || got[0] != "catalog contoso" || got[2] != "catalog fabrikam" {
		t.Errorf("signals %v", got)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		f.Want(t, "*/admin", "POST", "/api/v2/tenants", map[string]any{"id": id, "name": id}, 201, nil)
	}
	type page struct {
		Items []struct{ ID string }
		Next  string
	}
	var got []string
	cursor := ""
	for {
		var p page
		f.Want(t, "*/reader", "GET", "/api/v2/tenants?limit=2&cursor="+cursor, nil, 200, &p)
		for _, item := range p.Items {
			got = append(got, item.ID)
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if want := "a b c contoso d e fabrikam"; strings.Join(got, " ") != want {
		t.Errorf("pages hold %v, want %s", got, want)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	put := func(tenant model.TenantID, id, user string) {
		t.Helper()
		s := session.Session{
			ID: model.SessionID(id), Tenant: tenant, User: model.User{ID: model.UserID("id-" + user), Username: user + "@contoso.example"},
			Created: apitest.Monday, LastSeen: apitest.Monday, Expires: apitest.Monday.Add(8 * time.Hour), Idle: time.Hour, SecretHash: "h-" + id,
		}
		if err := f.DB.PutSession(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	put("contoso", "s1", "dora")
	put("contoso", "s2", "dora")
	put("contoso", "s3", "carl")
	put("fabrikam", "s4", "eve")
	if err := f.DB.PutAppSession(t.Context(), session.AppSession{ID: "a1", Session: "s1", Tenant: "contoso", Instance: "files", Control: session.ControlCustom, Created: apitest.Monday}); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []struct {
			ID   string
			Live bool
			Apps []struct{ Instance string }
		}
	}
	got := f.Want(t, "contoso/analyst", "GET", contoso+"/sessions?apps=true&user=id-dora", nil, 200, &list)
	if len(list.Items) != 2 || !list.Items[0].Live || strings.Contains(string(got.Body), "h-s1") {
		t.Errorf("%s", got.Body)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/sessions?user=Carl@contoso.example", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != "s3" {
		t.Errorf("by sign-in name: %+v", list)
	}
	for name, b := range map[string]map[string]any{"nothing": {}, "two": {"session": "s1", "all": true}} {
		if got := f.Do(t, "contoso/operator", "POST", contoso+"/sessions/revoke", b); got.Status != 422 {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/sessions/revoke", map[string]any{"session": "s4"}, 404, nil)
	var r struct{ Ended int }
	f.Want(t, "contoso/operator", "POST", contoso+"/sessions/revoke", map[string]any{"user": "DORA@contoso.example", "reason": "laptop lost"}, 200, &r)
	if r.Ended != 2 {
		t.Errorf("ended %d", r.Ended)
	}
	if act := last(f, "contoso"); act.Type != model.ActivitySessionRevoked || act.Reason != "laptop lost" || act.Objects[0].ID != "id-dora" {
		t.Errorf("recorded as %+v", act)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/sessions", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != "s3" {
		t.Errorf("left are %+v", list)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/sessions?all=true", nil, 200, &list)
	if len(list.Items) != 3 {
		t.Errorf("all are %+v", list)
	}
	f.Want(t, "contoso/operator", "POST", contoso+"/sessions/revoke", map[string]any{"all": true}, 200, &r)
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/sessions", nil, 200, &list)
	if r.Ended != 1 || len(list.Items) != 1 || !list.Items[0].Live {
		t.Errorf("another tenant's are %+v", list)
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for _, entity := range []string{"activity", "policy", "policyFile"} {
		var got struct {
			Fields    []struct{ Name, Kind, Doc string }
			Operators []struct{ Name string }
		}
		f.Want(t, "contoso/reader", "GET", "/api/v2/fields?entity="+entity, nil, 200, &got)
		if len(got.Fields) < 5 || got.Fields[0].Doc == "" || len(got.Operators) < 5 {
			t.Errorf("%s: %+v", entity, got)
		}
	}
	f.Want(t, "contoso/reader", "GET", "/api/v2/fields?entity=nothing", nil, 422, nil)
	f.Want(t, "contoso/reader", "GET", "/api/v2/catalog", nil, 200, nil)
	f.Want(t, "contoso/reader", "GET", "/api/v2/version", nil, 200, nil)
	var list struct{ Items []struct{ ID string } }
	f.Want(t, "contoso/reader", "GET", "/api/v2/templates", nil, 200, &list)
	if len(list.Items) < 6 {
		t.Errorf("templates %+v", list)
	}
	var made struct{ Text string }
	f.Want(t, "contoso/reader", "POST", "/api/v2/templates/block_download_unmanaged", map[string]any{"values": map[string]string{"app": "onedrive"}}, 200, &made)
	f.Want(t, "contoso/reader", "POST", contoso+"/policies/validate", apitest.File(made.Text), 200, nil)
	f.Want(t, "contoso/reader", "POST", "/api/v2/templates/block_download_unmanaged", map[string]any{"values": map[string]string{"ap": "onedrive"}}, 422, nil)
	f.Want(t, "contoso/reader", "POST", "/api/v2/templates/nothing", map[string]any{}, 404, nil)
}
