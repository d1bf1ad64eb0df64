package saml

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

const (
	excC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
)

// shape is a signature that is made by hand, so that any part of it may be odd while its value is good.
type shape struct {
	canonicalization string   // "": exclusive
	method           string   // "": RSA with SHA-256
	digest           string   // "": SHA-256
	transforms       []string // elements; nil: the two usual ones
	references       []string // URIs; nil: the element itself
	hash             crypto.Hash
	extra            string // inside Signature, after KeyInfo
	key              string // who signs; "": provider
	keyInfo          string // whose certificate is shown; "": the signer's. "none": no KeyInfo
	value            func(signedInfo []byte) []byte
	transformBody    string
	digestOf         func(canonical []byte) []byte
}

// sign puts the signature into el, which has no other.
func (s shape) sign(tb testing.TB, el *etree.Element) {
	tb.Helper()
	or := func(a, b string) string {
		if a == "" {
			return b
		}
		return a
	}
	if s.hash == 0 {
		s.hash = crypto.SHA256
	}
	if s.transforms == nil {
		s.transforms = []string{enveloped, excC14N}
	}
	if s.references == nil {
		s.references = []string{"#" + attr(el, "ID")}
	}
	canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detach(el))
	if err != nil {
		tb.Fatal(err)
	}
	digest := sum(s.hash, canonical)
	if s.digestOf != nil {
		digest = s.digestOf(canonical)
	}
	sig := etree.NewElement("ds:Signature")
	sig.CreateAttr("xmlns:ds", nsDS)
	info := sig.CreateElement("ds:SignedInfo")
	info.CreateElement("ds:CanonicalizationMethod").CreateAttr("Algorithm", or(s.canonicalization, excC14N))
	info.CreateElement("ds:SignatureMethod").CreateAttr("Algorithm", or(s.method, string(RSASHA256)))
	for _, uri := range s.references {
		r := info.CreateElement("ds:Reference")
		r.CreateAttr("URI", uri)
		list := r.CreateElement("ds:Transforms")
		for _, t := range s.transforms {
			el := list.CreateElement("ds:Transform")
			el.CreateAttr("Algorithm", t)
			if s.transformBody != "" && t == s.transforms[len(s.transforms)-1] {
				el.AddChild(tree(tb, s.transformBody))
			}
		}
		r.CreateElement("ds:DigestMethod").CreateAttr("Algorithm", or(s.digest, nsXENC+"sha256"))
		r.CreateElement("ds:DigestValue").SetText(base64.StdEncoding.EncodeToString(digest))
	}
	signed, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("").Canonicalize(detach(info))
	if err != nil {
		tb.Fatal(err)
	}
	pair := keys()[or(s.key, "provider")]
	var value []byte
	if s.value != nil {
		value = s.value(signed)
	} else if value, err = pair.Signer.Sign(rand.Reader, sum(s.hash, signed), s.hash); err != nil {
		tb.Fatal(err)
	}
	sig.CreateElement("ds:SignatureValue").SetText(base64.StdEncoding.EncodeToString(value))
	if s.keyInfo != "none" {
		shown := keys()[or(s.keyInfo, or(s.key, "provider"))].Certificate
		sig.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").SetText(base64.StdEncoding.EncodeToString(shown.Raw))
	}
	if s.extra != "" {
		sig.AddChild(tree(tb, s.extra))
	}
	el.InsertChildAt(1, sig)
}

// shaped returns a response whose assertion carries such a signature.
func shaped(tb testing.TB, s shape) string {
	tb.Helper()
	idp, is := contoso("provider"), alice()
	assertion, err := idp.assertion("test", is, is.Request.Consumer, is.Request.ID)
	if err != nil {
		tb.Fatal(err)
	}
	root := idp.response("Response", consumerAt, "_request1", "Success")
	s.sign(tb, assertion)
	root.AddChild(assertion)
	return text(tb, root)
}

func TestSignatureShapes(t *testing.T) {
	t.Parallel()
	public := keys()["provider"].Certificate
	withKey := func(secret []byte) func([]byte) []byte {
		return func(signed []byte) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write(signed)
			return mac.Sum(nil)
		}
	}
	const xpath = `<ds:XPath xmlns:ds="http://www.w3.org/2000/09/xmldsig#">not(ancestor-or-self::saml:Subject)</ds:XPath>`
	for name, c := range map[string]struct {
		shape shape
		want  Reason
	}{
		"as it should be":                        {shape{}, ""},
		"SHA-384 digest":                         {shape{hash: crypto.SHA384, method: string(RSASHA384), digest: "http://www.w3.org/2001/04/xmldsig-more#sha384"}, ""},
		"no KeyInfo":                             {shape{keyInfo: "none"}, ""},
		"KeyInfo of an attacker, good signature": {shape{keyInfo: "attacker"}, ""}, // never looked at
		"attacker's key":                         {shape{key: "attacker"}, ReasonSignature},
		"attacker's key, pinned KeyInfo":         {shape{key: "attacker", keyInfo: "provider"}, ReasonSignature},
		"attacker's key, no KeyInfo":             {shape{key: "attacker", keyInfo: "none"}, ReasonSignature},

		"SHA-1 signature": {shape{hash: crypto.SHA1, method: nsDS + "rsa-sha1"}, ReasonAlgorithm},
		"SHA-1 digest":    {shape{digest: nsDS + "sha1", digestOf: func(b []byte) []byte { return sum(crypto.SHA1, b) }}, ReasonAlgorithm},
		"MD5":             {shape{method: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"}, ReasonAlgorithm},
		"HMAC with the certificate": {shape{
			method: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
			value:  withKey(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public.Raw})),
		}, ReasonAlgorithm},
		"HMAC with the public key":   {shape{method: nsDS + "hmac-sha1", value: withKey(x509.MarshalPKCS1PublicKey(public.PublicKey.(*rsa.PublicKey)))}, ReasonAlgorithm},
		"none":                       {shape{method: "none"}, ReasonAlgorithm},
		"DSA":                        {shape{method: nsDS + "dsa-sha1"}, ReasonAlgorithm},
		"said to be ECDSA":           {shape{method: string(ECDSASHA256)}, ReasonNoKey},
		"said to be another RSA":     {shape{method: string(RSASHA512)}, ReasonSignature},
		"name in other case":         {shape{method: strings.ToUpper(string(RSASHA256))}, ReasonAlgorithm},
		"no signature value":         {shape{value: func([]byte) []byte { return nil }}, ReasonEncoding},
		"cut signature value":        {shape{value: func([]byte) []byte { return []byte{1} }}, ReasonSignature},
		"digest of nothing":          {shape{digestOf: func([]byte) []byte { return sum(crypto.SHA256, nil) }}, ReasonDigest},
		"no digest":                  {shape{digestOf: func([]byte) []byte { return nil }}, ReasonEncoding},
		"cut digest":                 {shape{digestOf: func(b []byte) []byte { return sum(crypto.SHA256, b)[:1] }}, ReasonDigest},
		"inclusive canonicalization": {shape{canonicalization: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}, ReasonTransform},
		"canonical with comments":    {shape{canonicalization: excC14N + "WithComments"}, ReasonTransform},
		"no canonicalization":        {shape{canonicalization: "x"}, ReasonTransform},

		"XSLT":                       {shape{transforms: []string{enveloped, "http://www.w3.org/TR/1999/REC-xslt-19991116"}}, ReasonTransform},
		"XPath":                      {shape{transforms: []string{enveloped, "http://www.w3.org/TR/1999/REC-xpath-19991116"}, transformBody: xpath}, ReasonTransform},
		"XPath filter":               {shape{transforms: []string{enveloped, "http://www.w3.org/2002/06/xmldsig-filter2"}, transformBody: xpath}, ReasonTransform},
		"base64":                     {shape{transforms: []string{nsDS + "base64", excC14N}}, ReasonTransform},
		"enveloped alone":            {shape{transforms: []string{enveloped}}, ReasonTransform},
		"exclusive alone":            {shape{transforms: []string{excC14N}}, ReasonTransform},
		"no transforms":              {shape{transforms: []string{}}, ReasonTransform},
		"the other way round":        {shape{transforms: []string{excC14N, enveloped}}, ReasonTransform},
		"three transforms":           {shape{transforms: []string{enveloped, excC14N, excC14N}}, ReasonTransform},
		"XPath inside exclusive":     {shape{transformBody: xpath}, ReasonTransform},
		"inclusive in the reference": {shape{transforms: []string{enveloped, "http://www.w3.org/2006/12/xml-c14n11"}}, ReasonTransform},
		"with comments in it":        {shape{transforms: []string{enveloped, excC14N + "WithComments"}}, ReasonTransform},
		"reference to the document":  {shape{references: []string{""}}, ReasonReference},
		"reference to another":       {shape{references: []string{"#_other"}}, ReasonReference},
		"reference by XPointer":      {shape{references: []string{"#xpointer(/)"}}, ReasonReference},
		"reference to a file":        {shape{references: []string{"file:///etc/hostname"}}, ReasonReference},
		"reference to elsewhere":     {shape{references: []string{"http://attacker.example/x"}}, ReasonReference},
		"reference to nothing":       {shape{references: []string{"#"}}, ReasonReference},
		"two references":             {shape{references: []string{"#_other", "#_another"}}, ReasonReference},
		"no reference":               {shape{references: []string{}}, ReasonReference},
		"Object":                     {shape{extra: `<ds:Object xmlns:ds="` + nsDS + `"></ds:Object>`}, ReasonSignatureShape},
		"second SignatureValue":      {shape{extra: `<ds:SignatureValue xmlns:ds="` + nsDS + `">AAAA</ds:SignatureValue>`}, ReasonSignatureShape},
		"Manifest":                   {shape{extra: `<ds:Manifest xmlns:ds="` + nsDS + `"></ds:Manifest>`}, ReasonSignatureShape},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := verify(broker(), shaped(t, c.shape))
			if c.want != "" {
				refused(t, got, err, c.want)
				return
			}
			if err != nil || got.NameID.Value != "alice@contoso.example" {
				t.Fatal(got, err)
			}
		})
	}
}

// TestSmallKeyIsNoKey pins a key of 1024 bits: who can factor it could sign.
func TestSmallKeyIsNoKey(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode([]byte(smallKey))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sp := broker()
	small := *keys()["provider"].Certificate
	small.PublicKey = &key.PublicKey
	sp.Provider.Provider.Signing = []*x509.Certificate{&small}
	got, err := verify(sp, good(t, onBoth))
	refused(t, got, err, ReasonNoKey)
	if err := (Keys{{Signer: key, Certificate: &small}}).Validate(); ReasonOf(err) != ReasonSettings {
		t.Errorf("as a key of ours: %v", err)
	}
}

// smallKey signs nothing anywhere.
const smallKey = `-----BEGIN RSA PRIVATE KEY-----
MIICXQIBAAKBgQDPYKXxf4wtEYP2co34kujejO6Ba8PTuKbLi8GWwF0HCc9jzy0t
2EWCbqP+GVVBm54pioKU654GsBWBivKuUTzFVrr5u0y9hYZLo4y0XdRF6gynYqru
6dZ4rLQ905JoJzvhtO7UH5u/4wYCqz+o3t3v6aNdWsp0+GgELe4G0ZAtlwIDAQAB
AoGACmUIzFsdVqD7IV5KmXwbqhQcXGZfcXxe9/LwaDMKNrEaMSGQXSzrBweutqzk
Zh57xg9ITlilGia3XT/uvCgcSJzeMNtlRLm6lBMrCY7hvNX8gIe1sLpmAwF1iRQ1
02nt1/RMCRlmItuLRsTGok+de8do9uXvsI/AiLabFtXKx7kCQQDsSGphszIy7wug
49FxIwhz7KkdkM4i+FmLFRWE1jD58O8W0cxCQGTwaZ+ZHacXxdx7zkYVEOoxneFc
agf0YPjNAkEA4K6+S8vgp/p4X58WrSgHAodJxIAasP1XDGHww2dhC1+Hw8Ee0fXy
x70r0HwCYbkgX6tL4gGqnY6joDOJlrAP8wJBAMZ5RbLvnTkfhvsMor+QF+eYYa4O
FrlVN5IWkc7VRKqOcacPb64u/Rrc/kzVlafocf4lFMVZQf+PiN/hyPDEC/kCQQCg
N1tRV1+qyOu/XAViknF1Nx2+No9R+EVzef+ih3xnDMcWKwccN2LZVacBsvxLzSQt
tEuXLRMJ6SX63eVWA9RLAkApOrTjY1jfwWK7yAP2ahQOMUuaGlu22Z4C4OHp0OG5
FsNtF47h5szYJXSyC1BCvBdL6igWHQJLQju1tFMEzwU+
-----END RSA PRIVATE KEY-----
`
