package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// Bounds of what is read. A real response with 150 groups and two certificates is about 20 kB, 12 deep.
const (
	maxMessage    = 256 << 10 // bytes of a message after base64 and DEFLATE
	maxMetadata   = 2 << 20   // bytes of a metadata document
	maxElements   = 6000      // of a message
	maxDepth      = 32
	maxAttributes = 48 // of one element
	maxPrefixes   = 32 // in scope at once
	maxID         = 256
)

// limits bound one document.
type limits struct {
	bytes, elements int
	comments        bool // dropped where they split no text, instead of refused
}

var (
	messageLimits  = limits{bytes: maxMessage, elements: maxElements}
	metadataLimits = limits{bytes: maxMetadata, elements: 20 * maxElements, comments: true}
)

var (
	idForm       = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	absoluteForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$`)
	entityForm   = regexp.MustCompile(`^&(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});`)
	declaration  = regexp.MustCompile(`^<\?xml version=["']1\.0["']( encoding=["'][Uu][Tt][Ff]-8["'])?( standalone=["'](yes|no)["'])?\s*\?>`)
)

// parse reads a document into a tree, and refuses everything whose meaning two parsers could disagree on. scope holds
// namespace declarations around the document, nil for one that stands alone; they are added to the root.
func parse(op string, data []byte, lim limits, scope map[string]string) (*etree.Element, error) {
	if len(data) > lim.bytes {
		return nil, refuse(op, ReasonTooLarge, "the document has %d bytes, at most %d are read", len(data), lim.bytes)
	}
	if lim.comments {
		data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	}
	if err := prescan(op, data, lim); err != nil {
		return nil, err
	}
	p := &parser{op: op, lim: lim, dec: xml.NewDecoder(bytes.NewReader(data)), ids: map[string]bool{}}
	p.scopes = []map[string]string{{"xml": nsXML}}
	maps.Copy(p.scopes[0], scope)
	root, err := p.run()
	if err != nil {
		return nil, err
	}
	for prefix, uri := range scope {
		key := "xmlns:" + prefix
		if prefix == "" {
			key = "xmlns"
		}
		if root.SelectAttr(key) == nil {
			root.CreateAttr(key, uri)
		}
	}
	return root, nil
}

// prescan finds, byte by byte and so without any parser's opinion, the constructs that have no place.
func prescan(op string, data []byte, lim limits) error {
	if !utf8.Valid(data) {
		return refuse(op, ReasonEncoding, "the document is not UTF-8")
	}
	rest := data[len(declaration.Find(data)):]
	for {
		i := bytes.IndexAny(rest, "<&")
		if i < 0 {
			return nil
		}
		rest = rest[i:]
		switch {
		case rest[0] == '&':
			if !entityForm.Match(rest) {
				return refuse(op, ReasonEntity, "the document uses an entity that XML does not define itself")
			}
		case bytes.HasPrefix(rest, []byte("<!--")):
			if !lim.comments {
				return refuse(op, ReasonComment, "the document holds a comment")
			}
			_, after, closed := bytes.Cut(rest[4:], []byte("-->"))
			if !closed {
				return refuse(op, ReasonMalformed, "a comment has no end")
			}
			rest = after
			continue
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			return refuse(op, ReasonCDATA, "the document holds a CDATA section")
		case bytes.HasPrefix(rest, []byte("<!")):
			return refuse(op, ReasonDTD, "the document holds a document type declaration")
		case bytes.HasPrefix(rest, []byte("<?")):
			return refuse(op, ReasonInstruction, "the document holds a processing instruction")
		}
		rest = rest[1:]
	}
}

// parser builds the tree from raw tokens and resolves namespaces itself.
type parser struct {
	op       string
	lim      limits
	dec      *xml.Decoder
	root     *etree.Element
	stack    []*etree.Element
	split    []bool // whether the element of the same depth holds a comment
	scopes   []map[string]string
	ids      map[string]bool
	elements int
}

func (p *parser) run() (*etree.Element, error) {
	for {
		token, err := p.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			if p.root == nil || len(p.stack) > 0 {
				return nil, refuse(p.op, ReasonMalformed, "the document ends early")
			}
			return p.root, nil
		case err != nil:
			return nil, refuse(p.op, ReasonMalformed, "the document is not well-formed: %v", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = p.start(t)
		case xml.EndElement:
			err = p.end(t)
		case xml.CharData:
			err = p.text(t)
		case xml.Comment:
			if n := len(p.split); n > 0 {
				p.split[n-1] = true
			}
		case xml.ProcInst: // the declaration; the prescan left no other
		default:
			err = refuse(p.op, ReasonMalformed, "the document holds what is neither element nor text")
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *parser) start(t xml.StartElement) error {
	if p.elements++; p.elements > p.lim.elements {
		return refuse(p.op, ReasonTooLarge, "the document has more than %d elements", p.lim.elements)
	}
	if len(p.stack) >= maxDepth {
		return refuse(p.op, ReasonTooDeep, "elements are nested more than %d deep", maxDepth)
	}
	if len(t.Attr) > maxAttributes {
		return refuse(p.op, ReasonTooLarge, "an element has %d attributes, at most %d are read", len(t.Attr), maxAttributes)
	}
	el := &etree.Element{Space: t.Name.Space, Tag: t.Name.Local, Attr: make([]etree.Attr, 0, len(t.Attr))}
	scope, err := p.declare(t.Attr)
	if err != nil {
		return err
	}
	if err := p.name(t.Name, scope); err != nil {
		return err
	}
	for i, a := range t.Attr {
		if err := p.attribute(t.Attr[:i], a, scope); err != nil {
			return err
		}
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		el.CreateAttr(key, a.Value)
	}
	switch {
	case len(p.stack) > 0:
		p.stack[len(p.stack)-1].AddChild(el)
	case p.root != nil:
		return refuse(p.op, ReasonMalformed, "the document has two roots")
	default:
		p.root = el
	}
	p.stack, p.scopes, p.split = append(p.stack, el), append(p.scopes, scope), append(p.split, false)
	return nil
}

// declare returns the namespaces in scope inside an element (Namespaces in XML 1.0).
func (p *parser) declare(attrs []xml.Attr) (map[string]string, error) {
	scope, own := p.scopes[len(p.scopes)-1], false
	for _, a := range attrs {
		prefix := a.Name.Local
		switch {
		case a.Name.Space == "xmlns":
		case a.Name.Space == "" && prefix == "xmlns":
			prefix = ""
		default:
			continue
		}
		if prefix == "xml" || prefix == "xmlns" || a.Value == nsXML || a.Value == nsXMLNS {
			return nil, refuse(p.op, ReasonNamespace, "a reserved namespace or prefix is declared")
		}
		// Relative namespace names, and taking a declaration back, make canonicalizers disagree or give up.
		if !absoluteForm.MatchString(a.Value) {
			return nil, refuse(p.op, ReasonNamespace, "the namespace name %q is not an absolute URI", clip(a.Value))
		}
		if !own {
			scope, own = maps.Clone(scope), true
		}
		scope[prefix] = a.Value
	}
	if len(scope) > maxPrefixes {
		return nil, refuse(p.op, ReasonTooLarge, "more than %d namespace prefixes are in scope", maxPrefixes)
	}
	return scope, nil
}

// name checks one name's form and that its prefix is declared.
func (p *parser) name(n xml.Name, scope map[string]string) error {
	if n.Local == "" || strings.ContainsRune(n.Local, ':') || strings.ContainsRune(n.Space, ':') {
		return refuse(p.op, ReasonNamespace, "%q is not a qualified name", clip(n.Space+":"+n.Local))
	}
	if n.Space == "xmlns" {
		return refuse(p.op, ReasonNamespace, "an element has the prefix xmlns")
	}
	if n.Space != "" && scope[n.Space] == "" {
		return refuse(p.op, ReasonNamespace, "the prefix %q is not declared", clip(n.Space))
	}
	return nil
}

// attribute checks one attribute against those before it.
func (p *parser) attribute(before []xml.Attr, a xml.Attr, scope map[string]string) error {
	for _, b := range before {
		sameURI := a.Name.Space != "" && b.Name.Space != "" && scope[a.Name.Space] == scope[b.Name.Space] && scope[a.Name.Space] != ""
		if a.Name.Local == b.Name.Local && (a.Name.Space == b.Name.Space || sameURI) {
			return refuse(p.op, ReasonNamespace, "the attribute %q is given twice", clip(a.Name.Local))
		}
	}
	if a.Name.Space == "xmlns" || (a.Name.Space == "" && a.Name.Local == "xmlns") {
		return nil
	}
	if err := p.name(a.Name, scope); err != nil {
		return err
	}
	if !strings.EqualFold(a.Name.Local, "id") {
		return nil
	}
	if a.Name.Space != "" {
		return refuse(p.op, ReasonNamespace, "the attribute %q looks like an ID and is in a namespace", clip(a.Name.Space+":"+a.Name.Local))
	}
	if a.Name.Local != "id" && (len(a.Value) > maxID || !idForm.MatchString(a.Value)) {
		return refuse(p.op, ReasonMalformed, "the ID %q is not a name", clip(a.Value))
	}
	if p.ids[a.Value] {
		return refuse(p.op, ReasonDuplicateID, "two elements have the ID %q", clip(a.Value))
	}
	p.ids[a.Value] = true
	return nil
}

func (p *parser) end(t xml.EndElement) error {
	n := len(p.stack) - 1
	if n < 0 || p.stack[n].Space != t.Name.Space || p.stack[n].Tag != t.Name.Local {
		return refuse(p.op, ReasonMalformed, "the end of %q has no beginning", clip(t.Name.Local))
	}
	if p.split[n] {
		for _, c := range p.stack[n].Child {
			if data, ok := c.(*etree.CharData); ok && !blank(data.Data) {
				return refuse(p.op, ReasonComment, "a comment splits the text of %q", p.stack[n].Tag)
			}
		}
	}
	p.stack, p.scopes, p.split = p.stack[:n], p.scopes[:n+1], p.split[:n]
	return nil
}

func (p *parser) text(t xml.CharData) error {
	if len(p.stack) == 0 {
		if !blank(string(t)) {
			return refuse(p.op, ReasonMalformed, "there is text outside the document's root")
		}
		return nil
	}
	p.stack[len(p.stack)-1].CreateText(string(t))
	return nil
}

// blank reports whether s is XML white space only.
func blank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// clip shortens foreign text for messages.
func clip(s string) string {
	if len(s) <= 120 {
		return s
	}
	return strings.ToValidUTF8(s[:120], "") + "…"
}
