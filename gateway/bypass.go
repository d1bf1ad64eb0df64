package gateway

import (
	"net/http"
	"net/url"
	"slices"
)

// bypassed reports whether a request is sent on to the app's own address, because an emergency bypass covers the app.
// That is so for pages that a person goes to. What their scripts still ask for, and a sign-in that began here and
// whose answer must come back here, go through as always.
func (h *hop) bypassed() bool {
	if h.g.parts.Bypassed == nil || !h.req.TopLevel || h.r.Method != http.MethodGet || h.pending != nil || h.resume != "" {
		return false
	}
	answer := func(address string) bool {
		u, err := url.Parse(address)
		return err == nil && u.Path == h.r.URL.Path
	}
	// fail open: an administrator chose, for a time and with a reason on record, that work goes on without the gateway.
	through := h.t.Instance.Federation.Through // a bypass of the sign-in covers also apps that came after it had begun
	covered := h.g.parts.Bypassed(h.t.Tenant, h.t.Instance.ID) || through != "" && h.g.parts.Bypassed(h.t.Tenant, through)
	return covered && !slices.ContainsFunc(h.t.Instance.Federation.RedirectURIs, answer)
}
