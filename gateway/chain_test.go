package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// An app that leaves out its intermediate works, and it is on record once that it does so.
func TestIncompleteChainIsReported(t *testing.T) {
	t.Parallel()
	root := authority()
	make := func(serial int64, c *x509.Certificate, by *x509.Certificate, byKey *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(serial), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, c, by, &k.PublicKey, byKey)
		if err != nil {
			t.Fatal(err)
		}
		return der, k
	}
	middle := &x509.Certificate{Subject: pkix.Name{CommonName: "middle"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, key := make(1<<40, middle, root.cert, root.key)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(der) }))
	t.Cleanup(site.Close)
	leaf := &x509.Certificate{
		Subject: pkix.Name{CommonName: "app"}, DNSNames: []string{"*.app.test"}, KeyUsage: x509.KeyUsageDigitalSignature,
		IssuingCertificateURL: []string{site.URL + "/middle.cer"},
	}
	leafDER, leafKey := make(1<<40+1, leaf, middle, key)
	r := newRig(t, rigOptions{
		app:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }),
		cert: &tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey},
	})
	p := r.signIn("contoso", "anna", session.ControlMonitorOnly)
	p.cookie("files.app.test")
	for range 2 {
		if res, body := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/", "")); res.StatusCode != 200 || body != "hello" {
			t.Fatalf("%d %q", res.StatusCode, body)
		}
	}
	got := r.rec.of(model.ActivityAppChain, "")
	if len(got) != 1 || got[0].Tenant != "contoso" || got[0].Host != "files.app.test" || got[0].App.Instance != "files" ||
		got[0].Detail["added"] != "CN=middle" || got[0].Detail["certificate"] != "CN=app" {
		t.Errorf("%+v", got)
	}
	if n := r.g.Counts().Chains; n != 1 {
		t.Errorf("counted %d", n)
	}
}
