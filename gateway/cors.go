package gateway

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/header"
)

// preflight reports whether a request is a CORS preflight (Fetch standard, section 4.9). It carries no credentials.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) == 1 && len(r.Header["Access-Control-Request-Method"]) == 1
}

// preflight answers a preflight itself, mostly: nothing without a session reaches an app. Pages of the instance's own hosts
// may go on, and what they then may read the app's own answer says. Whether pages of another app of the tenant may go on
// only the app can say (crossing). All others may not. A public host may be read by any.
func (h *hop) preflight() {
	hd := h.w.Header()
	hd.Set("Cache-Control", "no-store")
	method := first(h.r.Header, "Access-Control-Request-Method")
	switch {
	case h.siblings():
		hd.Set("Access-Control-Allow-Origin", h.begun.Mapped)
		hd.Set("Access-Control-Allow-Credentials", "true")
		hd.Set("Access-Control-Allow-Methods", methodToken(method))
		if names := first(h.r.Header, "Access-Control-Request-Headers"); names != "" {
			hd.Set("Access-Control-Allow-Headers", fieldNames(names))
		}
		if first(h.r.Header, "Access-Control-Request-Private-Network") == "true" {
			hd.Set("Access-Control-Allow-Private-Network", "true")
		}
		hd.Set("Access-Control-Max-Age", "600")
		hd.Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
	case h.t.Host.Role == catalog.RoleStatic && (method == http.MethodGet || method == http.MethodHead):
		hd.Set("Access-Control-Allow-Origin", "*")
		hd.Set("Access-Control-Allow-Methods", "GET, HEAD")
	case h.begun.Real != "" && h.begun.Real != h.t.Real && h.crossing():
	default:
		h.g.counts.refused.Add(1)
		h.w.WriteHeader(http.StatusForbidden) // fail closed: without the fields the browser stops
		return
	}
	h.w.WriteHeader(http.StatusNoContent)
}

// Bounds of the preflights that are passed on. They come without credentials, so anybody can send them.
const (
	crossingsMost = 32 // at once, of one gateway
	crossingTime  = 5 * time.Second
)

// crossing asks the app whether pages of another app of the tenant may send what the preflight announces, and writes the
// fields of its answer. The app gets the question alone: method, address, origin, no cookie, no authorization, no body; the
// browser gets the answer's CORS fields alone, if they allow that very page. It returns false when they don't, or can't be
// had.
func (h *hop) crossing() bool {
	if h.g.crossings.Add(1) > crossingsMost {
		h.g.crossings.Add(-1)
		return false // fail closed: the page may ask again
	}
	defer h.g.crossings.Add(-1)
	transport, err := h.g.reach(h.app, h.t.Instance)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(h.ctx, crossingTime)
	defer cancel()
	u := url.URL{Scheme: "https", Host: h.t.Real, Path: h.r.URL.Path, RawPath: h.r.URL.RawPath, RawQuery: h.r.URL.RawQuery}
	q, err := http.NewRequestWithContext(ctx, http.MethodOptions, u.String(), nil)
	if err != nil {
		return false
	}
	from, method, names := "https://"+h.begun.Real, methodToken(first(h.r.Header, "Access-Control-Request-Method")), fieldNames(first(h.r.Header, "Access-Control-Request-Headers"))
	q.Header = http.Header{
		"Accept": {"*/*"}, "Origin": {from}, "Access-Control-Request-Method": {method},
		"Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Site": {string(header.SiteCrossSite)},
		"User-Agent": {first(h.r.Header, "User-Agent")},
	}
	if related(h.begun.Real, h.t.Real) {
		q.Header["Sec-Fetch-Site"] = []string{string(header.SiteSameSite)}
	}
	if names != "" {
		q.Header["Access-Control-Request-Headers"] = []string{names}
	}
	res, err := transport.RoundTrip(q)
	if err != nil {
		h.g.log.Debug("preflight not answered", "tenant", h.t.Tenant, "host", h.t.Real, "err", err)
		return false
	}
	res.Body.Close()
	origins := res.Header["Access-Control-Allow-Origin"]
	if res.StatusCode < 200 || res.StatusCode > 299 || len(origins) != 1 { // Fetch standard, section 4.8, step 7
		return false
	}
	hd := h.w.Header()
	switch origins[0] {
	case "*":
		hd["Access-Control-Allow-Origin"] = origins
	case from:
		hd["Access-Control-Allow-Origin"] = []string{h.begun.Mapped}
	default:
		return false
	}
	for _, k := range []string{"Access-Control-Allow-Credentials", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"} {
		if v := res.Header[k]; len(v) > 0 {
			hd[k] = v
		}
	}
	hd["Vary"] = []string{"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
	return true
}

// methodToken gives back a method, or nothing when it isn't one: the field is echoed.
func methodToken(s string) string {
	for i := range len(s) {
		if !isToken(s[i]) {
			return ""
		}
	}
	return s
}

// fieldNames gives back a list of field names without anything else.
func fieldNames(s string) string {
	for i := range len(s) {
		if c := s[i]; !isToken(c) && c != ',' && c != ' ' {
			return ""
		}
	}
	return s
}

// isToken reports whether c may be in a token (RFC 9110 section 5.6.2).
func isToken(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}
