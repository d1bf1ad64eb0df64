// Package upstream holds the connections to apps: one tuned transport an app instance, with its own addresses and
// certificate authorities.
//
// It owns dialling, TLS and connection reuse. It does not own requests (gateway). An instance's hosts are reached by
// DNS or at the addresses that its catalogue entry names; addresses in private ranges only where the operator allows
// them, so that a tenant can't turn the gateway against the operator's network. Layer L3, imported by gateway only.
// Begin with [Pool].
package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/aia"
	"github.com/referee-casb/referee/model"
)

// Options bound the connections.
type Options struct {
	DialTimeout   time.Duration
	HeaderTimeout time.Duration
	IdleConns     int            // a host
	Private       []netip.Prefix // special-purpose ranges that may be dialled

	// Completed hears of a host whose certificate chain had to be completed: once for each instance and host that was
	// found so, again when its certificate changes. Optional.
	Completed func(in *catalog.Instance, c Completed)
}

// Pool keeps one transport an instance. It is safe for concurrent use.
type Pool struct {
	opt       Options
	completer *aia.Completer

	mu   sync.RWMutex
	apps map[key]*app
}

type key struct {
	tenant   model.TenantID
	instance model.InstanceID
}

type app struct {
	transport *Transport
	of        *catalog.Instance // the snapshot it was made from; a new snapshot is compared once
	origins   map[string]string
	caFile    string
	caTime    time.Time
}

// NewPool makes an empty pool.
func NewPool(opt Options) *Pool {
	return &Pool{opt: opt, completer: aia.New(fetchDialer(opt), nil), apps: map[key]*app{}}
}

// Transport returns the transport of an instance. It is kept while the instance's addresses and authorities stay.
func (p *Pool) Transport(in *catalog.Instance) (*Transport, error) {
	k := key{in.Tenant, in.ID}
	p.mu.RLock()
	a := p.apps[k]
	p.mu.RUnlock()
	if a != nil && a.of == in {
		return a.transport, nil
	}
	return p.renew(k, in)
}

func (p *Pool) renew(k key, in *catalog.Instance) (*Transport, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.apps[k]
	if old != nil && old.of == in {
		return old.transport, nil
	}
	var changed time.Time
	if in.CAFile != "" {
		if info, err := os.Stat(in.CAFile); err == nil {
			changed = info.ModTime()
		}
	}
	if old != nil && old.caFile == in.CAFile && old.caTime.Equal(changed) && maps.Equal(old.origins, in.Origins) {
		old.of = in
		return old.transport, nil
	}
	t, err := p.transport(in)
	if err != nil {
		return nil, err // fail closed: without its authorities the app's identity can't be checked
	}
	if old != nil {
		old.transport.CloseIdleConnections()
	}
	p.apps[k] = &app{transport: t, of: in, origins: maps.Clone(in.Origins), caFile: in.CAFile, caTime: changed}
	return t, nil
}

func (p *Pool) transport(in *catalog.Instance) (*Transport, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(256)}
	if in.CAFile != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		pem, err := os.ReadFile(in.CAFile)
		if err != nil {
			return nil, fault.As(err, fault.Unavailable, "upstream.Transport", string(in.ID))
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "upstream.Transport", Key: in.CAFile, Msg: "holds no certificate"}
		}
		conf.RootCAs = roots
	}
	d := &dialer{origins: maps.Clone(in.Origins), private: p.opt.Private}
	d.net = net.Dialer{Timeout: p.opt.DialTimeout, KeepAlive: 30 * time.Second, ControlContext: d.control}
	d.free = net.Dialer{Timeout: p.opt.DialTimeout, KeepAlive: 30 * time.Second}
	t := &Transport{tls: conf, dial: d.dial, opt: p.opt, of: in, completer: p.completer, limit: p.opt.IdleConns, hosts: map[string]*leanHost{}}
	t.std = t.standard(conf, bothProtocols)
	t.std.ForceAttemptHTTP2 = true
	t.upgrade = t.standard(conf, bothProtocols[1:])
	return t, nil
}

// standard is a transport of net/http over this one's connections, for hosts that are offered these protocols.
func (t *Transport) standard(conf *tls.Config, protocols []string) *http.Transport {
	return &http.Transport{
		DialContext: t.dial,
		DialTLSContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			_, c, err := t.connect(ctx, addr, protocols)
			if err != nil {
				return nil, err // not a nil *tls.Conn, which would be a connection
			}
			return c, nil
		},
		TLSClientConfig:       conf.Clone(),
		MaxIdleConns:          0,
		MaxIdleConnsPerHost:   t.opt.IdleConns,
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: t.opt.HeaderTimeout,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // bytes pass as they are; only the rewriter decodes
		WriteBufferSize:       16 << 10,
		ReadBufferSize:        16 << 10,
		Proxy:                 nil, // never by way of the environment
	}
}

// Close ends idle connections.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.apps {
		a.transport.CloseIdleConnections()
	}
}

// dialer connects to an app's addresses.
type dialer struct {
	net, free net.Dialer
	origins   map[string]string
	private   []netip.Prefix
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	real := strings.TrimSuffix(addr, ":443")
	if to, ok := d.origins[real]; ok {
		ap, err := netip.ParseAddrPort(to)
		if err != nil {
			return nil, fault.As(err, fault.Invalid, "upstream.dial", real)
		}
		if !d.allowed(ap.Addr()) {
			return nil, refused(real, ap.Addr())
		}
		return d.free.DialContext(ctx, network, to)
	}
	return d.net.DialContext(ctx, network, addr)
}

// control sees the address that DNS gave, right before it is connected to.
func (d *dialer) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fault.As(err, fault.Internal, "upstream.dial", address)
	}
	if !d.allowed(ap.Addr()) {
		return refused(address, ap.Addr())
	}
	return nil
}

// Dialer reaches addresses as an app's without origins of its own are reached: public ones, and those of private ranges
// that apps may be in. It is for looking at an app before it is one.
func Dialer(opt Options) func(ctx context.Context, network, addr string) (net.Conn, error) {
	may := &dialer{private: opt.Private}
	d := net.Dialer{Timeout: opt.DialTimeout, ControlContext: func(ctx context.Context, network, address string, raw syscall.RawConn) error {
		return may.control(ctx, network, address, raw)
	}}
	return d.DialContext
}

func refused(name string, addr netip.Addr) error {
	return &fault.Error{
		Kind: fault.Denied, Op: "upstream.dial", Key: name,
		Msg:  "address " + addr.String() + " is not public",
		Help: "list its range in the gateway's private ranges, if apps may be there",
	}
}

// listed reports whether an address is in a range that the operator has listed.
func (d *dialer) listed(a netip.Addr) bool {
	return slices.ContainsFunc(d.private, func(p netip.Prefix) bool { return p.Contains(a) })
}

// allowed reports whether an address may be dialled. fail closed: what isn't plainly public needs leave.
func (d *dialer) allowed(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if d.listed(a) {
		return true
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// special are ranges that are global unicast to net/netip but no place of a public app (RFC 6890 and its registry).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fc00::/7"),
}
