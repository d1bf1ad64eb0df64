package filter

import (
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

var fuzzRows = []*row{
	{},
	benchRow(),
	{name: "Årsrapport.PDF", app: "x", tags: []string{"", "A b"}, sizes: []int64{-1, 7}, count: -1, admin: true, addr: netip.MustParseAddr("2001:db8::1")},
	{states: map[string]State{"user.name": Unknown, "tags": Unobtainable, "count": Unknown, "ip.address": Unobtainable}},
}

// check holds what is true of every filter that was read without a mistake.
func check(t *testing.T, tree *Node) {
	t.Helper()
	text := tree.String()
	again, ms := ParseJSON([]byte(text))
	if len(ms) > 0 {
		t.Fatalf("the canonical form is not read: %v\n%s", ms, text)
	}
	if again.String() != text {
		t.Fatalf("the canonical form changes:\n%s\n%s", text, again)
	}
	p, err := testSchema.Compile(tree)
	if err != nil {
		return
	}
	q, err := testSchema.Compile(again)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	negated, err := testSchema.Compile(NotOf(tree))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range fuzzRows {
		out := p.Eval(r, testNow)
		if got := q.Eval(r, testNow); got != out {
			t.Fatalf("row %d: %v, after a round trip %v: %s", i, out, got, text)
		}
		if got := negated.Eval(r, testNow); got != out.Not() {
			t.Fatalf("row %d: %v, negated %v: %s", i, out, got, text)
		}
		missing := 0
		p.Missing(r, testNow, func(string) { missing++ })
		if (out == Undecided) != (missing > 0) {
			t.Fatalf("row %d: %v with %d missing: %s", i, out, missing, text)
		}
		p.Explain(r, testNow)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		sevenTerms, `{}`, `null`, `[`, `{"any":[{"app":{"eq":"x"}},{"not":{"tags":{"ncontains":["a b"]}}}]}`,
		`{"count":{"range":[{"start":1,"end":"2"}],"isset":false},"when":{"gte_ndays":3,"eq":"2026-11-24"}}`, `{"a":1e999}`, "{\"\\ud800\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tree, ms := ParseJSON(text)
		if tree == nil {
			t.Fatal("no tree")
		}
		for _, m := range ms {
			if m.Line < 1 || m.Column < 1 || m.Reason == "" {
				t.Fatalf("mistake without place or reason: %+v", m)
			}
		}
		if len(ms) == 0 {
			check(t, tree)
		}
	})
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{"app: {eq: x}", "any:\n  - app: {eq: [a, b]}\n  - not: {tags: {isset: }}", "a: &x {eq: 1}\nb: *x", "&a [*a]", "? {a: b}\n: c", "<<: {app: {eq: !!binary aGk=}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n yaml.Node
		if yaml.Unmarshal([]byte(text), &n) != nil {
			return
		}
		if tree, ms := ParseYAML(&n); len(ms) == 0 {
			check(t, tree)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "abc", "ABC", "ÅRS", "A\u030A", "\u212A\u017F\u0130\u0131", "\xff\xc3", "abcdefgH", "İ\u0307", "ẞß", "Σς", "\u0130\u0301"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, s, want string) {
		folded := Fold(s)
		if !utf8.ValidString(folded) || Fold(folded) != folded {
			t.Fatalf("fold of %q is %q, fold of that %q", s, folded, Fold(folded))
		}
		want = Fold(want)
		if want == "" || s == "" {
			return
		}
		for _, c := range []struct {
			op   Operator
			want bool
		}{
			{Eq, folded == want},
			{Deq, folded != want},
			{Startswith, strings.HasPrefix(folded, want)},
			{Endswith, strings.HasSuffix(folded, want)},
			{Substring, strings.Contains(folded, want)},
			{Descendantof, folded == want || strings.HasPrefix(folded, want+"/")},
		} {
			if got := newMatcher(c.op, true, []string{want}).match(s); got != c.want {
				t.Fatalf("%q %s %q: %v, want %v", s, c.op, want, got, c.want)
			}
		}
		if p := phrase(want); p != "" {
			naive := strings.Contains(" "+phrase(folded)+" ", " "+p+" ")
			if got := newMatcher(Contains, true, []string{p}).match(s); got != naive {
				t.Fatalf("%q contains %q: %v, want %v", s, p, got, naive)
			}
		}
	})
}

// TestFoldIsStable tries every character: folding twice changes nothing, and all case variants meet.
func TestFoldIsStable(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		f := foldRune(r)
		if foldRune(f) != f {
			t.Errorf("%U folds to %U, that to %U", r, f, foldRune(f))
		}
		if boundary(r) && !boundary(f) || !boundary(r) && r < firstMark {
			t.Errorf("%U folds to %U, which joins the character before it", r, f)
		}
		if l := foldRune(unicode.ToLower(r)); l != f && unicode.ToUpper(unicode.ToLower(r)) == unicode.ToUpper(r) {
			t.Errorf("%U folds to %U, its lower case to %U", r, f, l)
		}
	}
}

func boundary(r rune) bool { return norm.NFC.PropertiesString(string(r)).BoundaryBefore() }
