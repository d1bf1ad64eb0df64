package saml

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/beevik/etree"
)

// maxName bounds a name (SAML core 8.3.7 wants 256 characters at most for persistent ones).
const maxName = 1024

// NameID names a person to one party (SAML core 2.2.3).
type NameID struct {
	Value, Format                  string
	NameQualifier, SPNameQualifier string
	SPProvidedID                   string
}

// Same reports whether two names are of one person: the same value in the same format, qualifiers equal where both
// have them. Unspecified and no format are the same.
func (n NameID) Same(o NameID) bool {
	format := func(f string) string {
		if f == FormatUnspecified {
			return ""
		}
		return f
	}
	qualifier := func(a, b string) bool { return a == b || a == "" || b == "" }
	return n.Value == o.Value && n.Value != "" && format(n.Format) == format(o.Format) &&
		qualifier(n.NameQualifier, o.NameQualifier) && qualifier(n.SPNameQualifier, o.SPNameQualifier)
}

// write appends the name to parent.
func (n NameID) write(parent *etree.Element, tag string) {
	el := parent.CreateElement("saml:" + tag)
	for _, a := range [...][2]string{
		{"NameQualifier", n.NameQualifier},
		{"SPNameQualifier", n.SPNameQualifier},
		{"Format", n.Format},
		{"SPProvidedID", n.SPProvidedID},
	} {
		if a[1] != "" {
			el.CreateAttr(a[0], a[1])
		}
	}
	el.SetText(n.Value)
}

// readNameID reads a NameID.
func readNameID(op string, el *etree.Element) (NameID, error) {
	if err := only(op, el, "NameQualifier", "SPNameQualifier", "Format", "SPProvidedID"); err != nil {
		return NameID{}, err
	}
	text, err := content(op, el)
	if err != nil {
		return NameID{}, err
	}
	n := NameID{
		Value: strings.Trim(text, " \t\r\n"), Format: attr(el, "Format"), NameQualifier: attr(el, "NameQualifier"),
		SPNameQualifier: attr(el, "SPNameQualifier"), SPProvidedID: attr(el, "SPProvidedID"),
	}
	if n.Value == "" || len(n.Value) > maxName || strings.ContainsFunc(n.Value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return NameID{}, refuse(op, ReasonNameID, "the name has %d bytes or holds control characters", len(n.Value))
	}
	if n.Format == FormatEmail && strings.Count(n.Value, "@") != 1 {
		return NameID{}, refuse(op, ReasonNameID, "the name is said to be an e-mail address and is none")
	}
	return n, nil
}

// Pairwise returns the persistent name of a person for one app: stable, different for each app, and of no meaning to
// anybody without the secret (SAML core 8.3.7). tenant and subject are ours, secret has at least 32 bytes.
func Pairwise(secret []byte, tenant, app, subject string) (string, error) {
	if len(secret) < 32 || app == "" || subject == "" {
		return "", refuse("saml.Pairwise", ReasonSettings, "a persistent name needs a secret of 32 bytes, an app and a person")
	}
	mac := hmac.New(sha256.New, secret)
	for _, part := range []string{tenant, app, subject} {
		// Length first: no two triples give the same bytes.
		var n [8]byte
		for i := range n {
			n[i] = byte(len(part) >> (8 * i)) //nolint:gosec // the low byte of each shift is what is wanted
		}
		mac.Write(n[:])
		mac.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}
