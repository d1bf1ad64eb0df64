package device

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Authority is the certificate of an authority that issues client certificates.
type Authority struct {
	Fingerprint string    `json:"fingerprint" doc:"SHA-256 of the certificate, lower-case hex."`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	Root        bool      `json:"root" doc:"It signed itself; otherwise it is an intermediate that is trusted by itself."`
	Warnings    []string  `json:"warnings,omitempty" doc:"What will stop devices soon, or does already."`
	PEM         string    `json:"pem"`
}

// expirySoon is how long before its end an authority is warned of.
const expirySoon = 60 * 24 * time.Hour

// maxAuthorities bounds one upload.
const (
	maxAuthorities  = 50
	maxAuthorityLen = 256 << 10
)

// ReadAuthorities reads certificates of authorities in PEM, one or more, or one in DER. It is Invalid for
// anything else and says what the data is instead.
func ReadAuthorities(data []byte, now time.Time) ([]Authority, error) {
	const op = "device.ReadAuthorities"
	bad := func(place, msg, help string, err error) ([]Authority, error) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: place, Msg: msg, Help: help, Err: err}
	}
	const give = "give the certificate of the authority that issues your devices' certificates, as PEM or DER"
	if len(data) > maxAuthorityLen {
		return bad("", "the file is larger than 256 kB", give, nil)
	}
	var ders [][]byte
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		place := fmt.Sprintf("block %d", len(ders)+1)
		switch {
		case strings.Contains(block.Type, "PRIVATE KEY"):
			return bad(place, "this is a private key, which belongs nowhere but with the authority", "upload the certificate alone; if the key was sent anywhere, replace it", nil)
		case strings.Contains(block.Type, "REQUEST"):
			return bad(place, "this is a request for a certificate, not a certificate", give, nil)
		case block.Type == "X509 CRL":
			return bad(place, "this is a revocation list", "upload it with `referee device crl add`", nil)
		case block.Type != "CERTIFICATE":
			return bad(place, "a PEM block of type "+block.Type+" is not a certificate", give, nil)
		case len(ders) >= maxAuthorities:
			return bad(place, fmt.Sprintf("there are more than %d certificates", maxAuthorities), "upload only the authorities that issue your devices' certificates", nil)
		}
		ders = append(ders, block.Bytes)
	}
	if len(ders) == 0 {
		trimmed := bytes.TrimSpace(data)
		switch {
		case len(trimmed) == 0:
			return bad("", "the file is empty", give, nil)
		case bytes.HasPrefix(trimmed, []byte("-----BEGIN")):
			return bad("", "the PEM block is damaged", "copy the file again, from -----BEGIN to -----END", nil)
		case trimmed[0] != 0x30:
			return bad("", "this is neither PEM nor DER", give, nil)
		}
		ders = [][]byte{data}
	}
	out := make([]Authority, 0, len(ders))
	for i, der := range ders {
		place := fmt.Sprintf("certificate %d", i+1)
		c, err := x509.ParseCertificate(der)
		if err != nil {
			help := give
			if _, e := x509.ParsePKCS8PrivateKey(der); e == nil {
				return bad(place, "this is a private key, which belongs nowhere but with the authority", "upload the certificate alone; if the key was sent anywhere, replace it", nil)
			}
			if len(ders) == 1 {
				help = "a PKCS#7 or PKCS#12 file must be unpacked first, for example with openssl pkcs7 -print_certs; " + give
			}
			return bad(place, "it can't be read as a certificate", help, err)
		}
		if err := authorityMistake(c, place, now); err != nil {
			return nil, err
		}
		out = append(out, describe(c, now))
	}
	return out, nil
}

// authorityMistake reports a certificate by which no device could ever be proven.
func authorityMistake(c *x509.Certificate, place string, now time.Time) error {
	bad := func(msg, help string) error {
		return &fault.Error{Kind: fault.Invalid, Op: "device.ReadAuthorities", Key: place, Msg: "the certificate of " + c.Subject.String() + " " + msg, Help: help}
	}
	switch {
	case !c.IsCA || !c.BasicConstraintsValid:
		return bad("is not one of an authority (basic constraints)", "upload that of its issuer, "+c.Issuer.String())
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return bad("may not sign certificates (key usage)", "upload the authority's signing certificate")
	case now.After(c.NotAfter):
		return bad("expired on "+c.NotAfter.UTC().Format(time.DateOnly), "upload its renewed certificate")
	}
	if why := weakKey(c.PublicKey); why != "" {
		return bad("has "+why, "use an authority with RSA of 2048 bits or more, ECDSA of P-256 or more, or Ed25519")
	}
	return nil
}

// Describe shows the authorities of a tenant's document, which were read before; what can't be read is left out.
func Describe(pems []string, now time.Time) []Authority {
	out := []Authority{}
	for _, text := range pems {
		rest := []byte(text)
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				out = append(out, describe(c, now))
			}
		}
	}
	return out
}

func describe(c *x509.Certificate, now time.Time) Authority {
	sum := sha256.Sum256(c.Raw)
	a := Authority{
		Fingerprint: hex.EncodeToString(sum[:]), Subject: c.Subject.String(), Issuer: c.Issuer.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Root: bytes.Equal(c.RawSubject, c.RawIssuer) && c.CheckSignatureFrom(c) == nil,
		PEM:  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})),
	}
	warn := func(format string, args ...any) { a.Warnings = append(a.Warnings, fmt.Sprintf(format, args...)) }
	switch {
	case now.After(c.NotAfter):
		warn("expired on %s: no device can be proven by it", c.NotAfter.UTC().Format(time.DateOnly))
	case now.Add(expirySoon).After(c.NotAfter):
		warn("expires on %s, in %d days", c.NotAfter.UTC().Format(time.DateOnly), int(c.NotAfter.Sub(now).Hours()/24))
	case now.Before(c.NotBefore):
		warn("is not valid before %s", c.NotBefore.UTC().Format(time.DateOnly))
	}
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCRLSign == 0 {
		warn("may not sign revocation lists: use OCSP, or no revocation")
	}
	if len(c.ExtKeyUsage) > 0 && !allowsClients(c) {
		warn("its extended key usages leave out clientAuth: no certificate it issued will do")
	}
	return a
}

func allowsClients(c *x509.Certificate) bool {
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny {
			return true
		}
	}
	return false
}
