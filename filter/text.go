package filter

import (
	"strings"
	"unicode/utf8"
)

// separator reports whether c stands between words: comma, dot, space, dash, underscore. U+0001 and U+0002
// count too, because SQL dialects use them as markers when they join runs of separators.
func separator(c byte) bool {
	switch c {
	case ' ', ',', '.', '-', '_', 1, 2:
		return true
	}
	return false
}

// words splits s at runs of separators.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && separator(byte(r)) })
}

// phrase returns s with every run of separators as one space and none at the ends, "" when it has no word.
func phrase(s string) string { return strings.Join(words(s), " ") }

// setFrom is the number of values from which a map beats looking at each.
const setFrom = 9

// matcher compares one text with a condition's values, which are folded beforehand if the field folds. It does
// not allocate unless the text is longer than its buffer or not in NFC.
type matcher struct {
	op    Operator
	fold  bool
	wants []string
	set   map[string]struct{} // of wants, when there are many
	lens  uint64              // bit len(want)&63 of each want: most texts are refused by length alone
	ascii bool                // all wants are
}

func newMatcher(op Operator, fold bool, wants []string) *matcher {
	m := &matcher{op: op, fold: fold, wants: wants, ascii: true}
	for _, w := range wants {
		m.ascii = m.ascii && classify(w) != beyondASCII
		m.lens |= 1 << (len(w) & 63)
	}
	if (op == Eq || op == Deq) && len(wants) >= setFrom {
		m.set = make(map[string]struct{}, len(wants))
		for _, w := range wants {
			m.set[w] = struct{}{}
		}
	}
	return m
}

func (m *matcher) match(s string) bool {
	if m.op == Eq {
		return m.equals(s)
	}
	// A text that ends with a wanted one in ASCII, which never joins the character before it, needs no folding.
	if m.op == Endswith && m.ascii && matchAny(m, s) {
		return true
	}
	if m.fold && classify(s) != lowerASCII {
		return m.matchFolded(s)
	}
	return m.matchString(s)
}

// equals is match for Eq. Wanted values are folded, so a text that equals one needs no folding: the common case.
func (m *matcher) equals(s string) bool { return m.hasString(s) || m.fold && m.equalsFolded(s) }

func (m *matcher) equalsFolded(s string) bool {
	switch classify(s) {
	case lowerASCII:
		return false
	case mixedASCII:
		if m.lens&(1<<(len(s)&63)) == 0 {
			return false
		}
	}
	return m.matchFolded(s)
}

// matchFolded is apart from match so that only it pays for the buffer.
//
//go:noinline
func (m *matcher) matchFolded(s string) bool {
	var buf [256]byte
	return m.matchBytes(appendFold(buf[:0], s))
}

func (m *matcher) matchString(s string) bool {
	if m.op == Deq {
		return !m.hasString(s)
	}
	return matchAny(m, s)
}

func (m *matcher) matchBytes(b []byte) bool {
	switch m.op {
	case Eq:
		return m.hasBytes(b)
	case Deq:
		return !m.hasBytes(b)
	}
	return matchAny(m, b)
}

func (m *matcher) hasString(s string) bool {
	if m.lens&(1<<(len(s)&63)) == 0 {
		return false
	}
	if m.set != nil {
		_, ok := m.set[s]
		return ok
	}
	for _, w := range m.wants {
		if w == s {
			return true
		}
	}
	return false
}

func (m *matcher) hasBytes(b []byte) bool {
	if m.lens&(1<<(len(b)&63)) == 0 {
		return false
	}
	if m.set != nil {
		_, ok := m.set[string(b)]
		return ok
	}
	for _, w := range m.wants {
		if w == string(b) {
			return true
		}
	}
	return false
}

func matchAny[S string | []byte](m *matcher, s S) bool {
	for _, w := range m.wants {
		var hit bool
		switch m.op {
		case Contains:
			hit = hasPhrase(s, w)
		case Startswith:
			hit = hasPrefix(s, w)
		case Endswith:
			hit = len(s) >= len(w) && hasPrefix(s[len(s)-len(w):], w)
		case Substring:
			hit = hasPart(s, w)
		case Descendantof:
			hit = hasPrefix(s, w) && (len(s) == len(w) || s[len(w)] == '/')
		}
		if hit {
			return true
		}
	}
	return false
}

func hasPrefix[S string | []byte](s S, want string) bool {
	if len(s) < len(want) {
		return false
	}
	for i := range len(want) {
		if s[i] != want[i] {
			return false
		}
	}
	return true
}

// hasPart reports whether want, which is not empty, occurs in s.
func hasPart[S string | []byte](s S, want string) bool {
	for i := 0; i+len(want) <= len(s); i++ {
		if s[i] == want[0] && hasPrefix(s[i:], want) {
			return true
		}
	}
	return false
}

// hasPhrase reports whether the words of want, joined by single spaces, follow one another in s with any run of
// separators between them, beginning and ending at a word's border.
func hasPhrase[S string | []byte](s S, want string) bool {
	for i := 0; i < len(s); {
		if separator(s[i]) {
			i++
			continue
		}
		if phraseAt(s, i, want) {
			return true
		}
		for i < len(s) && !separator(s[i]) {
			i++
		}
	}
	return false
}

func phraseAt[S string | []byte](s S, i int, want string) bool {
	for k := range len(want) {
		switch {
		case i >= len(s):
			return false
		case want[k] == ' ':
			if !separator(s[i]) {
				return false
			}
			for i < len(s) && separator(s[i]) {
				i++
			}
		case s[i] != want[k]:
			return false
		default:
			i++
		}
	}
	return i >= len(s) || separator(s[i])
}
