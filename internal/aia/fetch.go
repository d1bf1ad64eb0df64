package aia

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/referee-casb/referee/fault"
)

// search asks the addresses that a certificate names for the one that signed it.
func (c *Completer) search(ctx context.Context, cur *x509.Certificate, budget *int) (*x509.Certificate, error) {
	const op = "aia.search"
	var why error = fault.New(fault.Invalid, op, "the certificate of %q names no address of its issuer's", cur.Subject)
	for _, address := range cur.IssuingCertificateURL[:min(len(cur.IssuingCertificateURL), addressMost)] {
		if *budget--; *budget < 0 {
			return nil, fault.New(fault.Invalid, op, "more than %d addresses to ask for one chain", fetchesMost)
		}
		found, err := c.fetch(ctx, address)
		if err != nil {
			why = err
			continue
		}
		for _, one := range found {
			if issued(one, cur) {
				return one, nil
			}
		}
		why = fault.New(fault.Invalid, op, "%q gave no certificate that signed the one of %q", address, cur.Subject)
	}
	return nil, why
}

// fetch gets the certificates at an address. Plain http only: https would need a chain to fetch a chain (RFC 5280
// section 8), and what comes is checked by its signature anyway.
func (c *Completer) fetch(ctx context.Context, address string) ([]*x509.Certificate, error) {
	const op = "aia.fetch"
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil || u.Opaque != "" {
		return nil, fault.New(fault.Invalid, op, "%q is no http address", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, address)
	}
	r.Header.Set("Accept", "application/pkix-cert, application/pkcs7-mime")
	r.Header.Set("User-Agent", "referee-aia")
	res, err := c.client.Do(r)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, address)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Unavailable, op, "%q answered %d", address, res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyMost+1))
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, address)
	}
	if len(body) > bodyMost {
		return nil, fault.New(fault.Invalid, op, "%q gave more than %d bytes", address, bodyMost)
	}
	found, err := Parse(body)
	return found, fault.Wrap(err, op, address)
}

// foundMost bounds the certificates of one answer.
const foundMost = 16

var errParse error = &fault.Error{Kind: fault.Invalid, Op: "aia.Parse", Msg: "is no certificate and no bundle of certificates"}

// Parse reads what a caIssuers address gives: one DER certificate (RFC 2585), a certs-only CMS message (RFC 5652
// section 5, RFC 8551 section 3.8), or, since some authorities do so, PEM.
func Parse(body []byte) ([]*x509.Certificate, error) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("-----BEGIN ")) {
		block, _ := pem.Decode(body)
		if block == nil || block.Type != "CERTIFICATE" && block.Type != "PKCS7" {
			return nil, errParse
		}
		body = block.Bytes
	}
	if one, err := x509.ParseCertificate(body); err == nil {
		return []*x509.Certificate{one}, nil
	}
	return parseCMS(body)
}

// oidSignedData is id-signedData (RFC 5652 section 5.1).
var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// parseCMS takes the certificates out of a SignedData without looking at anything else in it.
func parseCMS(body []byte) ([]*x509.Certificate, error) {
	var info struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if rest, err := asn1.Unmarshal(body, &info); err != nil || len(rest) > 0 || !info.Type.Equal(oidSignedData) {
		return nil, errParse
	}
	var data struct {
		Version      int
		Digests      asn1.RawValue
		Encapsulated asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		CRLs         asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue `asn1:"optional,set"`
	}
	if _, err := asn1.Unmarshal(info.Content.Bytes, &data); err != nil {
		return nil, errors.Join(errParse, err)
	}
	var out []*x509.Certificate
	for rest := data.Certificates.Bytes; len(rest) > 0 && len(out) < foundMost; {
		var one asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &one); err != nil {
			return nil, errors.Join(errParse, err)
		}
		if c, err := x509.ParseCertificate(one.FullBytes); err == nil { // other kinds of certificates may be among them
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, errParse
	}
	return out, nil
}
