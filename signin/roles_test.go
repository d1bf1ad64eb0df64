package signin

import (
	"slices"
	"testing"

	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// TestDirectoryRolesOfEntra: policies name directory roles by the ids that Entra sends as wids; roles are app roles.
func TestDirectoryRolesOfEntra(t *testing.T) {
	t.Parallel()
	claims := map[string]any{"oid": "2f0a1d52", "roles": []any{"Auditor"}, "wids": []any{"62e90394-69f5-4237-9190-012177145e10"}}
	for preset, want := range map[string][]string{
		"entra": {"Auditor", "62e90394-69f5-4237-9190-012177145e10"},
		"":      {"Auditor"},
	} {
		p := tenant.Provider{ID: "p", Preset: preset, SubjectClaim: "oid"}.WithDefaults()
		u, err := (&Broker{}).person(t.Context(), tenant.Tenant{ID: "contoso", Providers: []tenant.Provider{p}}, p, identity{claims: claims})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(u.User.Roles, want) {
			t.Errorf("preset %q: roles %v, want %v", preset, u.User.Roles, want)
		}
	}
}

// TestDirectoryRolesOfEntraBySAML: the same, in an assertion. Other products' attribute of that name is no role.
func TestDirectoryRolesOfEntraBySAML(t *testing.T) {
	t.Parallel()
	const ms = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"
	id := "http://schemas.microsoft.com/identity/claims/objectidentifier"
	for preset, want := range map[string][]string{
		"entra": {"Auditor", "62e90394-69f5-4237-9190-012177145e10", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"},
		"adfs":  {"Auditor"},
	} {
		p := tenant.Provider{ID: "p", Kind: tenant.KindSAML, Preset: preset, SubjectClaim: id}.WithDefaults()
		who := samlIdentity(p, &saml.SignIn{Attributes: []saml.Attribute{
			{Name: id, Values: []string{"2f0a1d52"}},
			{Name: ms + "role", Values: []string{"Auditor"}},
			{Name: ms + "wids", Values: []string{"62e90394-69f5-4237-9190-012177145e10", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"}},
		}})
		u, err := (&Broker{}).person(t.Context(), tenant.Tenant{ID: "contoso", Providers: []tenant.Provider{p}}, p, who)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(u.User.Roles, want) {
			t.Errorf("preset %q: roles %v, want %v", preset, u.User.Roles, want)
		}
	}
}
