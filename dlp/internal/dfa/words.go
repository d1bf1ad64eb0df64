package dfa

import "sync/atomic"

// WordSet is the whole-word matches of many patterns. Patterns are kept apart by what they begin with, one machine each:
// together, their states would multiply. A filter in front says where a match may begin and for which machine; in most
// text it leaves few places. It is safe for concurrent use.
type WordSet struct {
	machines [groups]*Machine // nil for a group without patterns
	filter   filter           // for all groups but the wide one
	areas    []area           // for the wide one
}

// The groups of patterns, by what a match can begin with.
const (
	groupNumber = iota // digits, or capitals too
	groupWord          // one of a few texts of four bytes
	groupCode          // capitals
	groupOther         // what the filter can tell by eight bytes, and isn't above
	groupWide          // almost anything: only their length or a literal further on tells
	groups
)

// NewWords compiles patterns without conditions. Each machine's table takes at most about the given bytes.
func NewWords(patterns []Pattern, tableBytes int) (*WordSet, error) {
	// One program of all is compiled to see what each pattern begins with.
	all, err := Compile(Word, 0, patterns)
	if err != nil {
		return nil, err
	}
	w := &WordSet{}
	var sorted [groups][]Pattern
	var heads [groups][]head
	b := builder{marks: make([]uint32, len(all.insts))}
	for i, p := range patterns {
		h := b.head(all, all.starts[i])
		g := h.group()
		switch {
		case g == groupNumber:
			heads[g] = append(heads[g], h)
		case w.filter.quads.add(&b, all, all.starts[i], &h):
			g = groupWord
			heads[g] = append(heads[g], h)
		default:
			split := b.split(all, all.starts[i])
			if a, ok := areaOf(p.Expr, &h); ok && g == groupWide && blunt(split) {
				w.areas = addArea(w.areas, a)
				break
			}
			g = min(g, groupOther)
			heads[g] = append(heads[g], split...)
		}
		sorted[g] = append(sorted[g], p)
	}
	for g, list := range sorted {
		if len(list) == 0 {
			continue
		}
		p, err := Compile(Word, 0, list)
		if err != nil {
			return nil, err
		}
		w.machines[g] = New(p, tableBytes)
		w.filter.add(g, heads[g])
	}
	return w, nil
}

// States counts the states of the present tables, and how often a full one was begun anew.
func (w *WordSet) States() (states int, resets int64) {
	for _, m := range w.machines {
		if m != nil {
			states += m.States()
			resets += m.Resets()
		}
	}
	return states, resets
}

// WordSearch is a walk of a WordSet over a text. It is used by one goroutine.
type WordSearch struct {
	w      *WordSet
	spans  []span // by area: the next places where its patterns can begin
	inside bool   // what holds before end: whether a place is in one of them
	end    int

	next int // where the lanes go on, -1 for anew
	x, y uint64
	j    int
}

// Search begins a walk.
func (w *WordSet) Search() *WordSearch {
	s := &WordSearch{w: w, spans: make([]span, len(w.areas))}
	s.Moved()
	return s
}

// Moved says that the next call's text is another one, or the same in another place.
func (s *WordSearch) Moved() {
	s.next, s.end = -1, 0
	for i := range s.spans {
		s.spans[i] = span{-1, -1}
	}
}

// Next finds the next place in text[at:limit] where matches begin: where the byte before is no ASCII word byte. It appends
// their ends to hits, by machine and ascending within one, and returns where to go on; start is -1 when there is none
// before limit. before is the byte in front of at or [NoByte]. text must reach far enough past limit for the longest
// match and a byte more, unless it ends there for good.
func (s *WordSearch) Next(text []byte, at, limit, before int, hits []Hit) (start int, found []Hit, next int) {
	for at < limit {
		if at >= s.end {
			s.place(text, at, limit)
		}
		end := min(s.end, limit)
		if s.inside {
			start, hits = s.everyWord(text, at, end, before, hits)
		} else {
			start, hits = s.filtered(text, at, end, before, hits)
		}
		if start >= 0 {
			return start, hits, start + 1
		}
		at, before = end, int(text[end-1])
	}
	return -1, hits, limit
}

// place says whether at lies in an area of wide patterns, and up to where that is so.
func (s *WordSearch) place(text []byte, at, limit int) {
	s.inside, s.end = false, limit
	for k := range s.spans {
		sp := &s.spans[k]
		if sp.to <= at {
			*sp = s.w.areas[k].find(text, at, limit)
		}
		switch {
		case sp.from > at:
			s.end = min(s.end, sp.from)
		default:
			s.inside, s.end = true, min(s.end, sp.to)
		}
	}
}

// everyWord looks at each beginning of a word in text[at:end].
func (s *WordSearch) everyWord(text []byte, at, end, before int, hits []Hit) (int, []Hit) {
	inWord := before >= 0 && wordByte[byte(before)]
	for i := at; i < end; i++ {
		was := inWord
		if inWord = wordByte[text[i]]; was {
			continue
		}
		hits = s.walk(text, i, s.w.filter.at(text, i), hits)
		if hits = s.w.machines[groupWide].word(text, i, hits); len(hits) > 0 {
			return i, hits
		}
	}
	return -1, hits
}

// filtered looks at each place in text[at:end] that the filter lets through.
func (s *WordSearch) filtered(text []byte, at, end, before int, hits []Hit) (int, []Hit) {
	f := &s.w.filter
	x, y, j := s.x, s.y, s.j
	if s.next != at {
		x, y, j = 0, 0, at
		if before < 0 || !wordByte[byte(before)] {
			x, y = laneAll, laneAll
		}
	}
	for last := min(len(text), end+lanes-2); j < last; j++ {
		row := &f.rows[text[j]]
		x = (x<<8 | laneAll) & row[0]
		y = (y<<8 | laneAll) & row[1]
		if (x|y)>>56 == 0 {
			continue
		}
		i := j - (lanes - 2)
		if hits = s.walk(text, i, uint(x>>56|y>>56<<8), hits); len(hits) > 0 {
			s.x, s.y, s.j, s.next = x, y, j+1, i+1
			return i, hits
		}
	}
	for ; j < end+lanes-2; j++ { // the text ends here: the filter takes what isn't there for possible
		x, y = x<<8|laneAll, y<<8|laneAll
		i := j - (lanes - 2)
		if i < at || (x|y)>>56 == 0 {
			continue
		}
		if hits = s.walk(text, i, uint(x>>56|y>>56<<8), hits); len(hits) > 0 {
			s.x, s.y, s.j, s.next = x, y, j+1, i+1
			return i, hits
		}
	}
	s.next = -1
	return -1, hits
}

// walk runs the machines of the given buckets from text[i].
func (s *WordSearch) walk(text []byte, i int, buckets uint, hits []Hit) []Hit {
	f := &s.w.filter
	if word := buckets & f.groups[groupWord]; word != 0 && !f.quads.has(text, i) {
		buckets &^= word
	}
	for g, mask := range f.groups {
		if buckets&mask != 0 {
			hits = s.w.machines[g].word(text, i, hits)
		}
	}
	return hits
}

// word appends the ends of all matches that begin at text[i] to hits, ascending.
func (m *Machine) word(text []byte, i int, hits []Hit) []Hit {
	t, st := m.begin(m.table.Load(), 0)
	classes, next := &m.prog.classes, t.next
	for j, b := range text[i:] {
		v := atomic.LoadUint32(&next[st+uint32(classes[b])])
		if !t.plain(v) {
			if v == 0 {
				t, v = m.step(t, st, int(b))
				next = t.next
			}
			if v&accept != 0 {
				v &^= accept
				hits = append(hits, Hit{End: i + j, Patterns: t.states[v/t.stride].matched})
			}
			if v == t.stride {
				return hits
			}
		}
		st = v
	}
	v := atomic.LoadUint32(&next[st+uint32(m.prog.nclass)])
	if v == 0 {
		t, v = m.step(t, st, -1)
	}
	if v&accept != 0 {
		hits = append(hits, Hit{End: len(text), Patterns: t.states[(v&^accept)/t.stride].matched})
	}
	return hits
}

var wordByte = func() (w [256]bool) {
	for b := range w {
		w[b] = isWord(byte(b))
	}
	return w
}()
