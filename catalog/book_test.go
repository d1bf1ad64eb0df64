package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

const token = "abcdefghijklmnopqrstuvwxy7"

// demo is a valid instance on several hosts.
func demo(tenant model.TenantID) Instance {
	return Instance{
		ID: "files", Tenant: tenant, App: "onedrive", Name: "Files", Route: model.RouteSSO, Evidence: model.EvidenceDemo,
		Hosts: []Host{
			{Name: "files.app.example", Role: RoleApp},
			{Name: "api.app.example:8443", Role: RoleAPI},
			{Name: "fonts.app.example", Role: RoleAnonymous},
			{Name: "contoso.sharepoint.example", Role: RoleFiles, Dotted: true},
			{Name: "cdn.app.example", Role: RoleStatic, Label: "cdn"},
		},
		Federation: Federation{Protocol: "oidc", ClientID: "files", RedirectURIs: []string{"https://files.app.example/callback"}},
		Origins:    map[string]string{"files.app.example": "127.0.0.1:9001"},
	}
}

func book(t testing.TB, suffix string, in ...Instance) *Book {
	t.Helper()
	b, err := NewBook(suffix, in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFind(t *testing.T) {
	t.Parallel()
	native := demo("contoso")
	native.ID, native.Route, native.Federation = "native", model.RouteNative, Federation{}
	native.Hosts = []Host{{Name: "native.example", Role: RoleApp}}
	native.Origins = nil
	b := book(t, "gate.localhost:8443", demo("contoso"), native)
	for _, c := range []struct{ host, real, token string }{
		{"files-app-example.contoso.gate.localhost:8443", "files.app.example", ""},
		{"FILES-app-example.Contoso.gate.localhost:8443", "files.app.example", ""},
		{"api-app-example---8443.contoso.gate.localhost:8443", "api.app.example:8443", ""},
		{"contoso.sharepoint.example.contoso.gate.localhost:8443", "contoso.sharepoint.example", ""},
		{"cdn.contoso.gate.localhost:8443", "cdn.app.example", ""},
		{"fonts-app-example.contoso.gate.localhost:8443", "fonts.app.example", ""},
		{token + "---fonts-app-example.contoso.gate.localhost:8443", "fonts.app.example", token},
		{token + "---files-app-example.contoso.gate.localhost:8443", "", ""}, // not anonymous
		{"short---fonts-app-example.contoso.gate.localhost:8443", "", ""},
		{"files-app-example.contoso.gate.localhost", "", ""}, // other port
		{"files-app-example.contoso.gate.localhost:443", "", ""},
		{"files-app-example.contoso.gate.localhost.:8443", "", ""}, // final dot
		{"files-app-example.fabrikam.gate.localhost:8443", "", ""},
		{"example-com.contoso.gate.localhost:8443", "", ""}, // decodes, but is not listed
		{"native-example.contoso.gate.localhost:8443", "", ""},
		{"files.app.example", "", ""},
		{"contoso.gate.localhost:8443", "", ""},
		{"", "", ""},
	} {
		got, tok, ok := b.Find(c.host)
		if ok != (c.real != "") || ok && (got.Real != c.real || tok != c.token) {
			t.Errorf("%q: got %+v, %q, %v; want %q, %q", c.host, got, tok, ok, c.real, c.token)
		}
	}
	if got, _, _ := b.Find("files-app-example.contoso.gate.localhost:8443"); got.Upstream != "127.0.0.1:9001" || got.App.ID != 15600 {
		t.Errorf("target %+v", got)
	}
	if _, ok := b.Instance("contoso", "native"); !ok {
		t.Error("an instance that is not routed is not found by id")
	}
}

func TestFindWithoutPort(t *testing.T) {
	t.Parallel()
	b := book(t, "gate.example.com", demo("contoso"))
	for _, host := range []string{"cdn.contoso.gate.example.com", "cdn.contoso.gate.example.com:443", "CDN.contoso.gate.example.com:443"} {
		if got, _, ok := b.Find(host); !ok || got.Real != "cdn.app.example" {
			t.Errorf("%q not found", host)
		}
	}
	if _, _, ok := b.Find("cdn.contoso.gate.example.com:8443"); ok {
		t.Error("found at another port")
	}
}

func TestMappedAndRealAreInverse(t *testing.T) {
	t.Parallel()
	b := book(t, "gate.localhost:8443", demo("contoso"))
	for _, target := range b.Targets("contoso") {
		for _, tok := range []string{"", token} {
			mapped, ok := b.MappedWith("contoso", target.Real, tok)
			if !ok {
				t.Fatalf("%s has no mapped name", target.Real)
			}
			if real, ok := b.Real("contoso", mapped); !ok || real != target.Real {
				t.Errorf("%s became %s, which is %q", target.Real, mapped, real)
			}
			if has := strings.HasPrefix(mapped, token); has != (tok != "" && target.Host.Role == RoleAnonymous) {
				t.Errorf("%s: token in %s", target.Real, mapped)
			}
			for i, part := range strings.Split(strings.TrimSuffix(mapped, ":8443"), ".") {
				if len(part) > 63 {
					t.Errorf("%s: label %d is too long", mapped, i)
				}
			}
		}
	}
	for _, spelled := range []string{"FILES.app.example", "files.app.example:443"} {
		if m, ok := b.Mapped("contoso", spelled); !ok || !strings.HasPrefix(m, "files-app-example.") {
			t.Errorf("%q: %q, %v", spelled, m, ok)
		}
	}
	for _, none := range []string{"example.com", "files.app.example:8443", ""} {
		if m, ok := b.Mapped("contoso", none); ok {
			t.Errorf("%q is mapped to %q", none, m)
		}
	}
	if in, h, ok := b.Lookup("contoso", "cdn"); !ok || in.ID != "files" || h.Name != "cdn.app.example" {
		t.Error("cdn not found by label")
	}
}

// Two tenants map the same real hosts: each finds its own, and neither the other's.
func TestTwoTenantsOneHost(t *testing.T) {
	t.Parallel()
	b := book(t, "gate.localhost:8443", demo("contoso"), demo("fabrikam"))
	for _, pair := range [][2]model.TenantID{{"contoso", "fabrikam"}, {"fabrikam", "contoso"}} {
		mine, other := pair[0], pair[1]
		mapped, ok := b.Mapped(mine, "files.app.example")
		if !ok || mapped != fmt.Sprintf("files-app-example.%s.gate.localhost:8443", mine) {
			t.Fatalf("%s: %q", mine, mapped)
		}
		got, _, ok := b.Find(mapped)
		if !ok || got.Tenant != mine || got.Instance.Tenant != mine {
			t.Errorf("%s found %+v", mapped, got)
		}
		if _, ok := b.Real(other, mapped); ok {
			t.Errorf("%s resolves %s", other, mapped)
		}
		if _, _, ok := b.ByHost(other, mapped); ok {
			t.Errorf("%s owns %s", other, mapped)
		}
		if tenant, ok := b.TenantOf(mapped); !ok || tenant != mine {
			t.Errorf("%s belongs to %q", mapped, tenant)
		}
	}
}

func TestTenantOf(t *testing.T) {
	t.Parallel()
	b := book(t, "gate.localhost:8443", demo("contoso"))
	for host, want := range map[string]model.TenantID{
		"unknown.contoso.gate.localhost:8443": "contoso", "a.b.c.contoso.gate.localhost:8443": "contoso",
		"contoso.gate.localhost:8443": "contoso", "x.CONTOSO.gate.localhost:8443": "contoso",
		"x.nobody.gate.localhost:8443": "", "gate.localhost:8443": "", "xgate.localhost:8443": "", "x.contoso.gate.localhost": "",
	} {
		if got, ok := b.TenantOf(host); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v; want %q", host, got, ok, want)
		}
	}
}

func TestCertNames(t *testing.T) {
	t.Parallel()
	got := book(t, "gate.localhost:8443", demo("contoso")).CertNames("contoso")
	want := []string{"*.contoso.gate.localhost", "*.sharepoint.example.contoso.gate.localhost"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBookRefuses(t *testing.T) {
	t.Parallel()
	change := func(f func(*Instance)) Instance {
		in := demo("contoso")
		in.ID = "second"
		f(&in)
		return in
	}
	alone := func(name string) func(*Instance) {
		return func(in *Instance) {
			in.Hosts = []Host{{Name: name, Role: RoleApp}}
			in.Federation.RedirectURIs = []string{"https://" + name + "/cb"}
			in.Origins = nil
		}
	}
	for name, in := range map[string]Instance{
		"same hosts": change(func(*Instance) {}),
		"same id":    change(func(in *Instance) { alone("other.example")(in); in.ID = "files" }),
		"same label": change(func(in *Instance) { alone("other.example")(in); in.Hosts[0].Label = "cdn" }),
		"own suffix": change(alone("files-app-example.contoso.gate.localhost")),
		"the suffix": change(alone("gate.localhost")),
	} {
		if _, err := NewBook("gate.localhost:8443", []Instance{demo("contoso"), in}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v; want invalid", name, err)
		}
	}
	for _, suffix := range []string{"", "localhost", "Gate.localhost", "https://gate.localhost", "gate.localhost:443", "gate.localhost."} {
		if _, err := NewBook(suffix, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("suffix %q: %v; want invalid", suffix, err)
		}
	}
}

func TestValidateListsEveryMistake(t *testing.T) {
	t.Parallel()
	if in := demo("contoso"); in.Validate() != nil {
		t.Fatal(in.Validate())
	}
	in := demo("contoso")
	in.ID, in.App, in.Name, in.Route, in.Evidence = "Files!", "nothing", " ", "teleport", "hope"
	in.Tenant = "Contoso"
	in.Hosts = []Host{
		{Name: "https://x/", Role: RoleApp},
		{Name: "a.example", Role: "page"},
		{Name: "a.example", Role: RoleApp},
		{Name: "b.example", Role: RoleApp, Label: "-b"},
		{Name: "c.example", Role: RoleApp, Label: "x---y"},
		{Name: "d.example:8443", Role: RoleApp, Dotted: true},
		{Name: "e.example", Role: RoleApp, Label: "f-example"},
		{Name: "f.example", Role: RoleApp},
		{Name: "g.example", Role: RoleAnonymous, Label: strings.Repeat("g", 40)},
		{Name: "h.example", Role: RoleApp, Label: "h", Dotted: true},
	}
	in.Federation = Federation{Protocol: "oidc", RedirectURIs: []string{"http://a.example/", "https://evil.example/cb", "https://a.example/cb#f"}, InitiateURI: "/start"}
	in.Origins = map[string]string{"z.example": "localhost:1", "a.example": "127.0.0.1"}
	in.Profile = Profile{Previews: []string{"preview"}, JSONFields: []string{""}, Code: []CodeRule{{Find: ".io"}, {Find: "<b>x"}}, Activities: []Rule{{Method: "get", Path: "x?y", Host: RoleStatic}}}
	err := in.Validate()
	var found filter.Mistakes
	if !errors.As(err, &found) || !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	var paths []string
	for _, m := range found {
		paths = append(paths, m.Path)
		if m.Reason == "" {
			t.Errorf("%s: no reason", m.Path)
		}
	}
	want := []string{
		"tenant", "id", "app", "name", "route", "evidence", "hosts[0].name", "hosts[1].role", "hosts[2].name", "hosts[3].label", "hosts[4].label",
		"hosts[5].dotted", "hosts[7].label", "hosts[8].label", "hosts[9].label", "federation.clientId", "federation.redirectUris[0]", "federation.redirectUris[1]",
		"federation.redirectUris[2]", "federation.initiateLoginUri", "origins.a.example", "origins.z.example", "origins.z.example", "profile.previews[0]",
		"profile.jsonFields[0]", "profile.code[0].find", "profile.code[1]", "profile.activities[0].path", "profile.activities[0].type", "profile.activities[0].method", "profile.activities[0].host",
	}
	if !slices.Equal(paths, want) {
		t.Errorf("got  %v\nwant %v", paths, want)
	}
}

func TestApps(t *testing.T) {
	t.Parallel()
	keys, ids := map[string]bool{}, map[model.AppID]bool{}
	list := Apps()
	if !slices.IsSortedFunc(list, func(a, b App) int { return strings.Compare(a.Key, b.Key) }) {
		t.Error("the list is not sorted by key, which AppByKey needs")
	}
	for _, a := range list {
		if keys[a.Key] || ids[a.ID] {
			t.Errorf("%s or %d is there twice", a.Key, a.ID)
		}
		keys[a.Key], ids[a.ID] = true, true
		if got, ok := AppByKey(a.Key); !ok || got != a {
			t.Errorf("%s: not found by key", a.Key)
		}
		if got, ok := AppByID(a.ID); !ok || got != a {
			t.Errorf("%s: not found by id", a.Key)
		}
		if a.Suite != "" {
			if s, ok := AppByKey(a.Suite); !ok || s.Suite != "" {
				t.Errorf("%s: suite %q", a.Key, a.Suite)
			}
		}
	}
	var parts []string
	for _, a := range Parts("office365") {
		parts = append(parts, a.Key)
	}
	if want := []string{"exchange", "onedrive", "sharepoint", "teams"}; !slices.Equal(parts, want) {
		t.Errorf("office365 holds %v, want %v", parts, want)
	}
	if Parts("") != nil || Parts("onedrive") != nil {
		t.Error("an app that is no suite has parts")
	}
	if _, ok := AppByKey("nothing"); ok {
		t.Error("found an app that is not there")
	}
}

func BenchmarkFind(b *testing.B) {
	bk := book(b, "gate.localhost:8443", demo("contoso"), demo("fabrikam"))
	for name, host := range map[string]string{
		"plain": "files-app-example.contoso.gate.localhost:8443",
		"token": token + "---fonts-app-example.contoso.gate.localhost:8443",
		"none":  "evil-example.contoso.gate.localhost:8443",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bk.Find(host)
			}
		})
	}
}
