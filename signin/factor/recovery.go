package factor

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// A recovery code is 50 random bits in an alphabet without look-alikes, "ABCDE-FGHJK"; ten are given at once. They are
// kept as salted hashes: with that much randomness a slow hash would add nothing that the limit on attempts doesn't.
const (
	recoveryCodes  = 10
	recoveryLength = 10
	alphabet       = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32: five bits a letter
)

// recovery is what is sealed.
type recovery struct {
	Salt   string   `json:"salt"`
	Hashes []string `json:"hashes"` // "" for a code that was used
}

// newRecovery makes codes: as they are shown, and as they are kept.
func newRecovery() (shown []string, kept recovery) {
	b := make([]byte, 16+recoveryCodes*recoveryLength)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	kept.Salt = base64.RawStdEncoding.EncodeToString(b[:16])
	for i := range recoveryCodes {
		var text []byte
		for _, v := range b[16+i*recoveryLength : 16+(i+1)*recoveryLength] {
			text = append(text, alphabet[v%32])
		}
		shown = append(shown, string(text[:5])+"-"+string(text[5:]))
		kept.Hashes = append(kept.Hashes, kept.hash(string(text)))
	}
	return shown, kept
}

func (r *recovery) hash(code string) string {
	sum := sha256.Sum256([]byte(r.Salt + "\x00" + code))
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// take uses a code up. All hashes are compared, whichever fits.
func (r *recovery) take(code string) bool {
	h, found := []byte(r.hash(code)), -1
	for i, have := range r.Hashes {
		if subtle.ConstantTimeCompare(h, []byte(have)) == 1 {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	r.Hashes[found] = ""
	return true
}

func (r *recovery) left() int {
	n := 0
	for _, h := range r.Hashes {
		if h != "" {
			n++
		}
	}
	return n
}

// letters reads a recovery code as people type it; "" when it can't be one.
func letters(given string) string {
	s := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(given))
	if len(s) != recoveryLength || strings.Trim(s, alphabet) != "" {
		return ""
	}
	return s
}
