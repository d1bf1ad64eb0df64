package gateway

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/referee-casb/referee/session"
)

// issued remembers bearers that the app's answer gives a page, so that the page's requests to sibling hosts, which carry
// the bearer and no cookie, are known to be of this session.
func (h *hop) issued(a *answer) {
	if !h.req.Issuer || h.entry == nil || a.res.StatusCode != http.StatusOK || !strings.Contains(first(a.res.Header, "Content-Type"), "json") || a.coding != "" {
		return
	}
	for a.err == nil && a.n < len(a.buf) {
		a.more()
	}
	for _, token := range bearers(a.buf[:a.n]) {
		err := session.AdoptHostCookie(h.ctx, h.g.parts.Codes, h.g.parts.Vault, h.t.Tenant, h.entry.App.ID, bearerHost, h.entry.Key, bearerSecret(token), h.now)
		if err != nil {
			h.g.log.Error("bearer not remembered", "tenant", h.t.Tenant, "err", err)
			return // fail closed: requests with it will be strangers'
		}
	}
}

// bearers finds the tokens in a JSON answer, by the names that OAuth (RFC 6749 section 5.1), OpenID Connect and their
// imitators give them.
func bearers(body []byte) []string {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil {
		return nil
	}
	var out []string
	for range 2 { // at the top, or one object further down
		var inner map[string]any
		for name, v := range doc {
			switch v := v.(type) {
			case string:
				if bearerField(name) && len(v) >= 16 && len(v) <= 16<<10 {
					out = append(out, v)
				}
			case map[string]any:
				inner = v
			}
		}
		doc = inner
	}
	return out
}

func bearerField(name string) bool {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)) {
	case "accesstoken", "token", "idtoken", "bearer", "apitoken", "sessiontoken", "authtoken", "jwt":
		return true
	}
	return false
}
