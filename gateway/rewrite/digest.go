package rewrite

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"
)

// Digests are those by which content security policies know scripts, styles and handlers of a page (CSP Level 3, section
// 8.3). nil holds none.
type Digests struct{ policies []policyDigests }

// policyDigests is what one policy knows. What it says nothing about, it lets pass.
type policyDigests struct {
	scripts, styles map[string]bool // "sha256-…"; nil: not restricted
	handlers        bool            // 'unsafe-hashes': attributes too
}

// DigestsOf reads policies as an answer's head carries them.
func DigestsOf(policies []string) *Digests {
	var d *Digests
	for _, value := range policies {
		for policy := range strings.SplitSeq(value, ",") {
			d = d.with(policy)
		}
	}
	return d
}

// with adds one policy, such as one that the page itself carries.
func (d *Digests) with(text string) *Digests {
	p := parsePolicy(text)
	var known policyDigests
	read := func(names ...string) map[string]bool {
		i := find(p, names...)
		if i < 0 {
			return nil
		}
		m := map[string]bool{}
		for _, s := range p[i].sources {
			known.handlers = known.handlers || strings.EqualFold(s, "'unsafe-hashes'")
			if len(s) > 2 && s[0] == '\'' {
				if t, ok := digestToken(strings.Trim(s, "'")); ok {
					m[t] = true
				}
			}
		}
		return m
	}
	known.scripts, known.styles = read("script-src-elem", "script-src", "default-src"), read("style-src-elem", "style-src", "default-src")
	out := &Digests{}
	if d != nil {
		out.policies = append(out.policies, d.policies...)
	}
	out.policies = append(out.policies, known)
	return out
}

// empty reports that no policy knows anything by digest.
func (d *Digests) empty() bool {
	if d == nil {
		return true
	}
	for _, p := range d.policies {
		if len(p.scripts) > 0 || len(p.styles) > 0 {
			return false
		}
	}
	return true
}

// has reports whether a text is known to all policies that restrict what it is, so that it runs or applies as it is.
func (d *Digests) has(text []byte, style bool) bool {
	if d.empty() {
		return false
	}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	var tokens []string
	for _, alg := range [...]string{"sha256", "sha384", "sha512"} {
		h := newDigest(alg)
		h.Write(text)
		tokens = append(tokens, alg+"-"+base64Sum(h))
	}
	return d.all(style, func(known map[string]bool) bool {
		return known[tokens[0]] || known[tokens[1]] || known[tokens[2]]
	})
}

// all reports whether each policy that restricts scripts or styles is content with what it knows.
func (d *Digests) all(style bool, content func(known map[string]bool) bool) bool {
	restricted := false
	for _, p := range d.policies {
		known := p.scripts
		if style {
			known = p.styles
		}
		if known == nil {
			continue
		}
		if restricted = true; !content(known) {
			return false
		}
	}
	return restricted
}

// hasAll reports whether all that counts of integrity metadata is known, which lets a script run by its source (CSP Level 3,
// section 6.7.1.1).
func (d *Digests) hasAll(metadata string) bool {
	_, tokens := strongest(metadata)
	return len(tokens) > 0 && !d.empty() && d.all(false, func(known map[string]bool) bool {
		for _, t := range tokens {
			if !known[t] {
				return false
			}
		}
		return true
	})
}

// allows reports whether a policy knows a handler or a style attribute by its digest.
func (o *Options) allows(text []byte) bool {
	if o.Digests == nil {
		return false
	}
	for _, p := range o.Digests.policies {
		one := &Digests{policies: []policyDigests{p}}
		if p.handlers && (one.has(text, false) || one.has(text, true)) {
			return true
		}
	}
	return false
}

// digestToken reads "sha384-…" and gives it in its usual form: base64 with padding, not base64url.
func digestToken(s string) (token string, ok bool) {
	alg, value, found := strings.Cut(s, "-")
	alg = strings.ToLower(alg)
	if !found || newDigest(alg) == nil {
		return "", false
	}
	value, _, _ = strings.Cut(value, "?") // options, of which there are none yet (SRI, section 3.1)
	return alg + "-" + strings.NewReplacer("-", "+", "_", "/").Replace(value), true
}

func newDigest(alg string) hash.Hash {
	switch alg {
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return nil
}

// strongest gives the tokens of the strongest algorithm in integrity metadata (SRI, section 3.3.4); the others don't count.
func strongest(metadata string) (alg string, tokens []string) {
	for word := range strings.FieldsSeq(metadata) {
		t, ok := digestToken(word)
		if !ok {
			continue
		}
		a, _, _ := strings.Cut(t, "-")
		switch {
		case a > alg: // by chance also the order of strength
			alg, tokens = a, []string{t}
		case a == alg:
			tokens = append(tokens, t)
		}
	}
	return alg, tokens
}

// base64Sum is a digest as metadata writes it.
func base64Sum(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }
