package dfa

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// The filter looks at lanes bytes at once, the byte before a match and the first of the match, for sixteen buckets of
// patterns: a bit of a row's byte k says that patterns of that bucket may have the row's byte in lane k. Shifting the
// lanes with each byte of text and keeping what its row allows leaves, in the last lane, the buckets whose patterns may
// match where that many bytes before something began. (The idea is the shift-and algorithm, with sets for characters.)
//
// A word that is left is looked at again by its first four bytes.
type filter struct {
	rows   [256][2]uint64
	quads  quads
	groups [groups]uint // buckets by group
	used   int          // buckets
}

const (
	lanes   = 8
	laneAll = 0xFF
	depth   = 40 // how far into a match heads go
)

// share is how many buckets each group gets at most: those whose patterns differ in how they begin get more.
var share = [groups]int{groupNumber: 2, groupWord: 5, groupCode: 5, groupOther: 4}

// at is what the lanes come to for a match that begins at text[i], the byte before left aside.
func (f *filter) at(text []byte, i int) uint {
	x, y := ^uint64(0), ^uint64(0)
	for k, b := range text[i:min(len(text), i+lanes-1)] {
		row := &f.rows[b]
		x &= row[0] >> (8 * uint(k+1))
		y &= row[1] >> (8 * uint(k+1))
	}
	return uint(x&0xFF | y&0xFF<<8)
}

// head is what a pattern's matches begin with.
type head struct {
	at [depth]byteSet // by offset: the bytes that can be there
}

var everyByte = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// head follows a pattern from its start.
func (b *builder) head(p *Program, start uint32) head {
	var h head
	b.reset()
	b.push(start)
	for k := range h.at {
		b.close(p, 0, false)
		b.reached = append(b.reached[:0], b.found...)
		b.reset()
		for _, i := range b.reached {
			in := &p.insts[i]
			if in.op != opSet { // it may end here, and then anything can follow
				for ; k < depth; k++ {
					h.at[k] = everyByte
				}
				return h
			}
			h.at[k] = h.at[k].union(p.sets[in.arg])
			b.push(in.out)
		}
	}
	return h
}

// group is that of a pattern, if its matches don't begin with one of a few texts of four bytes; groupWide when only its
// ways to begin can tell.
func (h *head) group() int {
	first := h.at[0]
	lower := first.anyOf('a', 'z')
	switch {
	case !lower && (first.anyOf('0', '9') || !first.anyOf('A', 'Z')):
		return groupNumber
	case !lower && !h.at[1].anyOf('a', 'z'):
		return groupCode
	}
	return groupWide
}

// blunt says whether the lanes would let the heads through too often.
func blunt(split []head) bool {
	chance := 0.0
	for i := range split {
		chance += split[i].chance()
	}
	return chance > 3e-3
}

// chance is how often the lanes let a head through.
func (h *head) chance() float64 {
	n := 1.0
	for k := range lanes - 1 {
		n *= frequency(h.at[k])
	}
	return n
}

// maxHeads is into how many heads a pattern is split.
const maxHeads = 32

// split is head, but tells apart ways to begin that differ early: a hexadecimal digit and a colon, two and a colon.
func (b *builder) split(p *Program, start uint32) []head {
	type way struct {
		set []uint32
		h   head
	}
	ways := []way{{set: []uint32{start}}}
	for k := range lanes - 1 {
		var next []way
		for n, w := range ways {
			b.reset()
			for _, i := range w.set {
				b.push(i)
			}
			b.close(p, 0, false)
			var all byteSet
			for _, i := range b.found {
				if p.insts[i].op != opSet {
					all = everyByte
					break
				}
				all = all.union(p.sets[p.insts[i].arg])
			}
			if all == everyByte {
				w.h.at[k], w.set = all, w.set[:0:0]
				for later := k; later < depth; later++ {
					w.h.at[later] = everyByte
				}
				next = append(next, w)
				continue
			}
			if len(w.set) == 0 {
				next = append(next, w)
				continue
			}
			at := slices.Clone(b.found)
			follow := map[string]int{}
			before := len(next)
			for c := range 256 {
				if !all.has(byte(c)) {
					continue
				}
				var key []byte
				var set []uint32
				for _, i := range at {
					if in := &p.insts[i]; p.sets[in.arg].has(byte(c)) {
						set = append(set, in.out)
						key = binary.LittleEndian.AppendUint32(key, in.out)
					}
				}
				to, ok := follow[string(key)]
				if !ok {
					to = len(next)
					follow[string(key)] = to
					one := way{set: set, h: w.h}
					next = append(next, one)
				}
				next[to].h.at[k].add(byte(c), byte(c))
			}
			if len(next)+len(ways)-n-1 > maxHeads { // too many: as one
				one := way{h: w.h}
				one.h.at[k] = all
				for _, o := range next[before:] {
					one.set = append(one.set, o.set...)
				}
				slices.Sort(one.set)
				one.set = slices.Compact(one.set)
				next = append(next[:before], one)
			}
		}
		ways = next
	}
	out := make([]head, len(ways))
	for i, w := range ways {
		out[i] = w.h
		for k := lanes - 1; k < depth; k++ {
			out[i].at[k] = everyByte
		}
	}
	return out
}

// quads are the texts of four bytes that words can begin with, by hash.
type quads [1 << 16 / 64]uint64

// maxQuads is up to how many a pattern may have.
const maxQuads = 4096

// quadHash is the same for capitals and small letters.
func quadHash(four uint32) uint32 { return (four | 0x20202020) * 0x9E3779B1 >> 16 }

func (q *quads) has(text []byte, i int) bool {
	if i+4 > len(text) {
		return true
	}
	h := quadHash(binary.LittleEndian.Uint32(text[i:]))
	return q[h/64]>>(h%64)&1 != 0
}

// add takes what a pattern's matches begin with. It reports false, and adds nothing, when that is too much or too short.
func (q *quads) add(b *builder, p *Program, start uint32, h *head) bool {
	product := 1
	for k := range 4 {
		n := 0
		for _, w := range h.at[k] {
			n += bits.OnesCount64(w)
		}
		product *= n
	}
	if product > 1<<20 { // a few alternatives more than there are texts, not so many
		return false
	}
	list := []uint32{start}
	var found []uint32
	var follow func(set []uint32, k int, four uint32) bool
	follow = func(set []uint32, k int, four uint32) bool {
		if k == 4 {
			found = append(found, quadHash(four))
			return len(found) <= maxQuads
		}
		b.reset()
		for _, i := range set {
			b.push(i)
		}
		b.close(p, 0, false)
		at := slices.Clone(b.found)
		var can byteSet
		for _, i := range at {
			if p.insts[i].op != opSet {
				return false
			}
			can = can.union(p.sets[p.insts[i].arg])
		}
		for c := range 256 {
			if !can.has(byte(c)) || c >= 'A' && c <= 'Z' && can.has(byte(c|0x20)) && sameSets(p, at, byte(c), byte(c|0x20)) {
				continue // a capital is followed as its small letter
			}
			var next []uint32
			for _, i := range at {
				if in := &p.insts[i]; p.sets[in.arg].has(byte(c)) {
					next = append(next, in.out)
				}
			}
			if !follow(next, k+1, four|uint32(c)<<(8*k)) {
				return false
			}
		}
		return true
	}
	if !follow(list, 0, 0) {
		return false
	}
	for _, h := range found {
		q[h/64] |= 1 << (h % 64)
	}
	return true
}

// sameSets says whether instructions take both bytes or neither.
func sameSets(p *Program, at []uint32, a, b byte) bool {
	return !slices.ContainsFunc(at, func(i uint32) bool {
		set := &p.sets[p.insts[i].arg]
		return set.has(a) != set.has(b)
	})
}

func (s *byteSet) anyOf(lo, hi byte) bool {
	for b := lo; b <= hi; b++ {
		if s.has(b) {
			return true
		}
	}
	return false
}

func (s byteSet) union(o byteSet) (u byteSet) {
	for w := range s {
		u[w] = s[w] | o[w]
	}
	return u
}

// add takes the patterns of a group into the filter.
func (f *filter) add(group int, heads []head) {
	for _, c := range merge(heads, share[group]) {
		bit := uint(1) << f.used
		f.groups[group] |= bit
		word, lane := f.used/8, uint(f.used%8)
		for v := range 256 {
			row := &f.rows[v][word]
			if !isWord(byte(v)) {
				*row |= 1 << lane
			}
			for k := range lanes - 1 {
				if c.at[k].has(byte(v)) {
					*row |= 1 << (8*uint(k+1) + lane)
				}
			}
		}
		f.used++
	}
}

// cluster is some patterns of one group, which share a bucket.
type cluster struct {
	at     [lanes - 1]byteSet
	chance float64
}

func (c *cluster) with(o *cluster) *cluster {
	u := &cluster{chance: 1}
	for k := range u.at {
		u.at[k] = c.at[k].union(o.at[k])
		u.chance *= frequency(u.at[k])
	}
	return u
}

// cost of having both in one bucket: how much more often it is looked at.
func (c *cluster) cost(o *cluster) float64 {
	chance := 1.0
	for k := range c.at {
		chance *= frequency(c.at[k].union(o.at[k]))
	}
	return chance - c.chance - o.chance
}

// merge puts heads together that are alike, into n clusters: one after the other where it costs least, into somewhat more
// than n, and then pairs of those.
func merge(heads []head, n int) []*cluster {
	var all []*cluster
	for i := range heads {
		one := &cluster{at: [lanes - 1]byteSet(heads[i].at[:lanes-1]), chance: heads[i].chance()}
		if !slices.ContainsFunc(all, func(o *cluster) bool { return o.at == one.at }) {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b *cluster) int { return cmp.Compare(b.chance, a.chance) })
	var list []*cluster
	for _, one := range all {
		if len(list) < 3*n {
			list = append(list, one)
			continue
		}
		best, least := 0, math.Inf(1)
		for i, o := range list {
			if c := o.cost(one); c < least {
				best, least = i, c
			}
		}
		list[best] = list[best].with(one)
	}
	for len(list) > n {
		bi, bj, least := 0, 1, math.Inf(1)
		for i := range list {
			for j := range i {
				if c := list[i].cost(list[j]); c < least {
					bi, bj, least = i, j, c
				}
			}
		}
		list[bj] = list[bj].with(list[bi])
		list = slices.Delete(list, bi, bi+1)
	}
	return list
}

// usual is roughly how often a byte is seen in text and source. It decides about speed only.
var usual = func() (f [256]float64) {
	for b := range f {
		f[b] = 0.0001
	}
	for i, b := range []byte(" etaoinsrhldcumfpgwybvkxjqz") {
		f[b] = 0.14 / (1 + 0.22*float64(i))
	}
	for b := byte('A'); b <= 'Z'; b++ {
		f[b] = 0.002
	}
	for b := byte('0'); b <= '9'; b++ {
		f[b] = 0.008
	}
	for _, b := range []byte("\n\t.,_()\"-=:/;{}*'[]<>") {
		f[b] = 0.008
	}
	sum := 0.0
	for _, v := range f {
		sum += v
	}
	for b := range f {
		f[b] /= sum
	}
	return f
}()

// usualOf has, for eight bytes, how often those of a subset are seen.
var usualOf = func() (t [32][256]float64) {
	for i := range t {
		for set := range t[i] {
			for k := range 8 {
				if set>>k&1 != 0 {
					t[i][set] += usual[8*i+k]
				}
			}
		}
	}
	return t
}()

// frequency is how often a byte of the set is seen.
func frequency(s byteSet) float64 {
	n := 0.0
	for w, word := range s {
		for k := range 8 {
			n += usualOf[8*w+k][byte(word>>(8*k))]
		}
	}
	return n
}

// rarity of a literal in bits: how much seeing it tells.
func rarity(text []byte) float64 {
	n := 0.0
	for _, b := range text {
		n -= math.Log2(usual[b])
	}
	return n
}
