package pemroots

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
)

// certificate makes one that signs itself.
func certificate(t *testing.T, authority bool) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: authority, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParse(t *testing.T) {
	t.Parallel()
	root := certificate(t, true)
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	ca := text("CERTIFICATE", root.Raw)
	pool, err := Parse([]string{ca, "comment\n" + ca})
	if err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	want.AddCert(root)
	if !pool.Equal(want) {
		t.Error("the pool holds something else")
	}
	for name, bad := range map[string]string{
		"empty": "", "not PEM": "hello", "key": text("PRIVATE KEY", nil), "damaged": text("CERTIFICATE", root.Raw[:50]),
		"a device's": text("CERTIFICATE", certificate(t, false).Raw),
	} {
		if _, err := Parse([]string{ca, bad}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "[1]") {
			t.Errorf("%s: %v; want invalid at [1]", name, err)
		}
	}
}
