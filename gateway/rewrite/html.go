package rewrite

import (
	"bytes"
	"io"
	"net/url"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// maxToken bounds how much of one tag is held, its srcdoc and data addresses among it.
const maxToken = 16 << 20

// page rewrites HTML. It reads tags as the tokenizer of a browser does, follows with [tree] what the tree builder makes of
// them, and lets go of whatever is settled. Raw bytes go out as they came unless a value changes.
type page struct {
	opt    Options
	inject []byte
	values *values
	tree   tree
	buf    []byte // not settled

	pass     passing // inside of what passes as it is
	tag      tagScan // how far the tag at the start of buf is read
	tagging  bool
	current  startTag
	raw      rawText  // element whose text is read as text
	rawEnd   bool     // the next end tag is that element's
	begun    bool     // some of the page has been read
	declared bool     // the page or its head says what its charset is
	jis      bool     // and that it is one with escape sequences
	escape   bool     // the last byte that was read begins one
	base     *url.URL // of its base element, or as good as
	xml      bool     // by the rules of XML
	code     string   // XML: the open script or style
}

// output writes a piece, with changes.
type output struct {
	w       io.Writer
	text    []byte
	done    int // written up to here
	changed bool
	err     error
}

// upto writes what is before i.
func (o *output) upto(i int) {
	if o.err == nil && o.done < i {
		_, o.err = o.w.Write(o.text[o.done:i])
		o.done = i
	}
}

// put writes something that is not in the text, at i.
func (o *output) put(i int, b []byte) {
	o.upto(i)
	if o.err == nil && len(b) > 0 {
		_, o.err = o.w.Write(b)
		o.changed = true
	}
}

// replace puts b in the place of text[from:to].
func (o *output) replace(from, to int, b []byte) {
	o.put(from, b)
	o.done, o.changed = to, true
}

// host puts a host in the place of the one that begins at from and ends at a slash.
func (o *output) host(from int, host string) {
	o.upto(from)
	if o.err == nil {
		_, o.err = io.WriteString(o.w, host)
	}
	o.done, o.changed = from+bytes.IndexByte(o.text[from:], '/'), true
}

func newHTML(opt Options) *page {
	return &page{opt: opt, inject: opt.Inject, values: newValues(opt), tree: newTree(), declared: opt.Charset != ""}
}

func (p *page) transform(w io.Writer, piece []byte, end bool) (bool, error) {
	text := piece
	if len(p.buf) > 0 {
		p.buf = append(p.buf, piece...)
		text = p.buf
	}
	o := output{w: w, text: text}
	at, err := p.read(&o, end)
	if err == nil && end && len(p.inject) > 0 && !p.xml { // a page without a single token
		o.put(at, p.inject)
		p.inject = nil
	}
	o.upto(at)
	if err == nil {
		err = o.err
	}
	if err == nil && p.unread(text[:at]) {
		err = ambiguous("escape sequences of a charset that the page's head does not name")
	}
	if err == nil && len(text)-at > maxToken {
		err = ambiguous("a tag of more than %d MB", maxToken>>20)
	}
	if err != nil {
		p.buf = append(append(p.buf[:0:0], p.raw.unsent()...), text[o.done:]...)
		return o.changed, err
	}
	if p.buf == nil && at < len(text) {
		p.buf = make([]byte, 0, pieceSize+4<<10)
	}
	p.buf = append(p.buf[:0], text[at:]...)
	return o.changed, nil
}

// rest is what was not written when the page turned out to be ambiguous: transform keeps it in buf.
func (p *page) rest() []byte { return p.buf }

// ambiguous is the error of a page that browsers may read otherwise than it is read here.
func ambiguous(format string, args ...any) error {
	return &Ambiguous{Reason: fault.New(fault.Invalid, "rewrite", format, args...)}
}

// read handles what is whole in the text and returns where the rest begins.
func (p *page) read(o *output, end bool) (at int, err error) {
	if !p.begun && len(o.text) > 0 {
		if len(o.text) < 3 && !end && bytes.HasPrefix([]byte("\xef\xbb\xbf"), o.text) {
			return 0, nil
		}
		p.begun = true
		if bytes.HasPrefix(o.text, []byte("\xef\xbb\xbf")) {
			at, p.declared = 3, true
		}
	}
	for at < len(o.text) || p.raw.name != "" && end {
		var next int
		switch {
		case p.pass != passNothing:
			next = p.passOn(o.text, at, end)
		case p.raw.name != "":
			next = p.rawText(o, at, end)
		default:
			next, err = p.token(o, at, end)
		}
		if next < 0 || err != nil { // the rest of it is yet to come
			return at, err
		}
		at = next
	}
	return at, nil
}

// wait says that a token is not whole yet.
const wait = -1

// token handles the text or the tag at i, and returns where it ends.
func (p *page) token(o *output, i int, end bool) (next int, err error) {
	text := o.text
	if text[i] != '<' {
		return p.text(o, i, end), nil
	}
	if i+1 == len(text) {
		if !end {
			return wait, nil
		}
		p.beforeText(o, i)
		return i + 1, nil
	}
	switch c := text[i+1]; {
	case p.xml:
		return p.xmlTag(o, i, end)
	case letter(c):
		return p.startTag(o, i, end)
	case c == '/':
		return p.endTag(o, i, end)
	case c == '!':
		return p.declaration(text, i, end)
	case c == '?':
		p.pass = passTag
		return i + 2, nil
	}
	p.beforeText(o, i) // it is a "<" that people read
	return i + 1, nil
}

// text handles what is between tags. Text before the first tag opens the body, so our script goes first.
func (p *page) text(o *output, i int, end bool) int {
	n := bytes.IndexByte(o.text[i:], '<')
	stop := i + n
	if n < 0 {
		stop = len(o.text)
	}
	if p.code != "" || !p.xml && p.tree.code() {
		if n < 0 && !end && stop-i < maxString {
			return wait
		}
		if repl := p.values.code(o.text[i:stop]); repl != nil {
			o.replace(i, stop, repl)
		}
		return stop
	}
	if len(p.inject) > 0 && !p.xml && len(bytes.TrimLeft(o.text[i:stop], " \t\r\n\f")) > 0 {
		p.beforeText(o, i)
	}
	return stop
}

func (p *page) beforeText(o *output, i int) {
	if len(p.inject) > 0 {
		o.put(i, p.inject)
		p.inject = nil
	}
}

// wholeTag reads the tag at i up to its end. ok is false when it isn't all there.
func (p *page) wholeTag(text []byte, i, name int) (raw []byte, ok bool) {
	if !p.tagging {
		p.tag.begin(name)
		p.tagging = true
	}
	if !p.tag.scan(text[i:]) {
		return nil, false
	}
	p.tagging = false
	return text[i : i+p.tag.at], true
}

// startTag patches a tag's values, puts our script where it runs first, and enters the element's text.
func (p *page) startTag(o *output, i int, end bool) (int, error) {
	raw, ok := p.wholeTag(o.text, i, 1)
	if !ok {
		if end {
			return len(o.text), nil // the browser drops a tag without an end; its bytes pass
		}
		return wait, nil
	}
	name := raw[1:p.tag.nameTo]
	if upper(name) {
		name = bytes.ToLower(name)
	}
	head := string(name) == "head"
	if !head && string(name) != "html" {
		p.beforeText(o, i)
	}
	t := p.begin(o, i, raw, name)
	reading := p.tree.start(name, t)
	switch {
	case reading == unclear:
		return i, ambiguous("a <%s> where browsers differ about its text", name)
	case p.tree.lost:
		return i, ambiguous("more open elements than are followed")
	}
	if reading == asText {
		p.raw = rawText{name: string(name), kind: t.script(), inner: p.insideNoscript(name)}
	}
	stop := i + len(raw)
	if p.raw.kind == textHeld {
		var tag bytes.Buffer
		aside := output{w: &tag, text: o.text, done: i}
		t.out = &aside
		if err := t.patch(); err != nil {
			return i, err
		}
		aside.upto(stop)
		kind, _ := t.value("type")
		p.raw.tag = heldTag{raw: tag.Bytes(), name: p.tag.nameTo, kind: strings.ToLower(strings.TrimSpace(kind))}
		o.upto(i)
		o.done, o.changed = stop, o.changed || aside.changed
		return stop, nil
	}
	if err := t.patch(); err != nil {
		return i, err
	}
	if head {
		p.beforeText(o, stop)
	}
	return stop, nil
}

// begin sets the tag that is on its way; there is one at a time.
func (p *page) begin(o *output, i int, raw, name []byte) *startTag {
	t := &p.current
	t.page, t.out, t.at, t.raw, t.name, t.attrs, t.closed = p, o, i, raw, name, p.tag.attrs, p.tag.closed
	t.marker, t.instead, t.digests, t.nonce = "", "", "", ""
	return t
}

// insideNoscript reads what is shown where scripts are off: to browsers with scripts it is text.
func (p *page) insideNoscript(name []byte) *page {
	if string(name) != "noscript" {
		return nil
	}
	opt := p.opt
	opt.Inject = nil
	inner := newHTML(opt)
	inner.values, inner.begun, inner.declared = p.values, true, true
	return inner
}

// endTag follows an end tag; none of its bytes changes.
func (p *page) endTag(o *output, i int, end bool) (int, error) {
	text := o.text
	if i+2 == len(text) {
		if end {
			return len(text), nil
		}
		return wait, nil
	}
	switch c := text[i+2]; {
	case c == '>':
		return i + 3, nil
	case !letter(c):
		p.pass = passTag
		return i + 2, nil
	}
	raw, ok := p.wholeTag(text, i, 2)
	if !ok {
		if end {
			return len(text), nil
		}
		return wait, nil
	}
	name := raw[2:p.tag.nameTo]
	if upper(name) {
		name = bytes.ToLower(name)
	}
	switch {
	case p.rawEnd:
		p.rawEnd = false
	case name[0] != 's' && name[0] != 't' && p.tree.plain(): // nothing that is kept
	default:
		p.tree.end(name)
	}
	if p.tree.lost {
		return 0, ambiguous("more open elements than are followed")
	}
	return i + len(raw), nil
}

// declaration enters a comment, a document type or a CDATA section.
func (p *page) declaration(text []byte, i int, end bool) (int, error) {
	rest := text[i+2:]
	for _, d := range []struct {
		begin string
		pass  passing
	}{{"--", passCommentStart}, {"[CDATA[", passCDATA}} {
		if len(rest) < len(d.begin) && bytes.HasPrefix([]byte(d.begin), rest) && !end {
			return wait, nil
		}
		if !bytes.HasPrefix(rest, []byte(d.begin)) {
			continue
		}
		if d.pass == passCDATA {
			is, sure := p.tree.cdata()
			if !sure {
				return 0, ambiguous("a CDATA section where browsers may see a comment")
			}
			if !is {
				break
			}
		}
		p.pass = d.pass
		return i + 2 + len(d.begin), nil
	}
	p.pass = passTag
	return i + 2, nil
}

// upper reports capitals.
func upper(b []byte) bool {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}
