package acmedns

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/referee-casb/referee/internal/prereqtest"
)

// The real software that the tests run against: an ACME authority for tests and a name server that takes updates.
// Both come from build/packages.txt.
const (
	keyName   = "referee-acme"
	keySecret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA=="
	zone      = "gate.example"
)

// need finds a program, or ends the test.
func need(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		if p := filepath.Join(dir, name); executable(p) {
			return p
		}
	}
	prereqtest.Missing(t, name, "build/test-prereqs.sh installs it")
	return ""
}

func executable(p string) bool {
	info, err := os.Stat(p)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// freePort is a TCP and UDP port on loopback that nothing uses.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenPacket("udp", l.Addr().String())
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// output keeps what a program says, for failures.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// program runs until the test ends; stop ends it sooner.
func program(t *testing.T, env []string, name string, args ...string) (stop func()) {
	t.Helper()
	var out output
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // a test's own program, ended below
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), out.String())
		}
	})
	return stop
}

// eventually waits for something that takes a moment.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s does not answer", what)
}

// startNamed runs a name server with one zone that the key may change.
func startNamed(t *testing.T) (server string) {
	t.Helper()
	named := need(t, "named")
	dir := t.TempDir()
	port := freePort(t)
	put := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	file := put("zone", "$TTL 60\n@ IN SOA ns."+zone+". root."+zone+". 1 60 60 60 1\n@ IN NS ns."+zone+".\nns IN A 127.0.0.1\n")
	conf := put("named.conf", fmt.Sprintf(`
options { directory %q; pid-file none; session-keyfile none; recursion no; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; dnssec-validation no; };
controls { };
key %q { algorithm hmac-sha256; secret %q; };
key "other" { algorithm hmac-sha256; secret %q; };
zone %q { type primary; file %q; update-policy { grant %s zonesub TXT; }; };
`, dir, port, keyName, keySecret, keySecret, zone, file, keyName))
	program(t, nil, named, "-g", "-n", "1", "-c", conf)
	server = "127.0.0.1:" + strconv.Itoa(port)
	eventually(t, "named", func() bool { _, err := ask(t.Context(), server, zone, dns.TypeSOA); return err == nil })
	return server
}

func ask(ctx context.Context, server, name string, kind uint16) ([]dns.RR, error) {
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), kind)
	answer, _, err := (&dns.Client{Net: "tcp", Timeout: time.Second}).ExchangeContext(ctx, m, server)
	if err != nil {
		return nil, err
	}
	return answer.Answer, nil
}

// authority is a running pebble.
type authority struct {
	directory string
	roots     *x509.CertPool
	stop      func()
	start     func()
}

// startPebble runs an ACME authority that checks DNS-01 at a name server and issues certificates for so long.
func startPebble(t *testing.T, nameServer string, validity time.Duration) *authority {
	t.Helper()
	pebble := need(t, "pebble")
	dir := t.TempDir()
	port, manage := freePort(t), freePort(t)
	certFile, keyFile, roots := selfSigned(t, dir)
	text, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", port), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", manage),
		"certificate": certFile, "privateKey": keyFile, "httpPort": freePort(t), "tlsPort": freePort(t), "certificateValidityPeriod": int(validity.Seconds()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a := &authority{directory: fmt.Sprintf("https://127.0.0.1:%d/dir", port), roots: roots}
	a.start = func() {
		a.stop = program(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=10"}, pebble, "-config", conf, "-strict", "-dnsserver", nameServer)
		eventually(t, "pebble", func() bool {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
	a.start()
	return a
}

// selfSigned makes the authority's own HTTPS certificate.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pebble"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "own.pem"), filepath.Join(dir, "own.key")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, text := range map[string][]byte{certFile: certPEM, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, roots
}
