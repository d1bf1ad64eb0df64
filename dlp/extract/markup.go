package extract

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// maxToken bounds a tag, a comment or a script; from a longer one on, everything is read as if it were text.
const maxToken = 4 << 20

// element is a start or end tag. Names are lower case, with their prefix ("w:t").
type element struct {
	name  string
	attrs []html.Attribute
	empty bool // <br/>
}

// markup is what a reader of HTML or XML does with what it meets. Fields that are nil ignore it.
type markup struct {
	text    func([]byte) error
	start   func(*element) error
	end     func(name string) error
	comment func([]byte) error
	raw     func([]byte) error // takes what is no markup any more, behind a token that is too long; nil ends there
}

// walk reads markup. It is lenient, as browsers are: what a stricter reader refuses is still seen.
func walk(r io.Reader, m markup) error {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	z.AllowCDATA(true)
	var e element
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			switch {
			case !errors.Is(z.Err(), html.ErrBufferExceeded):
				return endOfText(z.Err())
			case m.raw == nil:
				return badf(Limited, "a tag of more than %d MB", maxToken>>20)
			}
			return rest(io.MultiReader(bytes.NewReader(z.Raw()), bytes.NewReader(z.Buffered()), r), m.raw)
		case html.TextToken:
			if m.text != nil {
				if err := m.text(z.Text()); err != nil {
					return err
				}
			}
		case html.CommentToken, html.DoctypeToken:
			if m.comment != nil {
				if err := m.comment(z.Text()); err != nil {
					return err
				}
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			e.name, e.attrs, e.empty = string(name), e.attrs[:0], kind == html.SelfClosingTagToken
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				e.attrs = append(e.attrs, html.Attribute{Key: string(key), Val: string(value)})
			}
			if m.start != nil {
				if err := m.start(&e); err != nil {
					return err
				}
			}
		case html.EndTagToken:
			if m.end != nil {
				name, _ := z.TagName()
				if err := m.end(string(name)); err != nil {
					return err
				}
			}
		}
	}
}

func rest(r io.Reader, to func([]byte) error) error {
	piece := make([]byte, 32<<10)
	for empty := 0; empty < maxEmpty; empty++ {
		n, err := r.Read(piece)
		if n > 0 {
			empty = 0
			if err := to(piece[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return endOfText(err)
		}
	}
	return io.ErrNoProgress
}

func (e *element) attr(key string) string {
	for _, a := range e.attrs {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// inline are elements of HTML within a line of text.
var inline = map[string]bool{
	"a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "cite": true, "code": true, "data": true, "del": true, "dfn": true, "em": true, "font": true, "i": true, "ins": true,
	"kbd": true, "mark": true, "nobr": true, "q": true, "s": true, "samp": true, "small": true, "span": true, "strike": true, "strong": true, "sub": true, "sup": true, "time": true,
	"tt": true, "u": true, "var": true, "wbr": true,
}

// told are attributes of HTML that hold text or addresses.
var told = map[string]bool{
	"alt": true, "title": true, "href": true, "src": true, "value": true, "content": true, "placeholder": true, "label": true, "summary": true, "aria-label": true, "srcdoc": true, "action": true, "data": true,
}

// htmlText is the text of a page, scripts, comments and attributes with text included. Elements that begin a line do.
func htmlText(x *run, r io.Reader) error {
	decoded, err := charset.NewReader(r, "")
	if err != nil {
		return endOfText(err)
	}
	return htmlIn(x, decoded)
}

// htmlIn is a page whose charset is decoded already.
func htmlIn(x *run, r io.Reader) error {
	return walk(&mixed{r: r}, markup{
		text: x.write, raw: x.write,
		comment: func(t []byte) error { return x.own(string(t)) },
		end: func(name string) error {
			if inline[name] {
				return nil
			}
			return x.line()
		},
		start: func(e *element) error {
			if !inline[e.name] {
				if err := x.line(); err != nil {
					return err
				}
			}
			for _, a := range e.attrs {
				if (told[a.Key] || strings.HasPrefix(a.Key, "data-")) && a.Val != "" {
					if err := x.own(a.Val); err != nil {
						return err
					}
				}
			}
			return nil
		},
	})
}

// own writes a text on a line of its own.
func (x *run) own(text string) error {
	if err := x.line(); err != nil {
		return err
	}
	if err := x.text(text); err != nil {
		return err
	}
	return x.line()
}

// xmlText is the text of any XML: each element's and attribute's on a line of its own.
func xmlText(x *run, r io.Reader) error {
	decoded, err := xmlReader(r)
	if err != nil {
		return endOfText(err)
	}
	return walk(decoded, markup{
		text: x.write, raw: x.write,
		comment: func(t []byte) error { return x.own(string(t)) },
		end:     func(string) error { return x.line() },
		start: func(e *element) error {
			for _, a := range e.attrs {
				if err := x.own(a.Val); err != nil {
					return err
				}
			}
			return x.line()
		},
	})
}

// xmlReader decodes XML by its byte order mark or its declaration; UTF-8 without one.
func xmlReader(r io.Reader) (io.Reader, error) {
	in := peeked(r)
	head, _ := in.Peek(sniffed) // an error comes again
	if wide(head) != nil {
		return unicodeReader(in), nil
	}
	first, _, _ := strings.Cut(string(head[:min(len(head), 200)]), "?>")
	if _, label, ok := strings.Cut(first, "encoding="); ok && len(label) > 2 && strings.HasPrefix(first, "<?xml") {
		label, _, _ = strings.Cut(label[1:], label[:1])
		if e, name := charset.Lookup(label); e != nil && name != "utf-8" {
			return e.NewDecoder().Reader(in), nil
		}
	}
	return unicodeReader(in), nil
}
