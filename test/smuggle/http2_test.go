package smuggle

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frameCase is a request as HTTP/2 fields, which may hold what no client would send. Values may hold {H}, {I}, {K} (the
// session cookie, name and value) and {O}.
type frameCase struct {
	name   string
	fields []string // name, value, name, value, …
	data   string
	// trailers are sent behind data; nil for none.
	trailers []string
	want     want
}

// pseudo is the start of an ordinary request.
func pseudo(method string, more ...string) []string {
	return append([]string{":method", method, ":scheme", "https", ":authority", "{H}", ":path", "/{I}/", "cookie", "{K}"}, more...)
}

// instead is an ordinary GET with one pseudo-header field of another value.
func instead(name, value string) []string {
	f := pseudo("GET")
	for i := 0; i < len(f); i += 2 {
		if f[i] == name {
			f[i+1] = value
		}
	}
	return f
}

// without is an ordinary GET that lacks a field.
func without(name string) []string {
	var out []string
	f := pseudo("GET")
	for i := 0; i < len(f); i += 2 {
		if f[i] != name {
			out = append(out, f[i], f[i+1])
		}
	}
	return out
}

const hidden = "GET /smuggled/{I} HTTP/1.1\r\nHost: a\r\n\r\n"

var frameCases = []frameCase{
	{name: "GET", fields: pseudo("GET"), want: mustPass},
	{name: "POST", fields: pseudo("POST", "content-length", "3"), data: "abc", want: mustPass},
	{name: "POST without a length", fields: pseudo("POST"), data: "abc", want: mustPass},
	{name: "cookie in crumbs", fields: pseudo("GET", "cookie", "a=b", "cookie", "c=d"), want: mustPass},
	{name: "content-length too short", fields: pseudo("POST", "content-length", "0"), data: hidden, want: mayPass},
	{name: "content-length too long", fields: pseudo("POST", "content-length", "300"), data: "abc", want: mayPass},
	{name: "content-length twice", fields: pseudo("POST", "content-length", "3", "content-length", "4"), data: "abc", want: mayPass},
	{name: "content-length with a plus", fields: pseudo("POST", "content-length", "+3"), data: "abc", want: mayPass},
	{name: "content-length a list", fields: pseudo("POST", "content-length", "3, 3"), data: "abc", want: mayPass},
	{name: "transfer-encoding", fields: pseudo("POST", "transfer-encoding", "chunked"), data: "0\r\n\r\n" + hidden, want: mustRefuse},
	{name: "connection", fields: pseudo("GET", "connection", "close"), want: mustRefuse},
	{name: "keep-alive", fields: pseudo("GET", "keep-alive", "timeout=5"), want: mustRefuse},
	{name: "proxy-connection", fields: pseudo("GET", "proxy-connection", "close"), want: mustRefuse},
	{name: "upgrade", fields: pseudo("GET", "upgrade", "websocket"), want: mustRefuse},
	{name: "te: gzip", fields: pseudo("GET", "te", "gzip"), want: mustRefuse},
	{name: "te: trailers", fields: pseudo("GET", "te", "trailers"), want: mayPass},
	{name: "name in capitals", fields: pseudo("GET", "Foo", "bar"), want: mustRefuse},
	{name: "name with a space", fields: pseudo("GET", "foo bar", "a"), want: mustRefuse},
	{name: "name with a colon", fields: pseudo("GET", "transfer-encoding: chunked\r\nx", "a"), want: mustRefuse},
	{name: "name with a line end", fields: pseudo("GET", "a: b\r\ntransfer-encoding", "chunked"), want: mustRefuse},
	{name: "empty name", fields: pseudo("GET", "", "a"), want: mustRefuse},
	{name: "name with NUL", fields: pseudo("GET", "a\x00b", "a"), want: mustRefuse},
	{name: "name above 127", fields: pseudo("GET", "\xc3\xa4", "a"), want: mustRefuse},
	{name: "value with a line end", fields: pseudo("GET", "a", "b\r\nTransfer-Encoding: chunked"), want: mustRefuse},
	{name: "value with a line feed", fields: pseudo("GET", "a", "b\nTransfer-Encoding: chunked"), want: mustRefuse},
	{name: "value with a carriage return", fields: pseudo("GET", "a", "b\rc"), want: mustRefuse},
	{name: "value with NUL", fields: pseudo("GET", "a", "b\x00c"), want: mustRefuse},
	{name: "value with a space before and behind", fields: pseudo("GET", "a", " b "), want: mayPass},
	{name: ":path with a line end", fields: instead(":path", "/{I}/ HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled/{I}"), want: mustRefuse},
	{name: ":path with a space", fields: instead(":path", "/{I}/ HTTP/1.1"), want: mayPass},
	{name: ":path empty", fields: instead(":path", ""), want: mustRefuse},
	{name: ":path without a slash", fields: instead(":path", "{I}"), want: mustRefuse},
	{name: ":path *", fields: instead(":path", "*"), want: mayPass},
	{name: ":path an address", fields: instead(":path", "https://evil.test/{I}/"), want: mustRefuse},
	{name: ":path with a fragment", fields: instead(":path", "/{I}/#a"), want: mayPass},
	{name: ":path with NUL", fields: instead(":path", "/{I}/\x00"), want: mustRefuse},
	{name: ":path with two slashes first", fields: instead(":path", "//evil.test/{I}/"), want: mayPass},
	{name: "no :path", fields: without(":path"), want: mustRefuse},
	{name: ":path twice", fields: append([]string{":path", "/{I}/"}, pseudo("GET")...), want: mustRefuse},
	{name: ":method with a line end", fields: instead(":method", "GET /{I}/ HTTP/1.1\r\nHost: a\r\n\r\nGET"), want: mustRefuse},
	{name: ":method with a space", fields: instead(":method", "GET /smuggled/{I}"), want: mustRefuse},
	{name: ":method empty", fields: instead(":method", ""), want: mustRefuse},
	{name: "no :method", fields: without(":method"), want: mustRefuse},
	{name: ":method CONNECT", fields: []string{":method", "CONNECT", ":authority", "{H}", "cookie", "{K}"}, want: mustRefuse},
	{name: ":method CONNECT to another", fields: []string{":method", "CONNECT", ":authority", "evil.test:443", "cookie", "{K}"}, want: mustRefuse},
	{name: ":method CONNECT with a path", fields: pseudo("CONNECT"), want: mustRefuse},
	{name: ":protocol", fields: append([]string{":protocol", "websocket"}, pseudo("CONNECT", "sec-websocket-version", "13")...), want: mustRefuse},
	{name: ":scheme http", fields: instead(":scheme", "http"), want: mayPass},
	{name: ":scheme with a line end", fields: instead(":scheme", "https://a/\r\nx: y"), want: mayPass},
	{name: ":scheme an address", fields: instead(":scheme", "https://evil.test/x?"), want: mayPass},
	{name: "no :scheme", fields: without(":scheme"), want: mustRefuse},
	{name: ":authority of another tenant", fields: instead(":authority", "{O}"), want: mustRefuse},
	{name: ":authority of nobody", fields: instead(":authority", "evil.test"), want: mustRefuse},
	{name: ":authority with userinfo", fields: instead(":authority", "a@{H}"), want: mustRefuse},
	{name: ":authority with a line end", fields: instead(":authority", "{H}\r\nx: y"), want: mustRefuse},
	{name: ":authority with a path", fields: instead(":authority", "{H}/a"), want: mustRefuse},
	{name: ":authority empty, host", fields: append(instead(":authority", ""), "host", "{H}"), want: mayPass},
	{name: "no :authority, host", fields: append(without(":authority"), "host", "{H}"), want: mayPass},
	{name: "no :authority, no host", fields: without(":authority"), want: mustRefuse},
	{name: ":authority and another host", fields: pseudo("GET", "host", "evil.test"), want: mayPass},
	{name: "another :authority and host", fields: append(instead(":authority", "evil.test"), "host", "{H}"), want: mustRefuse},
	{name: "host twice", fields: append(without(":authority"), "host", "{H}", "host", "evil.test"), want: mayPass},
	{name: "unknown pseudo-header field", fields: append([]string{":foo", "a"}, pseudo("GET")...), want: mustRefuse},
	{name: "pseudo-header field of an answer", fields: append([]string{":status", "200"}, pseudo("GET")...), want: mustRefuse},
	{name: "pseudo-header field behind a field", fields: append([]string{"a", "b"}, pseudo("GET")...), want: mustRefuse},
	{name: "trailers", fields: pseudo("POST", "trailer", "a"), data: "abc", trailers: []string{"a", "b"}, want: mustPass},
	{name: "trailers with a pseudo-header field", fields: pseudo("POST"), data: "abc", trailers: []string{":path", "/smuggled/{I}"}, want: mayPass},
	{name: "trailers with a line end", fields: pseudo("POST", "trailer", "a"), data: "abc", trailers: []string{"a", "b\r\n\r\n" + hidden}, want: mayPass},
	{name: "trailers with transfer-encoding", fields: pseudo("POST"), data: "abc", trailers: []string{"transfer-encoding", "chunked"}, want: mayPass},
	{name: "trailers with host and cookie", fields: pseudo("POST", "trailer", "host, cookie"), data: "abc", trailers: []string{"host", "evil.test", "cookie", "a=b"}, want: mayPass},
	{name: "expect: something", fields: pseudo("POST", "expect", "something"), data: hidden, want: mayPass},
	{name: "fields of 200 kB", fields: pseudo("GET", "x", strings.Repeat("a", 200<<10)), want: mustRefuse},
	{name: "20,000 cookie crumbs", fields: pseudo("GET", crumbs(20000)...), want: mustRefuse},
}

func crumbs(n int) []string {
	var f []string
	for i := range n {
		f = append(f, "cookie", fmt.Sprintf("c%d=1", i))
	}
	return f
}

func testHTTP2(t *testing.T, targets []*target, missing []string) {
	names := make([]string, len(frameCases))
	for i, c := range frameCases {
		names[i] = c.name
	}
	table := newTable("HTTP/2", targets, missing, names)
	var all sync.WaitGroup
	for col, g := range targets {
		all.Go(func() {
			for row, c := range frameCases {
				table.set(row, col, g.tryFrames(t, c, fmt.Sprintf("case-%d-", 1000+row)))
			}
		})
	}
	all.Wait()
	table.report(t)
}

// tryFrames sends one case on a connection of its own.
func (g *target) tryFrames(t *testing.T, c frameCase, id string) outcome {
	t.Helper()
	g.record.begin(id)
	conn, err := g.dial(true)
	if err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(firstAnswer + time.Second)) //nolint:errcheck // a loopback connection
	// The preface goes first of all; what follows may cross the answers.
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
	go g.sendFrames(conn, c, id)
	o := readFrames(conn)
	conn.Close()
	g.judge(&o, id, c.want, 1)
	return o
}

func (g *target) sendFrames(conn net.Conn, c frameCase, id string) {
	cookie := strings.TrimSuffix(strings.TrimPrefix(g.cookie, "Cookie: "), "\r\n")
	if cookie == "" {
		cookie = "a=b"
	}
	value := strings.NewReplacer("{H}", g.host, "{I}", id, "{K}", cookie, "{O}", g.other)
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encode := func(fields []string) []byte {
		block.Reset()
		for i := 0; i < len(fields); i += 2 {
			encoder.WriteField(hpack.HeaderField{Name: value.Replace(fields[i]), Value: value.Replace(fields[i+1])}) //nolint:errcheck // to memory
		}
		return bytes.Clone(block.Bytes())
	}
	f := http2.NewFramer(conn, nil)
	f.AllowIllegalWrites = true
	f.WriteSettings() //nolint:errcheck // whoever refuses early closes early; so below
	head := func(fields []string, end bool) {
		all := encode(fields)
		first := all[:min(len(all), 16000)]
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: end, EndHeaders: len(first) == len(all)}) //nolint:errcheck
		for rest := all[len(first):]; len(rest) > 0; {
			n := min(len(rest), 16000)
			if f.WriteContinuation(1, n == len(rest), rest[:n]) != nil {
				return
			}
			rest = rest[n:]
		}
	}
	head(c.fields, c.data == "" && c.trailers == nil)
	if c.data != "" {
		f.WriteData(1, c.trailers == nil, []byte(value.Replace(c.data))) //nolint:errcheck
	}
	if c.trailers != nil {
		head(c.trailers, true)
	}
}

// readFrames reads until the stream or the connection ends.
func readFrames(conn net.Conn) (o outcome) {
	f := http2.NewFramer(conn, conn)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			var timeout net.Error
			o.closed = !errors.As(err, &timeout) || !timeout.Timeout()
			return o
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				f.WriteSettingsAck() //nolint:errcheck // seen by the next read
			}
		case *http2.MetaHeadersFrame:
			if status, err := strconv.Atoi(frame.PseudoValue("status")); err == nil {
				o.status = append(o.status, status)
			}
			if frame.StreamEnded() {
				return o
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				return o
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			o.closed = true
			return o
		}
	}
}
