package upstream_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/textproto"
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

// certificate makes one for app.test and returns the file that trusts it.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"app.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}, file
}

// app serves connections by a function of the test and counts them.
type app struct {
	transport *upstream.Transport
	opened    atomic.Int64
}

// scripted answers each connection with serve, which gets every request's head.
func scripted(t *testing.T, serve func(n int, head string, w io.Writer) (again bool)) *app {
	t.Helper()
	cert, file := certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	a := reach(t, file, l.Addr().String())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			a.opened.Add(1)
			wg.Go(func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for n := 0; ; n++ {
					var head strings.Builder
					for {
						line, err := r.ReadString('\n')
						if err != nil {
							return
						}
						head.WriteString(line)
						if line == "\r\n" {
							break
						}
					}
					if !serve(n, head.String(), c) {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		a.transport.CloseIdleConnections()
		wg.Wait()
	})
	return a
}

func reach(t *testing.T, caFile, addr string) *app {
	t.Helper()
	return reachIn(t, caFile, addr, 400*time.Millisecond)
}

// reachIn waits so long for the head of an answer.
func reachIn(t *testing.T, caFile, addr string, patience time.Duration) *app {
	t.Helper()
	p := upstream.NewPool(upstream.Options{DialTimeout: max(5*time.Second, patience), HeaderTimeout: patience, IdleConns: 8, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	tr, err := p.Transport(&catalog.Instance{ID: "x", Tenant: "contoso", CAFile: caFile, Origins: map[string]string{"app.test": addr}})
	if err != nil {
		t.Fatal(err)
	}
	return &app{transport: tr}
}

// ask sends a GET and reads the answer.
func (a *app) ask(ctx context.Context, path string, fields ...string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://app.test"+path, nil)
	if err != nil {
		return "", err
	}
	r.Host = "app.test"
	for i := 0; i < len(fields); i += 2 {
		r.Header[fields[i]] = []string{fields[i+1]}
	}
	res, err := a.transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return fmt.Sprintf("%d %s", res.StatusCode, b), err
}

func TestLeanReusesConnections(t *testing.T) {
	t.Parallel()
	a := scripted(t, func(n int, head string, w io.Writer) bool {
		switch n % 4 {
		case 0:
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		case 1:
			io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
		case 2:
			io.WriteString(w, "HTTP/1.1 204 No Content\r\n\r\n")
		case 3:
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
		return true
	})
	for i, want := range []string{"200 hi", "200 hi", "204 ", "200 ", "200 hi"} {
		if got, err := a.ask(t.Context(), "/"); got != want || err != nil {
			t.Errorf("%d: %q %v", i, got, err)
		}
	}
	if n := a.opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Bytes that nobody asked for must never become the answer to the next request.
func TestLeanDropsConnectionsWithSurplus(t *testing.T) {
	t.Parallel()
	const good, evil = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for name, serve := range map[string]func(w io.Writer){
		"in one record":    func(w io.Writer) { io.WriteString(w, good+evil) },
		"in two":           func(w io.Writer) { io.WriteString(w, good); io.WriteString(w, evil) },
		"later":            func(w io.Writer) { io.WriteString(w, good); time.Sleep(20 * time.Millisecond); io.WriteString(w, evil) },
		"longer body":      func(w io.Writer) { io.WriteString(w, good+"surplus") },
		"after no content": func(w io.Writer) { io.WriteString(w, "HTTP/1.1 204 No Content\r\n\r\n"+evil) },
		"after chunks": func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"+evil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := make(chan struct{}, 3)
			a := scripted(t, func(_ int, _ string, w io.Writer) bool { serve(w); said <- struct{}{}; return true })
			for range 3 {
				got, err := a.ask(t.Context(), "/")
				if err != nil || strings.Contains(got, "evil") || strings.Contains(got, "surplus") {
					t.Fatalf("%q %v", got, err)
				}
				<-said // what is sent is in the socket on loopback
			}
			if n := a.opened.Load(); n != 3 {
				t.Errorf("%d connections for 3 requests", n)
			}
		})
	}
}

func TestLeanSurvivesClosedConnections(t *testing.T) {
	t.Parallel()
	a := scripted(t, func(n int, _ string, w io.Writer) bool {
		io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		return false // and closes without saying so
	})
	for range 5 {
		if got, err := a.ask(t.Context(), "/"); got != "200 hi" || err != nil {
			t.Fatalf("%q %v", got, err)
		}
	}
	silent := scripted(t, func(int, string, io.Writer) bool { return false })
	if _, err := silent.ask(t.Context(), "/"); err == nil || silent.opened.Load() != 1 {
		t.Errorf("an app that never answers: %v after %d connections", err, silent.opened.Load())
	}
}

func TestLeanHeadOfARequest(t *testing.T) {
	t.Parallel()
	heads := make(chan string, 1)
	a := scripted(t, func(_ int, head string, w io.Writer) bool {
		heads <- head
		io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		return true
	})
	if _, err := a.ask(t.Context(), "/a%20b?c=d", "X-Evil", "1\r\nHost: evil.test\r\n\r\nGET /smuggled HTTP/1.1", "Content-Length", "5", "Transfer-Encoding", "chunked", "User-Agent", "", "Connection", "close"); err != nil {
		t.Fatal(err)
	}
	want := "GET /a%20b?c=d HTTP/1.1\r\nHost: app.test\r\nX-Evil: 1  Host: evil.test    GET /smuggled HTTP/1.1\r\n\r\n"
	if got := <-heads; got != want {
		t.Errorf("got %q", got)
	}
}

func TestLeanFailures(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	a := scripted(t, func(_ int, head string, w io.Writer) bool {
		switch strings.Fields(head)[1] {
		case "/slow":
			<-block
		case "/garbage":
			io.WriteString(w, "not HTTP\r\n\r\n")
		case "/long":
			for range 3000 {
				if _, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
					return false
				}
			}
		case "/switch":
			io.WriteString(w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
		case "/cut":
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
		case "/stall":
			io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			<-block
		}
		return false
	})
	t.Cleanup(func() { close(block) }) // before the app waits for its connections
	var timeout net.Error
	if _, err := a.ask(t.Context(), "/slow"); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("slow: %v", err)
	}
	for _, path := range []string{"/garbage", "/long", "/switch", "/cut"} {
		if got, err := a.ask(t.Context(), path); err == nil {
			t.Errorf("%s: %q", path, got)
		}
	}
	for _, path := range []string{"/slow", "/stall"} {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		start := time.Now()
		if _, err := a.ask(ctx, path); err == nil || time.Since(start) > 300*time.Millisecond {
			t.Errorf("%s, cancelled: %v after %v", path, err, time.Since(start))
		}
		cancel()
	}
}

func TestLeanHintsAndTrailers(t *testing.T) {
	t.Parallel()
	a := scripted(t, func(_ int, _ string, w io.Writer) bool {
		io.WriteString(w, "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n")
		return true
	})
	hint := ""
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hint = fmt.Sprint(code, h.Get("Link"))
		return nil
	}})
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://app.test/", nil)
	res, err := a.transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if string(b) != "a" || err != nil || hint != "103</a>; rel=preload" || res.Trailer.Get("X-Sum") != "7" {
		t.Errorf("%q %v, hint %q, trailer %v", b, err, hint, res.Trailer)
	}
}

func TestHostsThatSpeakHTTP2(t *testing.T) {
	t.Parallel()
	cert, file := certificate(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	s.EnableHTTP2 = true
	var opened atomic.Int64
	s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		opened.Add(1)
		return ctx
	}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	t.Cleanup(s.Close)
	a := reachIn(t, file, s.Listener.Addr().String(), 10*time.Second)
	for range 5 {
		if got, err := a.ask(t.Context(), "/"); got != "200 HTTP/2.0" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	if n := opened.Load(); n != 2 { // one that asked, one of net/http's
		t.Errorf("%d connections to find out what it speaks", n)
	}
}

func TestLeanUnderLoad(t *testing.T) {
	t.Parallel()
	cert, file := certificate(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat(r.URL.Path, 2000)) }))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	t.Cleanup(s.Close)
	a := reachIn(t, file, s.Listener.Addr().String(), time.Minute) // a busy machine is not what is tested
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 40 {
				path := fmt.Sprintf("/%d-%d", i, j)
				if j%7 == 3 { // leaves in the middle
					ctx, cancel := context.WithCancel(t.Context())
					r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://app.test"+path, nil)
					if res, err := a.transport.RoundTrip(r); err == nil {
						io.CopyN(io.Discard, res.Body, 10)
						cancel()
						res.Body.Close()
					}
					cancel()
					continue
				}
				if got, err := a.ask(t.Context(), path); err != nil || got != "200 "+strings.Repeat(path, 2000) {
					t.Errorf("%s: %.40q %v", path, got, err)
				}
			}
		})
	}
	wg.Wait()
}
