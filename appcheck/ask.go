package appcheck

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/referee-casb/referee/internal/aia"
)

// verify judges the certificates of the app's own hosts, and completes those that can be.
func (s *seen) verify(ctx context.Context, completer *aia.Completer, roots *x509.CertPool) {
	for host, c := range s.certificates {
		if len(c.sent) == 0 {
			continue
		}
		name, _, _ := strings.Cut(host, ":")
		opt := x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: s.now, Intermediates: x509.NewCertPool()}
		for _, between := range c.sent[1:] {
			opt.Intermediates.AddCert(between)
		}
		_, c.err = c.sent[0].Verify(opt)
		var unknown x509.UnknownAuthorityError
		if c.err == nil || !errors.As(c.err, &unknown) {
			continue
		}
		opt.Intermediates = nil
		if added, err := completer.Complete(ctx, c.sent, opt); err == nil {
			c.added, c.err = added, nil
		}
	}
}

// tlsNames are the versions that are asked for.
var tlsNames = []struct {
	version uint16
	name    string
}{{tls.VersionTLS10, "1.0"}, {tls.VersionTLS11, "1.1"}, {tls.VersionTLS12, "1.2"}, {tls.VersionTLS13, "1.3"}}

// asked finds out what takes more connections: versions of TLS, and revocation.
func (s *seen) asked(ctx context.Context, f *fetcher, roots *x509.CertPool) {
	name, port, ok := strings.Cut(s.host, ":")
	if !ok {
		port = "443"
	}
	s.versions = map[uint16]string{}
	for _, v := range tlsNames {
		s.versions[v.version] = handshake(ctx, f.dial, net.JoinHostPort(name, port), name, v.version)
	}
	s.revocation(ctx, f, roots)
}

// handshake tries one version; "" when it was accepted.
func handshake(ctx context.Context, dial func(ctx context.Context, network, addr string) (net.Conn, error), addr, name string, version uint16) string {
	ctx, cancel := context.WithTimeout(ctx, maxAsk)
	defer cancel()
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		return plainError(err)
	}
	defer func() { _ = conn.Close() }()
	config := &tls.Config{ServerName: name, MinVersion: version, MaxVersion: version, InsecureSkipVerify: true} //nolint:gosec // only whether it speaks
	if version < tls.VersionTLS12 {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			config.CipherSuites = append(config.CipherSuites, suite.ID)
		}
	}
	if err := tls.Client(conn, config).HandshakeContext(ctx); err != nil {
		return plainError(err)
	}
	return ""
}

// revocation asks the authority whether the host's certificate was taken back (OCSP, RFC 6960). Many authorities answer
// by list alone by now: that is said, and is no fault.
func (s *seen) revocation(ctx context.Context, f *fetcher, _ *x509.CertPool) {
	c := s.certificates[s.host]
	if c == nil || len(c.sent) == 0 || c.err != nil {
		s.staple = "was not asked about, since the certificate doesn't hold"
		return
	}
	chain := append(c.sent[1:len(c.sent):len(c.sent)], c.added...)
	var issuer *x509.Certificate
	for _, i := range chain {
		if c.sent[0].CheckSignatureFrom(i) == nil {
			issuer = i
		}
	}
	switch {
	case len(c.sent[0].OCSPServer) == 0:
		s.staple = "is told by list alone: the certificate names no OCSP responder"
		return
	case issuer == nil:
		s.staple = "was not asked about, since the issuer's certificate isn't sent"
		return
	}
	request, err := ocsp.CreateRequest(c.sent[0], issuer, nil)
	if err != nil {
		s.staple = "can't be asked about: " + plainError(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, maxAsk)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.sent[0].OCSPServer[0], bytes.NewReader(request))
	if err != nil || q.URL.Scheme != "http" {
		s.staple = "can't be asked about: the certificate's OCSP address is no http address"
		return
	}
	q.Header.Set("Content-Type", "application/ocsp-request")
	res, err := f.client.Do(q)
	if err != nil {
		s.staple = "can't be asked about: the authority's responder doesn't answer: " + plainError(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		s.staple = "can't be asked about: " + plainError(err)
		return
	}
	status, err := ocsp.ParseResponseForCert(body, c.sent[0], issuer)
	switch {
	case err != nil:
		s.staple = "can't be asked about: the responder's answer can't be used: " + plainError(err)
	case status.Status == ocsp.Revoked:
		s.staple, s.stapleBad = "the authority took the certificate back at "+status.RevokedAt.UTC().Format(time.DateOnly), true
	case status.Status == ocsp.Good:
		s.staple = ""
	default:
		s.staple = "the authority doesn't know the certificate"
	}
}
