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
type Digests struct {
	known    map[string]bool // "sha256-…"
	handlers bool            // 'unsafe-hashes': attributes too
}

// DigestsOf reads policies as a page's head or an answer's header carries them.
func DigestsOf(policies []string) *Digests {
	var d Digests
	for _, value := range policies {
		for policy := range strings.SplitSeq(value, ",") {
			for _, directive := range parsePolicy(policy) {
				switch directive.name {
				case "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr":
				default:
					continue
				}
				for _, s := range directive.sources {
					if t, ok := digestToken(strings.Trim(s, "'")); ok && len(s) > 2 && s[0] == '\'' {
						if d.known == nil {
							d.known = map[string]bool{}
						}
						d.known[t] = true
					}
					d.handlers = d.handlers || strings.EqualFold(s, "'unsafe-hashes'")
				}
			}
		}
	}
	if d.known == nil {
		return nil
	}
	return &d
}

func (d *Digests) empty() bool { return d == nil || len(d.known) == 0 }

// has reports whether a text is known.
func (d *Digests) has(text []byte) bool {
	if d.empty() {
		return false
	}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	for _, alg := range [...]string{"sha256", "sha384", "sha512"} {
		h := newDigest(alg)
		h.Write(text)
		if d.known[alg+"-"+base64Sum(h)] {
			return true
		}
	}
	return false
}

// hasAll reports whether all that counts of integrity metadata is known, which lets a script run by its source (CSP Level 3,
// section 6.7.1.1).
func (d *Digests) hasAll(metadata string) bool {
	_, tokens := strongest(metadata)
	for _, t := range tokens {
		if d.empty() || !d.known[t] {
			return false
		}
	}
	return len(tokens) > 0
}

// allows reports whether a policy knows a handler by its digest.
func (o *Options) allows(text []byte) bool {
	return o.Digests != nil && o.Digests.handlers && o.Digests.has(text)
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
