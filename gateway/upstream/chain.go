package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Completed says that an app's host sent its certificate without what leads to a root, and that the rest was found.
type Completed struct {
	Host    string   // real authority
	Subject string   // of the host's certificate
	Added   []string // subjects of the certificates that it should have sent
}

// chains keeps what has to be added to the chains of one instance's hosts.
type chains struct {
	mu    sync.RWMutex
	extra map[string][]*x509.Certificate // by authority
}

// of returns what to add for an authority; nothing when some of it has run out, since others may be found by now.
func (c *chains) of(addr string) []*x509.Certificate {
	c.mu.RLock()
	defer c.mu.RUnlock()
	extra := c.extra[addr]
	if len(extra) > 0 && slices.ContainsFunc(extra, func(one *x509.Certificate) bool { return time.Now().After(one.NotAfter) }) {
		return nil
	}
	return extra
}

// set keeps what to add, and reports whether it is news.
func (c *chains) set(addr string, extra []*x509.Certificate) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.EqualFunc(c.extra[addr], extra, (*x509.Certificate).Equal) {
		return false
	}
	if c.extra == nil {
		c.extra = map[string][]*x509.Certificate{}
	}
	c.extra[addr] = extra
	return true
}

// connect dials an authority and does the handshake. A chain that leads to no root because certificates are missing is
// completed, and the host asked again; every other fault of a certificate stands.
func (t *Transport) connect(ctx context.Context, addr string, protocols []string) (raw net.Conn, c *tls.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.opt.DialTimeout)
	defer cancel()
	extra := t.chains.of(addr)
	raw, c, err = t.shake(ctx, addr, protocols, extra)
	var bad *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	if err == nil || t.completer == nil || !errors.As(err, &bad) || !errors.As(bad.Err, &unknown) {
		return raw, c, err
	}
	host, _, splitErr := net.SplitHostPort(addr)
	if splitErr != nil {
		return nil, nil, err
	}
	extra, why := t.completer.Complete(ctx, bad.UnverifiedCertificates, x509.VerifyOptions{Roots: t.tls.RootCAs, DNSName: host})
	if why != nil {
		// fail closed: the chain is as it was, and so is the answer.
		return nil, nil, &fault.Error{Kind: fault.Unavailable, Op: "upstream.connect", Key: addr, Err: errors.Join(err, why), Msg: "the app's certificate leads to no authority that is trusted"}
	}
	raw, c, err = t.shake(ctx, addr, protocols, extra)
	if err != nil {
		return nil, nil, err
	}
	if t.chains.set(addr, extra) && t.opt.Completed != nil {
		done := Completed{Host: strings.TrimSuffix(addr, ":443"), Subject: bad.UnverifiedCertificates[0].Subject.String()}
		for _, one := range extra {
			done.Added = append(done.Added, one.Subject.String())
		}
		t.opt.Completed(t.of, done)
	}
	return raw, c, nil
}

// shake makes one connection. extra are intermediates that the host is known to leave out.
func (t *Transport) shake(ctx context.Context, addr string, protocols []string, extra []*x509.Certificate) (net.Conn, *tls.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fault.As(err, fault.Invalid, "upstream.shake", addr)
	}
	raw, err := t.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	conf := t.tls.Clone()
	conf.NextProtos, conf.ServerName = protocols, host
	if len(extra) > 0 {
		verifyWith(conf, extra)
	}
	c := tls.Client(raw, conf)
	if err := c.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, nil, err
	}
	return raw, c, nil
}

// verifyWith verifies as crypto/tls does (the same roots, name, time and usage, on every connection, resumed ones too),
// with intermediates beside those that the host sends. crypto/tls itself has no way to be given any.
func verifyWith(conf *tls.Config, extra []*x509.Certificate) {
	conf.InsecureSkipVerify = true //nolint:gosec // VerifyConnection below does what is skipped
	name, roots := conf.ServerName, conf.RootCAs
	conf.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return fault.New(fault.Denied, "upstream.verify", "the host sent no certificate") // fail closed
		}
		opt := x509.VerifyOptions{Roots: roots, DNSName: name, Intermediates: x509.NewCertPool()}
		for _, one := range s.PeerCertificates[1:] {
			opt.Intermediates.AddCert(one)
		}
		for _, one := range extra {
			opt.Intermediates.AddCert(one)
		}
		if _, err := s.PeerCertificates[0].Verify(opt); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
		}
		return nil
	}
}

// fetchDialer reaches the addresses that certificates name: public ones at port 80, and those of private ranges that
// apps may be in, so that a certificate can't turn the gateway against the operator's network.
func fetchDialer(opt Options) func(ctx context.Context, network, addr string) (net.Conn, error) {
	may := &dialer{private: opt.Private}
	d := net.Dialer{Timeout: opt.DialTimeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fault.As(err, fault.Internal, "upstream.fetch", address)
		}
		a := ap.Addr().Unmap().WithZone("")
		if !may.allowed(a) {
			return refused(address, a)
		}
		if ap.Port() != 80 && !may.listed(a) {
			return fault.New(fault.Denied, "upstream.fetch", "certificates are fetched from port 80 alone, not %d", ap.Port())
		}
		return nil
	}}
	return d.DialContext
}
