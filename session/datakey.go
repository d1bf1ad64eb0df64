package session

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"log/slog"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Sealer seals and opens for a tenant; vault.Vault is one.
type Sealer interface {
	Seal(tenant model.TenantID, purpose string, plaintext, ad []byte) ([]byte, error)
	Open(tenant model.TenantID, purpose string, sealed, ad []byte) ([]byte, error)
}

// wrapPurpose is the vault purpose of wrapped data keys.
const wrapPurpose = "session.datakey"

// DataKey is the key of an app session's jar and stash. It exists in memory only; stores hold it wrapped, once
// for each browser secret, under that secret and the tenant's vault key together.
type DataKey struct {
	secret [32]byte
	jar    cipher.AEAD // the jar's purpose key, made once since every cookie needs it
}

func newDataKey() *DataKey {
	var secret [32]byte
	rand.Read(secret[:])
	return dataKeyOf(secret)
}

func dataKeyOf(secret [32]byte) *DataKey {
	k := &DataKey{secret: secret}
	k.jar = k.aead("jar")
	return k
}

// String hides the key.
func (k *DataKey) String() string { return "[redacted]" }

// GoString hides the key.
func (k *DataKey) GoString() string { return "[redacted]" }

// LogValue hides the key.
func (k *DataKey) LogValue() slog.Value { return slog.StringValue("[redacted]") }

func (k *DataKey) aead(purpose string) cipher.AEAD {
	raw, err := hkdf.Key(sha256.New, k.secret[:], nil, "referee app session seal 1\x00"+purpose, 32)
	if err != nil { // only for lengths that HKDF can't give
		panic(err)
	}
	a, err := chacha20poly1305.NewX(raw)
	if err != nil {
		panic(err)
	}
	return a
}

// Seal encrypts something that only this app session's browser may bring back, such as a stashed request.
func (k *DataKey) Seal(purpose string, plaintext, ad []byte) []byte {
	return seal(k.aead(purpose), plaintext, ad)
}

// Open decrypts what Seal made for the same purpose and ad; Invalid otherwise.
func (k *DataKey) Open(purpose string, sealed, ad []byte) ([]byte, error) {
	return open(k.aead(purpose), sealed, ad)
}

// LookupSecret is the value that the signed Domain cookie carries.
func (k *DataKey) LookupSecret() Secret {
	sum := k.derive("lookup")
	return Secret(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// labelEncoding gives labels: lower case, since host names have no case.
var labelEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// LabelToken is what goes before the label of an anonymous host: 128 bits, 26 characters of a to z and 2 to 7.
func (k *DataKey) LabelToken() string {
	sum := k.derive("label")
	return labelEncoding.EncodeToString(sum[:16])
}

func (k *DataKey) derive(purpose string) [32]byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write([]byte("referee app session derive 1\x00" + purpose))
	return [32]byte(h.Sum(nil))
}

// wrap seals the key for one browser secret and then with the tenant's vault key. Both are bound to the app
// session, so that a wrapped key moved to another row does not open.
func (k *DataKey) wrap(v Sealer, tenant model.TenantID, appSession string, s Secret) ([]byte, error) {
	place := wrapPlace(tenant, appSession)
	return v.Seal(tenant, wrapPurpose, seal(s.wrapper(place), k.secret[:], place), place)
}

// unwrapKey undoes wrap. It is Denied when secret, row or vault key do not belong together, and Unavailable
// when the vault can't read its keys.
func unwrapKey(v Sealer, tenant model.TenantID, appSession string, s Secret, wrapped []byte) (*DataKey, error) {
	const op = "session.unwrap"
	place := wrapPlace(tenant, appSession)
	inner, err := v.Open(tenant, wrapPurpose, wrapped, place)
	if fault.Is(err, fault.Invalid) {
		return nil, fault.As(err, fault.Denied, op, appSession)
	} else if err != nil {
		return nil, fault.Wrap(err, op, appSession)
	}
	raw, err := open(s.wrapper(place), inner, place)
	if err != nil || len(raw) != 32 {
		return nil, &fault.Error{Kind: fault.Denied, Op: op, Key: appSession, Msg: "the key was not wrapped for this secret"}
	}
	return dataKeyOf([32]byte(raw)), nil
}

func wrapPlace(tenant model.TenantID, appSession string) []byte {
	return []byte("referee data key 1\x00" + string(tenant) + "\x00" + appSession)
}

// wrapper is the key that wraps for a secret. The secret is random, so HKDF without stretching will do.
func (s Secret) wrapper(place []byte) cipher.AEAD {
	raw, err := hkdf.Key(sha256.New, []byte(s), nil, string(place), 32)
	if err != nil {
		panic(err)
	}
	a, err := chacha20poly1305.NewX(raw)
	if err != nil {
		panic(err)
	}
	return a
}

// seal puts a random nonce before the ciphertext.
func seal(a cipher.AEAD, plaintext, ad []byte) []byte {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plaintext)+a.Overhead())
	rand.Read(nonce)
	return a.Seal(nonce, nonce, plaintext, ad)
}

func open(a cipher.AEAD, sealed, ad []byte) ([]byte, error) {
	const op = "session.open"
	if len(sealed) < a.NonceSize()+a.Overhead() {
		return nil, fault.New(fault.Invalid, op, "sealed data is truncated")
	}
	plain, err := a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], ad)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "sealed data was altered or sealed for something else")
	}
	return plain, nil
}

// isLabelToken reports whether text has the form of a label token.
func isLabelToken(text string) bool {
	return len(text) == 26 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
