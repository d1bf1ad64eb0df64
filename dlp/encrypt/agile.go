package encrypt

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

const (
	spins   = 100_000
	segment = 4096
)

// The block keys of [MS-OFFCRYPTO] 2.3.4.13 and 2.3.4.14.
var (
	keyVerifierInput = []byte{0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79}
	keyVerifierHash  = []byte{0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e}
	keyPackage       = []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6}
	keyHMACKey       = []byte{0x5f, 0xb2, 0xad, 0x01, 0x0c, 0xb9, 0xe1, 0xf6}
	keyHMACValue     = []byte{0xa0, 0x67, 0x7f, 0x02, 0xb2, 0x2c, 0x84, 0x33}
)

// openXML writes a document as agile encryption wraps it: a compound file with the encrypted package and what is needed to
// open it.
func openXML(w io.Writer, src *io.SectionReader, password string, rand io.Reader) error {
	size := 8 + (src.Size()+15)/16*16
	if size > maxStream {
		return errors.New("the file is too large to be encrypted")
	}
	secret, err := random(rand, 16+16+16+32+64)
	if err != nil {
		return err
	}
	take := func(n int) []byte { b := secret[:n:n]; secret = secret[n:]; return b }
	dataSalt, keySalt, verifier, key, macKey := take(16), take(16), take(16), take(32), take(64)

	sum := sha512.New()
	hash := func(parts ...[]byte) []byte {
		sum.Reset()
		for _, p := range parts {
			sum.Write(p)
		}
		return sum.Sum(nil)
	}
	h := hash(keySalt, utf16LE(password))
	var n [4]byte
	for i := range uint32(spins) {
		binary.LittleEndian.PutUint32(n[:], i)
		h = hash(n[:], h)
	}
	derived := func(block []byte) []byte { return hash(h, block)[:32] }

	c := newCompound(w, size, infoSize(dataSalt))
	if err := c.begin(); err != nil {
		return err
	}
	mac := hmac.New(sha512.New, macKey)
	out := io.MultiWriter(c, mac)
	if err := binary.Write(out, binary.LittleEndian, uint64(src.Size())); err != nil { //nolint:gosec // a size
		return err
	}
	buf := make([]byte, segment)
	for i := uint32(0); int64(i)*segment < src.Size(); i++ {
		k, err := src.ReadAt(buf, int64(i)*segment)
		if err != nil && (!errors.Is(err, io.EOF) || k == 0) {
			return err
		}
		whole := (k + 15) / 16 * 16
		clear(buf[k:whole])
		binary.LittleEndian.PutUint32(n[:], i)
		if _, err := out.Write(cbc(key, hash(dataSalt, n[:]), buf[:whole])); err != nil {
			return err
		}
	}
	info := infoXML(agileInfo{
		dataSalt: dataSalt, keySalt: keySalt,
		macKey:        cbc(key, hash(dataSalt, keyHMACKey), bytes.Clone(macKey)),
		macValue:      cbc(key, hash(dataSalt, keyHMACValue), mac.Sum(nil)),
		verifierInput: cbc(derived(keyVerifierInput), keySalt, bytes.Clone(verifier)),
		verifierHash:  cbc(derived(keyVerifierHash), keySalt, hash(verifier)),
		packageKey:    cbc(derived(keyPackage), keySalt, bytes.Clone(key)),
	})
	return c.end(info)
}

type agileInfo struct {
	dataSalt, keySalt, macKey, macValue, verifierInput, verifierHash, packageKey []byte
}

// infoSize is how long the stream EncryptionInfo is, whatever the values are.
func infoSize(salt []byte) int {
	wide := make([]byte, 64)
	return len(infoXML(agileInfo{salt, salt, wide, wide, salt, wide, wide[:32]}))
}

// infoXML is the stream EncryptionInfo (2.3.4.10).
func infoXML(v agileInfo) []byte {
	b64 := base64.StdEncoding.EncodeToString
	const algorithm = `saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512"`
	text := `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" +
		`<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password">` +
		`<keyData ` + algorithm + ` saltValue="` + b64(v.dataSalt) + `"/><dataIntegrity encryptedHmacKey="` + b64(v.macKey) + `" encryptedHmacValue="` + b64(v.macValue) + `"/>` +
		`<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password">` +
		fmt.Sprintf(`<p:encryptedKey spinCount="%d" `, spins) + algorithm + ` saltValue="` + b64(v.keySalt) + `" encryptedVerifierHashInput="` + b64(v.verifierInput) +
		`" encryptedVerifierHashValue="` + b64(v.verifierHash) + `" encryptedKeyValue="` + b64(v.packageKey) + `"/></keyEncryptor></keyEncryptors></encryption>`
	return append([]byte{4, 0, 4, 0, 0x40, 0, 0, 0}, text...)
}

func utf16LE(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}
