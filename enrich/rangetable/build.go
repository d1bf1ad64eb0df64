package rangetable

import (
	"container/heap"
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

	width wide // to-from, set while sweeping
	order int  // place among the sorted
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
		b.ranges4 = append(b.ranges4, span{from: from, to: to, value: id})
	} else {
		b.ranges6 = append(b.ranges6, span{from: from, to: to, value: id})
	}
	return nil
}

// Overlaps reports how many of the added ranges begin inside another one.
func (b *Builder) Overlaps() int { return overlaps(b.ranges4) + overlaps(b.ranges6) }

func overlaps(ranges []span) (n int) {
	slices.SortStableFunc(ranges, byStart)
	for i, furthest := 1, 0; i < len(ranges); i++ {
		if ranges[i].from.Compare(ranges[furthest].to) <= 0 {
			n++
		}
		if ranges[furthest].to.Less(ranges[i].to) {
			furthest = i
		}
	}
	return n
}

// Build makes the table. Where ranges overlap the narrower one holds, since whoever described it knew more; of two
// that are equally wide, the one that begins later; of two that are the same, the one added later. Neighbours with one
// value become one.
func (b *Builder) Build() *Table {
	t := &Table{values: slices.Clone(b.values)}
	sweep(b.ranges4, func(a netip.Addr, v uint32) {
		t.start4, t.value4 = append(t.start4, uint32(wideOf(a).lo)), append(t.value4, v)
	})
	sweep(b.ranges6, func(a netip.Addr, v uint32) {
		t.start6, t.value6 = append(t.start6, wideOf(a)), append(t.value6, v)
	})
	t.index()
	return t
}

func byStart(a, b span) int { return a.from.Compare(b.from) }

// sweep goes over the addresses upwards, from one place where the answer may change to the next, and emits where it
// does: an address and the value that holds from there on, 0 for none.
func sweep(ranges []span, emit func(netip.Addr, uint32)) {
	slices.SortStableFunc(ranges, byStart)
	var open narrowest // ranges that began, ended ones among them until they come to the top
	var last uint32
	for next := 0; next < len(ranges) || open.Len() > 0; {
		var at netip.Addr // where the answer may change: the narrowest range ends, or one begins
		if open.Len() > 0 {
			at = open[0].to.Next()
		}
		if next < len(ranges) && (!at.IsValid() || ranges[next].from.Less(at)) {
			at = ranges[next].from
		}
		if !at.IsValid() {
			return // the range reaches to the last address of all
		}
		for ; next < len(ranges) && ranges[next].from == at; next++ {
			r := ranges[next]
			r.order, r.width = next, wideOf(r.to).minus(wideOf(r.from))
			heap.Push(&open, r)
		}
		for open.Len() > 0 && open[0].to.Less(at) {
			heap.Pop(&open)
		}
		var v uint32
		if open.Len() > 0 {
			v = open[0].value
		}
		if v != last {
			emit(at, v)
			last = v
		}
	}
}

// narrowest is a heap with the range on top that Build prefers.
type narrowest []span

func (h narrowest) Len() int      { return len(h) }
func (h narrowest) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h narrowest) Less(i, j int) bool {
	if h[i].width != h[j].width {
		return h[i].width.less(h[j].width)
	}
	return h[i].order > h[j].order
}

// Push and Pop are for package heap.
func (h *narrowest) Push(x any) { *h = append(*h, x.(span)) }

// Pop removes the last element.
func (h *narrowest) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}
