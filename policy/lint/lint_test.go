package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// world is a tenant with Office 365, whose people were seen in two groups.
func world() World {
	return World{
		Now: now,
		Apps: []App{
			{"onedrive", "office365"},
			{"sharepoint", "office365"},
			{"teams", "office365"},
			{"office365", ""},
			{"box", ""},
			{"salesforce", ""},
		},
		Instances: []Instance{
			{"files", "onedrive", model.RouteSSO},
			{"sites", "sharepoint", model.RouteFederated},
			{"chat", "teams", model.RouteFederated},
			{"crm", "salesforce", model.RouteNative},
		},
		Groups: []model.GroupID{"Staff", "Break glass", "Travellers"}, Locations: []string{"HQ"},
		Exceptions: []policy.Exception{}, Rollouts: []policy.RolloutState{},
	}
}

// Building blocks; %s is for apps, then whatever the case needs.
const ownStrength = "11111111-2222-3333-4444-555555555555" // an authentication strength of the tenant's own

const (
	route = `
kind: ConditionalAccess
id: route
name: Route
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [%s]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: %s}}
`
	session = `
---
kind: SessionPolicy
id: session
name: Session
control: controlFileDownload
activities: {app: {eq: %s}}
action: block
level: strict
unscannable: block
message: No.
nextStep: Read it here.
`
	block = `
---
kind: ConditionalAccess
id: block
name: Block
conditions: {users: {includeUsers: [All]%s}, applications: {includeApplications: [%s]}%s}
grantControls: {builtInControls: [block]}
`
)

// grants makes a Conditional Access policy of its target, further conditions and grant controls.
func grants(target, conditions, controls string) string {
	return fmt.Sprintf("\nkind: ConditionalAccess\nid: grants\nname: Grants\nconditions: {users: {includeUsers: [All]}, applications: {%s}%s}\ngrantControls: {%s}\n", target, conditions, controls)
}

func rule(mode, text string) string {
	return fmt.Sprintf(", devices: {deviceFilter: {mode: %s, rule: '%s'}}", mode, text)
}

func clean() string { return fmt.Sprintf(route+session, "onedrive", "mcasConfigured", "onedrive") }

func swap(text, old, with string) string {
	if !strings.Contains(text, old) {
		panic("the case changes nothing: " + old)
	}
	return strings.Replace(text, old, with, 1)
}

func approved(n int, policyID string, days int) []policy.Exception {
	out := make([]policy.Exception, n)
	for i := range out {
		out[i] = policy.Exception{
			ID: fmt.Sprint("ex-", i), Tenant: "contoso", User: fmt.Sprint("u", i), App: "onedrive", Policy: policyID,
			Reason: "a trip", Requester: "u", Approver: "admin", State: policy.ExceptionApproved, Decided: now.Add(-time.Hour),
			Requested: now.Add(-2 * time.Hour), Expires: now.Add(time.Duration(days) * 24 * time.Hour),
		}
	}
	return out
}

type example struct {
	text  string
	world func(*World)
}

// examples has, for every check, documents in which it finds something and similar ones in which it does not.
// The documents without a finding must be clean for all checks unless more is listed as noise.
var examples = map[string]struct {
	bad, good []example
}{
	"allow_when_unscannable": {
		bad:  []example{{text: swap(clean(), "unscannable: block", "unscannable: allow")}},
		good: []example{{text: swap(swap(clean(), "unscannable: block", "unscannable: allow"), "strict", "standard")}},
	},
	"app_without_instance": {
		bad:  []example{{text: fmt.Sprintf(route, "box", "mcasConfigured")}, {text: fmt.Sprintf(route+session, "All", "mcasConfigured", "box")}},
		good: []example{{text: clean()}, {text: fmt.Sprintf(route, "office365", "mcasConfigured")}, {text: fmt.Sprintf(route, "files", "mcasConfigured")}},
	},
	"block_without_next_step": {
		bad:  []example{{text: swap(clean(), "nextStep: Read it here.\n", "")}, {text: swap(clean(), "message: No.\n", "")}},
		good: []example{{text: clean()}, {text: swap(swap(clean(), "action: block", "action: audit"), "message: No.\n", "")}},
	},
	"break_glass": {
		bad: []example{{text: grants("includeApplications: [All]", "", "builtInControls: [mfa]")}, {text: grants("includeApplications: [All]", "", "builtInControls: [compliantDevice]")}},
		good: []example{
			{text: swap(grants("includeApplications: [All]", "", "builtInControls: [mfa]"), "includeUsers: [All]", "includeUsers: [All], excludeGroups: [Break glass]")},
			{text: grants("includeApplications: [onedrive]", "", "builtInControls: [mfa]")},
			{text: swap(grants("includeApplications: [All]", "", "builtInControls: [mfa]"), "includeUsers: [All]", "includeGroups: [Staff]")},
		},
	},
	"context_without_policy": {
		bad: []example{{text: swap(clean(), "action: block", "action: requireStepUp\nstepUp: {context: c1}")}},
		good: []example{{text: swap(clean(), "action: block", "action: requireStepUp\nstepUp: {context: c1}") + "---" +
			grants("includeAuthenticationContextClassReferences: [c1]", "", "authenticationStrength: {id: phishingResistant}")}},
	},
	"control_without_browser": {
		bad:  []example{{text: swap(fmt.Sprintf(route, "onedrive", "mcasConfigured"), "}}\nsession", "}, clientAppTypes: [mobileAppsAndDesktopClients]}\nsession")}},
		good: []example{{text: swap(fmt.Sprintf(route, "onedrive", "mcasConfigured"), "}}\nsession", "}, clientAppTypes: [browser, mobileAppsAndDesktopClients]}\nsession")}},
	},
	"device_filter_trap": {
		bad: []example{
			{text: grants("includeApplications: [onedrive]", rule("exclude", "device.isCompliant -ne False"), "builtInControls: [block]")},
			{text: grants("includeApplications: [onedrive]", rule("include", "device.isCompliant -eq False"), "builtInControls: [block]")},
			{text: grants("includeApplications: [onedrive]", rule("include", `device.deviceOwnership -eq "Personal" -or device.trustType -eq "AzureAD"`), "builtInControls: [block]")},
		},
		good: []example{
			{text: grants("includeApplications: [onedrive]", rule("exclude", `device.isCompliant -eq True -or device.trustType -eq "ServerAD"`), "builtInControls: [block]")},
			{text: grants("includeApplications: [onedrive]", rule("include", "device.isCompliant -ne True"), "builtInControls: [block]")},
			{text: grants("includeApplications: [onedrive]", rule("include", `device.extensionAttribute1 -eq "SAW"`), "builtInControls: [mfa]")},
		},
	},
	"device_rule_writable": {
		bad:  []example{{text: grants("includeApplications: [onedrive]", rule("exclude", `device.displayName -startsWith "CORP-"`), "builtInControls: [block]")}},
		good: []example{{text: grants("includeApplications: [onedrive]", rule("exclude", `device.displayName -startsWith "CORP-" -and device.isCompliant -eq True`), "builtInControls: [block]")}},
	},
	"duplicate_policy": {
		bad:  []example{{text: clean() + swap(fmt.Sprintf(session, "onedrive"), "id: session", "id: again")}},
		good: []example{{text: clean() + swap(swap(fmt.Sprintf(session, "onedrive"), "id: session", "id: again"), "level: strict", "files: {extension: {eq: pdf}}\nlevel: strict")}},
	},
	"exception_too_long": {
		bad:  []example{{text: clean(), world: func(w *World) { w.Exceptions = approved(1, "session", 31) }}},
		good: []example{{text: clean(), world: func(w *World) { w.Exceptions = approved(1, "session", 30) }}},
	},
	"exception_without_policy": {
		bad: []example{{text: clean(), world: func(w *World) { w.Exceptions = approved(1, "gone", 3) }}},
		good: []example{
			{text: clean(), world: func(w *World) { w.Exceptions = approved(1, "session", 3) }},
			{text: clean(), world: func(w *World) { w.Exceptions = approved(1, "gone", -1) }},
		},
	},
	"flow_not_offered": {
		bad:  []example{{text: grants("includeApplications: [onedrive]", ", authenticationFlows: {transferMethods: deviceCodeFlow}", "builtInControls: [block]")}},
		good: []example{{text: grants("includeApplications: [onedrive]", "", "builtInControls: [block]")}},
	},
	"level_not_stated": {
		bad:  []example{{text: swap(clean(), "level: strict\n", "")}},
		good: []example{{text: clean()}},
	},
	"lockout": {
		bad:  []example{{text: fmt.Sprintf(block, "", "All", "")}},
		good: []example{{text: fmt.Sprintf(block, ", excludeGroups: [Break glass]", "All", "")}, {text: fmt.Sprintf(block, "", "onedrive", "")}},
	},
	"monitor_only_route": {
		bad:  []example{{text: swap(clean(), "mcasConfigured", "monitorOnly")}},
		good: []example{{text: clean()}, {text: swap(clean(), "mcasConfigured", "blockDownloads")}},
	},
	"native_client_open": {
		bad: []example{
			{text: swap(clean(), "[onedrive]}}", "[onedrive]}, clientAppTypes: [browser]}")},
			{text: swap(clean(), "[onedrive]}}", "[onedrive]}, clientAppTypes: [browser]}") + fmt.Sprintf(block, "", "sharepoint", ", clientAppTypes: [mobileAppsAndDesktopClients]")},
		},
		good: []example{
			{text: clean()},
			{text: swap(clean(), "[onedrive]}}", "[onedrive]}, clientAppTypes: [browser]}") + fmt.Sprintf(block, "", "office365", ", clientAppTypes: [mobileAppsAndDesktopClients]")},
			{text: swap(clean(), "[onedrive]}}", "[onedrive]}, clientAppTypes: [browser]}") + "---\nkind: AccessPolicy\nid: native\nname: N\nactivities: {clientApp: {eq: mobileAppsAndDesktopClients}}\naction: block\nmessage: No.\nnextStep: Use a browser.\n"},
		},
	},
	"native_route": {
		bad:  []example{{text: fmt.Sprintf(route+session, "salesforce", "mcasConfigured", "salesforce")}},
		good: []example{{text: clean()}},
	},
	"not_enforced": {
		bad: []example{
			{text: swap(clean(), "action: block", "action: requireStepUp\nstepUp: {context: c1}")},
			{text: swap(clean(), "action: block", "action: protect\nprotect: {label: secret}")},
			{text: swap(clean(), "action: block", "action: block\ninspection: malware")},
			{text: swap(clean(), "action: block", "action: block\nfiles: {fileLabels: {isset: true}}")},
			{text: clean() + "---\nkind: FilePolicy\nid: f\nname: F\nfilters: {}\n"},
		},
		good: []example{{text: clean()}, {
			text:  swap(clean(), "action: block", "action: requireStepUp\nstepUp: {context: c1}"),
			world: func(w *World) { w.Capabilities.StepUp = true },
		}},
	},
	"or_lets_unmanaged_in": {
		bad: []example{{text: grants("includeApplications: [onedrive]", "", "operator: OR, builtInControls: [compliantDevice, mfa]")}},
		good: []example{
			{text: grants("includeApplications: [onedrive]", "", "operator: AND, builtInControls: [compliantDevice, mfa]")},
			{text: grants("includeApplications: [onedrive]", "", "operator: OR, builtInControls: [compliantDevice, domainJoinedDevice]")},
			{text: clean() + "---" + grants("includeApplications: [onedrive]", "", "operator: OR, builtInControls: [compliantDevice, mfa]")},
		},
	},
	"platform_is_a_claim": {
		bad:  []example{{text: grants("includeApplications: [onedrive]", ", platforms: {includePlatforms: [linux]}", "builtInControls: [block]")}},
		good: []example{{text: grants("includeApplications: [onedrive]", ", platforms: {includePlatforms: [all], excludePlatforms: [windows]}", "builtInControls: [block]")}},
	},
	"resource_apps_open": {
		bad: []example{{text: fmt.Sprintf(route+session, "office365", "mcasConfigured", "teams")}},
		good: []example{
			{text: fmt.Sprintf(route+session, "office365", "mcasConfigured", "[teams, sharepoint, onedrive]")},
			{text: fmt.Sprintf(route+session, "office365", "mcasConfigured", "teams") + swap(fmt.Sprintf(session, "[sharepoint, onedrive]"), "id: session", "id: files")},
		},
	},
	"risk_not_claimed": {
		bad: []example{
			{text: grants("includeApplications: [onedrive]", ", signInRiskLevels: [high]", "builtInControls: [mfa]")},
			{text: grants("includeApplications: [onedrive]", ", userRiskLevels: [high]", "builtInControls: [block]")},
		},
		good: []example{{text: grants("includeApplications: [onedrive]", ", signInRiskLevels: [high]", "builtInControls: [mfa]") + "unscannable: allow\n"}},
	},
	"rollout_unread": {
		bad: []example{{text: clean() + "rollout: {then: block}\n", world: func(w *World) {
			w.Rollouts = []policy.RolloutState{{Policy: "session", Phase: policy.PhaseMonitor, Since: now.Add(-8 * 24 * time.Hour)}}
			w.Reads = map[string][]policy.ReportRead{"session": {{At: now.Add(-9 * 24 * time.Hour)}}}
		}}},
		good: []example{{text: clean() + "rollout: {then: block}\n", world: func(w *World) {
			w.Rollouts = []policy.RolloutState{{Policy: "session", Phase: policy.PhaseMonitor, Since: now.Add(-8 * 24 * time.Hour)}}
			w.Reads = map[string][]policy.ReportRead{"session": {{At: now.Add(-time.Hour)}}}
		}}, {text: clean() + "rollout: {then: block}\n", world: func(w *World) {
			w.Rollouts = []policy.RolloutState{{Policy: "session", Phase: policy.PhaseMonitor, Since: now.Add(-6 * 24 * time.Hour)}}
		}}},
	},
	"session_not_routed": {
		bad: []example{
			{text: fmt.Sprintf(session, "onedrive")},
			{text: swap(clean(), "name: Route", "name: Route\nstate: reportOnly")},
			{text: swap(clean(), "name: Route", "name: Route\nstate: disabled")},
			{text: swap(clean(), "[onedrive]", "[office365], excludeApplications: [onedrive]")},
			{text: swap(clean(), "[onedrive]}", "[onedrive]}, clientAppTypes: [mobileAppsAndDesktopClients]")},
			{text: swap(fmt.Sprintf(session, "onedrive"), "{app: {eq: onedrive}}", "{}")},
		},
		good: []example{
			{text: clean()},
			{text: swap(clean(), "[onedrive]", "[All]")},
			{text: swap(clean(), "[onedrive]", "[office365]")},
			{text: swap(clean(), "[onedrive]", "[files]")},
			{text: swap(clean(), "{app: {eq: onedrive}}", "{}")},
		},
	},
	"strength_not_described": {
		bad: []example{{text: grants("includeApplications: [onedrive]", "", "authenticationStrength: {id: "+ownStrength+"}"), world: func(w *World) { w.Strengths = []string{} }}},
		good: []example{
			{text: grants("includeApplications: [onedrive]", "", "authenticationStrength: {id: "+ownStrength+"}"), world: func(w *World) { w.Strengths = []string{ownStrength} }},
			{text: grants("includeApplications: [onedrive]", "", "authenticationStrength: {id: "+ownStrength+"}")},
			{text: grants("includeApplications: [onedrive]", "", "authenticationStrength: {id: phishingResistant}"), world: func(w *World) { w.Strengths = []string{} }},
		},
	},
	"too_many_exceptions": {
		bad:  []example{{text: clean(), world: func(w *World) { w.Exceptions = approved(11, "session", 3) }}},
		good: []example{{text: clean(), world: func(w *World) { w.Exceptions = approved(10, "session", 3) }}},
	},
	"unknown_app": {
		bad: []example{{text: fmt.Sprintf(route, "onedrvie", "mcasConfigured")}, {text: swap(clean(), "app: {eq: onedrive}", "app: {eq: [onedrive, sharepiont]}")}},
		good: []example{
			{text: clean()},
			{text: fmt.Sprintf(route, "files", "mcasConfigured")},
			{text: fmt.Sprintf(route, `"15600"`, "mcasConfigured")},
			{text: fmt.Sprintf(route, "nonsense", "mcasConfigured"), world: func(w *World) { w.Apps, w.Instances = nil, nil }},
		},
	},
	"unknown_group": {
		bad: []example{
			{text: fmt.Sprintf(block, ", excludeGroups: [break glass]", "All", "")},
			{text: swap(clean(), "app: {eq: onedrive}", "app: {eq: onedrive}, user.groups: {eq: Saff}")},
		},
		good: []example{
			{text: fmt.Sprintf(block, ", excludeGroups: [Break glass]", "All", "")},
			{text: fmt.Sprintf(block, ", excludeGroups: [whoever]", "All", ""), world: func(w *World) { w.Groups = nil }},
		},
	},
	"unknown_location": {
		bad:  []example{{text: fmt.Sprintf(block, "", "onedrive", ", locations: {excludeLocations: [Head office]}")}},
		good: []example{{text: fmt.Sprintf(block, "", "onedrive", ", locations: {includeLocations: [All], excludeLocations: [hq, AllTrusted]}")}},
	},
	"unreachable": {
		bad: []example{
			{text: fmt.Sprintf(block, ", excludeUsers: [All]", "onedrive", "")},
			{text: fmt.Sprintf(block, "", "onedrive], excludeApplications: [onedrive", "")},
			{text: fmt.Sprintf(swap(block, "[All]", "[None]"), "", "onedrive", "")},
			{text: swap(clean(), "{app: {eq: onedrive}}", "{all: [{app: {eq: onedrive}}, {user.domain: {eq: a.com}}, {user.domain: {eq: B.com}}]}")},
			{text: swap(clean(), "{app: {eq: onedrive}}", "{app: {eq: onedrive}, user.domain: {eq: a.com, neq: A.com}}")},
			{text: swap(clean(), "level: strict", "level: strict\nfiles: {all: [{extension: {eq: a}}, {extension: {eq: b}}]}")},
		},
		good: []example{
			{text: clean()},
			{text: swap(clean(), "{app: {eq: onedrive}}", "{all: [{app: {eq: onedrive}}, {user.domain: {eq: [a.com, b.com]}}, {user.domain: {eq: B.com}}]}")},
			{text: swap(clean(), "{app: {eq: onedrive}}", "{all: [{app: {eq: onedrive}}, {user.groups: {eq: Staff}}, {user.groups: {eq: Travellers}}]}")},
		},
	},
	"unscannable_not_stated": {
		bad:  []example{{text: swap(clean(), "unscannable: block\n", "")}},
		good: []example{{text: clean()}},
	},
}

func run(t *testing.T, e example) []Finding {
	t.Helper()
	docs, problems := policy.Decode("", []byte(e.text))
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, e.text)
	}
	w := world()
	if e.world != nil {
		e.world(&w)
	}
	return Run(docs, w)
}

func TestEveryCheckFindsAndLetsPass(t *testing.T) {
	t.Parallel()
	for _, c := range Checks() {
		t.Run(c.Code, func(t *testing.T) {
			t.Parallel()
			cases := examples[c.Code]
			if len(cases.bad) == 0 || len(cases.good) == 0 {
				t.Fatal("a check needs an example that it finds and one that it lets pass")
			}
			for _, e := range cases.bad {
				found := run(t, e)
				i := slices.IndexFunc(found, func(f Finding) bool { return f.Code == c.Code })
				if i < 0 {
					t.Errorf("nothing found in\n%s\nbut %v", e.text, found)
					continue
				}
				if f := found[i]; f.Reason == "" || f.Fix == "" || f.Severity != c.Severity || f.Document != "" && f.Pos.Line == 0 {
					t.Errorf("the finding is not complete: %+v", f)
				}
			}
			for _, e := range cases.good {
				for _, f := range run(t, e) {
					if f.Code == c.Code {
						t.Errorf("found %s in\n%s", f, e.text)
					}
				}
			}
		})
	}
	for code := range examples {
		if !slices.ContainsFunc(Checks(), func(c Check) bool { return c.Code == code }) {
			t.Errorf("examples for %q, which is no check", code)
		}
	}
}

// TestEachCheckHasItsFile keeps the rule that file name, code and all.go agree.
func TestEachCheckHasItsFile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	inFiles := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(f, "_test.go") && strings.Contains(string(text), "= Check{") {
			inFiles[strings.TrimSuffix(f, ".go")] = true
		}
	}
	var last string
	for _, c := range Checks() {
		if !inFiles[c.Code] {
			t.Errorf("there is no file %s.go", c.Code)
		}
		if c.Code <= last || c.Doc == "" {
			t.Errorf("%s is out of order, doubled or has no doc", c.Code)
		}
		delete(inFiles, c.Code)
		last = c.Code
	}
	for f := range inFiles {
		t.Errorf("%s.go is not in all.go", f)
	}
}

func TestCleanIsClean(t *testing.T) {
	t.Parallel()
	if found := run(t, example{text: clean()}); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
