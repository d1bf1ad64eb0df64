package header

import (
	"net/http"
	"strings"
)

// Outgoing says what the request side needs beside the fields themselves.
type Outgoing struct {
	Begun   Initiator
	Cookie  string // for the app, from the jar; "" none
	Epoch   int64  // of the variants whose tags are ours
	Whole   bool   // the answer may be rewritten: ask for all of it, never for a range
	Upgrade bool   // the request may become a WebSocket
	Address string // the client's address for X-Forwarded-For; "" tells the app nothing
}

// Values that are shared by all requests; the transport only reads them.
var (
	noAgent  = []string{""}
	https    = []string{"https"}
	trailers = []string{"trailers"}
	upgrade  = []string{"Upgrade"}
	socket   = []string{"websocket"}
)

// Request edits the client's fields into those for the app. Every field is kept, mapped or dropped here; a mapped
// authority in a field that nobody thought of is reversed too.
func (m *Mapper) Request(h http.Header, out *Outgoing) {
	if c := h["Connection"]; len(c) > 0 {
		dropNamed(h, c)
	}
	for key, values := range h {
		switch key {
		case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "Proxy",
			"Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings", "Early-Data", "Via", "Forwarded",
			"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
			"X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Proto-Version",
			"X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "X-Host", "X-Real-Ip", "X-Client-Ip", "Client-Ip",
			"True-Client-Ip", "X-Cluster-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Originating-Ip",
			"X-Remote-Ip", "X-Remote-Addr", "Alt-Used", "Available-Dictionary", "Dictionary-Id", "Cookie":
			delete(h, key)
		case "Te":
			if hasToken(values, "trailers") {
				h[key] = trailers
			} else {
				delete(h, key)
			}
		case "Accept-Encoding":
			v := AcceptEncoding(strings.Join(values, ", "))
			if v == "" {
				delete(h, key)
			} else if len(values) != 1 || values[0] != v {
				h[key] = []string{v}
			}
		case "Origin":
			replace(values, m.OriginToReal)
		case "Sec-Fetch-Site":
			if out.Begun.Site == SiteUnknown {
				delete(h, key)
			} else if len(values) != 1 || values[0] != string(out.Begun.Site) {
				h[key] = []string{string(out.Begun.Site)}
			}
		case "Range":
			if out.Whole {
				delete(h, key)
			}
		case "If-Range":
			if out.Whole {
				delete(h, key)
			} else if len(values) > 0 && IsVariant(values[0]) { // a weak tag never matches: the whole file is the answer
				delete(h, "Range")
				delete(h, key)
			}
		case "If-None-Match", "If-Match":
			if v := Original(strings.Join(values, ", "), out.Epoch); v == "" {
				delete(h, key)
			} else if len(values) != 1 || values[0] != v {
				h[key] = []string{v}
			}
		case "Accept", "Accept-Language", "User-Agent", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User",
			"Content-Length", "Cache-Control", "Pragma", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Priority",
			"Upgrade-Insecure-Requests", "Dnt":
			// The browser's own words: no URL in them, so no search.
		default:
			replace(values, m.Reverse)
		}
	}
	if out.Cookie != "" {
		h["Cookie"] = []string{out.Cookie}
	}
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = noAgent // or the transport would send one of its own
	}
	if out.Address != "" {
		h["X-Forwarded-For"] = []string{out.Address}
		h["X-Forwarded-Proto"] = https
	}
	if out.Upgrade {
		h["Connection"], h["Upgrade"] = upgrade, socket
	}
}

// dropNamed removes the fields that Connection names (RFC 9110 section 7.6.1).
func dropNamed(h http.Header, connection []string) {
	for _, v := range connection {
		switch v {
		case "keep-alive", "close", "Upgrade", "upgrade":
			continue
		}
		for name := range strings.SplitSeq(v, ",") {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			switch name {
			case "", "Close", "Te", "Host", "Cookie", "Authorization", "Origin", "Referer", "Content-Length", "Range":
				continue // a client doesn't get to hide from decisions what it sends
			}
			if !strings.HasPrefix(name, "Sec-") {
				delete(h, name)
			}
		}
	}
}

// replace maps every value in place.
func replace(values []string, change func(string) string) {
	for i, v := range values {
		if c := change(v); c != v {
			values[i] = c
		}
	}
}

// hasToken reports whether a comma separated list field names token, ASCII case aside.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for item := range strings.SplitSeq(v, ",") {
			name, _, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(name), token) {
				return true
			}
		}
	}
	return false
}

// Upgrading reports whether a request asks for a WebSocket over HTTP/1.1 (RFC 6455 section 4.1). other is set when it asks to
// switch to something else.
func Upgrading(r *http.Request) (socket, other bool) {
	up := r.Header["Upgrade"]
	if len(up) == 0 {
		return false, false
	}
	if r.ProtoMajor == 1 && r.Method == http.MethodGet && len(up) == 1 && strings.EqualFold(strings.TrimSpace(up[0]), "websocket") &&
		hasToken(r.Header["Connection"], "upgrade") {
		return true, false
	}
	return false, true
}
