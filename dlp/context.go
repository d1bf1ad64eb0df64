package dlp

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxContext is how many characters on each side of a match a report shows at most.
const MaxContext = 100

// longWord is how many letters and digits a word may have before it is taken for a secret.
const longWord = 24

// stretch is a part of the text.
type stretch struct{ start, end int64 }

// snippet is a match with the text around it. It doesn't leave the scan unmasked.
type snippet struct {
	from int64 // in the text
	text []byte
}

func (s *Scan) snippet(start, end int) snippet {
	low, high := before(s.buf, start, s.opt.Context), after(s.buf, min(end, start+maxMasked*utf8.UTFMax), s.opt.Context)
	return snippet{s.base + int64(low), append([]byte(nil), s.buf[low:max(high, min(end, len(s.buf)))]...)}
}

// contexts masks the snippets, when all matches are known: one may lie in another's context.
func (s *Scan) contexts() {
	if s.opt.Context == 0 {
		return
	}
	var all []stretch
	for i := range s.tally {
		for _, m := range s.tally[i].places {
			all = append(all, stretch{m.Start, m.End})
		}
	}
	for i := range s.tally {
		t := &s.tally[i]
		for k, a := range t.around {
			if len(a.text) == 0 {
				continue
			}
			hide := make([]bool, len(a.text)+1)
			for _, m := range all {
				for at := max(m.start-a.from, 0); at < min(m.end-a.from, int64(len(a.text))); at++ {
					hide[at] = true
				}
			}
			m := &t.places[k]
			start, end := int(m.Start-a.from), min(int(m.End-a.from), len(a.text))
			m.Context = maskAround(a.text[:start], hide[:start], true) + m.Masked + maskAround(a.text[end:], hide[end:], false)
		}
		t.around = nil
	}
}

// maskAround masks text beside a match. A word that the snippet cuts may be the rest of a secret, so it goes by what is
// there of it: cutFirst says that the cut is in front.
func maskAround(text []byte, hide []bool, cutFirst bool) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		end, n, digits, hidden := i, 0, false, false
		for end < len(text) {
			r, size := utf8.DecodeRune(text[end:])
			if unicode.IsSpace(r) || unicode.IsControl(r) {
				break
			}
			n++
			digits = digits || unicode.IsDigit(r)
			hidden = hidden || hide[end]
			end += size
		}
		if end == i {
			out.WriteByte(' ')
			_, size := utf8.DecodeRune(text[i:])
			i += size
			continue
		}
		cut := cutFirst && i == 0 || !cutFirst && end == len(text)
		secret := digits || hidden || n >= longWord || cut && n >= longWord/2
		for at := i; at < end; {
			r, size := utf8.DecodeRune(text[at:])
			switch {
			case r == utf8.RuneError:
				r = ' '
			case unicode.IsDigit(r):
				r = '#'
			case secret && (unicode.IsLetter(r) || unicode.IsMark(r)):
				r = 'x'
			}
			out.WriteRune(r)
			at += size
		}
		i = end
	}
	return out.String()
}
