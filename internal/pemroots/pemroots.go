// Package pemroots reads certificates of authorities from PEM text.
//
// It owns what counts as one and how mistakes are told; not what an authority is trusted for.
package pemroots

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/referee-casb/referee/fault"
)

// Parse reads the authorities' certificates, each text one or more PEM blocks. It is Invalid, and names
// the place, for what is no certificate of an authority. No text gives an empty pool, which verifies nothing.
func Parse(pems []string) (*x509.CertPool, error) {
	const op = "pemroots.Parse"
	pool := x509.NewCertPool()
	for i, text := range pems {
		bad := func(msg string, err error) error {
			return &fault.Error{Kind: fault.Invalid, Op: op, Key: fmt.Sprintf("[%d]", i), Msg: msg, Help: "give the authority's certificate as PEM", Err: err}
		}
		rest, found := []byte(text), false
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type != "CERTIFICATE" {
				return nil, bad("a PEM block of type "+block.Type+" is not a certificate", nil)
			}
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, bad("the certificate can't be read", err)
			}
			if !c.IsCA {
				return nil, bad("the certificate of "+c.Subject.String()+" is not one of an authority", nil)
			}
			pool.AddCert(c)
			found = true
		}
		if !found {
			return nil, bad("there is no certificate", nil)
		}
	}
	return pool, nil
}
