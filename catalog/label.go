package catalog

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// A label has at most 63 octets (RFC 1035 section 2.3.4). That of an anonymous host leaves room for a token
// and its separator.
const (
	maxLabel     = 63
	tokenLen     = 26
	separator    = "---"
	maxAnonymous = maxLabel - tokenLen - len(separator)
)

var labelEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Label makes the flat label of a real host, "host" or "host:port": a hyphen is doubled, a dot becomes a hyphen,
// a port follows three hyphens. No two hosts share a label: in a host name hyphens never stand beside dots, so
// runs of hyphens in a label are single for a dot, even for hyphens, and three for what is Referee's own. A
// label that would be too long is a hash; one with "--" at its third and fourth place, which the DNS reserves
// (RFC 5890 section 2.3.1), gets a prefix. It is "" for what is no host name.
func Label(host string) string { return label(host, maxLabel) }

func label(host string, limit int) string {
	name, port, ok := splitReal(host)
	if !ok {
		return ""
	}
	out := strings.NewReplacer("-", "--", ".", "-").Replace(name)
	if port != "" {
		out += separator + port
	}
	if len(out) >= 4 && out[2:4] == "--" {
		out = "wrap" + separator + out
	}
	if len(out) > limit || !flat(name) {
		sum := sha256.Sum256([]byte("referee label 1\x00" + host))
		out = "hash" + separator + labelEncoding.EncodeToString(sum[:16])
	}
	return out
}

// flat reports whether a name may be spelled out: underscores, which host names of services may have, may not
// stand in a label of a host.
func flat(name string) bool { return strings.IndexByte(name, '_') < 0 }

// splitReal takes a real host apart; false when it is not in lower case, not a host name (letters, digits,
// hyphens, and underscores, which some services use) or has a bad port. A port of 443 is not written.
func splitReal(host string) (name, port string, ok bool) {
	name, port, has := strings.Cut(host, ":")
	if has && (!isPort(port) || port == "443") {
		return "", "", false
	}
	if len(name) == 0 || len(name) > 253 {
		return "", "", false
	}
	for part := range strings.SplitSeq(name, ".") {
		if len(part) == 0 || len(part) > 63 || part[0] == '-' || part[len(part)-1] == '-' {
			return "", "", false
		}
		for i := range len(part) {
			if c := part[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return "", "", false
			}
		}
	}
	return name, port, true
}

func isPort(s string) bool {
	if len(s) == 0 || len(s) > 5 || s[0] == '0' {
		return false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}

// isLabel reports whether text is one label of a host name in lower case.
func isLabel(text string) bool {
	name, port, ok := splitReal(text)
	return ok && port == "" && !strings.ContainsAny(name, "._")
}

// cutToken takes the token off the first label of an anonymous host; false when there is none.
func cutToken(mapped string) (token, rest string, ok bool) {
	if len(mapped) <= tokenLen+len(separator) || mapped[tokenLen:tokenLen+len(separator)] != separator {
		return "", "", false
	}
	for i := range tokenLen {
		if c := mapped[i]; !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return "", "", false
		}
	}
	return mapped[:tokenLen], mapped[tokenLen+len(separator):], true
}
