// Package devca is a certificate authority for development and demonstration: it can only vouch for names
// under "localhost" (RFC 5280 section 4.2.1.10, name constraints), so trusting it on a workstation gives
// nobody a way to impersonate a real site.
//
// It owns its root, the server certificates made on demand, and client certificates for "managed" demo
// devices, which come from a second root. It is never used in production: certificates there come from files
// or ACME. Begin with [Open].
package devca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"software.sslmate.com/src/go-pkcs12"
)

// Lifetimes. Browsers refuse server certificates of more than 398 days.
const (
	rootLife = 3 * 365 * 24 * time.Hour
	leafLife = 90 * 24 * time.Hour
	renewAt  = 30 * 24 * time.Hour // a leaf with less than this left is made anew
)

// Authority is a development CA kept in one folder.
type Authority struct {
	dir    string
	now    func() time.Time
	server pair
	device pair

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // by certificate name
}

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Open loads the authority in dir, or makes it (folder 0700, keys 0600). Two processes that open an empty
// folder at once may not both win: the caller holds the data folder's lock.
func Open(dir string, now func() time.Time) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.As(err, fault.Unavailable, "devca.Open", dir)
	}
	a := &Authority{dir: dir, now: now, leaves: map[string]*tls.Certificate{}}
	var err error
	if a.server, err = a.root("root", "Referee development CA", true); err != nil {
		return nil, err
	}
	if a.device, err = a.root("device-root", "Referee demo device CA", false); err != nil {
		return nil, err
	}
	return a, nil
}

// root loads or makes one self-signed root. A root that has ended is made anew.
func (a *Authority) root(name, title string, constrained bool) (pair, error) {
	certFile, keyFile := a.file(name+".pem"), a.file(name+".key")
	if p, err := load(certFile, keyFile); err == nil && a.now().Before(p.cert.NotAfter) {
		return p, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fault.Wrap(err, "devca.root", name)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: title + " " + fingerprint(key)[:8], Organization: []string{"Referee"}},
		NotBefore: a.now().Add(-time.Hour), NotAfter: a.now().Add(rootLife),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
	if constrained {
		t.PermittedDNSDomainsCritical = true
		t.PermittedDNSDomains = []string{"localhost"}
		_, v4, _ := net.ParseCIDR("127.0.0.0/8")
		_, v6, _ := net.ParseCIDR("::1/128")
		t.PermittedIPRanges = []*net.IPNet{v4, v6}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return pair{}, fault.Wrap(err, "devca.root", name)
	}
	if err := save(certFile, keyFile, [][]byte{der}, key); err != nil {
		return pair{}, err
	}
	return load(certFile, keyFile)
}

// RootFile is the path of the PEM file that a browser must trust.
func (a *Authority) RootFile() string { return a.file("root.pem") }

// RootPEM returns the server root in PEM.
func (a *Authority) RootPEM() []byte { return encode(a.server.cert.Raw) }

// RootPool returns a pool that holds the server root.
func (a *Authority) RootPool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.server.cert)
	return p
}

// DevicePEM returns the root that demo client certificates chain to.
func (a *Authority) DevicePEM() []byte { return encode(a.device.cert.Raw) }

// Nickname names the root in a browser's store, different for each authority.
func (a *Authority) Nickname() string { return a.server.cert.Subject.CommonName }

// Certificate returns a server certificate for a host: for a name of three labels or more one with a wildcard
// in the first label, since that is how mapped hosts are served; otherwise one for the name alone. Names that
// exact lists get a certificate of their own, so that connections to them are not coalesced with others.
func (a *Authority) Certificate(host string, exact bool) (*tls.Certificate, error) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host != "localhost" && !strings.HasSuffix(host, ".localhost") && net.ParseIP(host) == nil {
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: "devca.Certificate", Key: host,
			Msg: "the development CA vouches for names under localhost only", Help: "configure certificate files or ACME for real names",
		}
	}
	name := host
	if labels := strings.SplitN(host, ".", 2); !exact && net.ParseIP(host) == nil && strings.Count(host, ".") >= 2 {
		name = "*." + labels[1]
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leaves[name]; c != nil && a.now().Add(renewAt).Before(c.Leaf.NotAfter) {
		return c, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fault.Wrap(err, "devca.Certificate", name)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name},
		NotBefore: a.now().Add(-time.Hour), NotAfter: a.now().Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.server.cert, key.Public(), a.server.key)
	if err != nil {
		return nil, fault.Wrap(err, "devca.Certificate", name)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fault.Wrap(err, "devca.Certificate", name)
	}
	c := &tls.Certificate{Certificate: [][]byte{der, a.server.cert.Raw}, PrivateKey: key, Leaf: leaf}
	a.leaves[name] = c
	return c, nil
}

// Device makes a client certificate for a demo device and returns it as PKCS#12, protected by password, and
// as a pair for Go clients.
func (a *Authority) Device(name, password string) (p12 []byte, cert tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, cert, fault.Wrap(err, "devca.Device", name)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name, Organization: []string{"Referee demo"}},
		NotBefore: a.now().Add(-time.Hour), NotAfter: a.now().Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.device.cert, key.Public(), a.device.key)
	if err != nil {
		return nil, cert, fault.Wrap(err, "devca.Device", name)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, cert, fault.Wrap(err, "devca.Device", name)
	}
	p12, err = pkcs12.Modern.Encode(key, leaf, []*x509.Certificate{a.device.cert}, password)
	if err != nil {
		return nil, cert, fault.Wrap(err, "devca.Device", name)
	}
	return p12, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

func (a *Authority) file(name string) string { return filepath.Join(a.dir, name) }

func serial() *big.Int {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

func fingerprint(key crypto.Signer) string {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err) // an ECDSA key made above always marshals
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func save(certFile, keyFile string, chain [][]byte, key crypto.Signer) error {
	var certs bytes.Buffer
	for _, der := range chain {
		certs.Write(encode(der))
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fault.Wrap(err, "devca.save", keyFile)
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return fault.As(err, fault.Unavailable, "devca.save", keyFile)
	}
	if err := os.WriteFile(certFile, certs.Bytes(), 0o644); err != nil { //nolint:gosec // a certificate is public
		return fault.As(err, fault.Unavailable, "devca.save", certFile)
	}
	return nil
}

func load(certFile, keyFile string) (pair, error) {
	c, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return pair{}, fault.Wrap(err, "devca.load", certFile)
	}
	key, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return pair{}, fault.New(fault.Internal, "devca.load", "the key can't sign")
	}
	return pair{cert: c.Leaf, key: key}, nil
}
