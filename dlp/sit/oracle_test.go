package sit

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/internal/plain"
	"github.com/referee-casb/referee/dlp/internal/trie"
	"github.com/referee-casb/referee/test/corpus"
)

var oracleSize = flag.Int("oracle", 10_000, "bytes of each text that is compared with the standard library's regular expressions")

// TestOracle compares the matches of all types, by type, place and confidence, with what package regexp finds when it is
// asked for each expression in turn, and sees that they don't depend on how text is cut into pieces.
func TestOracle(t *testing.T) {
	t.Parallel()
	texts := hardTexts(*oracleSize)
	mixed, err := corpus.Mixed("..", *oracleSize)
	if err != nil {
		t.Fatal(err)
	}
	texts["mixed"] = mixed
	types := All()
	e, err := dlp.New(types)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := newOracle(bytes.ToValidUTF8(text, nil)).matches(types)
			if (name == "positives" || name == "disguised") && len(want) < *oracleSize/100 {
				t.Fatalf("%d matches only", len(want))
			}
			sameAsOracle(t, e, types, bytes.ToValidUTF8(text, nil), want)
		})
	}
}

// FuzzOracle does the same with texts of parts of matches.
func FuzzOracle(f *testing.F) {
	types := All()
	e, err := dlp.New(types)
	if err != nil {
		f.Fatal(err)
	}
	exprs, _ := ingredients()
	for seed := range uint64(4) {
		f.Add(seed, "card 4111 1111 1111 1111")
	}
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		all := append([]byte(strings.ToValidUTF8(text[:min(len(text), 500)], "")), corpus.Fragments(seed, exprs, 600)...)
		all = bytes.ToValidUTF8(all, nil)
		sameAsOracle(t, e, types, all, newOracle(all).matches(types))
	})
}

// ingredients are the expressions and examples of all types.
func ingredients() (exprs, positives []string) {
	for _, t := range All() {
		for _, p := range t.Patterns {
			if p.Expr != "" {
				exprs = append(exprs, p.Expr)
			}
		}
		positives = append(positives, t.Positives...)
	}
	return exprs, positives
}

// hardTexts are made to be slow.
func hardTexts(n int) map[string][]byte {
	exprs, positives := ingredients()
	return map[string][]byte{
		"fragments": corpus.Fragments(1, exprs, n),
		"positives": corpus.Joined(2, positives, n),
		"digits":    corpus.Of(3, "01234567890123456789 -./AB", n),
		"groups":    corpus.Of(4, "0123456789 ", n),
		"capitals":  corpus.Of(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -", n),
		"base64":    corpus.Of(6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_.=", n),
		"binary":    corpus.Of(7, "0123456789 \u00ff\u0001éł中Ａ", n),
		"mail":      corpus.Of(8, "aA0._-@ ", n),
		"people":    corpus.People(9, n),
		"logs":      corpus.Logs(10, n),
		"prose":     corpus.Prose(11, n),
		"disguised": disguised(corpus.Joined(12, positives, n)),
	}
}

// disguised writes digits, spaces and hyphens in other forms, and puts what isn't seen between them.
func disguised(text []byte) []byte {
	rng := rand.New(rand.NewPCG(13, 13))
	var out []byte
	for _, b := range text {
		switch k := rng.IntN(6); {
		case b >= '0' && b <= '9' && k < 4:
			out = utf8.AppendRune(out, rune(b-'0')+[]rune{0xFF10, 0x0660, 0x06F0, 0x1D7D8}[k])
		case b == ' ' && k < 3:
			out = utf8.AppendRune(out, []rune{0xA0, 0x2009, 0x3000}[k])
		case b == '-' && k < 3:
			out = utf8.AppendRune(out, []rune{0x2011, 0x2013, 0x2212}[k])
		default:
			out = append(out, b)
		}
		if rng.IntN(20) == 0 && b < utf8.RuneSelf {
			out = utf8.AppendRune(out, []rune{0x200B, 0xAD, 0xFEFF, 0x202E}[rng.IntN(4)])
		}
	}
	return out[:min(len(out), len(text))]
}

type place struct {
	typ        string
	start, end int
	confidence int
}

func sameAsOracle(t *testing.T, e *dlp.Engine, types []dlp.Type, text []byte, want []place) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(len(text)), 1))
	for _, r := range []io.Reader{bytes.NewReader(text), &pieces{text, rng}} {
		report, err := e.Scan(context.Background(), r, dlp.Options{Matches: len(text)})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]place, len(report.Matches))
		for i, m := range report.Matches {
			got[i] = place{m.Type, int(m.Start), int(m.End), m.Confidence}
		}
		sortPlaces(got)
		if slices.Equal(got, want) {
			continue
		}
		for _, p := range want {
			if !slices.Contains(got, p) {
				t.Errorf("missing: %+v %q in %q", p, text[p.start:p.end], text[max(0, p.start-40):min(len(text), p.end+40)])
			}
		}
		for _, p := range got {
			if !slices.Contains(want, p) {
				t.Errorf("too many: %+v %q in %q", p, text[p.start:p.end], text[max(0, p.start-40):min(len(text), p.end+40)])
			}
		}
		t.Fatalf("%d matches, want %d of %d types", len(got), len(want), len(types))
	}
}

func sortPlaces(list []place) {
	slices.SortFunc(list, func(a, b place) int {
		return strings.Compare(fmt.Sprintf("%09d%s%09d", a.start, a.typ, a.end), fmt.Sprintf("%09d%s%09d", b.start, b.typ, b.end))
	})
}

// pieces reads a text in pieces of all sizes.
type pieces struct {
	text []byte
	rng  *rand.Rand
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), 1+p.rng.IntN(1+p.rng.IntN(5000)))], p.text)
	p.text = p.text[n:]
	return n, nil
}

// oracle finds matches by the contract of dlp.Type with package regexp and searches for strings.
type oracle struct {
	text   []byte   // in its plain form
	origin [][2]int // by byte of text: where it lay in the text that came
	folded string
	from   []int // by byte of folded: where its character begins and ends in text
	to     []int
	found  map[string][]place // keywords, by the list's words
}

func newOracle(came []byte) *oracle {
	o := &oracle{found: map[string][]place{}}
	for i := 0; i < len(came); {
		r, size := utf8.DecodeRune(came[i:])
		p := plain.Rune(r)
		for range utf8.RuneLen(max(p, 0)) {
			if p >= 0 {
				o.origin = append(o.origin, [2]int{i, i + size})
			}
		}
		if p >= 0 {
			o.text = utf8.AppendRune(o.text, p)
		}
		i += size
	}
	text := o.text
	var b strings.Builder
	space := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		f := strings.TrimPrefix(strings.TrimSuffix(trie.Fold("a"+string(r)+"a"), "a"), "a")
		if f != " " || !space {
			b.WriteString(f)
			for range len(f) {
				o.from, o.to = append(o.from, i), append(o.to, i+size)
			}
		}
		space = f == " "
		i += size
	}
	o.folded = b.String()
	return o
}

func (o *oracle) matches(types []dlp.Type) []place {
	var out []place
	for _, t := range types {
		type candidate struct{ start, pattern int }
		var starts []candidate
		ends := map[candidate][]int{}
		for n, p := range t.Patterns {
			if p.Expr == "" {
				continue
			}
			o.search(p.Expr, func(start int, list []int) {
				c := candidate{start, n}
				starts, ends[c] = append(starts, c), list
			})
		}
		slices.SortFunc(starts, func(a, b candidate) int { return (a.start-b.start)*1000 + a.pattern - b.pattern })
		last := 0
		for i := 0; i < len(starts); {
			s := starts[i].start
			var best place
			for ; i < len(starts) && starts[i].start == s; i++ {
				if s < last {
					continue
				}
				p := t.Patterns[starts[i].pattern]
				for _, e := range ends[starts[i]] {
					if !trie.Border(o.text, s, e) || p.Check != nil && !p.Check(o.text[s:e]) {
						continue
					}
					if c := o.confidence(t, p, s, e); c > 0 {
						if c > best.confidence || c == best.confidence && e > best.end {
							best = place{t.ID, s, e, c}
						}
						break
					}
				}
			}
			if best.confidence > 0 {
				out, last = append(out, best), best.end
			}
		}
		for _, p := range t.Patterns {
			last := 0
			for _, k := range o.keywords(p.Words) {
				if k.start < last || p.Check != nil && !p.Check(o.text[k.start:k.end]) {
					continue
				}
				last = k.end
				if c := o.confidence(t, p, k.start, k.end); c > 0 {
					out = append(out, place{t.ID, k.start, k.end, c})
				}
			}
		}
	}
	for i := range out {
		out[i].start, out[i].end = o.origin[out[i].start][0], o.origin[out[i].end-1][1]
	}
	sortPlaces(out)
	return out
}

func isWordByte(text []byte, i int) bool {
	return i >= 0 && i < len(text) && syntax.IsWordChar(rune(text[i]))
}

// search calls found with each place where words begin that expr matches, and their ends, the last first.
func (o *oracle) search(expr string, found func(start int, ends []int)) {
	anywhere, here := compiled(expr, false), compiled(`^(?:`+expr+`)`, true)
	for at := 0; at < len(o.text); {
		loc := anywhere.FindIndex(o.text[at:])
		if loc == nil {
			return
		}
		start := at + loc[0]
		_, size := utf8.DecodeRune(o.text[start:])
		at = start + size
		if isWordByte(o.text, start-1) {
			continue
		}
		var ends []int
		for limit := min(len(o.text), start+4000); ; { // longer than any match
			m := here.FindIndex(o.text[start:limit])
			if m == nil || m[1] == 0 {
				break
			}
			end := start + m[1]
			if !isWordByte(o.text, end) {
				ends = append(ends, end)
			}
			_, last := utf8.DecodeLastRune(o.text[start:end])
			limit = end - last
		}
		if len(ends) > 0 {
			found(start, ends)
		}
	}
}

var expressions sync.Map // by text

func compiled(expr string, longest bool) *regexp.Regexp {
	if re, ok := expressions.Load(expr); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(expr)
	if longest {
		re.Longest()
	}
	expressions.Store(expr, re)
	return re
}

func (o *oracle) keywords(words []string) []place {
	if len(words) == 0 {
		return nil
	}
	key := strings.Join(words, "\x00")
	if list, ok := o.found[key]; ok {
		return list
	}
	var out []place
	for _, w := range words {
		w = trie.Fold(plain.String(w))
		if w == "" {
			continue
		}
		for at := 0; ; at++ {
			i := strings.Index(o.folded[at:], w)
			if i < 0 {
				break
			}
			at += i
			if start, end := o.from[at], o.to[at+len(w)-1]; trie.Whole(o.text, start, end) {
				out = append(out, place{start: start, end: end})
			}
		}
	}
	slices.SortFunc(out, func(a, b place) int { return (a.start-b.start)*1000 + a.end - b.end })
	o.found[key] = out
	return out
}

func (o *oracle) near(words []string, start, end, proximity int) bool {
	return slices.ContainsFunc(o.keywords(words), func(k place) bool {
		return k.end <= start && start-k.end <= 4*proximity && utf8.RuneCount(o.text[k.end:start]) <= proximity ||
			k.start >= end && k.start-end <= 4*proximity && utf8.RuneCount(o.text[end:k.start]) <= proximity
	})
}

func (o *oracle) confidence(t dlp.Type, p dlp.Pattern, start, end int) int {
	proximity := t.Proximity
	if proximity == 0 {
		proximity = dlp.DefaultProximity
	}
	keywords := p.Keywords
	if keywords == nil {
		keywords = t.Keywords
	}
	switch {
	case o.near(p.Without, start, end, proximity):
		return 0
	case p.Near > p.Alone && o.near(keywords, start, end, proximity):
		return p.Near
	}
	return p.Alone
}
