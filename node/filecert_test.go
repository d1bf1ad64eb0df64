package node

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
)

// writePair writes a certificate and key for names and returns its serial number.
func writePair(t *testing.T, f CertFile, serial int64, names ...string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{f.Certificate: {Type: "CERTIFICATE", Bytes: der}, f.Key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func pair(dir, name string) CertFile {
	return CertFile{Certificate: filepath.Join(dir, name+".pem"), Key: filepath.Join(dir, name+".key")}
}

func TestFileCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wild, own := pair(dir, "wild"), pair(dir, "own")
	writePair(t, wild, 1, "*.demo.gate.example", "gate.example")
	writePair(t, own, 2, "x.demo.gate.example")
	var log bytes.Buffer
	now := clock.Standing(time.Now())
	f, err := openFileCertificates([]CertFile{wild, own}, now.Now, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	serialOf := func(host string, exact bool) int64 {
		c, err := f.Certificate(host, exact)
		if fault.Is(err, fault.NotFound) {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.Int64()
	}
	for _, c := range []struct {
		host  string
		exact bool
		want  int64
	}{
		{"a.demo.gate.example", false, 1},
		{"x.demo.gate.example", false, 2},
		{"x.demo.gate.example", true, 2},
		{"a.demo.gate.example", true, 0},
		{"gate.example", true, 1},
		{"A.DEMO.gate.example", false, 1},
		{"a.b.demo.gate.example", false, 0},
		{"demo.gate.example", false, 0},
		{"evil.example", false, 0},
		{"", false, 0},
	} {
		if got := serialOf(c.host, c.exact); got != c.want {
			t.Errorf("%q (exact %v): %d, want %d", c.host, c.exact, got, c.want)
		}
	}
	// A change is seen within checkEvery, also when the new file is older than the one that was.
	writePair(t, own, 3, "x.demo.gate.example")
	old := time.Now().Add(-24 * time.Hour)
	for _, name := range []string{own.Certificate, own.Key} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if got := serialOf("x.demo.gate.example", false); got != 2 {
		t.Errorf("looked at the disk at once: %d", got)
	}
	now.Advance(checkEvery + time.Second)
	if got := serialOf("x.demo.gate.example", false); got != 3 {
		t.Errorf("the change was not seen: %d", got)
	}
	// Half a renewal keeps what was there, says so, and is read once it is whole.
	whole := pair(dir, "whole")
	writePair(t, whole, 4, "x.demo.gate.example")
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(whole.Certificate, own.Certificate)
	now.Advance(checkEvery + time.Second)
	if got := serialOf("x.demo.gate.example", false); got != 3 || !strings.Contains(log.String(), "certificate not read again") {
		t.Errorf("%d\n%s", got, log.String())
	}
	move(whole.Key, own.Key)
	now.Advance(checkEvery + time.Second)
	if got := serialOf("x.demo.gate.example", false); got != 4 {
		t.Errorf("not read when it was whole: %d\n%s", got, log.String())
	}
	if err := os.Remove(wild.Key); err != nil {
		t.Fatal(err)
	}
	now.Advance(checkEvery + time.Second)
	if got := serialOf("a.demo.gate.example", false); got != 1 {
		t.Errorf("a key that is gone takes its certificate with it: %d", got)
	}
}

func TestFileCertificateMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := pair(dir, "a"), pair(dir, "b")
	writePair(t, a, 1, "a.example")
	writePair(t, b, 2, "b.example")
	for name, files := range map[string]CertFile{"not there": pair(dir, "c"), "of another": {a.Certificate, b.Key}, "the wrong way round": {a.Key, a.Certificate}} {
		if _, err := openFileCertificates([]CertFile{files}, time.Now, slog.New(slog.DiscardHandler)); !fault.Is(err, fault.Invalid) || fault.Help(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
