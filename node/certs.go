package node

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
)

// certificates answers TLS handshakes with the right certificate.
type certificates interface {
	// Certificate returns a certificate for a server name. exact asks for one that names this host alone, as
	// the device host needs so that browsers don't coalesce connections with others (RFC 9113 section 9.1.1).
	Certificate(host string, exact bool) (*tls.Certificate, error)
}

// fileCertificates serves certificates from files and reads them again when they change.
type fileCertificates struct {
	files []CertFile
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	loaded  []loadedCert
	checked time.Time
}

type loadedCert struct {
	cert     *tls.Certificate
	modified time.Time
}

// checkEvery is how often certificate files are looked at for a change.
const checkEvery = 10 * time.Second

// openFileCertificates reads all files once, so that a mistake shows at start.
func openFileCertificates(files []CertFile, now func() time.Time, log *slog.Logger) (*fileCertificates, error) {
	f := &fileCertificates{files: files, now: now, log: log, loaded: make([]loadedCert, len(files))}
	for i := range files {
		if err := f.load(i); err != nil {
			return nil, err
		}
	}
	f.checked = now()
	return f, nil
}

func (f *fileCertificates) load(i int) error {
	seen := modified(f.files[i]) // before reading: what changes meanwhile is read again
	c, err := tls.LoadX509KeyPair(f.files[i].Certificate, f.files[i].Key)
	if err != nil {
		return &fault.Error{
			Kind: fault.Invalid, Op: "tls", Key: f.files[i].Certificate, Msg: "the certificate and key can't be used together", Err: err,
			Help: "give a PEM certificate chain, leaf first, and its unencrypted PEM key",
		}
	}
	f.loaded[i] = loadedCert{cert: &c, modified: seen}
	return nil
}

func modified(f CertFile) time.Time {
	var newest time.Time
	for _, name := range []string{f.Certificate, f.Key} {
		if info, err := os.Stat(name); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// Certificate picks the most specific certificate that names host.
func (f *fileCertificates) Certificate(host string, exact bool) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	var best *tls.Certificate
	for i := range f.loaded {
		c := f.loaded[i].cert
		switch names := namesHost(c.Leaf, host); {
		case names == nameExact:
			return c, nil
		case names == nameWildcard && !exact && best == nil:
			best = c
		}
	}
	if best == nil {
		return nil, fault.New(fault.NotFound, "tls", "no certificate names %q", host)
	}
	return best, nil
}

// refresh reads files again that have changed. A pair that can't be used now keeps the certificate that was there,
// since half a renewal is no outage, and is tried again until it can; the caller holds f.mu.
func (f *fileCertificates) refresh() {
	now := f.now()
	if now.Sub(f.checked) <= checkEvery {
		return
	}
	f.checked = now
	for i, file := range f.files {
		if modified(file).Equal(f.loaded[i].modified) {
			continue
		}
		if err := f.load(i); err != nil {
			f.log.Warn("certificate not read again", "file", file.Certificate, "err", err)
			continue
		}
		f.log.Info("certificate read again", "file", file.Certificate, "until", f.loaded[i].cert.Leaf.NotAfter)
	}
}

type nameMatch uint8

const (
	nameNone nameMatch = iota
	nameWildcard
	nameExact
)

func namesHost(leaf *x509.Certificate, host string) nameMatch {
	_, parent, _ := strings.Cut(host, ".")
	match := nameNone
	for _, n := range leaf.DNSNames {
		switch {
		case strings.EqualFold(n, host):
			return nameExact
		case strings.HasPrefix(n, "*.") && strings.EqualFold(n[2:], parent):
			match = nameWildcard
		}
	}
	return match
}
