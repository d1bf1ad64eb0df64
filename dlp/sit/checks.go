package sit

import (
	"bytes"
	"math"

	"github.com/referee-casb/referee/dlp/checksum"
)

// luhn checks all digits of a match.
func luhn(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return !checksum.Same(d) && checksum.Luhn(d)
}

// mod11x10 checks all digits of a match by ISO 7064, MOD 11,10.
func mod11x10(m []byte) bool {
	var b [32]byte
	d := checksum.Digits(b[:0], m)
	return !checksum.Same(d) && checksum.Mod11x10(d)
}

// notSame refuses placeholders of one digit.
func notSame(m []byte) bool {
	var b [32]byte
	return !checksum.Same(checksum.Digits(b[:0], m))
}

// day says whether two-digit values at places y, m and d are a date in a century that makes it one.
func day(v []byte, y, m, d int) bool {
	two := func(i int) int { return int(v[i])*10 + int(v[i+1]) }
	return checksum.Date(2000+two(y), two(m), two(d))
}

// random says whether a token looks drawn at random: at least bits of Shannon entropy a character, and both letters and
// digits.
func random(m []byte, bits float64) bool {
	var count [256]int
	letters, digits := 0, 0
	for _, c := range m {
		count[c]++
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			letters++
		}
	}
	if letters == 0 || digits == 0 {
		return false
	}
	h, n := 0.0, float64(len(m))
	for _, k := range count {
		if k > 0 {
			p := float64(k) / n
			h -= p * math.Log2(p)
		}
	}
	return h >= bits
}

// Tokens of different length and alphabet can reach different entropies, so each length has its own measure.
func random3(m []byte) bool { return random(m, 3) }

func random35(m []byte) bool { return random(m, 3.5) }

func random4(m []byte) bool { return random(m, 4) }

// afterSign is the part of an assignment behind its first = or :, without quotes and spaces.
func afterSign(m []byte) []byte {
	for i, c := range m {
		if c == '=' || c == ':' {
			m = m[i+1:]
			break
		}
	}
	for len(m) > 0 && (m[0] == ' ' || m[0] == '"' || m[0] == '\'' || m[0] == '=' || m[0] == '>') {
		m = m[1:]
	}
	return m
}

// mixed asks for both letters and digits.
func mixed(m []byte) bool { return random(m, 1) }

// varied asks that a token of letters alone is no word and no row: twelve different characters or more.
func varied(m []byte) bool {
	var seen [256]bool
	n := 0
	for _, c := range m {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n >= 12
}

// userPassword checks what stands behind the last = or : of a user name and a password.
func userPassword(m []byte) bool {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i] == '=' || m[i] == ':' {
			return realPassword(bytes.TrimLeft(m[i+1:], " \"'")) && len(m)-i > 6
		}
	}
	return false
}
