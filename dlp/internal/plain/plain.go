// Package plain writes text so that numbers look alike however they were typed: digits of all scripts and full-width
// forms as ASCII, hyphens, dashes and the minus as -, spaces of all widths as a space, and nothing for what isn't seen
// (zero-width and soft characters, marks of direction, variation selectors). It is the part of Unicode's NFKC, and the
// little beyond it, that a number can be hidden with. Letters that merely look alike stay what they are.
//
// It owns the mapping and where each byte came from; it knows nothing of types and matches. ASCII text, and text of
// letters, passes at the speed of copying. L1, pure. Begin with [Text.Append]; mapping.go says what becomes of what.
package plain

import (
	"encoding/binary"
	"sort"
	"unicode/utf8"
)

// Text is a text on its way through, in pieces of any size. Its zero value is at the beginning of a text.
type Text struct {
	pending [utf8.UTFMax]byte // the beginning of a character whose rest is in the next piece
	held    int
	written int64 // bytes given out so far
	removed int64 // bytes that are fewer than came in
	shifts  []shift
}

// shift says that bytes given out from at on came removed bytes later.
type shift struct {
	at, removed int64
	gone        bool // something in front of at left nothing, rather than became shorter
}

// Append appends what piece becomes to dst, never more than was held back and came in.
func (t *Text) Append(dst, piece []byte) []byte {
	for t.held > 0 && len(piece) > 0 {
		dst, piece = t.complete(dst, piece)
	}
	for len(piece) > 0 {
		n := untouched(piece)
		dst = append(dst, piece[:n]...)
		t.written += int64(n)
		if piece = piece[n:]; len(piece) == 0 {
			break
		}
		if !utf8.FullRune(piece) {
			t.held = copy(t.pending[:], piece)
			break
		}
		r, size := utf8.DecodeRune(piece)
		dst = t.one(dst, piece[:size], r)
		piece = piece[size:]
	}
	return dst
}

// complete takes bytes of the piece until what is held is a character, or can't be one.
func (t *Text) complete(dst, piece []byte) ([]byte, []byte) {
	for len(piece) > 0 && !utf8.FullRune(t.pending[:t.held]) {
		t.pending[t.held] = piece[0]
		t.held++
		piece = piece[1:]
	}
	if !utf8.FullRune(t.pending[:t.held]) {
		return dst, piece
	}
	held := t.pending[:t.held]
	t.held = 0
	for len(held) > 0 { // more than one, when the first isn't valid
		if !utf8.FullRune(held) {
			t.held = copy(t.pending[:], held)
			break
		}
		r, size := utf8.DecodeRune(held)
		dst = t.one(dst, held[:size], r)
		held = held[size:]
	}
	return dst, piece
}

// End ends the text: it appends what is held back, which is no whole character.
func (t *Text) End(dst []byte) []byte {
	dst = append(dst, t.pending[:t.held]...)
	t.written += int64(t.held)
	t.held = 0
	return dst
}

func (t *Text) one(dst, char []byte, r rune) []byte {
	to := Rune(r)
	switch {
	case to == r || r == utf8.RuneError:
		t.written += int64(len(char))
		return append(dst, char...)
	case to < 0:
		t.removed += int64(len(char))
	default:
		dst = append(dst, byte(to))
		t.written++
		t.removed += int64(len(char)) - 1
	}
	t.shifts = append(t.shifts, shift{t.written, t.removed, to < 0})
	return dst
}

// Origin is where a stretch of what was given out, from start to end, lies in the text that came in.
func (t *Text) Origin(start, end int64) (from, to int64) {
	i := sort.Search(len(t.shifts), func(i int) bool { return t.shifts[i].at > start })
	if i > 0 {
		start += t.shifts[i-1].removed
	}
	i = sort.Search(len(t.shifts), func(i int) bool { return t.shifts[i].at > end || t.shifts[i].at == end && t.shifts[i].gone })
	if i > 0 {
		end += t.shifts[i-1].removed
	}
	return start, end
}

// Forget says that nothing before at, of what was given out, is asked for any more.
func (t *Text) Forget(at int64) {
	i := sort.Search(len(t.shifts), func(i int) bool { return t.shifts[i].at > at })
	if i > 1 { // the last one in front still holds for what follows
		t.shifts = t.shifts[:copy(t.shifts, t.shifts[i-1:])]
	}
}

// untouched is how many bytes at the front stay as they are for sure.
func untouched(text []byte) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if binary.LittleEndian.Uint64(text[i:])&0x8080808080808080 != 0 {
			if n := next(text[i : i+8]); n < 8 {
				return i + n
			}
		}
	}
	return i + next(text[i:])
}

func next(text []byte) int {
	for i, b := range text {
		if touched[b] {
			return i
		}
	}
	return len(text)
}

// String is what a whole text becomes.
func String(s string) string {
	if untouched([]byte(s)) == len(s) {
		return s
	}
	var t Text
	return string(t.End(t.Append(nil, []byte(s))))
}
