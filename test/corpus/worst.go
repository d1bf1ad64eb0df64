package corpus

import (
	"bytes"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Of is n bytes of characters drawn from an alphabet.
func Of(seed uint64, alphabet string, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 20))
	runes := []rune(alphabet)
	out := make([]byte, 0, n+utf8.UTFMax)
	for len(out) < n {
		out = utf8.AppendRune(out, runes[rng.IntN(len(runes))])
	}
	return out[:n]
}

// Joined is n bytes of the given texts in random order, one a line.
func Joined(seed uint64, texts []string, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 21))
	var out bytes.Buffer
	for out.Len() < n {
		out.WriteString(texts[rng.IntN(len(texts))])
		out.WriteByte('\n')
	}
	return out.Bytes()[:n]
}

// Fragments is n bytes of beginnings, middles and wholes of matches of the expressions, run into each other or with
// separators between: what drives an automaton of them all through as many of its states as there are.
func Fragments(seed uint64, exprs []string, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 22))
	trees := make([]*syntax.Regexp, len(exprs))
	for i, x := range exprs {
		re, err := syntax.Parse(x, syntax.Perl)
		if err != nil {
			panic(err)
		}
		trees[i] = re.Simplify()
	}
	var out bytes.Buffer
	for out.Len() < n {
		var one strings.Builder
		Match(rng, trees[rng.IntN(len(trees))], &one)
		text := []rune(one.String())
		switch rng.IntN(4) {
		case 0:
			text = text[:rng.IntN(len(text)+1)]
		case 1:
			text = text[rng.IntN(len(text)+1):]
		case 2:
			if len(text) > 0 {
				text[rng.IntN(len(text))] = rune("0A a-.,@é"[rng.IntN(9)])
			}
		}
		out.WriteString(string(text))
		out.WriteString([]string{" ", "\n", "-", "", ".", ", ", ":", "\t"}[rng.IntN(8)])
	}
	return out.Bytes()[:n]
}

// Match writes a random text that the expression matches; endless repetition stops after a few.
func Match(rng *rand.Rand, re *syntax.Regexp, out *strings.Builder) {
	times := func(low, high int) {
		for range low + rng.IntN(high-low+1) {
			Match(rng, re.Sub[0], out)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			out.WriteRune(r)
		}
	case syntax.OpCharClass:
		k := 2 * rng.IntN(len(re.Rune)/2)
		lo, hi := re.Rune[k], re.Rune[k+1]
		out.WriteRune(lo + rune(rng.IntN(int(min(hi-lo, 200))+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte(byte(' ' + rng.IntN(90)))
	case syntax.OpConcat:
		for _, s := range re.Sub {
			Match(rng, s, out)
		}
	case syntax.OpAlternate:
		Match(rng, re.Sub[rng.IntN(len(re.Sub))], out)
	case syntax.OpCapture:
		Match(rng, re.Sub[0], out)
	case syntax.OpStar:
		times(0, 4)
	case syntax.OpPlus:
		times(1, 4)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		high := re.Max
		if high < 0 {
			high = re.Min + 4
		}
		times(re.Min, high)
	}
}
