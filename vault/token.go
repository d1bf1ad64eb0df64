package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// A token is base64url of: version (1 byte), data key id (4), end in Unix seconds (8), payload, MAC (32).
const (
	tokenVersion = 1
	tokenHead    = 1 + 4 + 8
	maxToken     = 8 << 10 // characters; more is refused before any work is done
)

// strict refuses stray bits after the last character: a token has one spelling only.
var tokenEncoding = base64.RawURLEncoding.Strict()

// Sign makes a token that carries payload in the clear and proves that this vault made it for the tenant and
// purpose. It is good until expires.
func (v *Vault) Sign(tenant model.TenantID, purpose string, payload []byte, expires time.Time) (string, error) {
	r, err := v.ring(tenant, true)
	if err != nil {
		return "", fault.Wrap(err, "vault.Sign", string(tenant))
	}
	out := make([]byte, tokenHead, tokenHead+len(payload)+sha256.Size)
	out[0] = tokenVersion
	binary.BigEndian.PutUint32(out[1:], r.newest.id)
	binary.BigEndian.PutUint64(out[5:], uint64(max(expires.Unix(), 0)))
	out = append(out, payload...)
	out = append(out, mac(r.newest.purpose(tenant, tokenPurpose(purpose)), out)...)
	if tokenEncoding.EncodedLen(len(out)) > maxToken {
		return "", fault.New(fault.Limited, "vault.Sign", "the payload is too long for a token")
	}
	return tokenEncoding.EncodeToString(out), nil
}

// Verify returns the payload of a token that Sign made for the same tenant and purpose and that has not ended.
// Anything else is Unauthenticated; Unavailable when keys can't be read.
func (v *Vault) Verify(tenant model.TenantID, purpose, token string) ([]byte, error) {
	const op = "vault.Verify"
	if len(token) > maxToken {
		return nil, fault.New(fault.Unauthenticated, op, "the token is too long")
	}
	raw, err := tokenEncoding.DecodeString(token)
	// encoding/base64 passes over line ends, even when strict.
	if err != nil || strings.ContainsAny(token, "\r\n") || len(raw) < tokenHead+sha256.Size || raw[0] != tokenVersion {
		return nil, fault.New(fault.Unauthenticated, op, "the token is malformed")
	}
	d, err := v.dataKey(tenant, binary.BigEndian.Uint32(raw[1:]))
	if fault.Is(err, fault.Invalid) {
		return nil, fault.As(err, fault.Unauthenticated, op, string(tenant))
	} else if err != nil {
		return nil, fault.Wrap(err, op, string(tenant)) // fail closed: without keys no token is good
	}
	body, sum := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(sum, mac(d.purpose(tenant, tokenPurpose(purpose)), body)) {
		return nil, fault.New(fault.Unauthenticated, op, "the token was not made here, or for something else")
	}
	if end := binary.BigEndian.Uint64(raw[5:]); uint64(max(v.now().Unix(), 0)) >= end {
		return nil, fault.New(fault.Unauthenticated, op, "the token has expired")
	}
	return body[tokenHead:], nil
}

// tokenPurpose keeps a signing key apart from the sealing key of a purpose with the same name.
func tokenPurpose(purpose string) string { return "sign\x00" + purpose }

func mac(k *purposeKey, data []byte) []byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write(data)
	return h.Sum(nil)
}
