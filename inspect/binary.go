package inspect

import "io"

// watch passes text on and notes whether a stretch of it is no text: compressed or encrypted bytes that lie behind a
// beginning of plain text, where some programs find an archive all the same.
type watch struct {
	w      io.Writer
	seen   int // bytes of the stretch
	odd    int // control characters among them
	binary bool
}

// A stretch of so many bytes with more than so many control characters is no text. Compressed bytes, read in a charset of
// one byte, have some fifty of them; text has next to none.
const (
	stretch = 1024
	tooOdd  = 20
)

// oddity is 1 for control characters that text doesn't have.
var oddity = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = 1
	}
	t[0x7f] = 1
	for _, c := range "\n\r\t\f\v\b\x1b" {
		t[c] = 0
	}
	return t
}()

func (b *watch) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && !b.binary; {
		n := min(len(rest), stretch-b.seen)
		for _, c := range rest[:n] {
			b.odd += int(oddity[c])
		}
		rest = rest[n:]
		b.seen += n
		b.binary = b.odd > tooOdd
		if b.seen == stretch {
			b.seen, b.odd = 0, 0
		}
	}
	return b.w.Write(p)
}
