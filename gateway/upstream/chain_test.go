package upstream_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/upstream"
)

// chainWorld is an app behind root and intermediate, and the site where the intermediate is to be had.
type chainWorld struct {
	rootFile string
	leaf     tls.Certificate // alone
	shown    atomic.Pointer[tls.Certificate]
	middle   []byte
	asked    atomic.Int64
	app      *httptest.Server
}

func signed(t *testing.T, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey, change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if change != nil {
		change(c)
	}
	if by == nil {
		by, byKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c, key
}

func newChainWorld(t *testing.T, host string, h2 bool) *chainWorld {
	t.Helper()
	w := &chainWorld{rootFile: filepath.Join(t.TempDir(), "root.pem")}
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.asked.Add(1)
		_, _ = rw.Write(w.middle)
	}))
	t.Cleanup(site.Close)
	root, rootKey := signed(t, "root", nil, nil, nil)
	middle, middleKey := signed(t, "middle", root, rootKey, nil)
	w.middle = middle.Raw
	leaf, key := signed(t, "app", middle, middleKey, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.DNSNames = false, x509.KeyUsageDigitalSignature, []string{host}
		c.IssuingCertificateURL = []string{site.URL + "/middle.cer"}
	})
	w.leaf = tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
	if err := os.WriteFile(w.rootFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	w.app = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			rw.Header()["Upgrade"], rw.Header()["Connection"] = []string{"websocket"}, []string{"Upgrade"}
			rw.WriteHeader(http.StatusSwitchingProtocols)
			return
		}
		_, _ = io.WriteString(rw, r.Method+" "+r.Proto)
	}))
	w.shown.Store(&w.leaf)
	w.app.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.shown.Load(), nil }, SessionTicketsDisabled: !h2} // with HTTP/2 sessions are resumed
	w.app.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.app.EnableHTTP2 = h2
	w.app.StartTLS()
	t.Cleanup(w.app.Close)
	return w
}

// transport reaches the app.
func (w *chainWorld) transport(t *testing.T, opt upstream.Options) *upstream.Transport {
	t.Helper()
	opt.DialTimeout, opt.HeaderTimeout, opt.IdleConns = 10*time.Second, 10*time.Second, 8
	p := upstream.NewPool(opt)
	t.Cleanup(p.Close)
	tr, err := p.Transport(&catalog.Instance{ID: "x", Tenant: "contoso", CAFile: w.rootFile, Origins: map[string]string{"app.test": w.app.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func through(t *testing.T, tr *upstream.Transport, method string, upgrade bool) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://app.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if upgrade {
		r.Header["Upgrade"], r.Header["Connection"] = []string{"websocket"}, []string{"Upgrade"}
	}
	res, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if upgrade {
		return res.Status, nil
	}
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func TestIncompleteChainIsCompleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		h2    bool
		proto string
	}{{"HTTP/1.1", false, "HTTP/1.1"}, {"HTTP/2", true, "HTTP/2.0"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newChainWorld(t, "app.test", c.h2)
			var mu sync.Mutex
			var told []upstream.Completed
			tr := w.transport(t, upstream.Options{Private: loopback, Completed: func(in *catalog.Instance, done upstream.Completed) {
				mu.Lock()
				defer mu.Unlock()
				if in.ID != "x" || in.Tenant != "contoso" {
					t.Errorf("told of %s/%s", in.Tenant, in.ID)
				}
				told = append(told, done)
			}})
			for range 3 {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if got, err := through(t, tr, method, false); err != nil || got != method+" "+c.proto {
						t.Errorf("%s: %q, %v", method, got, err)
					}
				}
				tr.CloseIdleConnections() // the next ones are new
			}
			if got, err := through(t, tr, http.MethodGet, true); err != nil || !strings.HasPrefix(got, "101") {
				t.Errorf("WebSocket: %q, %v", got, err)
			}
			if n := w.asked.Load(); n != 1 {
				t.Errorf("fetched %d times", n)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(told) != 1 || told[0].Host != "app.test" || told[0].Subject != "CN=app" || len(told[0].Added) != 1 || told[0].Added[0] != "CN=middle" {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// What is wrong with a certificate otherwise stays wrong, with and without something to add.
func TestCompletionWeakensNothing(t *testing.T) {
	t.Parallel()
	w := newChainWorld(t, "app.test", false)
	if _, err := through(t, w.transport(t, upstream.Options{Private: []netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("127.0.0.1"), 32)}}), http.MethodGet, false); err != nil {
		t.Fatal(err)
	}
	other := newChainWorld(t, "app.test", false)
	stranger := newChainWorld(t, "stranger.test", false)
	mixed := newChainWorld(t, "app.test", false)
	mixed.middle = other.middle // another authority's, of the same name
	distrusted := newChainWorld(t, "app.test", false)
	distrusted.rootFile = w.rootFile
	for name, c := range map[string]struct {
		w     *chainWorld
		asked int64
	}{
		"another host's certificate": {stranger, 0}, "a wrong intermediate": {mixed, 1}, "a root that is not trusted": {distrusted, 1},
	} {
		tr := c.w.transport(t, upstream.Options{Private: loopback, Completed: func(*catalog.Instance, upstream.Completed) { t.Errorf("%s: completed", name) }})
		for _, upgrade := range []bool{false, true} {
			if got, err := through(t, tr, http.MethodGet, upgrade); err == nil {
				t.Errorf("%s: %q", name, got)
			}
		}
		if n := c.w.asked.Load(); n != c.asked {
			t.Errorf("%s: fetched %d times", name, n)
		}
	}

	// The host changes to a certificate of nobody's while something is added for it: no longer the app.
	tr := w.transport(t, upstream.Options{Private: loopback})
	if _, err := through(t, tr, http.MethodGet, false); err != nil {
		t.Fatal(err)
	}
	w.shown.Store(&distrusted.leaf)
	tr.CloseIdleConnections()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if got, err := through(t, tr, method, false); err == nil {
			t.Errorf("%s to who is not the app: %q", method, got)
		}
	}
}

// A certificate may name any address. Those that are not public are asked nothing without leave.
func TestFetchesLeadNowhereInside(t *testing.T) {
	t.Parallel()
	w := newChainWorld(t, "app.test", false)
	// The app itself may be reached, at one address of loopback; the site is at another.
	l, err := net.Listen("tcp", "127.9.9.9:0")
	if err != nil {
		t.Fatal(err)
	}
	w.app.Listener.Close()
	moved := httptest.NewUnstartedServer(w.app.Config.Handler)
	moved.Listener.Close()
	moved.Listener = l
	moved.TLS = &tls.Config{Certificates: []tls.Certificate{w.leaf}}
	moved.StartTLS()
	t.Cleanup(moved.Close)
	w.app = moved
	_, err = through(t, w.transport(t, upstream.Options{Private: []netip.Prefix{netip.MustParsePrefix("127.9.9.9/32")}}), http.MethodGet, false)
	if err == nil || !strings.Contains(err.Error(), "not public") {
		t.Errorf("without leave: %v", err)
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
	if _, err := through(t, w.transport(t, upstream.Options{Private: loopback}), http.MethodGet, false); err != nil {
		t.Errorf("with leave: %v", err)
	}
}
