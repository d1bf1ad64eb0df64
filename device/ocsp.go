package device

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // names a key (RFC 6960 section 4.2.1), protects nothing
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/referee-casb/referee/fault"
)

// OCSP, RFC 6960. golang.org/x/crypto/ocsp reads the answer and checks its signature; what it leaves out is
// checked here: that a delegated responder may answer for the issuer, that the answer is about this issuer's
// certificate, its nonce, its age and its algorithms.

var (
	oidNonce   = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 2)
	oidSHA1    = oid(1, 3, 14, 3, 2, 26)
	nonceBytes = 32 // RFC 9654 section 2.1
)

// maxOCSPAge is how old an answer may be that does not say when it ends.
const maxOCSPAge = time.Hour

// certID names a certificate to a responder.
type certID struct {
	Hash     pkix.AlgorithmIdentifier
	NameHash []byte
	KeyHash  []byte
	Serial   *big.Int
}

func certIDOf(cert, issuer *x509.Certificate) (certID, error) {
	var key struct {
		Algorithm pkix.AlgorithmIdentifier
		Bits      asn1.BitString
	}
	if _, err := asn1.Unmarshal(issuer.RawSubjectPublicKeyInfo, &key); err != nil {
		return certID{}, err
	}
	name, bits := sha1.Sum(issuer.RawSubject), sha1.Sum(key.Bits.RightAlign())
	return certID{pkix.AlgorithmIdentifier{Algorithm: oidSHA1, Parameters: asn1.NullRawValue}, name[:], bits[:], cert.SerialNumber}, nil
}

// ocspRequest makes a request with a nonce.
func ocspRequest(id certID, nonce []byte) ([]byte, error) {
	inner, err := asn1.Marshal(nonce)
	if err != nil {
		return nil, err
	}
	type one struct{ ID certID }
	type tbs struct {
		List       []one
		Extensions []pkix.Extension `asn1:"explicit,tag:2"`
	}
	return asn1.Marshal(struct{ TBS tbs }{tbs{[]one{{id}}, []pkix.Extension{{Id: oidNonce, Value: inner}}}})
}

// ocspData is the signed part of an answer, as far as it is read here.
type ocspData struct {
	Version    int           `asn1:"optional,default:0,explicit,tag:0"`
	Responder  asn1.RawValue // checked by key or name below
	ProducedAt time.Time     `asn1:"generalized"`
	Responses  []struct {
		ID     certID
		Status asn1.RawValue
		This   time.Time        `asn1:"generalized"`
		Next   time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Ext    []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
}

// readOCSP verifies an answer about a certificate. nil means good, Denied revoked; everything else is
// Unavailable and says why the answer does not count. until is how long it holds.
func readOCSP(answer []byte, cert, issuer *x509.Certificate, id certID, nonce []byte, strict bool, now time.Time) (until time.Time, err error) {
	const op = "device.OCSP"
	lost := func(msg string, err error) (time.Time, error) {
		return time.Time{}, &fault.Error{Kind: fault.Unavailable, Op: op, Key: issuer.Subject.String(), Msg: msg, Err: err}
	}
	res, err := ocsp.ParseResponseForCert(answer, cert, issuer)
	var refused ocsp.ResponseError
	switch {
	case errors.As(err, &refused):
		return lost("the OCSP responder refused: "+refused.Status.String(), err)
	case err != nil:
		return lost("the OCSP answer can't be used", err)
	case !slices.Contains(signatures, res.SignatureAlgorithm):
		return lost("the OCSP answer is signed by "+res.SignatureAlgorithm.String(), nil)
	}
	if why := responder(res, issuer, now); why != "" {
		return lost(why, nil)
	}
	var data ocspData
	if rest, err := asn1.Unmarshal(res.TBSResponseData, &data); err != nil || len(rest) > 0 {
		return lost("the OCSP answer can't be read", err)
	}
	if len(data.Responses) != 1 || !sameID(data.Responses[0].ID, id) {
		// A responder may work for several issuers with one key: its word on another's certificate of the same
		// serial number says nothing about this one.
		return lost("the OCSP answer is not about this certificate of this issuer", nil)
	}
	if why := nonceOf(data.Extensions, nonce, strict); why != "" {
		return lost(why, nil)
	}
	until = res.NextUpdate
	if until.IsZero() {
		until = res.ThisUpdate.Add(maxOCSPAge)
	}
	switch {
	case now.Before(res.ThisUpdate.Add(-clockSkew)):
		return lost("the OCSP answer is not valid yet", nil)
	case !now.Before(until):
		return lost("the OCSP answer expired at "+until.UTC().Format(time.RFC3339), nil)
	case res.Status == ocsp.Good:
		return until, nil
	case res.Status == ocsp.Revoked:
		return until, &fault.Error{
			Kind: fault.Denied, Op: op, Msg: "the certificate of " + cert.Subject.String() + ", serial " + cert.SerialNumber.Text(16) +
				", was revoked on " + res.RevokedAt.UTC().Format(time.DateOnly) + ", says the OCSP responder of " + issuer.Subject.String(),
			Help: "issue the device a new certificate",
		}
	}
	return lost("the OCSP responder does not know the certificate", nil)
}

// responder checks who signed (RFC 6960 section 4.2.2.2): the issuer, or one that the issuer itself certified
// for signing OCSP answers. It says why not, "" when all is well.
func responder(res *ocsp.Response, issuer *x509.Certificate, now time.Time) string {
	by := issuer
	if c := res.Certificate; c != nil && !bytes.Equal(c.Raw, issuer.Raw) {
		by = c
		switch {
		case !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
			return "the OCSP responder's certificate lacks the extended key usage OCSPSigning"
		case !bytes.Equal(c.RawIssuer, issuer.RawSubject):
			return "the OCSP responder was not certified by the certificate's issuer"
		case now.Before(c.NotBefore) || now.After(c.NotAfter):
			return "the OCSP responder's certificate is not valid now"
		case !slices.Contains(signatures, c.SignatureAlgorithm) || weakKey(c.PublicKey) != "":
			return "the OCSP responder's certificate is too weak"
		case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0:
			return "the OCSP responder's key may not sign"
		case len(c.UnhandledCriticalExtensions) > 0:
			return "the OCSP responder's certificate has a critical extension that is not known"
		}
	}
	id, err := certIDOf(by, by) // its key hash is that of by
	named := len(res.RawResponderName) > 0 && bytes.Equal(res.RawResponderName, by.RawSubject)
	keyed := err == nil && len(res.ResponderKeyHash) > 0 && bytes.Equal(res.ResponderKeyHash, id.KeyHash)
	if !named && !keyed {
		return "the OCSP answer names another responder than the one that signed it"
	}
	return ""
}

func sameID(a, b certID) bool {
	return a.Hash.Algorithm.Equal(b.Hash.Algorithm) && bytes.Equal(a.NameHash, b.NameHash) && bytes.Equal(a.KeyHash, b.KeyHash) &&
		a.Serial != nil && a.Serial.Cmp(b.Serial) == 0
}

// nonceOf checks an answer's nonce: it must be ours, or may be missing where that is not strict. Many
// responders answer from what they signed before (RFC 5019), and then its age alone speaks for the answer.
func nonceOf(extensions []pkix.Extension, nonce []byte, strict bool) string {
	for _, e := range extensions {
		if !e.Id.Equal(oidNonce) {
			if e.Critical {
				return "the OCSP answer has a critical extension that is not known: " + e.Id.String()
			}
			continue
		}
		var got []byte
		if rest, err := asn1.Unmarshal(e.Value, &got); err != nil || len(rest) > 0 || subtle.ConstantTimeCompare(got, nonce) != 1 {
			return "the OCSP answer's nonce is not the one asked with"
		}
		return ""
	}
	if strict {
		return "the OCSP answer has no nonce"
	}
	return ""
}

// askOCSP asks the responders that a certificate names, in order, until one gives an answer that counts.
func askOCSP(ctx context.Context, client *http.Client, cert, issuer *x509.Certificate, strict bool, now time.Time) (until time.Time, err error) {
	const op = "device.OCSP"
	if len(cert.OCSPServer) == 0 {
		return until, &fault.Error{Kind: fault.Unavailable, Op: op, Key: cert.Subject.String(), Msg: "the certificate names no OCSP responder", Help: "issue it with one, or set device.certificate.revocation to crl"}
	}
	id, err := certIDOf(cert, issuer)
	if err != nil {
		return until, fault.As(err, fault.Unavailable, op, issuer.Subject.String())
	}
	nonce := make([]byte, nonceBytes)
	_, _ = rand.Read(nonce) // never fails, see crypto/rand
	ask, err := ocspRequest(id, nonce)
	if err != nil {
		return until, fault.As(err, fault.Unavailable, op, cert.Subject.String())
	}
	for i, address := range cert.OCSPServer {
		if i >= maxPoints {
			break
		}
		var answer []byte
		if answer, err = fetch(ctx, client, address, ask, "application/ocsp-response", maxOCSP); err != nil {
			continue
		}
		if until, err = readOCSP(answer, cert, issuer, id, nonce, strict, now); !fault.Is(err, fault.Unavailable) {
			return until, err
		}
	}
	return until, err
}
