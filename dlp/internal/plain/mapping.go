package plain

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// spaces, hyphens and invisible are pairs of first and last characters.
var (
	spaces    = []rune{0x00A0, 0x00A0, 0x1680, 0x1680, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000}
	hyphens   = []rune{0x2010, 0x2015, 0x2212, 0x2212, 0xFE58, 0xFE58, 0xFE63, 0xFE63}
	invisible = []rune{
		0x00AD, 0x00AD, 0x034F, 0x034F, 0x061C, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180F, 0x200B, 0x200F, 0x202A, 0x202E,
		0x2060, 0x206F, 0x3164, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFEFF, 0xFFA0, 0xFFA0, 0xE0000, 0xE0FFF,
	}
)

// Rune is what a character becomes: itself, an ASCII character, or -1 for nothing.
func Rune(r rune) rune {
	switch {
	case r < 0x80:
		return r
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms
		return r - 0xFEE0
	case within(spaces, r):
		return ' '
	case within(hyphens, r):
		return '-'
	case within(invisible, r):
		return -1
	}
	if d := digit(r); d >= 0 {
		return '0' + d
	}
	return r
}

func within(pairs []rune, r rune) bool {
	for i := 0; i < len(pairs) && pairs[i] <= r; i += 2 {
		if r <= pairs[i+1] {
			return true
		}
	}
	return false
}

// digit is the value of a decimal digit of any script, or -1. Each range of the Unicode category Nd is one or more runs
// of the ten digits in order.
func digit(r rune) rune {
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return -1
}

// touched are the bytes with which characters that don't stay begin.
var touched = func() (t [256]bool) {
	var ranges []rune
	ranges = append(ranges, 0xFF01, 0xFF5E)
	ranges = slices.Concat(ranges, spaces, hyphens, invisible)
	for _, d := range unicode.Nd.R16 {
		ranges = append(ranges, max(0x80, rune(d.Lo)), rune(d.Hi))
	}
	for _, d := range unicode.Nd.R32 {
		ranges = append(ranges, rune(d.Lo), rune(d.Hi))
	}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			t[utf8.AppendRune(nil, r)[0]] = true
		}
	}
	return t
}()
