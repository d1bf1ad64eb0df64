package device

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

func TestReadAuthorities(t *testing.T) {
	t.Parallel()
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	root := newSigner(t, "Contoso Devices")
	ca := func(f func(*x509.Certificate)) *x509.Certificate {
		tmpl := &x509.Certificate{Subject: pkix.Name{CommonName: "X"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0)}
		f(tmpl)
		return issue(t, nil, tmpl).cert
	}
	long := ca(func(*x509.Certificate) {})
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // what must be refused
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(short)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := x509.CreateCertificate(rand.Reader, root.cert, root.cert, &short.PublicKey, root.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, data string
		n          int    // authorities read
		want       string // in the refusal, or in the warnings
	}{
		{"PEM", block("CERTIFICATE", long.Raw), 1, ""},
		{"DER", string(long.Raw), 1, ""},
		{"several with words between", "root\n" + block("CERTIFICATE", long.Raw) + "other\n" + block("CERTIFICATE", root.cert.Raw), 2, "expires on 2026-11-23, in 0 days"},
		{"not yet valid", block("CERTIFICATE", ca(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) }).Raw), 1, "is not valid before"},
		{"no lists", block("CERTIFICATE", ca(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }).Raw), 1, "may not sign revocation lists"},
		{"for servers", block("CERTIFICATE", ca(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }).Raw), 1, "leave out clientAuth"},
		{"empty", " \n", 0, "the file is empty"},
		{"words", "hello", 0, "neither PEM nor DER"},
		{"damaged PEM", "-----BEGIN CERTIFICATE-----\nAAAA", 0, "PEM block is damaged"},
		{"key in PEM", block("PRIVATE KEY", key), 0, "private key"},
		{"key beside it", block("CERTIFICATE", long.Raw) + block("EC PRIVATE KEY", key), 0, "\"block 2\": this is a private key"},
		{"key in DER", string(key), 0, "private key"},
		{"request", block("CERTIFICATE REQUEST", key), 0, "request for a certificate"},
		{"list", block("X509 CRL", key), 0, "revocation list"},
		{"PKCS#7", block("PKCS7", key), 0, "type PKCS7"},
		{"damaged DER", string(long.Raw[:100]), 0, "can't be read as a certificate"},
		{"a device's", block("CERTIFICATE", issue(t, root, leaf(nil)).cert.Raw), 0, "not one of an authority"},
		{"may not sign", block("CERTIFICATE", ca(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }).Raw), 0, "may not sign certificates"},
		{"expired", block("CERTIFICATE", ca(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) }).Raw), 0, "expired on"},
		{"weak", block("CERTIFICATE", weak), 0, "fewer than 2048 bits"},
		{"too large", strings.Repeat("x", maxAuthorityLen+1), 0, "larger than"},
		{"too many", strings.Repeat(block("CERTIFICATE", long.Raw), maxAuthorities+1), 0, "more than 50"},
	} {
		got, err := ReadAuthorities([]byte(c.data), now)
		if c.n == 0 {
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || fault.Help(err) == "" {
				t.Errorf("%s: %v; want %q", c.name, err, c.want)
			}
			continue
		}
		var warnings []string
		for _, a := range got {
			warnings = append(warnings, a.Warnings...)
		}
		if all := strings.Join(warnings, "; "); err != nil || len(got) != c.n || !strings.Contains(all, c.want) || c.want == "" && all != "" {
			t.Errorf("%s: %d, %q, %v", c.name, len(got), warnings, err)
			continue
		}
		if back := Describe([]string{got[0].PEM}, now); len(back) != 1 || back[0].Fingerprint != got[0].Fingerprint || len(got[0].Fingerprint) != 64 || !got[0].Root {
			t.Errorf("%s: %+v", c.name, back)
		}
	}
}

func FuzzReadAuthorities(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"))
	f.Add([]byte{0x30, 0x82, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadAuthorities(data, now)
		if (err == nil) != (len(got) > 0) {
			t.Errorf("%d, %v", len(got), err)
		}
	})
}
