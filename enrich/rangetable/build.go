package rangetable

import (
	"fmt"
	"net/netip"
	"slices"
)

// Builder collects ranges in any order and makes a [Table] of them. The zero Builder is ready.
type Builder struct {
	ranges4, ranges6 []span
	values           []Value
	ids              map[Value]uint32
}

type span struct {
	from, to netip.Addr
	value    uint32
}

// Add takes an inclusive range. Both ends must be of one family and in order, and v must not be the zero Value.
func (b *Builder) Add(from, to netip.Addr, v Value) error {
	if !from.IsValid() || from.Is4() != to.Is4() || to.Less(from) || from.Zone() != "" || to.Zone() != "" {
		return fmt.Errorf("range %s-%s: not a range", from, to)
	}
	if v == (Value{}) {
		return fmt.Errorf("range %s-%s: empty value", from, to)
	}
	if b.ids == nil {
		b.ids, b.values = map[Value]uint32{}, []Value{{}}
	}
	id, known := b.ids[v]
	if !known {
		id = uint32(len(b.values))
		b.ids[v], b.values = id, append(b.values, v)
	}
	if from.Is4() {
		b.ranges4 = append(b.ranges4, span{from, to, id})
	} else {
		b.ranges6 = append(b.ranges6, span{from, to, id})
	}
	return nil
}

// Build sorts what was added and makes the table. Ranges that overlap are refused: which one is right is for the
// source to say. Neighbours with one value become one.
func (b *Builder) Build() (*Table, error) {
	t := &Table{values: slices.Clone(b.values)}
	err := positions(b.ranges4, func(a netip.Addr, v uint32) {
		t.start4, t.value4 = append(t.start4, uint32(wideOf(a).lo)), append(t.value4, v)
	})
	if err != nil {
		return nil, err
	}
	err = positions(b.ranges6, func(a netip.Addr, v uint32) {
		t.start6, t.value6 = append(t.start6, wideOf(a)), append(t.value6, v)
	})
	if err != nil {
		return nil, err
	}
	t.index()
	return t, nil
}

// positions turns sorted ranges into positions: where a value begins, with a zero where nothing follows.
func positions(ranges []span, emit func(netip.Addr, uint32)) error {
	slices.SortFunc(ranges, func(a, b span) int { return a.from.Compare(b.from) })
	var last uint32
	var end netip.Addr // the address after the range before, not valid at the start and after the last address of all
	for i, r := range ranges {
		if i > 0 {
			if before := ranges[i-1]; r.from.Compare(before.to) <= 0 {
				return fmt.Errorf("ranges %s-%s and %s-%s overlap", before.from, before.to, r.from, r.to)
			}
			if end != r.from && last != 0 {
				emit(end, 0)
				last = 0
			}
		}
		if r.value != last {
			emit(r.from, r.value)
			last = r.value
		}
		end = r.to.Next()
	}
	if len(ranges) > 0 && end.IsValid() {
		emit(end, 0)
	}
	return nil
}
