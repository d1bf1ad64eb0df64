package extract

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// plainText is text of any charset: UTF-8, UTF-16 and UTF-32 with or without a byte order mark. Bytes that are none of
// these are read as Windows-1252, in which at least digits and unaccented letters are what they are in every charset
// that is based on ASCII.
func plainText(x *run, r io.Reader) error {
	_, err := io.Copy(x, unicodeReader(r))
	return err
}

// unicodeReader decodes text to UTF-8.
func unicodeReader(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, sniffed)
	head, _ := in.Peek(sniffed) // an error comes again
	if e := wide(head); e != nil {
		return transform.NewReader(in, e.NewDecoder())
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3) // they are in the buffer
	}
	return &mixed{r: in}
}

// wide returns the encoding of text whose characters take two or four bytes, nil for others.
func wide(head []byte) encoding.Encoding {
	for _, b := range []struct {
		mark string
		e    encoding.Encoding
	}{
		{"\xff\xfe\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)},
		{"\x00\x00\xfe\xff", utf32.UTF32(utf32.BigEndian, utf32.UseBOM)},
		{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
	} {
		if bytes.HasPrefix(head, []byte(b.mark)) {
			return b.e
		}
	}
	// Without a mark: most characters of most texts are below U+0100, so one byte of two is zero.
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	half := len(head) / 2
	switch {
	case half < 2:
		return nil
	case zero[1]*10 >= half*7 && zero[0]*20 < half:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zero[0]*10 >= half*7 && zero[1]*20 < half:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// decoded is the beginning of a wide text as UTF-8.
func decoded(head []byte) []byte {
	text, _, _ := transform.Bytes(wide(head).NewDecoder(), head[:len(head)&^3]) // what can be decoded is enough
	return text
}

// mixed passes UTF-8 on and reads other bytes as Windows-1252.
type mixed struct {
	r    io.Reader
	buf  [16 << 10]byte
	n    int // bytes in buf
	out  []byte
	have []byte // of out, not handed on yet
	err  error

	empty int // reads in a row that gave nothing
}

// maxEmpty is how many reads in a row may give neither bytes nor an error, as package bufio has it.
const maxEmpty = 100

func (m *mixed) Read(p []byte) (int, error) {
	for len(m.have) == 0 {
		if m.err != nil && m.n == 0 {
			return 0, m.err
		}
		m.fill()
	}
	n := copy(p, m.have)
	m.have = m.have[n:]
	return n, nil
}

func (m *mixed) fill() {
	if m.err == nil {
		var n int
		n, m.err = m.r.Read(m.buf[m.n:])
		m.n += n
		if m.empty++; n > 0 {
			m.empty = 0
		}
		if m.err == nil && m.empty >= maxEmpty {
			m.err = io.ErrNoProgress
		}
	}
	text, at := m.buf[:m.n], 0
	m.out = m.out[:0]
	for at < len(text) {
		if text[at] < 0x80 {
			m.out = append(m.out, text[at])
			at++
			continue
		}
		size := utf8At(text[at:])
		if size < 0 && m.err == nil {
			break // the rest of the character comes with the next piece
		}
		if size > 0 {
			m.out = append(m.out, text[at:at+size]...)
			at += size
			continue
		}
		m.out = append(m.out, string(charmap.Windows1252.DecodeByte(text[at]))...)
		at++
	}
	m.n = copy(m.buf[:], text[at:])
	m.have = m.out
}

// endOfText makes the end that a format didn't expect an end.
func endOfText(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
