package filter

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which text that ignores case is compared and stored: Unicode NFC (a name typed on
// one system equals the same name uploaded from another), then each character's simple lower case by way of its
// upper case, so that all variants of a letter meet (ſ and s, K and k, ς and σ), then NFC again. Folding twice is
// folding once. Invalid UTF-8 becomes U+FFFD. Text that is folded already is returned as it is.
func Fold(s string) string {
	if classify(s) == lowerASCII {
		return s
	}
	return string(appendFold(make([]byte, 0, len(s)+8), s))
}

type class uint8

const (
	lowerASCII class = iota // no upper-case letter, no byte above 0x7F: folded already
	mixedASCII
	beyondASCII
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// classify looks at eight or four bytes at a time, the last ones overlapping those before.
func classify(s string) class {
	var high, upper uint64
	switch {
	case len(s) >= 8:
		for i := 0; i+8 < len(s); i += 8 {
			w := load(s[i : i+8])
			high |= w
			upper |= uppers(w)
		}
		w := load(s[len(s)-8:])
		high |= w
		upper |= uppers(w)
	case len(s) >= 4:
		w := uint64(half(s[:4])) | uint64(half(s[len(s)-4:]))<<32
		high |= w
		upper |= uppers(w)
	default:
		for i := range len(s) {
			c := uint64(s[i])
			high |= c
			upper |= uppers(c)
		}
	}
	switch {
	case high&highs != 0:
		return beyondASCII
	case upper&highs != 0:
		return mixedASCII
	}
	return lowerASCII
}

// uppers sets the top bit of every byte from 'A' to 'Z': it is set in the first sum and not in the second.
// Carries into a neighbour only come from bytes above 0x7F, which decide the class anyway.
func uppers(w uint64) uint64 { return (w + (0x80-'A')*ones) &^ (w + (0x80-'Z'-1)*ones) }

func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// appendFold appends Fold(s) to dst. It allocates only when dst is too small or s is not in NFC.
func appendFold(dst []byte, s string) []byte {
	begin, i := len(dst), 0
	for ; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			break
		}
		dst = append(dst, lowerByte(c))
	}
	if i == len(s) {
		return dst
	}
	// A combining mark joins the letter before it, so normalising starts over from the beginning.
	if norm.NFC.QuickSpanString(s) != len(s) {
		s, dst, i = norm.NFC.String(s), dst[:begin], 0
	}
	joins := false
	for j, r := range s[i:] {
		dst = utf8.AppendRune(dst, foldRune(r))
		joins = joins || r >= firstMark && !norm.NFC.PropertiesString(s[i+j:]).BoundaryBefore()
	}
	// A few letters fold to one that joins the mark after it: İ and an acute accent become í.
	if joins {
		dst = append(dst[:begin], norm.NFC.String(string(dst[begin:]))...)
	}
	return dst
}

// firstMark is the first character that can join the one before it.
const firstMark = 0x300

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lowerByte(byte(r)))
	}
	return unicode.ToLower(unicode.ToUpper(r))
}
