package rewrite

import (
	"bytes"
)

// XHTML and SVG documents are read by the rules of XML: no element's text is read as text, CDATA sections are everywhere,
// and a page that is not well-formed isn't shown at all. Entities of a page's own could hold markup, so a document type
// that declares anything is ambiguous.

func newXML(opt Options) *page {
	p := newHTML(opt)
	p.xml, p.declared = true, true
	if len(p.inject) > 0 {
		p.inject = bytes.Replace(p.inject, []byte("<script "), []byte(`<script xmlns="http://www.w3.org/1999/xhtml" `), 1)
	}
	return p
}

// xmlTag handles what begins with the "<" at i.
func (p *page) xmlTag(o *output, i int, end bool) (next int, err error) {
	text := o.text
	rest := text[i:]
	switch rest[1] {
	case '?':
		n := bytes.Index(rest, []byte("?>"))
		if n < 0 {
			return p.unfinished(text, i, end)
		}
		if repl := p.values.url(rest[:n]); repl != nil && bytes.HasPrefix(rest, []byte("<?xml-stylesheet")) {
			o.replace(i, i+n, repl)
		}
		return i + n + 2, nil
	case '!':
		return p.xmlDeclaration(o, i, end)
	case '/':
		n := bytes.IndexByte(rest, '>')
		if n < 0 {
			return p.unfinished(text, i, end)
		}
		if p.code != "" && string(local(bytes.TrimRight(rest[2:n], " \t\r\n"))) == p.code {
			p.code = ""
		}
		return i + n + 1, nil
	}
	raw, ok := p.wholeTag(text, i, 1)
	if !ok {
		return p.unfinished(text, i, end)
	}
	name := raw[1:p.tag.nameTo]
	t := p.begin(o, i, raw, name)
	if err := t.patch(); err != nil {
		return i, err
	}
	stop := i + len(raw)
	element := string(local(name))
	if (element == "script" || element == "style") && !p.tag.closed && p.code == "" && t.script() != textPasses {
		p.code = element
	}
	switch {
	case len(p.inject) == 0:
	case element == "head" && !p.tag.closed:
		p.beforeText(o, stop)
	case element == "html":
	default: // a body without a head, or no XHTML at all
		p.beforeText(o, i)
	}
	return stop, nil
}

// unfinished waits for the rest of a token.
func (p *page) unfinished(text []byte, i int, end bool) (int, error) {
	if end {
		return len(text), nil // not well-formed: the browser shows an error; the bytes pass
	}
	return wait, nil
}

// xmlDeclaration handles comments, CDATA sections and the document type.
func (p *page) xmlDeclaration(o *output, i int, end bool) (int, error) {
	rest := o.text[i:]
	for _, d := range []struct{ begin, stop string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}} {
		if len(rest) < len(d.begin) && bytes.HasPrefix([]byte(d.begin), rest) {
			return p.unfinished(o.text, i, end)
		}
		if !bytes.HasPrefix(rest, []byte(d.begin)) {
			continue
		}
		n := bytes.Index(rest[len(d.begin):], []byte(d.stop))
		if n < 0 {
			return p.unfinished(o.text, i, end)
		}
		from := i + len(d.begin)
		if p.code != "" && d.stop == "]]>" {
			if repl := p.values.code(o.text[from : from+n]); repl != nil {
				o.replace(from, from+n, repl)
			}
		}
		return from + n + len(d.stop), nil
	}
	n := bytes.IndexByte(rest, '>')
	if n < 0 {
		return p.unfinished(o.text, i, end)
	}
	if bytes.IndexByte(rest[:n], '[') >= 0 {
		return i, ambiguous("a document type with declarations of its own")
	}
	return i + n + 1, nil
}

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }
