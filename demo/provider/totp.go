package provider

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as every authenticator app speaks it
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"time"
)

const totpStep = 30 * time.Second

// TOTP returns the six-digit code of RFC 6238 (SHA-1, 30 s) for the time t. Tests and the demo's printed
// help use it in the place of a telephone.
func TOTP(secret []byte, t time.Time) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(t.Unix()/int64(totpStep/time.Second))) //nolint:gosec // the demo's clock is after 1970
	mac := hmac.New(sha1.New, secret)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// checkTOTP accepts the current step and the two beside it, for clocks that are a little apart.
func checkTOTP(secret []byte, code string, now time.Time) bool {
	ok := 0
	for _, step := range []time.Duration{-totpStep, 0, totpStep} {
		ok |= subtle.ConstantTimeCompare([]byte(code), []byte(TOTP(secret, now.Add(step))))
	}
	return ok == 1
}
