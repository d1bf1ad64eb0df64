package rangetable

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func build(t testing.TB, ranges ...[3]string) *Table {
	t.Helper()
	var b Builder
	for _, r := range ranges {
		if err := b.Add(netip.MustParseAddr(r[0]), netip.MustParseAddr(r[1]), Value{Name: r[2]}); err != nil {
			t.Fatal(err)
		}
	}
	table := b.Build()
	return table
}

func TestLookup(t *testing.T) {
	t.Parallel()
	built := build(t,
		[3]string{"255.255.255.0", "255.255.255.255", "last"},
		[3]string{"0.0.0.0", "0.0.0.255", "first"},
		[3]string{"1.0.0.0", "1.0.0.255", "a"},
		[3]string{"1.0.1.0", "1.0.1.255", "a"},
		[3]string{"1.0.2.0", "1.4.0.0", "b"},
		[3]string{"2001:db8::", "2001:db8::ffff", "six"},
		[3]string{"2001:db8:0:1::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "rest"},
	)
	var file bytes.Buffer
	if _, err := built.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	read, err := Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if v4, v6 := read.Len(); v4 != 6 || v6 != 3 {
		t.Errorf("positions: %d and %d, want 6 (neighbours of one value joined) and 3", v4, v6)
	}
	cases := map[string]string{
		"0.0.0.0": "first", "0.0.0.255": "first", "0.0.1.0": "",
		"0.255.255.255": "", "1.0.0.0": "a", "1.0.1.255": "a", "1.0.2.0": "b", "1.3.7.7": "b", "1.4.0.0": "b", "1.4.0.1": "",
		"255.255.254.255": "", "255.255.255.255": "last", "::ffff:1.0.0.9": "a",
		"::": "", "2001:db7:ffff::": "", "2001:db8::": "six", "2001:db8::ffff": "six", "2001:db8::1:0": "",
		"2001:db8:0:1::": "rest", "fe80::1%eth0": "rest",
	}
	for addr, want := range cases {
		for name, table := range map[string]*Table{"built": built, "read": read} {
			got, ok := table.Lookup(netip.MustParseAddr(addr))
			if got.Name != want || ok != (want != "") {
				t.Errorf("%s, %s: %q (%v), want %q", name, addr, got.Name, ok, want)
			}
		}
	}
	if _, ok := read.Lookup(netip.Addr{}); ok {
		t.Error("the address that is none was found")
	}
	if _, ok := (&Table{}).Lookup(netip.MustParseAddr("1.1.1.1")); ok {
		t.Error("the empty table knew something")
	}
}

// TestLookupAgainstScan compares with a plain scan over the ranges.
func TestLookupAgainstScan(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	type flat struct {
		from, to uint32
		v        Value
	}
	var ranges []flat
	var b Builder
	for range 3000 { // many of them overlap
		at := rnd.Uint32N(1 << 31)
		to := at + rnd.Uint32N(1<<(10+rnd.Uint32N(16)))
		v := Value{Number: 1 + rnd.Uint32N(5), Name: "n"}
		ranges = append(ranges, flat{at, to, v})
		if err := b.Add(four(at), four(to), v); err != nil {
			t.Fatal(err)
		}
	}
	if b.Overlaps() == 0 {
		t.Fatal("no ranges overlap")
	}
	table := b.Build()
	probe := func(key uint32) {
		var best flat
		for _, r := range ranges {
			if r.from <= key && key <= r.to &&
				(best.v == Value{} || r.to-r.from < best.to-best.from || r.to-r.from == best.to-best.from && r.from >= best.from) {
				best = r
			}
		}
		want := best.v
		if got, _ := table.Lookup(four(key)); got != want {
			t.Fatalf("%s: %v, want %v", four(key), got, want)
		}
	}
	for range 2000 {
		probe(rnd.Uint32N(1 << 31))
	}
	for _, r := range ranges {
		probe(r.from)
		probe(r.to)
		probe(r.to + 1)
	}
}

func four(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func TestBuilderRefuses(t *testing.T) {
	t.Parallel()
	a, b, six := netip.MustParseAddr("10.0.0.0"), netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("::1")
	var table Builder
	for name, err := range map[string]error{
		"out of order":  table.Add(b, a, Value{Name: "x"}),
		"two families":  table.Add(a, six, Value{Name: "x"}),
		"no value":      table.Add(a, b, Value{}),
		"not addresses": table.Add(netip.Addr{}, netip.Addr{}, Value{Name: "x"}),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestNarrowerWins(t *testing.T) {
	t.Parallel()
	table := build(t,
		[3]string{"10.0.0.0", "10.0.0.255", "wide"},
		[3]string{"10.0.0.16", "10.0.0.31", "inside"},
		[3]string{"10.0.0.20", "10.0.0.20", "one"},
		[3]string{"10.0.0.200", "10.0.1.199", "beyond"}, // as wide as wide, begins later
		[3]string{"10.0.3.0", "10.0.3.9", "before"},
		[3]string{"10.0.3.0", "10.0.3.9", "after"},
		[3]string{"ffff::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "end"},
		[3]string{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "tip"},
	)
	for addr, want := range map[string]string{
		"10.0.0.15": "wide", "10.0.0.16": "inside", "10.0.0.20": "one", "10.0.0.21": "inside", "10.0.0.31": "inside",
		"10.0.0.32": "wide", "10.0.0.199": "wide", "10.0.0.200": "beyond", "10.0.1.199": "beyond", "10.0.1.200": "",
		"10.0.3.4": "after", "10.0.3.10": "",
		"ffff::1": "end", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "tip",
	} {
		if got, _ := table.Lookup(netip.MustParseAddr(addr)); got.Name != want {
			t.Errorf("%s: %q, want %q", addr, got.Name, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(magic + "\x00\x00\x00"))
	f.Add([]byte(magic + "\x01\x07\x02DE\x02\x05\x04\x01\x00\x01\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		table, err := parse(raw)
		if err != nil {
			return
		}
		for _, a := range []string{"0.0.0.0", "0.0.0.6", "255.255.255.255", "::", "2001:db8::1", "ffff:ffff::"} {
			table.Lookup(netip.MustParseAddr(a))
		}
		var out bytes.Buffer
		if _, err := table.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		again, err := Read(out.Bytes())
		if err != nil {
			t.Fatalf("what was written can't be read: %v", err)
		}
		a4, a6 := table.Len()
		if b4, b6 := again.Len(); a4 != b4 || a6 != b6 {
			t.Fatalf("%d, %d positions became %d, %d", a4, a6, b4, b6)
		}
	})
}
