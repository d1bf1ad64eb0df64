package scim_test

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/directory"
)

const anna = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"externalId":"oid-anna","userName":"Anna@contoso.example","name":{"givenName":"Anna","familyName":"Berg"},"active":true,
"emails":[{"value":"a@contoso.example","type":"home"},{"value":"anna@contoso.example","type":"work","primary":true}],
"roles":[{"value":"Approver","primary":"True"}],"password":"hunter2","unknown":{"x":1},"meta":{"resourceType":"Nonsense"},"id":"mine",
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"m1"}}}`

func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.want(t, 200, "GET", "/ServiceProviderConfig", "")
	for _, part := range []string{`"patch":{"supported":true}`, `"sort":{"supported":false}`, `"etag":{"supported":true}`, `"maxResults":200`, `"type":"oauthbearertoken"`} {
		if !strings.Contains(a.text, part) {
			t.Errorf("no %s in %s", part, a.text)
		}
	}
	for path, n := range map[string]float64{"/ResourceTypes": 2, "/Schemas": 3} {
		if a := w.want(t, 200, "GET", path, ""); a.body["totalResults"] != n {
			t.Errorf("%s: %s", path, a.text)
		}
	}
	if a := w.want(t, 200, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", ""); a.body["name"] != "User" {
		t.Errorf("%s", a.text)
	}
	w.want(t, 200, "GET", "/ResourceTypes/User", "")
	w.want(t, 404, "GET", "/ResourceTypes/Device", "")
	w.want(t, 403, "GET", "/Schemas?filter=id+pr", "")
	w.want(t, 405, "POST", "/Schemas", "{}")
	w.want(t, 501, "GET", "/Me", "")
	w.want(t, 501, "POST", "/Bulk", "{}")
	w.want(t, 404, "GET", "/Devices", "")
	w.want(t, 405, "DELETE", "/Users", "")
}

func TestUserLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.want(t, 201, "POST", "/Users", anna)
	id := made.id(t)
	at := "/Users/" + id
	meta, _ := made.body["meta"].(map[string]any)
	if made.header.Get("Location") != "https://referee.example/scim/v2/contoso/entra"+at || made.header.Get("ETag") != `W/"1"` || meta["version"] != `W/"1"` || meta["resourceType"] != "User" {
		t.Errorf("made %v %s", made.header, made.text)
	}
	if strings.Contains(made.text, "hunter2") || strings.Contains(made.text, "unknown") || id == "mine" {
		t.Errorf("kept what is not ours: %s", made.text)
	}
	u, err := w.db.User(t.Context(), "contoso", "entra", directory.ID(id))
	if err != nil || u.Name != "Anna Berg" || u.Email != "anna@contoso.example" || u.ExternalID != "oid-anna" || !u.Active || !slices.Equal(u.Roles, []string{"Approver"}) || u.Guest != nil {
		t.Errorf("stored %+v, %v", u, err)
	}
	if got := w.want(t, 409, "POST", "/Users", anna); got.body["scimType"] != "uniqueness" {
		t.Errorf("%s", got.text)
	}
	w.want(t, 304, "GET", at, "", "If-None-Match", `W/"1"`)
	w.want(t, 200, "GET", at, "", "If-None-Match", `W/"9"`)
	w.want(t, 412, "PUT", at, anna, "If-Match", `W/"9"`)
	put := w.want(t, 200, "PUT", at, `{"userName":"anna@contoso.example","externalId":"oid-anna","displayName":"Anna B","userType":"Guest","active":"False"}`, "If-Match", `"1"`)
	if put.body["active"] != false || put.body["emails"] != nil || put.header.Get("ETag") != `W/"2"` {
		t.Errorf("replaced: %s", put.text)
	}
	u, err = w.db.User(t.Context(), "contoso", "entra", directory.ID(id))
	if err != nil || u.Guest == nil || !*u.Guest || u.Active || u.Email != "" {
		t.Errorf("stored %+v, %v", u, err)
	}
	if !slices.Equal(w.refused, []string{"anna@contoso.example"}) {
		t.Errorf("refused %v", w.refused)
	}
	w.want(t, 200, "PATCH", at, patchHead+`[{"op":"Replace","path":"active","value":"True"}]}`)
	w.want(t, 200, "PATCH", at, patchHead+`[{"op":"Replace","path":"userName","value":"new@contoso.example"},{"op":"Replace","path":"active","value":false}]}`)
	if !slices.Equal(w.refused[1:], []string{"new@contoso.example", "anna@contoso.example"}) {
		t.Errorf("refused %v: who is renamed and disabled at once has to be found by both names", w.refused)
	}
	w.want(t, 200, "PATCH", at, patchHead+`[{"op":"Replace","path":"userName","value":"anna@contoso.example"},{"op":"Replace","path":"active","value":true}]}`)
	w.want(t, 412, "DELETE", at, "", "If-Match", `W/"3"`)
	w.want(t, 204, "DELETE", at, "")
	w.want(t, 404, "GET", at, "")
	w.want(t, 404, "DELETE", at, "")
	w.want(t, 404, "PATCH", at, patchHead+`[{"op":"replace","path":"active","value":true}]}`)
	if got := w.want(t, 200, "GET", `/Users?filter=userName+eq+"anna@contoso.example"`, ""); got.body["totalResults"] != 0.0 {
		t.Errorf("a deleted user is found: %s", got.text)
	}
	if len(w.refused) != 5 {
		t.Errorf("refused %v: the second DELETE has to look after the sessions again", w.refused)
	}
	again := w.want(t, 201, "POST", "/Users", anna)
	if again.id(t) == id {
		t.Error("the same id again")
	}
	want := []string{
		"contoso directory.user.add Anna@contoso.example", "contoso directory.user.replace anna@contoso.example", "contoso directory.user.update anna@contoso.example",
		"contoso directory.user.update new@contoso.example", "contoso directory.user.update anna@contoso.example", "contoso directory.user.delete anna@contoso.example", "contoso directory.user.add Anna@contoso.example",
	}
	if !slices.Equal(w.done, want) {
		t.Errorf("recorded %q", w.done)
	}
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name, body string
		status     int
		kind       any
	}{
		{"no JSON", `{`, 400, "invalidSyntax"},
		{"no object", `[]`, 400, "invalidSyntax"},
		{"null", `null`, 400, "invalidSyntax"},
		{"no name", `{"displayName":"x"}`, 400, "invalidValue"},
		{"empty name", `{"userName":""}`, 400, "invalidValue"},
		{"name twice", `{"userName":"a","USERNAME":"b"}`, 400, "invalidSyntax"},
		{"name is a list", `{"userName":["a","b"]}`, 400, "invalidValue"},
		{"active is a word", `{"userName":"a","active":"maybe"}`, 400, "invalidValue"},
		{"two primaries", `{"userName":"a","emails":[{"value":"x","primary":true},{"value":"y","primary":true}]}`, 400, "invalidValue"},
		{"an extension that is a text", `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":"x"}`, 400, "invalidValue"},
		{"NUL", `{"userName":"a\u0000b"}`, 400, "invalidValue"},
		{"too long", `{"userName":"` + strings.Repeat("x", 10_001) + `"}`, 400, "invalidValue"},
		{"too large", `{"userName":"` + strings.Repeat("x", 1<<20) + `"}`, 413, nil},
	} {
		if got := w.ask(t, "contoso/entra", "POST", "/Users", c.body); got.status != c.status || got.body["scimType"] != c.kind {
			t.Errorf("%s: %d %s", c.name, got.status, got.text)
		}
	}
	w.want(t, 415, "POST", "/Users", anna, "Content-Type", "text/plain")
	for _, q := range []string{"?sortBy=userName", "?count=many", "?attributes=userName&excludedAttributes=name", "?attributes=1x", "?filter=userName", "?filter=shoeSize+eq+1", "?filter=emails[size+eq+1]"} {
		w.want(t, 400, "GET", "/Users"+q, "")
	}
	if len(w.done) != 0 {
		t.Errorf("recorded %v", w.done)
	}
}

// TestTokens tries what is no token of the source.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.want(t, 201, "POST", "/Users", anna).id(t)
	for name, header := range map[string]string{
		"none": "", "another source's": "Bearer " + secret + "contoso/okta", "another tenant's": "Bearer " + secret + "fabrikam/entra", "the hash": "Bearer " + directory.HashToken(secret+"contoso/entra"),
		"basic": "Basic " + secret + "contoso/entra", "short": "Bearer x", "longer": "Bearer " + secret + "contoso/entrax",
	} {
		if got := w.ask(t, "contoso/entra", "GET", "/Users", "", "Authorization", header); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	none := w.ask(t, "nowhere/entra", "GET", "/Users", "")
	if other := w.ask(t, "contoso/none", "GET", "/Users", ""); none.status != 401 || other.text != none.text {
		t.Errorf("%d %s, %s", none.status, none.text, other.text)
	}
	// Each source sees its own alone.
	for _, at := range []string{"contoso/okta", "fabrikam/entra"} {
		if got := w.ask(t, at, "GET", "/Users", ""); got.status != 200 || got.body["totalResults"] != 0.0 {
			t.Errorf("%s sees %s", at, got.text)
		}
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			body := map[string]string{"PUT": anna, "PATCH": patchHead + `[{"op":"replace","path":"active","value":false}]}`}[method]
			if got := w.ask(t, at, method, "/Users/"+id, body); got.status != 404 {
				t.Errorf("%s %s: %d", at, method, got.status)
			}
		}
		if got := w.ask(t, at, "POST", "/Groups", `{"displayName":"Staff","members":[{"value":"`+id+`"}]}`); got.status != 400 {
			t.Errorf("%s takes another source's member: %d", at, got.status)
		}
	}
	// Two tokens while one takes over; an expired one is none.
	next := directory.Token{ID: "t2", Tenant: "contoso", Source: "entra", Hash: directory.HashToken("referee_scim_the-next-one"), Created: monday, Expires: monday.Add(time.Hour)}
	if err := w.db.AddSourceToken(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	w.want(t, 200, "GET", "/Users", "", "Authorization", "bearer referee_scim_the-next-one")
	if err := w.db.DeleteSourceToken(t.Context(), "contoso", "entra", "t1"); err != nil {
		t.Fatal(err)
	}
	if got := w.ask(t, "contoso/entra", "GET", "/Users", ""); got.status != 401 {
		t.Errorf("a revoked token: %d", got.status)
	}
	w.want(t, 200, "GET", "/Users", "", "Authorization", "Bearer referee_scim_the-next-one")
	if have, err := w.db.SourceTokens(t.Context(), "contoso", "entra"); err != nil || len(have) != 1 || !have[0].LastUsed.Equal(monday) {
		t.Errorf("%+v, %v", have, err)
	}
	w.clock.Advance(time.Hour)
	if got := w.ask(t, "contoso/entra", "GET", "/Users", "", "Authorization", "Bearer referee_scim_the-next-one"); got.status != 401 {
		t.Errorf("an expired token: %d", got.status)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.want(t, 201, "POST", "/Users", anna).id(t)
	b := w.want(t, 201, "POST", "/Users", `{"userName":"bo@contoso.example"}`).id(t)
	staff := w.want(t, 201, "POST", "/Groups", `{"displayName":"Staff","externalId":"g-staff","members":[{"value":"`+b+`","display":"Bo"}]}`)
	all := w.want(t, 201, "POST", "/Groups", `{"displayName":"All","members":[{"value":"`+staff.id(t)+`","type":"Group"}]}`).id(t)
	at := "/Groups/" + staff.id(t)
	members := func() string {
		t.Helper()
		got, _ := w.want(t, 200, "GET", at, "").body["members"].([]any)
		var out []string
		for _, m := range got {
			m, _ := m.(map[string]any)
			out = append(out, m["type"].(string)+" "+map[string]string{a: "anna", b: "bo", all: "all"}[m["value"].(string)])
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	patch := func(ops string) { t.Helper(); w.want(t, 204, "PATCH", at, patchHead+"["+ops+"]}") }
	if got := members(); got != "User bo" {
		t.Errorf("members %s", got)
	}
	for _, c := range []struct{ name, ops, want string }{
		{"Entra adds", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + a + `"}]}`, "User anna, User bo"},
		{"twice", `{"op":"add","path":"members","value":[{"value":"` + a + `"}]}`, "User anna, User bo"},
		{"Okta removes", `{"op":"remove","path":"members[value eq \"` + b + `\"]"}`, "User anna"},
		{"Entra removes with a value", `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"` + a + `"}]}`, ""},
		{"pathless", `{"op":"add","value":{"members":[{"value":"` + b + `"}],"displayName":"Staff","id":"x"}}`, "User bo"},
		{"in order", `{"op":"remove","path":"members"},{"op":"add","path":"members","value":{"value":"` + a + `"}}`, "User anna"},
		{"in the other order", `{"op":"add","path":"members","value":{"value":"` + b + `"}},{"op":"remove","path":"members"}`, ""},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"` + b + `"},{"value":"` + all + `"}]}`, "Group all, User bo"},
		{"by another filter", `{"op":"remove","path":"members[type eq \"Group\" and value ne \"x\"]"}`, "User bo"},
		{"who is not there", `{"op":"remove","path":"members[value eq \"nobody\"]"}`, "User bo"},
		{"none", `{"op":"replace","path":"members","value":[]}`, ""},
		{"both", `{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":[{"value":"` + a + `"},{"value":"` + b + `"}]}`, "User anna, User bo"},
	} {
		patch(c.ops)
		if got := members(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range []struct{ ops, kind string }{
		{`{"op":"add","path":"members","value":[{"value":"nobody"}]}`, "invalidValue"},
		{`{"op":"replace","path":"members[value eq \"` + a + `\"].display","value":"x"}`, "mutability"},
		{`{"op":"replace","path":"members[value eq \"` + a + `\"]","value":{"value":"x"}}`, "mutability"},
		{`{"op":"remove","path":"displayName"}`, "invalidValue"},
		{`{"op":"replace","path":"id","value":"x"}`, "mutability"},
		{`{"op":"replace","path":"colour","value":"x"}`, "invalidPath"},
		{`{"op":"replace","path":"members[value eq","value":"x"}`, "invalidPath"},
		{`{"op":"move","path":"displayName","value":"x"}`, "invalidSyntax"},
		{`{"op":"remove"}`, "noTarget"},
		{`{"op":"replace","value":"x"}`, "noTarget"},
	} {
		if got := w.want(t, 400, "PATCH", at, patchHead+"["+c.ops+"]}"); got.body["scimType"] != c.kind {
			t.Errorf("%s: %s", c.ops, got.text)
		}
	}
	if got := members(); got != "User anna, User bo" {
		t.Errorf("a refused change left %s", got)
	}
	if got := w.want(t, 200, "GET", "/Users/"+a+"?attributes=groups,userName", ""); !strings.Contains(got.text, `"display":"Staff"`) || !strings.Contains(got.text, `"display":"All"`) || strings.Contains(got.text, "emails") {
		t.Errorf("groups of a user: %s", got.text)
	}
	list := w.want(t, 200, "GET", `/Groups?filter=displayName+eq+"staff"&excludedAttributes=members`, "")
	if list.body["totalResults"] != 1.0 || strings.Contains(list.text, "members") {
		t.Errorf("%s", list.text)
	}
	if got := w.want(t, 200, "GET", `/Groups?filter=members[value+eq+"`+a+`"]`, ""); got.body["totalResults"] != 1.0 {
		t.Errorf("%s", got.text)
	}
	w.want(t, 409, "POST", "/Groups", `{"displayName":"staff"}`)
	w.want(t, 400, "POST", "/Groups", `{"externalId":"x"}`)
	w.want(t, 204, "DELETE", "/Users/"+a, "")
	if got := members(); got != "User bo" {
		t.Errorf("a deleted user is a member: %s", got)
	}
	w.want(t, 400, "PATCH", at, patchHead+`[{"op":"add","path":"members","value":[{"value":"`+a+`"}]}]}`)
	w.want(t, 200, "PUT", at, `{"displayName":"Everybody","members":[]}`)
	if got := members(); got != "" {
		t.Errorf("after a replacement: %s", got)
	}
	w.want(t, 204, "DELETE", at, "")
	w.want(t, 404, "GET", at, "")
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 25 {
		w.want(t, 201, "POST", "/Users", `{"userName":"u`+strconv.Itoa(i)+`@contoso.example","title":"`+[]string{"Boss", "Clerk"}[i%2]+`"}`)
	}
	seen := map[string]bool{}
	for start := 1; start <= 25; start += 10 {
		got := w.want(t, 200, "GET", "/Users?count=10&startIndex="+strconv.Itoa(start)+"&attributes=userName", "")
		page, _ := got.body["Resources"].([]any)
		if got.body["totalResults"] != 25.0 || got.body["startIndex"] != float64(start) || got.body["itemsPerPage"] != float64(len(page)) {
			t.Errorf("%s", got.text)
		}
		for _, u := range page {
			u, _ := u.(map[string]any)
			if seen[u["id"].(string)] = true; u["title"] != nil || u["userName"] == nil {
				t.Errorf("shown: %v", u)
			}
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d of 25 users", len(seen))
	}
	for q, n := range map[string]float64{
		"count=0": 25, "startIndex=-3&count=-1": 25, "startIndex=99": 25, `filter=title+eq+"boss"&count=1`: 13, `filter=title+eq+"Boss"+and+not+(userName+sw+"U1")`: 8,
		`filter=userName+eq+"U7@contoso.example"`: 1, "count=100000": 25, `filter=meta.created+ge+"2026-11-23T09:00:00Z"`: 25, `filter=meta.created+gt+"2026-11-23T09:00:00Z"`: 0, `filter=active+eq+true`: 25,
		`filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department+pr`: 0,
	} {
		if got := w.want(t, 200, "GET", "/Users?"+q, ""); got.body["totalResults"] != n {
			t.Errorf("%s: %v, want %v", q, got.body["totalResults"], n)
		}
	}
}

// TestAtOnce lets many clients change one group.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.want(t, 201, "POST", "/Groups", `{"displayName":"Staff"}`).id(t)
	var wait sync.WaitGroup
	for i := range 6 {
		id := w.want(t, 201, "POST", "/Users", `{"userName":"u`+strconv.Itoa(i)+`"}`).id(t)
		wait.Go(func() {
			for {
				got := w.ask(t, "contoso/entra", "PATCH", "/Groups/"+g, patchHead+`[{"op":"add","path":"members","value":[{"value":"`+id+`"}]}]}`)
				if got.status == 204 {
					return
				}
				if got.status != 409 && got.status != 429 {
					t.Errorf("%d %s", got.status, got.text)
					return
				}
			}
		})
	}
	wait.Wait()
	if got, _ := w.want(t, 200, "GET", "/Groups/"+g, "").body["members"].([]any); len(got) != 6 {
		t.Errorf("%d members", len(got))
	}
}
