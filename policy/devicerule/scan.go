package devicerule

import (
	"fmt"
	"strings"
	"unicode"
)

// MaxLength is how many characters Entra takes in a rule.
const MaxLength = 3072

// Mistake is one thing wrong with a rule.
type Mistake struct {
	At     int    // which character of the rule, from 1
	Reason string // one lower-case sentence without full stop
	Advice string // the same, or ""
}

// String returns the mistake in one line.
func (m Mistake) String() string {
	s := fmt.Sprintf("character %d: %s", m.At, m.Reason)
	if m.Advice != "" {
		s += "; " + m.Advice
	}
	return s
}

type kind uint8

const (
	end    kind = iota
	word        // a name, an operator, true, false, null
	text        // in quotes
	symbol      // ( ) [ ] ,
	broken      // reported already
)

type token struct {
	kind kind
	s    string // of a word as written, of a text without quotes
	at   int
}

// shown returns the token for a message.
func (t token) shown() string {
	switch t.kind {
	case end:
		return "the end of the rule"
	case text:
		return `"` + clip(t.s) + `"`
	case word, symbol, broken:
	}
	return clip(t.s)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

type scanner struct {
	text     []rune
	i        int
	mistakes []Mistake
}

func (s *scanner) wrong(at int, advice, reason string, args ...any) {
	s.mistakes = append(s.mistakes, Mistake{At: at, Reason: fmt.Sprintf(reason, args...), Advice: advice})
}

func (s *scanner) next() token {
	for s.i < len(s.text) && unicode.IsSpace(s.text[s.i]) {
		s.i++
	}
	at := s.i + 1
	if s.i == len(s.text) {
		return token{end, "", at}
	}
	switch c := s.text[s.i]; {
	case strings.ContainsRune("()[],", c):
		s.i++
		return token{symbol, string(c), at}
	case c == '"' || c == '\'':
		return s.quoted(c)
	case c == '“' || c == '”' || c == '‘' || c == '’':
		s.wrong(at, `type " instead`, "%c is a typographic quotation mark", c)
		s.i++
		for s.i < len(s.text) && !strings.ContainsRune("“”‘’\"'", s.text[s.i]) {
			s.i++
		}
		s.i = min(s.i+1, len(s.text))
		return token{broken, "", at}
	}
	from := s.i
	for s.i < len(s.text) && !unicode.IsSpace(s.text[s.i]) && !strings.ContainsRune("()[],\"'", s.text[s.i]) {
		s.i++
	}
	return token{word, string(s.text[from:s.i]), at}
}

// quoted reads a text in quotes; \" and \\ stand for " and \.
func (s *scanner) quoted(mark rune) token {
	at := s.i + 1
	var b strings.Builder
	for s.i++; s.i < len(s.text); s.i++ {
		c := s.text[s.i]
		switch {
		case c == mark:
			s.i++
			return token{text, b.String(), at}
		case c == '\\' && s.i+1 < len(s.text) && (s.text[s.i+1] == mark || s.text[s.i+1] == '\\'):
			s.i++
			c = s.text[s.i]
		}
		b.WriteRune(c)
	}
	s.wrong(at, "add "+string(mark)+" where the value ends", "the quotation mark is never closed")
	return token{broken, "", at}
}
