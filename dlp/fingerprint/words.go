package fingerprint

import (
	"unicode"
	"unicode/utf8"
)

// Shingle is how many words are hashed together. Fewer would be found in any text, more would not survive the blanks of a
// form that people fill in.
const Shingle = 4

// The hash of a word is FNV-1a's over its lower-case runes, stirred, for the sums of shingles.
const (
	offset64 = 14695981039346656037
	prime64  = 1099511628211
)

// Prints are compared with those of other versions: how words are cut and hashed must stay as it is.
var lower = func() (l [utf8.RuneSelf]byte) {
	for i := range l {
		switch b := byte(i); {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
			l[i] = b
		case b >= 'A' && b <= 'Z':
			l[i] = b + 'a' - 'A'
		}
	}
	return l
}()

// shingler turns text, in pieces of any size, into the hashes of its shingles.
type shingler struct {
	words [Shingle]uint64 // the last ones, a ring
	n     int
	word  uint64 // the hash so far
	open  bool   // within a word
	rest  [utf8.UTFMax]byte
	kept  int // bytes of a rune that was cut, in rest
}

// feed calls emit for each shingle that ends in text.
func (s *shingler) feed(text []byte, emit func(uint64)) {
	for s.kept > 0 && len(text) > 0 { // a rune that the last piece began
		s.rest[s.kept] = text[0]
		s.kept++
		text = text[1:]
		if head := s.rest[:s.kept]; utf8.FullRune(head) || s.kept == utf8.UTFMax {
			r, size := utf8.DecodeRune(head)
			left := s.rest
			n := s.kept
			s.kept = 0
			s.rune(r, emit)
			s.feed(left[size:n], emit)
		}
	}
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			i++
			if l := lower[b]; l != 0 {
				if !s.open {
					s.open, s.word = true, offset64
				}
				s.word = (s.word ^ uint64(l)) * prime64
			} else if s.open {
				s.close(emit)
			}
			continue
		}
		if !utf8.FullRune(text[i:]) {
			s.kept = copy(s.rest[:], text[i:])
			return
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		s.rune(r, emit)
	}
}

// end closes the last word.
func (s *shingler) end(emit func(uint64)) {
	s.kept = 0
	if s.open {
		s.close(emit)
	}
}

func (s *shingler) rune(r rune, emit func(uint64)) {
	switch {
	case r < utf8.RuneSelf:
		s.feed([]byte{byte(r)}, emit)
		return
	case unicode.IsMark(r) && s.open:
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		if s.open {
			s.close(emit)
		}
		return
	case alone(r): // scripts that don't part words: each sign is one
		if s.open {
			s.close(emit)
		}
		s.open, s.word = true, offset64
		s.mix(r)
		s.close(emit)
		return
	}
	if !s.open {
		s.open, s.word = true, offset64
	}
	s.mix(unicode.ToLower(r))
}

func (s *shingler) mix(r rune) {
	for range 3 {
		s.word = (s.word ^ uint64(r&0xff)) * prime64
		r >>= 8
	}
}

func alone(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func (s *shingler) close(emit func(uint64)) {
	s.open = false
	s.words[s.n%Shingle] = stir(s.word)
	s.n++
	if s.n < Shingle {
		return
	}
	h := uint64(0)
	for i := range Shingle {
		h = h*prime64 + s.words[(s.n+i)%Shingle]
	}
	emit(stir(h))
}

// stir spreads a hash over all bits (the finalizer of SplitMix64, Steele, Lea, Flood 2014).
func stir(h uint64) uint64 {
	h ^= h >> 30
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 27
	h *= 0x94d049bb133111eb
	return h ^ h>>31
}
