package dlp

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/internal/plain"
	"github.com/referee-casb/referee/dlp/internal/trie"
)

// naive finds the matches of types in text as their contract says and with none of the engine's means: every place,
// every expression, one after the other, by a simulation of the standard library's programs.
func naive(types []Type, came []byte) []Match {
	var out []Match
	text, from, to := plainly(came)
	for _, t := range types {
		var word []Pattern
		for _, p := range t.Patterns {
			switch {
			case len(p.Words) > 0:
				out = append(out, naiveWords(t, p, text)...)
			case p.Anywhere:
				out = append(out, naiveAnywhere(t, p, text)...)
			default:
				word = append(word, p)
			}
		}
		out = append(out, naiveWhole(t, word, text)...)
	}
	for i := range out {
		out[i].Start, out[i].End = from[out[i].Start], to[out[i].End-1]
	}
	slices.SortFunc(out, compareMatches)
	return out
}

// plainly writes a text in its plain form, and says where each of its bytes came from.
func plainly(text []byte) (out []byte, from, to []int64) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		became := []byte(nil)
		switch p := plain.Rune(r); {
		case p == r || r == utf8.RuneError:
			for k := range size {
				out, from, to = append(out, text[i+k]), append(from, int64(i+k)), append(to, int64(i+k+1))
			}
		case p > 0:
			became = append(became, byte(p))
		}
		for _, b := range became {
			out, from, to = append(out, b), append(from, int64(i)), append(to, int64(i+size))
		}
		i += size
	}
	return out, from, to
}

func compareMatches(a, b Match) int {
	for _, d := range []int64{a.Start - b.Start, a.End - b.End, int64(a.Confidence - b.Confidence)} {
		if d != 0 {
			return int(d)
		}
	}
	if a.Type < b.Type {
		return -1
	} else if a.Type > b.Type {
		return 1
	}
	return 0
}

func isWordByte(text []byte, i int) bool {
	return i >= 0 && i < len(text) && syntax.IsWordChar(rune(text[i]))
}

func naiveWhole(t Type, patterns []Pattern, text []byte) []Match {
	var out []Match
	last := 0
	for s := range text {
		if s < last || isWordByte(text, s-1) {
			continue
		}
		var best Match
		for _, p := range patterns {
			ends := ends(p.Expr, text, s)
			slices.Reverse(ends)
			for _, e := range ends {
				if e == s || isWordByte(text, e) || !trie.Border(text, s, e) || p.Check != nil && !p.Check(text[s:e]) {
					continue
				}
				c := naiveConfidence(t, p, text, s, e)
				if c == 0 {
					continue
				}
				if c > best.Confidence || c == best.Confidence && int64(e) > best.End {
					best = Match{Type: t.ID, Start: int64(s), End: int64(e), Confidence: c}
				}
				break
			}
		}
		if best.Confidence > 0 {
			out, last = append(out, best), int(best.End)
		}
	}
	return out
}

func naiveAnywhere(t Type, p Pattern, text []byte) []Match {
	var out []Match
	for last, e := 0, 1; e <= len(text); e++ {
		for s := last; s < e; s++ {
			ends := ends(p.Expr, text, s)
			if !slices.Contains(ends, e) {
				continue
			}
			end := ends[len(ends)-1]
			if last = end; p.Check == nil || p.Check(text[s:end]) {
				if c := naiveConfidence(t, p, text, s, end); c > 0 {
					out = append(out, Match{Type: t.ID, Start: int64(s), End: int64(end), Confidence: c})
				}
			}
			break
		}
		e = max(e, last)
	}
	return out
}

func naiveWords(t Type, p Pattern, text []byte) []Match {
	var out []Match
	last := 0
	for _, k := range naiveKeywords(p.Words, text) {
		if k.start < last || p.Check != nil && !p.Check(text[k.start:k.end]) {
			continue
		}
		last = k.end
		if c := naiveConfidence(t, p, text, k.start, k.end); c > 0 {
			out = append(out, Match{Type: t.ID, Start: int64(k.start), End: int64(k.end), Confidence: c})
		}
	}
	return out
}

// naiveKeywords are the stretches of text that are one of the words, by start and length.
func naiveKeywords(words []string, text []byte) []span {
	set := map[string]bool{}
	for _, w := range words {
		if f := trie.Fold(w); f != "" {
			set[f] = true
		}
	}
	edge := func(b []byte, first bool) bool { // a space at the edge is not of the keyword
		r, _ := utf8.DecodeRune(b)
		if !first {
			r, _ = utf8.DecodeLastRune(b)
		}
		f := trie.Fold("x" + string(r) + "x")
		return f != "x x"
	}
	var out []span
	for s := range text {
		if !utf8.RuneStart(text[s]) {
			continue
		}
		for e := s + 1; e <= len(text); e++ {
			if e < len(text) && !utf8.RuneStart(text[e]) || !edge(text[s:e], true) || !edge(text[s:e], false) || !set[trie.Fold(string(text[s:e]))] {
				continue
			}
			if trie.Whole(text, s, e) {
				out = append(out, span{s, e})
			}
		}
	}
	return out
}

func naiveConfidence(t Type, p Pattern, text []byte, s, e int) int {
	proximity := t.Proximity
	if proximity == 0 {
		proximity = DefaultProximity
	}
	near := func(words []string) bool {
		for _, k := range naiveKeywords(words, text) {
			if k.end <= s && beginnings(text[k.end:s]) <= proximity || k.start >= e && beginnings(text[e:k.start]) <= proximity {
				return true
			}
		}
		return false
	}
	keywords := p.Keywords
	if keywords == nil {
		keywords = t.Keywords
	}
	switch {
	case near(p.Without):
		return 0
	case p.Near > p.Alone && near(keywords):
		return p.Near
	}
	return p.Alone
}

// beginnings counts bytes that begin a character.
func beginnings(text []byte) (n int) {
	for _, b := range text {
		if utf8.RuneStart(b) {
			n++
		}
	}
	return n
}

// ends are where matches of expr that begin at text[start] may end, ascending.
func ends(expr string, text []byte, start int) []int {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		panic(err)
	}
	var out []int
	at := map[uint32]bool{uint32(prog.Start): true}
	before := rune(-1)
	if start > 0 {
		before, _ = utf8.DecodeLastRune(text[:start])
	}
	for i := start; len(at) > 0; {
		r, size := rune(-1), 0
		if i < len(text) {
			r, size = utf8.DecodeRune(text[i:])
		}
		flags := syntax.EmptyOpContext(before, r)
		stack, seen := []uint32{}, map[uint32]bool{}
		for pc := range at {
			stack = append(stack, pc)
		}
		next, matched := map[uint32]bool{}, false
		for len(stack) > 0 {
			pc := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[pc] {
				continue
			}
			seen[pc] = true
			switch in := prog.Inst[pc]; in.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				stack = append(stack, in.Out, in.Arg)
			case syntax.InstCapture, syntax.InstNop:
				stack = append(stack, in.Out)
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(in.Arg)&^flags == 0 {
					stack = append(stack, in.Out)
				}
			case syntax.InstMatch:
				matched = true
			case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				if size > 0 && in.MatchRune(r) {
					next[in.Out] = true
				}
			}
		}
		if matched {
			out = append(out, i)
		}
		if size == 0 {
			break
		}
		before, at = r, next
		i += size
	}
	return out
}
