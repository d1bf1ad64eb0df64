package extract

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/richardlehane/mscfb"
)

// Records of BIFF ([MS-XLS] 2.3) that hold what people wrote.
const (
	xlsFilePass   = 0x002f
	xlsHeader     = 0x0014
	xlsFooter     = 0x0015
	xlsContinue   = 0x003c
	xlsSheet      = 0x0085
	xlsMulRK      = 0x00bd
	xlsRString    = 0x00d6
	xlsSST        = 0x00fc
	xlsLabelSST   = 0x00fd
	xlsTxO        = 0x01b6
	xlsHyperlink  = 0x01b8
	xlsNumber     = 0x0203
	xlsLabel      = 0x0204
	xlsString     = 0x0207
	xlsRK         = 0x027e
	xlsFormula    = 0x0006
	xlsBOF        = 0x0809
	xlsRowMissing = -1
)

// book is a workbook of Excel 5 to 2003 on its way.
type book struct {
	x      *run
	wide   bool // BIFF8: strings say how many bytes their characters have
	shared []string
	row    int
}

// excel is a workbook: cells row by row with tabs between them, names of sheets, comments, headers and links.
func (c *compound) excel(f *mscfb.File) error {
	data, err := c.all(f)
	if err != nil {
		return err
	}
	b := &book{x: c.x, row: xlsRowMissing}
	for len(data) >= 4 {
		kind, size := binary.LittleEndian.Uint16(data), int(binary.LittleEndian.Uint16(data[2:]))
		if data = data[4:]; size > len(data) {
			return errShort
		}
		body := data[:size]
		data = data[size:]
		parts := [][]byte{body}
		if kind == xlsSST || kind == xlsTxO || kind == xlsString {
			for len(data) >= 4 && binary.LittleEndian.Uint16(data) == xlsContinue {
				n := int(binary.LittleEndian.Uint16(data[2:]))
				if 4+n > len(data) {
					return errShort
				}
				parts = append(parts, data[4:4+n])
				data = data[4+n:]
			}
		}
		if err := b.record(kind, body, parts); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) record(kind uint16, body []byte, parts [][]byte) error {
	u16 := func(at int) int {
		if at+2 > len(body) {
			return 0
		}
		return int(binary.LittleEndian.Uint16(body[at:]))
	}
	switch kind {
	case xlsFilePass:
		return badf(Encrypted, "the workbook has a password")
	case xlsBOF:
		b.wide, b.row = u16(0) >= 0x0600, xlsRowMissing
		return b.x.line()
	case xlsSST:
		var err error
		b.shared, err = sharedTexts(parts)
		return err
	case xlsLabelSST:
		if len(body) >= 10 {
			if i := binary.LittleEndian.Uint32(body[6:]); uint64(i) < uint64(len(b.shared)) {
				return b.cell(u16(0), b.shared[i])
			}
		}
	case xlsLabel, xlsRString:
		if len(body) >= 8 {
			return b.cell(u16(0), b.string(body[6:]))
		}
	case xlsNumber:
		if len(body) >= 14 {
			return b.cell(u16(0), number(math.Float64frombits(binary.LittleEndian.Uint64(body[6:]))))
		}
	case xlsFormula:
		if len(body) >= 14 && u16(12) != 0xffff { // else a text, which follows
			return b.cell(u16(0), number(math.Float64frombits(binary.LittleEndian.Uint64(body[6:]))))
		}
	case xlsRK:
		if len(body) >= 10 {
			return b.cell(u16(0), number(rk(binary.LittleEndian.Uint32(body[6:]))))
		}
	case xlsMulRK:
		for at := 4; at+6 <= len(body)-2; at += 6 {
			if err := b.cell(u16(0), number(rk(binary.LittleEndian.Uint32(body[at+2:])))); err != nil {
				return err
			}
		}
	case xlsString, xlsHeader, xlsFooter:
		return b.x.own(b.string(body))
	case xlsSheet:
		if len(body) > 6 {
			return b.x.own(b.short(body[6:]))
		}
	case xlsTxO:
		if len(parts) > 1 && len(parts[1]) > 0 { // the text is the first part that follows
			return b.x.own(chars(parts[1][1:], parts[1][0]&1 != 0))
		}
	case xlsHyperlink:
		return b.x.own(utf16Words(body))
	}
	return nil
}

// cell writes a value behind others of its row.
func (b *book) cell(row int, text string) error {
	if row != b.row {
		b.row = row
		if err := b.x.line(); err != nil {
			return err
		}
	}
	return b.x.text(text + "\t")
}

// string is a text with its length in two bytes.
func (b *book) string(body []byte) string {
	if len(body) < 2 {
		return ""
	}
	n, rest := int(binary.LittleEndian.Uint16(body)), body[2:]
	if !b.wide {
		return ansi(rest[:min(n, len(rest))])
	}
	if len(rest) == 0 {
		return ""
	}
	return counted(rest[1:], n, rest[0]&1 != 0)
}

// short is one with its length in one byte.
func (b *book) short(body []byte) string {
	n, rest := int(body[0]), body[1:]
	if !b.wide {
		return ansi(rest[:min(n, len(rest))])
	}
	if len(rest) == 0 {
		return ""
	}
	return counted(rest[1:], n, rest[0]&1 != 0)
}

func counted(b []byte, n int, wide bool) string {
	if wide {
		n *= 2
	}
	return chars(b[:min(n, len(b))], wide)
}

// chars are characters of two bytes, or the low bytes of characters below U+0100.
func chars(b []byte, wide bool) string {
	if wide {
		return utf16Text(b)
	}
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// utf16Words are the runs of four printable characters and more in binary data.
func utf16Words(b []byte) string {
	var out, run []byte
	for i := 0; i+1 < len(b); {
		if b[i+1] == 0 && b[i] >= 0x20 && b[i] < 0x7f {
			run = append(run, b[i])
			i += 2
			continue
		}
		if len(run) >= 4 {
			out = append(append(out, run...), '\n')
		}
		if len(run) == 0 {
			i++
		}
		run = run[:0]
	}
	if len(run) >= 4 {
		out = append(out, run...)
	}
	return string(out)
}

func number(f float64) string {
	if f >= 1e18 || f <= -1e18 {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// rk is a number in four bytes ([MS-XLS] 2.5.122).
func rk(v uint32) float64 {
	f := math.Float64frombits(uint64(v&^3) << 32)
	if v&2 != 0 {
		f = float64(int32(v) >> 2)
	}
	if v&1 != 0 {
		f /= 100
	}
	return f
}

// sharedTexts reads the table of texts ([MS-XLS] 2.4.265). A text may go on in the next part, where its characters'
// width is told anew.
func sharedTexts(parts [][]byte) ([]string, error) {
	r := &continued{parts: parts}
	r.skip(4)
	n := r.number(4)
	var out []string
	for range n {
		length, flags := r.number(2), byte(r.number(1))
		runs, ext := 0, 0
		if flags&8 != 0 {
			runs = 4 * r.number(2)
		}
		if flags&4 != 0 {
			ext = r.number(4)
		}
		text := r.chars(length, flags&1 != 0)
		r.skip(runs + ext)
		if r.short {
			return out, errShort
		}
		out = append(out, text)
	}
	return out, nil
}

// continued reads over the borders of parts.
type continued struct {
	parts [][]byte
	short bool
}

func (r *continued) next() bool {
	for len(r.parts) > 0 && len(r.parts[0]) == 0 {
		r.parts = r.parts[1:]
	}
	r.short = r.short || len(r.parts) == 0
	return !r.short
}

func (r *continued) number(size int) int {
	n := 0
	for i := range size {
		if !r.next() {
			return 0
		}
		n |= int(r.parts[0][0]) << (8 * i)
		r.parts[0] = r.parts[0][1:]
	}
	return n
}

func (r *continued) skip(n int) {
	for n > 0 && r.next() {
		k := min(n, len(r.parts[0]))
		r.parts[0] = r.parts[0][k:]
		n -= k
	}
}

func (r *continued) chars(n int, wide bool) string {
	var out strings.Builder
	for first := true; n > 0; first = false {
		if !r.next() {
			return ""
		}
		if !first {
			wide = r.parts[0][0]&1 != 0
			r.parts[0] = r.parts[0][1:]
		}
		size := 1
		if wide {
			size = 2
		}
		k := min(n, len(r.parts[0])/size)
		out.WriteString(chars(r.parts[0][:k*size], wide))
		r.parts[0] = r.parts[0][k*size:]
		if n -= k; n > 0 {
			r.parts = r.parts[1:] // a lone byte is nothing
		}
	}
	return out.String()
}
