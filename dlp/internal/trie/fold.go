package trie

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSpace bounds how many bytes of spaces in text count as one space of a keyword.
const maxSpace = 32

var lower, alnum = func() (l [256]byte, a [256]bool) {
	for i := range 256 {
		b := byte(i)
		l[i] = b
		switch {
		case b >= 'A' && b <= 'Z':
			l[i], a[i] = b+'a'-'A', true
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
			a[i] = true
		case b == '\t', b == '\n', b == '\r', b == '-', b == '_':
			l[i] = ' '
		}
	}
	return l, a
}()

// Fold is how a keyword looks when it is compared: lower case, single spaces, none at its ends.
func Fold(s string) string {
	var b strings.Builder
	text := []byte(s)
	for i := 0; i < len(text); {
		r, size := foldRune(text[i:])
		i += size
		b.WriteRune(r)
		if r == ' ' {
			i = skipSpace(text, i)
		}
	}
	out := strings.Trim(b.String(), " ")
	if !strings.ContainsFunc(out, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	return out
}

// reach is how many bytes of text a folded keyword can match, with the rune after it: a space stands for a run of them,
// an ASCII character for its full-width form, a small letter for a capital that may be longer.
func reach(key string) int {
	n := utf8.UTFMax
	for _, r := range key {
		if n += utf8.UTFMax; r == ' ' {
			n += maxSpace + utf8.UTFMax
		}
	}
	return n
}

func foldRune(text []byte) (rune, int) {
	if b := text[0]; b < utf8.RuneSelf {
		return rune(lower[b]), 1
	}
	r, size := utf8.DecodeRune(text)
	switch {
	case r == '\u00AD' || r == '\u2010' || r == '\u2011' || r == '\u2013' || unicode.IsSpace(r):
		return ' ', size
	case r == '\u2019': // the typographic apostrophe
		return '\'', size
	case r >= '\uFF01' && r <= '\uFF5E': // full-width forms of ASCII
		return rune(lower[byte(r-0xFEE0)]), size
	}
	return unicode.ToLower(r), size
}

func skipSpace(text []byte, i int) int {
	for end := min(len(text), i+maxSpace); i < end; {
		r, size := foldRune(text[i:])
		if r != ' ' {
			break
		}
		i += size
	}
	return i
}

// bounded says whether words that r belongs to have borders in writing: not in scripts without spaces, nor in those
// whose articles, prepositions and endings are written together with the word.
func bounded(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && alnum[byte(r)]
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hebrew, unicode.Arabic)
}

func wordBefore(text []byte, i int) bool {
	r, size := utf8.DecodeLastRune(text[:i])
	return size > 0 && bounded(r)
}

func wordAfter(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	r, _ := utf8.DecodeRune(text[i:])
	return bounded(r)
}

// Border says whether text[start:end] stands for itself: no letter or digit of a script with word borders touches it.
func Border(text []byte, start, end int) bool {
	return !wordBefore(text, start) && !wordAfter(text, end)
}

// Whole says whether text[start:end], a keyword in itself, has the borders that its first and last letter ask for.
func Whole(text []byte, start, end int) bool {
	first, _ := utf8.DecodeRune(text[start:])
	last, _ := utf8.DecodeLastRune(text[:end])
	return !(bounded(first) && wordBefore(text, start)) && !(bounded(last) && wordAfter(text, end))
}
