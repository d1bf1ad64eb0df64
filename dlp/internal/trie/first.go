package trie

import "unicode/utf8"

// firsts tell from five bytes of text whether a keyword can begin there, which for most words it can't: bytes 0 to 2 are
// looked up in one table of bits, bytes 2 to 4 in another. Letters, digits and the rest are told apart in five bits.
type firsts [2][1 << 15 / 64]uint64

// code is a byte in five bits, after folding; other is what anything may stand for.
var code = func() (c [256]uint16) {
	for b := range c {
		switch f := lower[b]; {
		case b >= utf8.RuneSelf:
			c[b] = other
		case f >= 'a' && f <= 'z':
			c[b] = uint16(f-'a') + 1
		case f >= '0' && f <= '9':
			c[b] = 27
		case f == ' ':
			c[b] = 28
		default:
			c[b] = 29
		}
	}
	return c
}()

const other = 31

func (f *firsts) has(text []byte, i int) bool {
	if i+5 > len(text) {
		return true
	}
	five := text[i : i+5]
	middle := code[five[2]]
	h := code[five[0]]<<10 | code[five[1]]<<5 | middle
	if f[0][h/64]>>(h%64)&1 == 0 {
		return false
	}
	h = middle<<10 | code[five[3]]<<5 | code[five[4]]
	return f[1][h/64]>>(h%64)&1 != 0
}

// add takes a folded keyword.
func (f *firsts) add(key string) {
	var at [5][]uint16 // what each byte of text may be
	open := false      // behind the keyword's end, a space, which may be several, or what has forms of other lengths
	for k := range at {
		if open = open || k >= len(key) || k > 0 && (key[k-1] == ' ' || key[k-1] >= utf8.RuneSelf); open {
			for c := range uint16(32) {
				at[k] = append(at[k], c)
			}
			continue
		}
		at[k] = []uint16{code[key[k]], other} // an ASCII character may be written in a wider form
	}
	for half := range f {
		if len(at[2*half]) == 32 { // anything: what follows is, too
			for i := range f[half] {
				f[half][i] = ^uint64(0)
			}
			continue
		}
		for _, a := range at[2*half] {
			for _, b := range at[2*half+1] {
				for _, c := range at[2*half+2] {
					h := a<<10 | b<<5 | c
					f[half][h/64] |= 1 << (h % 64)
				}
			}
		}
	}
}
