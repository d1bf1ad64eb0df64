package plain

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"4111 1111": "4111 1111", "４１１１\u3000１１１１": "4111 1111", "٤١١١\u00A0۱۱": "4111 11", "41\u200B11\u00AD11": "411111", "1\u20112\u20133\u22124": "1-2-3-4",
		"naïve — é": "naïve - é", "𝟜𝟙": "41", "१२३": "123", "ＡＢ＠ｅ．ｃ": "AB@e.c", "аbс": "аbс", "кредитная карта": "кредитная карта", "1\ufe0f2": "12",
	} {
		if got := String(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestDigits compares with the values that Unicode's own ordering implies: the zero of each run is ten before the next.
func TestDigits(t *testing.T) {
	t.Parallel()
	n := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Nd, r) {
			if n++; digit(r) < 0 || digit(r) > 9 {
				t.Errorf("%U is %d", r, digit(r))
			}
			if !touched[utf8.AppendRune(nil, r)[0]] {
				t.Errorf("%U is passed over", r)
			}
		}
	}
	for r, want := range map[rune]rune{'٣': 3, '۹': 9, '७': 7, '๕': 5, '０': 0, '𝟗': 9, '𝟘': 0, '𝟡': 9, '🯹': 9} {
		if digit(r) != want {
			t.Errorf("%c is %d, want %d", r, digit(r), want)
		}
	}
	if n < 600 {
		t.Errorf("%d digits", n)
	}
}

// simple does the same a character at a time, and says where each byte came from.
func simple(text []byte) (out []byte, from, to []int64) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		p := Rune(r)
		switch {
		case p < 0:
		case p == r || r == utf8.RuneError:
			for k := range size {
				out, from, to = append(out, text[i+k]), append(from, int64(i+k)), append(to, int64(i+k+1))
			}
		default:
			out, from, to = append(out, byte(p)), append(from, int64(i)), append(to, int64(i+size))
		}
		i += size
	}
	return out, from, to
}

// FuzzText cuts a text into pieces, and compares with the simple way, places included.
func FuzzText(f *testing.F) {
	f.Add([]byte("４１\u200b１１\u00ad\u00a0٤ x\xe2\x80"), uint8(1))
	f.Add([]byte("plain text, long enough for eight bytes at once \xf0\x9d\x9f"), uint8(3))
	f.Add([]byte("\xef\xbc\x94\xff\xef\xbc\xef\xbc\x95"), uint8(2))
	f.Add([]byte(strings.Repeat("é\u2011１", 20)), uint8(7))
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		want, from, to := simple(text)
		var x Text
		var got []byte
		for rest := text; len(rest) > 0; {
			n := min(len(rest), 1+int(step)%9)
			held := x.held
			before := len(got)
			got = x.Append(got, rest[:n])
			if len(got)-before > n+held {
				t.Fatalf("%d bytes from %d", len(got)-before, n+held)
			}
			rest = rest[n:]
		}
		got = x.End(got)
		if !bytes.Equal(got, want) {
			t.Fatalf("%q becomes %q, want %q", text, got, want)
		}
		for start := 0; start < len(got); start++ {
			for _, end := range []int{start + 1, (start + len(got) + 1) / 2, len(got)} {
				if end <= start {
					continue
				}
				if a, b := x.Origin(int64(start), int64(end)); a != from[start] || b != to[end-1] {
					t.Fatalf("%q: %d to %d came from %d to %d, want %d to %d", text, start, end, a, b, from[start], to[end-1])
				}
			}
			x.Forget(int64(start))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for name, text := range map[string]string{"ascii": "The quick brown fox 4111 1111. ", "cyrillic": "Кредитная карта номер 4111. ", "japanese": "クレジットカード番号４１１１。"} {
		piece := []byte(strings.Repeat(text, 2000))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(piece)))
			out := make([]byte, 0, len(piece))
			for b.Loop() {
				var t Text
				out = t.Append(out[:0], piece)
			}
		})
	}
}
