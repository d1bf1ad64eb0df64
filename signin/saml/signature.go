package saml

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// SignatureAlgorithm names how something is signed; the names are those of XML Signature (RFC 9231).
type SignatureAlgorithm string

// The signature algorithms that are made and accepted. There is no setting that lets SHA-1, HMAC or none in.
const (
	RSASHA256   SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	RSASHA384   SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
	RSASHA512   SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
	ECDSASHA256 SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	ECDSASHA384 SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
	ECDSASHA512 SignatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
)

const minRSA = 2048 // bits

var signatureHash = map[SignatureAlgorithm]crypto.Hash{
	RSASHA256: crypto.SHA256, RSASHA384: crypto.SHA384, RSASHA512: crypto.SHA512,
	ECDSASHA256: crypto.SHA256, ECDSASHA384: crypto.SHA384, ECDSASHA512: crypto.SHA512,
}

var digestHash = map[string]crypto.Hash{
	"http://www.w3.org/2001/04/xmlenc#sha256":       crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
}

// signedInfo is what a signature says, read from the bytes that were signed.
type signedInfo struct {
	algorithm SignatureAlgorithm
	uri       string
	prefixes  string // InclusiveNamespaces of the canonicalization
	digest    crypto.Hash
	value     []byte
}

// verifyEnveloped checks the one signature that is a direct child of el, by pinned certificates alone: what KeyInfo
// says is never looked at. It returns the element read anew from the canonical bytes that were signed, without the
// signature: callers must forget el. The certificate is the one whose key fits.
func verifyEnveloped(op string, el *etree.Element, pinned []*x509.Certificate, lim limits) (*etree.Element, *x509.Certificate, error) {
	sig, err := ownSignature(op, el)
	if err != nil {
		return nil, nil, err
	}
	if sig == nil {
		return nil, nil, refuse(op, ReasonUnsigned, "%s is not signed", el.Tag)
	}
	parts, err := sequence(op, sig, slot{nsDS, "SignedInfo", 1, 1}, slot{nsDS, "SignatureValue", 1, 1}, slot{nsDS, "KeyInfo", 0, 1})
	if err != nil {
		return nil, nil, refuse(op, ReasonSignatureShape, "the signature of %s: %v", el.Tag, err)
	}
	if err := only(op, sig, "Id"); err != nil {
		return nil, nil, refuse(op, ReasonSignatureShape, "the signature of %s: %v", el.Tag, err)
	}
	signed, err := canonicalSignedInfo(op, parts[0][0])
	if err != nil {
		return nil, nil, err
	}
	// What was signed is read from its canonical bytes, as a verifier of those bytes sees it.
	infoTree, err := parse(op, signed, messageLimits, nil)
	if err != nil {
		return nil, nil, err
	}
	info, err := readSignedInfo(op, infoTree)
	if err != nil {
		return nil, nil, err
	}
	if id := attr(el, "ID"); id == "" || info.uri != "#"+id {
		return nil, nil, refuse(op, ReasonReference, "the signature in %s %q refers to %q", el.Tag, clip(id), clip(info.uri))
	}
	value, err := base64Of(op, parts[1][0])
	if err != nil {
		return nil, nil, err
	}
	by, err := verifyBytes(op, info.algorithm, signed, value, pinned)
	if err != nil {
		return nil, nil, err
	}
	alone := detach(el)
	if own, err := ownSignature(op, alone); err != nil || own == nil || alone.RemoveChild(own) == nil {
		return nil, nil, refuse(op, ReasonSignaturePlace, "the signature of %s is lost", el.Tag)
	}
	canonical, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(info.prefixes).Canonicalize(alone)
	if err != nil || len(canonical) == 0 {
		return nil, nil, refuse(op, ReasonMalformed, "%s has no canonical form: %v", el.Tag, err)
	}
	if subtle.ConstantTimeCompare(sum(info.digest, canonical), info.value) != 1 {
		return nil, nil, refuse(op, ReasonDigest, "%s was changed after it was signed", el.Tag)
	}
	read, err := parse(op, canonical, lim, nil)
	if err != nil {
		return nil, nil, err
	}
	if !is(read, el.NamespaceURI(), el.Tag) || attr(read, "ID") != attr(el, "ID") {
		return nil, nil, refuse(op, ReasonReference, "the signed bytes hold another element than %s", el.Tag)
	}
	return read, by, nil
}

// ownSignature returns the signature that is a direct child of el, nil where there is none. It stands where the
// schemas put it: after Issuer in messages and assertions, first in metadata.
func ownSignature(op string, el *etree.Element) (*etree.Element, error) {
	var own *etree.Element
	for i, child := range el.ChildElements() {
		if !is(child, nsDS, "Signature") {
			continue
		}
		if own != nil {
			return nil, refuse(op, ReasonSignaturePlace, "%s has two signatures", el.Tag)
		}
		if i > 1 || (i == 1 && !is(el.ChildElements()[0], nsSAML, "Issuer")) {
			return nil, refuse(op, ReasonSignaturePlace, "the signature of %s does not follow its Issuer", el.Tag)
		}
		own = child
	}
	return own, nil
}

// canonicalSignedInfo returns the bytes that a signature signs.
func canonicalSignedInfo(op string, el *etree.Element) ([]byte, error) {
	kids := el.ChildElements()
	if len(kids) == 0 || !is(kids[0], nsDS, "CanonicalizationMethod") {
		return nil, refuse(op, ReasonSignatureShape, "SignedInfo does not begin with CanonicalizationMethod")
	}
	prefixes, err := exclusive(op, kids[0])
	if err != nil {
		return nil, err
	}
	out, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes).Canonicalize(detach(el))
	if err != nil || len(out) == 0 {
		return nil, refuse(op, ReasonSignatureShape, "SignedInfo has no canonical form: %v", err)
	}
	return out, nil
}

// exclusive checks that an element names exclusive canonicalization without comments, and returns its prefix list.
func exclusive(op string, el *etree.Element) (string, error) {
	if algorithm := attr(el, "Algorithm"); algorithm != string(dsig.CanonicalXML10ExclusiveAlgorithmId) {
		return "", refuse(op, ReasonTransform, "%s is %q; only exclusive canonicalization is accepted", el.Tag, clip(algorithm))
	}
	parts, err := sequence(op, el, slot{nsEC, "InclusiveNamespaces", 0, 1})
	if err != nil {
		return "", refuse(op, ReasonTransform, "%v", err)
	}
	if len(parts[0]) == 0 {
		return "", nil
	}
	return attr(parts[0][0], "PrefixList"), nil
}

// readSignedInfo reads a SignedInfo of the one accepted form: one reference, to an element by its ID, through the
// enveloped-signature transform and exclusive canonicalization in that order (SAML core 5.4).
func readSignedInfo(op string, el *etree.Element) (signedInfo, error) {
	var info signedInfo
	if !is(el, nsDS, "SignedInfo") {
		return info, refuse(op, ReasonSignatureShape, "the signed bytes are no SignedInfo")
	}
	kids := el.ChildElements()
	references := 0
	for _, k := range kids {
		if k.Tag == "Reference" {
			references++
		}
	}
	if references != 1 {
		return info, refuse(op, ReasonReference, "a signature has %d references instead of one", references)
	}
	parts, err := sequence(op, el, slot{nsDS, "CanonicalizationMethod", 1, 1}, slot{nsDS, "SignatureMethod", 1, 1}, slot{nsDS, "Reference", 1, 1})
	if err != nil {
		return info, refuse(op, ReasonSignatureShape, "%v", err)
	}
	method := parts[1][0]
	info.algorithm = SignatureAlgorithm(attr(method, "Algorithm"))
	if _, ok := signatureHash[info.algorithm]; !ok || len(method.Child) > 0 {
		return info, refuse(op, ReasonAlgorithm, "the signature algorithm %q is not accepted; RSA and ECDSA with SHA-256, SHA-384 or SHA-512 are", clip(string(info.algorithm)))
	}
	reference := parts[2][0]
	if err := only(op, reference, "URI", "Id"); err != nil {
		return info, refuse(op, ReasonReference, "%v", err)
	}
	info.uri = attr(reference, "URI")
	parts, err = sequence(op, reference, slot{nsDS, "Transforms", 1, 1}, slot{nsDS, "DigestMethod", 1, 1}, slot{nsDS, "DigestValue", 1, 1})
	if err != nil {
		return info, refuse(op, ReasonSignatureShape, "%v", err)
	}
	transforms, err := sequence(op, parts[0][0], slot{nsDS, "Transform", 2, 2})
	if err != nil {
		return info, refuse(op, ReasonTransform, "a signature has other transforms than the two accepted: %v", err)
	}
	first, second := transforms[0][0], transforms[0][1]
	if attr(first, "Algorithm") != string(dsig.EnvelopedSignatureAltorithmId) || len(first.Child) > 0 {
		return info, refuse(op, ReasonTransform, "the first transform is %q instead of enveloped-signature", clip(attr(first, "Algorithm")))
	}
	if info.prefixes, err = exclusive(op, second); err != nil {
		return info, err
	}
	var ok bool
	if info.digest, ok = digestHash[attr(parts[1][0], "Algorithm")]; !ok || len(parts[1][0].Child) > 0 {
		return info, refuse(op, ReasonAlgorithm, "the digest algorithm %q is not accepted; SHA-256, SHA-384 and SHA-512 are", clip(attr(parts[1][0], "Algorithm")))
	}
	if info.value, err = base64Of(op, parts[2][0]); err != nil {
		return info, err
	}
	return info, nil
}

// verifyBytes checks a signature value by the pinned certificates whose keys fit its algorithm. A certificate is here
// a holder of a key: its dates and issuer say nothing (SAML V2.0 Metadata Interoperability Profile 2.6.1).
func verifyBytes(op string, algorithm SignatureAlgorithm, signed, value []byte, pinned []*x509.Certificate) (*x509.Certificate, error) {
	hash, ok := signatureHash[algorithm]
	if !ok {
		return nil, refuse(op, ReasonAlgorithm, "the signature algorithm %q is not accepted", clip(string(algorithm)))
	}
	digest, usable := sum(hash, signed), 0
	for _, c := range pinned {
		switch key := c.PublicKey.(type) {
		case *rsa.PublicKey:
			if !strings.Contains(string(algorithm), "#rsa-") || key.N.BitLen() < minRSA {
				continue
			}
			if usable++; rsa.VerifyPKCS1v15(key, hash, digest, value) == nil {
				return c, nil
			}
		case *ecdsa.PublicKey:
			if !strings.Contains(string(algorithm), "#ecdsa-") {
				continue
			}
			if usable++; verifyECDSA(key, digest, value) {
				return c, nil
			}
		}
	}
	if usable == 0 {
		return nil, refuse(op, ReasonNoKey, "no registered certificate has a key for %s (RSA keys need %d bits)", algorithm, minRSA)
	}
	return nil, refuse(op, ReasonSignature, "none of %d registered certificates made the signature", usable)
}

// verifyECDSA checks the two numbers one after the other, each as long as the curve (XML Signature 1.1, 6.4.3).
func verifyECDSA(key *ecdsa.PublicKey, digest, value []byte) bool {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(value) != 2*size {
		return false
	}
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(value[:size]), new(big.Int).SetBytes(value[size:]))
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// base64Of decodes an element's text. White space is allowed between characters, as XML Schema has it.
func base64Of(op string, el *etree.Element) ([]byte, error) {
	text, err := content(op, el)
	if err != nil {
		return nil, err
	}
	return decode64(op, el.Tag, text)
}

func decode64(op, what, text string) ([]byte, error) {
	compact := bytes.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, []byte(text))
	out := make([]byte, base64.StdEncoding.DecodedLen(len(compact)))
	n, err := base64.StdEncoding.Strict().Decode(out, compact)
	if err != nil || n == 0 {
		return nil, refuse(op, ReasonEncoding, "%s is not base64", what)
	}
	return out[:n], nil
}
