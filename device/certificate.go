package device

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Certificate is a client certificate that was verified.
type Certificate struct {
	Fingerprint string // SHA-256 of the certificate, lower-case hex
	Subject     string
	Issuer      string
	Serial      string // hex
	NotAfter    time.Time
	Facts       *model.DeviceFacts // what it proves beside itself: the device's id, where a tenant says where it stands
	Unchecked   string             // why its revocation could not be checked, where the tenant lets that pass
}

// Evidence describes the certificate for an activity and for the session's page: public facts only.
func (c Certificate) Evidence() string {
	text := fmt.Sprintf("certificate of %s, serial %s, issued by %s, valid until %s, SHA-256 %s",
		c.Subject, c.Serial, c.Issuer, c.NotAfter.UTC().Format(time.DateOnly), c.Fingerprint)
	if c.Unchecked != "" {
		text += "; revocation not checked: " + c.Unchecked
	}
	return text
}

// maxChain bounds the certificates that a client may send along; verifying is not free.
const maxChain = 8

// VerifyCertificate is [Verifier.Verify] without rules: the chain, the validity, and that the leaf may
// authenticate a client.
func VerifyCertificate(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) (Certificate, error) {
	c, _, err := verifyChain(chain, roots, now)
	return c, err
}

// verifyChain checks what a client sent, the leaf first, against authorities at now, and returns the ways from
// the leaf to one of them. That the client holds the key, TLS has shown.
func verifyChain(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) (Certificate, [][]*x509.Certificate, error) {
	const op = "device.VerifyCertificate"
	deny := func(msg, help string, err error) (Certificate, [][]*x509.Certificate, error) {
		return Certificate{}, nil, &fault.Error{Kind: fault.Denied, Op: op, Msg: msg, Help: help, Err: err}
	}
	switch {
	case len(chain) == 0:
		return deny("no certificate was sent", "choose the company's certificate when the browser asks", nil)
	case len(chain) > maxChain:
		return deny("too many certificates were sent", "", nil)
	case roots == nil || roots.Equal(x509.NewCertPool()):
		// Without this an empty pool would mean the system's authorities, who vouch for no device.
		return deny("the tenant has no device authority", "add the authority's certificate to the tenant's device settings", nil)
	}
	leaf := chain[0]
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case leaf.IsCA:
		return deny("an authority's certificate was sent, not a device's", "", nil)
	case err == nil:
	case errors.As(err, &unknown):
		return deny("the certificate was not issued by a device authority of the tenant", "choose the company's certificate when the browser asks", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.After(leaf.NotAfter):
		return deny("the certificate expired on "+leaf.NotAfter.UTC().Format(time.DateOnly), "renew the device's certificate", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return deny("the certificate, or one above it, is not valid now", "check the device's clock and certificate", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return deny("the certificate is not meant for client authentication", "issue it with the extended key usage clientAuth", err)
	default:
		return deny("the certificate could not be verified", "", err)
	}
	sum := sha256.Sum256(leaf.Raw)
	return Certificate{
		Fingerprint: hex.EncodeToString(sum[:]), Subject: leaf.Subject.String(), Issuer: leaf.Issuer.String(),
		Serial: leaf.SerialNumber.Text(16), NotAfter: leaf.NotAfter,
	}, chains, nil
}
