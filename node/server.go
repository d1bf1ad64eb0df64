package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/acked"
)

// Bounds of the listener. A slow request head is cut; bodies and answers take as long as they take, because
// downloads and event streams do.
const (
	headTimeout   = 15 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeadBytes  = 64 << 10
	drainTime     = 10 * time.Second
	maxStreams    = 250
	maxUploadConn = 1 << 20 // flow-control windows: a fast upload must not wait for the round trip
	maxUploadBuf  = 1 << 20
)

// hosts says which handler serves a request, by its Host header alone; TLS chose the certificate by name before.
type hosts struct {
	config  Config
	gateway http.Handler // nil where the role is not run
	signin  http.Handler
	device  http.Handler
	api     http.Handler
	owns    func(host string) bool // the gateway's hosts
	trusted []netip.Prefix
}

// ServeHTTP routes. A host that nobody here serves is refused with 421, never proxied.
func (h *hosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(h.trusted) > 0 {
		r.RemoteAddr = h.client(r)
	}
	part := h.part(r.Host)
	next := h.handler(part)
	if next == nil {
		http.Error(w, "misdirected request: nothing is served under this name", http.StatusMisdirectedRequest)
		return
	}
	// A connection that was made to the device host may hold a client certificate and answers for it alone.
	if h.config.Device != "" && r.TLS != nil && strings.EqualFold(r.TLS.ServerName, h.config.Device) && part != partDevice {
		http.Error(w, "misdirected request: this connection is the device host's", http.StatusMisdirectedRequest)
		return
	}
	next.ServeHTTP(w, r)
}

// The parts that serve requests.
const (
	partNone    = "none"
	partGateway = "gateway"
	partSignIn  = "signin"
	partDevice  = "device"
	partAPI     = "api"
)

// part says which part serves a host.
func (h *hosts) part(host string) string {
	host = strings.ToLower(host)
	switch port := h.config.Port(); {
	case host == h.config.SignIn+port:
		return partSignIn
	case h.config.Device != "" && host == h.config.Device+port:
		return partDevice
	case host == h.config.API+port:
		return partAPI
	case h.owns != nil && h.owns(host):
		return partGateway
	}
	return partNone
}

func (h *hosts) handler(part string) http.Handler {
	switch part {
	case partSignIn:
		return h.signin
	case partDevice:
		return h.device
	case partAPI:
		return h.api
	case partGateway:
		return h.gateway
	}
	return nil
}

// client returns the address of the client: that of the connection, unless a trusted proxy says otherwise.
func (h *hosts) client(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	trusts := func(a netip.Addr) bool {
		for _, p := range h.trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	if !trusts(at.Addr()) {
		return r.RemoteAddr
	}
	// Each proxy adds whom it heard from at the end: the first from there that is no proxy of ours is the client.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, ok := hop(hops[i])
		if !ok {
			break // what a trusted proxy did not write is not believed
		}
		if !trusts(a) {
			return netip.AddrPortFrom(a, 0).String()
		}
	}
	return r.RemoteAddr
}

// hop reads one address of X-Forwarded-For, which some proxies write with a port.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return a, false
		}
		a = at.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// server is the HTTPS listener.
type server struct {
	http  *http.Server
	print *prints
	log   *slog.Logger
}

// newServer makes the listener's server. The device host alone asks for client certificates; it has a
// certificate of its own so that no browser coalesces connections with it.
func newServer(c Config, certs certificates, h http.Handler, log *slog.Logger) *server {
	s := &server{print: &prints{by: map[net.Conn]string{}}, log: log}
	certificate := func(info *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if info.ServerName == "" {
			return nil, fault.New(fault.Invalid, "tls", "the client named no server")
		}
		return certs.Certificate(strings.ToLower(info.ServerName), strings.EqualFold(info.ServerName, c.Device))
	}
	plain := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate, NextProtos: []string{"h2", "http/1.1"}}
	device := plain.Clone()
	device.ClientAuth = tls.RequestClientCert
	device.SessionTicketsDisabled = true // each proof is a full handshake with the certificate's key
	outer := plain.Clone()
	outer.GetConfigForClient = func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		s.print.hello(info)
		if c.Device != "" && strings.EqualFold(info.ServerName, c.Device) {
			return device, nil
		}
		return plain, nil
	}
	s.http = &http.Server{
		Handler: h, TLSConfig: outer, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeadBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), ConnContext: s.print.context, ConnState: s.print.state,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReceiveBufferPerConnection: maxUploadConn, MaxReceiveBufferPerStream: maxUploadBuf},
	}
	return s
}

// arrived returns the question whether a request's client has acknowledged its answer.
func arrived(r *http.Request) func(context.Context) bool {
	if c, ok := connection(r.Context()).(*acked.Conn); ok {
		return c.Confirm
	}
	return nil
}

// run serves until ctx ends, then lets requests finish for a bounded time.
func (s *server) run(ctx context.Context, l net.Listener) error {
	done := make(chan error, 1)
	go func() { done <- s.http.ServeTLS(acked.Listener{Listener: l}, "", "") }()
	select {
	case err := <-done:
		return fault.Wrap(err, "node.serve", l.Addr().String())
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := s.http.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close() // event streams and WebSockets never finish by themselves
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		return fault.Wrap(served, "node.serve", l.Addr().String())
	}
	return fault.Wrap(err, "node.serve", l.Addr().String())
}
