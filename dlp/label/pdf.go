package label

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"
)

// Bounds of looking for properties in a PDF.
const (
	maxPDF     = 512 << 20
	maxStream  = 8 << 20  // of one stream, unpacked
	maxStreams = 64 << 20 // of all together
)

// ofPDF finds the properties in a PDF's document information (keys of a dictionary with strings, ISO 32000-2 14.3.3) and
// in its XMP (elements), as the newest version of the file has them. Where a file's structure can't be read, or it is
// encrypted, they are looked for by their names everywhere: what a patient reader reaches is found, whatever else may be
// found with it.
func ofPDF(src *io.SectionReader) ([]Label, error) {
	if src.Size() > maxPDF {
		return nil, ErrDamaged
	}
	if f, catalog, err := openPDF(src); err == nil {
		if labels, err := structured(f, catalog); err == nil {
			return labels, nil
		}
	}
	data := make([]byte, src.Size())
	if _, err := src.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	p := properties{}
	inText(data, p)
	left := maxStreams
	for rest := data; left > 0; {
		var packed []byte
		packed, rest = nextStream(rest)
		if packed == nil {
			break
		}
		z, err := zlib.NewReader(bytes.NewReader(packed))
		if err != nil {
			continue // not packed, or in another way
		}
		// Objects and XMP have one of these near their start; pages and pictures don't need to be unpacked whole.
		text, _ := io.ReadAll(io.LimitReader(z, maxStream)) // what comes before an error is looked at
		left -= len(text)
		inText(text, p)
	}
	labels := p.list()
	if len(labels) == 0 && bytes.Contains(data[max(0, len(data)-64<<10):], []byte("/Encrypt")) {
		return nil, ErrHidden
	}
	return labels, nil
}

// nextStream returns what follows the next "stream" keyword of a packed object, and the rest.
func nextStream(data []byte) (packed, rest []byte) {
	for {
		_, after, ok := bytes.Cut(data, []byte("stream"))
		if !ok {
			return nil, nil
		}
		data = after
		after = bytes.TrimPrefix(bytes.TrimPrefix(after, []byte("\r")), []byte("\n"))
		if len(after) > 2 && after[0]&0x0f == 8 { // zlib's first byte
			return after, data
		}
	}
}

// inText finds properties as keys of a dictionary, /MSIP_Label_…(value), and as elements, <…:MSIP_Label_…>value<.
func inText(data []byte, p properties) {
	for {
		_, after, ok := bytes.Cut(data, []byte(prefix))
		if !ok {
			return
		}
		data = after
		end := bytes.IndexFunc(after[:min(len(after), 200)], func(r rune) bool {
			return r != '_' && r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
		})
		if end < 0 {
			continue
		}
		name, after := prefix+string(after[:end]), bytes.TrimLeft(after[end:min(len(after), end+4096)], " \t\r\n")
		switch {
		case bytes.HasPrefix(after, []byte("(")):
			p.set(name, pdfString(after[1:]))
		case bytes.HasPrefix(after, []byte(">")):
			value, _, ok := bytes.Cut(after[1:], []byte("<"))
			if value = bytes.TrimSpace(value); ok && len(value) > 0 { // behind an end tag is nothing
				p.set(name, string(value))
			}
		case bytes.HasPrefix(after, []byte(`="`)): // XMP in its short form
			if value, _, ok := bytes.Cut(after[2:], []byte(`"`)); ok {
				p.set(name, string(value))
			}
		}
	}
}

// pdfString reads a literal string up to its closing parenthesis: PDFDocEncoding, or UTF-16 with a byte order mark.
func pdfString(data []byte) string {
	var b strings.Builder
	depth := 1
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '\\':
			if i++; i < len(data) {
				b.WriteByte(data[i])
			}
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return wide(b.String())
			}
		}
		b.WriteByte(data[i])
	}
	return ""
}

// wide decodes UTF-16 with a mark, of which label metadata has ASCII alone.
func wide(s string) string {
	if !strings.HasPrefix(s, "\xfe\xff") {
		return s
	}
	return strings.ReplaceAll(s[2:], "\x00", "")
}
