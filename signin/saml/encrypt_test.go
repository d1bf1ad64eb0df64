package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/beevik/etree"
)

// box encrypts text to the broker, in ways that the package itself doesn't.
type box struct {
	algorithm string // "": AES-256-GCM
	transport string // "": RSA-OAEP
	to        string // whose key; "": broker
	flip      bool   // change a bit of what is encrypted
	keySize   int
	params    string // inside EncryptionMethod of the key
	sha256    bool   // OAEP by SHA-256
}

func (b box) seal(tb testing.TB, plain string) *etree.Element {
	tb.Helper()
	if b.algorithm == "" {
		b.algorithm = gcm256
	}
	if b.transport == "" {
		b.transport = oaepMGF1P
	}
	if b.to == "" {
		b.to = "broker"
	}
	if b.keySize == 0 {
		b.keySize = keySize[b.algorithm]
	}
	key := make([]byte, b.keySize)
	_, _ = rand.Read(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		tb.Fatal(err)
	}
	var sealed []byte
	if strings.Contains(b.algorithm, "cbc") {
		iv := make([]byte, aes.BlockSize)
		_, _ = rand.Read(iv)
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		padded := append([]byte(plain), make([]byte, pad)...)
		padded[len(padded)-1] = byte(pad)
		sealed = append(iv, make([]byte, len(padded))...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed[aes.BlockSize:], padded)
	} else {
		aead, err := cipher.NewGCM(block)
		if err != nil {
			tb.Fatal(err)
		}
		nonce := make([]byte, aead.NonceSize())
		sealed = aead.Seal(nonce, nonce, []byte(plain), nil)
	}
	if b.flip {
		sealed[len(sealed)/2] ^= 1
	}
	public := keys()[b.to].Certificate.PublicKey.(*rsa.PublicKey)
	var wrapped []byte
	switch {
	case strings.HasSuffix(b.transport, "rsa-1_5"):
		//lint:ignore SA1019 the old way of wrapping keys is made here to see it refused
		wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, public, key)
	case b.sha256:
		wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public, key, nil)
	default:
		wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, public, key, nil)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return tree(tb, `<saml:EncryptedAssertion xmlns:saml="`+nsSAML+`"><xenc:EncryptedData xmlns:xenc="`+nsXENC+`" Type="`+typeElement+`">`+
		`<xenc:EncryptionMethod Algorithm="`+b.algorithm+`"/><ds:KeyInfo xmlns:ds="`+nsDS+`"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="`+b.transport+`">`+b.params+
		`</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>`+base64.StdEncoding.EncodeToString(wrapped)+`</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>`+
		`<xenc:CipherData><xenc:CipherValue>`+base64.StdEncoding.EncodeToString(sealed)+`</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`)
}

// boxed returns a response around what is encrypted; the response is not signed.
func boxed(tb testing.TB, inside *etree.Element) *etree.Element {
	tb.Helper()
	root := contoso("provider").response("Response", consumerAt, "_request1", "Success")
	root.AddChild(inside)
	return root
}

// assertionText is a signed assertion about alice, alone.
func assertionText(tb testing.TB) string {
	tb.Helper()
	return text(tb, detach(tree(tb, good(tb, onAssertion)).FindElement("./Assertion")))
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	const oaep256 = `<ds:DigestMethod xmlns:ds="` + nsDS + `" Algorithm="` + nsXENC + `sha256"/><e:MGF xmlns:e="` + nsXENC11 + `" Algorithm="` + nsXENC11 + `mgf1sha256"/>`
	plain := func(tb testing.TB) string { return assertionText(tb) }
	forged := func(tb testing.TB) string { return text(tb, evil(tree(tb, assertionText(tb)))) }
	constant := func(s string) func(testing.TB) string { return func(testing.TB) string { return s } }
	signed := func(root *etree.Element) {
		if err := contoso("provider").Keys.sign("test", root, crypto.SHA256); err != nil {
			t.Error(err)
		}
	}
	replace := func(old, new string) func(testing.TB) string {
		return func(tb testing.TB) string { return strings.Replace(assertionText(tb), old, new, 1) }
	}
	for name, c := range map[string]struct {
		box    box
		inside func(testing.TB) string
		set    func(*ServiceProvider)
		change func(root *etree.Element)
		want   Reason
	}{
		"GCM":                    {box{}, plain, nil, nil, ""},
		"GCM, 128 bits":          {box{algorithm: gcm128}, plain, nil, nil, ""},
		"OAEP by SHA-256":        {box{transport: oaep11, params: oaep256, sha256: true}, plain, nil, nil, ""},
		"CBC where allowed":      {box{algorithm: cbc256}, plain, func(sp *ServiceProvider) { sp.AllowCBC = true }, signed, ""},
		"CBC, response unsigned": {box{algorithm: cbc256}, plain, func(sp *ServiceProvider) { sp.AllowCBC = true }, nil, ReasonEncryption},
		"CBC, not asked for":     {box{algorithm: cbc256}, plain, nil, signed, ReasonEncryption},
		"CBC":                    {box{algorithm: cbc256}, plain, nil, nil, ReasonEncryption},
		"CBC, 128 bits":          {box{algorithm: cbc128}, plain, nil, nil, ReasonEncryption},
		"triple DES":             {box{algorithm: nsXENC + "tripledes-cbc", keySize: 16}, plain, nil, nil, ReasonEncryption},
		"RSA PKCS #1 v1.5":       {box{transport: nsXENC + "rsa-1_5"}, plain, nil, nil, ReasonEncryption},
		"key of another size":    {box{algorithm: gcm256, keySize: 16}, plain, nil, nil, ReasonDecrypt},
		"key for another":        {box{to: "attacker"}, plain, nil, nil, ReasonDecrypt},
		"key for our next one":   {box{to: "next"}, plain, func(sp *ServiceProvider) { sp.Keys = append(sp.Keys, keys()["next"]) }, nil, ""},
		"a bit changed":          {box{flip: true}, plain, nil, nil, ReasonDecrypt},
		"unknown OAEP digest":    {box{params: `<ds:DigestMethod xmlns:ds="` + nsDS + `" Algorithm="x"/>`}, plain, nil, nil, ReasonEncryption},
		"unknown OAEP parameter": {box{params: `<xenc:OAEPparams xmlns:xenc="` + nsXENC + `">AA==</xenc:OAEPparams>`}, plain, nil, nil, ReasonEncryption},
		"unsigned inside":        {box{}, forged, nil, nil, ReasonUnsigned},
		"response inside":        {box{}, func(tb testing.TB) string { return good(tb, onBoth) }, nil, nil, ReasonAssertionNumber},
		"two assertions inside":  {box{}, func(tb testing.TB) string { return assertionText(tb) + forged(tb) }, nil, nil, ReasonMalformed},
		"assertion inside another": {box{}, func(tb testing.TB) string {
			return strings.Replace(forged(tb), "</saml:Assertion>", assertionText(tb)+"</saml:Assertion>", 1)
		}, nil, nil, ReasonAssertionNumber},
		"comment inside":         {box{}, replace("alice@", "alice<!-- -->@"), nil, nil, ReasonComment},
		"document type inside":   {box{}, replace("<saml:Assertion ", "<!DOCTYPE x><saml:Assertion "), nil, nil, ReasonDTD},
		"changed inside":         {box{}, replace("alice@contoso.example</saml:NameID>", "mallory@contoso.example</saml:NameID>"), nil, nil, ReasonDigest},
		"comment inside, by CBC": {box{algorithm: cbc256}, replace("alice@", "alice<!-- -->@"), func(sp *ServiceProvider) { sp.AllowCBC = true }, signed, ReasonDecrypt},
		"a bit changed, by CBC":  {box{algorithm: cbc256, flip: true}, plain, func(sp *ServiceProvider) { sp.AllowCBC = true }, signed, ReasonDecrypt},
		"nothing inside":         {box{}, constant(""), nil, nil, ReasonMalformed},
		"text inside":            {box{}, constant("alice"), nil, nil, ReasonMalformed},
		"encrypted twice":        {box{}, func(tb testing.TB) string { return text(tb, box{}.seal(tb, assertionText(tb))) }, nil, nil, ReasonAssertionNumber},
		"assertion beside it":    {box{}, plain, nil, func(root *etree.Element) { root.AddChild(evil(tree(t, assertionText(t)))) }, ReasonAssertionNumber},
		"assertion before it":    {box{}, plain, nil, func(root *etree.Element) { root.InsertChildAt(2, evil(tree(t, assertionText(t)))) }, ReasonAssertionNumber},
		"two of them":            {box{}, plain, nil, func(root *etree.Element) { root.AddChild(box{}.seal(t, forged(t))) }, ReasonAssertionNumber},
		"cipher text elsewhere": {box{}, plain, nil, func(root *etree.Element) {
			d := root.FindElement("./EncryptedAssertion/EncryptedData/CipherData")
			d.Child = nil
			d.CreateElement("xenc:CipherReference").CreateAttr("URI", "http://attacker.example/x")
		}, ReasonUnexpected},
		"content instead of element": {box{}, plain, nil, func(root *etree.Element) {
			root.FindElement("./EncryptedAssertion/EncryptedData").CreateAttr("Type", nsXENC+"Content")
		}, ReasonEncryption},
		"no key": {box{}, plain, nil, func(root *etree.Element) { take(root, ".//EncryptedKey") }, ReasonEncryption},
		"two keys": {box{}, plain, nil, func(root *etree.Element) {
			k := root.FindElement(".//EncryptedKey")
			k.Parent().AddChild(k.Copy())
		}, ReasonEncryption},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sp := broker()
			if c.set != nil {
				c.set(sp)
			}
			root := boxed(t, c.box.seal(t, c.inside(t)))
			if c.change != nil {
				c.change(root)
			}
			got, err := verify(sp, text(t, root))
			if c.want != "" {
				refused(t, got, err, c.want)
				return
			}
			if err != nil || !got.Encrypted || got.NameID.Value != "alice@contoso.example" {
				t.Fatal(got, err)
			}
			if cbc := len(got.Warnings) == 1 && got.Warnings[0] == WarnCBC; cbc != (c.box.algorithm == cbc256) {
				t.Errorf("warnings %v", got.Warnings)
			}
		})
	}
}

// TestEncryptedBySurroundings has the assertion rely on a prefix that is declared around the encrypted data alone.
func TestEncryptedBySurroundings(t *testing.T) {
	t.Parallel()
	inside := strings.Replace(assertionText(t), ` xmlns:saml="`+nsSAML+`"`, "", 1)
	got, err := verify(broker(), text(t, boxed(t, box{}.seal(t, inside))))
	if err != nil || got.NameID.Value != "alice@contoso.example" {
		t.Fatal(got, err)
	}
}
