package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"

	"github.com/referee-casb/referee/model"
)

// secretLen is the length of a secret's text: 256 bits in base64url.
const secretLen = 43

// Secret is what a browser holds to prove that it is the one: 256 random bits in base64url. It never shows
// itself; take Reveal to put it into a cookie or a URL.
type Secret string

// NewSecret makes a secret.
func NewSecret() Secret {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return Secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// ParseSecret takes what a browser sent; false when it can't be a secret.
func ParseSecret(text string) (Secret, bool) {
	if len(text) != secretLen {
		return "", false
	}
	for i := range len(text) {
		if !isBase64URL(text[i]) {
			return "", false
		}
	}
	return Secret(text), true
}

func isBase64URL(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Hash returns the SHA-256 of the secret's text in base64url: what stores keep, and what a nonce parameter
// carries.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// String hides the secret.
func (s Secret) String() string { return "[redacted]" }

// GoString hides the secret.
func (s Secret) GoString() string { return "[redacted]" }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText hides the secret, so that no JSON document holds one by accident.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// NewID makes an id that is unique and not to be guessed: 128 random bits in base64url, 22 characters.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// BrokerCookie is the value of the broker's own cookie: the session's id, which logs and activities name, and
// the browser's secret, which nothing else knows.
func BrokerCookie(id model.SessionID, s Secret) string { return string(id) + "." + s.Reveal() }

// ParseBrokerCookie takes a cookie apart; false when it is malformed. Whether the secret is right, Holds tells.
func ParseBrokerCookie(value string) (model.SessionID, Secret, bool) {
	id, text, ok := strings.Cut(value, ".")
	secret, good := ParseSecret(text)
	if !ok || !good || id == "" || len(id) > 64 {
		return "", "", false
	}
	for i := range len(id) {
		if !isBase64URL(id[i]) {
			return "", "", false
		}
	}
	return model.SessionID(id), secret, true
}
