package rewrite

import (
	"encoding/json"
	"hash"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// Pages name scripts and style sheets by digest (Subresource Integrity), and the browser gets other bytes when these are
// rewritten. What then holds:
//
//   - A body that comes as the app sends it keeps its digest.
//   - Where the rewritten body's digest is known, the page gets it beside the original.
//   - Else the digest goes to the end of the address, in a parameter that only the gateway reads, and the gateway checks the
//     original ([Check]); one that doesn't match is cut off, so that the browser doesn't run it.

// IntegrityParam is the parameter that carries a digest to the gateway.
const IntegrityParam = "referee-integrity"

// Integrity knows what became of bodies that pages name by digest. Safe for concurrent use.
type Integrity interface {
	// Rewritten gives the digest of the rewritten body of an original, by the same algorithm: "sha384-…".
	Rewritten(original string) (digest string, ok bool)
	// Expect remembers what a page's import map says of the body at an address of a real host.
	Expect(address, metadata string)
}

// Check compares a body with integrity metadata.
type Check struct {
	Metadata string
	Cut      bool                             // end the body with an error unless it matches
	Verified func(original, rewritten string) // called once a body that matches is whole
	sums     map[string]hash.Hash
	after    hash.Hash
}

// before takes bytes as the app sent them.
func (c *Check) before(p []byte) {
	if c.sums == nil {
		alg, _ := strongest(c.Metadata)
		c.sums = map[string]hash.Hash{}
		if h := newDigest(alg); h != nil {
			c.sums[alg] = h
		}
		c.after = newDigest(max(alg, "sha256"))
	}
	for _, h := range c.sums {
		h.Write(p)
	}
}

// Write takes bytes as they were rewritten.
func (c *Check) Write(p []byte) (int, error) { return c.after.Write(p) }

// end decides.
func (c *Check) end() error {
	alg, want := strongest(c.Metadata)
	h := c.sums[alg]
	if h == nil {
		return nil // metadata that says nothing asks for nothing (SRI, section 3.3.4)
	}
	got := alg + "-" + base64Sum(h)
	if !slices.Contains(want, got) {
		if !c.Cut {
			return nil
		}
		// fail closed: the browser would not have run it
		return fault.New(fault.Invalid, "rewrite", "the body is not the one that the page names by digest")
	}
	if c.Verified != nil {
		c.Verified(got, alg+"-"+base64Sum(c.after))
	}
	return nil
}

// integrity decides what becomes of an element's digests: what is added to them, or what takes the attribute's place while
// marker goes to the address.
func (t *startTag) integrity() {
	metadata, ok := t.value("integrity")
	if !ok || strings.TrimSpace(metadata) == "" {
		return
	}
	address := ""
	switch string(t.name) {
	case "script":
		address, ok = t.value("src")
	case "link":
		address, ok = t.value("href")
		ok = ok && t.rewrittenLink()
	default:
		return
	}
	if !ok {
		return
	}
	if _, ours := t.page.resolve(address); !ours {
		return // it comes as its own host sends it
	}
	nonce := ""
	if _, has := t.value("nonce"); !has && t.page.opt.Nonce != "" && t.page.opt.Digests.hasAll(metadata) { // the policy allows it by this digest
		nonce = `nonce="` + attributeEscaper.Replace(t.page.opt.Nonce) + `" `
	}
	if more, known := t.page.digests(metadata); known {
		if t.digests = more; more != "" {
			t.nonce = nonce
		}
		return
	}
	_, tokens := strongest(metadata)
	if len(tokens) == 0 {
		return // metadata that says nothing asks for nothing
	}
	t.marker = strings.Join(tokens, " ")
	t.instead = nonce + "data-referee-integrity"
}

// rewrittenLink reports links to bodies that are rewritten.
func (t *startTag) rewrittenLink() bool {
	rel, _ := t.value("rel")
	as, _ := t.value("as")
	for word := range strings.FieldsSeq(strings.ToLower(rel)) {
		switch word {
		case "stylesheet", "modulepreload":
			return true
		case "preload", "prefetch":
			switch strings.ToLower(as) {
			case "script", "style", "worker", "sharedworker", "serviceworker", "document", "":
				return true
			}
		}
	}
	return false
}

// Marked adds digests to an address.
func Marked(address, metadata string) string {
	fragment := ""
	if i := strings.IndexByte(address, '#'); i >= 0 {
		address, fragment = address[:i], address[i:]
	}
	sep := "?"
	if strings.IndexByte(address, '?') >= 0 {
		sep = "&"
	}
	return address + sep + IntegrityParam + "=" + url.QueryEscape(metadata) + fragment
}

// CutMarker takes the parameter of [IntegrityParam] out of a query.
func CutMarker(query string) (rest, metadata string, ok bool) {
	i := strings.LastIndex(query, IntegrityParam+"=")
	if i < 0 || i > 0 && query[i-1] != '&' {
		return query, "", false
	}
	value, after, _ := strings.Cut(query[i+len(IntegrityParam)+1:], "&")
	metadata, err := url.QueryUnescape(value)
	if err != nil {
		return query, "", false
	}
	rest = strings.TrimSuffix(query[:i], "&")
	if after != "" && rest != "" {
		rest += "&"
	}
	return rest + after, metadata, true
}

// digests gives what is added to integrity metadata so that the rewritten bodies fit too.
func (p *page) digests(metadata string) (more string, ok bool) {
	if p.opt.Integrity == nil {
		return "", false
	}
	_, tokens := strongest(metadata)
	for _, t := range tokens {
		rewritten, known := p.opt.Integrity.Rewritten(t)
		if !known {
			return "", false
		}
		if rewritten != t {
			more += " " + rewritten
		}
	}
	return more, len(tokens) > 0
}

// resolve gives the real address of a reference, and whether it is at a host whose bodies are rewritten.
func (p *page) resolve(reference string) (address string, ours bool) {
	u, err := url.Parse(strings.TrimSpace(reference))
	if err != nil {
		return "", true // nobody knows where: its digest can't be left in place
	}
	base := &url.URL{Scheme: "https", Host: p.opt.Real, Path: "/"}
	if b, err := url.Parse(p.opt.Address); err == nil && p.opt.Address != "" {
		base = b
	}
	if p.base != nil {
		base = base.ResolveReference(p.base)
	}
	u = base.ResolveReference(u)
	u.Fragment, u.RawFragment = "", ""
	if u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
	_, mapped := p.opt.Hosts.Mapped(host)
	return u.String(), mapped || host == p.opt.Real
}

// importMap maps an import map, whose digests are of bodies that may be rewritten (HTML Living Standard, 8.1.6.2).
func (p *page) importMap(text, mapped []byte) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(text, &m) != nil || m["integrity"] == nil {
		return mapped
	}
	var digests map[string]string
	if json.Unmarshal(m["integrity"], &digests) != nil {
		return mapped
	}
	changed := false
	for address, metadata := range digests {
		target, ours := p.resolve(address)
		if !ours {
			continue
		}
		more, ok := p.digests(metadata)
		switch {
		case ok && more != "":
			digests[address], changed = metadata+more, true
		case !ok && p.opt.Integrity != nil:
			// A module that rewriting changes is refused once, and known from then on.
			// fail closed: its address is its name, so it can't carry the digest
			p.opt.Integrity.Expect(target, metadata)
		}
	}
	if !changed {
		return mapped
	}
	raw, err := json.Marshal(digests)
	if err != nil {
		return mapped
	}
	m["integrity"] = raw
	if raw, err = json.Marshal(m); err != nil { // which escapes "<"
		return mapped
	}
	if repl := p.values.code(raw); repl != nil {
		return repl
	}
	return raw
}
