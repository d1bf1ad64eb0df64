package saml

import (
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Bounds of clock skew between us and a peer.
const (
	defaultSkew = 90 * time.Second
	maxSkew     = 5 * time.Minute
)

// Local is what both of our roles have: who we are to the peer, our keys and our clock.
type Local struct {
	EntityID string
	Logout   string // our single logout address, for both bindings; "" for none
	Keys     Keys
	Hash     crypto.Hash   // of signatures: SHA-256 (the default), SHA-384 or SHA-512
	Skew     time.Duration // tolerated difference of clocks; zero: 90 seconds; at most 5 minutes
	Now      func() time.Time
	// NewID makes an ID with 160 random bits; nil takes the system's source. An ID begins with a letter or "_".
	NewID func() string
}

// Validate reports settings that can't work.
func (l *Local) Validate() error {
	const op = "saml.Local"
	switch {
	case l.EntityID == "" || len(l.EntityID) > 1024:
		return refuse(op, ReasonSettings, "an entity id of 1 to 1024 bytes is needed")
	case l.Now == nil:
		return refuse(op, ReasonSettings, "a clock is needed")
	case l.Skew < 0 || l.Skew > maxSkew:
		return refuse(op, ReasonSettings, "the clock skew is %s, it may be 0 to %s", l.Skew, maxSkew)
	case l.Logout != "" && !httpURL(l.Logout):
		return refuse(op, ReasonSettings, "the logout address %q is not an absolute https address", l.Logout)
	}
	return l.Keys.Validate()
}

func (l *Local) skew() time.Duration {
	if l.Skew == 0 {
		return defaultSkew
	}
	return min(l.Skew, maxSkew)
}

func (l *Local) newID() string {
	if l.NewID != nil {
		return l.NewID()
	}
	var b [20]byte
	_, _ = rand.Read(b[:]) // never returns an error (crypto/rand)
	return "_" + hex.EncodeToString(b[:])
}

// message begins a protocol message.
func (l *Local) message(tag, id, destination string) *etree.Element {
	root := etree.NewElement("samlp:" + tag)
	root.CreateAttr("xmlns:samlp", nsSAMLP)
	root.CreateAttr("xmlns:saml", nsSAML)
	root.CreateAttr("ID", id)
	root.CreateAttr("Version", "2.0")
	root.CreateAttr("IssueInstant", formatTime(l.Now()))
	if destination != "" {
		root.CreateAttr("Destination", destination)
	}
	root.CreateElement("saml:Issuer").SetText(l.EntityID)
	return root
}

// header is what every protocol message begins with.
type header struct {
	ID, Issuer, Destination, InResponseTo string
	Issued                                time.Time
}

// readHeader checks what every message must have: version, id, a recent time, a destination that is ours.
// attributes are those allowed beside the common ones.
func (l *Local) readHeader(op string, root *etree.Element, places []string, signed bool, attributes ...string) (header, error) {
	var h header
	if err := only(op, root, append(attributes, "ID", "Version", "IssueInstant", "Destination", "Consent")...); err != nil {
		return h, err
	}
	h.ID, h.Destination, h.InResponseTo = attr(root, "ID"), attr(root, "Destination"), attr(root, "InResponseTo")
	if h.ID == "" {
		return h, refuse(op, ReasonMissingElement, "%s has no ID", root.Tag)
	}
	if v := attr(root, "Version"); v != "2.0" {
		return h, refuse(op, ReasonVersion, "%s is of version %q, only 2.0 is spoken", root.Tag, clip(v))
	}
	var err error
	if h.Issued, err = instant(op, root, "IssueInstant"); err != nil {
		return h, err
	}
	if h.Issued.IsZero() {
		return h, refuse(op, ReasonMissingElement, "%s has no IssueInstant", root.Tag)
	}
	if err := l.recent(op, root.Tag, h.Issued, messageLife); err != nil {
		return h, err
	}
	// A signed message must say where it goes, so that it can't be carried elsewhere (bindings 3.4.5.2, 3.5.5.2).
	if h.Destination == "" && signed {
		return h, refuse(op, ReasonDestination, "%s is signed and names no Destination", root.Tag)
	}
	if h.Destination != "" && !oneOf(h.Destination, places) {
		return h, refuse(op, ReasonDestination, "%s was sent to %q, this is %q", root.Tag, clip(h.Destination), strings.Join(places, `", "`))
	}
	if kids := root.ChildElements(); len(kids) > 0 && is(kids[0], nsSAML, "Issuer") {
		if h.Issuer, err = readIssuer(op, kids[0]); err != nil {
			return h, err
		}
	}
	return h, nil
}

// messageLife is how old a protocol message may be: it is on its way through a browser, nobody types meanwhile.
const messageLife = 5 * time.Minute

// recent refuses an issue instant in the future or older than life.
func (l *Local) recent(op, what string, issued time.Time, life time.Duration) error {
	now := l.Now()
	if issued.After(now.Add(l.skew())) {
		return refuse(op, ReasonNotYet, "%s was issued at %s, it is %s here: compare the clocks", what, formatTime(issued), formatTime(now))
	}
	if issued.Add(life + l.skew()).Before(now) {
		return refuse(op, ReasonExpired, "%s was issued at %s, it is %s here", what, formatTime(issued), formatTime(now))
	}
	return nil
}

// readIssuer reads an Issuer, which must be a plain entity id.
func readIssuer(op string, el *etree.Element) (string, error) {
	if err := only(op, el, "Format"); err != nil {
		return "", err
	}
	if f := attr(el, "Format"); f != "" && f != formatEntity {
		return "", refuse(op, ReasonIssuer, "the Issuer's format is %q instead of an entity", clip(f))
	}
	text, err := content(op, el)
	if err != nil {
		return "", err
	}
	if text = strings.Trim(text, " \t\r\n"); text == "" || len(text) > 1024 {
		return "", refuse(op, ReasonIssuer, "the Issuer is empty or too long")
	}
	return text, nil
}

func oneOf(s string, list []string) bool {
	for _, l := range list {
		if l != "" && s == l {
			return true
		}
	}
	return false
}

// httpURL reports whether s is an absolute address that a browser may be sent to: https, or http on a loopback name.
func httpURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(s) > 2048 {
		return false
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	loopback := host == "localhost" || strings.HasSuffix(host, ".localhost") || (err == nil && ip.IsLoopback())
	return u.Scheme == "https" || (u.Scheme == "http" && loopback)
}
