package pdf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/dlp/extract"
)

// Bounds of objects, in bytes.
const (
	maxString = 4 << 20
	maxName   = 256
	headOf    = 4 << 10 // of a stream's content, to tell what it is
)

// objects reads a PDF as PDFium writes it: from front to back, its strings and the streams that hold no drawing.
type objects struct {
	d    *document
	in   *bufio.Reader
	dict dict   // the outermost dictionary that has just been read
	deep int    // dictionaries and arrays around here
	key  string // of the value that comes, in the outermost dictionary
	had  bool   // a number has come as its value; it may be all, or the beginning of a reference
	last string // string written last
	held []byte
}

// dict is what a stream's dictionary says of it.
type dict struct {
	kind, subtype string
	filters       []string
	length        int64
	keys          map[string]bool
}

// read reads to the end.
func (o *objects) read() error {
	o.dict.keys = map[string]bool{}
	for {
		b, err := o.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch b {
		case '(':
			err = o.literal()
		case '<':
			err = o.open()
		case '>':
			if next, _ := o.in.Peek(1); len(next) > 0 && next[0] == '>' {
				_, _ = o.in.ReadByte()
				o.close()
			}
		case '[':
			o.deep++
		case ']':
			o.close()
		case '/':
			err = o.name()
		case '%':
			_, err = o.in.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				err = nil
			}
		case ' ', '\t', '\r', '\n', '\f', 0, '{', '}', ')':
		default:
			err = o.word(b)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// close ends a dictionary or an array, which is a value of the one around it.
func (o *objects) close() {
	o.deep = max(0, o.deep-1)
	o.value()
}

// open is a dictionary or a string of hexadecimal digits.
func (o *objects) open() error {
	if next, _ := o.in.Peek(1); len(next) > 0 && next[0] == '<' {
		_, _ = o.in.ReadByte()
		if o.deep == 0 {
			o.dict = dict{length: -1, keys: map[string]bool{}}
			o.key, o.had = "", false
		}
		o.deep++
		return nil
	}
	o.held = o.held[:0]
	high, half := byte(0), false
	for {
		b, err := o.in.ReadByte()
		if err != nil {
			return err
		}
		if b == '>' {
			break
		}
		v, ok := nibble(b)
		switch {
		case !ok:
		case !half:
			high, half = v, true
		default:
			o.held, half = append(o.held, high<<4|v), false
		}
		if len(o.held) > maxString {
			return extract.Problem(extract.Limited, "a string of more than %d MB", maxString>>20)
		}
	}
	if half {
		o.held = append(o.held, high<<4)
	}
	return o.text(o.held)
}

func nibble(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// literal is a string in parentheses (ISO 32000-1, 7.3.4.2).
func (o *objects) literal() error {
	o.held = o.held[:0]
	for depth := 1; ; {
		b, err := o.in.ReadByte()
		if err != nil {
			return err
		}
		switch b {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return o.text(o.held)
			}
		case '\\':
			var skip bool
			if b, skip, err = o.escaped(); err != nil {
				return err
			}
			if skip {
				continue
			}
		}
		if o.held = append(o.held, b); len(o.held) > maxString {
			return extract.Problem(extract.Limited, "a string of more than %d MB", maxString>>20)
		}
	}
}

// escaped is what follows a backslash; skip means that it stands for nothing.
func (o *objects) escaped() (b byte, skip bool, err error) {
	if b, err = o.in.ReadByte(); err != nil {
		return 0, false, err
	}
	if at := strings.IndexByte("nrtbf", b); at >= 0 {
		return "\n\r\t\b\f"[at], false, nil
	}
	switch {
	case b == '\r':
		if next, _ := o.in.Peek(1); len(next) > 0 && next[0] == '\n' {
			_, _ = o.in.ReadByte()
		}
		return 0, true, nil
	case b == '\n':
		return 0, true, nil
	case b < '0' || b > '7':
		return b, false, nil
	}
	v := b - '0'
	for range 2 {
		next, _ := o.in.Peek(1)
		if len(next) == 0 || next[0] < '0' || next[0] > '7' {
			break
		}
		_, _ = o.in.ReadByte()
		v = v<<3 | (next[0] - '0')
	}
	return v, false, nil
}

// text writes a string that people may have written, if it isn't the one before.
func (o *objects) text(raw []byte) error {
	o.value()
	text := textString(raw)
	if text == o.last || len(text) < 2 {
		return nil
	}
	o.last = text
	return o.d.to.Text(text)
}

// value notes that the key of the outermost dictionary has its value.
func (o *objects) value() {
	if o.deep == 1 {
		o.key, o.had = "", false
	}
}

// name is a key or a value.
func (o *objects) name() error {
	var b strings.Builder
	for {
		next, err := o.in.Peek(1)
		if err != nil || strings.IndexByte("()<>[]{}/% \t\r\n\f\x00", next[0]) >= 0 {
			break
		}
		_, _ = o.in.ReadByte()
		if b.Len() < maxName {
			b.WriteByte(next[0])
		}
	}
	name := b.String()
	if o.had {
		o.value()
	}
	switch {
	case o.key == "Filter" && o.deep <= 2:
		o.dict.filters = append(o.dict.filters, name)
		o.value()
	case o.deep != 1:
	case o.key == "":
		o.key = name
		o.dict.keys[name] = true
	default:
		switch o.key {
		case "Type":
			o.dict.kind = name
		case "Subtype":
			o.dict.subtype = name
		}
		o.value()
	}
	return nil
}

// word is a number or a keyword.
func (o *objects) word(first byte) error {
	word := []byte{first}
	for {
		next, err := o.in.Peek(1)
		if err != nil || strings.IndexByte("()<>[]{}/% \t\r\n\f\x00", next[0]) >= 0 {
			break
		}
		_, _ = o.in.ReadByte()
		if len(word) < maxName {
			word = append(word, next[0])
		}
	}
	switch {
	case string(word) == "stream" && o.deep == 0:
		return o.stream()
	case string(word) == "endobj":
		o.deep, o.key, o.had, o.last = 0, "", false, ""
	case o.deep != 1 || o.key == "":
	case strings.IndexByte("+-.0123456789", word[0]) < 0: // R of a reference, true, false, null
		o.value()
	case !o.had:
		o.had = true
		if n, err := strconv.ParseInt(string(word), 10, 64); err == nil && n >= 0 && o.key == "Length" {
			o.dict.length = n
		}
	}
	return nil
}

// stream is what follows a dictionary. It ends after the length that the dictionary gives.
func (o *objects) stream() error {
	if next, _ := o.in.Peek(2); len(next) == 2 && next[0] == '\r' && next[1] == '\n' {
		_, _ = o.in.Discard(2)
	} else if len(next) > 0 && (next[0] == '\n' || next[0] == '\r') {
		_, _ = o.in.Discard(1)
	}
	if o.dict.length < 0 {
		return extract.Problem(extract.Corrupt, "a stream of the PDF has no length")
	}
	body := &io.LimitedReader{R: o.in, N: o.dict.length}
	err := o.content(body)
	if _, cerr := io.Copy(io.Discard, body); err == nil {
		err = cerr
	}
	return err
}

// drawing are keys and types of streams that hold drawings, fonts, colours and the like.
var drawing = map[string]bool{
	"XObject": true, "ObjStm": true, "XRef": true, "Pattern": true, "CMap": true, "Length1": true, "Length2": true, "Length3": true, "FunctionType": true, "ShadingType": true,
	"Form": true, "Type1C": true, "CIDFontType0C": true, "OpenType": true, "CMapName": true,
}

// content reads a stream that isn't drawn: XML, files, and what can be told to be one.
func (o *objects) content(body io.Reader) error {
	t := &o.dict
	if t.subtype == "Image" {
		o.d.images++
		return nil
	}
	embedded := t.kind == "EmbeddedFile" || t.keys["Params"]
	if !embedded && (drawing[t.kind] || drawing[t.subtype]) {
		return nil
	}
	if !embedded && t.kind != "Metadata" {
		for key := range t.keys {
			if drawing[key] {
				return nil
			}
		}
	}
	if t.kind == "Metadata" { // PDFium leaves the filter out, and the content packed
		packed := bufio.NewReader(body)
		if head, _ := packed.Peek(2); len(t.filters) == 0 && len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			t.filters = []string{"FlateDecode"}
		}
		body = packed
	}
	plain, err := unpacked(body, t.filters)
	if err != nil {
		if embedded {
			return o.d.to.Note("a file", extract.Unsupported, err.Error())
		}
		return nil // pictures and drawings are packed in ways of their own
	}
	in := bufio.NewReaderSize(plain, headOf)
	head, _ := in.Peek(headOf)
	if !embedded && t.kind != "Metadata" && !telling(extract.Tell(head)) {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(in, o.d.to.Member()+1))
	if int64(len(data)) > o.d.to.Member() {
		return o.d.to.Note("a file", extract.Limited, fmt.Sprintf("more than %d MB in the PDF", o.d.to.Member()>>20))
	}
	if err != nil && embedded {
		if err := o.d.to.Note("a file", extract.Corrupt, "the file in the PDF can't be unpacked whole"); err != nil {
			return err
		}
	}
	return o.d.keep(fmt.Sprintf("stream %d", len(o.d.files)+1), data)
}

// telling reports whether a kind is told by its bytes for sure: drawings look like plain text.
func telling(k extract.Kind) bool {
	switch k {
	case extract.Empty, extract.Text, extract.JSON, extract.Unknown, extract.Image:
		return false
	}
	return true
}
