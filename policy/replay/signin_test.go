package replay

import (
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

const routeText = `
kind: ConditionalAccess
id: route
name: Through the gateway
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [sharepoint]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`

// TestSignInsAreReplayedAsTheGateDecidesThem: a program that is no browser is stopped where a policy asks for the
// gateway, and access policies have their say.
func TestSignInsAreReplayedAsTheGateDecidesThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		draft, facts, by string // by "": nothing changes
	}{
		"native, routed":           {routeText, "signin app=sharepoint native", "route"},
		"browser, routed":          {routeText, "signin app=sharepoint", ""},
		"access policy":            {"kind: AccessPolicy\nid: stop\nname: Stop\nactivities: {app: {eq: box}}\naction: block\n", "signin app=box", "stop"},
		"access policy, other app": {"kind: AccessPolicy\nid: stop\nname: Stop\nactivities: {app: {eq: box}}\naction: block\n", "signin app=sharepoint", ""},
		"access policies aren't asked about a user action": {
			"kind: AccessPolicy\nid: stop\nname: Stop\nactivities: {user.username: {neq: x@contoso.com}}\naction: block\n", "signin action=urn:user:registersecurityinfo", "",
		},
		"user action": {
			"kind: ConditionalAccess\nid: register\nname: Register\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeUserActions: [\"urn:user:registersecurityinfo\"]}\n" +
				"grantControls: {builtInControls: [block]}\n", "signin action=urn:user:registersecurityinfo", "register",
		},
		"authentication context": {
			"kind: ConditionalAccess\nid: context\nname: Context\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeAuthenticationContextClassReferences: [c1]}\n" +
				"grantControls: {builtInControls: [block]}\n", "signin app=box context=c1", "context",
		},
	} {
		got, err := Run(book(t, c.draft), book(t, ""), each(recorded(t, "1", c.facts)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		by := ""
		if len(got.Changes) > 0 {
			by = got.Changes[0].By
		}
		if by != c.by || got.Stricter != map[bool]int{true: 1}[c.by != ""] {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestDeviceAttributesAreRemembered: without them a policy about a model would not be explained, or replayed.
func TestDeviceAttributesAreRemembered(t *testing.T) {
	t.Parallel()
	b := book(t, "kind: ConditionalAccess\nid: surface\nname: Surface\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [All]}\n"+
		"  devices: {deviceFilter: {mode: include, rule: 'device.model -eq \"Surface\" -or device.physicalIds -contains \"[OrderId]:7\"'}}\n"+
		"unscannable: allow\ngrantControls: {builtInControls: [block]}\n")
	for name, set := range map[string]func(*model.DeviceFacts){
		"a text": func(d *model.DeviceFacts) { d.Model = model.FactOf("Surface") },
		"a list": func(d *model.DeviceFacts) {
			d.Model, d.PhysicalIDs = model.FactOf("x"), model.FactOf([]string{"[OrderId]:7"})
		},
		"no values": func(d *model.DeviceFacts) {
			d.Model, d.PhysicalIDs = model.NoValue[string](), model.NoValue[[]string]()
		},
		"unknown": func(*model.DeviceFacts) {},
	} {
		in, err := policytest.Input("signin app=box device=compliant")
		if err != nil {
			t.Fatal(err)
		}
		in.DeviceFacts = &model.DeviceFacts{}
		set(in.DeviceFacts)
		var then, now policy.Verdict
		b.Settle(in, &then)
		a := stored(t, "1", in)
		in.DeviceFacts.Model = model.FactOf("changed since")
		var again policy.Input
		if !Input(&a, &again, nil) {
			t.Fatal("not replayed")
		}
		b.Settle(&again, &now)
		if got, want := policytest.Describe(&now), policytest.Describe(&then); got != want {
			t.Errorf("%s: decided %s, replayed %s", name, want, got)
		}
	}
}
