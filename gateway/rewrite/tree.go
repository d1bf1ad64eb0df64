package rewrite

import (
	"slices"

	"golang.org/x/net/html/atom"
)

// tree follows the tree builder as far as it decides what the tokenizer reads next: whether the text of an element is
// markup, and whether CDATA sections exist (HTML Living Standard, 13.2.6). It keeps the open elements of foreign content,
// templates, and of HTML inside foreign content.
//
// Where it can't know what a browser does, since that hangs on elements that it doesn't keep or differs between browsers
// (the content of select did until 2025), it follows every course. Only where two of them read the next bytes differently
// is the page ambiguous.
type tree struct {
	all      []branch
	frameset bool // a page of frames, perhaps: most elements are ignored then
	lost     bool // more courses than are followed
}

// branch is one course: the open elements, innermost last. The first stands for the document.
type branch struct{ open []node }

type namespace uint8

const (
	inHTML namespace = iota
	inSVG
	inMath
)

// node is an open element. Of HTML, only templates are kept, and what is inside foreign content.
type node struct {
	name  string
	of    namespace
	frame bool // the document or a template
	// Of foreign elements: children are read as HTML. text: but for mglyph and malignmark; svg: only an svg is.
	point, text, svg bool
	loose            bool // HTML may be open inside that is not kept
	selects          bool // of a frame: a select may be open
	course           int8 // of a frame, while it is: 1 browsers that ignore most elements in one, 2 those that build them, 0 either
	column           bool // of a template: it may hold nothing but columns
	tables           int  // of a frame: tables open
	nested           bool // of a frame: tables in tables
}

// maxBranches bounds the courses, maxOpen the elements of each.
const (
	maxBranches = 16
	maxOpen     = 512 // Blink's own bound
)

// reading says how the text after a start tag is read.
type reading uint8

const (
	asMarkup reading = iota
	asText           // up to the element's end tag
	unclear
)

func newTree() tree {
	return tree{all: []branch{{open: []node{{frame: true}}}}}
}

// plain reports the state in which nearly all of a page is: no foreign content, no template.
func (t *tree) plain() bool { return len(t.all) == 1 && len(t.all[0].open) == 1 && !t.frameset }

func (b *branch) top() *node { return &b.open[len(b.open)-1] }

// frame is the document or the innermost template.
func (b *branch) frame() (*node, int) {
	for i := len(b.open) - 1; ; i-- {
		if b.open[i].frame {
			return &b.open[i], i
		}
	}
}

func (n *node) unselect() { n.selects, n.course = false, 0 }

func (b branch) clone() branch { return branch{open: slices.Clone(b.open)} }

func (b *branch) pop(to int) { b.open = b.open[:to] }

// rawNames are the elements whose text is not markup.
func rawName(name atom.Atom) bool {
	switch name {
	case atom.Script, atom.Style, atom.Title, atom.Textarea, atom.Xmp, atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Plaintext:
		return true
	}
	return false
}

// start follows a start tag.
func (t *tree) start(name []byte, tag *startTag) reading {
	a := atom.Lookup(name)
	if t.plain() && !t.all[0].open[0].selects {
		switch {
		case rawName(a):
			return asText
		case a != atom.Svg && a != atom.Math && a != atom.Template && a != atom.Select && a != atom.Frameset && a != atom.Table:
			return asMarkup
		}
	}
	known := intern(a, name)
	out, first := unclear, true
	var more []branch
	for i := range t.all {
		r := t.all[i].start(t, a, known, tag, &more)
		if first {
			out, first = r, false
		} else if r != out {
			out = unclear
		}
	}
	if a == atom.Frameset {
		t.frameset = t.frameset || t.anyHTML()
	}
	t.join(more)
	return out
}

// anyHTML reports whether the last element may have been HTML's.
func (t *tree) anyHTML() bool {
	for i := range t.all {
		if top := t.all[i].top(); top.of == inHTML || top.point {
			return true
		}
	}
	return false
}

// end follows an end tag, but for that of an element read as text.
func (t *tree) end(name []byte) {
	a := atom.Lookup(name)
	if t.plain() {
		root := &t.all[0].open[0]
		switch a {
		case atom.Select:
			root.unselect()
		case atom.Table:
			root.tables = max(0, root.tables-1)
		}
		return
	}
	known := intern(a, name)
	var more []branch
	for i := range t.all {
		t.all[i].end(a, known, &more)
	}
	t.join(more)
}

// join takes further courses in and drops doubles.
func (t *tree) join(more []branch) {
	all := append(t.all, more...)
	if len(all) == 1 {
		t.all = all
		t.lost = t.lost || len(all[0].open) > maxOpen
		return
	}
	kept := all[:0:0]
	for _, b := range all {
		if !slices.ContainsFunc(kept, func(o branch) bool { return slices.Equal(o.open, b.open) }) {
			kept = append(kept, b)
		}
		t.lost = t.lost || len(b.open) > maxOpen
	}
	if len(kept) > maxBranches {
		kept, t.lost = kept[:maxBranches], true
	}
	t.all = kept
}

// cdata says whether CDATA sections exist here: where the current node is foreign.
func (t *tree) cdata() (yes, sure bool) {
	for i := range t.all {
		top := t.all[i].top()
		is := top.of != inHTML
		if i > 0 && is != yes || is && top.loose {
			return false, false
		}
		yes = is
	}
	return yes, true
}

// code reports whether text here belongs to a script or style of foreign content.
func (t *tree) code() bool {
	if t.plain() {
		return false
	}
	for i := range t.all {
		if top := t.all[i].top(); top.of != inHTML && (top.name == "style" || top.name == "script") {
			return true
		}
	}
	return false
}

// intern gives a name without allocating for known ones.
func intern(a atom.Atom, name []byte) string {
	if a != 0 {
		return a.String()
	}
	return string(name)
}
