package enrich

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/model"
)

// BenchmarkNetwork looks up random addresses in the real tables, for a tenant with ranges.
func BenchmarkNetwork(b *testing.B) {
	tables, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	if len(tables.Missing()) > 0 {
		prereqtest.Missing(b, "an address table", "run make data")
	}
	own := book(b)
	e := New(tables, Options{Books: func(model.TenantID) *Book { return own }})
	rnd := rand.New(rand.NewPCG(1, 2))
	v4, v6 := make([]netip.Addr, 4096), make([]netip.Addr, 4096)
	for i := range v4 {
		r := rnd.Uint64()
		v4[i] = netip.AddrFrom4([4]byte{byte(r), byte(r >> 8), byte(r >> 16), byte(r >> 24)})
		v6[i] = netip.AddrFrom16([16]byte{0x2a, byte(r) & 0x1f, byte(r >> 8), byte(r >> 16), byte(r >> 24), byte(r >> 32), 9: 1})
	}
	for name, addrs := range map[string][]netip.Addr{"IPv4": v4, "IPv6": v6} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.Network("acme", addrs[i%len(addrs)])
			}
		})
	}
}

func BenchmarkAgent(b *testing.B) {
	const raw = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
	e := New(nil, Options{})
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.Agent(raw)
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseAgent(raw, &e.floors)
		}
	})
}

// BenchmarkLoad is part of the start of every process that enriches.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
