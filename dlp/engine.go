package dlp

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/dlp/internal/dfa"
	"github.com/referee-casb/referee/dlp/internal/plain"
	"github.com/referee-casb/referee/dlp/internal/trie"
	"github.com/referee-casb/referee/fault"
)

// Engine looks for a set of types. It is immutable but for tables that it fills as text needs them, and safe for
// concurrent use. Building one takes milliseconds and filling its tables a few megabytes of text: keep it.
type Engine struct {
	types    []Type
	patterns []pattern
	lists    int // evidence lists

	word     *dfa.WordSet // patterns that match whole words; nil for none
	wordLen  int
	anywhere *dfa.Machine // the others
	anyLen   int
	words    *trie.Trie         // keywords that are matches: pattern numbers
	evidence *trie.Trie         // keywords that support matches: list numbers
	prints   *fingerprint.Index // nil for none
	printed  []int              // the types that prints are of

	near   int // bytes around a match in which a keyword can matter
	ahead  int // bytes of text that must follow a place to decide about it
	behind int // bytes in front of it
}

type pattern struct {
	typ           int
	alone, nearby int
	keywords      int // evidence list, -1 for none
	without       int
	proximity     int
	check         func([]byte) bool
	judge         func([]byte, int, int) (int, error)
	length        int          // the longest match in bytes
	forth, back   *dfa.Machine // of an Anywhere pattern
	anywhere      *dfa.Machine // of an Anywhere pattern, by itself
}

// The sizes of tables. They are reserved, and taken only as states are needed.
const (
	unionTable  = 24 << 20
	singleTable = 1 << 20

	// maxOne is how many instructions one Anywhere expression may come to, maxWordLen how long a whole-word match may be.
	maxOne     = 20_000
	maxWordLen = 2048
)

// New builds an engine for the types. An error says which type is wrong, and where.
func New(types []Type) (*Engine, error) {
	b := builder{e: &Engine{types: slices.Clone(types)}, listOf: map[string]int{}}
	seen := map[string]bool{}
	for i := range b.e.types {
		t := &b.e.types[i]
		if t.ID == "" || seen[t.ID] {
			return nil, fault.New(fault.Invalid, "dlp", "type %d: the id %q is empty or taken", i, t.ID)
		}
		seen[t.ID] = true
		if t.Print != nil {
			if err := t.Print.validate(); err != nil {
				return nil, fault.New(fault.Invalid, "dlp", "type %s: %v", t.ID, err)
			}
			b.e.printed = append(b.e.printed, i)
		}
		for j := range t.Patterns {
			if err := b.add(i, &t.Patterns[j]); err != nil {
				return nil, fault.New(fault.Invalid, "dlp", "type %s: pattern %d: %v", t.ID, j+1, err)
			}
		}
	}
	if err := b.finish(); err != nil {
		return nil, fault.New(fault.Invalid, "dlp", "%v", err)
	}
	return b.e, nil
}

// Types are the engine's types, in the order they were given.
func (e *Engine) Types() []Type { return slices.Clone(e.types) }

type builder struct {
	e        *Engine
	listOf   map[string]int // by the list's content
	entries  []trie.Entry
	words    []trie.Entry
	word     []dfa.Pattern
	anywhere []dfa.Pattern
}

func (b *builder) add(typ int, p *Pattern) error {
	t := &b.e.types[typ]
	for _, c := range []int{p.Alone, p.Near} {
		if c != 0 && c != Low && c != Medium && c != High {
			return fmt.Errorf("%d is not a confidence level: use 65, 75 or 85", c)
		}
	}
	one := pattern{typ: typ, alone: p.Alone, nearby: p.Near, check: p.Check, judge: p.Judge, proximity: t.Proximity}
	if one.proximity == 0 {
		one.proximity = DefaultProximity
	}
	keywords := p.Keywords
	if keywords == nil {
		keywords = t.Keywords
	}
	if p.Near == 0 {
		keywords = nil
	}
	one.keywords, one.without = b.list(keywords), b.list(p.Without)
	if one.alone == 0 && one.keywords < 0 && p.Judge == nil {
		return fmt.Errorf("without confidence of its own and without keywords it finds nothing")
	}
	number := len(b.e.patterns)
	switch {
	case (p.Expr == "") == (len(p.Words) == 0):
		return fmt.Errorf("give either an expression or words")
	case len(p.Words) > 0:
		for _, w := range p.Words {
			b.words = append(b.words, trie.Entry{Keyword: plain.String(w), ID: uint32(number)})
		}
	default:
		if err := b.expression(number, &one, p); err != nil {
			return err
		}
	}
	b.e.patterns = append(b.e.patterns, one)
	return nil
}

func (b *builder) expression(number int, one *pattern, p *Pattern) error {
	re, err := syntax.Parse(p.Expr, syntax.Perl)
	if err != nil {
		return err
	}
	re = re.Simplify()
	length, conditions := longest(re), conditional(re)
	if !p.Anywhere {
		switch {
		case length > maxWordLen:
			return fmt.Errorf("a match may be longer than %d bytes: bound its repetitions", maxWordLen)
		case conditions:
			return fmt.Errorf(`conditions such as \b and ^ are not for whole-word expressions`)
		}
		one.length = length
		b.e.wordLen = max(b.e.wordLen, length)
		b.word = append(b.word, dfa.Pattern{ID: number, Expr: re})
		return nil
	}
	one.length = min(length, MaxMatch)
	b.e.anyLen = max(b.e.anyLen, one.length)
	single := []dfa.Pattern{{ID: number, Expr: re}}
	forth, err := dfa.Compile(dfa.Anchored, maxOne, single)
	if err != nil {
		return err
	}
	back, err := dfa.Compile(dfa.Backward, maxOne, single)
	if err != nil {
		return err
	}
	anywhere, err := dfa.Compile(dfa.Anywhere, maxOne, single)
	if err != nil {
		return err
	}
	one.forth, one.back, one.anywhere = dfa.New(forth, singleTable), dfa.New(back, singleTable), dfa.New(anywhere, singleTable)
	b.anywhere = append(b.anywhere, single...)
	return nil
}

// list numbers a list of keywords, the same for the same content; -1 when it is empty.
func (b *builder) list(keywords []string) int {
	if len(keywords) == 0 {
		return -1
	}
	key := strings.Join(keywords, "\x00")
	n, ok := b.listOf[key]
	if !ok {
		n = b.e.lists
		b.e.lists++
		b.listOf[key] = n
		for _, k := range keywords {
			b.entries = append(b.entries, trie.Entry{Keyword: plain.String(k), ID: uint32(n)})
		}
	}
	return n
}

func (b *builder) finish() error {
	e := b.e
	if len(b.word) > 0 {
		var err error
		if e.word, err = dfa.NewWords(b.word, unionTable); err != nil {
			return err
		}
	}
	if len(b.anywhere) > 0 {
		p, err := dfa.Compile(dfa.Anywhere, 0, b.anywhere)
		if err != nil {
			return err
		}
		e.anywhere = dfa.New(p, unionTable)
	}
	e.words, e.evidence = trie.Build(b.words), trie.Build(b.entries)
	for i := range e.patterns {
		if p := &e.patterns[i]; p.keywords >= 0 || p.without >= 0 || p.judge != nil {
			e.near = max(e.near, p.proximity*utf8.UTFMax+e.evidence.Reach())
		}
	}
	reach := max(e.wordLen, e.anyLen, e.words.Reach()) + 2*utf8.UTFMax
	around := max(e.near, MaxContext*utf8.UTFMax)
	e.ahead, e.behind = reach+around, reach+around
	e.prints = printIndex(e.types, e.printed)
	return nil
}

// longest is the length in bytes of the longest match, more than MaxMatch when there is no bound.
func longest(re *syntax.Regexp) int {
	const endless = MaxMatch + 1
	switch re.Op {
	case syntax.OpLiteral:
		return min(endless, len(re.Rune)*utf8.UTFMax)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 && re.Rune[len(re.Rune)-1] < utf8.RuneSelf {
			return 1
		}
		return utf8.UTFMax
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return utf8.UTFMax
	case syntax.OpStar, syntax.OpPlus:
		return endless
	case syntax.OpRepeat:
		if re.Max < 0 {
			return endless
		}
		return min(endless, re.Max*longest(re.Sub[0]))
	case syntax.OpConcat:
		n := 0
		for _, s := range re.Sub {
			n = min(endless, n+longest(s))
		}
		return n
	}
	n := 0
	for _, s := range re.Sub {
		n = max(n, longest(s))
	}
	return n
}

func conditional(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, conditional)
}

// States says how many states the tables of expressions have grown to, and how often a full one was begun anew.
func (e *Engine) States() (states int, resets int64) {
	if e.word != nil {
		states, resets = e.word.States()
	}
	if e.anywhere != nil {
		states += e.anywhere.States()
		resets += e.anywhere.Resets()
	}
	return states, resets
}
