package activitylog

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/referee-casb/referee/model"
)

// crockford is Douglas Crockford's base 32: no I, L, O or U, so that nothing is misread aloud.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var (
	idEncoding        = base32.NewEncoding(strings.ToLower(crockford)).WithPadding(base32.NoPadding)
	referenceEncoding = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)
)

// ID returns the id of what a source calls sourceID: 128 bits of SHA-256 over tenant, source and source id, as 26
// letters and digits. A resend has the same id.
func ID(tenant model.TenantID, source model.Source, sourceID string) model.ActivityID {
	h := sha256.New()
	for _, part := range []string{string(tenant), string(source), sourceID} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return model.ActivityID(idEncoding.EncodeToString(h.Sum(nil)[:16]))
}

// newID returns the id of something that has no source id of its own.
func newID(a *model.Activity) model.ActivityID {
	return ID(a.Tenant, a.Source, rand.Text())
}

// Reference returns the short code of an activity: 40 bits of its id's hash as 8 characters of Crockford's base 32.
// Among ten million activities of a tenant one code in 100,000 means two of them; look-ups answer with the newest.
func Reference(id model.ActivityID) string {
	sum := sha256.Sum256([]byte("reference\x00" + string(id)))
	return referenceEncoding.EncodeToString(sum[:5])
}

// FormatReference writes a code for people: "K7QM2T9X" as "K7QM-2T9X". Anything else is returned as it is.
func FormatReference(ref string) string {
	if len(ref) != 8 {
		return ref
	}
	return ref[:4] + "-" + ref[4:]
}

// ParseReference reads a code as people type it: lower case, hyphens and spaces, O for 0, I and L for 1.
func ParseReference(s string) (string, bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		switch {
		case r == '-' || r == ' ':
			continue
		case r == 'O':
			r = '0'
		case r == 'I' || r == 'L':
			r = '1'
		}
		if r > 'Z' || !strings.ContainsRune(crockford, r) {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == 8
}
