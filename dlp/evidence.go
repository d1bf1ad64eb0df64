package dlp

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/internal/trie"
)

// evidence knows the keywords around matches. It reads text only near matches, and each byte once.
type evidence struct {
	e     *Engine
	from  int // in the scan's buf: keywords that begin in [from, to) are known
	to    int
	spans [][]span // by list, by start
	hits  []trie.Hit
}

type span struct{ start, end int }

func (v *evidence) init(e *Engine) {
	v.e, v.spans = e, make([][]span, e.lists)
}

// moved says that the first cut bytes of buf are gone.
func (v *evidence) moved(cut int) {
	v.from, v.to = max(0, v.from-cut), max(0, v.to-cut)
	for i, list := range v.spans {
		if len(list) == 0 {
			continue
		}
		keep := list[:0]
		for _, sp := range list {
			if sp.start >= cut {
				keep = append(keep, span{sp.start - cut, sp.end - cut})
			}
		}
		v.spans[i] = keep
	}
}

// has says whether a keyword of the list lies at most proximity characters in front of text[start:end] or after it. One
// that overlaps the match says nothing about it.
func (v *evidence) has(s *Scan, list, start, end, proximity int) bool {
	v.know(s.buf, max(0, start-v.e.near), min(len(s.buf), end+proximity*utf8.UTFMax+1))
	spans := v.spans[list]
	if n := len(spans); n == 0 || spans[n-1].start < start-v.e.near {
		return false
	}
	first, _ := slices.BinarySearchFunc(spans, start, func(sp span, at int) int { return sp.start - at })
	last := -1 // where the nearest keyword in front of the match ends
	for i := first - 1; i >= 0 && spans[i].start >= start-v.e.near; i-- {
		if spans[i].end <= start {
			last = max(last, spans[i].end)
		}
	}
	if last >= 0 && within(s.buf[last:start], proximity) {
		return true
	}
	for _, sp := range spans[first:] {
		if sp.start >= end {
			return within(s.buf[end:sp.start], proximity)
		}
	}
	return false
}

// within says whether text is at most n characters long.
func within(text []byte, n int) bool {
	return len(text) <= n || len(text) <= n*utf8.UTFMax && characters(text) <= n
}

// characters counts the bytes that begin a character, eight at a time. A byte that is no part of one counts by its looks.
func characters(text []byte) int {
	const ones = 0x0101010101010101
	n, i := len(text), 0
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		n -= bits.OnesCount64(x >> 7 & ^(x >> 6) & ones)
	}
	for _, b := range text[i:] {
		if !utf8.RuneStart(b) {
			n--
		}
	}
	return n
}

// know makes the keywords that begin in buf[from:to) known.
func (v *evidence) know(buf []byte, from, to int) {
	if from > v.to || from < v.from {
		for i := range v.spans {
			v.spans[i] = v.spans[i][:0]
		}
		v.from, v.to = from, from
	}
	if to <= v.to {
		return
	}
	v.hits = v.e.evidence.Next(buf, v.to, to, v.hits[:0])
	for _, h := range v.hits {
		v.spans[h.ID] = append(v.spans[h.ID], span{h.Start, h.End})
	}
	v.to = to
}
