package node

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// prints keeps the TLS fingerprint of each connection from its ClientHello to its requests. A fingerprint is a
// signal that a session moved to another program; it is never proof of anything.
type prints struct {
	mu sync.Mutex
	by map[net.Conn]string
}

type printKey struct{}

// hello remembers the fingerprint of a handshake.
func (p *prints) hello(h *tls.ClientHelloInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by[h.Conn] = ja4(h)
}

// context puts a holder of the connection into the context of its requests.
func (p *prints) context(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, printKey{}, c)
}

// of returns the fingerprint of a request's connection, "" if it is not known.
func (p *prints) of(r *http.Request) string {
	c := connection(r.Context())
	if c == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[c]
}

// connection returns the connection below TLS of a request's context, nil for none.
func connection(ctx context.Context) net.Conn {
	c, _ := ctx.Value(printKey{}).(net.Conn)
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}

// state forgets closed connections.
func (p *prints) state(c net.Conn, s http.ConnState) {
	if s != http.StateClosed && s != http.StateHijacked {
		return
	}
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, c)
}

// ja4 computes the JA4 fingerprint of a TCP ClientHello, as published by its authors: protocol, highest version,
// whether a name was sent, counts of ciphers and extensions, first ALPN; then truncated SHA-256 of the sorted
// ciphers, and of the sorted extensions with the signature algorithms. GREASE values (RFC 8701) don't count.
func ja4(h *tls.ClientHelloInfo) string {
	grease := func(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
	hexes := func(values []uint16, keep func(uint16) bool) []string {
		var out []string
		for _, v := range values {
			if !grease(v) && (keep == nil || keep(v)) {
				out = append(out, fmt.Sprintf("%04x", v))
			}
		}
		return out
	}
	sum := func(s string) string {
		if s == "" {
			return "000000000000"
		}
		d := sha256.Sum256([]byte(s))
		return hex.EncodeToString(d[:6])
	}
	version := "00"
	for v, name := range map[uint16]string{tls.VersionTLS13: "13", tls.VersionTLS12: "12", tls.VersionTLS11: "11", tls.VersionTLS10: "10"} {
		if slices.Contains(h.SupportedVersions, v) && name > version {
			version = name
		}
	}
	sni := "i"
	if h.ServerName != "" {
		sni = "d"
	}
	alpn := "00"
	if len(h.SupportedProtos) > 0 && len(h.SupportedProtos[0]) > 0 {
		alpn = ends(h.SupportedProtos[0])
	}
	ciphers, extensions := hexes(h.CipherSuites, nil), hexes(h.Extensions, nil)
	head := fmt.Sprintf("t%s%s%02d%02d%s", version, sni, min(len(ciphers), 99), min(len(extensions), 99), alpn)
	slices.Sort(ciphers)
	rest := hexes(h.Extensions, func(v uint16) bool { return v != 0 && v != 16 }) // without server name and ALPN
	slices.Sort(rest)
	var algorithms []string // in the client's order
	for _, s := range h.SignatureSchemes {
		if !grease(uint16(s)) {
			algorithms = append(algorithms, fmt.Sprintf("%04x", uint16(s)))
		}
	}
	tail := strings.Join(rest, ",")
	if len(algorithms) > 0 {
		tail += "_" + strings.Join(algorithms, ",")
	}
	return head + "_" + sum(strings.Join(ciphers, ",")) + "_" + sum(tail)
}

// ends are the first and last character of a protocol's name, or hex digits of them where it is not text.
func ends(protocol string) string {
	first, last := protocol[0], protocol[len(protocol)-1]
	text := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
	}
	if text(first) && text(last) {
		return string([]byte{first, last})
	}
	return fmt.Sprintf("%x%x", first>>4, last&0xf)
}
