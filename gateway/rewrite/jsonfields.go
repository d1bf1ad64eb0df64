package rewrite

import (
	"bytes"
	"encoding/json"
	"io"
)

// maxString is the longest JSON string that is looked into; a longer one passes as it is.
const maxString = 64 << 10

// fields maps the URLs in the string values of named fields of a JSON text, wherever they are nested. It reads
// strings and leaves everything between them alone, so a text that is not JSON passes unchanged.
type fields struct {
	values *values
	names  map[string]bool
	buf    []byte
	key    bool // the last string was followed by a colon and named one of the fields
	list   int  // depth of arrays that are the value of such a field
}

func newJSON(v *values, names []string) *fields {
	f := &fields{values: v, names: map[string]bool{}}
	for _, n := range names {
		f.names[n] = true
	}
	return f
}

func (f *fields) transform(w io.Writer, piece []byte, end bool) (changed bool, err error) {
	f.buf = append(f.buf, piece...)
	text, done := f.buf, 0
	i := 0
	for i < len(text) {
		if text[i] != '"' {
			f.between(text[i])
			i++
			continue
		}
		stop, whole := stringEnd(text, i)
		if !whole && !end && len(text)-i <= maxString {
			break // the string goes on in the next piece
		}
		next, sure := after(text, stop)
		if !sure && !end && whole {
			break // what follows tells whether it is a name
		}
		body := text[i:min(stop, len(text))]
		switch {
		case next == ':':
			f.key = whole && f.named(body)
		case (f.key || f.list > 0) && whole:
			if repl := f.values.literal(body, contextURL); repl != nil {
				if _, err := w.Write(text[done:i]); err != nil {
					return changed, err
				}
				if _, err := w.Write(repl); err != nil {
					return changed, err
				}
				done, changed = stop, true
			}
			f.key = false
		}
		i = stop
	}
	i = min(i, len(text))
	if done < i {
		if _, err := w.Write(text[done:i]); err != nil {
			return changed, err
		}
	}
	f.buf = f.buf[:copy(f.buf, f.buf[i:])]
	return changed, nil
}

func (f *fields) rest() []byte { return f.buf }

// named reports whether a quoted string is the name of one of the fields; it may be escaped.
func (f *fields) named(body []byte) bool {
	if bytes.IndexByte(body, '\\') >= 0 {
		var name string
		return json.Unmarshal(body, &name) == nil && f.names[name]
	}
	return f.names[string(body[1:len(body)-1])]
}

// between follows the structure outside strings.
func (f *fields) between(c byte) {
	switch c {
	case '[':
		if f.key || f.list > 0 {
			f.list++
		}
		f.key = false
	case ']':
		if f.list > 0 {
			f.list--
		}
	case '{', '}', ',':
		f.key = false
	}
}

// stringEnd returns where the string that begins at i ends, after its closing quote.
func stringEnd(text []byte, i int) (stop int, whole bool) {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j + 1, true
		}
	}
	return len(text), false
}

// after returns the first byte after at that is not white space; sure is false at the end of the text.
func after(text []byte, at int) (c byte, sure bool) {
	for ; at < len(text); at++ {
		if c := text[at]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, true
		}
	}
	return 0, false
}
