package node

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/internal/devca"
)

func hostsConfig(listen string) Config {
	return Config{Listen: listen, Suffix: "gate.localhost", SignIn: "signin.referee.localhost", Device: "device.referee.localhost", API: "referee.localhost"}
}

func part(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.RemoteAddr) })
}

func testHosts(listen string) *hosts {
	return &hosts{
		config: hostsConfig(listen), gateway: part("gateway"), signin: part("signin"), device: part("device"), api: part("api"),
		owns: func(host string) bool {
			name, _, _ := strings.Cut(host, ":")
			return name == "gate.localhost" || strings.HasSuffix(name, ".gate.localhost")
		},
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ listen, host, want string }{
		{":8443", "signin.referee.localhost:8443", "signin"},
		{":8443", "SIGNIN.referee.localhost:8443", "signin"},
		{":8443", "device.referee.localhost:8443", "device"},
		{":8443", "referee.localhost:8443", "api"},
		{":8443", "gate.localhost:8443", "gateway"},
		{":8443", "x.demo.gate.localhost:8443", "gateway"},
		{":443", "signin.referee.localhost", "signin"},
		{":443", "referee.localhost", "api"},
		{":8443", "signin.referee.localhost", ""},
		{":8443", "signin.referee.localhost:443", ""},
		{":443", "signin.referee.localhost:443", ""},
		{":8443", "evil.example:8443", ""},
		{":8443", "127.0.0.1:8443", ""},
		{":8443", "", ""},
		{":8443", "signin.referee.localhost.:8443", ""},
		{":8443", "xsignin.referee.localhost:8443", ""},
		{":8443", "x.signin.referee.localhost:8443", ""},
		{":8443", "gate.localhost.evil.example:8443", ""},
		{":8443", "signin.referee.localhost:8443@evil.example", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		testHosts(c.listen).ServeHTTP(w, r)
		got, _, _ := strings.Cut(w.Body.String(), " ")
		if c.want == "" && w.Code != http.StatusMisdirectedRequest || c.want != "" && got != c.want {
			t.Errorf("%q at %s: %d %q, want %q", c.host, c.listen, w.Code, got, c.want)
		}
	}
	h := testHosts(":8443")
	h.gateway = nil // a role that is not run
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "x.demo.gate.localhost:8443"
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("a part that is not run: %d", w.Code)
	}
}

// TestProxies: only what a trusted proxy wrote is believed, read from the end.
func TestProxies(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for name, c := range map[string]struct {
		remote  string
		trusted []netip.Prefix
		headers []string
		want    string
	}{
		"nobody is trusted":          {"10.0.0.1:5", nil, []string{"203.0.113.9"}, "10.0.0.1:5"},
		"from a stranger":            {"198.51.100.7:5", trusted, []string{"203.0.113.9"}, "198.51.100.7:5"},
		"from a proxy":               {"10.0.0.1:5", trusted, []string{"203.0.113.9"}, "203.0.113.9:0"},
		"what the client wrote":      {"10.0.0.1:5", trusted, []string{"192.0.2.1, 203.0.113.9"}, "203.0.113.9:0"},
		"in two lines":               {"10.0.0.1:5", trusted, []string{"192.0.2.1", "203.0.113.9"}, "203.0.113.9:0"},
		"through two proxies":        {"10.0.0.1:5", trusted, []string{"203.0.113.9, 10.9.9.9"}, "203.0.113.9:0"},
		"a proxy's own request":      {"10.0.0.1:5", trusted, []string{"10.2.2.2"}, "10.0.0.1:5"},
		"no header":                  {"10.0.0.1:5", trusted, nil, "10.0.0.1:5"},
		"junk at the end":            {"10.0.0.1:5", trusted, []string{"203.0.113.9, unknown"}, "10.0.0.1:5"},
		"junk before":                {"10.0.0.1:5", trusted, []string{"junk, 203.0.113.9"}, "203.0.113.9:0"},
		"junk behind a proxy":        {"10.0.0.1:5", trusted, []string{"203.0.113.9, junk, 10.2.2.2"}, "10.0.0.1:5"},
		"with a port":                {"10.0.0.1:5", trusted, []string{"203.0.113.9:1234"}, "203.0.113.9:0"},
		"IPv6":                       {"[2001:db8::1]:5", trusted, []string{"2001:db9::7"}, "[2001:db9::7]:0"},
		"IPv6 in brackets":           {"[2001:db8::1]:5", trusted, []string{"[2001:db9::7]"}, "[2001:db9::7]:0"},
		"IPv4 in IPv6":               {"[::ffff:10.0.0.1]:5", trusted, []string{"::ffff:203.0.113.9"}, "203.0.113.9:0"},
		"no address at all":          {"@", trusted, []string{"203.0.113.9"}, "@"},
		"a trusted address in front": {"198.51.100.7:5", trusted, []string{"10.0.0.1"}, "198.51.100.7:5"},
	} {
		// The same for every part: what the sign-in host ties to an address, the gateway asks for.
		for part, host := range map[string]string{
			"api": "referee.localhost:8443", "signin": "signin.referee.localhost:8443", "device": "device.referee.localhost:8443", "gateway": "x.demo.gate.localhost:8443",
		} {
			h := testHosts(":8443")
			h.trusted = c.trusted
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host, r.RemoteAddr, r.Header["X-Forwarded-For"] = host, c.remote, c.headers
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Body.String(); got != part+" "+c.want {
				t.Errorf("%s: %q, want %q from %s", name, got, c.want, part)
			}
		}
	}
}

// running is the listener's server with the development CA.
type running struct {
	addr   string
	ca     *devca.Authority
	server *server
	device tls.Certificate
}

func run(t *testing.T, handler func(*server, *hosts) http.Handler) *running {
	t.Helper()
	ca, err := devca.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := testHosts(l.Addr().String())
	r := &running{addr: l.Addr().String(), ca: ca}
	if _, r.device, err = ca.Device("laptop", "x"); err != nil {
		t.Fatal(err)
	}
	var inner http.Handler = h
	r.server = newServer(h.config, ca, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { inner.ServeHTTP(w, q) }), slog.New(slog.DiscardHandler))
	if handler != nil {
		inner = handler(r.server, h)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.server.run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// dial makes one connection for a server name, with a client certificate to offer.
func (r *running) dial(t *testing.T, sni string, protocols ...string) (*tls.Conn, error) {
	t.Helper()
	raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Client(raw, &tls.Config{RootCAs: r.ca.RootPool(), ServerName: sni, NextProtos: protocols, Certificates: []tls.Certificate{r.device}, MinVersion: tls.VersionTLS12})
	t.Cleanup(func() { _ = c.Close() })
	return c, c.HandshakeContext(t.Context())
}

// get asks for a host over an HTTP/2 connection that was made for another name.
func (r *running) get(t *testing.T, sni, host string) (int, string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(r.addr)
	tr := &http.Transport{
		ForceAttemptHTTP2: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, r.addr)
		},
		TLSClientConfig: &tls.Config{RootCAs: r.ca.RootPool(), ServerName: sni, Certificates: []tls.Certificate{r.device}, MinVersion: tls.VersionTLS12},
	}
	c, err := tr.NewClientConn(t.Context(), "https", sni+":"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+":"+port+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.ProtoMajor != 2 {
		t.Fatalf("%s: %v", res.Proto, err)
	}
	return res.StatusCode, string(text)
}

// TestCoalescedRequests: a connection that was made to the device host serves no other host (421, RFC 9110 section
// 15.5.20). The other way round the device host's own handler answers.
func TestCoalescedRequests(t *testing.T) {
	t.Parallel()
	r := run(t, nil)
	const signin, device = "signin.referee.localhost", "device.referee.localhost"
	for _, c := range []struct {
		sni, host string
		status    int
		part      string
	}{
		{signin, signin, 200, "signin"},
		{device, device, 200, "device"},
		{signin, "referee.localhost", 200, "api"},
		{signin, "x.demo.gate.localhost", 200, "gateway"},
		{device, signin, 421, ""},
		{device, "referee.localhost", 421, ""},
		{device, "x.demo.gate.localhost", 421, ""},
		{device, "gate.localhost", 421, ""},
		{signin, "evil.localhost", 421, ""},
	} {
		status, text := r.get(t, c.sni, c.host)
		if status != c.status || !strings.HasPrefix(text, c.part) {
			t.Errorf("%s over %s: %d %q", c.host, c.sni, status, text)
		}
	}
}

// TestClientCertificates: the device host alone asks for one, in capitals too, and never resumes a connection.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	r := run(t, func(s *server, _ *hosts) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.WriteString(w, s.print.of(q)+" ")
			if len(q.TLS.PeerCertificates) > 0 {
				_, _ = io.WriteString(w, q.TLS.PeerCertificates[0].Subject.CommonName)
			}
		})
	})
	for sni, want := range map[string]string{"device.referee.localhost": "laptop", "DEVICE.referee.localhost": "laptop", "signin.referee.localhost": "", "x.demo.gate.localhost": ""} {
		_, text := r.get(t, sni, strings.ToLower(sni))
		print, name, _ := strings.Cut(text, " ")
		if name != want {
			t.Errorf("%s: certificate of %q, want %q", sni, name, want)
		}
		if !strings.HasPrefix(print, "t13d") || strings.Count(print, "_") != 2 {
			t.Errorf("%s: print %q", sni, print)
		}
	}
	for sni, resumes := range map[string]bool{"device.referee.localhost": false, "signin.referee.localhost": true} {
		cache := tls.NewLRUClientSessionCache(1)
		for i := range 2 {
			raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			c := tls.Client(raw, &tls.Config{RootCAs: r.ca.RootPool(), ServerName: sni, ClientSessionCache: cache, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
			if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+sni+"\r\nConnection: close\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(c); err != nil {
				t.Fatal(err)
			}
			if got := c.ConnectionState().DidResume; i == 1 && got != resumes {
				t.Errorf("%s resumes: %v, want %v", sni, got, resumes)
			}
			_ = c.Close()
		}
	}
	if _, err := r.dial(t, "evil.example"); err == nil {
		t.Error("a name that nobody vouches for gets a connection")
	}
	raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := tls.Client(raw, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context()); err == nil { //nolint:gosec // no name, no certificate to verify
		t.Error("a client that names no server gets a connection")
	}
}
