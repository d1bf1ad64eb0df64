package rewrite

import (
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Of the charsets that browsers know (Encoding Standard), ASCII bytes stand for themselves in all but UTF-16 and ISO-2022-JP.
// Those two are decoded, rewritten, and encoded again as they were. A page that slips into ISO-2022-JP without its head or
// its first bytes saying so, which browsers that guess would follow, is ambiguous.

// wide rewrites a body whose charset may be wide.
type wide struct {
	charset string // as the head says, "" unknown
	next    transformer
	begun   bool
	head    []byte // before it has begun
	decode  *encoding.Decoder
	encode  io.WriteCloser
	to      *forward
	buf     []byte // undecoded
	plain   bytes.Buffer
}

// forward lets an encoder's target change.
type forward struct{ w io.Writer }

func (f *forward) Write(p []byte) (int, error) { return f.w.Write(p) }

func (u *wide) transform(w io.Writer, piece []byte, end bool) (bool, error) {
	if !u.begun {
		if u.head = append(u.head, piece...); len(u.head) < 3 && !end {
			return false, nil
		}
		piece, u.begun = u.head, true
		u.begin(piece)
		u.head = nil
	}
	if u.decode == nil {
		return u.next.transform(w, piece, end)
	}
	u.to.w = w
	u.buf = append(u.buf, piece...)
	u.plain.Reset()
	for space := make([]byte, 4<<10); ; {
		nDst, nSrc, err := u.decode.Transform(space, u.buf, end)
		u.plain.Write(space[:nDst])
		u.buf = u.buf[:copy(u.buf, u.buf[nSrc:])]
		if err == transform.ErrShortDst { //nolint:errorlint // it is never wrapped
			continue
		}
		break
	}
	changed, err := u.next.transform(u.encode, u.plain.Bytes(), end)
	if err == nil && end {
		err = u.encode.Close()
	}
	return changed, err
}

// begin chooses by the first bytes, which count more than the head.
func (u *wide) begin(first []byte) {
	var e encoding.Encoding
	switch c := strings.ToLower(strings.Trim(u.charset, `"' `)); {
	case bytes.HasPrefix(first, []byte("\xef\xbb\xbf")):
		return
	case bytes.HasPrefix(first, []byte("\xff\xfe")):
		e = utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM)
	case bytes.HasPrefix(first, []byte("\xfe\xff")):
		e = utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)
	case c == "utf-16be", c == "unicodefffe":
		e = utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)
	case c == "utf-16", c == "utf-16le", c == "unicode", c == "ucs-2", c == "iso-10646-ucs-2", c == "csunicode", c == "unicodefeff":
		e = utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM)
	case stateful(c):
		e = japanese.ISO2022JP
	default:
		return
	}
	u.decode, u.to = e.NewDecoder(), &forward{}
	u.encode = transform.NewWriter(u.to, encoding.HTMLEscapeUnsupported(e.NewEncoder()))
}

// rest is what was kept, encoded again.
func (u *wide) rest() []byte {
	if u.decode == nil {
		return u.next.rest()
	}
	var b bytes.Buffer
	u.to.w = &b
	_, _ = u.encode.Write(u.next.rest()) // to memory
	return append(b.Bytes(), u.buf...)
}

// stateful reports ISO-2022-JP: there, escape sequences give ASCII bytes another meaning.
func stateful(charset string) bool {
	c := strings.ToLower(strings.TrimLeft(charset, `"' `))
	return strings.HasPrefix(c, "iso-2022-jp") || strings.HasPrefix(c, "csiso2022jp")
}

// unread reports escape sequences in text, of which nobody has said that they are none. text goes on where the last one ended.
func (p *page) unread(text []byte) bool {
	if p.declared && !p.jis || len(text) == 0 {
		return false
	}
	after := p.escape
	p.escape = text[len(text)-1] == 0x1b
	if after && (text[0] == '$' || text[0] == '(') {
		return true
	}
	for {
		i := bytes.IndexByte(text, 0x1b)
		if i < 0 {
			return false
		}
		if text = text[i+1:]; len(text) > 0 && (text[0] == '$' || text[0] == '(') {
			return true
		}
	}
}
