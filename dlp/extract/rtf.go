package extract

import (
	"bufio"
	"io"
	"strconv"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// codePages are Windows' charsets by number.
var codePages = map[int]encoding.Encoding{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 866: charmap.CodePage866, 874: charmap.Windows874, 932: japanese.ShiftJIS, 936: simplifiedchinese.GBK,
	949: korean.EUCKR, 950: traditionalchinese.Big5, 1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253, 1254: charmap.Windows1254,
	1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258, 10000: charmap.Macintosh,
}

// silent are destinations without text of people (Rich Text Format 1.9.1, "Destinations").
var silent = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "themedata": true, "colorschememapping": true, "latentstyles": true, "datastore": true,
	"listtable": true, "listoverridetable": true, "rsidtbl": true, "generator": true, "xmlnstbl": true, "mmathPr": true, "blipuid": true, "panose": true, "falt": true,
}

// rtf is a document on its way. A group inherits what the one around it has set.
type rtf struct {
	x     *run
	in    *bufio.Reader
	out   *bufio.Writer
	page  *encoding.Decoder
	raw   []byte // bytes of \'hh that wait to be decoded together
	high  rune
	state group
	stack []group
	after int  // characters that stand for the last \u and are left out
	fresh bool // the group has just begun: only there a word names a destination

	object []byte // an embedded object on its way
	half   byte   // the first digit of a byte of it, and 0x10; 0 for none
	depth  int    // of the group that it is in
}

type group struct {
	silent bool
	object bool // digits of an embedded object
	skip   int  // \ucN
}

// maxGroups is how deep groups may lie.
const maxGroups = 10_000

// rtfText is a document of Rich Text Format, with the objects in it.
func rtfText(x *run, r io.Reader) error {
	d := &rtf{x: x, in: bufio.NewReaderSize(r, 16<<10), out: bufio.NewWriterSize(x, 16<<10), page: charmap.Windows1252.NewDecoder(), state: group{skip: 1}}
	err := d.read()
	if ferr := d.flush(); ferr != nil {
		return ferr
	}
	if ferr := d.out.Flush(); ferr != nil {
		return ferr
	}
	return endOfText(err)
}

func (d *rtf) read() error {
	for {
		b, err := d.in.ReadByte()
		if err != nil {
			return err
		}
		switch b {
		case '{':
			if err := d.flush(); err != nil {
				return err
			}
			if len(d.stack) >= maxGroups {
				return badf(Limited, "more than %d groups deep", maxGroups)
			}
			d.stack = append(d.stack, d.state)
			d.fresh = true
		case '}':
			if err := d.flush(); err != nil {
				return err
			}
			if d.state.object && len(d.stack) == d.depth {
				if err := d.embedded(); err != nil {
					return err
				}
			}
			if n := len(d.stack); n > 0 {
				d.state, d.stack = d.stack[n-1], d.stack[:n-1]
			}
		case '\\':
			err = d.control()
		case '\r', '\n':
		default:
			d.fresh = false
			err = d.char(b)
		}
		if err != nil {
			return err
		}
	}
}

// char is a byte of text.
func (d *rtf) char(b byte) error {
	if d.after > 0 {
		d.after--
		return nil
	}
	if d.state.object {
		return d.digit(b)
	}
	if d.state.silent {
		return nil
	}
	if b >= 0x80 {
		d.raw = append(d.raw, b)
		if len(d.raw) >= 4<<10 {
			return d.flush()
		}
		return nil
	}
	if len(d.raw) == 1 { // it may be the second half of a character
		d.raw = append(d.raw, b)
		return d.flush()
	}
	if err := d.flush(); err != nil {
		return err
	}
	return d.out.WriteByte(b)
}

// flush decodes the bytes that wait.
func (d *rtf) flush() error {
	if len(d.raw) == 0 {
		return nil
	}
	text, _ := d.page.Bytes(d.raw) // what can't be decoded becomes U+FFFD
	d.raw = d.raw[:0]
	_, err := d.out.Write(text)
	return err
}

func (d *rtf) rune(c rune) error {
	if d.state.silent || d.state.object {
		return nil
	}
	if err := d.flush(); err != nil {
		return err
	}
	_, err := d.out.WriteRune(c)
	return err
}

// control is a backslash and what follows.
func (d *rtf) control() error {
	b, err := d.in.ReadByte()
	if err != nil {
		return err
	}
	if b|0x20 < 'a' || b|0x20 > 'z' {
		return d.symbol(b)
	}
	word := []byte{b}
	var number []byte
	for {
		b, err := d.in.ReadByte()
		if err != nil {
			break // the word is whole; the next read tells
		}
		if letter := b|0x20 >= 'a' && b|0x20 <= 'z'; letter && len(number) == 0 && len(word) < 64 {
			word = append(word, b)
			continue
		}
		if b >= '0' && b <= '9' && len(number) < 11 || b == '-' && len(number) == 0 {
			number = append(number, b)
			continue
		}
		if b != ' ' {
			_ = d.in.UnreadByte() // it was just read
		}
		break
	}
	n, err := strconv.Atoi(string(number))
	return d.word(string(word), n, err == nil)
}

func (d *rtf) symbol(b byte) error {
	switch b {
	case '\'':
		hex := make([]byte, 2)
		if _, err := io.ReadFull(d.in, hex); err != nil {
			return nil //nolint:nilerr // the next read tells
		}
		n, err := strconv.ParseUint(string(hex), 16, 8)
		if err != nil {
			return nil //nolint:nilerr // no character
		}
		if d.after > 0 {
			d.after--
			return nil
		}
		if !d.state.silent && !d.state.object {
			d.raw = append(d.raw, byte(n))
			if len(d.raw) >= 4<<10 {
				return d.flush()
			}
		}
		return nil
	case '*':
		// The next word names a destination that readers may not know; those that hold text are read all the same.
		return nil
	case '~':
		return d.rune('\u00a0')
	case '_':
		return d.rune('-')
	case '\r', '\n':
		return d.rune('\n')
	case '\\', '{', '}':
		return d.char(b)
	}
	return nil
}

func (d *rtf) word(word string, n int, has bool) error {
	fresh := d.fresh
	d.fresh = false
	switch word {
	case "par", "line", "row", "page", "sect", "column":
		return d.rune('\n')
	case "tab", "cell", "nestcell":
		return d.rune('\t')
	case "emdash", "endash":
		return d.rune('-')
	case "lquote", "rquote":
		return d.rune('\'')
	case "ldblquote", "rdblquote":
		return d.rune('"')
	case "ansicpg":
		if e := codePages[n]; e != nil {
			d.page = e.NewDecoder()
		}
	case "uc":
		if has && n >= 0 && n < 100 {
			d.state.skip = n
		}
	case "u":
		return d.unicode(rune(uint16(n)))
	case "bin":
		return d.bytes(int64(n))
	case "objdata":
		if !d.state.object {
			d.state.object, d.depth, d.object, d.half = true, len(d.stack), nil, 0
		}
	default:
		if fresh && silent[word] {
			d.state.silent = true
			if word == "pict" {
				d.x.res.Images++
			}
		}
	}
	return nil
}

// unicode is \uN: UTF-16, and as many characters of text after it as \ucN said stand for readers that don't know it.
func (d *rtf) unicode(c rune) error {
	d.after = d.state.skip
	switch {
	case utf16.IsSurrogate(c) && d.high != 0:
		c, d.high = utf16.DecodeRune(d.high, c), 0
	case utf16.IsSurrogate(c):
		d.high = c
		return nil
	}
	return d.rune(c)
}
