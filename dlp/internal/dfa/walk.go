package dfa

import "sync/atomic"

// Hit is the end of matches: Patterns matched text that ends before byte End of the walked text. Patterns is shared
// and must not be changed.
type Hit struct {
	End      int
	Patterns []uint32
}

// NoByte stands for the byte before the first one of a text.
const NoByte = -1

func contextOf(before int) uint8 {
	switch {
	case before < 0:
		return beforeText
	case before == '\n':
		return beforeLine
	case isWord(byte(before)):
		return beforeWord
	}
	return 0
}

// plain says whether an entry leads on and nothing else: it is known, not dead, and nothing matched.
func (t *table) plain(v uint32) bool { return v-t.stride-1 < accept-t.stride-1 }

// Match walks text[at:] and appends, in order, the ends of all matches that begin at at. before is the byte in front
// of it or [NoByte]. When the text ends there for good, ends is true; else the walk stops short at the end of text, and
// the caller must have given enough of it.
func (m *Machine) Match(text []byte, at int, before int, ends bool, hits []Hit) []Hit {
	t, st := m.begin(m.table.Load(), contextOf(before))
	for i := at; ; i++ {
		class, b := uint32(m.prog.nclass), -1
		if i < len(text) {
			b = int(text[i])
			class = uint32(m.prog.classes[text[i]])
		} else if !ends {
			return hits
		}
		v := atomic.LoadUint32(&t.next[st+class])
		if !t.plain(v) {
			if v == 0 {
				t, v = m.step(t, st, b)
			}
			if v&accept != 0 {
				v &^= accept
				hits = append(hits, Hit{End: i, Patterns: t.states[v/t.stride].matched})
			}
			if v == t.stride {
				return hits
			}
		}
		if b < 0 {
			return hits
		}
		st = v
	}
}

// MatchBack is Match for a Backward program: it walks from text[:at] to the front, never past low, and appends the
// beginnings of all matches that end at at, as Hit.End, nearest first. after is the byte at at or [NoByte]; ahead is
// the byte in front of low or [NoByte].
func (m *Machine) MatchBack(text []byte, low, at, after, ahead int, hits []Hit) []Hit {
	t, st := m.begin(m.table.Load(), contextOf(after))
	for i := at; ; i-- {
		class, b := uint32(m.prog.nclass), -1
		switch {
		case i > low:
			b = int(text[i-1])
		default:
			b = ahead // the byte that conditions may look at; nothing is matched with it
		}
		if b >= 0 {
			class = uint32(m.prog.classes[b])
		}
		v := atomic.LoadUint32(&t.next[st+class])
		if !t.plain(v) {
			if v == 0 {
				t, v = m.step(t, st, b)
			}
			if v&accept != 0 {
				v &^= accept
				hits = append(hits, Hit{End: i, Patterns: t.states[v/t.stride].matched})
			}
			if v == t.stride {
				return hits
			}
		}
		if i <= low {
			return hits
		}
		st = v
	}
}

// Search is a walk of an Anywhere program over a text that comes in pieces.
type Search struct {
	m  *Machine
	t  *table
	st uint32
}

// Search begins a walk at the beginning of a text.
func (m *Machine) Search() *Search { return m.SearchAfter(NoByte) }

// SearchAfter begins a walk within a text, after the given byte.
func (m *Machine) SearchAfter(before int) *Search {
	t, st := m.begin(m.table.Load(), contextOf(before))
	return &Search{m: m, t: t, st: st}
}

// Next walks text[at:limit] and returns at the first byte before which matches ended, with the place to go on; hit.End
// is -1 when there is none.
func (s *Search) Next(text []byte, at, limit int) (hit Hit, next int) {
	t, st := s.t, s.st
	classes := &s.m.prog.classes
	for i := at; i < limit; i++ {
		v := atomic.LoadUint32(&t.next[st+uint32(classes[text[i]])])
		if !t.plain(v) {
			if v == 0 {
				t, v = s.m.step(t, st, int(text[i]))
			}
			if v&accept != 0 {
				v &^= accept
				s.t, s.st = t, v
				return Hit{End: i, Patterns: t.states[v/t.stride].matched}, i + 1
			}
		}
		st = v
	}
	s.t, s.st = t, st
	return Hit{End: -1}, limit
}

// End ends the text and returns the patterns that match at its end.
func (s *Search) End() []uint32 {
	v := atomic.LoadUint32(&s.t.next[s.st+uint32(s.m.prog.nclass)])
	if v == 0 {
		s.t, v = s.m.step(s.t, s.st, -1)
	}
	if v&accept == 0 {
		return nil
	}
	return s.t.states[(v&^accept)/s.t.stride].matched
}
