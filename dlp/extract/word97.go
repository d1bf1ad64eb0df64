package extract

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding/charmap"
)

// word is a document of Word 97 to 2003 ([MS-DOC]): all its characters, of body, notes, headers, comments and text boxes,
// stand in pieces that the table stream lists.
func (c *compound) word(f *mscfb.File) error {
	data, err := c.all(f)
	if err != nil {
		return err
	}
	if len(data) < 0x1aa || binary.LittleEndian.Uint16(data) != 0xa5ec {
		return badf(Unsupported, "a Word document of before 97")
	}
	flags := binary.LittleEndian.Uint16(data[0x0a:])
	if flags&0x0100 != 0 {
		return badf(Encrypted, "the document has a password")
	}
	if binary.LittleEndian.Uint16(data[2:]) < 0xc1 {
		return badf(Unsupported, "a Word document of before 97")
	}
	table := "0Table"
	if flags&0x0200 != 0 {
		table = "1Table"
	}
	tables, err := c.beside(f, table)
	if err != nil {
		return err
	}
	at, size := binary.LittleEndian.Uint32(data[0x1a2:]), binary.LittleEndian.Uint32(data[0x1a6:])
	if uint64(at)+uint64(size) > uint64(len(tables)) {
		return errShort
	}
	pieces, err := pieceTable(tables[at : at+size])
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if p.at < 0 || p.size < 0 || p.at+p.size > len(data) {
			return errShort
		}
		text := data[p.at : p.at+p.size]
		var s string
		if p.wide {
			s = utf16Text(text)
		} else {
			s = ansi(text)
		}
		if err := c.x.text(wordMarks.Replace(s)); err != nil {
			return err
		}
	}
	return nil
}

// wordMarks are the characters that stand for structure ([MS-DOC] 2.4.1, 2.8.25): ends of paragraphs, lines, pages and
// cells, and the borders of fields.
var wordMarks = strings.NewReplacer("\r", "\n", "\v", "\n", "\f", "\n", "\x0e", "\n", "\a", "\t", "\x1e", "-", "\x1f", "", "\x13", " ", "\x14", " ", "\x15", " ", "\x00", "", "\x01", "", "\x02", "", "\x05", "", "\x08", "")

// piece is a run of characters in the document's stream, in bytes.
type piece struct {
	at, size int
	wide     bool
}

// pieceTable reads a Clx ([MS-DOC] 2.9.38): changes of formats, then the pieces.
func pieceTable(clx []byte) ([]piece, error) {
	for len(clx) > 3 && clx[0] == 1 {
		n := 3 + int(binary.LittleEndian.Uint16(clx[1:]))
		if n > len(clx) {
			return nil, errShort
		}
		clx = clx[n:]
	}
	if len(clx) < 5 || clx[0] != 2 {
		return nil, errShort
	}
	size := int(binary.LittleEndian.Uint32(clx[1:]))
	if clx = clx[5:]; size > len(clx) || size < 4 {
		return nil, errShort
	}
	n := (size - 4) / 12
	var out []piece
	for i := range n {
		from, to := binary.LittleEndian.Uint32(clx[4*i:]), binary.LittleEndian.Uint32(clx[4*i+4:])
		where := binary.LittleEndian.Uint32(clx[4*(n+1)+8*i+2:])
		if to < from || to-from > 1<<29 {
			return nil, errShort
		}
		p := piece{at: int(where & 0x3fffffff), size: int(to - from), wide: where&0x40000000 == 0}
		if p.wide {
			p.size *= 2
		} else {
			p.at /= 2
		}
		out = append(out, p)
	}
	return out, nil
}

// utf16Text is UTF-16, little endian.
func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// ansi is Windows-1252.
func ansi(b []byte) string {
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(s)
}
