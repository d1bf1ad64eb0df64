package dfa

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// Pattern is one expression of a program. ID is what its matches are reported by.
type Pattern struct {
	ID   int
	Expr *syntax.Regexp
}

// Kind says where the matches of a program may begin and how they are read.
type Kind uint8

// The kinds of program.
const (
	Anchored Kind = iota // a match begins where the walk begins
	Word                 // as Anchored, and the byte after the match is no ASCII word byte
	Anywhere             // a match begins at or after the start of the walk
	Backward             // as Anchored, text read from its end to its beginning
)

// MaxInstructions bounds one program: what is larger was not written by hand and would make states slow to build.
const MaxInstructions = 2_000_000

// ErrTooLarge is returned for expressions whose counted repetitions multiply to too many instructions.
var ErrTooLarge = errors.New("the expression is too large once its counted repetitions are written out")

type opcode uint8

const (
	opSet   opcode = iota // one byte of a set, then out
	opSplit               // both out and arg
	opEmpty               // a condition between two bytes (arg), then out
	opMatch               // pattern arg has matched
	opFail
)

// afterNonWord is this package's own condition beside those of regexp/syntax: no ASCII word byte follows.
const afterNonWord = 1 << 8

type inst struct {
	op       opcode
	out, arg uint32
}

type byteSet [4]uint64

func (s *byteSet) add(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s[b>>6] |= 1 << (b & 63)
	}
}

func (s *byteSet) has(b byte) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Program is a set of expressions as instructions over bytes. It is immutable.
type Program struct {
	kind    Kind
	insts   []inst
	sets    []byteSet
	start   uint32
	starts  []uint32   // of each pattern
	classes [256]uint8 // byte to equivalence class
	nclass  int        // without the class for the end of text
	context bool       // some condition looks at the byte before
	limit   int

	setIndex map[byteSet]uint32
}

// Compile writes the patterns as one program of at most limit instructions (0: [MaxInstructions]).
func Compile(kind Kind, limit int, patterns []Pattern) (*Program, error) {
	if limit <= 0 || limit > MaxInstructions {
		limit = MaxInstructions
	}
	p := &Program{kind: kind, limit: limit, setIndex: map[byteSet]uint32{}}
	starts := make([]uint32, 0, len(patterns))
	for _, one := range patterns {
		end := p.emit(inst{op: opMatch, arg: uint32(one.ID)})
		if kind == Word {
			end = p.emit(inst{op: opEmpty, arg: afterNonWord, out: end})
		}
		s, err := p.compile(one.Expr, end)
		if err != nil {
			return nil, fmt.Errorf("pattern %d: %w", one.ID, err)
		}
		starts = append(starts, s)
	}
	p.starts = starts
	p.start = p.emit(inst{op: opFail})
	for i := len(starts) - 1; i >= 0; i-- {
		p.start = p.emit(inst{op: opSplit, out: starts[i], arg: p.start})
	}
	if kind == Anywhere {
		loop := p.emit(inst{op: opSplit, out: p.start})
		var all byteSet
		all.add(0, 255)
		p.insts[loop].arg = p.set(all, loop)
		p.start = loop
	}
	p.partition()
	p.setIndex = nil
	return p, nil
}

func (p *Program) emit(i inst) uint32 {
	p.insts = append(p.insts, i)
	return uint32(len(p.insts) - 1)
}

func (p *Program) set(s byteSet, out uint32) uint32 {
	n, ok := p.setIndex[s]
	if !ok {
		n = uint32(len(p.sets))
		p.sets = append(p.sets, s)
		p.setIndex[s] = n
	}
	return p.emit(inst{op: opSet, arg: n, out: out})
}

// compile writes re so that it goes on at next, and returns where it begins. Text is written from its end, so that
// each instruction knows its successor; a Backward program writes it from its beginning.
func (p *Program) compile(re *syntax.Regexp, next uint32) (uint32, error) {
	if len(p.insts) > p.limit {
		return 0, ErrTooLarge
	}
	switch re.Op {
	case syntax.OpNoMatch:
		return p.emit(inst{op: opFail}), nil
	case syntax.OpEmptyMatch:
		return next, nil
	case syntax.OpLiteral:
		return p.literal(re, next), nil
	case syntax.OpCharClass:
		return p.class(re.Rune, next), nil
	case syntax.OpAnyCharNotNL:
		return p.class([]rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}, next), nil
	case syntax.OpAnyChar:
		return p.class([]rune{0, unicode.MaxRune}, next), nil
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return p.condition(re.Op, next), nil
	case syntax.OpCapture:
		return p.compile(re.Sub[0], next)
	case syntax.OpConcat:
		return p.concat(re.Sub, next)
	case syntax.OpAlternate:
		return p.alternate(re.Sub, next)
	case syntax.OpQuest:
		s, err := p.compile(re.Sub[0], next)
		return p.emit(inst{op: opSplit, out: s, arg: next}), err
	case syntax.OpStar, syntax.OpPlus:
		loop := p.emit(inst{op: opSplit, arg: next})
		s, err := p.compile(re.Sub[0], loop)
		if err != nil {
			return 0, err
		}
		p.insts[loop].out = s
		if re.Op == syntax.OpPlus {
			return s, nil
		}
		return loop, nil
	case syntax.OpRepeat:
		return p.repeat(re, next)
	}
	return 0, fmt.Errorf("operation %v is not known", re.Op)
}

func (p *Program) concat(subs []*syntax.Regexp, next uint32) (uint32, error) {
	var err error
	for i := range subs {
		sub := subs[len(subs)-1-i]
		if p.kind == Backward {
			sub = subs[i]
		}
		if next, err = p.compile(sub, next); err != nil {
			return 0, err
		}
	}
	return next, nil
}

func (p *Program) alternate(subs []*syntax.Regexp, next uint32) (uint32, error) {
	first, err := p.compile(subs[0], next)
	for _, sub := range subs[1:] {
		var s uint32
		if err == nil {
			s, err = p.compile(sub, next)
		}
		if err != nil {
			return 0, err
		}
		first = p.emit(inst{op: opSplit, out: first, arg: s})
	}
	return first, err
}

// repeat writes out x{n,m}: the optional copies nest, so that leaving early is one step.
func (p *Program) repeat(re *syntax.Regexp, next uint32) (uint32, error) {
	var err error
	at := next
	if re.Max < 0 {
		star := &syntax.Regexp{Op: syntax.OpStar, Sub: re.Sub, Flags: re.Flags}
		if at, err = p.compile(star, next); err != nil {
			return 0, err
		}
	}
	for range max(0, re.Max-re.Min) {
		if at, err = p.compile(re.Sub[0], at); err != nil {
			return 0, err
		}
		at = p.emit(inst{op: opSplit, out: at, arg: next})
	}
	for range re.Min {
		if at, err = p.compile(re.Sub[0], at); err != nil {
			return 0, err
		}
	}
	return at, nil
}

func (p *Program) condition(op syntax.Op, next uint32) uint32 {
	var e syntax.EmptyOp
	switch op {
	case syntax.OpBeginLine:
		e = syntax.EmptyBeginLine
	case syntax.OpEndLine:
		e = syntax.EmptyEndLine
	case syntax.OpBeginText:
		e = syntax.EmptyBeginText
	case syntax.OpEndText:
		e = syntax.EmptyEndText
	case syntax.OpWordBoundary:
		e = syntax.EmptyWordBoundary
	default:
		e = syntax.EmptyNoWordBoundary
	}
	if p.kind == Backward {
		e = mirrored(e)
	}
	p.context = true
	return p.emit(inst{op: opEmpty, arg: uint32(e), out: next})
}

// mirrored is the condition as it looks to somebody who reads backwards.
func mirrored(e syntax.EmptyOp) syntax.EmptyOp {
	switch e {
	case syntax.EmptyBeginLine:
		return syntax.EmptyEndLine
	case syntax.EmptyEndLine:
		return syntax.EmptyBeginLine
	case syntax.EmptyBeginText:
		return syntax.EmptyEndText
	case syntax.EmptyEndText:
		return syntax.EmptyBeginText
	}
	return e
}

func (p *Program) literal(re *syntax.Regexp, next uint32) uint32 {
	for i := range re.Rune {
		r := re.Rune[len(re.Rune)-1-i]
		if p.kind == Backward {
			r = re.Rune[i]
		}
		pairs := []rune{r, r}
		if re.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				pairs = append(pairs, f, f)
			}
		}
		next = p.class(pairs, next)
	}
	return next
}

// class writes a set of runes, given as pairs of first and last: one set for its ASCII part, sequences of byte ranges
// for the rest. Sequences share their tails.
func (p *Program) class(pairs []rune, next uint32) uint32 {
	var ascii byteSet
	var any bool
	shared := map[[3]uint32]uint32{}
	var starts []uint32
	for i := 0; i < len(pairs); i += 2 {
		lo, hi := pairs[i], pairs[i+1]
		if lo < utf8.RuneSelf {
			ascii.add(byte(lo), byte(min(hi, utf8.RuneSelf-1)))
			any = true
		}
		if hi < utf8.RuneSelf {
			continue
		}
		eachSequence(max(lo, utf8.RuneSelf), hi, func(lo, hi []byte) {
			at := next
			for j := range lo {
				k := len(lo) - 1 - j
				if p.kind == Backward {
					k = j
				}
				key := [3]uint32{uint32(lo[k]), uint32(hi[k]), at}
				s, ok := shared[key]
				if !ok {
					var set byteSet
					set.add(lo[k], hi[k])
					s = p.set(set, at)
					shared[key] = s
				}
				at = s
			}
			starts = append(starts, at)
		})
	}
	var first uint32
	switch {
	case any:
		first = p.set(ascii, next)
	case len(starts) == 0:
		return p.emit(inst{op: opFail})
	default:
		first, starts = starts[0], starts[1:]
	}
	for _, s := range starts {
		first = p.emit(inst{op: opSplit, out: first, arg: s})
	}
	return first
}

// eachSequence splits a range of runes into ranges that are a product of byte ranges in UTF-8 (RFC 3629, section 4).
func eachSequence(lo, hi rune, f func(lo, hi []byte)) {
	if lo > hi {
		return
	}
	const surrogateMin, surrogateMax = 0xD800, 0xDFFF
	if lo <= surrogateMax && hi >= surrogateMin {
		eachSequence(lo, surrogateMin-1, f)
		eachSequence(surrogateMax+1, hi, f)
		return
	}
	for _, last := range []rune{0x7F, 0x7FF, 0xFFFF} {
		if lo <= last && hi > last {
			eachSequence(lo, last, f)
			eachSequence(last+1, hi, f)
			return
		}
	}
	for bits := 6; bits <= 18; bits += 6 {
		m := rune(1)<<bits - 1
		if lo&^m == hi&^m {
			break
		}
		if lo&m != 0 {
			eachSequence(lo, lo|m, f)
			eachSequence((lo|m)+1, hi, f)
			return
		}
		if hi&m != m {
			eachSequence(lo, hi&^m-1, f)
			eachSequence(hi&^m, hi, f)
			return
		}
	}
	f(utf8.AppendRune(nil, lo), utf8.AppendRune(nil, hi))
}
