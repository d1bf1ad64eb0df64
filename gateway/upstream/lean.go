package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/aia"
)

// Transport reaches one app instance. Requests without a body to hosts that speak HTTP/1.1 go over connections that the
// calling goroutine writes and reads itself, which saves the two goroutines and four hand-overs that net/http spends on each;
// everything else, HTTP/2 first of all, goes through net/http.
type Transport struct {
	std       *http.Transport
	upgrade   *http.Transport // HTTP/1.1 alone: nothing else can be upgraded (RFC 9113 section 8.6)
	tls       *tls.Config
	dial      func(ctx context.Context, network, addr string) (net.Conn, error)
	opt       Options
	of        *catalog.Instance // the snapshot it was made from
	limit     int               // idle connections a host
	completer *aia.Completer
	chains    chains
	mu        sync.Mutex
	hosts     map[string]*leanHost
	closing   bool
}

// Bounds of the lean path.
const (
	idleTime   = 90 * time.Second // an unused connection is closed
	staleTime  = 10 * time.Minute // after which a host that spoke HTTP/2 is asked again
	headBytes  = 1 << 20          // an answer's head; net/http allows 10 MB
	leanBuffer = 16 << 10
)

// bothProtocols are what hosts are offered (RFC 7301).
var bothProtocols = []string{"h2", "http/1.1"}

// leanHost is what is known of one authority.
type leanHost struct {
	asking *asking   // its protocol is being found out, by one connection for all who wait; else nil
	h1     bool      // it has chosen HTTP/1.1
	h2     time.Time // until when it is taken to speak HTTP/2
	idle   []*leanConn
	sweep  bool // a sweep is due
}

// asking is one connection by which a host's protocol is found out. What it finds is written before over is closed.
type asking struct {
	over chan struct{}
	gone bool // who asked went away meanwhile: nothing was found out
	err  error
}

// leanConn is one connection; it is used by one request at a time.
type leanConn struct {
	net.Conn
	t    *Transport
	addr string
	br   *bufio.Reader
	bw   *bufio.Writer
	peek *peeker
	left int64 // bytes that may still be read of a head; negative: no bound
	used time.Time
}

// Read counts the bytes of a head.
func (c *leanConn) Read(p []byte) (int, error) {
	if c.left >= 0 {
		if c.left == 0 {
			return 0, errHead
		}
		if int64(len(p)) > c.left {
			p = p[:c.left]
		}
	}
	n, err := c.Conn.Read(p)
	if c.left >= 0 {
		c.left -= int64(n)
	}
	return n, err
}

var (
	errHead  error = &fault.Error{Kind: fault.Invalid, Op: "upstream", Msg: "the head of the app's answer is too long"}
	errStale       = errors.New("the connection had been closed")
)

// RoundTrip sends a request and returns the answer, as http.RoundTripper asks.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(r.Header["Upgrade"]) > 0 {
		return t.upgrade.RoundTrip(r)
	}
	if !canPeek || r.Body != nil || r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Scheme != "https" ||
		len(r.Header["Expect"]) > 0 || len(r.Header["Te"]) > 0 || len(r.Header["Trailer"]) > 0 {
		return t.std.RoundTrip(r)
	}
	addr := r.URL.Host
	if r.URL.Port() == "" {
		addr += ":443"
	}
	for {
		c, lean := t.get(addr)
		if !lean {
			return t.std.RoundTrip(r)
		}
		reused := c != nil
		if c == nil {
			var err error
			if c, err = t.open(r.Context(), addr); err != nil {
				return nil, err
			}
			if c == nil { // it speaks HTTP/2
				return t.std.RoundTrip(r)
			}
		}
		res, err := c.exchange(r)
		if errors.Is(err, errStale) && reused && r.Context().Err() == nil {
			continue // nothing of an answer came: another connection, and at last a new one
		}
		return res, err
	}
}

// get takes an idle connection. lean is false for a host that speaks HTTP/2.
func (t *Transport) get(addr string) (c *leanConn, lean bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hosts[addr]
	if h == nil {
		return nil, true
	}
	if now.Before(h.h2) {
		return nil, false
	}
	for n := len(h.idle); n > 0; n = len(h.idle) {
		c := h.idle[n-1]
		h.idle[n-1] = nil
		h.idle = h.idle[:n-1]
		if now.Sub(c.used) < idleTime && c.peek.quiet() {
			return c, true
		}
		c.Conn.Close() // too old, closed by the app, or saying something that nobody asked for
	}
	return nil, true
}

// put keeps a connection for the next request.
func (t *Transport) put(c *leanConn) {
	c.used = time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.host(c.addr)
	if t.closing || len(h.idle) >= t.limit {
		c.Conn.Close()
		return
	}
	h.idle = append(h.idle, c)
	if !h.sweep {
		h.sweep = true
		time.AfterFunc(idleTime, func() { t.swept(c.addr) })
	}
}

// host returns the entry of an authority; the caller holds t.mu.
func (t *Transport) host(addr string) *leanHost {
	h := t.hosts[addr]
	if h == nil {
		h = &leanHost{}
		t.hosts[addr] = h
	}
	return h
}

// swept closes what was not used for a while. The oldest are in front.
func (t *Transport) swept(addr string) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hosts[addr]
	n := 0
	for n < len(h.idle) && now.Sub(h.idle[n].used) >= idleTime {
		h.idle[n].Conn.Close()
		n++
	}
	h.idle = append(h.idle[:0], h.idle[n:]...)
	if h.sweep = len(h.idle) > 0; h.sweep {
		time.AfterFunc(idleTime, func() { t.swept(addr) })
	}
}

// CloseIdleConnections closes what is not in use, and keeps nothing afterwards.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	t.closing = true
	for _, h := range t.hosts {
		for _, c := range h.idle {
			c.Conn.Close()
		}
		h.idle = nil
	}
	t.mu.Unlock()
	t.std.CloseIdleConnections()
	t.upgrade.CloseIdleConnections()
}

// open connects. It returns nil when the host chose HTTP/2: net/http speaks that, over a connection of its own.
func (t *Transport) open(ctx context.Context, addr string) (*leanConn, error) {
	var mine *asking
	for mine == nil {
		t.mu.Lock()
		h := t.host(addr)
		switch now := time.Now(); {
		case now.Before(h.h2), h.asking != nil && !h.h2.IsZero():
			t.mu.Unlock()
			return nil, nil // who is being asked again goes on as before meanwhile
		case h.h1:
			t.mu.Unlock()
			return t.connected(ctx, addr)
		}
		other := h.asking
		if other == nil {
			mine = &asking{over: make(chan struct{})}
			h.asking = mine
		}
		t.mu.Unlock()
		if other == nil {
			continue
		}
		select {
		case <-other.over:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if other.err != nil && !other.gone {
			return nil, other.err // it would be the same for all who wait, each after as long
		}
	}
	c, err := t.connected(ctx, addr)
	mine.err, mine.gone = err, err != nil && ctx.Err() != nil
	t.mu.Lock()
	t.host(addr).asking = nil
	t.mu.Unlock()
	close(mine.over)
	return c, err
}

// connected makes a connection and notes which protocol the host chose.
func (t *Transport) connected(ctx context.Context, addr string) (*leanConn, error) {
	raw, c, err := t.connect(ctx, addr, bothProtocols)
	if err != nil {
		return nil, err
	}
	h2 := c.ConnectionState().NegotiatedProtocol == "h2"
	t.mu.Lock()
	h := t.host(addr)
	h.h1, h.h2 = !h2, time.Time{}
	if h2 {
		h.h2 = time.Now().Add(staleTime)
	}
	t.mu.Unlock()
	if h2 {
		c.Close()
		return nil, nil
	}
	lc := &leanConn{Conn: c, t: t, addr: addr}
	if lc.peek, err = newPeeker(raw); err != nil {
		c.Close()
		return nil, fault.As(err, fault.Internal, "upstream.open", addr)
	}
	lc.br, lc.bw = bufio.NewReaderSize(lc, leanBuffer), bufio.NewWriterSize(c, leanBuffer)
	return lc, nil
}
