package rewrite

import (
	"bytes"
	"strings"
)

// scriptKind says what the text of an element is.
type scriptKind uint8

const (
	textPasses scriptKind = iota // data, or what people read
	textCode                     // mapped as it comes
	textHeld                     // looked at whole: an import map, and scripts that a policy knows by digest
	textPage                     // noscript
)

// maxHeld bounds the scripts that are looked at whole; a longer one is handled as any other.
const maxHeld = 4 << 20

// scriptTypes are the types of scripts that run: JavaScript's (MIME Sniffing, section 4.6) and modules.
var scriptTypes = func() map[string]bool {
	m := map[string]bool{"": true, "module": true}
	for _, t := range strings.Fields(`application/ecmascript application/javascript application/x-ecmascript application/x-javascript text/ecmascript text/javascript
		text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 text/javascript1.4 text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript`) {
		m[t] = true
	}
	return m
}()

// script says what the text of an element with raw text is.
func (t *startTag) script() scriptKind {
	switch string(t.name) {
	case "style":
		return t.digested(textCode)
	case "noscript":
		return textPage
	case "script":
	default:
		return textPasses
	}
	kind, ok := t.value("type")
	if !ok {
		if language, has := t.value("language"); has && language != "" {
			kind = "text/" + language
		}
	}
	switch kind = strings.ToLower(strings.Trim(kind, " \t\r\n\f")); {
	case kind == "importmap", kind == "speculationrules":
		return textHeld
	case scriptTypes[kind]:
		return t.digested(textCode)
	}
	return textPasses // data that the page reads: JSON, templates
}

// digested holds inline code whose digest a policy may know.
func (t *startTag) digested(kind scriptKind) scriptKind {
	if t.page.opt.Digests.empty() {
		return kind
	}
	if _, has := t.value("nonce"); has {
		return kind
	}
	if _, has := t.value("src"); has && string(t.name) == "script" {
		return kind
	}
	return textHeld
}

// heldTag is a start tag that waits for its element's text.
type heldTag struct {
	raw  []byte
	name int // where the name ends
	kind string
}

// rawText handles the text of an element that holds no markup, up to its end tag, which is then read as any other.
func (p *page) rawText(o *output, i int, end bool) int {
	r := &p.raw
	settled, found := r.next(o.text[i:], end)
	stop := i + settled
	part, last := o.text[i:stop], found || end
	switch r.kind {
	case textCode:
		p.mapRaw(o, i, stop, last)
	case textHeld:
		o.upto(i)
		o.done = stop
		r.held = append(r.held, part...)
		switch {
		case last:
			p.release(o)
		case len(r.held) > maxHeld:
			p.giveUp(o)
		}
	case textPage:
		if r.inner != nil {
			o.upto(i)
			o.done = stop
			changed, err := r.inner.transform(o.w, part, last)
			o.changed = o.changed || changed
			if err != nil { // it is text to browsers that run scripts: what is left of it passes
				o.write(r.inner.buf)
				r.inner = nil
			}
		}
	}
	switch {
	case found:
		p.rawEnd, p.raw = true, rawText{}
	case end:
		p.raw = rawText{}
	case settled == 0:
		return wait
	}
	return stop
}

// mapRaw maps code as it comes.
func (p *page) mapRaw(o *output, from, to int, last bool) {
	o.upto(from)
	o.done = to
	if o.err != nil {
		return
	}
	if p.raw.code == nil {
		p.raw.code = p.values.stream()
	}
	changed, err := p.raw.code.transform(o.w, o.text[from:to], last)
	o.changed = o.changed || changed
	if err != nil {
		o.err = err
	}
}

// giveUp goes on with a held text as with any other.
func (p *page) giveUp(o *output) {
	o.write(p.raw.tag.raw)
	text := p.raw.held
	p.raw.tag, p.raw.held, p.raw.kind = heldTag{}, nil, textCode
	p.raw.code = p.values.stream()
	changed, err := p.raw.code.transform(o.w, text, false)
	o.changed = o.changed || changed
	if err != nil && o.err == nil {
		o.err = err
	}
}

// release writes a held text with its tag. A script that a policy allows by its digest gets the policy's nonce when its
// text changes: the page's author allowed it to run, and it means the same.
func (p *page) release(o *output) {
	r := &p.raw
	repl := p.values.code(r.held)
	if r.tag.kind == "importmap" {
		repl = p.importMap(r.held, repl)
	}
	tag := r.tag.raw
	if repl != nil && p.opt.Nonce != "" && p.opt.Digests.has(r.held, r.name == "style") {
		tag = bytes.Join([][]byte{tag[:r.tag.name], []byte(` nonce="` + attributeEscaper.Replace(p.opt.Nonce) + `"`), tag[r.tag.name:]}, nil)
	}
	o.write(tag)
	if repl == nil {
		o.write(r.held)
		return
	}
	o.write(repl)
	o.changed = true
}

// write writes what is not in the text.
func (o *output) write(b []byte) {
	if o.err == nil && len(b) > 0 {
		_, o.err = o.w.Write(b)
	}
}
