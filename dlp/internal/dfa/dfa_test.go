package dfa

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func compiled(t testing.TB, kind Kind, exprs ...string) *Machine {
	t.Helper()
	var ps []Pattern
	for i, x := range exprs {
		re, err := syntax.Parse(x, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, Pattern{ID: i, Expr: re.Simplify()})
	}
	p, err := Compile(kind, 0, ps)
	if err != nil {
		t.Fatal(err)
	}
	return New(p, 1<<20)
}

// TestClasses matches every rune of classes at the borders of UTF-8's lengths, forwards and backwards.
func TestClasses(t *testing.T) {
	t.Parallel()
	runes := []rune{0, 'a', 'Z', 0x7F, 0x80, 0xE9, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF, 'ſ', 'K', '月'}
	for _, expr := range []string{`.`, `(?s).`, `\pL`, `[^a-z]`, `(?i)k`, `(?i)s`, `[\x{80}-\x{10FFFF}]`, `[\x{801}-\x{FFFE}]`, `[é月]`, `\PL`, `[\x{FFF}-\x{40000}]`} {
		forth, back, std := compiled(t, Anchored, expr), compiled(t, Backward, expr), regexp.MustCompile(`^(?:`+expr+`)$`)
		for _, r := range runes {
			text := []byte(string(r))
			want := std.Match(text)
			if hits := forth.Match(text, 0, NoByte, true, nil); want != (len(hits) == 1 && hits[0].End == len(text)) {
				t.Errorf("%s forwards on %U: %v, want %v", expr, r, hits, want)
			}
			if hits := back.MatchBack(text, 0, len(text), NoByte, NoByte, nil); want != (len(hits) == 1 && hits[0].End == 0) {
				t.Errorf("%s backwards on %U: %v, want %v", expr, r, hits, want)
			}
		}
	}
}

// TestBombs walks texts that are made to build states: the table stays within its bounds and the ends stay right.
func TestBombs(t *testing.T) {
	t.Parallel()
	m := compiled(t, Anywhere, `(?:a|b)*a(?:a|b){14}c`, `[ab]{3}d`, `(?s)x.{40}y`)
	var text strings.Builder
	n := uint32(7)
	for range 60_000 {
		n = n*1664525 + 1013904223
		text.WriteByte("abababababcdxy.."[n>>28])
	}
	b := []byte(text.String())
	var got []int
	s := m.Search()
	for at := 0; at < len(b); {
		var h Hit
		if h, at = s.Next(b, at, len(b)); h.End >= 0 && slices.Contains(h.Patterns, 1) {
			got = append(got, h.End)
		}
	}
	var want []int
	for i := 4; i < len(b); i++ {
		if b[i-1] == 'd' && strings.Trim(string(b[i-4:i-1]), "ab") == "" {
			want = append(want, i)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d ends, want %d", len(got), len(want))
	}
	if m.Resets() == 0 || m.States() > m.max {
		t.Errorf("%d resets, %d states of %d", m.Resets(), m.States(), m.max)
	}
}

func TestHugeState(t *testing.T) {
	t.Parallel()
	exprs := make([]string, 3000)
	for i := range exprs {
		exprs[i] = strings.Repeat(string(rune('a'+i%26)), 1+i%7) + `\d`
	}
	re := make([]Pattern, len(exprs))
	for i, x := range exprs {
		p, err := syntax.Parse(x, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		re[i] = Pattern{ID: i, Expr: p.Simplify()}
	}
	p, err := Compile(Anywhere, 0, re)
	if err != nil {
		t.Fatal(err)
	}
	m := New(p, 1) // a table of the smallest size
	text := []byte(strings.Repeat("aaa1 bbbb2 zz9 ", 200))
	n := 0
	s := m.Search()
	for at := 0; at < len(text); {
		var h Hit
		if h, at = s.Next(text, at, len(text)); h.End >= 0 {
			n++
		}
	}
	if n != 599 && n != 600 {
		t.Errorf("%d ends", n)
	}
}

func FuzzProgram(f *testing.F) {
	f.Add(`a(b|c)*d`, "abcbd")
	f.Add(`(?i)\bé+$`, "xÉé")
	f.Add(`[^a]{2,3}?\B.`, "月a\nbb")
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 40 || len(text) > 40 || !utf8.ValidString(text) {
			return
		}
		re, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			return
		}
		re = re.Simplify()
		forth, err := Compile(Anchored, 20_000, []Pattern{{Expr: re}})
		if err != nil {
			return
		}
		back, err := Compile(Backward, 20_000, []Pattern{{Expr: re}})
		if err != nil {
			return
		}
		// Anchored at both ends the standard library's answer is about the whole text, with its conditions.
		whole, err := regexp.Compile(`\A(?:` + re.String() + `)\z`)
		if err != nil {
			return
		}
		std := whole.MatchString(text)
		b := []byte(text)
		hits := New(forth, 1<<16).Match(b, 0, NoByte, true, nil)
		if got := len(hits) > 0 && hits[len(hits)-1].End == len(b); got != std {
			t.Errorf("%q on %q: %v, want %v", expr, text, got, std)
		}
		hits = New(back, 1<<16).MatchBack(b, 0, len(b), NoByte, NoByte, nil)
		if got := len(hits) > 0 && hits[len(hits)-1].End == 0; got != std {
			t.Errorf("%q backwards on %q: %v, want %v", expr, text, got, std)
		}
	})
}
