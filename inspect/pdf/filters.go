package pdf

import (
	"bufio"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var errFilter = errors.New("packed in a way that is not read")

// maxFilters bounds how many times a stream may be packed.
const maxFilters = 4

// unpacked undoes the filters of a stream that holds no picture (ISO 32000-1, 7.4).
func unpacked(r io.Reader, filters []string) (io.Reader, error) {
	if len(filters) > maxFilters {
		return nil, errFilter
	}
	for _, f := range filters {
		switch f {
		case "FlateDecode", "Fl":
			z, err := zlib.NewReader(bufio.NewReader(r))
			if err != nil {
				return nil, err
			}
			r = z
		case "ASCIIHexDecode", "AHx":
			r = hex.NewDecoder(&until{r: bufio.NewReader(r), end: '>'})
		case "ASCII85Decode", "A85":
			r = ascii85.NewDecoder(&until{r: bufio.NewReader(r), end: '~'})
		default:
			return nil, errFilter
		}
	}
	return r, nil
}

// until leaves out blanks, and ends at a mark.
type until struct {
	r   io.ByteReader
	end byte
}

func (u *until) Read(p []byte) (int, error) {
	for n := range p {
		b, err := u.r.ReadByte()
		for err == nil && (b == ' ' || b == '\r' || b == '\n' || b == '\t') {
			b, err = u.r.ReadByte()
		}
		if err == nil && b == u.end {
			err = io.EOF
		}
		if err != nil {
			return n, err
		}
		p[n] = b
	}
	return len(p), nil
}

// textString is a text string (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 with a mark, else PDFDocEncoding, which is read as
// Windows-1252: they differ in dashes and quotes. It is empty for bytes that are no text.
func textString(raw []byte) string {
	switch {
	case len(raw) >= 2 && raw[0] == 0xfe && raw[1] == 0xff:
		return utf16String(raw[2:], 1)
	case len(raw) >= 2 && raw[0] == 0xff && raw[1] == 0xfe:
		return utf16String(raw[2:], 0)
	case len(raw) >= 3 && string(raw[:3]) == "\xef\xbb\xbf":
		return strings.ToValidUTF8(string(raw[3:]), "\ufffd")
	}
	control := 0
	for _, b := range raw {
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' {
			control++
		}
	}
	if control*10 > len(raw) {
		return ""
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, _ := charmap.Windows1252.NewDecoder().Bytes(raw) // it knows all bytes
	return string(text)
}

// utf16String decodes pairs of bytes of which the low one is at index low.
func utf16String(raw []byte, low int) string {
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i+1-low])<<8|uint16(raw[i+low]))
	}
	return string(utf16.Decode(units))
}
