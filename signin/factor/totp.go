package factor

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what every authenticator app speaks; HMAC does not rest on SHA-1's collisions (RFC 6238 section B)
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The parameters of RFC 6238 that all authenticator apps know.
const (
	stepTime   = 30 // seconds
	codeDigits = 6
	secretSize = 20 // bytes, as RFC 4226 section 4 recommends
	drift      = 1  // steps that a telephone's clock may be off, each way
)

func newTOTPSecret() []byte {
	b := make([]byte, secretSize)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	return b
}

// code is the HOTP value of a counter (RFC 4226 section 5.3).
func code(secret []byte, counter int64) string {
	var c [8]byte
	binary.BigEndian.PutUint64(c[:], uint64(counter)) //nolint:gosec // times after 1970
	mac := hmac.New(sha1.New, secret)
	mac.Write(c[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// Code is the code that an authenticator app shows at a time.
func Code(secret []byte, at time.Time) string { return code(secret, at.Unix()/stepTime) }

// match finds the time step of a code near now, later than last: a code that was accepted, or one older than it, is
// never accepted again (RFC 6238 section 5.2). Every step is computed and compared whatever the others gave.
func match(secret []byte, given string, now time.Time, last int64) (step int64, ok bool) {
	at := now.Unix() / stepTime
	for s := at - drift; s <= at+drift; s++ {
		same := subtle.ConstantTimeCompare([]byte(code(secret, s)), []byte(given)) == 1
		if same && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

// digits reads a code as people type it, "123 456"; "" when it can't be one.
func digits(given string) string {
	s := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(given)
	if len(s) != codeDigits || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// Key is a secret as people type it into an app: base32 in groups of four.
func Key(secret []byte) string {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), " ")
}

// KeyURI is what the QR code says (the Key URI Format of Google Authenticator, which all apps read).
func KeyURI(secret []byte, issuer, account string) string {
	clean := func(s string) string { return strings.ReplaceAll(s, ":", " ") } // the label's own separator
	q := url.Values{
		"secret": {strings.ReplaceAll(Key(secret), " ", "")}, "issuer": {clean(issuer)},
		"algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}
	return "otpauth://totp/" + url.PathEscape(clean(issuer)+":"+clean(account)) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
