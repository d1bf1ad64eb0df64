package device

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptoasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/referee-casb/referee/fault"
)

// CRL is a certificate revocation list (RFC 5280 section 5) that was read, not yet verified.
type CRL struct {
	Issuer     string
	ThisUpdate time.Time
	NextUpdate time.Time
	Entries    int

	list    *x509.RevocationList
	revoked map[string]time.Time // by serial number
	points  []string             // addresses of the distribution point whose certificates alone it covers; nil for all
	userOK  bool                 // covers devices' certificates
	caOK    bool                 // covers authorities' certificates

	mu       sync.Mutex
	signedBy map[string]bool // raw certificates that verified it
}

var (
	oidDelta         = oid(2, 5, 29, 27)
	oidDistribution  = oid(2, 5, 29, 28)
	oidEntryIssuer   = oid(2, 5, 29, 29)
	maxCRLEntries    = 1_000_000
	contextSpecific  = func(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).ContextSpecific() }
	contextStructure = func(n uint8) cryptoasn1.Tag { return cryptoasn1.Tag(n).ContextSpecific().Constructed() }
)

// ReadCRL reads a list in PEM or DER. It is Invalid for what is no complete list of one issuer's certificates:
// delta and indirect lists, those of some reasons only, and those with a critical extension not known here.
func ReadCRL(data []byte) (*CRL, error) {
	bad := func(msg string, err error) (*CRL, error) {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "device.ReadCRL", Msg: msg, Help: "give the authority's complete revocation list as PEM or DER", Err: err}
	}
	if len(data) > maxCRL {
		return bad("the revocation list is larger than 10 MiB", nil)
	}
	der := data
	if block, rest := pem.Decode(data); block != nil {
		if block.Type != "X509 CRL" {
			return bad("a PEM block of type "+block.Type+" is no revocation list", nil)
		}
		if next, _ := pem.Decode(rest); next != nil {
			return bad("there is more than one PEM block", nil)
		}
		der = block.Bytes
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return bad("the revocation list can't be read", err)
	}
	c := &CRL{
		Issuer: list.Issuer.String(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, Entries: len(list.RevokedCertificateEntries),
		list: list, userOK: true, caOK: true, signedBy: map[string]bool{},
	}
	switch {
	case c.Entries > maxCRLEntries:
		return bad("the revocation list has more than a million entries", nil)
	case list.NextUpdate.IsZero():
		return bad("the revocation list does not say when the next one comes", nil)
	case !slices.Contains(signatures, list.SignatureAlgorithm):
		return bad("the revocation list is signed by "+list.SignatureAlgorithm.String(), nil)
	}
	for _, e := range list.Extensions {
		switch {
		case e.Id.Equal(oidDelta):
			return bad("it is a delta list, which says only what changed", nil)
		case e.Id.Equal(oidDistribution):
			if why := c.distribution(e.Value); why != "" {
				return bad(why, nil)
			}
		case e.Critical:
			return bad("it has a critical extension that is not known: "+e.Id.String(), nil)
		}
	}
	c.revoked = make(map[string]time.Time, c.Entries)
	for _, e := range list.RevokedCertificateEntries {
		for _, x := range e.Extensions {
			if x.Critical || x.Id.Equal(oidEntryIssuer) {
				return bad("an entry has a critical extension that is not known: "+x.Id.String(), nil)
			}
		}
		c.revoked[e.SerialNumber.String()] = e.RevocationTime
	}
	list.RevokedCertificateEntries = nil
	//lint:ignore SA1019 the parser fills it; the entries are kept by serial number instead
	list.RevokedCertificates = nil
	return c, nil
}

// distribution reads an issuing distribution point (RFC 5280 section 5.2.5) and says why such a list can't be
// used, "" when it can.
func (c *CRL) distribution(value []byte) string {
	const damaged = "its issuing distribution point can't be read"
	in, seq := cryptobyte.String(value), cryptobyte.String(nil)
	if !in.ReadASN1(&seq, cryptoasn1.SEQUENCE) || !in.Empty() {
		return damaged
	}
	var name cryptobyte.String
	var named bool
	if !seq.ReadOptionalASN1(&name, &named, contextStructure(0)) {
		return damaged
	}
	if named {
		var full cryptobyte.String
		if !name.ReadASN1(&full, contextStructure(0)) || !name.Empty() {
			return "its distribution point is named relative to the issuer, which is not supported"
		}
		c.points = []string{}
		for !full.Empty() {
			var one cryptobyte.String
			var tag cryptoasn1.Tag
			if !full.ReadAnyASN1(&one, &tag) {
				return damaged
			}
			if tag == contextSpecific(6) { // uniformResourceIdentifier
				c.points = append(c.points, string(one))
			}
		}
	}
	for n := uint8(1); n <= 5; n++ {
		var flag cryptobyte.String
		var there bool
		if !seq.ReadOptionalASN1(&flag, &there, contextSpecific(n)) {
			return damaged
		}
		if !there {
			continue
		}
		yes := len(flag) == 1 && flag[0] != 0
		switch {
		case n == 3:
			return "it covers some reasons of revocation only"
		case len(flag) != 1:
			return damaged
		case n == 1 && yes:
			c.caOK = false
		case n == 2 && yes:
			c.userOK = false
		case n == 4 && yes:
			return "it is an indirect list, which names certificates of several issuers"
		case n == 5 && yes:
			return "it covers attribute certificates only"
		}
	}
	if !seq.Empty() {
		return damaged
	}
	return ""
}

// covers reports whether the list speaks of a certificate that issuer signed.
func (c *CRL) covers(cert, issuer *x509.Certificate) bool {
	if !bytes.Equal(c.list.RawIssuer, issuer.RawSubject) || cert.IsCA && !c.caOK || !cert.IsCA && !c.userOK {
		return false
	}
	return c.points == nil || slices.ContainsFunc(cert.CRLDistributionPoints, func(p string) bool { return slices.Contains(c.points, p) })
}

// check says whether a certificate was revoked. It is Unavailable for a list that does not count now, with the
// reason, and Denied for a certificate on the list.
func (c *CRL) check(cert, issuer *x509.Certificate, now time.Time) error {
	const op = "device.CRL"
	lost := func(msg string, err error) error {
		return &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.Issuer, Msg: msg, Err: err}
	}
	switch {
	case now.Before(c.ThisUpdate.Add(-clockSkew)):
		return lost("the revocation list is not valid before "+c.ThisUpdate.UTC().Format(time.RFC3339), nil)
	case !now.Before(c.NextUpdate):
		return lost("the revocation list expired at "+c.NextUpdate.UTC().Format(time.RFC3339), nil)
	case !c.covers(cert, issuer):
		return lost("the revocation list does not cover the certificate", nil)
	}
	if err := c.verify(issuer); err != nil {
		return lost("the revocation list is not signed by the certificate's issuer", err)
	}
	if at, yes := c.revoked[cert.SerialNumber.String()]; yes {
		return &fault.Error{
			Kind: fault.Denied, Op: op, Msg: "the certificate of " + cert.Subject.String() + ", serial " + cert.SerialNumber.Text(16) +
				", was revoked on " + at.UTC().Format(time.DateOnly) + ", says the revocation list of " + c.Issuer,
			Help: "issue the device a new certificate",
		}
	}
	return nil
}

// verify checks the signature once an issuer.
func (c *CRL) verify(issuer *x509.Certificate) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.signedBy[string(issuer.Raw)] {
		return nil
	}
	if err := c.list.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	c.signedBy[string(issuer.Raw)] = true
	return nil
}

// size is about what the list takes in memory, in bytes.
func (c *CRL) size() int { return len(c.list.Raw) + 100*c.Entries }

// SamePoint reports whether two lists of one issuer cover the same certificates, so that the newer takes the
// other's place.
func (c *CRL) SamePoint(other *CRL) bool {
	return slices.Equal(c.points, other.points) && c.userOK == other.userOK && c.caOK == other.caOK
}
