package catalog

import (
	"errors"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

func sites() Instance {
	return Instance{
		ID: "sites", Tenant: "contoso", App: "sharepoint", Name: "SharePoint Online", Route: model.RouteFederated, Evidence: model.EvidenceDemo,
		Hosts:      []Host{{Name: "contoso.sharepoint.com", Role: RoleApp}, {Name: "login.microsoftonline.com", Role: RoleSignIn}},
		Federation: Federation{Protocol: "wsfed", WSFed: &WSFed{Replies: []string{"https://login.microsoftonline.com/login.srf"}, Domains: []string{"contoso.example"}}},
	}
}

func TestWSFedSettings(t *testing.T) {
	t.Parallel()
	good := sites()
	if err := good.Validate(); err != nil || good.Federation.WSFed.Name() != RealmEntra {
		t.Fatal(err)
	}
	other := sites()
	other.Federation = Federation{Through: "m365"}
	if err := other.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Instance)
		path   string
	}{
		"no settings":          {func(in *Instance) { in.Federation.WSFed = nil }, "federation.wsfed"},
		"another route":        {func(in *Instance) { in.Route = model.RouteSSO }, "route"},
		"no reply":             {func(in *Instance) { in.Federation.WSFed.Replies = nil }, "federation.wsfed.replies"},
		"reply at the app":     {func(in *Instance) { in.Federation.WSFed.Replies[0] = "https://contoso.sharepoint.com/login.srf" }, "federation.wsfed.replies[0]"},
		"reply elsewhere":      {func(in *Instance) { in.Federation.WSFed.Replies[0] = "https://evil.example/login.srf" }, "federation.wsfed.replies[0]"},
		"reply without TLS":    {func(in *Instance) { in.Federation.WSFed.Replies[0] = "http://login.microsoftonline.com/login.srf" }, "federation.wsfed.replies[0]"},
		"no domain":            {func(in *Instance) { in.Federation.WSFed.Domains = nil }, "federation.wsfed.domains"},
		"domain in upper case": {func(in *Instance) { in.Federation.WSFed.Domains[0] = "Contoso.example" }, "federation.wsfed.domains[0]"},
		"domain of one label":  {func(in *Instance) { in.Federation.WSFed.Domains[0] = "contoso" }, "federation.wsfed.domains[0]"},
		"through and protocol": {func(in *Instance) { in.Federation.Through = "m365" }, "federation.through"},
		"through itself":       {func(in *Instance) { in.Federation = Federation{Through: "sites"} }, "federation.through"},
		"through, by sso":      {func(in *Instance) { in.Route, in.Federation = model.RouteSSO, Federation{Through: "m365"} }, "federation.through"},
		"realm with a space":   {func(in *Instance) { in.Federation.WSFed.Realm = "a b" }, "federation.wsfed.realm"},
	} {
		in := sites()
		c.change(&in)
		var found filter.Mistakes
		if err := in.Validate(); !errors.As(err, &found) || !strings.HasPrefix(found[0].Path, c.path) {
			t.Errorf("%s: %v, want a mistake at %s", name, found, c.path)
		}
	}
}

func TestSignInAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		kind         SignInKind
	}{
		{"GET", "/common/oauth2/authorize", SignInAuthorize},
		{"GET", "/7f3c1a52-0000-4000-8000-000000000001/oauth2/v2.0/authorize", SignInAuthorize},
		{"GET", "/contoso.onmicrosoft.com/oauth2/authorize", SignInAuthorize},
		{"POST", "/organizations/oauth2/v2.0/token", SignInToken},
		{"POST", "/login.srf", SignInPass},
		{"GET", "/common/discovery/instance", SignInPass},
		{"POST", "/common/oauth2/authorize", ""},
		{"GET", "/login.srf", ""},
		{"GET", "/", ""},
		{"GET", "/common/login", ""},
		{"POST", "/common/login", ""},
		{"POST", "/common/GetCredentialType", ""},
		{"GET", "/common/oauth2/authorize/", ""},
		{"GET", "//oauth2/authorize", ""},
		{"GET", "/../oauth2/authorize", ""},
		{"GET", "/a/b/oauth2/authorize", ""},
		{"GET", "/common/OAuth2/Authorize", ""},
		{"GET", "/common/oauth2/authorize;x", ""},
		{"GET", "/com%6don/oauth2/authorize", ""},
		{"HEAD", "/common/oauth2/authorize", ""},
	} {
		if kind, ok := SignInAt(c.method, c.path); kind != c.kind || ok != (c.kind != "") {
			t.Errorf("%s %s: %q, %v", c.method, c.path, kind, ok)
		}
	}
}
