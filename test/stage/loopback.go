package stage

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/devca"
)

// Loopback makes a transport that reaches every name on this machine and trusts the stage's CA.
func Loopback(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext: DialLoopback, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConnsPerHost: 256, TLSHandshakeTimeout: 10 * time.Second,
	}
}

// DialLoopback connects to the port of any address on this machine: nested names under localhost do not resolve.
func DialLoopback(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "stage.Dial", addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// CertificateFiles writes a server certificate for a host, with its chain, and its key as PEM: for servers that are
// no Go programs.
func CertificateFiles(ca *devca.Authority, host, cert, key string) error {
	c, err := ca.Certificate(host, false)
	if err != nil {
		return err
	}
	var chain []byte
	for _, der := range c.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	private, ok := c.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return fault.New(fault.Internal, "stage.CertificateFiles", "the CA's keys are %T", c.PrivateKey)
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return fault.Wrap(err, "stage.CertificateFiles", host)
	}
	if err := os.WriteFile(cert, chain, 0o600); err != nil {
		return fault.As(err, fault.Unavailable, "stage.CertificateFiles", cert)
	}
	return fault.As(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600), fault.Unavailable, "stage.CertificateFiles", key)
}
