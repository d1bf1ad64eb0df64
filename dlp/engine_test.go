package dlp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/referee-casb/referee/fault"
)

// sum10 is a check for tests: the digits add up to a multiple of ten.
func sum10(b []byte) bool {
	n := 0
	for _, c := range b {
		if c >= '0' && c <= '9' {
			n += int(c - '0')
		}
	}
	return n%10 == 0
}

// testTypes have every feature of the engine, and short texts that reach it.
func testTypes() []Type {
	return []Type{
		{ID: "digits", Keywords: []string{"card", "身份证", "kart no"}, Proximity: 12, Patterns: []Pattern{
			{Expr: `\d{4}(?:[ -]?\d{4}){1,3}`, Check: sum10, Alone: Low, Near: High},
			{Expr: `\d{6}`, Near: Medium, Without: []string{"not"}},
		}},
		{ID: "code", Keywords: []string{"kód"}, Patterns: []Pattern{{Expr: `[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2}){1,4}`, Alone: Medium}}},
		{ID: "plus", Patterns: []Pattern{{Expr: `\+\d{1,3} ?\d{3,6}`, Alone: Low}}},
		{ID: "own", Patterns: []Pattern{
			{Expr: `(?i)ab+c?|\bx[a-z]*y\b`, Anywhere: true, Alone: High},
			{Expr: `(?m)^é.?$`, Anywhere: true, Alone: Low, Near: Medium, Keywords: []string{"card"}},
			{Expr: `\pL\d+`, Anywhere: true, Check: sum10, Alone: Low},
		}},
		{ID: "words", Proximity: 5, Patterns: []Pattern{{Words: []string{"blue moon", "moon", "月", "éa"}, Alone: Low, Near: High, Keywords: []string{"card"}}}},
	}
}

func mustEngine(t testing.TB, types []Type) *Engine {
	t.Helper()
	e, err := New(types)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func scanText(t testing.TB, e *Engine, text []byte, opt Options) Report {
	t.Helper()
	r, err := e.Scan(t.Context(), bytes.NewReader(text), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// places are a report's matches without their masked text, sorted as naive sorts.
func places(r Report) []Match {
	out := slices.Clone(r.Matches)
	for i := range out {
		out[i].Masked = ""
	}
	slices.SortFunc(out, compareMatches)
	return out
}

func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	types := testTypes()
	e := mustEngine(t, types)
	texts := []string{
		"", "1", "12344321", "card 1234 4321", "身份证1234-4321号", "x1234 4321", "1234 4321 1234 4321 1", "not 123456 card", "card: 123456", "é123456 card",
		"card123456 ", "card\n\n_- 123456", "AB12 CD34 EF", "ab12 CD", "ABBBC abc xzzzy xay", "éa\né\nék card", "a19 b28 é55", "blue - moon moon card", "月月 card月",
		"card 12345678901 123456", "+49 123456", "a+49 123456 +491234", "blue\u00a0moon ＭＯＯＮ",
	}
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"1", "2", "9", "0", "1234 4321", " ", "-", "card", "not ", "身份证", "é", "\n", "ab", "c", "x", "y", "A", "B1", "+", "blue", "moon", "月", "_", "."}
	for range 400 {
		var b strings.Builder
		for range rng.IntN(14) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		texts = append(texts, b.String())
	}
	for _, text := range texts {
		compare(t, e, types, []byte(text))
	}
}

func compare(t *testing.T, e *Engine, types []Type, text []byte) {
	t.Helper()
	want := naive(types, text)
	got := places(scanText(t, e, text, Options{Matches: 1000}))
	if len(want) != len(got) || len(want) > 0 && !reflect.DeepEqual(want, got) {
		t.Errorf("%q:\n got %+v\nwant %+v", text, got, want)
	}
}

func FuzzEngine(f *testing.F) {
	types := testTypes()
	e, err := New(types)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("card 1234 4321 not 123456", uint8(3))
	f.Add("身份证1234-4321 ABBBc é\néx", uint8(1))
	f.Fuzz(func(t *testing.T, text string, cut uint8) {
		text = strings.ToValidUTF8(text, "?")
		if len(text) > 60 {
			return
		}
		compare(t, e, types, []byte(text))
	})
}

// longText has matches everywhere, over several windows.
func longText(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	parts := []string{
		"1234 4321 ", "card ", "身份证1234-4321号", "some words that say nothing at all, ", "123456 ", "not ", "ABBBBC", "xaaaay ", "é\n", "blue  moon ", "月", "+49 123456 ",
		"AB12 CD34 EF ", strings.Repeat("filler text ", 30), strings.Repeat("x", 700), strings.Repeat("\n", 40), "1234432112344321 ",
	}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.Bytes()
}

// TestSplits sees that findings and places don't depend on how a text is cut.
func TestSplits(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes())
	text := longText(400_000)
	want := scanText(t, e, text, Options{Matches: 1 << 20})
	if len(want.Matches) < 3000 {
		t.Fatalf("only %d matches: the text is no test", len(want.Matches))
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{1, 7, 1000, window - 1, window, window + 1, 1 << 20, 0, 0, 0} {
		s, err := e.Start(Options{Matches: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for rest := text; len(rest) > 0; {
			n := size
			if size == 0 {
				n = 1 + rng.IntN(100_000)
			}
			n = min(n, len(rest))
			if err := s.Feed(t.Context(), rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		got, err := s.Finish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("pieces of %d: %d matches, %+v; want %d, %+v", size, len(got.Matches), got.Findings, len(want.Matches), want.Findings)
		}
	}
	// The same text behind another beginning, so that windows fall elsewhere.
	shift := 12345
	moved := scanText(t, e, append(bytes.Repeat([]byte("\n"), shift), text...), Options{Matches: 1 << 20})
	for i := range moved.Matches {
		moved.Matches[i].Start -= int64(shift)
		moved.Matches[i].End -= int64(shift)
	}
	if !reflect.DeepEqual(moved.Matches, want.Matches) {
		t.Errorf("the same text %d bytes later: %d matches, want %d", shift, len(moved.Matches), len(want.Matches))
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes())
	text := longText(150_000)
	want := scanText(t, mustEngine(t, testTypes()), text, Options{Matches: 100})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := e.Scan(context.Background(), bytes.NewReader(text), Options{Matches: 100})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v", got.Findings, err)
			}
		})
	}
	all.Wait()
}

func TestCounts(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes()[:1])
	r := scanText(t, e, []byte("card 1234 4321, 12344321;"+strings.Repeat(" .", 20)+" 2345 5432 4000 0006 1234-4321"), Options{Matches: 1})
	if len(r.Findings) != 2 || r.Findings[0].Confidence != High || r.Findings[0].Count != 2 || r.Findings[0].Unique != 1 ||
		r.Findings[1].Confidence != Low || r.Findings[1].Count != 3 || r.Findings[1].Unique != 2 {
		t.Errorf("%+v", r.Findings)
	}
	if len(r.Matches) != 1 || r.Matches[0].Masked != "#### ####" {
		t.Errorf("%+v", r.Matches)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		last int
		want string
	}{
		{"4111 1111 1111 1234", 0, "#### #### #### ####"},
		{"4111 1111 1111 1234", 4, "#### #### #### 1234"},
		{"12345", 4, "#####"},
		{"Jürgen-9", 0, "xxxxxx-#"},
		{"a\x00b\xff", 0, "x x "},
	} {
		if got := mask([]byte(c.in), c.last); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
	if got := mask(bytes.Repeat([]byte("a1"), 400), 0); len([]rune(got)) != maxMasked {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes())
	text := []byte("card 1234 4321 blue moon ABBC " + strings.Repeat("abc ", 100_000))
	if r := scanText(t, e, text, Options{Types: []string{"words"}}); len(r.Findings) != 1 || r.Findings[0].Type != "words" {
		t.Errorf("%+v", r.Findings)
	}
	if _, err := e.Start(Options{Types: []string{"nothing"}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	r := scanText(t, e, text, Options{Enough: func(typ string, confidence, n int) bool { return typ == "own" && n >= 10 }})
	if !r.Partial || r.Bytes >= int64(len(text)) {
		t.Errorf("partial %v after %d of %d", r.Partial, r.Bytes, len(text))
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, testTypes())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Scan(ctx, bytes.NewReader(longText(1<<20)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := e.Scan(t.Context(), io.MultiReader(strings.NewReader("card"), iotest.ErrReader(io.ErrUnexpectedEOF)), Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	one := func(p Pattern) []Type { return []Type{{ID: "a", Patterns: []Pattern{p}}} }
	for name, types := range map[string][]Type{
		"id":        {{}},
		"double":    {{ID: "a"}, {ID: "a"}},
		"level":     one(Pattern{Expr: "a", Alone: 80}),
		"nothing":   one(Pattern{Expr: "a", Near: High}),
		"empty":     one(Pattern{Alone: High}),
		"both":      one(Pattern{Expr: "a", Words: []string{"b"}, Alone: High}),
		"syntax":    one(Pattern{Expr: "(", Alone: High}),
		"unbounded": one(Pattern{Expr: "a+", Alone: High}),
		"condition": one(Pattern{Expr: `a\b`, Alone: High}),
		"large":     one(Pattern{Expr: `(?:[a-z]{1000}){30}`, Alone: High, Anywhere: true}),
	} {
		if _, err := New(types); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
