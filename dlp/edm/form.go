package edm

import (
	"unicode"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/internal/plain"
)

// normal appends a value's normal form to out. What has none, or too long a one, is empty.
func (f Form) normal(out, value []byte) []byte {
	begin := len(out)
	switch f {
	case FormDigits, FormAlnum:
		for i := 0; i < len(value); {
			r, size := utf8.DecodeRune(value[i:])
			i += size
			if r = plain.Rune(r); r >= '0' && r <= '9' {
				out = append(out, byte(r))
			} else if f == FormAlnum && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				out = utf8.AppendRune(out, unicode.ToLower(r))
			}
		}
	case FormText, FormExact:
		for at := 0; at < len(value); {
			start, end, next := nextWord(value, at)
			at = next
			if start == end {
				continue
			}
			if len(out) > begin {
				out = append(out, ' ')
			}
			out = f.word(out, value[start:end])
		}
	}
	if len(out)-begin > maxValue {
		out = out[:begin]
	}
	return out
}

// word appends one word's normal form. Characters become what they are in texts that the engine reads.
func (f Form) word(out, word []byte) []byte {
	for i := 0; i < len(word); {
		if b := word[i]; b < utf8.RuneSelf {
			if f == FormText && b >= 'A' && b <= 'Z' {
				b += 'a' - 'A'
			}
			out = append(out, b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(word[i:])
		i += size
		switch r = plain.Rune(r); {
		case r < 0:
			continue
		case r == '\u2019': // the typographic apostrophe
			r = '\''
		case f == FormText:
			r = unicode.ToLower(r)
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// nextWord finds the word that begins at at or after it: what stands between spaces, and commas and the like that tables
// in text are parted with, without punctuation around it. start equals end when there was punctuation only.
func nextWord(text []byte, at int) (start, end, next int) {
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if !parting(r) {
			break
		}
		at += size
	}
	start, next = at, at
	for next < len(text) {
		r, size := utf8.DecodeRune(text[next:])
		if parting(r) {
			break
		}
		next += size
	}
	end = next
	for start < end {
		r, size := utf8.DecodeRune(text[start:end])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			break
		}
		start += size
	}
	for end > start {
		r, size := utf8.DecodeLastRune(text[start:end])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			break
		}
		end -= size
	}
	return start, end, next
}

func parting(r rune) bool {
	switch r {
	case ',', ';', '|', '"', ':', '=', '<', '>', '(', ')', '[', ']', '{', '}':
		return true
	}
	return r != utf8.RuneError && (unicode.IsSpace(r) || unicode.IsControl(r))
}
