// Package bound speaks the server's side of device-bound session credentials (W3C Working Draft "Device Bound Session
// Credentials", 2025): a browser makes a key that it can't hand out, and signs challenges with it; a short-lived cookie
// is renewed by nothing else. A cookie that was copied is of use until it ends, and not a moment longer.
//
// It owns headers, tokens and instructions. It does not own challenges, cookies, nor whose key it is (signin). It does
// no I/O. Layer L3, inside the family signin. Begin with [Register].
package bound

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/go-jose/go-jose/v4"
	josejson "github.com/go-jose/go-jose/v4/json"

	"github.com/referee-casb/referee/fault"
)

// The headers of the draft, as Chromium sends and reads them.
const (
	HeaderRegistration = "Secure-Session-Registration" // answer: make a key, and show it at a path
	HeaderChallenge    = "Secure-Session-Challenge"    // answer: sign this
	HeaderResponse     = "Secure-Session-Response"     // request: the signed challenge
	HeaderID           = "Sec-Secure-Session-Id"       // request: which session is to be refreshed
	HeaderSkipped      = "Secure-Session-Skipped"      // request: why the browser comes without a renewed cookie
)

// tokenType is the typ of a browser's tokens.
const tokenType = "dbsc+jwt"

// tokenMost bounds a token: a P-256 key and a challenge have far less.
const tokenMost = 8 << 10

// algorithms are those that a key may be of: the one that all TPMs and secure enclaves know.
var algorithms = []jose.SignatureAlgorithm{jose.ES256}

// Registration is the value of [HeaderRegistration]. path is of the same origin, challenge has no quotes.
func Registration(path, challenge string) string {
	return `(ES256);path="` + path + `";challenge="` + challenge + `"`
}

// Challenge is the value of [HeaderChallenge].
func Challenge(challenge, id string) string { return `"` + challenge + `";id="` + id + `"` }

// Key is the public half of a browser's key: a point of curve P-256, uncompressed (SEC 1 section 2.3.3), 65 bytes.
type Key []byte

const coordinate = 32 // bytes

// Thumbprint names a key (RFC 7638).
func (k Key) Thumbprint() string {
	if len(k) != 1+2*coordinate {
		return ""
	}
	text := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + text(k[1:1+coordinate]) + `","y":"` + text(k[1+coordinate:]) + `"}`))
	return text(sum[:])
}

// Claims are what a token says.
type Claims struct {
	Challenge string // jti
	Audience  string // aud, "" when the browser does not say
}

// Register reads the token of a registration: it brings the key that it is signed with. It is Denied with the reason when
// it is not one.
func Register(raw string) (Key, Claims, error) {
	const op = "bound.Register"
	jws, err := parse(raw)
	if err != nil {
		return nil, Claims{}, fault.Wrap(err, op, "")
	}
	jwk := jws.Signatures[0].Protected.JSONWebKey
	if jwk == nil {
		return nil, Claims{}, fault.New(fault.Denied, op, "it brings no key")
	}
	public, ok := jwk.Key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, Claims{}, fault.New(fault.Denied, op, "its key is not on curve P-256")
	}
	key, err := public.Bytes()
	if err != nil {
		return nil, Claims{}, fault.New(fault.Denied, op, "its key is not one: %s", err)
	}
	claims, err := verify(jws, key)
	return key, claims, fault.Wrap(err, op, "")
}

// Verify reads the token of a refresh, which must be signed by the key that was registered; one that it brings along is
// not looked at.
func (k Key) Verify(raw string) (Claims, error) {
	jws, err := parse(raw)
	if err != nil {
		return Claims{}, fault.Wrap(err, "bound.Verify", "")
	}
	claims, err := verify(jws, k)
	return claims, fault.Wrap(err, "bound.Verify", "")
}

func parse(raw string) (*jose.JSONWebSignature, error) {
	const op = "bound.parse"
	raw = strings.TrimSuffix(strings.TrimPrefix(raw, `"`), `"`) // a structured field's string, in newer drafts
	if raw == "" || len(raw) > tokenMost || strings.Count(raw, ".") != 2 {
		return nil, fault.New(fault.Denied, op, "it is no signed token of at most %d bytes", tokenMost)
	}
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, fault.New(fault.Denied, op, "it is no token signed with ES256: %s", err)
	}
	if typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string); typ != tokenType {
		return nil, fault.New(fault.Denied, op, "its typ is %.40q, not %q", typ, tokenType)
	}
	return jws, nil
}

func verify(jws *jose.JSONWebSignature, key Key) (Claims, error) {
	const op = "bound.verify"
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		return Claims{}, fault.New(fault.Denied, op, "the key is not one: %s", err)
	}
	payload, err := jws.Verify(public)
	if err != nil {
		return Claims{}, fault.New(fault.Denied, op, "it is not signed with the key")
	}
	var said struct {
		JTI string `json:"jti"`
		Aud string `json:"aud"`
	}
	// This decoder refuses an object that has a name twice.
	if err := josejson.Unmarshal(payload, &said); err != nil {
		return Claims{}, fault.New(fault.Denied, op, "its claims can't be read: %s", err)
	}
	if said.JTI == "" {
		return Claims{}, fault.New(fault.Denied, op, "it answers no challenge (jti)")
	}
	return Claims{Challenge: said.JTI, Audience: said.Aud}, nil
}

// Instructions tell a browser which cookie it renews where.
type Instructions struct {
	ID         string // of the session
	Refresh    string // path
	Origin     string
	Cookie     string   // its name
	Attributes string   // as Set-Cookie has them, without Max-Age
	Initiators []string // hosts whose requests may have the browser renew it first, beside the origin's own
}

// JSON returns the document.
func (i Instructions) JSON() ([]byte, error) {
	type object map[string]any
	doc := object{
		"session_identifier": i.ID, "refresh_url": i.Refresh,
		"scope":       object{"origin": i.Origin, "include_site": false, "scope_specification": []any{}},
		"credentials": []any{object{"type": "cookie", "name": i.Cookie, "attributes": i.Attributes}},
	}
	if len(i.Initiators) > 0 {
		doc["allowed_refresh_initiators"] = i.Initiators
	}
	return json.Marshal(doc)
}

// End tells a browser that a session is over, and its key of no use any more.
func End(id string) ([]byte, error) {
	return json.Marshal(map[string]any{"session_identifier": id, "continue": false})
}
