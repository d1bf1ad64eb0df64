package signin

import (
	"slices"
	"testing"

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
