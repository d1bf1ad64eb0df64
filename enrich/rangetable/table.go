package rangetable

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sort"
)

// Value is what a range maps to. The zero Value means unknown.
type Value struct {
	Number uint32 // an AS number, or 0
	Name   string // a country code, or the name of a network
}

// Table maps addresses to values. It is immutable and safe for concurrent use; the zero Table and a nil one know nothing.
//
// A position holds where a range begins; it reaches to the next position. Gaps are positions with the value 0.
type Table struct {
	values []Value // values[0] is the unknown value

	start4 []uint32
	value4 []uint32
	// jump4[h] is the number of positions whose start is below h<<16, so the search for an address stays inside the
	// positions of its upper half.
	jump4 []uint32

	start6 []wide
	value6 []uint32
	jump6  []uint32 // as jump4, by the upper 16 of 128 bits
}

// wide is an IPv6 address as two numbers, so that comparing costs two integer comparisons.
type wide struct{ hi, lo uint64 }

func (w wide) less(o wide) bool { return w.hi < o.hi || w.hi == o.hi && w.lo < o.lo }

func (w wide) minus(o wide) wide {
	lo, borrow := bits.Sub64(w.lo, o.lo, 0)
	hi, _ := bits.Sub64(w.hi, o.hi, borrow)
	return wide{hi, lo}
}

func wideOf(a netip.Addr) wide {
	b := a.As16()
	return wide{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// Lookup returns the value of the range that holds a. IPv4 addresses written as IPv6 (::ffff:192.0.2.1) are looked up
// as IPv4; zones are ignored. It does not allocate.
func (t *Table) Lookup(a netip.Addr) (Value, bool) {
	var v uint32
	switch a = a.Unmap(); {
	case t == nil:
	case a.Is4():
		v = t.lookup4(a)
	case a.Is6():
		v = t.lookup6(a)
	}
	if v == 0 {
		return Value{}, false
	}
	return t.values[v], true
}

func (t *Table) lookup4(a netip.Addr) uint32 {
	if len(t.start4) == 0 {
		return 0
	}
	b := a.As4()
	key := binary.BigEndian.Uint32(b[:])
	lo, hi := t.jump4[key>>16], t.jump4[key>>16+1]
	for lo < hi { // the first position in [lo, hi) that begins after key
		mid := (lo + hi) / 2
		if t.start4[mid] > key {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == 0 {
		return 0
	}
	return t.value4[lo-1]
}

func (t *Table) lookup6(a netip.Addr) uint32 {
	if len(t.start6) == 0 {
		return 0
	}
	key := wideOf(a)
	lo, hi := t.jump6[key.hi>>48], t.jump6[key.hi>>48+1]
	for lo < hi {
		mid := (lo + hi) / 2
		if key.less(t.start6[mid]) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == 0 {
		return 0
	}
	return t.value6[lo-1]
}

// Len reports how many positions the table holds for IPv4 and IPv6, gaps included.
func (t *Table) Len() (v4, v6 int) { return len(t.start4), len(t.start6) }

// index makes the jump tables; it is called once, before the table is handed out.
func (t *Table) index() {
	if len(t.start4) > 0 {
		t.jump4 = make([]uint32, 1<<16+1)
		for h := range t.jump4 {
			t.jump4[h] = uint32(sort.Search(len(t.start4), func(i int) bool { return uint64(t.start4[i]) >= uint64(h)<<16 }))
		}
	}
	if len(t.start6) > 0 {
		t.jump6 = make([]uint32, 1<<16+1)
		for h := range t.jump6 {
			t.jump6[h] = uint32(sort.Search(len(t.start6), func(i int) bool { return t.start6[i].hi>>48 >= uint64(h) }))
		}
	}
}
