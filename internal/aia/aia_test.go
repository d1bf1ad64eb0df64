package aia_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/internal/aia"
)

// authority is a certificate with its key, to sign others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

var serial atomic.Int64

// issue makes a certificate. by nil: it signs itself. at are the caIssuers addresses that it names.
func issue(t *testing.T, name string, by *authority, change func(*x509.Certificate), at ...string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, IssuingCertificateURL: at,
	}
	if change != nil {
		change(c)
	}
	a := &authority{c, key}
	if by == nil {
		by = a
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// forHost makes it a server's certificate.
func forHost(c *x509.Certificate) {
	c.IsCA, c.KeyUsage, c.DNSNames = false, x509.KeyUsageDigitalSignature, []string{"app.test"}
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

// site serves bodies by path and counts requests.
type site struct {
	*httptest.Server
	asked atomic.Int64
	mu    sync.Mutex
	gives map[string]http.HandlerFunc
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{gives: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		give := s.gives[r.URL.Path]
		s.mu.Unlock()
		if give == nil {
			http.NotFound(w, r)
			return
		}
		give(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) give(path string, body []byte) {
	s.at(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func (s *site) at(path string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gives[path] = f
}

func anywhere(ctx context.Context, network, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, addr)
}

func options(root *authority) x509.VerifyOptions {
	pool := x509.NewCertPool()
	if root != nil {
		pool.AddCert(root.cert)
	}
	return x509.VerifyOptions{Roots: pool, DNSName: "app.test"}
}

// bundle is a certs-only CMS message.
func bundle(t *testing.T, certs ...[]byte) []byte {
	t.Helper()
	var all []byte
	for _, c := range certs {
		all = append(all, c...)
	}
	type contents struct{ Type asn1.ObjectIdentifier }
	type signed struct {
		Version      int
		Digests      []asn1.RawValue `asn1:"set"`
		Content      contents
		Certificates asn1.RawValue
		Signers      []asn1.RawValue `asn1:"set"`
	}
	inner, err := asn1.Marshal(signed{Version: 1, Content: contents{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}}, Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: all}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestComplete(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := issue(t, "root", nil, nil)
	upper := issue(t, "upper", root, nil)
	lower := issue(t, "lower", upper, nil, s.URL+"/upper.p7c")
	other := issue(t, "other", root, nil)
	leaf := issue(t, "app", lower, forHost, "ldap://ldap.test/cn=lower", s.URL+"/gone", s.URL+"/lower.cer")
	s.give("/lower.cer", lower.cert.Raw)
	s.give("/upper.p7c", bundle(t, other.cert.Raw, upper.cert.Raw))
	var now atomic.Pointer[time.Time]
	start := time.Now()
	now.Store(&start)
	c := aia.New(anywhere, func() time.Time { return *now.Load() })

	for name, sent := range map[string][]*x509.Certificate{
		"leaf alone": {leaf.cert}, "with the lower one": {leaf.cert, lower.cert}, "with others": {leaf.cert, other.cert, lower.cert, root.cert},
	} {
		added, err := c.Complete(t.Context(), sent, options(root))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		opt := options(root)
		opt.Intermediates = x509.NewCertPool()
		for _, one := range append(added, sent[1:]...) {
			opt.Intermediates.AddCert(one)
		}
		if _, err := leaf.cert.Verify(opt); err != nil {
			t.Errorf("%s: what was added does not verify: %v", name, err)
		}
	}
	if n := s.asked.Load(); n != 3 { // gone, lower, upper; once each
		t.Errorf("%d requests", n)
	}
	later := start.Add(25 * time.Hour)
	now.Store(&later)
	if _, err := c.Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err != nil || s.asked.Load() != 6 {
		t.Errorf("after a day: %v, %d requests", err, s.asked.Load())
	}
	if _, err := c.Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(other)); err == nil {
		// other is no root of this chain: it must not verify against it
		t.Error("completed against roots that it does not lead to")
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := issue(t, "root", nil, nil)
	good := issue(t, "good", root, nil)
	s.give("/good", good.cert.Raw)
	stranger := issue(t, "good", nil, nil) // the name alone
	leafCA := issue(t, "leafCA", root, func(c *x509.Certificate) { c.IsCA = false })
	old := issue(t, "old", root, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	narrow := issue(t, "narrow", root, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"other.test"}
	})
	s.give("/stranger", stranger.cert.Raw)
	s.give("/leafCA", leafCA.cert.Raw)
	s.give("/old", old.cert.Raw)
	s.give("/narrow", narrow.cert.Raw)
	s.give("/junk", []byte("<html>not a certificate"))
	s.give("/empty", nil)
	huge := newSite(t)
	var sentBytes atomic.Int64
	huge.at("/huge", func(w http.ResponseWriter, _ *http.Request) {
		for range 4096 {
			n, err := w.Write(make([]byte, 16<<10))
			if sentBytes.Add(int64(n)); err != nil {
				return
			}
		}
	})
	s.at("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) })
	s.at("/error", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); _, _ = w.Write(good.cert.Raw) })
	// Two that sign each other under one key each: every name leads to the next, without end.
	ring := ring(t, s, 2)
	long := ring9(t, s)

	for name, leaf := range map[string]*authority{
		"no address":         issue(t, "a", good, forHost),
		"not http":           issue(t, "a", good, forHost, strings.Replace(s.URL, "http:", "https:", 1)+"/good", "ldap://x/y", "file:///etc/passwd", "http:///good"),
		"password in it":     issue(t, "a", good, forHost, strings.Replace(s.URL, "http://", "http://u:p@", 1)+"/good"),
		"another's":          issue(t, "a", good, forHost, s.URL+"/stranger"),
		"no authority":       issue(t, "a", leafCA, forHost, s.URL+"/leafCA"),
		"over":               issue(t, "a", old, forHost, s.URL+"/old"),
		"name constraints":   issue(t, "a", narrow, forHost, s.URL+"/narrow"),
		"junk":               issue(t, "a", good, forHost, s.URL+"/junk"),
		"nothing":            issue(t, "a", good, forHost, s.URL+"/empty"),
		"huge":               issue(t, "a", good, forHost, huge.URL+"/huge"),
		"redirect":           issue(t, "a", good, forHost, s.URL+"/redirect"),
		"error with a body":  issue(t, "a", good, forHost, s.URL+"/error"),
		"fourth address":     issue(t, "a", good, forHost, s.URL+"/1", s.URL+"/2", s.URL+"/3", s.URL+"/good"),
		"a circle":           issue(t, "a", ring, forHost, s.URL+"/ring0"),
		"a chain too long":   issue(t, "a", long, forHost, s.URL+"/long8"),
		"self-signed server": issue(t, "a", nil, forHost, s.URL+"/good"),
	} {
		if added, err := aia.New(anywhere, nil).Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err == nil {
			t.Errorf("%s: completed with %d", name, len(added))
		}
	}
	if n := sentBytes.Load(); n > 8<<20 {
		t.Errorf("%d bytes taken", n)
	}

	// Nothing is asked for a certificate that can't be the host's.
	before := s.asked.Load()
	for name, change := range map[string]func(*x509.Certificate){
		"another host": func(c *x509.Certificate) { forHost(c); c.DNSNames = []string{"evil.test"} },
		"over":         func(c *x509.Certificate) { forHost(c); c.NotAfter = time.Now().Add(-time.Minute) },
		"not yet":      func(c *x509.Certificate) { forHost(c); c.NotBefore = time.Now().Add(time.Minute) },
	} {
		leaf := issue(t, "a", good, change, s.URL+"/good")
		if _, err := aia.New(anywhere, nil).Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err == nil {
			t.Errorf("%s: completed", name)
		}
	}
	if s.asked.Load() != before {
		t.Error("asked for a certificate that can't be the host's")
	}
}

// ring makes n authorities that certify each other in a circle that no root is in, served at /ring<i>.
func ring(t *testing.T, s *site, n int) *authority {
	t.Helper()
	keys := make([]*authority, n)
	for i := range keys {
		keys[i] = issue(t, "ring"+string(rune('0'+i)), nil, nil)
	}
	for i := range keys {
		by := keys[(i+1)%n]
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial.Add(1)), Subject: keys[i].cert.Subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, IssuingCertificateURL: []string{s.URL + "/ring" + string(rune('0'+(i+1)%n))},
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &keys[i].key.PublicKey, by.key)
		if err != nil {
			t.Fatal(err)
		}
		s.give("/ring"+string(rune('0'+i)), der)
	}
	return keys[0]
}

// ring9 makes a chain of nine, each of which names the next; the last is the only one that a root could have signed.
func ring9(t *testing.T, s *site) *authority {
	t.Helper()
	by := issue(t, "long root", nil, nil)
	for i := range 9 {
		by = issue(t, "long"+string(rune('0'+i)), by, nil, s.URL+"/long"+string(rune('0'+i-1)))
		s.give("/long"+string(rune('0'+i)), by.cert.Raw)
	}
	return by
}

// What was not found is not asked for again at once, and those who ask together ask once.
func TestOneSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := issue(t, "root", nil, nil)
	mid := issue(t, "mid", root, nil)
	leaf := issue(t, "app", mid, forHost, s.URL+"/mid")
	now := time.Now()
	c := aia.New(anywhere, func() time.Time { return now })
	for range 3 {
		if _, err := c.Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err == nil {
			t.Fatal("completed")
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("%d requests for what is not there", n)
	}
	s.give("/mid", mid.cert.Raw)
	now = now.Add(time.Minute)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := c.Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.asked.Load(); n != 2 {
		t.Errorf("%d requests of sixteen at once", n-1)
	}
}

// Who gives up has found out nothing for others, and waits for nobody's search.
func TestSearchBrokenOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := issue(t, "root", nil, nil)
	mid := issue(t, "mid", root, nil)
	leaf := issue(t, "app", mid, forHost, s.URL+"/mid")
	asked := make(chan struct{}, 8)
	s.at("/mid", func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	c := aia.New(anywhere, nil)
	slow, give := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := c.Complete(slow, []*x509.Certificate{leaf.cert}, options(root))
		first <- err
	}()
	<-asked
	gone, end := context.WithCancel(t.Context())
	end()
	if _, err := c.Complete(gone, []*x509.Certificate{leaf.cert}, options(root)); !errors.Is(err, context.Canceled) {
		t.Errorf("who had gone: %v", err)
	}
	give()
	if err := <-first; err == nil {
		t.Error("completed")
	}
	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	if _, err := c.Complete(short, []*x509.Certificate{leaf.cert}, options(root)); err == nil {
		t.Error("completed")
	}
	s.give("/mid", mid.cert.Raw)
	if _, err := c.Complete(t.Context(), []*x509.Certificate{leaf.cert}, options(root)); err != nil {
		t.Errorf("who has time: %v", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	a, b := issue(t, "a", nil, nil).cert.Raw, issue(t, "b", nil, nil).cert.Raw
	theirs, err := os.ReadFile("testdata/two.p7c") // by openssl crl2pkcs7
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body []byte
		want int
	}{
		"der": {a, 1}, "openssl's": {theirs, 2}, "cms": {bundle(t, a, b), 2}, "empty cms": {bundle(t), 0}, "cms with junk": {bundle(t, a, []byte{0x30, 0}), 1},
		"pem":     {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a}), 1},
		"pem cms": {pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: bundle(t, a)}), 1},
		"a key":   {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: a}), 0},
		"cut off": {a[:len(a)-1], 0}, "surplus": {append(bundle(t, a), 0), 0}, "nothing": {nil, 0}, "broken pem": {[]byte("-----BEGIN CERTIFICATE-----\nAAA"), 0},
	} {
		got, err := aia.Parse(c.body)
		if len(got) != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%s: %d, %v", name, len(got), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := aia.Parse(body)
		if (err == nil) != (len(got) > 0) {
			t.Errorf("%d, %v", len(got), err)
		}
	})
}
