package devca

import (
	"context"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"software.sslmate.com/src/go-pkcs12"
)

func open(t *testing.T, dir string) *Authority {
	t.Helper()
	a, err := Open(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCertificateIsTrustedForItsNamesOnly(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir())
	cases := []struct {
		host, verify string
		exact, ok    bool
	}{
		{"files.demo.gate.localhost", "other.demo.gate.localhost", false, true},
		{"files.demo.gate.localhost", "files.other.gate.localhost", false, false},
		{"device.referee.localhost", "signin.referee.localhost", true, false},
		{"device.referee.localhost", "device.referee.localhost", true, true},
		{"localhost", "localhost", false, true},
		{"127.0.0.1", "127.0.0.1", false, true},
	}
	for _, c := range cases {
		cert, err := a.Certificate(c.host, c.exact)
		if err != nil {
			t.Fatalf("%s: %v", c.host, err)
		}
		_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: a.RootPool(), DNSName: c.verify})
		if (err == nil) != c.ok {
			t.Errorf("certificate for %s verified for %s: %v, want ok=%v", c.host, c.verify, err, c.ok)
		}
	}
	if _, err := a.Certificate("example.com", false); !fault.Is(err, fault.Invalid) {
		t.Errorf("a name outside localhost gave %v, want invalid", err)
	}
}

func TestRootCannotVouchForRealNames(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir())
	c, err := a.Certificate("files.demo.gate.localhost", false)
	if err != nil {
		t.Fatal(err)
	}
	forged := *c.Leaf
	forged.DNSNames = []string{"bank.example"}
	der, err := x509.CreateCertificate(nil, &forged, a.server.cert, c.Leaf.PublicKey, a.server.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: a.RootPool(), DNSName: "bank.example"}); err == nil {
		t.Fatal("the name constraint did not hold")
	}
}

func TestReopenKeepsRoots(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := open(t, dir), open(t, dir)
	if first.Nickname() != second.Nickname() || string(first.DevicePEM()) != string(second.DevicePEM()) {
		t.Fatal("a second open made new roots")
	}
	info, err := os.Stat(filepath.Join(dir, "root.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestDeviceCertificateChains(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir())
	p12, cert, err := a.Device("managed laptop", "secret")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.DevicePEM())
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := pkcs12.DecodeChain(p12, "wrong"); err == nil {
		t.Fatal("the wrong password opened the file")
	}
	if _, leaf, _, err := pkcs12.DecodeChain(p12, "secret"); err != nil || !leaf.Equal(cert.Leaf) {
		t.Fatalf("PKCS#12 round trip: %v", err)
	}
}

func TestTrustAndUntrust(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("certutil"); err != nil {
		t.Fatal("certutil is not installed: `make test` installs libnss3-tools")
	}
	a := open(t, t.TempDir())
	stores := Stores(t.TempDir())
	added, err := a.Trust(context.Background(), stores)
	if err != nil || len(added) != 1 {
		t.Fatalf("Trust = %v, %v", added, err)
	}
	removed, err := a.Untrust(context.Background(), stores)
	if err != nil || len(removed) != 1 {
		t.Fatalf("Untrust = %v, %v", removed, err)
	}
	if again, err := a.Untrust(context.Background(), stores); err != nil || len(again) != 0 {
		t.Fatalf("second Untrust = %v, %v; want nothing to do", again, err)
	}
}
