package graph_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/graph"
)

var update = flag.Bool("update", false, "write what comes out into testdata")

var names = graph.Names{
	Apps: []graph.App{
		{ID: "00000003-0000-0ff1-ce00-000000000000", Keys: []string{"onedrive", "sharepoint"}},
		{ID: "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", Keys: []string{"teams"}},
	},
	Locations: map[string]string{"5e7615b8-dbe1-4cc1-810c-26eb5a3a3cec": "Headquarters"},
	Provider:  "entra",
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n got\n%s\nwant\n%s", file, got, want)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func canonical(docs []*policy.Document) []byte {
	var b bytes.Buffer
	for i, d := range docs {
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(d.Canonical())
	}
	return b.Bytes()
}

func TestImport(t *testing.T) {
	t.Parallel()
	docs, problems := graph.Import("list.json", read(t, "testdata/list.json"), names)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/list.yaml", canonical(docs))
	if _, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{StepUp: true}}); len(problems) > 0 {
		t.Error(problems.Err())
	}
	text, losses := graph.Export(docs, names)
	golden(t, "testdata/list.exported.json", text)
	for _, l := range losses {
		if !l.Kept {
			t.Error(l)
		}
	}
}

// TestImportNamesWhatItCannotSay wants a place and a path for each, and the policies that are fine.
func TestImportNamesWhatItCannotSay(t *testing.T) {
	t.Parallel()
	docs, problems := graph.Import("wrong.json", read(t, "testdata/wrong.json"), names)
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&b, p)
	}
	golden(t, "testdata/wrong.problems", []byte(b.String()))
	if len(docs) != 1 || docs[0].Name != "Fine" {
		t.Errorf("%d documents came along, want the one that is fine", len(docs))
	}
}

func TestImportTakesOnePolicyOrMany(t *testing.T) {
	t.Parallel()
	one := `{"displayName":"Block","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	for text, want := range map[string]string{
		one:                                   "block",
		"[" + one + "]":                       "block",
		`{"value":[` + one + `,` + one + `]}`: "block block-2",
		"\ufeff" + one:                        "block",
		`{"value":[]}`:                        "",
	} {
		docs, problems := graph.Import("", []byte(text), graph.Names{})
		var ids []string
		for _, d := range docs {
			ids = append(ids, d.ID)
		}
		if got := strings.Join(ids, " "); got != want || len(problems) > 0 {
			t.Errorf("%s: %q, want %q; %v", text, got, want, problems)
		}
	}
	for _, text := range []string{"", "x", one + one, `"text"`, "[[]]"} {
		if docs, problems := graph.Import("", []byte(text), graph.Names{}); len(docs) > 0 || len(problems) == 0 {
			t.Errorf("%q: accepted", text)
		}
	}
	double := strings.Replace(one, `{"displayName"`, `{"id":"x1","displayName"`, 1)
	if _, problems := graph.Import("", []byte("["+double+","+double+"]"), graph.Names{}); len(problems) != 1 {
		t.Errorf("two policies of one id: %v", problems)
	}
}

func TestExportLeavesOutWhatWouldDoSomethingElse(t *testing.T) {
	t.Parallel()
	base := "kind: ConditionalAccess\nid: p\nname: P\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [%s]}\n%s\ngrantControls: {builtInControls: [block]}\n%s"
	for name, c := range map[string]struct{ app, conditions, top, path string }{
		"as it is":          {"All", "", "", ""},
		"a pair of apps":    {"onedrive, sharepoint", "", "", ""},
		"half of it":        {"onedrive", "", "", "conditions.applications.includeApplications"},
		"an app of ours":    {"wiki", "", "", "conditions.applications.includeApplications"},
		"Defender's number": {`"20892"`, "", "", "conditions.applications.includeApplications"},
		"a network":         {"All", "  locations: {includeRanges: [203.0.113.0/24]}", "", "conditions.locations.includeRanges"},
		"a country":         {"All", "  locations: {includeLocations: [All], excludeCountries: [DK]}", "", "conditions.locations.excludeCountries"},
		"unknown areas":     {"All", "  locations: {includeUnknownCountriesAndRegions: true}", "", "conditions.locations.includeUnknownCountriesAndRegions"},
		"a known place":     {"All", "  locations: {includeLocations: [headquarters]}", "", ""},
		"an unknown place":  {"All", "  locations: {includeLocations: [Lab]}", "", "conditions.locations.includeLocations"},
		"tags with a rule":  {"All", "  devices: {deviceFilter: {mode: exclude, tags: [compliant, hybridJoined]}}", "", ""},
		"a tag without one": {"All", "  devices: {deviceFilter: {mode: exclude, tags: [validClientCertificate]}}", "", "conditions.devices.deviceFilter.tags"},
		"unknown devices":   {"All", "  devices: {deviceFilter: {mode: exclude, tags: [compliant]}, deviceUnknown: managed}", "", "conditions.devices.deviceUnknown"},
		"unscannable":       {"All", "  userRiskLevels: [high]", "unscannable: allow\n", "unscannable"},
	} {
		docs, problems := policy.Decode("", fmt.Appendf(nil, base, c.app, c.conditions, c.top))
		if err := problems.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, losses := graph.Export(docs, names)
		path := ""
		for _, l := range losses {
			if !l.Kept {
				path = l.Path
			}
		}
		if path != c.path {
			t.Errorf("%s: lost %q, want %q", name, path, c.path)
		}
		if written := bytes.Contains(text, []byte(`"displayName"`)); written != (c.path == "") {
			t.Errorf("%s: written: %t", name, written)
		}
	}
}

// TestRoundTrip writes random documents that Graph can say and reads them again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		text := random(rand.New(rand.NewPCG(seed, 7)))
		docs, problems := policy.Decode("", []byte(text))
		if err := problems.Err(); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		out, losses := graph.Export(docs, names)
		if len(losses) > 0 {
			t.Fatalf("seed %d: %v\n%s", seed, losses, text)
		}
		again, problems := graph.Import("", out, names)
		if err := problems.Err(); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, out)
		}
		if want, got := canonical(docs), canonical(again); !bytes.Equal(want, got) {
			t.Fatalf("seed %d: came back as\n%s\nwas\n%s", seed, got, want)
		}
	}
}

// Ids of a person, and of a group or a role.
const (
	anna  = "2f0a1d52-9f0d-4d0c-8d2b-6f3a5b1c7e90"
	board = "62e90394-69f5-4237-9190-012177145e10"
)

// TestPeopleCarryTheirProvider: an object id alone would be nobody's here, so that a policy which blocks somebody
// would not, and one that leaves a break-glass account out would lock it out.
func TestPeopleCarryTheirProvider(t *testing.T) {
	t.Parallel()
	text := fmt.Appendf(nil, `{"displayName":"Block","state":"enabled","conditions":{"users":{"includeUsers":["%s"],"excludeUsers":["%s"],"includeGroups":["%s"],"includeRoles":["%s"]},`+
		`"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`, strings.ToUpper(anna), board, board, board)
	for name, c := range map[string]struct {
		names graph.Names
		want  string // id of the person, "" when it is refused
	}{
		"a provider":                    {graph.Names{Provider: "entra"}, "entra:" + anna},
		"a provider whose ids are bare": {graph.Names{Provider: "old", PlainIDs: true}, anna},
		"no provider":                   {graph.Names{}, ""},
	} {
		docs, problems := graph.Import("", text, c.names)
		if c.want == "" {
			if len(problems) != 2 || problems[0].Path != "conditions.users.includeUsers[0]" || problems[1].Path != "conditions.users.excludeUsers[0]" || len(docs) > 0 {
				t.Errorf("%s: %v", name, problems)
			}
			continue
		}
		if err := problems.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if u := docs[0].Access.Users; u.Include[0] != c.want || string(u.IncludeGroups[0]) != board || u.IncludeRoles[0] != board {
			t.Errorf("%s: %+v", name, u)
		}
		back, losses := graph.Export(docs, c.names)
		if !bytes.Contains(back, []byte(`"`+anna+`"`)) {
			t.Errorf("%s: exported as %s, %v", name, back, losses)
		}
		book, problems := policy.Compile(docs, policy.Options{})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.DecideSignIn(&policy.Input{App: model.AppRef{Key: "box"}, User: model.User{ID: model.UserID(c.want)}, ClientApp: model.ClientBrowser}, &v)
		if v.Gate != policy.GateBlock {
			t.Errorf("%s: the person is let in", name)
		}
	}
}

// TestExportNamesPeopleByObjectID: Graph would refuse anything else, or take it for somebody else.
func TestExportNamesPeopleByObjectID(t *testing.T) {
	t.Parallel()
	for users, path := range map[string]string{
		`includeUsers: ["entra:` + anna + `"]`:              "",
		`includeUsers: ["other:` + anna + `"]`:              "conditions.users.includeUsers",
		`includeUsers: [anna@contoso.com]`:                  "conditions.users.includeUsers",
		`includeUsers: [All], excludeUsers: ["entra:anna"]`: "conditions.users.excludeUsers",
		`includeGroups: [Finance]`:                          "conditions.users.includeGroups",
		`includeUsers: [All], excludeGroups: [Finance]`:     "conditions.users.excludeGroups",
		`includeRoles: [Admins]`:                            "conditions.users.includeRoles",
		`includeUsers: [All], excludeRoles: [Admins]`:       "conditions.users.excludeRoles",
	} {
		docs, problems := policy.Decode("", []byte("kind: ConditionalAccess\nid: p\nname: P\nconditions:\n  users: {"+users+"}\n  applications: {includeApplications: [All]}\ngrantControls: {builtInControls: [block]}\n"))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		_, losses := graph.Export(docs, names)
		got := ""
		for _, l := range losses {
			if !l.Kept {
				got += l.Path
			}
		}
		if got != path {
			t.Errorf("%s: lost %q, want %q", users, got, path)
		}
	}
}

// TestSeveralTextsShareTheirIDs: each policy gets an id of its own, over all texts.
func TestSeveralTextsShareTheirIDs(t *testing.T) {
	t.Parallel()
	one := `{"displayName":"Block","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	i := graph.NewImporter(names)
	var ids []string
	for range 3 {
		docs, problems := i.Import("", []byte(one))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, docs[0].ID)
	}
	if got := strings.Join(ids, " "); got != "block block-2 block-3" {
		t.Errorf("ids %s", got)
	}
	for n, want := range []int{0, 1} {
		if _, problems := i.Import("", []byte(strings.Replace(one, `{"displayName"`, `{"id":"x1","displayName"`, 1))); len(problems) != want {
			t.Errorf("text %d with the same id: %v", n+1, problems)
		}
	}
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func random(r *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: ConditionalAccess\nid: %08x-0000-4000-8000-%012x\nname: %q\nstate: %s\nconditions:\n", r.Uint32(), r.Uint32(),
		pick(r, "A", "Ærø", `"quoted" \ name`, "<b>"), pick(r, "enabled", "disabled", "enabledForReportingButNotEnforced"))
	fmt.Fprintf(&b, "  users: {%s%s%s}\n", pick(r, "includeUsers: [All]", "includeUsers: [None]", "includeUsers: [GuestsOrExternalUsers, \"entra:"+anna+"\"]", "includeRoles: ["+anna+", "+board+"]",
		"includeGuestsOrExternalUsers: {guestOrExternalUserTypes: [internalGuest, otherExternalUser], externalTenants: {membershipKind: enumerated, members: [t1, t2]}}"),
		pick(r, "", ", excludeUsers: [\"entra:"+anna+"\"]", ", excludeGroups: ["+board+"]", ", excludeRoles: ["+board+"]"),
		pick(r, "", `, excludeGuestsOrExternalUsers: {guestOrExternalUserTypes: "serviceProvider"}`))
	target := pick(r, "includeApplications: [All]", "includeApplications: [All], excludeApplications: [teams]", "includeApplications: [office365, onedrive, sharepoint]",
		`includeUserActions: ["urn:user:registerdevice"]`, "includeAuthenticationContextClassReferences: [c1, c99]")
	fmt.Fprintf(&b, "  applications: {%s}\n", target)
	change := target == "includeApplications: [All]" && r.IntN(3) == 0
	if change {
		b.WriteString("  userRiskLevels: [high]\n")
	} else {
		b.WriteString(pick(r, "", "  userRiskLevels: [high, none]\n", "  signInRiskLevels: [low]\n"))
	}
	b.WriteString(pick(r, "", "  platforms: {includePlatforms: [all], excludePlatforms: [iOS, macOS]}\n", "  platforms: {includePlatforms: [windowsPhone]}\n"))
	b.WriteString(pick(r, "", "  clientAppTypes: [browser]\n", "  clientAppTypes: [exchangeActiveSync, other]\n"))
	b.WriteString(pick(r, "", "  locations: {includeLocations: [All], excludeLocations: [AllTrusted, Headquarters]}\n", "  locations: {includeLocations: [Headquarters]}\n"))
	b.WriteString(pick(r, "", "  devices: {deviceFilter: {mode: include, rule: 'device.model -in [\"a\\\"b\", \"<ø>\"] -or -not (device.mdmAppId -eq null)'}}\n"))
	b.WriteString(pick(r, "", "  authenticationFlows: {transferMethods: \"deviceCodeFlow,authenticationTransfer\"}\n"))
	all := target == "includeApplications: [All]"
	grant := pick(r, "grantControls: {builtInControls: [block]}\n", "grantControls: {operator: OR, builtInControls: [mfa, compliantDevice]}\n", "grantControls: {authenticationStrength: {id: passwordless}, termsOfUse: [t1]}\n",
		"grantControls: {authenticationStrength: {id: 0a51c6d7-21f0-4a36-9b63-2f4e1a1c7f10}, builtInControls: [domainJoinedDevice]}\n", "")
	if change {
		grant = "grantControls: {builtInControls: [mfa, passwordChange]}\nunscannable: allow\n"
	}
	b.WriteString(grant)
	if strings.Contains(grant, "block") || grant != "" && r.IntN(2) == 0 {
		return b.String()
	}
	parts := []string{pick(r, "cloudAppSecurity: {cloudAppSecurityType: monitorOnly}", "cloudAppSecurity: {cloudAppSecurityType: blockDownloads}", "signInFrequency: {value: 23, type: hours}",
		"signInFrequency: {value: 90, type: days, authenticationType: secondaryAuthentication}", "signInFrequency: {frequencyInterval: everyTime}")}
	if all && r.IntN(2) == 0 {
		parts = append(parts, "persistentBrowser: {mode: "+pick(r, "always", "never")+"}")
	}
	fmt.Fprintf(&b, "sessionControls: {%s}\n", strings.Join(parts, ", "))
	return b.String()
}

func FuzzImport(f *testing.F) {
	for _, file := range []string{"testdata/list.json", "testdata/wrong.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, _ := graph.Import("", text, names)
		for _, d := range docs {
			if d.Access == nil || d.ID == "" || d.Name == "" {
				t.Fatalf("imported as %+v", d)
			}
			if _, problems := policy.Decode("", d.Canonical()); len(problems) > 0 {
				t.Fatalf("its document has mistakes: %v\n%s", problems.Err(), d.Canonical())
			}
		}
		out, losses := graph.Export(docs, names)
		kept := len(docs)
		seen := map[string]bool{}
		for _, l := range losses {
			if !l.Kept && !seen[l.Document] {
				seen[l.Document] = true
				kept--
			}
		}
		again, problems := graph.Import("", out, names)
		if len(problems) > 0 || len(again) != kept {
			t.Fatalf("%d of %d came back: %v\n%s", len(again), kept, problems.Err(), out)
		}
	})
}
