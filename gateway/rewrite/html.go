package rewrite

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/referee-casb/referee/fault"
)

// maxToken bounds how much of one token is held: a comment, a tag, a run of text, or the whole of an inline
// script. A page that exceeds it is ambiguous.
const maxToken = 16 << 20

// page rewrites HTML. It runs the tokenizer over what has arrived and lets go of whole tokens; a token at the
// edge of a piece waits for the rest of it. Raw bytes go out as they came unless an attribute's value changes.
type page struct {
	opt     Options
	inject  []byte
	foreign []string // open elements since <svg> or <math>, innermost last
	raw     string   // element whose text the next token is: script, style, …
	module  bool     // that script is data (JSON, template): left alone
	buf     []byte
	attrs   []attribute
	changed bool
}

func newHTML(opt Options) *page { return &page{opt: opt, inject: opt.Inject} }

func (p *page) transform(w io.Writer, piece []byte, end bool) (bool, error) {
	p.buf = append(p.buf, piece...)
	p.changed = false
	if !end && len(p.buf) > maxToken {
		return p.ambiguous(w)
	}
	used := 0
	for used < len(p.buf) {
		read, inRaw := p.tokens, p.raw != ""
		if inRaw {
			read = p.rawText
		}
		n, err := read(w, p.buf[used:], end)
		if err != nil {
			return p.changed, err
		}
		if n == 0 && inRaw == (p.raw != "") {
			break // nothing whole is left; an empty script, though, is progress
		}
		used += n
	}
	p.buf = p.buf[:copy(p.buf, p.buf[used:])]
	if end && len(p.inject) > 0 {
		if err := p.insert(w); err != nil { // a page without a single token
			return p.changed, err
		}
	}
	return p.changed, nil
}

// ambiguous ends the rewriting of a page that can't be read within bounds.
func (p *page) ambiguous(w io.Writer) (bool, error) {
	if p.opt.Strict {
		// fail closed: the rest of the page is not sent
		return p.changed, fault.New(fault.Limited, "rewrite", "a page has a token of more than %d MB", maxToken>>20)
	}
	// fail open: only monitored sessions come here; the rest passes as it is
	_, err := w.Write(p.buf)
	p.buf = p.buf[:0]
	return p.changed, err
}

// tokens writes the whole tokens at the start of text, up to one that enters a raw text element, and returns
// their length; 0 when not even the first is whole yet.
func (p *page) tokens(w io.Writer, text []byte, end bool) (used int, err error) {
	z := html.NewTokenizer(bytes.NewReader(text))
	for used < len(text) && p.raw == "" {
		z.AllowCDATA(len(p.foreign) > 0)
		kind := z.Next()
		raw := z.Raw()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				return used, fault.Wrap(z.Err(), "rewrite", "html")
			}
			if end { // the browser drops or shows the broken end; its bytes pass
				_, err = w.Write(text[used:])
				used = len(text)
			}
			return used, err
		}
		cut := used+len(raw) == len(text) && !end // it may go on in the next piece
		n := len(raw)
		switch kind {
		case html.TextToken:
			n, err = p.text(w, raw, cut)
		case html.StartTagToken, html.SelfClosingTagToken:
			if cut {
				return used, nil
			}
			err = p.startTag(w, z, raw, kind == html.SelfClosingTagToken)
		default:
			if cut {
				return used, nil
			}
			if kind == html.EndTagToken {
				name, _ := z.TagName()
				p.leave(string(name))
			}
			_, err = w.Write(raw)
		}
		used += n
		if err != nil || n < len(raw) {
			return used, err
		}
		if len(p.foreign) > 0 {
			z.NextIsNotRawText()
		}
	}
	return used, nil
}

// text passes what people read as it is. Text before the first tag opens the body, so our script goes first.
func (p *page) text(w io.Writer, raw []byte, cut bool) (int, error) {
	if cut {
		// A "<" at the edge may begin a tag.
		if i := bytes.LastIndexByte(raw, '<'); i >= 0 {
			raw = raw[:i]
		}
		if len(raw) == 0 {
			return 0, nil
		}
	}
	if len(p.inject) > 0 && len(bytes.TrimLeft(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), " \t\r\n\f")) > 0 {
		if err := p.insert(w); err != nil {
			return 0, err
		}
	}
	_, err := w.Write(raw)
	return len(raw), err
}

func (p *page) insert(w io.Writer) error {
	_, err := w.Write(p.inject)
	p.inject, p.changed = nil, true
	return err
}

// startTag patches a tag's values, puts our script where it runs first, and enters the element's text mode.
func (p *page) startTag(w io.Writer, z *html.Tokenizer, raw []byte, selfClosing bool) error {
	nameBytes, _ := z.TagName()
	name := string(nameBytes)
	if len(p.inject) > 0 && name != "html" && name != "head" {
		if err := p.insert(w); err != nil {
			return err
		}
	}
	if err := p.patch(w, name, raw); err != nil {
		return err
	}
	if len(p.inject) > 0 && name == "head" {
		if err := p.insert(w); err != nil {
			return err
		}
	}
	p.enter(name, selfClosing)
	return nil
}

// patch writes a start tag with its changed values.
func (p *page) patch(w io.Writer, name string, raw []byte) error {
	p.attrs = attributes(raw, p.attrs)
	p.module = name == "script" && p.dataScript(raw)
	done := 0
	for _, a := range p.attrs {
		value := raw[a.valueFrom:a.valueTo]
		key := lower(raw[a.nameFrom:a.nameTo])
		from, to := a.valueFrom, a.valueTo
		var repl []byte
		switch u := useOf(key); {
		case u == useIntegrity:
			// The body behind it may be rewritten, so its digest no longer holds.
			from, to, repl = a.nameFrom, a.nameTo, []byte("data-referee-integrity")
		case len(value) == 0:
			continue
		case u == useURL:
			repl = p.mapped(value, contextURL)
		case u == useCode:
			repl = p.mapped(value, contextCode)
		case u == usePage:
			repl = p.srcdoc(value)
		case name == "meta" && key == "content":
			repl = p.meta(raw, value)
		}
		if repl == nil || bytes.Equal(repl, raw[from:to]) {
			continue
		}
		if _, err := w.Write(raw[done:from]); err != nil {
			return err
		}
		if _, err := w.Write(repl); err != nil {
			return err
		}
		done, p.changed = to, true
	}
	_, err := w.Write(raw[done:])
	return err
}

// mapped maps the hosts in a value.
func (p *page) mapped(value []byte, where context) []byte {
	var out bytes.Buffer
	l := newLiteral(p.opt.Hosts, where)
	if changed, err := l.transform(&out, value, true); err != nil || !changed {
		return nil
	}
	return out.Bytes()
}

// srcdoc rewrites a page in an attribute: decoded, rewritten with our script, encoded again.
func (p *page) srcdoc(value []byte) []byte {
	var out bytes.Buffer
	inner := newHTML(p.opt)
	if _, err := inner.transform(&out, []byte(html.UnescapeString(string(value))), true); err != nil {
		return nil
	}
	return []byte(attributeEscaper.Replace(out.String()))
}

// attributeEscaper escapes what could end a quoted value or be read as a reference.
var attributeEscaper = strings.NewReplacer("&", "&amp;", `"`, "&#34;", "'", "&#39;")

// meta rewrites the content of a refresh or a policy.
func (p *page) meta(raw, value []byte) []byte {
	switch strings.ToLower(p.attr(raw, "http-equiv")) {
	case "refresh":
		return p.mapped(value, contextURL)
	case "content-security-policy":
		out, _ := CSP([]string{html.UnescapeString(string(value))}, p.opt.Hosts, p.opt.Nonce)
		return []byte(attributeEscaper.Replace(strings.Join(out, ", ")))
	}
	return nil
}

// attr returns the value of an attribute of the tag whose attributes were split last.
func (p *page) attr(raw []byte, name string) string {
	for _, a := range p.attrs {
		if lower(raw[a.nameFrom:a.nameTo]) == name {
			return html.UnescapeString(string(raw[a.valueFrom:a.valueTo]))
		}
	}
	return ""
}

// dataScript reports scripts whose text is data that the page reads: JSON other than import maps and
// speculation rules, templates.
func (p *page) dataScript(raw []byte) bool {
	kind := strings.ToLower(strings.TrimSpace(p.attr(raw, "type")))
	switch kind {
	case "", "module", "importmap", "speculationrules", "text/javascript", "application/javascript", "application/ecmascript", "text/ecmascript", "application/x-javascript":
		return false
	}
	return true
}

// enter follows foreign content and text modes, as the tree builder does (HTML Living Standard, 13.2.6).
func (p *page) enter(name string, selfClosing bool) {
	if len(p.foreign) > 0 {
		if breakout[name] {
			for len(p.foreign) > 0 && !integration(p.foreign[len(p.foreign)-1]) {
				p.foreign = p.foreign[:len(p.foreign)-1]
			}
		}
		if len(p.foreign) > 0 && !integration(p.foreign[len(p.foreign)-1]) {
			if !selfClosing {
				p.foreign = append(p.foreign, name)
			}
			if name == "script" && !selfClosing {
				p.raw = "" // text of a script in foreign content is markup to the tokenizer
			}
			return
		}
	}
	if (name == "svg" || name == "math") && !selfClosing {
		p.foreign = append(p.foreign, name)
		return
	}
	switch atom.Lookup([]byte(name)) {
	case atom.Script, atom.Style, atom.Title, atom.Textarea, atom.Xmp, atom.Iframe, atom.Noembed, atom.Noframes:
		p.raw = name
	case atom.Plaintext:
		p.raw = "plaintext"
	}
}

func (p *page) leave(name string) {
	for i := len(p.foreign) - 1; i >= 0; i-- {
		if p.foreign[i] == name {
			p.foreign = p.foreign[:i]
			return
		}
		if integration(p.foreign[i]) {
			return
		}
	}
}

// integration reports elements of foreign content whose children are HTML again.
func integration(name string) bool {
	switch name {
	case "foreignobject", "desc", "title", "mi", "mo", "mn", "ms", "mtext", "annotation-xml":
		return true
	}
	return false
}

// breakout are the HTML start tags that end foreign content.
var breakout = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields("b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var") {
		m[n] = true
	}
	return m
}()

// rawText handles the text of an element that holds no markup, up to its end tag, which the tokenizer then
// reads. Scripts and styles are mapped as code, the rest passes.
func (p *page) rawText(w io.Writer, text []byte, end bool) (int, error) {
	stop := endTag(text, p.raw)
	if stop < 0 {
		if !end {
			return 0, nil
		}
		stop = len(text)
	}
	body := text[:stop]
	var mapped []byte
	switch {
	case p.raw == "script" && !p.module, p.raw == "style":
		mapped = p.mapped(body, contextCode)
	}
	p.raw = ""
	if mapped == nil {
		_, err := w.Write(body)
		return stop, err
	}
	p.changed = true
	_, err := w.Write(mapped)
	return stop, err
}

// endTag finds where the text of a raw element ends: at "</name" followed by white space, "/" or ">". In a
// script, "<!--" followed by "<script" hides an end tag (the double-escaped state, 13.2.5.20 to 26).
func endTag(text []byte, name string) int {
	if name == "plaintext" {
		return -1
	}
	escaped, double := false, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '-' && escaped && bytes.HasPrefix(text[i:], []byte("-->")):
			escaped, double = false, false
		case text[i] != '<':
		case name == "script" && bytes.HasPrefix(text[i:], []byte("<!--")):
			escaped = true
			i++ // "<!-->" closes at once
		case name == "script" && escaped && !double && tagAt(text[i+1:], "script"):
			double = true
		case i+1 < len(text) && text[i+1] == '/' && tagAt(text[i+2:], name):
			if double {
				double = false
				continue
			}
			return i
		}
	}
	return -1
}

// tagAt reports whether text begins with a tag's name and what may follow one.
func tagAt(text []byte, name string) bool {
	if len(text) <= len(name) || !strings.EqualFold(string(text[:len(name)]), name) {
		return false
	}
	c := text[len(name)]
	return space(c) || c == '/' || c == '>'
}
