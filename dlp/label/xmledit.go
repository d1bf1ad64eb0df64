package label

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// element is an element of an XML part by where it stands. Offsets are of bytes.
type element struct {
	name   xml.Name // with the namespace
	prefix string   // as it is written, with its colon; "" without one
	attrs  []xml.Attr
	up     int // index of the nearest kept element around it, -1 for none
	depth  int // 0 for the root
	// The start tag is [start, inner), what it holds [inner, after), the whole element [start, end).
	start, inner, after, end int
}

// attr returns an attribute's value by local name, "" without it.
func (e *element) attr(local string) string {
	for _, a := range e.attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// empty tells an element of one tag, <a/>.
func (e *element) empty() bool { return e.inner == e.after && e.after == e.end }

// maxElements bounds how many elements of a part are kept, and maxDeep how deep they nest.
const (
	maxElements = 200_000
	maxDeep     = 2000
)

// outline returns the elements of a part that keep wants, and the root always, in the order of their start tags. It reads
// UTF-8 alone, which is what every program writes; a part in UTF-16 is [ErrDamaged].
func outline(data []byte, keep func(xml.Name) bool) ([]element, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	var out []element
	var open []int // indices in out, -1 for those that aren't kept
	rooted := false
	for {
		at := int(d.InputOffset())
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, ErrDamaged
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, ErrDamaged // Open Packaging knows no DTD (ECMA-376 part 2, 6.1.3)
		case xml.StartElement:
			if len(open) >= maxDeep || len(out) >= maxElements || len(open) == 0 && rooted {
				return nil, ErrDamaged
			}
			if rooted && !keep(t.Name) {
				open = append(open, -1)
				continue
			}
			rooted = true
			e := element{name: t.Name, attrs: slices.Clone(t.Attr), up: -1, depth: len(open), start: at, inner: int(d.InputOffset())}
			for _, i := range slices.Backward(open) {
				if i >= 0 {
					e.up = i
					break
				}
			}
			tag := data[at+1 : e.inner]
			if end := bytes.IndexAny(tag, " \t\r\n/>"); end > 0 {
				if colon := bytes.IndexByte(tag[:end], ':'); colon >= 0 {
					e.prefix = string(tag[:colon+1])
				}
			}
			open = append(open, len(out))
			out = append(out, e)
		case xml.EndElement:
			i := open[len(open)-1]
			open = open[:len(open)-1]
			if i >= 0 {
				out[i].after, out[i].end = at, int(d.InputOffset())
			}
		}
	}
	if !rooted {
		return nil, ErrDamaged
	}
	return out, nil
}

// edit puts text in the place of data[from:to].
type edit struct {
	from, to int
	text     string
}

// apply makes edits that don't overlap.
func apply(data []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b bytes.Buffer
	at := 0
	for _, e := range edits {
		b.Write(data[at:e.from])
		b.WriteString(e.text)
		at = e.to
	}
	b.Write(data[at:])
	return b.Bytes()
}

// inside returns the edit that puts text at the end of an element.
func inside(data []byte, e *element, text string) edit {
	if !e.empty() {
		return edit{e.after, e.after, text}
	}
	slash := bytes.LastIndexByte(data[e.start:e.end], '/') + e.start
	name := strings.TrimSpace(e.prefix + e.name.Local)
	return edit{slash, e.end, ">" + text + "</" + name + ">"}
}

// escape is text for an attribute or element.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
