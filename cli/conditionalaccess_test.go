package cli

import (
	"strings"
	"testing"
)

const fromEntra = `{"value":[{"id":"10ef4fe6-5e51-4f5e-b5a2-8fed19d0be67","displayName":"Teams from abroad","state":"enabled","createdDateTime":"2026-01-01T00:00:00Z",
 "conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},"applications":{"includeApplications":["cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"]},
 "locations":{"includeLocations":["All"],"excludeLocations":["5e7615b8-dbe1-4cc1-810c-26eb5a3a3cec"]}},"grantControls":{"operator":"AND","builtInControls":["block"]}},
 {"displayName":"Limited","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"sessionControls":{"applicationEnforcedRestrictions":{"isEnabled":true}}}]}`

// TestEntraAndBack takes policies from Graph's JSON, applies them, supposes sign-ins and writes them again.
func TestEntraAndBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	file := s.write(t, "entra.json", fromEntra)
	got := s.run(t, "contoso-reader", "policy", "import", file)
	for _, want := range []string{"applicationEnforcedRestrictions", "excludeLocations[0]", "entra.json:3"} {
		if got.code == 0 || got.out != "" || !strings.Contains(got.notes, want) {
			t.Errorf("import: exit %d, %q does not tell of %q", got.code, got.notes, want)
		}
	}
	place := "5e7615b8-dbe1-4cc1-810c-26eb5a3a3cec=Headquarters"
	got = s.run(t, "contoso-reader", "policy", "import", "--skip", "--location", place, file)
	if got.code != 0 || !strings.Contains(got.out, "excludeLocations: [Headquarters]") || !strings.Contains(got.notes, "left out: ") {
		t.Fatalf("import: exit %d\n%s\n%s", got.code, got.out, got.notes)
	}
	yaml := s.write(t, "access.yaml", got.out)
	whatif := []string{"policy", "whatif", "--user", "anna@contoso.com", "--app", "teams", "--country", "SE"}
	if got = s.run(t, "contoso-reader", whatif...); !strings.Contains(got.out, "Outcome: allow, the default") {
		t.Errorf("before: %s %s", got.out, got.notes)
	}
	if got = s.run(t, "contoso-reader", append(whatif, yaml)...); !strings.Contains(got.out, "Outcome: block, by 10ef4fe6") {
		t.Errorf("with the file: %s %s", got.out, got.notes)
	}
	if got = s.run(t, "contoso-operator", "policy", "apply", "--force", yaml); got.code != 0 {
		t.Fatal(got.notes)
	}
	got = s.run(t, "contoso-reader", append(whatif, "--location", "Headquarters", "--device", "compliant", "--attribute", "model=Surface", "--attribute", "mdmAppId=", "--done", "mfa@2h", "--group", "Sales", "--json")...)
	if !strings.Contains(got.out, `"outcome":"doesNotApply"`) && !strings.Contains(got.out, `"outcome": "doesNotApply"`) {
		t.Errorf("at headquarters: %s %s", got.out, got.notes)
	}
	if got = s.run(t, "contoso-reader", "policy", "export"); got.code == 0 || !strings.Contains(got.notes, "Headquarters") {
		t.Errorf("export without the place: exit %d, %s", got.code, got.notes)
	}
	got = s.run(t, "contoso-reader", "policy", "export", "--location", place)
	if got.code != 0 || !strings.Contains(got.out, "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe") || !strings.Contains(got.out, `"id": "10ef4fe6-5e51-4f5e-b5a2-8fed19d0be67"`) {
		t.Errorf("export: exit %d\n%s\n%s", got.code, got.out, got.notes)
	}
	again := s.write(t, "again.json", got.out)
	if back := s.run(t, "contoso-reader", "policy", "import", "--location", place, again); back.out == "" || s.run(t, "contoso-reader", "policy", "export", "--location", place, s.write(t, "back.yaml", back.out)).out != got.out {
		t.Errorf("a second trip changes it:\n%s", back.out)
	}
	for _, args := range [][]string{
		{"policy", "import", "--app", "x", file},
		{"policy", "import", "--location", "x=", file},
		{"policy", "whatif", "--app", "box", "--attribute", "model"},
		{"policy", "whatif"},
	} {
		if got := s.run(t, "contoso-reader", args...); got.code == 0 {
			t.Errorf("%v: accepted", args)
		}
	}
}
