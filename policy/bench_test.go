package policy_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/policytest"
)

// thousand makes 1,000 download policies over 100 apps, so that 10 are candidates for any one of them.
func thousand(tb testing.TB) *policy.Book {
	tb.Helper()
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
  location.country: {neq: [XA, XB, XC]}
  user.groups: {neq: [admins, break glass]}
  ip.address: {neq: 10.0.0.0/8}
files:
  extension: {eq: [docx, xlsx, pptx, pdf]}
action: %s
level: strict
`, i, i, i%100, i, []string{"audit", "block"}[i%200/199])
	}
	docs, problems := policy.Decode("", []byte(text.String()))
	if err := problems.Err(); err != nil {
		tb.Fatal(err)
	}
	book, problems := policy.Compile(docs, policy.Options{Tenant: "contoso"})
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
			"staff", "sales", "directors", "all employees", "copenhagen"}},
		DeviceState: filter.Known,
		Network:     model.Network{Address: netip.MustParseAddr("198.51.100.7"), Country: "DK", ISP: "Example Net"},
		Agent:       model.Agent{DeviceType: model.DevicePC, Browser: "Firefox"},
		Activity:    model.ActivityDownload, Navigation: true,
		File: model.File{Name: "Budget 2027.XLSX", Size: 48_211, MIME: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	}
}

// BenchmarkDecide1000 decides with 1,000 policies of which 10 are candidates and match.
func BenchmarkDecide1000(b *testing.B) {
	book, in := thousand(b), request("app99")
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
	book, in := thousand(b), request("app99")
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

func BenchmarkExplain1000(b *testing.B) {
	book, in := thousand(b), request("app99")
	b.ReportAllocs()
	for b.Loop() {
		book.Explain(in)
	}
}

func BenchmarkCompile1000(b *testing.B) {
	var docs []*policy.Document
	for _, p := range thousand(b).Policies() {
		docs = append(docs, p.Document)
	}
	for b.Loop() {
		if _, problems := policy.Compile(docs, policy.Options{Tenant: "contoso"}); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

// TestDecideDoesNotAllocate covers a decided and an open verdict, an exception and a name in capitals.
func TestDecideDoesNotAllocate(t *testing.T) {
	book := thousand(t)
	for name, change := range map[string]func(*policy.Input){
		"block":    func(*policy.Input) {},
		"no match": func(in *policy.Input) { in.App.Key = "app500" },
		"open":     func(in *policy.Input) { in.DeviceState = filter.Unknown },
		"open geo": func(in *policy.Input) { in.Network.Country, in.GeoState = "", filter.Unknown },
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
