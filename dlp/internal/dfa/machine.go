package dfa

import (
	"maps"
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

	mu     sync.Mutex        // guards what is below, and writing
	byHash map[uint64]uint32 // the last state with this hash; link has the one before
	used   int
	weight int      // bytes of the states and their lists
	spare  []state  // taken one by one, so that a state is no allocation of its own
	lists  []uint32 // the same for their lists
	build  builder
}

type state struct {
	insts   []uint32 // sets and conditions, in no order
	matched []uint32 // patterns that matched before the last byte, sorted
	before  uint8    // what a condition may ask of the byte before
	link    uint32   // number of another state with the same hash, 0 for none
}

const (
	beforeWord uint8 = 1 << iota
	beforeLine
	beforeText
)

const firstState = 2

// bytesOfState is about what a state takes beside its row and its lists.
const bytesOfState = 128

// New makes a machine whose table takes at most about the given bytes, and never fewer than 64 states.
func New(p *Program, tableBytes int) *Machine {
	stride := p.nclass + 1
	m := &Machine{prog: p, max: min(max(64, tableBytes/(4*stride+bytesOfState)), (accept-1)/stride)}
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

// firstRows is how many states a table has room for at first.
const firstRows = 1024

func (m *Machine) newTable() *table {
	stride, rows := m.prog.nclass+1, min(m.max, firstRows)
	t := &table{
		next: make([]uint32, stride*rows), states: make([]*state, rows), stride: uint32(stride),
		byHash: map[uint64]uint32{}, used: firstState,
	}
	dead := &state{}
	t.states[0], t.states[1] = dead, dead
	for c := range stride {
		t.next[stride+c] = uint32(stride)
	}
	t.build.marks = make([]uint32, len(m.prog.insts))
	return t
}

// renew replaces a full table: by a larger one with the same states, or by a new one when it has its full size. Walks that
// still hold the old one go on with it until they miss an entry.
func (m *Machine) renew(old *table) *table {
	old.mu.Lock()
	defer old.mu.Unlock()
	if now := m.table.Load(); now != old {
		return now
	}
	t := m.newTable()
	if len(old.states) < m.max && old.weight < m.max*(4*int(old.stride)+bytesOfState) {
		t = old.larger(m.max)
	} else {
		m.resets.Add(1)
	}
	m.table.Store(t)
	return t
}

// larger copies a table, with more room. Entries that are written meanwhile are missing in the copy, and made again.
func (t *table) larger(most int) *table {
	rows := min(most, 4*len(t.states))
	n := &table{
		next: make([]uint32, int(t.stride)*rows), states: make([]*state, rows), stride: t.stride,
		byHash: maps.Clone(t.byHash), used: t.used, weight: t.weight,
	}
	copy(n.states, t.states)
	for i := range t.next[:uint32(t.used)*t.stride] {
		n.next[i] = atomic.LoadUint32(&t.next[i])
	}
	for i := range t.start {
		n.start[i].Store(t.start[i].Load())
	}
	n.build.marks = make([]uint32, len(t.build.marks))
	return n
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

// intern returns the entry of a state, 0 when the table is full. Its instructions are those that the builder has marked.
func (t *table) intern(s state) uint32 {
	if len(s.insts) == 0 && len(s.matched) == 0 {
		return t.stride
	}
	hash := uint64(s.before)
	for _, i := range s.insts {
		hash += mix(uint64(i)) // a sum, since their order says nothing
	}
	for _, p := range s.matched {
		hash += mix(uint64(p) | 1<<32)
	}
	last := t.byHash[hash]
	for n := last; n != 0; n = t.states[n].link {
		if t.build.same(&s, t.states[n]) {
			return t.entry(n)
		}
	}
	// Lists count too: a state of ten thousand instructions takes the room of many small ones. A few states always fit.
	if t.used >= len(t.states) || t.weight > max(len(t.next)*4, 1<<20) && t.used > firstState+16 {
		return 0
	}
	t.weight += 4*(len(s.insts)+len(s.matched)) + bytesOfState
	if len(t.spare) == 0 {
		t.spare = make([]state, 64)
	}
	own := &t.spare[0]
	t.spare = t.spare[1:]
	own.insts, own.matched, own.before, own.link = t.keep(s.insts), t.keep(s.matched), s.before, last
	n := uint32(t.used)
	t.states[n], t.byHash[hash] = own, n
	t.used++
	return t.entry(n)
}

func (t *table) entry(number uint32) uint32 {
	v := number * t.stride
	if len(t.states[number].matched) > 0 {
		v |= accept
	}
	return v
}

func (t *table) keep(list []uint32) []uint32 {
	if len(list) == 0 {
		return nil
	}
	if len(t.lists) < len(list) {
		t.lists = make([]uint32, max(4096, len(list)))
	}
	own := t.lists[:len(list):len(list)]
	t.lists = t.lists[len(list):]
	copy(own, list)
	return own
}

// mix spreads a number over all bits (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x = (x + 1) * 0x9E3779B97F4A7C15
	x ^= x >> 32
	x *= 0xFF51AFD7ED558CCD
	return x ^ x>>29
}

// builder has the scratch space for making one state.
type builder struct {
	marks   []uint32 // generation in which an instruction was last reached
	gen     uint32
	stack   []uint32
	found   []uint32
	reached []uint32
	matched []uint32
}

// same says whether s, whose instructions are found and marked, is the state other.
func (b *builder) same(s, other *state) bool {
	if len(s.insts) != len(other.insts) || s.before != other.before || !slices.Equal(s.matched, other.matched) {
		return false
	}
	for _, i := range other.insts {
		if b.marks[i] != b.gen {
			return false
		}
	}
	return true
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
	b.matched = b.matched[:0]
	reached := s.insts
	if slices.ContainsFunc(reached, func(i uint32) bool { return p.insts[i].op == opEmpty }) {
		b.reset()
		for _, i := range s.insts {
			b.push(i)
		}
		b.close(p, conditions(s.before, c), true)
		b.reached = append(b.reached[:0], b.found...)
		reached = b.reached
	}
	b.reset()
	for _, i := range reached {
		switch in := &p.insts[i]; in.op {
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
