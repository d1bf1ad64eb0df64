package device

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Revocation says where it is looked up whether a certificate was revoked.
type Revocation string

// The ways. With RevocationBoth, one list and the responder are both asked, and each must be satisfied.
const (
	RevocationNone Revocation = ""
	RevocationCRL  Revocation = "crl"
	RevocationOCSP Revocation = "ocsp"
	RevocationBoth Revocation = "both"
)

// Rules are what a tenant demands of client certificates beyond a chain to its authorities.
type Rules struct {
	EKUs       []string // dotted object identifiers that the leaf must list itself; "any" does not count
	Revocation Revocation
	// SoftFail accepts a certificate of which it can't be found out whether it was revoked. Without it such a
	// device is unknown: neither managed nor refused.
	SoftFail bool
	CRLs     []string // uploaded lists, PEM
	Fetch    bool     // lists may also be fetched from the distribution points that a certificate names
	Nonce    bool     // an OCSP answer must hold the nonce asked with, not only not contradict it
	Private  bool     // loopback and private addresses may be fetched from
	DeviceID IDPlace  // where a certificate names the device
}

// IDPlace is where a certificate names the device, as the id that management systems know it by.
type IDPlace string

// The places. What stands there is proven with the certificate, since the authority signed it.
const (
	IDNone    IDPlace = ""
	IDSubject IDPlace = "cn"     // the subject's common name, as Intune's {{AAD_Device_ID}} in SCEP profiles
	IDURI     IDPlace = "sanUri" // the last part of the first URI of the subject alternative names
	IDDNS     IDPlace = "sanDns" // the first DNS name
)

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$`)

// deviceID reads the id that a verified certificate names; ok is false when it names none in a usable form.
func (p IDPlace) deviceID(c *x509.Certificate) (string, bool) {
	id := ""
	switch {
	case p == IDSubject:
		id = c.Subject.CommonName
	case p == IDURI && len(c.URIs) > 0:
		text := strings.TrimRight(c.URIs[0].String(), "/")
		id = text[strings.LastIndexAny(text, "/:=")+1:]
	case p == IDDNS && len(c.DNSNames) > 0:
		id = c.DNSNames[0]
	}
	return strings.ToLower(id), idPattern.MatchString(id)
}

// facts are the attributes that a certificate proves.
func (p IDPlace) facts(c *x509.Certificate) *model.DeviceFacts {
	id, ok := p.deviceID(c)
	if !ok {
		return nil
	}
	return &model.DeviceFacts{DeviceID: model.FactOf(id)}
}

// minRSA is the least RSA modulus that counts, in bits; NIST SP 800-131A allows no shorter one.
const minRSA = 2048

// signatures are the algorithms that count: SHA-256 and better.
var signatures = []x509.SignatureAlgorithm{
	x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA, x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
	x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519,
}

// weakKey says in a sentence why a key does not count, "" when it does.
func weakKey(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSA {
			return "an RSA key of fewer than 2048 bits"
		}
	case *ecdsa.PublicKey:
		if k.Curve.Params().BitSize < 256 {
			return "an elliptic curve of fewer than 256 bits"
		}
	case ed25519.PublicKey:
	default:
		return "a key of a kind that is not accepted"
	}
	return ""
}

// strong checks keys and signatures of a verified chain, the authority last. The authority's own signature says
// nothing: it is trusted because it was uploaded.
func strong(chain []*x509.Certificate) error {
	for i, c := range chain {
		why := weakKey(c.PublicKey)
		if why == "" && i < len(chain)-1 && !slices.Contains(signatures, c.SignatureAlgorithm) {
			why = "a signature by " + c.SignatureAlgorithm.String()
		}
		if why != "" {
			return &fault.Error{
				Kind: fault.Denied, Op: "device.VerifyCertificate", Msg: "the certificate of " + c.Subject.String() + " has " + why,
				Help: "issue certificates with RSA of 2048 bits or more, ECDSA of P-256 or more, or Ed25519, signed with SHA-256 or better",
			}
		}
	}
	return nil
}

// oidsOf names the known extended key usages by object identifier (RFC 5280 section 4.2.1.12).
var oidsOf = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageServerAuth: "1.3.6.1.5.5.7.3.1", x509.ExtKeyUsageClientAuth: "1.3.6.1.5.5.7.3.2", x509.ExtKeyUsageCodeSigning: "1.3.6.1.5.5.7.3.3",
	x509.ExtKeyUsageEmailProtection: "1.3.6.1.5.5.7.3.4", x509.ExtKeyUsageIPSECEndSystem: "1.3.6.1.5.5.7.3.5", x509.ExtKeyUsageIPSECTunnel: "1.3.6.1.5.5.7.3.6",
	x509.ExtKeyUsageIPSECUser: "1.3.6.1.5.5.7.3.7", x509.ExtKeyUsageTimeStamping: "1.3.6.1.5.5.7.3.8", x509.ExtKeyUsageOCSPSigning: "1.3.6.1.5.5.7.3.9",
}

// lists checks that the leaf lists every demanded usage, and may sign a handshake.
func (r Rules) lists(leaf *x509.Certificate) error {
	deny := func(msg, help string) error {
		return &fault.Error{Kind: fault.Denied, Op: "device.VerifyCertificate", Msg: msg, Help: help}
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return deny("the certificate's key may not sign (key usage)", "issue it with the key usage digitalSignature")
	}
	have := make([]string, 0, len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage))
	for _, u := range leaf.ExtKeyUsage {
		have = append(have, oidsOf[u])
	}
	for _, oid := range leaf.UnknownExtKeyUsage {
		have = append(have, oid.String())
	}
	for _, want := range r.EKUs {
		if !slices.Contains(have, want) {
			return deny("the certificate does not list the extended key usage "+want, "issue it with that usage, or take it out of device.certificate.ekus")
		}
	}
	return nil
}

// oid parses a dotted object identifier; used to tell one extension from another.
func oid(parts ...int) asn1.ObjectIdentifier { return parts }
