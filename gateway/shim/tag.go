package shim

import (
	"bytes"
	"html"
)

// Tag writes the script element of one app session. Rendering a configuration is done once, in
// [NewTag]; a document only adds its id and nonce. Safe for concurrent use.
type Tag struct {
	head []byte // up to the value of data-referee-doc
}

// NewTag renders a configuration.
func NewTag(c Config) (Tag, error) {
	raw, err := c.JSON()
	if err != nil {
		return Tag{}, err
	}
	var b bytes.Buffer
	b.WriteString(`<script src="` + html.EscapeString(c.Origin+Path()) + `" data-referee-config="`)
	b.WriteString(html.EscapeString(string(raw)))
	b.WriteString(`" data-referee-doc="`)
	return Tag{head: b.Bytes()}, nil
}

// Append adds the element to dst. It must be the first thing in the document that can run code:
// a classic script without async or defer. The doc id names the document in reports; the nonce is
// the one of its Content-Security-Policy, empty for none. Both are escaped. The document's policy
// must let connect-src reach its own origin for the reports.
func (t Tag) Append(dst []byte, doc, nonce string) []byte {
	dst = append(dst, t.head...)
	dst = append(dst, html.EscapeString(doc)...)
	if nonce != "" {
		dst = append(dst, `" nonce="`...)
		dst = append(dst, html.EscapeString(nonce)...)
	}
	return append(dst, `"></script>`...)
}
