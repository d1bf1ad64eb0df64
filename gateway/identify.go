package gateway

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/session"
)

// lookupPurpose is the vault purpose of the signed look-up cookie.
const lookupPurpose = "gateway.lookup"

// bearerHost stands in a host cookie's row for the host when the secret is a bearer the gateway saw issued.
const bearerHost = "bearer"

// identify finds the session that a request belongs to. When there is none, or that can't be told, it answers and
// returns false. The order is the design's: the host's own cookie (which the client script makes a page send along);
// the look-up cookie, which mints one; a bearer that the gateway saw issued; an unguessable session label; a public
// host; else sign-in for a navigation and 401 for everything else.
func (h *hop) identify() bool {
	for _, try := range [...]func() (*session.Entry, credential, error){h.cookie, h.label, h.lookup, h.bearer} {
		e, how, err := try()
		switch {
		case err != nil && !fault.Is(err, fault.Unauthenticated):
			h.g.log.Error("session not found out", "err", err, "tenant", h.t.Tenant)
			h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: nobody can tell whose request it is
			return false
		case e == nil:
			continue
		case e.App.Instance != h.t.Instance.ID:
			continue // the host has moved to another instance since
		}
		h.entry, h.sess, h.how = e, e.Session(), how
		return true
	}
	if h.public() {
		h.how, h.bare = byPlace, true
		return true
	}
	h.g.counts.unauthenticated.Add(1)
	h.unauthenticated()
	return false
}

// cookie takes the host's own cookie.
func (h *hop) cookie() (*session.Entry, credential, error) {
	if h.own.Session == "" || h.token != "" {
		return nil, byNothing, nil
	}
	e, err := h.g.parts.Sessions.Find(h.ctx, h.t.Tenant, h.t.Mapped, h.own.Session)
	if err == nil && h.own.Lookup != "" && !h.req.Navigation && h.siblings() && !h.names(e) {
		// Somebody else has signed in to the app in this browser since. What the page of the other host does, it does as
		// that person; the look-up cookie says who.
		return nil, byNothing, nil
	}
	return e, byCookie, err
}

// names reports whether the look-up cookie is of the app session that was found.
func (h *hop) names(e *session.Entry) bool {
	payload, err := h.g.parts.Vault.Verify(h.t.Tenant, lookupPurpose, h.own.Lookup)
	return err != nil || h.own.Doubled || string(payload) == e.Key.LookupSecret().Reveal()
}

// label takes the session label of an anonymous host. Who has the label has the page that it was written into; a link with
// one that was passed on leads through sign-in.
func (h *hop) label() (*session.Entry, credential, error) {
	if h.token == "" || h.t.Host.Role != catalog.RoleAnonymous || h.req.Navigation && !h.siblings() {
		return nil, byNothing, nil
	}
	e, err := h.g.parts.Sessions.FindLabel(h.ctx, h.t.Tenant, h.token)
	h.bare = true // a page asks such hosts without credentials
	return e, byLabel, err
}

// lookup takes the signed look-up cookie and mints this host's own. The cookie authorises nothing alone: the request
// must come from a page, never as a navigation, and that page's host must be of the very instance whose app session the
// cookie names.
func (h *hop) lookup() (*session.Entry, credential, error) {
	if h.own.Lookup == "" || h.own.Doubled || h.token != "" || h.t.Host.Role == catalog.RoleStatic || h.req.Navigation || !h.siblings() {
		return nil, byNothing, nil
	}
	payload, err := h.g.parts.Vault.Verify(h.t.Tenant, lookupPurpose, h.own.Lookup)
	if err != nil {
		return nil, byNothing, nil
	}
	secret, ok := session.ParseSecret(string(payload))
	if !ok {
		return nil, byNothing, nil
	}
	e, err := h.g.parts.Sessions.FindLookup(h.ctx, h.t.Tenant, secret)
	if err != nil {
		return nil, byNothing, err
	}
	if e.App.Instance != h.t.Instance.ID {
		return nil, byNothing, nil
	}
	minted, err := session.MintHostCookie(h.ctx, h.g.parts.Codes, h.g.parts.Vault, h.t.Tenant, e.App.ID, h.t.Mapped, e.Key, h.now)
	if err != nil {
		return nil, byNothing, err
	}
	h.fresh = append(h.fresh, sessionCookie(minted))
	return e, byLookup, nil
}

// bearer takes a token that an app's answer issued to a page of this session.
func (h *hop) bearer() (*session.Entry, credential, error) {
	if h.req.Navigation || h.token != "" {
		return nil, byNothing, nil
	}
	token, ok := bearerOf(h.r.Header)
	if !ok {
		return nil, byNothing, nil
	}
	e, err := h.g.parts.Sessions.Find(h.ctx, h.t.Tenant, bearerHost, bearerSecret(token).Reveal())
	return e, byBearer, err
}

// public reports whether the host needs no session: public files, read only.
func (h *hop) public() bool {
	return h.t.Host.Role == catalog.RoleStatic && (h.r.Method == http.MethodGet || h.r.Method == http.MethodHead)
}

// bearerOf reads a bearer token (RFC 6750 section 2.1).
func bearerOf(hd http.Header) (string, bool) {
	v := hd["Authorization"]
	if len(v) != 1 || len(v[0]) < 8+16 || !strings.EqualFold(v[0][:7], "bearer ") {
		return "", false
	}
	token := strings.TrimSpace(v[0][7:])
	return token, len(token) >= 16 // shorter ones can be guessed: not by them
}

// bearerSecret is the secret under which a bearer is kept: its hash, so that the token itself never is.
func bearerSecret(token string) session.Secret {
	sum := sha256.Sum256([]byte("referee bearer\x00" + token))
	return session.Secret(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// sessionCookie is the Set-Cookie line of a host's own cookie. It lives as long as the browser; the session behind it
// ends when it ends.
func sessionCookie(s session.Secret) string {
	return "__Host-referee=" + s.Reveal() + "; Path=/; Secure; HttpOnly; SameSite=Lax"
}
