package rewrite

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// start follows a start tag on one course.
func (b *branch) start(t *tree, a atom.Atom, name string, tag *startTag, more *[]branch) reading {
	top := b.top()
	if top.of != inHTML && !top.takes(a) {
		if top.loose && (top.text || top.svg) {
			// Whether HTML is open inside is not known.
			other := b.clone()
			other.html(t, a, name, tag, more)
			*more = append(*more, other)
		}
		if !leaves(a, tag) {
			if !tag.closed {
				b.open = append(b.open, foreign(top.of, a, name, tag))
			}
			return asMarkup
		}
		for b.top().of != inHTML && !b.top().point {
			b.pop(len(b.open) - 1)
		}
	}
	return b.html(t, a, name, tag, more)
}

// takes reports whether a start tag inside a foreign element is read by the rules for HTML.
func (n *node) takes(a atom.Atom) bool {
	switch {
	case n.svg:
		return a == atom.Svg
	case n.text:
		return a != atom.Mglyph && a != atom.Malignmark
	}
	return n.point
}

// foreign makes an element of foreign content.
func foreign(of namespace, a atom.Atom, name string, tag *startTag) node {
	n := node{name: name, of: of}
	if of == inSVG {
		n.point = name == "foreignobject" || a == atom.Desc || a == atom.Title
		return n
	}
	switch a {
	case atom.Mi, atom.Mo, atom.Mn, atom.Ms, atom.Mtext:
		n.point, n.text = true, true
	case atom.AnnotationXml:
		encoding, _ := tag.value("encoding")
		if strings.EqualFold(encoding, "text/html") || strings.EqualFold(encoding, "application/xhtml+xml") {
			n.point = true
		} else {
			n.svg = true
		}
	}
	return n
}

// leaves reports the start tags that end foreign content (13.2.6.5).
func leaves(a atom.Atom, tag *startTag) bool {
	switch a {
	case atom.B, atom.Big, atom.Blockquote, atom.Body, atom.Br, atom.Center, atom.Code, atom.Dd, atom.Div, atom.Dl, atom.Dt, atom.Em, atom.Embed,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Hr, atom.I, atom.Img, atom.Li, atom.Listing, atom.Menu, atom.Meta, atom.Nobr,
		atom.Ol, atom.P, atom.Pre, atom.Ruby, atom.S, atom.Small, atom.Span, atom.Strong, atom.Strike, atom.Sub, atom.Sup, atom.Table, atom.Tt, atom.U, atom.Ul, atom.Var:
		return true
	case atom.Font:
		for _, name := range []string{"color", "face", "size"} {
			if _, ok := tag.value(name); ok {
				return true
			}
		}
	}
	return false
}

// html follows a start tag by the rules for HTML.
func (b *branch) html(t *tree, a atom.Atom, name string, tag *startTag, more *[]branch) reading {
	frame, at := b.frame()
	kept := at != len(b.open)-1 // inside foreign content
	if rawName(a) && (t.frameset && a != atom.Noframes || frame.column) {
		return unclear
	}
	if frame.selects {
		if r, done := b.inSelect(a, name, tag, kept, more); done {
			return r
		}
	}
	switch {
	case rawName(a):
		if kept && (a == atom.Xmp || a == atom.Plaintext) && b.has("p") {
			b.loosen()
		}
		return asText
	case a == atom.Svg || a == atom.Math:
		if t.frameset || frame.column {
			*more = append(*more, b.clone())
		}
		if !tag.closed {
			of := inSVG
			if a == atom.Math {
				of = inMath
			}
			b.open = append(b.open, node{name: name, of: of})
		}
		return asMarkup
	case a == atom.Template:
		if t.frameset {
			*more = append(*more, b.clone())
		}
		b.open = append(b.open, node{name: name, frame: true})
		return asMarkup
	case a == atom.Select:
		frame.selects = true
	case a == atom.Table:
		frame.nested = frame.nested || frame.tables > 0
		frame.tables++
	case a == atom.Col && frame.name == "template" && (frame.tables == 0 || frame.nested):
		frame.column = true
	}
	if kept {
		b.inside(a, name, more)
	}
	return asMarkup
}

// inSelect follows a start tag where a select may be open: browsers used to ignore most elements in one, and now build them.
func (b *branch) inSelect(a atom.Atom, name string, tag *startTag, kept bool, more *[]branch) (r reading, done bool) {
	frame, _ := b.frame()
	switch {
	case a == atom.Script || a == atom.Textarea:
		return asText, true
	case rawName(a):
		return []reading{unclear, asMarkup, asText}[frame.course], true
	case a == atom.Svg || a == atom.Math:
		if frame.course == 0 {
			old := b.clone()
			ignores, _ := old.frame()
			ignores.course, frame.course = 1, 2
			*more = append(*more, old)
		}
		return asMarkup, frame.course == 1
	case a == atom.Template:
		return asMarkup, false
	case a == atom.Select:
		frame.unselect()
		if kept {
			b.loosen()
		}
		return asMarkup, true
	}
	if kept {
		b.loosen()
	}
	return asMarkup, true
}

// region is where the HTML elements on top begin: behind the foreign element that they are in.
func (b *branch) region() int {
	i := len(b.open)
	for i > 0 && b.open[i-1].of == inHTML && !b.open[i-1].frame {
		i--
	}
	return i
}

// has reports whether one of the elements is open in the HTML on top.
func (b *branch) has(names ...string) bool {
	for _, n := range b.open[b.region():] {
		for _, name := range names {
			if n.name == name {
				return true
			}
		}
	}
	return false
}

// loosen says that it is no longer known what HTML is open on top.
func (b *branch) loosen() {
	i := b.region()
	b.pop(i)
	if n := &b.open[i-1]; n.of != inHTML {
		n.loose = true
	}
}

// inside keeps an HTML element inside foreign content.
func (b *branch) inside(a atom.Atom, name string, more *[]branch) {
	if b.top().loose && b.top().of != inHTML {
		if cellPart(a) {
			b.crossed(more)
		}
		return
	}
	switch a {
	case atom.Html, atom.Head, atom.Body, atom.Frameset, atom.Frame,
		atom.Area, atom.Base, atom.Basefont, atom.Bgsound, atom.Br, atom.Embed, atom.Hr, atom.Image, atom.Img, atom.Input, atom.Keygen, atom.Link, atom.Meta,
		atom.Param, atom.Source, atom.Track, atom.Wbr:
		if a == atom.Hr && b.has("p") || a == atom.Hr && b.has("option", "optgroup") {
			b.loosen()
		}
		return
	}
	if cellPart(a) && !b.has("table") {
		b.crossed(more) // ignored, or the end of a cell that all of this is in
		return
	}
	if a == atom.Col {
		return
	}
	if b.closes(a, name) {
		b.loosen()
		return
	}
	b.open = append(b.open, node{name: name})
}

// cellPart reports the parts of tables, which end what is open in a cell.
func cellPart(a atom.Atom) bool {
	switch a {
	case atom.Caption, atom.Col, atom.Colgroup, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr:
		return true
	}
	return false
}

// closes reports whether a start tag may end elements that are open in the HTML on top.
func (b *branch) closes(a atom.Atom, name string) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Center, atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Fieldset,
		atom.Figcaption, atom.Figure, atom.Footer, atom.Header, atom.Hgroup, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.P, atom.Section, atom.Summary, atom.Ul,
		atom.Pre, atom.Listing, atom.Form, atom.Table:
		return b.has("p") || a == atom.Table && b.has("table") || a == atom.Form && b.has("form")
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return b.has("p", "h1", "h2", "h3", "h4", "h5", "h6")
	case atom.Li:
		return b.has("p", "li")
	case atom.Dd, atom.Dt:
		return b.has("p", "dd", "dt")
	case atom.Option, atom.Optgroup:
		return b.has("option", "optgroup")
	case atom.Rb, atom.Rt, atom.Rtc, atom.Rp:
		return b.has("rb", "rt", "rtc", "rp", "p", "li", "dd", "dt", "option", "optgroup")
	case atom.A, atom.Nobr, atom.Button:
		return b.has(name)
	case atom.Td, atom.Th:
		return b.has("td", "th", "caption", "colgroup")
	case atom.Tr:
		return b.has("tr", "caption", "colgroup")
	case atom.Tbody, atom.Thead, atom.Tfoot, atom.Caption, atom.Colgroup:
		return b.has("tbody", "thead", "tfoot", "tr", "caption", "colgroup")
	}
	return name == "search" && b.has("p")
}

// crossed follows a tag that ends the table cell that foreign content is in, if it is in one: every outer place is possible.
func (b *branch) crossed(more *[]branch) {
	for i := len(b.open) - 1; i > 0; i-- {
		if b.open[i].frame {
			return // nothing reaches out of a template
		}
		if b.open[i].of == inHTML || b.open[i-1].of != inHTML && !b.open[i-1].loose {
			continue
		}
		other := branch{open: b.open[:i]}.clone()
		if !other.top().frame {
			other.loosen()
		}
		*more = append(*more, other)
	}
}

// end follows an end tag on one course.
func (b *branch) end(a atom.Atom, name string, more *[]branch) {
	top := b.top()
	if top.of == inHTML {
		b.endHTML(a, name, more)
		return
	}
	if top.loose {
		other := b.clone()
		other.endLoose(a, more)
		*more = append(*more, other)
	}
	if a == atom.P || a == atom.Br {
		for b.top().of != inHTML && !b.top().point {
			b.pop(len(b.open) - 1)
		}
		if b.top().of == inHTML {
			b.endHTML(a, name, more)
		}
		return // else it makes an empty element that is closed at once
	}
	for i := len(b.open) - 1; i > 0; i-- {
		n := &b.open[i]
		if n.of == inHTML {
			b.endOuter(i, a, name, more)
			return
		}
		if i < len(b.open)-1 && n.loose {
			other := branch{open: b.open[:i+1]}.clone() // HTML that is not kept may end here
			*more = append(*more, other, b.clone())
		}
		if n.name == name {
			b.pop(i)
			return
		}
	}
	b.endOuter(0, a, name, more)
}

// endOuter follows an end tag inside foreign content that is none of its elements': that of HTML around it, if it is open.
func (b *branch) endOuter(at int, a atom.Atom, name string, more *[]branch) {
	switch {
	case a == atom.Template:
		b.endTemplate()
		return
	case a == atom.Html || a == atom.Body:
		return
	case b.open[at].frame:
		if a == atom.Select {
			b.open[at].unselect()
		}
		// The outermost elements are not kept, so this one may be open.
		other := branch{open: b.open[:at+1]}.clone()
		other.endHTML(a, name, more)
		*more = append(*more, other)
		return
	case cellPart(a) || a == atom.Table:
		b.crossed(more)
		return
	}
	other := branch{open: b.open[:at+1]}.clone()
	other.loosen()
	*more = append(*more, other)
}

// endHTML follows an end tag where HTML is on top.
func (b *branch) endHTML(a atom.Atom, name string, more *[]branch) {
	top := b.top()
	switch {
	case a == atom.Template:
		b.endTemplate()
	case top.frame:
		switch a {
		case atom.Select:
			top.unselect()
		case atom.Table:
			top.tables = max(0, top.tables-1)
		}
	case top.name == name:
		if a == atom.Select {
			frame, _ := b.frame()
			frame.unselect()
		}
		if a == atom.Table {
			frame, _ := b.frame()
			frame.tables = max(0, frame.tables-1)
		}
		b.pop(len(b.open) - 1)
	case a == atom.Html || a == atom.Body || a == atom.Br || a == atom.P && !b.has("p"):
	case (cellPart(a) || a == atom.Table) && !b.has("table"):
		b.crossed(more)
	case b.has(name) || cellPart(a) || heading(a) && b.has("h1", "h2", "h3", "h4", "h5", "h6"):
		b.loosen()
	}
}

func heading(a atom.Atom) bool {
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// endLoose follows an end tag where HTML that is not kept is on top, perhaps.
func (b *branch) endLoose(a atom.Atom, more *[]branch) {
	switch {
	case a == atom.Template:
		b.endTemplate()
	case cellPart(a) || a == atom.Table:
		b.crossed(more)
	}
}

// endTemplate closes the innermost template with all that is in it.
func (b *branch) endTemplate() {
	for i := len(b.open) - 1; i > 0; i-- {
		if b.open[i].frame {
			b.pop(i)
			return
		}
	}
}
