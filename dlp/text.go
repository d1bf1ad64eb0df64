package dlp

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// ErrNotText says that content is not plain text in UTF-8, so that a scan of its bytes would say nothing about it.
var ErrNotText = errors.New("not plain text in UTF-8")

// marks begin formats that may look like text and carry what is to be found in another form.
var marks = []string{"%PDF-", "{\\rtf", "%!PS", "PK\x03\x04"}

// PlainText passes r on as long as it is plain text in UTF-8, without a byte order mark, and fails with [ErrNotText]
// where it is not: another charset, a NUL, a format that only looks like text. What was read before that point says
// nothing about the whole.
func PlainText(r io.Reader) io.Reader { return &plainText{r: r, first: true} }

type plainText struct {
	r     io.Reader
	first bool
	buf   [32 << 10]byte
	n     int // bytes in buf
	ready int // of them that are checked and not yet handed on, from at on
	at    int
	err   error
}

func (p *plainText) Read(to []byte) (int, error) {
	if len(to) == 0 {
		return 0, nil
	}
	for p.ready == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.fill()
	}
	n := copy(to, p.buf[p.at:p.at+p.ready])
	p.at, p.ready = p.at+n, p.ready-n
	return n, nil
}

// fill reads more, behind the bytes of a character that the last piece had cut.
func (p *plainText) fill() {
	p.n = copy(p.buf[:], p.buf[p.at:p.n])
	p.at = 0
	var n int
	if p.first { // enough to see marks
		n, p.err = io.ReadAtLeast(p.r, p.buf[p.n:], 8)
		if errors.Is(p.err, io.ErrUnexpectedEOF) {
			p.err = io.EOF
		}
	} else {
		n, p.err = p.r.Read(p.buf[p.n:])
	}
	p.n += n
	text := p.buf[:p.n]
	if p.first {
		p.first = false
		for _, m := range marks {
			if bytes.HasPrefix(text, []byte(m)) {
				p.err = ErrNotText
				return
			}
		}
		if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
			p.at = 3
		}
	}
	i := p.at
	for i < p.n {
		if b := text[i]; b < utf8.RuneSelf {
			if b == 0 {
				p.err = ErrNotText
				return
			}
			i++
			continue
		}
		if !errors.Is(p.err, io.EOF) && !utf8.FullRune(text[i:]) {
			break
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			p.err = ErrNotText
			return
		}
		i += size
	}
	p.ready = i - p.at
}
