package gateway

import (
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/gateway/shim"
)

// discovered notes a host that the page asked past the gateway, so that an administrator learns what an app lacks. A page
// can make names up: they are shown as what a page said, and nothing follows from them by itself.
func (h *hop) discovered(e *shim.Event) {
	if h.g.parts.Discovered == nil {
		return
	}
	host := strings.TrimSuffix(strings.ToLower(e.Detail.Name), ":443")
	if !catalog.IsHost(host) {
		return
	}
	name, _, _ := strings.Cut(host, ":")
	suffix := hostOf(h.g.cfg.Suffix)
	broker, _, _ := strings.Cut(strings.TrimPrefix(h.g.cfg.Broker, "https://"), ":")
	if name == suffix || strings.HasSuffix(name, "."+suffix) || name == broker {
		return // Referee's own
	}
	if _, has := h.book.Target(h.t.Tenant, host); has {
		return // of another app of the tenant
	}
	h.g.parts.Discovered(h.t.Tenant, h.t.Instance.ID, host, kindOf(e.Detail.Via))
}

// kindOf is what asked for a host, in the words of Resource Timing; "other" for words that it doesn't have.
func kindOf(via string) string {
	switch via {
	case "script", "link", "img", "image", "css", "fetch", "xmlhttprequest", "beacon", "iframe", "frame", "video", "audio", "track", "embed", "object", "input", "body", "navigation", "ping", "early-hints", "icon":
		return via
	}
	return "other"
}
