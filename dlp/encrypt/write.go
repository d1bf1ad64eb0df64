package encrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/referee-casb/referee/dlp/label"
)

// Bounds of passwords: Word and Excel take 255 characters, PDF 127 bytes (7.6.4.3.3).
const (
	MinPassword = 8
	MaxPassword = 100 // bytes
)

// ErrPassword says that a password is too short, too long, or no text.
var ErrPassword = errors.New("a password has 8 to 100 bytes of text without control characters")

// Write copies src to w, encrypted. What can't be encrypted is told by the errors of package label: [label.ErrHidden] for
// what is encrypted already, [label.ErrUnsupported], [label.ErrDamaged], and [label.ErrSigned] for signed PDF, whose
// signature would break. A signature in an Open XML document stays good, since the document is wrapped as it is.
//
// rand gives random bytes. Nothing is written before it is known that the file can be encrypted; an error of reading src or
// writing w may come later.
func Write(w io.Writer, src *io.SectionReader, password string, rand io.Reader) error {
	if len(password) < MinPassword || len(password) > MaxPassword || !utf8.ValidString(password) {
		return ErrPassword
	}
	for _, r := range password {
		if r < ' ' || r == 0x7f {
			return ErrPassword
		}
	}
	kind, err := label.KindOf(src)
	switch {
	case errors.Is(err, label.ErrSigned):
		return openXML(w, src, password, rand)
	case err != nil:
		return err
	case kind == label.PDF:
		return toPDF(w, src, password, rand)
	}
	return openXML(w, src, password, rand)
}

// alphabet has 32 characters, none of which looks like another.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// NewPassword makes a password of 100 random bits, in groups that can be read out.
func NewPassword(rand io.Reader) (string, error) {
	raw, err := random(rand, 20)
	if err != nil {
		return "", err
	}
	out := make([]byte, 0, 24)
	for i, c := range raw {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[c&31])
	}
	return string(out), nil
}

func random(rand io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(rand, b)
	return b, err
}

// cbc encrypts data, whose length is a multiple of 16, in place.
func cbc(key, iv, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // a key of another length: a mistake here
	}
	cipher.NewCBCEncrypter(block, iv[:aes.BlockSize]).CryptBlocks(data, data)
	return data
}
