package policy_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

// thousand makes 1,000 download policies over 100 apps, so that 10 are candidates for any one of them. Policies of
// a tenant repeat each other, as these do; with distinct set, no two have a condition in common.
func thousand(tb testing.TB, distinct bool) *policy.Book {
	tb.Helper()
	own := func(i int) string {
		if distinct {
			return fmt.Sprintf(", x%d", i)
		}
		return ""
	}
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `---
kind: SessionPolicy
id: p%d
name: Policy %d
control: controlFileDownload
activities:
  app: {eq: [app%d]}
  device.tags: {eq: unmanaged}
  user.domain: {neq: example%d.com}
  location.country: {neq: [XA, XB, XC%s]}
  user.groups: {neq: [admins, break glass%s]}
  ip.address: {neq: 10.0.0.0/8}
files:
  extension: {eq: [docx, xlsx, pptx, pdf%s]}
action: %s
level: strict
`, i, i, i%100, i, own(i), own(i), own(i), []string{"audit", "block"}[i%200/199])
	}
	docs, problems := policy.Decode("", []byte(text.String()))
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true}, Exceptions: []policy.Exception{{
		ID: "ex", User: "ole@contoso.com",
		App: "app99", Policy: "p999", State: policy.ExceptionApproved, Expires: policytest.Now.Add(time.Hour),
	}}})
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	return book
}

func request(app string) *policy.Input {
	return &policy.Input{
		Now: policytest.Now, Tenant: "contoso", Stage: policy.StageActivity, Control: "mcasConfigured",
		App:       model.AppRef{ID: 15600, Key: app, Instance: "files"},
		ClientApp: model.ClientBrowser,
		User: model.User{ID: "8d5e", Username: "Anna.Berg@contoso.com", Groups: []model.GroupID{
			"staff", "sales", "directors", "all employees", "copenhagen",
		}},
		DeviceState: filter.Known,
		Network:     model.Network{Address: netip.MustParseAddr("198.51.100.7"), Country: "DK", ISP: "Example Net"},
		Agent:       model.Agent{DeviceType: model.DevicePC, Browser: "Firefox"},
		Activity:    model.ActivityDownload, Navigation: true,
		File: model.File{Name: "Budget 2027.XLSX", Size: 48_211, MIME: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	}
}

// BenchmarkDecide1000 decides with 1,000 policies of which 10 are candidates and match.
func BenchmarkDecide1000(b *testing.B) {
	book, in := thousand(b, false), request("app99")
	var v policy.Verdict
	b.ReportAllocs()
	for b.Loop() {
		book.Decide(in, &v)
	}
	if v.N != 8 || v.Gate != policy.GateBlock {
		b.Fatalf("%d policies decided, gate %s", v.N, v.Gate)
	}
}

// BenchmarkDecide1000Distinct is the same with policies that have next to nothing in common.
func BenchmarkDecide1000Distinct(b *testing.B) {
	book, in := thousand(b, true), request("app99")
	var v policy.Verdict
	b.ReportAllocs()
	for b.Loop() {
		book.Decide(in, &v)
	}
	if v.N != 8 || v.Gate != policy.GateBlock {
		b.Fatalf("%d policies decided, gate %s", v.N, v.Gate)
	}
}

// BenchmarkDecide1000Open is the same request while nobody has asked the device for proof.
func BenchmarkDecide1000Open(b *testing.B) {
	book, in := thousand(b, false), request("app99")
	in.DeviceState = filter.Unknown
	var v policy.Verdict
	b.ReportAllocs()
	for b.Loop() {
		book.Decide(in, &v)
	}
	if !v.Open() {
		b.Fatal("the verdict is not open")
	}
}

// thousandAccess makes 1,000 Conditional Access policies over 100 apps, with conditions of every kind.
func thousandAccess(tb testing.TB) *policy.Book {
	tb.Helper()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `---
kind: ConditionalAccess
id: p%d
name: Policy %d
conditions:
  users: {includeUsers: [All], excludeGroups: [admins, break glass], excludeRoles: [r%d]}
  applications: {includeApplications: [app%d]}
  signInRiskLevels: [medium, high]
  platforms: {includePlatforms: [all], excludePlatforms: [linux]}
  clientAppTypes: [browser]
  locations: {includeLocations: [All], excludeLocations: [AllTrusted], excludeCountries: [XA, XB]}
  devices: {deviceFilter: {mode: exclude, rule: 'device.isCompliant -eq True -or device.model -contains "SAW"'}}
grantControls: {operator: OR, builtInControls: [mfa, domainJoinedDevice]}
sessionControls: {signInFrequency: {value: 1, type: days}, cloudAppSecurity: {cloudAppSecurityType: mcasConfigured}}
`, i, i, i, i%100)
	}
	docs, problems := policy.Decode("", []byte(text.String()))
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{StepUp: true}})
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	return book
}

func signIn(app string) *policy.Input {
	in := request(app)
	in.Stage, in.Activity, in.Agent.OS = policy.StageSignIn, "", "Windows"
	in.Auth = &model.Authentication{Time: in.Now.Add(-48 * time.Hour), SignInRisk: model.RiskHigh}
	in.DeviceFacts = &model.DeviceFacts{Model: model.FactOf("Surface")}
	return in
}

// BenchmarkSignIn1000 decides a sign-in with 1,000 Conditional Access policies of which 10 are candidates and match.
func BenchmarkSignIn1000(b *testing.B) {
	book, in := thousandAccess(b), signIn("app99")
	var v policy.Verdict
	b.ReportAllocs()
	for b.Loop() {
		book.Decide(in, &v)
	}
	if v.N != 8 || v.Gate != policy.GateStepUp || len(v.Steps) != 2 {
		b.Fatalf("%d policies decided, gate %s, steps %v", v.N, v.Gate, v.Steps)
	}
}

// TestSignInDoesNotAllocate covers granted, asking, blocked by nothing, and open verdicts of Conditional Access.
func TestSignInDoesNotAllocate(t *testing.T) {
	book := thousandAccess(t)
	for name, change := range map[string]func(*policy.Input){
		"step-up":    func(*policy.Input) {},
		"no match":   func(in *policy.Input) { in.App.Key = "app500" },
		"no claims":  func(in *policy.Input) { in.Auth = nil },
		"done":       func(in *policy.Input) { in.Auth = &model.Authentication{Time: in.Now, AMR: []string{"mfa"}} },
		"open":       func(in *policy.Input) { in.DeviceState = filter.Unknown },
		"no answer":  func(in *policy.Input) { in.DeviceState = filter.Unobtainable },
		"compliant":  func(in *policy.Input) { in.Device = []model.DeviceTag{model.TagIntuneCompliant} },
		"long model": func(in *policy.Input) { in.DeviceFacts = &model.DeviceFacts{Model: model.FactOf("x SAW Æ")} },
	} {
		in := signIn("app99")
		change(in)
		var v policy.Verdict
		if n := testing.AllocsPerRun(100, func() { book.Decide(in, &v) }); n != 0 {
			t.Errorf("%s: %v allocations a decision, want none", name, n)
		}
	}
}

func BenchmarkExplain1000(b *testing.B) {
	book, in := thousand(b, false), request("app99")
	b.ReportAllocs()
	for b.Loop() {
		book.Explain(in)
	}
}

func BenchmarkCompile1000(b *testing.B) {
	var docs []*policy.Document
	for _, p := range thousand(b, false).Policies() {
		docs = append(docs, p.Document)
	}
	for b.Loop() {
		if _, problems := policy.Compile(docs, policy.Options{Tenant: "contoso", Capabilities: policy.Capabilities{Labels: true}}); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

// TestDecideDoesNotAllocate covers a decided and an open verdict, an exception and a name in capitals.
func TestDecideDoesNotAllocate(t *testing.T) {
	book := thousand(t, false)
	for name, change := range map[string]func(*policy.Input){
		"block":    func(*policy.Input) {},
		"no match": func(in *policy.Input) { in.App.Key = "app500" },
		"open":     func(in *policy.Input) { in.DeviceState = filter.Unknown },
		"open geo": func(in *policy.Input) { in.Network.Country, in.GeoState = "", filter.Unknown },
		"excepted": func(in *policy.Input) { in.User.Username = "Ole@contoso.com" },
		"managed":  func(in *policy.Input) { in.Device = []model.DeviceTag{model.TagValidClientCertificate} },
	} {
		in := request("app99")
		change(in)
		var v policy.Verdict
		if n := testing.AllocsPerRun(100, func() { book.Decide(in, &v) }); n != 0 {
			t.Errorf("%s: %v allocations a decision, want none", name, n)
		}
	}
}
