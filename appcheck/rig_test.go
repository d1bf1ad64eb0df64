package appcheck

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serial atomic.Int64

func issue(t testing.TB, by *issued, change func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	change(c)
	out := &issued{c, key}
	if by == nil {
		by = out
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if out.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return out
}

// rig is an app on hosts of example.test, with an authority that has an intermediate, a place where it is to be had, and an
// OCSP responder. Whatever host is dialled, it answers.
type rig struct {
	t        testing.TB
	root     *issued
	between  *issued
	addr     string // of the app
	plain    string // of the authority's site
	revoked  bool
	checker  *Checker
	server   *httptest.Server
	requests atomic.Int64
}

// served is how the app's server is set up.
type served struct {
	leaf  func(*x509.Certificate)
	whole bool // it sends its intermediate
	tls   func(*tls.Config)
	h1    bool
}

func newRig(t testing.TB, app http.HandlerFunc, set served) *rig {
	t.Helper()
	r := &rig{t: t}
	site := httptest.NewServer(http.HandlerFunc(r.authority))
	t.Cleanup(site.Close)
	r.plain = strings.TrimPrefix(site.URL, "http://")
	r.root = issue(t, nil, func(c *x509.Certificate) { c.Subject.CommonName = "root" })
	r.between = issue(t, r.root, func(c *x509.Certificate) { c.Subject.CommonName = "between" })
	leaf := issue(t, r.between, func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.KeyUsage = "app", false, x509.KeyUsageDigitalSignature
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c.DNSNames = []string{"*.example.test", "*.provider.example"}
		c.IssuingCertificateURL, c.OCSPServer = []string{"http://authority.test/between"}, []string{"http://authority.test/ocsp"}
		if set.leaf != nil {
			set.leaf(c)
		}
	})
	chain := [][]byte{leaf.cert.Raw}
	if set.whole {
		chain = append(chain, r.between.cert.Raw)
	}
	r.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.requests.Add(1)
		app(w, q)
	}))
	r.server.EnableHTTP2 = !set.h1
	r.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	r.server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: leaf.key}}}
	if set.tls != nil {
		set.tls(r.server.TLS)
	}
	r.server.StartTLS()
	t.Cleanup(r.server.Close)
	r.addr = r.server.Listener.Addr().String()
	pool := x509.NewCertPool()
	pool.AddCert(r.root.cert)
	r.checker = &Checker{Roots: pool, Dial: r.dial}
	return r
}

func (r *rig) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if strings.HasPrefix(addr, "authority.test:") {
		return new(net.Dialer).DialContext(ctx, network, r.plain)
	}
	return new(net.Dialer).DialContext(ctx, network, r.addr)
}

func (r *rig) authority(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/between" {
		_, _ = w.Write(r.between.cert.Raw)
		return
	}
	body, _ := io.ReadAll(q.Body)
	asked, err := ocsp.ParseRequest(body)
	if err != nil {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	answer := ocsp.Response{Status: ocsp.Good, SerialNumber: asked.SerialNumber, ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
	if r.revoked {
		answer.Status, answer.RevokedAt = ocsp.Revoked, time.Now().Add(-24*time.Hour)
	}
	out, err := ocsp.CreateResponse(r.between.cert, r.between.cert, answer, r.between.key)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(out)
}

func (r *rig) check(target string) *Report {
	r.t.Helper()
	out, err := r.checker.Check(r.t.Context(), target)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// says looks for a finding of a check whose text has the words.
func says(r *Report, check string, level Level, words string) bool {
	for _, f := range r.Findings {
		if f.Check == check && f.Level == level && strings.Contains(f.Saw+" "+f.Does, words) {
			return true
		}
	}
	return false
}
