package filter

import (
	"net/netip"
	"testing"
)

const sevenTerms = `{
	"app": {"eq": ["onedrive", "sharepoint", "exchange"]},
	"phase": {"eq": ["block", "monitor"]},
	"user.name": {"eq": ["anna.berg@contoso.com", "Ola.Nordmann@contoso.com"], "endswith": "@contoso.com"},
	"tags": {"neq": "compliant"},
	"count": {"gt": 10},
	"ip.address": {"neq": "10.0.0.0/8"}
}`

func benchRow() *row {
	return &row{name: "ola.nordmann@contoso.com", app: "sharepoint", phase: "block", tags: []string{"unmanaged", "remote"},
		count: 42, when: testNow, addr: netip.MustParseAddr("203.0.113.7")}
}

func BenchmarkEvalSevenTerms(b *testing.B) {
	_, p, err := testSchema.ReadJSON([]byte(sevenTerms))
	if err != nil {
		b.Fatal(err)
	}
	r := benchRow()
	b.ReportAllocs()
	for b.Loop() {
		if p.Eval(r, testNow) != True {
			b.Fatal("not true")
		}
	}
}

func BenchmarkParseAndCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := testSchema.ReadJSON([]byte(sevenTerms)); err != nil {
			b.Fatal(err)
		}
	}
}
