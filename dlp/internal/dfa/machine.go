package dfa

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"
)

// Machine is a program with the table of the states that text has needed so far. It is safe for concurrent use.
type Machine struct {
	prog   *Program
	max    int // states a table may hold
	table  atomic.Pointer[table]
	resets atomic.Int64
}

// A row of the table is stride entries, one a class and one for the end of text. An entry is where the state's row
// begins, with accept set when patterns matched before the byte that led there. Entry 0 is not known yet; the row that
// would be there belongs to nobody, the one after it to the dead state.
const accept = 1 << 31

type table struct {
	next   []uint32 // read and written atomically
	states []*state // an element is written before any entry that leads to it
	stride uint32
	start  [4]atomic.Uint32 // by context of the first byte

	mu     sync.Mutex // guards what is below, and writing
	byKey  map[string]uint32
	used   int
	weight int // bytes of the states' lists and keys
	build  builder
}

type state struct {
	insts   []uint32 // sets and conditions, sorted
	matched []uint32 // patterns that matched before the last byte, sorted
	before  uint8    // what a condition may ask of the byte before
}

const (
	beforeWord uint8 = 1 << iota
	beforeLine
	beforeText
)

const firstState = 2

// New makes a machine whose table takes at most about the given bytes, and never fewer than 64 states.
func New(p *Program, tableBytes int) *Machine {
	stride := p.nclass + 1
	m := &Machine{prog: p, max: min(max(64, tableBytes/(4*stride+96)), (accept-1)/stride)}
	m.table.Store(m.newTable())
	return m
}

// Resets counts how often the table was full and begun anew.
func (m *Machine) Resets() int64 { return m.resets.Load() }

// States counts the states of the present table.
func (m *Machine) States() int {
	t := m.table.Load()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.used - firstState
}

func (m *Machine) newTable() *table {
	stride := m.prog.nclass + 1
	t := &table{
		next: make([]uint32, stride*m.max), states: make([]*state, m.max), stride: uint32(stride),
		byKey: map[string]uint32{}, used: firstState,
	}
	dead := &state{}
	t.states[0], t.states[1] = dead, dead
	for c := range stride {
		t.next[stride+c] = uint32(stride)
	}
	t.build.marks = make([]uint32, len(m.prog.insts))
	return t
}

// renew replaces a full table. Walks that still hold the old one go on with it until they miss an entry.
func (m *Machine) renew(old *table) *table {
	old.mu.Lock()
	defer old.mu.Unlock()
	if now := m.table.Load(); now != old {
		return now
	}
	m.resets.Add(1)
	t := m.newTable()
	m.table.Store(t)
	return t
}

// begin returns the entry of the start state when the byte before has the given context.
func (m *Machine) begin(t *table, before uint8) (*table, uint32) {
	slot := &t.start[slotOf(before)]
	if v := slot.Load(); v != 0 {
		return t, v
	}
	for {
		t.mu.Lock()
		b := &t.build
		b.reset()
		b.push(m.prog.start)
		b.close(m.prog, 0, false)
		v := t.intern(b.take(m.prog, nil, before))
		t.mu.Unlock()
		if v != 0 {
			t.start[slotOf(before)].Store(v)
			return t, v
		}
		t = m.renew(t)
	}
}

func slotOf(before uint8) int {
	switch {
	case before&beforeText != 0:
		return 0
	case before&beforeLine != 0:
		return 1
	case before&beforeWord != 0:
		return 2
	}
	return 3
}

// step works out an entry that is not known: from is a state's row, b the byte, -1 for the end of text. It returns the
// table to go on with, which is another one when the first was full.
func (m *Machine) step(t *table, from uint32, b int) (*table, uint32) {
	s := t.states[from/t.stride]
	class := m.prog.nclass
	if b >= 0 {
		class = int(m.prog.classes[b])
	}
	next := t
	for {
		next.mu.Lock()
		v := next.intern(next.build.step(m.prog, s, b))
		next.mu.Unlock()
		if v != 0 {
			if next == t {
				atomic.StoreUint32(&t.next[from+uint32(class)], v)
			}
			return next, v
		}
		next = m.renew(next)
	}
}

// intern returns the entry of a state, 0 when the table is full.
func (t *table) intern(s state) uint32 {
	if len(s.insts) == 0 && len(s.matched) == 0 {
		return t.stride
	}
	key := t.build.key[:0]
	key = append(key, s.before)
	for _, v := range s.matched {
		key = binary.LittleEndian.AppendUint32(key, v)
	}
	key = append(key, 0xFF, 0xFF, 0xFF, 0xFF)
	for _, v := range s.insts {
		key = binary.LittleEndian.AppendUint32(key, v)
	}
	t.build.key = key
	if v, ok := t.byKey[string(key)]; ok {
		return v
	}
	// Lists count too: a state of ten thousand instructions takes the room of many small ones. A few states always fit.
	t.weight += 3 * len(key)
	if t.used >= len(t.states) || t.weight > max(len(t.next)*4, 1<<20) && t.used > firstState+16 {
		return 0
	}
	v := uint32(t.used) * t.stride
	t.states[t.used] = &state{insts: slices.Clone(s.insts), matched: slices.Clone(s.matched), before: s.before}
	if len(s.matched) > 0 {
		v |= accept
	}
	t.byKey[string(key)] = v
	t.used++
	return v
}

// builder has the scratch space for making one state.
type builder struct {
	marks   []uint32 // generation in which an instruction was last reached
	gen     uint32
	stack   []uint32
	found   []uint32
	matched []uint32
	key     []byte
}

func (b *builder) reset() {
	b.gen++
	if b.gen == 0 {
		clear(b.marks)
		b.gen = 1
	}
	b.stack, b.found = b.stack[:0], b.found[:0]
}

func (b *builder) push(i uint32) {
	if b.marks[i] != b.gen {
		b.marks[i] = b.gen
		b.stack = append(b.stack, i)
	}
}

// close follows what needs no byte from the pushed instructions. With known, the conditions that hold are followed and
// the others dropped; else they are kept for when the next byte is known.
func (b *builder) close(p *Program, holds uint32, known bool) {
	for len(b.stack) > 0 {
		i := b.stack[len(b.stack)-1]
		b.stack = b.stack[:len(b.stack)-1]
		switch in := p.insts[i]; in.op {
		case opSet, opMatch:
			b.found = append(b.found, i)
		case opSplit:
			b.push(in.arg)
			b.push(in.out)
		case opEmpty:
			switch {
			case !known:
				b.found = append(b.found, i)
			case in.arg&^holds == 0:
				b.push(in.out)
			}
		}
	}
}

// step is the state after s and byte c (-1: the end of text).
func (b *builder) step(p *Program, s *state, c int) state {
	b.reset()
	for _, i := range s.insts {
		b.push(i)
	}
	b.close(p, conditions(s.before, c), true)
	reached := slices.Clone(b.found)
	b.matched = b.matched[:0]
	b.reset()
	for _, i := range reached {
		switch in := p.insts[i]; in.op {
		case opMatch:
			b.matched = append(b.matched, in.arg)
		case opSet:
			if c >= 0 && p.sets[in.arg].has(byte(c)) {
				b.push(in.out)
			}
		}
	}
	b.close(p, 0, false)
	slices.Sort(b.matched)
	b.matched = slices.Compact(b.matched)
	var before uint8
	switch {
	case c < 0:
	case c == '\n':
		before = beforeLine
	case isWord(byte(c)):
		before = beforeWord
	}
	return b.take(p, b.matched, before)
}

// take is the state of what close found. The byte before is kept only where a condition asks for it.
func (b *builder) take(p *Program, matched []uint32, before uint8) state {
	slices.Sort(b.found)
	asks := false
	for _, i := range b.found {
		if in := p.insts[i]; in.op == opEmpty && in.arg != afterNonWord {
			asks = true
			break
		}
	}
	if !asks {
		before = 0
	}
	return state{insts: b.found, matched: matched, before: before}
}

// conditions are those that hold between a byte with the given context and the byte c (-1: the end of text).
func conditions(before uint8, c int) uint32 {
	var e syntax.EmptyOp
	word := c >= 0 && isWord(byte(c))
	if before&beforeText != 0 {
		e |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	}
	if before&beforeLine != 0 {
		e |= syntax.EmptyBeginLine
	}
	if c < 0 {
		e |= syntax.EmptyEndText | syntax.EmptyEndLine
	}
	if c == '\n' {
		e |= syntax.EmptyEndLine
	}
	if word != (before&beforeWord != 0) {
		e |= syntax.EmptyWordBoundary
	} else {
		e |= syntax.EmptyNoWordBoundary
	}
	holds := uint32(e)
	if !word {
		holds |= afterNonWord
	}
	return holds
}
