package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // the digest inside RSA-OAEP, where its collisions don't matter (XML Encryption 1.1, 5.5.2)
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"

	"github.com/beevik/etree"

	"github.com/referee-casb/referee/fault"
)

// Names of XML Encryption 1.1.
const (
	gcm128      = nsXENC11 + "aes128-gcm"
	gcm192      = nsXENC11 + "aes192-gcm"
	gcm256      = nsXENC11 + "aes256-gcm"
	cbc128      = nsXENC + "aes128-cbc"
	cbc192      = nsXENC + "aes192-cbc"
	cbc256      = nsXENC + "aes256-cbc"
	oaepMGF1P   = nsXENC + "rsa-oaep-mgf1p"
	oaep11      = nsXENC11 + "rsa-oaep"
	typeElement = nsXENC + "Element"
)

var keySize = map[string]int{gcm128: 16, gcm192: 24, gcm256: 32, cbc128: 16, cbc192: 24, cbc256: 32}

var (
	oaepDigest = map[string]crypto.Hash{
		"": crypto.SHA1, nsDS + "sha1": crypto.SHA1, nsXENC + "sha256": crypto.SHA256,
		"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, nsXENC + "sha512": crypto.SHA512,
	}
	mgfDigest = map[string]crypto.Hash{
		"": crypto.SHA1, nsXENC11 + "mgf1sha1": crypto.SHA1, nsXENC11 + "mgf1sha256": crypto.SHA256,
		nsXENC11 + "mgf1sha384": crypto.SHA384, nsXENC11 + "mgf1sha512": crypto.SHA512,
	}
)

// open decrypts an EncryptedAssertion. cbc says that the weak mode was used, which allowCBC must permit.
func (k Keys) open(op string, box *etree.Element, allowCBC, signed bool) (plain []byte, cbc bool, err error) {
	outer, err := sequence(op, box, slot{nsXENC, "EncryptedData", 1, 1}, slot{nsXENC, "EncryptedKey", 0, 1})
	if err != nil {
		return nil, false, err
	}
	data := outer[0][0]
	if t := attr(data, "Type"); t != "" && t != typeElement {
		return nil, false, refuse(op, ReasonEncryption, "what is encrypted is %q, not an element", clip(t))
	}
	parts, err := sequence(op, data, slot{nsXENC, "EncryptionMethod", 1, 1}, slot{nsDS, "KeyInfo", 0, 1}, slot{nsXENC, "CipherData", 1, 1})
	if err != nil {
		return nil, false, err
	}
	algorithm := attr(parts[0][0], "Algorithm")
	size, ok := keySize[algorithm]
	cbc = ok && (algorithm == cbc128 || algorithm == cbc192 || algorithm == cbc256)
	if !ok || (cbc && !allowCBC) {
		return nil, cbc, refuse(op, ReasonEncryption, "the encryption %q is not accepted; AES-GCM is", clip(algorithm))
	}
	if cbc && !signed {
		// Nobody but the provider may choose what we decrypt by a mode that has no integrity of its own (padding oracle).
		return nil, cbc, refuse(op, ReasonEncryption, "AES-CBC is accepted only inside a response that is signed itself")
	}
	keys := outer[1]
	if len(parts[1]) == 1 {
		for _, c := range parts[1][0].ChildElements() {
			if is(c, nsXENC, "EncryptedKey") {
				keys = append(keys, c)
			}
		}
	}
	if len(keys) != 1 {
		return nil, cbc, refuse(op, ReasonEncryption, "there are %d encrypted keys instead of one", len(keys))
	}
	sealed, err := cipherValue(op, parts[2][0])
	if err != nil {
		return nil, cbc, err
	}
	key, err := k.unwrap(op, keys[0], size)
	if err != nil {
		return nil, cbc, err
	}
	plain, err = decrypt(op, key, sealed, cbc)
	return plain, cbc, err
}

// unwrap opens an EncryptedKey by RSA-OAEP with one of our keys. PKCS #1 v1.5 is refused (Bleichenbacher).
func (k Keys) unwrap(op string, el *etree.Element, size int) ([]byte, error) {
	parts, err := sequence(op, el, slot{nsXENC, "EncryptionMethod", 1, 1}, slot{nsDS, "KeyInfo", 0, 1}, slot{nsXENC, "CipherData", 1, 1},
		slot{nsXENC, "ReferenceList", 0, 1}, slot{nsXENC, "CarriedKeyName", 0, 1})
	if err != nil {
		return nil, err
	}
	method := parts[0][0]
	algorithm := attr(method, "Algorithm")
	if algorithm != oaepMGF1P && algorithm != oaep11 {
		return nil, refuse(op, ReasonEncryption, "the key transport %q is not accepted; RSA-OAEP is", clip(algorithm))
	}
	digest, mgf := "", ""
	for _, c := range method.ChildElements() {
		switch {
		case is(c, nsDS, "DigestMethod"):
			digest = attr(c, "Algorithm")
		case is(c, nsXENC11, "MGF") && algorithm == oaep11:
			mgf = attr(c, "Algorithm")
		default:
			return nil, refuse(op, ReasonEncryption, "the key transport has a parameter %q", clip(c.Tag))
		}
	}
	opts := &rsa.OAEPOptions{}
	var known [2]bool
	opts.Hash, known[0] = oaepDigest[digest]
	opts.MGFHash, known[1] = mgfDigest[mgf]
	if !known[0] || !known[1] {
		return nil, refuse(op, ReasonEncryption, "the key transport's digests %q and %q are not known", clip(digest), clip(mgf))
	}
	wrapped, err := cipherValue(op, parts[2][0])
	if err != nil {
		return nil, err
	}
	for _, pair := range k {
		private, err := pair.decrypter()
		if err != nil {
			continue
		}
		if key, err := private.Decrypt(rand.Reader, wrapped, opts); err == nil && len(key) == size {
			return key, nil
		}
	}
	return nil, refuse(op, ReasonDecrypt, "the assertion can't be decrypted")
}

// decrypter returns the key's ability to open what is encrypted to it, which RSA alone has.
func (p KeyPair) decrypter() (crypto.Decrypter, error) {
	private, ok := p.Signer.(crypto.Decrypter)
	if _, isRSA := p.Signer.Public().(*rsa.PublicKey); !ok || !isRSA {
		return nil, refuse("saml.Keys", ReasonDecrypt, "the key can't decrypt")
	}
	return private, nil
}

// cipherValue returns what stands in a CipherData. A reference to elsewhere is refused.
func cipherValue(op string, el *etree.Element) ([]byte, error) {
	parts, err := sequence(op, el, slot{nsXENC, "CipherValue", 1, 1})
	if err != nil {
		return nil, err
	}
	return base64Of(op, parts[0][0])
}

// decrypt opens AES; every failure looks the same.
func decrypt(op string, key, sealed []byte, cbc bool) ([]byte, error) {
	failed := refuse(op, ReasonDecrypt, "the assertion can't be decrypted")
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, failed
	}
	if !cbc {
		aead, err := cipher.NewGCM(block)
		if err != nil || len(sealed) < aead.NonceSize()+aead.Overhead() {
			return nil, failed
		}
		n := aead.NonceSize()
		if out, err := aead.Open(nil, sealed[:n], sealed[n:], nil); err == nil {
			return out, nil
		}
		return nil, failed
	}
	if len(sealed) < 2*aes.BlockSize || len(sealed)%aes.BlockSize != 0 {
		return nil, failed
	}
	out := make([]byte, len(sealed)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, sealed[:aes.BlockSize]).CryptBlocks(out, sealed[aes.BlockSize:])
	pad := int(out[len(out)-1]) // XML Encryption 5.2: only the last byte counts, the others are arbitrary
	if pad < 1 || pad > aes.BlockSize || pad >= len(out) {
		return nil, failed
	}
	return out[:len(out)-pad], nil
}

// Encryption names how an assertion is encrypted for an app.
type Encryption string

// The encryptions that are made; the key travels by RSA-OAEP.
const (
	AES256GCM Encryption = gcm256
	AES128GCM Encryption = gcm128
)

// seal encrypts an element into an EncryptedAssertion.
func seal(op string, el *etree.Element, to *x509.Certificate, how Encryption) (*etree.Element, error) {
	public, ok := to.PublicKey.(*rsa.PublicKey)
	if !ok || public.N.BitLen() < minRSA {
		return nil, refuse(op, ReasonNoKey, "the app's encryption certificate has no RSA key of %d bits", minRSA)
	}
	if how == "" {
		how = AES256GCM
	}
	if how != AES256GCM && how != AES128GCM {
		return nil, refuse(op, ReasonSettings, "the encryption %q is not made", how)
	}
	plain, err := serialize(detach(el))
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	key := make([]byte, keySize[string(how)])
	_, _ = rand.Read(key) // never returns an error (crypto/rand)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce)
	sealed := aead.Seal(nonce, nonce, plain, nil)
	// SHA-1 inside OAEP is what every receiver speaks; its collision resistance plays no part there.
	wrapped, err := rsa.EncryptOAEP(crypto.SHA1.New(), rand.Reader, public, key, nil)
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	box := etree.NewElement("saml:EncryptedAssertion")
	box.CreateAttr("xmlns:saml", nsSAML)
	data := box.CreateElement("xenc:EncryptedData")
	data.CreateAttr("xmlns:xenc", nsXENC)
	data.CreateAttr("Type", typeElement)
	data.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", string(how))
	info := data.CreateElement("ds:KeyInfo")
	info.CreateAttr("xmlns:ds", nsDS)
	wrap := info.CreateElement("xenc:EncryptedKey")
	method := wrap.CreateElement("xenc:EncryptionMethod")
	method.CreateAttr("Algorithm", oaepMGF1P)
	method.CreateElement("ds:DigestMethod").CreateAttr("Algorithm", nsDS+"sha1")
	wrap.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(wrapped))
	data.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(sealed))
	return box, nil
}
