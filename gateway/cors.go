package gateway

import (
	"net/http"

	"github.com/referee-casb/referee/catalog"
)

// preflight reports whether a request is a CORS preflight (Fetch standard, section 4.9). It carries no credentials.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) == 1 && len(r.Header["Access-Control-Request-Method"]) == 1
}

// preflight answers a preflight itself: nothing without a session reaches an app. Pages of the instance's own hosts may
// go on, and what they then may read the app's own answer says; all others may not. A public host may be read by any.
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
	default:
		h.g.counts.refused.Add(1)
		h.w.WriteHeader(http.StatusForbidden) // fail closed: without the fields the browser stops
		return
	}
	h.w.WriteHeader(http.StatusNoContent)
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
