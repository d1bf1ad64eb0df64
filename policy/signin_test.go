package policy_test

import (
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// TestBlockedForGoodIsNotSentToABrowser: an access policy that blocks outweighs Conditional Access's session control,
// and nobody is told that a browser would get further.
func TestBlockedForGoodIsNotSentToABrowser(t *testing.T) {
	t.Parallel()
	const route = "kind: ConditionalAccess\nid: route\nname: Route\nconditions:\n  users: {includeUsers: [All]}\n  applications: {includeApplications: [All]}\n" +
		"sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}\n"
	for _, c := range []struct {
		name, access, by string
		client           model.ClientApp
		gate             policy.Gate
		useBrowser       bool
		control          string
	}{
		{"native, blocked by an access policy", "action: block", "stop", model.ClientNative, policy.GateBlock, false, ""},
		{"native, sent to the browser by an access policy", "action: useBrowser", "stop", model.ClientNative, policy.GateBlock, true, ""},
		{"native, only routed", "action: audit", "route", model.ClientNative, policy.GateBlock, true, ""},
		{"browser, blocked by an access policy", "action: block\nmessage: no", "stop", model.ClientBrowser, policy.GateBlock, false, ""},
		{"browser, only routed", "action: audit", "", model.ClientBrowser, policy.GateAllow, false, "mcasConfigured"},
	} {
		filter := "activities: {app: {eq: box}}\n"
		if c.useBrowser && c.by == "stop" {
			filter = "activities: {app: {eq: box}, clientApp: {eq: native}}\n"
		}
		docs, problems := policy.Decode("", []byte(route+"---\nkind: AccessPolicy\nid: stop\nname: Stop\n"+filter+c.access+"\n"))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		book, problems := policy.Compile(docs, policy.Options{})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		in := policy.Input{ClientApp: c.client, App: model.AppRef{Key: "box"}, User: model.User{ID: "u"}}
		var v policy.Verdict
		book.DecideSignIn(&in, &v)
		by := ""
		if v.Blocker != nil {
			by = v.Blocker.ID
		}
		if v.Gate != c.gate || by != c.by || v.UseBrowser != c.useBrowser || v.Control != c.control || v.Duties.Has(policy.DutyRoute) != (c.control != "") {
			t.Errorf("%s: %s by %q, use a browser %t, control %q, duties %b", c.name, v.Gate, by, v.UseBrowser, v.Control, v.Duties)
		}
	}
}

// TestWhatIfAndWhySayWhatTheGateDoes: a user action is no sign-in to an app, and a native client's block is explained.
func TestWhatIfAndWhySayWhatTheGateDoes(t *testing.T) {
	t.Parallel()
	docs, problems := policy.Decode("", []byte(`
kind: ConditionalAccess
id: route
name: Route
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
---
kind: AccessPolicy
id: stop
name: Stop
activities: {user.username: {neq: x@contoso.com}, app: {neq: box}}
action: block
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	action := policy.Input{Stage: policy.StageSignIn, UserAction: policy.ActionRegisterSecurityInfo, ClientApp: model.ClientBrowser, User: model.User{ID: "u", Username: "u@contoso.com"}}
	var v policy.Verdict
	book.Decide(&action, &v)
	if w := book.WhatIf(&action); w.Gate != v.Gate.String() || w.Gate != "allow" {
		t.Errorf("a user action is %s, and what-if says %s by %s", v.Gate, w.Gate, w.By)
	}
	native := policy.Input{Stage: policy.StageAccess, App: model.AppRef{Key: "box"}, ClientApp: model.ClientNative, User: model.User{ID: "u"}}
	e := book.Why(&native)
	if e.Gate != policy.GateBlock || e.Blocker == nil || e.Blocker.ID != "route" || !e.UseBrowser || len(e.Policies) != 2 || native.Stage != e.Stage {
		t.Errorf("a program that is no browser: %+v", e)
	}
}
