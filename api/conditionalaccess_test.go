package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/tenant"
)

const accessDocs = `kind: ConditionalAccess
id: guests-mfa
name: Guests prove themselves
conditions:
  users: {includeUsers: [GuestsOrExternalUsers]}
  applications: {includeApplications: [All]}
  devices: {deviceFilter: {mode: exclude, rule: device.isCompliant -eq True}}
grantControls: {builtInControls: [block]}
---
kind: ConditionalAccess
id: abroad
name: Not from abroad
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
  locations: {includeLocations: [All], excludeCountries: [DK]}
grantControls: {builtInControls: [block]}
---
kind: ConditionalAccess
id: watched
name: Watched
state: enabledForReportingButNotEnforced
conditions:
  users: {includeGroups: [Finance]}
  applications: {includeApplications: [box]}
grantControls: {builtInControls: [block]}
`

type whatIf struct {
	policy.WhatIf
	Text string
}

func (w *whatIf) outcome(id string) string {
	i := slices.IndexFunc(w.Policies, func(p policy.WhatIfPolicy) bool { return p.ID == id })
	if i < 0 {
		return "absent"
	}
	return w.Policies[i].Outcome + " " + w.Policies[i].Path
}

func TestWhatIf(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(accessDocs, "force", true), 200, nil)
	ask := func(body map[string]any) (w whatIf) {
		t.Helper()
		for _, part := range []string{"user", "place", "device"} {
			if body[part] == nil {
				body[part] = map[string]any{}
			}
		}
		f.Want(t, "contoso/reader", "POST", contoso+"/conditional-access/whatif", body, 200, &w)
		return w
	}
	home := map[string]any{"country": "DK"}
	guest := map[string]any{"external": true, "groups": []string{"Finance"}}
	w := ask(map[string]any{"app": "box", "user": guest, "place": home})
	if w.Gate != "block" || w.By != "guests-mfa" || w.outcome("guests-mfa") != "applies " || w.outcome("watched") != "reportOnly " ||
		w.outcome("abroad") != "doesNotApply conditions.not.location.country.eq" || !strings.Contains(w.Text, "Outcome: block, by guests-mfa") {
		t.Errorf("guest: %+v\n%s", w.WhatIf, w.Text)
	}
	w = ask(map[string]any{"app": "box", "user": guest, "place": home, "device": map[string]any{"tags": []string{"compliant"}}})
	if w.Gate != "allow" || !w.Default || w.outcome("guests-mfa") != "doesNotApply conditions.not.device.isCompliant.eq" {
		t.Errorf("guest on a compliant device: %+v", w.WhatIf)
	}
	w = ask(map[string]any{"app": "box", "user": guest, "place": home, "device": map[string]any{"answer": "unknown"}})
	if !slices.Equal(w.Needs, []string{"deviceProof"}) || w.outcome("guests-mfa") != "waits conditions.not.device.isCompliant.eq" {
		t.Errorf("guest whose device nobody asked: %+v", w.WhatIf)
	}
	w = ask(map[string]any{"app": "box", "place": map[string]any{"country": "SE"}})
	if w.By != "abroad" {
		t.Errorf("from abroad: %+v", w.WhatIf)
	}
	draft := strings.Replace(strings.Split(accessDocs, "---\n")[1], "excludeCountries: [DK]", "excludeCountries: [DK, SE]", 1)
	w = ask(map[string]any{"app": "box", "place": map[string]any{"country": "SE"}, "files": []map[string]string{{"text": draft}}})
	if w.Gate != "allow" {
		t.Errorf("from abroad with a draft: %+v", w.WhatIf)
	}
	w = ask(map[string]any{"userAction": "urn:user:registerdevice"})
	if len(w.Policies) != 0 || !w.Default {
		t.Errorf("a user action that no policy is about: %+v", w.WhatIf)
	}
	for name, body := range map[string]map[string]any{
		"no app":           {},
		"an unknown app":   {"app": "nothing"},
		"an unknown tag":   {"app": "box", "device": map[string]any{"tags": []string{"shiny"}}},
		"the tag unknown":  {"app": "box", "device": map[string]any{"tags": []string{"unknown"}}},
		"no attribute":     {"app": "box", "device": map[string]any{"attributes": map[string][]string{"colour": {"red"}}}},
		"no address":       {"app": "box", "place": map[string]any{"ip": "hq"}},
		"no duration":      {"app": "box", "signedIn": "yesterday"},
		"a broken draft":   {"app": "box", "files": []map[string]string{{"text": "kind: x"}}},
		"app and action":   {"app": "box", "userAction": "urn:user:registerdevice"},
		"an unknown level": {"app": "box", "userRisk": "huge"},
	} {
		for _, part := range []string{"user", "place", "device"} {
			if body[part] == nil {
				body[part] = map[string]any{}
			}
		}
		if a := f.Do(t, "contoso/reader", "POST", contoso+"/conditional-access/whatif", body); a.Status != 400 && a.Status != 422 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
}

func TestImportAndExport(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	f.Want(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(accessDocs, "force", true), 200, nil)
	var out struct {
		Policies struct{ Value []map[string]any }
		Losses   []struct {
			Document, Path string
			Kept           bool
		}
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/conditional-access/export", nil, 200, &out)
	if len(out.Policies.Value) != 1 || out.Policies.Value[0]["displayName"] != "Guests prove themselves" {
		t.Errorf("exported %+v", out)
	}
	lost := 0
	for _, l := range out.Losses {
		if !l.Kept {
			lost++
		}
	}
	if lost != 4 { // box is no application of Entra's own, twice, a country, and a group that is no id
		t.Errorf("losses %+v", out.Losses)
	}
	f.Want(t, "contoso/reader", "GET", contoso+"/conditional-access/export?policy=none", nil, 404, nil)
	var in struct {
		Documents []struct{ ID string }
		Text      string
		Problems  []struct{ Location, Document string }
	}
	body := map[string]any{
		"files": []map[string]string{{"name": "a.json", "text": `[{"displayName":"One","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["AAAAAAAA-0000-4000-8000-000000000001"]}},"grantControls":{"operator":"OR","builtInControls":["mfa"]}},{"displayName":"Two","conditions":{}}]`}},
		"apps":  map[string][]string{"aaaaaaaa-0000-4000-8000-000000000001": {"salesforce"}},
	}
	f.Want(t, "contoso/reader", "POST", contoso+"/conditional-access/import", body, 200, &in)
	if len(in.Documents) != 1 || in.Documents[0].ID != "one" || !strings.Contains(in.Text, "includeApplications: [salesforce]") || len(in.Problems) == 0 || in.Problems[0].Document != "two" {
		t.Errorf("imported %+v", in)
	}
}

// TestImportNamesPeopleAsTheyAreKnownHere: by the only provider that is Entra, or by the one that is named.
func TestImportNamesPeopleAsTheyAreKnownHere(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	const oid = "2f0a1d52-9f0d-4d0c-8d2b-6f3a5b1c7e90"
	one := `{"displayName":"One","conditions":{"users":{"includeUsers":["` + oid + `"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	body := func(provider string) map[string]any {
		b := map[string]any{"files": []map[string]string{{"name": "a.json", "text": one}, {"name": "b.json", "text": one}}}
		if provider != "" {
			b["provider"] = provider
		}
		return b
	}
	var in struct {
		Documents []struct{ ID string }
		Text      string
		Problems  []struct{ Location string }
	}
	ask := func(provider string) string {
		in.Documents, in.Problems = nil, nil
		f.Want(t, "contoso/reader", "POST", contoso+"/conditional-access/import", body(provider), 200, &in)
		if len(in.Problems) > 0 {
			return in.Problems[0].Location
		}
		if len(in.Documents) != 2 || in.Documents[1].ID != "one-2" {
			t.Errorf("documents of two files: %+v", in.Documents)
		}
		_, rest, _ := strings.Cut(in.Text, "includeUsers: [")
		id, _, _ := strings.Cut(rest, "]")
		return id
	}
	if got := ask(""); got != "conditions.users.includeUsers[0]" {
		t.Errorf("without a provider: %q", got)
	}
	f.Want(t, "contoso/reader", "POST", contoso+"/conditional-access/import", body("nobody"), 422, nil)
	tn, err := f.DB.Tenant(t.Context(), "contoso")
	if err != nil {
		t.Fatal(err)
	}
	tn.Providers = []tenant.Provider{
		{ID: "entra", Preset: "entra", Issuer: "https://login.example/v2.0", ClientID: "x"},
		{ID: "old", Issuer: "https://old.example", ClientID: "x", Subjects: tenant.SubjectsPlain},
	}
	if _, err := f.DB.PutTenant(t.Context(), tn); err != nil {
		t.Fatal(err)
	}
	for provider, want := range map[string]string{"": `"entra:` + oid + `"`, "entra": `"entra:` + oid + `"`, "old": oid} {
		if got := ask(provider); strings.Trim(got, `'"`) != strings.Trim(want, `"`) {
			t.Errorf("provider %q: %s, want %s", provider, got, want)
		}
	}
}
