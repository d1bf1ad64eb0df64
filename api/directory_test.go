package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// provision sends what a provisioning client does.
func provision(t *testing.T, f *apitest.Fixture, address, secret, method, path, body string, want int) map[string]any {
	t.Helper()
	_, at, _ := strings.Cut(address, "example.com")
	r := httptest.NewRequestWithContext(t.Context(), method, at+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d\n%s", method, path, w.Code, want, w.Body)
	}
	out := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestDirectory adds a source, lets a client push, and looks at what is there.
func TestDirectory(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	const sources = contoso + "/directory/sources"
	f.Want(t, "contoso/operator", "POST", sources, map[string]any{"id": "hr", "kind": "scim"}, 403, nil)
	f.Want(t, "contoso/admin", "POST", sources, map[string]any{"id": "H R", "kind": "scim"}, 422, nil)
	f.Want(t, "contoso/admin", "POST", sources, map[string]any{"id": "hr", "kind": "scim", "provider": "nobody"}, 422, nil)
	var made struct{ ID, URL string }
	f.Want(t, "contoso/admin", "POST", sources, map[string]any{"id": "hr", "kind": "scim", "name": "People"}, 201, &made)
	if made.URL != "https://referee.example.com/scim/v2/contoso/hr" {
		t.Errorf("%+v", made)
	}
	f.Want(t, "contoso/admin", "POST", sources, map[string]any{"id": "hr", "kind": "scim"}, 409, nil)
	f.Want(t, "contoso/operator", "POST", sources+"/hr/sync", map[string]any{}, 422, nil) // it is pushed
	f.Want(t, "contoso/admin", "POST", sources+"/none/tokens", map[string]any{}, 404, nil)
	f.Want(t, "contoso/admin", "POST", sources+"/hr/tokens", map[string]any{"expires": apitest.Monday}, 422, nil)
	var token struct{ ID, Secret, URL string }
	f.Want(t, "contoso/admin", "POST", sources+"/hr/tokens", map[string]any{"name": "okta"}, 201, &token)
	if !strings.HasPrefix(token.Secret, "referee_scim_") || token.URL != made.URL {
		t.Errorf("%+v", token)
	}
	list := f.Want(t, "contoso/admin", "GET", sources+"/hr/tokens", nil, 200, nil)
	if strings.Contains(string(list.Body), token.Secret) || strings.Contains(string(list.Body), directory.HashToken(token.Secret)) || !strings.Contains(string(list.Body), token.ID) {
		t.Errorf("%s", list.Body)
	}
	f.Tokens["scim"] = token.Secret
	f.Want(t, "scim", "GET", "/api/v2/whoami", nil, 401, nil) // good for its source alone
	provision(t, f, made.URL, f.Tokens["contoso/admin"], "GET", "/Users", "", 401)
	provision(t, f, strings.Replace(made.URL, "contoso", "fabrikam", 1), token.Secret, "GET", "/Users", "", 401)

	anna := provision(t, f, made.URL, token.Secret, "POST", "/Users", `{"userName":"anna@contoso.com","externalId":"u7","displayName":"Anna","userType":"Guest","roles":[{"value":"Approver"}]}`, 201)["id"].(string)
	sales := provision(t, f, made.URL, token.Secret, "POST", "/Groups", `{"displayName":"Sales","externalId":"g-sales","members":[{"value":"`+anna+`"}]}`, 201)["id"].(string)
	provision(t, f, made.URL, token.Secret, "POST", "/Groups", `{"displayName":"All","members":[{"value":"`+sales+`"}]}`, 201)
	rows := f.Log.Rows("contoso")
	if act := rows[len(rows)-1]; act.ActionType != "directory.group.add" || act.Outcome != model.OutcomeComplete || act.User.Name != "directory hr" || act.User.ID != model.UserID("token:"+token.ID) {
		t.Errorf("recorded as %+v", act)
	}

	var people struct {
		Items []struct{ ID, State, Username string }
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/directory/users", nil, 403, nil)
	f.Want(t, "contoso/analyst", "GET", contoso+"/directory/users?match=ANNA&source=hr", nil, 200, &people)
	if len(people.Items) != 1 || people.Items[0].State != "active" {
		t.Errorf("%+v", people)
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/directory/users?match=bo", nil, 200, &people)
	if len(people.Items) != 0 {
		t.Errorf("%+v", people)
	}
	var person struct {
		User  model.User
		Facts []directory.Fact
	}
	for _, name := range []string{"anna@contoso.com", "u7", anna} {
		f.Want(t, "contoso/analyst", "GET", contoso+"/directory/users/"+name, nil, 200, &person)
		if !slices.Equal(person.User.Groups, []model.GroupID{"All", "g-sales", "Sales"}) && !slices.Equal(person.User.Groups, []model.GroupID{"g-sales", "Sales", "All"}) || !person.User.External || !slices.Equal(person.User.Roles, []string{"Approver"}) {
			t.Errorf("%s: %+v", name, person.User)
		}
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/directory/users/nobody", nil, 404, nil)
	f.Want(t, "fabrikam/analyst", "GET", "/api/v2/tenants/fabrikam/directory/users/u7", nil, 404, nil)
	var group struct {
		Names   []string
		Members []struct{ Name string }
		In      []struct{ Name string }
	}
	for _, name := range []string{"sales", "g-sales", sales} {
		f.Want(t, "contoso/analyst", "GET", contoso+"/directory/groups/"+name, nil, 200, &group)
		if len(group.Members) != 1 || group.Members[0].Name != "anna@contoso.com" || len(group.In) != 1 || group.In[0].Name != "All" || !slices.Equal(group.Names, []string{"g-sales", "Sales"}) {
			t.Errorf("%s: %+v", name, group)
		}
	}
	f.Want(t, "contoso/analyst", "GET", contoso+"/directory/groups/none", nil, 404, nil)
	var page struct {
		Items []struct{ Name string }
		Next  string
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/directory/groups?limit=1", nil, 200, &page)
	first, next := page.Items[0].Name, page.Next
	page.Next = ""
	f.Want(t, "contoso/reader", "GET", contoso+"/directory/groups?limit=1&cursor="+next, nil, 200, &page)
	if len(page.Items) != 1 || page.Items[0].Name == first || page.Next != "" {
		t.Errorf("%+v", page)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/directory/groups?cursor=!", nil, 422, nil)

	f.Want(t, "contoso/admin", "DELETE", sources+"/hr/tokens/"+token.ID, nil, 204, nil)
	provision(t, f, made.URL, token.Secret, "GET", "/Users", "", 401)
	f.Want(t, "contoso/admin", "DELETE", sources+"/hr", nil, 204, nil)
	f.Want(t, "contoso/admin", "DELETE", sources+"/hr", nil, 404, nil)
	f.Want(t, "contoso/analyst", "GET", contoso+"/directory/users/u7", nil, 404, nil)
}

// TestGraphSource sees that only an administrator of the installation names files of the host.
func TestGraphSource(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	if _, err := f.DB.PutTenant(t.Context(), tenant.Tenant{ID: "contoso", Name: "Contoso", Epoch: 1, Providers: []tenant.Provider{{ID: "entra", Issuer: "https://login.example.com", ClientID: "x", Scopes: []string{"profile"}}}}); err != nil {
		t.Fatal(err)
	}
	const sources = contoso + "/directory/sources"
	body := map[string]any{"id": "entra", "kind": "graph", "graph": map[string]any{"tenant": "contoso.com", "clientId": "x", "secretFile": "/run/secrets/graph"}}
	f.Want(t, "contoso/admin", "POST", sources, body, 403, nil)
	var made struct {
		Provider string
		Sync     struct{ Phase string }
	}
	f.Want(t, "*/admin", "POST", sources, body, 201, &made)
	if made.Provider != "entra" {
		t.Errorf("%+v", made)
	}
	f.Want(t, "contoso/admin", "POST", sources+"/entra/tokens", map[string]any{}, 422, nil) // it is read
	f.Want(t, "contoso/operator", "POST", sources+"/entra/sync", map[string]any{"full": true}, 200, nil)
	s, err := f.DB.Source(t.Context(), "contoso", "entra")
	if err != nil || !s.Sync.AskFull || s.Sync.Asked.IsZero() {
		t.Errorf("%+v, %v", s.Sync, err)
	}
	if _, err := f.DB.UpdateSource(t.Context(), "contoso", "entra", func(s *directory.Source) error {
		s.Sync.UserDelta, s.Sync.Page = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=opaque", "https://graph.microsoft.com/v1.0/x?$skiptoken=opaque"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if list := f.Want(t, "contoso/reader", "GET", sources, nil, 200, nil); strings.Contains(string(list.Body), "opaque") {
		t.Errorf("%s", list.Body)
	}
}

// TestWhatIfDirectory fills in what the directory says of a user.
func TestWhatIfDirectory(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(`kind: ConditionalAccess
id: sales-out
name: Sales stay out
state: enabled
conditions:
  users: {includeGroups: [Sales]}
  applications: {includeApplications: [All]}
grantControls: {operator: OR, builtInControls: [block]}
`, "force", true), http.StatusOK, nil)
	now := apitest.Monday
	if err := f.DB.AddSource(t.Context(), directory.Source{ID: "hr", Tenant: "contoso", Kind: directory.KindSCIM}); err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Apply(t.Context(), "contoso", "hr", directory.Batch{
		Users:  []directory.User{{ID: "u1", Username: "anna@contoso.com", Active: true, Changed: now}, {ID: "u2", ExternalID: "x2", Username: "bo@contoso.com", Changed: now}},
		Groups: []directory.Group{{ID: "g1", Name: "Sales", Changed: now}}, Members: []directory.Membership{{Group: "g1", Add: []directory.Member{{ID: "u1"}}}}, At: now,
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		user map[string]any
		want string // in the text
	}{
		{"by name", map[string]any{"username": "anna@contoso.com"}, "Outcome: block"},
		{"without the directory", map[string]any{"username": "anna@contoso.com", "noDirectory": true}, "Outcome: allow"},
		{"a disabled user", map[string]any{"id": "x2"}, "refused, whatever the policies say: the account is disabled in the directory hr"},
		{"an id that the directory has not, and a name that it has", map[string]any{"id": "other", "username": "anna@contoso.com"}, "Outcome: block"},
		{"nobody", map[string]any{"username": "nobody@contoso.com"}, "Outcome: allow"},
		{"a group that is given", map[string]any{"username": "nobody@contoso.com", "groups": []string{"Sales"}}, "Outcome: block"},
	} {
		var got struct {
			Text      string
			Directory []directory.Fact
		}
		f.Want(t, "contoso/reader", "POST", contoso+"/conditional-access/whatif", map[string]any{"user": c.user, "app": "box", "place": map[string]any{}, "device": map[string]any{}}, 200, &got)
		if !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %s", c.name, got.Text)
		}
	}
}
