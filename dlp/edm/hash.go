package edm

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"log/slog"
	"strings"
)

// Key is a table's own key. It never shows itself.
type Key struct{ secret [32]byte }

// NewKey makes a key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.secret[:]) // it never fails
	return k
}

// ParseKey reads what Encode wrote.
func ParseKey(text string) (Key, error) {
	var k Key
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(k.secret) {
		return k, fmt.Errorf("it is not a table's key: 43 characters of base64")
	}
	copy(k.secret[:], b)
	return k, nil
}

// Encode writes the key down: it is secret.
func (k Key) Encode() string { return base64.RawURLEncoding.EncodeToString(k.secret[:]) }

// String hides the key.
func (k Key) String() string { return "key of a table" }

// GoString hides the key.
func (k Key) GoString() string { return k.String() }

// LogValue hides the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// check tells a table that was hashed with this key from others.
func (k Key) check() []byte {
	h := hmac.New(sha256.New, k.secret[:])
	_, _ = h.Write([]byte("referee edm check"))
	return h.Sum(nil)[:16]
}

func (k Key) fits(check []byte) bool { return subtle.ConstantTimeCompare(k.check(), check) == 1 }

// Hasher hashes values under a key. It is used by one goroutine.
type Hasher struct {
	mac    hash.Hash
	sum    [sha256.Size]byte
	buffer []byte
}

// Hasher makes one.
func (k Key) Hasher() *Hasher { return &Hasher{mac: hmac.New(sha256.New, k.secret[:])} }

// Value hashes a value of a form; 0 for one that has no normal form.
func (h *Hasher) Value(f Form, value []byte) uint64 {
	h.buffer = f.normal(h.buffer[:0], value)
	if len(h.buffer) == 0 {
		return 0
	}
	return h.normal(f, h.buffer)
}

// forms keep values apart that only look the same, such as the digits and the text 1234.
var forms = map[Form]byte{FormText: 't', FormExact: 'e', FormDigits: 'd', FormAlnum: 'a'}

// normal hashes what is in normal form already.
func (h *Hasher) normal(f Form, value []byte) uint64 {
	h.mac.Reset()
	one := [1]byte{forms[f]}
	_, _ = h.mac.Write(one[:])
	_, _ = h.mac.Write(value)
	v := binary.BigEndian.Uint64(h.mac.Sum(h.sum[:0]))
	return max(v, 1) // 0 is no value
}
