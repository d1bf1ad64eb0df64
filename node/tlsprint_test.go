package node

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"
)

func u16(v ...uint16) []uint16 { return v }

// chrome is the ClientHello of FoxIO's published example, without its GREASE values.
func chrome() *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		ServerName: "example.com", SupportedVersions: u16(tls.VersionTLS13, tls.VersionTLS12), SupportedProtos: []string{"h2", "http/1.1"},
		CipherSuites:     u16(0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035),
		Extensions:       u16(0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015),
		SignatureSchemes: []tls.SignatureScheme{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
	}
}

// TestPublishedVector is the worked example of the JA4 description (FoxIO, "JA4 technical details"):
// JA4_r = t13d1516h2_002f,0035,009c,…_0005,000a,…,ff01_0403,0804,…,0601.
func TestPublishedVector(t *testing.T) {
	t.Parallel()
	const want = "t13d1516h2_8daaf6152771_e5627efa2ab1"
	if got := ja4(chrome()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// GREASE and order change nothing.
	h := chrome()
	h.CipherSuites = append(u16(0x8a8a), h.CipherSuites...)
	h.Extensions = append(u16(0x3a3a), append(h.Extensions, 0xeaea)...)
	h.SupportedVersions = append(u16(0x9a9a), h.SupportedVersions...)
	h.SignatureSchemes = append([]tls.SignatureScheme{0x0a0a}, h.SignatureSchemes...)
	h.Extensions[1], h.Extensions[5] = h.Extensions[5], h.Extensions[1]
	if got := ja4(h); got != want {
		t.Errorf("with GREASE: %s", got)
	}
	// The order of signature algorithms counts.
	h = chrome()
	h.SignatureSchemes[0], h.SignatureSchemes[1] = h.SignatureSchemes[1], h.SignatureSchemes[0]
	if got := ja4(h); got == want {
		t.Error("another order of signature algorithms gives the same print")
	}
}

func TestPrintParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*tls.ClientHelloInfo)
		head   string
	}{
		"TLS 1.2":         {func(h *tls.ClientHelloInfo) { h.SupportedVersions = u16(tls.VersionTLS12, tls.VersionTLS11) }, "t12d1516h2"},
		"no name":         {func(h *tls.ClientHelloInfo) { h.ServerName = "" }, "t13i1516h2"},
		"no ALPN":         {func(h *tls.ClientHelloInfo) { h.SupportedProtos = nil }, "t13d151600"},
		"http/1.1":        {func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"http/1.1"} }, "t13d1516h1"},
		"one character":   {func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"x"} }, "t13d1516xx"},
		"ALPN not text":   {func(h *tls.ClientHelloInfo) { h.SupportedProtos = []string{"\xab\xcd"} }, "t13d1516ad"},
		"no version":      {func(h *tls.ClientHelloInfo) { h.SupportedVersions = u16(0x0a0a) }, "t00d1516h2"},
		"no extensions":   {func(h *tls.ClientHelloInfo) { h.Extensions, h.SignatureSchemes = nil, nil }, "t13d1500h2_8daaf6152771_000000000000"},
		"no ciphers":      {func(h *tls.ClientHelloInfo) { h.CipherSuites = nil }, "t13d0016h2_000000000000_e5627efa2ab1"},
		"hundred ciphers": {func(h *tls.ClientHelloInfo) { h.CipherSuites = make([]uint16, 150) }, "t13d9916h2"},
	} {
		h := chrome()
		c.change(h)
		if got := ja4(h); got[:min(len(got), len(c.head))] != c.head {
			t.Errorf("%s: %s, want %s…", name, got, c.head)
		}
	}
}

// TestPrintsAreForgotten: a print lives as long as its connection.
func TestPrintsAreForgotten(t *testing.T) {
	t.Parallel()
	p := &prints{by: map[net.Conn]string{}}
	raw, other := net.Pipe()
	t.Cleanup(func() { _ = raw.Close(); _ = other.Close() })
	h := chrome()
	h.Conn = raw
	p.hello(h)
	wrapped := tls.Server(raw, &tls.Config{MinVersion: tls.VersionTLS12})
	r := (&http.Request{}).WithContext(p.context(context.Background(), wrapped))
	if got := p.of(r); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Errorf("print %q", got)
	}
	p.state(wrapped, http.StateIdle)
	if p.of(r) == "" {
		t.Error("forgotten while idle")
	}
	p.state(wrapped, http.StateClosed)
	if p.of(r) != "" || len(p.by) != 0 {
		t.Error("not forgotten")
	}
	if got := p.of(&http.Request{}); got != "" {
		t.Errorf("a request without a connection has print %q", got)
	}
}
