package policy_test

import (
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

// openDocs are the policies of TestOpenSignIn by name.
var openDocs = map[string]string{
	"report": `
kind: ConditionalAccess
id: report
name: Report unmanaged
state: reportOnly
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}
grantControls: {builtInControls: [block]}
`,
	"watch": `
kind: ConditionalAccess
id: watch
name: Report all
state: reportOnly
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
grantControls: {builtInControls: [block]}
`,
	"route": `
kind: ConditionalAccess
id: route
name: Route unmanaged
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
  devices: {deviceFilter: {mode: include, tags: [unmanaged]}}
sessionControls: {cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`,
	"stop":     "kind: AccessPolicy\nid: stop\nname: Stop\nactivities: {app: {eq: box}}\naction: block\n",
	"log":      "kind: AccessPolicy\nid: log\nname: Log\nactivities: {app: {eq: box}}\naction: audit\n",
	"abroad":   "kind: AccessPolicy\nid: abroad\nname: Abroad\nactivities: {app: {eq: box}, location.country: {neq: DK}}\naction: block\n",
	"unproven": "kind: AccessPolicy\nid: unproven\nname: Unproven\nactivities: {app: {eq: box}, device.tags: {neq: compliant}}\naction: block\n",
	"mfa": `
kind: ConditionalAccess
id: mfa
name: Compliant or a second factor
conditions:
  users: {includeUsers: [All]}
  applications: {includeApplications: [box]}
grantControls: {operator: OR, builtInControls: [compliantDevice, mfa]}
`,
}

// TestOpenSignIn: as long as Conditional Access lacks a fact, access policies have their say all the same: whoever can't
// fetch it goes by the gate.
func TestOpenSignIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		docs  []string
		facts string
		want  string
		stage policy.Stage
	}{
		{"report-only alone", []string{"report"}, "device=?", "open,allow needs=deviceProof within=30s", policy.StageSignIn},
		{"an access policy blocks", []string{"report", "stop"}, "device=?", "block by=stop duties=audit", policy.StageAccess},
		{"what only reports is told with the block", []string{"report", "watch", "stop"}, "device=?", "block by=stop duties=audit monitored=watch", policy.StageAccess},
		{"an access policy logs", []string{"report", "log"}, "device=?", "open,allow by=log duties=audit needs=deviceProof within=30s", policy.StageSignIn},
		{"both lack a fact", []string{"route", "abroad"}, "device=? country=?", "open,block by=abroad needs=network,deviceProof within=30s", policy.StageAccess},
		{"both lack the same fact", []string{"report", "unproven"}, "device=?", "open,block by=unproven needs=deviceProof within=30s", policy.StageAccess},
		{"undecided session control", []string{"route", "log"}, "device=?", "open,allow by=log duties=audit,route control=mcasConfigured needs=deviceProof within=30s", policy.StageSignIn},
		{"undecided session control and a block", []string{"route", "stop"}, "device=?", "block by=stop duties=audit", policy.StageAccess},
		{"undecided session control of a native client", []string{"route", "log"}, "device=? native", "open,block by=log duties=audit needs=deviceProof within=30s", policy.StageSignIn},
		{"a step-up that a device may spare", []string{"mfa", "log"}, "device=?", "open,requireStepUp by=log,mfa duties=audit steps=mfa needs=deviceProof within=30s", policy.StageSignIn},
		{"decided, and the access policy lacks a fact", []string{"mfa", "abroad"}, "device=compliant country=?", "open,block by=abroad,mfa needs=network within=30s", policy.StageAccess},
	} {
		book := bookOf(t, c.docs...)
		in, err := policytest.Input("signin app=box " + c.facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		book.DecideSignIn(in, &v)
		if got := policytest.Describe(&v); got != c.want || in.Stage != c.stage {
			t.Errorf("%s: %s at stage %d, want %s at %d", c.name, got, in.Stage, c.want, c.stage)
		}
		if w := book.WhatIf(in); w.Gate != v.Gate.String() || len(w.Needs) != len(v.Needs) || len(w.Policies) != len(c.docs) {
			t.Errorf("%s: what-if says %s, needs %v, of %d policies", c.name, w.Gate, w.Needs, len(w.Policies))
		}
	}
}

func bookOf(t *testing.T, names ...string) *policy.Book {
	t.Helper()
	var docs []*policy.Document
	for _, name := range names {
		more, problems := policy.Decode(name, []byte(openDocs[name]))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		docs = append(docs, more...)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{StepUp: true}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return book
}

// TestAnOpenVerdictIsFilledInLater: what is asked for decides as if it had been known from the start.
func TestAnOpenVerdictIsFilledInLater(t *testing.T) {
	t.Parallel()
	book := bookOf(t, "route", "abroad", "log")
	in, err := policytest.Input("signin app=box device=? country=?")
	if err != nil {
		t.Fatal(err)
	}
	var v policy.Verdict
	book.DecideSignIn(in, &v)
	for _, n := range v.Needs {
		switch n.Kind {
		case model.NeedDeviceProof:
			in.DeviceState, in.Device = filter.Known, []model.DeviceTag{model.TagUnmanaged}
		case model.NeedNetwork:
			in.GeoState, in.Network.Country = filter.Known, "DK"
		}
	}
	book.DecideSignIn(in, &v)
	if got := policytest.Describe(&v); got != "allow by=log,route duties=audit,route control=mcasConfigured" {
		t.Error(got)
	}
}

// TestOpenSignInDoesNotAllocate: nor does one whose stages lack different facts.
func TestOpenSignInDoesNotAllocate(t *testing.T) {
	book := bookOf(t, "route", "report", "watch", "abroad", "log")
	for _, facts := range []string{"device=? country=?", "device=? country=DK", "device=unmanaged country=?", "device=none country=US"} {
		in, err := policytest.Input("signin app=box " + facts)
		if err != nil {
			t.Fatal(err)
		}
		var v policy.Verdict
		if n := testing.AllocsPerRun(100, func() { book.DecideSignIn(in, &v) }); n != 0 {
			t.Errorf("%s: %v allocations a decision, want none", facts, n)
		}
	}
}
