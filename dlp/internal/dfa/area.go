package dfa

import (
	"bytes"
	"regexp/syntax"
)

// area says where in a text patterns can begin that could begin almost anywhere: at most far and at least near bytes in
// front of a literal that every match has, or in a run of bytes of a set that is as long as a match is at least.
type area struct {
	literal   []byte
	near, far int

	set byteSet // what the run is of, or what is between the beginning and the literal
	in  [256]bool
	run int // without a literal
}

// span are the places from (inclusive) to to (exclusive).
type span struct{ from, to int }

// areaOf is the area of one pattern, given the head of its matches. It reports false when there is none that is small.
func areaOf(re *syntax.Regexp, h *head) (area, bool) {
	const rare, seldom, long = 20, 8, 30 // bits, bits, bytes
	g := gateOf(re)
	if rarity(g.literal) >= rare {
		return g, true
	}
	var a area
	for _, set := range h.at {
		if set == everyByte {
			break
		}
		a.set = a.set.union(set)
		a.run++
	}
	if a.run < long {
		return g, rarity(g.literal) >= seldom
	}
	return a, true
}

// addArea adds one to the list, or has one of the list take its patterns in.
func addArea(list []area, a area) []area {
	for i := range list {
		o := &list[i]
		switch {
		case a.literal != nil && bytes.Equal(a.literal, o.literal):
			o.near, o.far, o.set = min(o.near, a.near), max(o.far, a.far), o.set.union(a.set)
			o.in = o.set.table()
			return list
		case a.literal == nil && o.literal == nil && a.set.union(o.set) == o.set && a.run >= o.run-o.run/4:
			o.run = min(o.run, a.run)
			return list
		}
	}
	a.in = a.set.table()
	return append(list, a)
}

func (s *byteSet) table() (in [256]bool) {
	for b := range in {
		in[b] = s.has(byte(b))
	}
	return in
}

// find returns the first places from at on.
func (a *area) find(text []byte, at, limit int) span {
	if a.literal != nil {
		return a.before(text, at, limit)
	}
	// A run cannot miss every one of places so far apart. Looking from such a place to the front, the first byte that is
	// not of the set says where the next one is.
	for p := at + a.run - 1; p < len(text) && p < limit+a.run; {
		first := p + 1
		for first > at && first > p+1-a.run && a.in[text[first-1]] {
			first--
		}
		if p+1-first < a.run {
			p = first + a.run - 1
			continue
		}
		last := p + 1
		for last < len(text) && last < limit+a.run && a.in[text[last]] {
			last++
		}
		return span{first, last - a.run + 1}
	}
	return span{limit, limit}
}

// before is find for a literal.
func (a *area) before(text []byte, at, limit int) span {
	for from := min(len(text), at+a.near); ; {
		p := bytes.Index(text[from:min(len(text), max(from, limit+a.far+len(a.literal)))], a.literal)
		if p < 0 {
			return span{limit, limit}
		}
		p += from
		first := p
		for first > at && first > p-a.far && a.in[text[first-1]] {
			first--
		}
		if first <= p-a.near {
			return span{first, p - a.near + 1}
		}
		from = p + 1
	}
}

// maxGate is how far a literal may be from the beginning of a match to be of use.
const maxGate = 200

// gateOf is the area of the rarest literal that every match has, or one without a literal.
func gateOf(re *syntax.Regexp) area {
	var best area
	var passed byteSet // what the parts so far can be of
	var walk func(re *syntax.Regexp, near, far int) (int, int)
	walk = func(re *syntax.Regexp, near, far int) (int, int) {
		switch re.Op {
		case syntax.OpLiteral:
			if text := []byte(string(re.Rune)); re.Flags&syntax.FoldCase == 0 && rarity(text) > rarity(best.literal) {
				best = area{literal: text, near: near, far: far, set: passed}
			}
		case syntax.OpCapture:
			return walk(re.Sub[0], near, far)
		case syntax.OpConcat:
			for _, sub := range re.Sub {
				if near, far = walk(sub, near, far); far > maxGate {
					break
				}
			}
			return near, far
		}
		passed = passed.union(bytesOf(re))
		low, high := width(re)
		return near + low, min(far+high, maxGate+1)
	}
	walk(re, 0, 0)
	return best
}

// bytesOf are the bytes that matches can have in them.
func bytesOf(re *syntax.Regexp) (set byteSet) {
	add := func(lo, hi rune) {
		if lo < 0x80 {
			set.add(byte(lo), byte(min(hi, 0x7F)))
		}
		if hi >= 0x80 {
			set.add(0x80, 0xFF)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			add(r, r)
			if re.Flags&syntax.FoldCase != 0 {
				add('A', 'z')
				add(0x80, 0x80)
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			add(re.Rune[i], re.Rune[i+1])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		set = everyByte
	}
	for _, s := range re.Sub {
		set = set.union(bytesOf(s))
	}
	return set
}

// width is the length in bytes of the shortest and of the longest match, of the latter no more than maxGate+1.
func width(re *syntax.Regexp) (low, high int) {
	const runeMax = 4
	switch re.Op {
	case syntax.OpLiteral:
		low, high = len(re.Rune), len(re.Rune)*runeMax
		if re.Flags&syntax.FoldCase == 0 {
			low = len(string(re.Rune))
			high = low
		}
	case syntax.OpCharClass:
		low, high = 1, runeMax
		if len(re.Rune) > 0 && re.Rune[len(re.Rune)-1] < 0x80 {
			high = 1
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		low, high = 1, runeMax
	case syntax.OpStar, syntax.OpPlus:
		high = maxGate + 1
		if re.Op == syntax.OpPlus {
			low, _ = width(re.Sub[0])
		}
	case syntax.OpRepeat:
		l, h := width(re.Sub[0])
		low, high = re.Min*l, maxGate+1
		if re.Max >= 0 {
			high = re.Max * h
		}
	case syntax.OpQuest:
		_, high = width(re.Sub[0])
	case syntax.OpConcat, syntax.OpCapture:
		for _, s := range re.Sub {
			l, h := width(s)
			low, high = low+l, high+h
		}
	case syntax.OpAlternate:
		for i, s := range re.Sub {
			l, h := width(s)
			if i == 0 {
				low = l
			}
			low, high = min(low, l), max(high, h)
		}
	}
	return low, min(high, maxGate+1)
}
