package filter

import (
	"net/netip"
	"slices"
	"testing"
)

const sevenTerms = `{
	"app": {"eq": ["onedrive", "sharepoint", "exchange"]},
	"phase": {"eq": ["block", "monitor"]},
	"user.name": {"eq": ["anna.berg@contoso.com", "Ola.Nordmann@contoso.com", "Ole.Næss@contoso.com"], "endswith": "@contoso.com"},
	"tags": {"neq": "compliant"},
	"count": {"gt": 10},
	"ip.address": {"neq": "10.0.0.0/8"}
}`

func benchRow() *row {
	return &row{
		name: "ola.nordmann@contoso.com", app: "sharepoint", phase: "block", tags: []string{"unmanaged", "remote"},
		count: 42, when: testNow, addr: netip.MustParseAddr("203.0.113.7"),
	}
}

// plainSchema has the accessors that real entities have, without the states that tests set.
var plainSchema = func() *Schema[row] {
	fields := slices.Clone(testFields)
	for i := range fields {
		f := &fields[i]
		switch f.Name {
		case "user.name":
			f.Text = func(r *row) (string, State) { return r.name, Known }
		case "app":
			f.Text = func(r *row) (string, State) { return r.app, Known }
		case "phase":
			f.Text = func(r *row) (string, State) { return r.phase, Known }
		case "tags":
			f.Count = func(r *row) (int, State) { return len(r.tags), Known }
		case "count":
			f.Number = func(r *row) (int64, State) { return r.count, Known }
		case "ip.address":
			f.Addr = func(r *row) (netip.Addr, State) { return r.addr, Known }
		}
	}
	return MustSchema("row", fields)
}()

func BenchmarkEvalSevenTerms(b *testing.B) {
	for name, who := range map[string]string{"lower": "ola.nordmann@contoso.com", "mixed": "Ola.Nordmann@contoso.com", "beyond": "ole.næss@contoso.com"} {
		b.Run(name, func(b *testing.B) {
			_, p, err := plainSchema.ReadJSON([]byte(sevenTerms))
			if err != nil {
				b.Fatal(err)
			}
			r := benchRow()
			r.name = who
			b.ReportAllocs()
			for b.Loop() {
				if p.Eval(r, testNow) != True {
					b.Fatal("not true")
				}
			}
		})
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
