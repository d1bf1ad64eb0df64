package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/referee-casb/referee/fault"
)

// KeyPair is a private key with the certificate that peers pin. RSA of at least 2048 bits, or ECDSA on P-256, P-384 or
// P-521; only an RSA key that is a crypto.Decrypter opens encrypted assertions.
type KeyPair struct {
	Signer      crypto.Signer
	Certificate *x509.Certificate
}

// Keys are a party's key pairs: the first signs, all are in the metadata, all are tried for opening what is encrypted.
// During a roll-over the next key stands second until every peer has it, then first, and the old one second until
// nothing encrypted to it is under way.
type Keys []KeyPair

// Validate reports keys that can't be used.
func (k Keys) Validate() error {
	const op = "saml.Keys"
	if len(k) == 0 {
		return refuse(op, ReasonSettings, "there is no signing key")
	}
	for i, p := range k {
		if p.Signer == nil || p.Certificate == nil {
			return refuse(op, ReasonSettings, "key %d lacks its private part or its certificate", i+1)
		}
		if _, err := algorithmOf(p.Signer.Public(), crypto.SHA256); err != nil {
			return err
		}
		own, ok := p.Signer.Public().(interface{ Equal(crypto.PublicKey) bool })
		if !ok || !own.Equal(p.Certificate.PublicKey) {
			return refuse(op, ReasonSettings, "the certificate of key %d belongs to another key", i+1)
		}
	}
	return nil
}

// algorithmOf returns the algorithm by which a key signs with a hash.
func algorithmOf(key crypto.PublicKey, hash crypto.Hash) (SignatureAlgorithm, error) {
	want := map[crypto.Hash][2]SignatureAlgorithm{
		crypto.SHA256: {RSASHA256, ECDSASHA256}, crypto.SHA384: {RSASHA384, ECDSASHA384}, crypto.SHA512: {RSASHA512, ECDSASHA512},
	}[hash]
	if want[0] == "" {
		return "", refuse("saml.Keys", ReasonSettings, "signatures are made with SHA-256, SHA-384 or SHA-512, not %s", hash)
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return "", refuse("saml.Keys", ReasonSettings, "the RSA key has %d bits, at least %d are needed", key.N.BitLen(), minRSA)
		}
		return want[0], nil
	case *ecdsa.PublicKey:
		return want[1], nil
	}
	return "", refuse("saml.Keys", ReasonSettings, "a signing key is RSA or ECDSA")
}

// plainSigner makes ECDSA signatures in XML Signature's form instead of ASN.1.
type plainSigner struct{ crypto.Signer }

// Sign signs a digest.
func (s plainSigner) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	out, err := s.Signer.Sign(rand, digest, opts)
	key, ok := s.Public().(*ecdsa.PublicKey)
	if err != nil || !ok {
		return out, err
	}
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(out, &pair); err != nil || len(rest) > 0 {
		return nil, errors.New("the key returned no ECDSA signature")
	}
	size := (key.Curve.Params().BitSize + 7) / 8
	plain := make([]byte, 2*size)
	pair.R.FillBytes(plain[:size])
	pair.S.FillBytes(plain[size:])
	return plain, nil
}

func (k Keys) context(op string, hash crypto.Hash) (*dsig.SigningContext, error) {
	if err := k.Validate(); err != nil {
		return nil, err
	}
	if hash == 0 {
		hash = crypto.SHA256
	}
	algorithm, err := algorithmOf(k[0].Signer.Public(), hash)
	if err != nil {
		return nil, err
	}
	ctx, err := dsig.NewSigningContext(plainSigner{k[0].Signer}, [][]byte{k[0].Certificate.Raw})
	if err != nil {
		return nil, fault.As(err, fault.Internal, op, "")
	}
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := ctx.SetSignatureMethod(string(algorithm)); err != nil {
		return nil, fault.As(err, fault.Internal, op, string(algorithm))
	}
	return ctx, nil
}

// sign puts an enveloped signature into el where the schemas want it: after Issuer, or first.
func (k Keys) sign(op string, el *etree.Element, hash crypto.Hash) error {
	ctx, err := k.context(op, hash)
	if err != nil {
		return err
	}
	// The canonicalizer changes what it is given, so it gets a copy.
	sig, err := ctx.ConstructSignature(detach(el), true)
	if err != nil {
		return fault.As(err, fault.Internal, op, "")
	}
	at := 0
	if kids := el.ChildElements(); len(kids) > 0 && is(kids[0], nsSAML, "Issuer") {
		at = kids[0].Index() + 1
	}
	el.InsertChildAt(at, sig)
	return nil
}

// Envelope makes the signature of an element that says its ID in the attribute id, in the dialects that SAML 2.0 came
// from; the caller puts it where that dialect wants it.
func (k Keys) Envelope(el *etree.Element, id string, hash crypto.Hash) (*etree.Element, error) {
	const op = "saml.Envelope"
	ctx, err := k.context(op, hash)
	if err != nil {
		return nil, err
	}
	ctx.IdAttribute = id
	sig, err := ctx.ConstructSignature(detach(el), true)
	return sig, fault.As(err, fault.Internal, op, "")
}

// signString signs a redirect's query (SAML bindings 3.4.4.1).
func (k Keys) signString(op, signed string, hash crypto.Hash) ([]byte, error) {
	ctx, err := k.context(op, hash)
	if err != nil {
		return nil, err
	}
	out, err := ctx.SignString(signed)
	return out, fault.As(err, fault.Internal, op, "")
}
