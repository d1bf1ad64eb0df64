package gateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/session"
)

const (
	targetPurpose = "gateway.target"
	targetTime    = time.Hour // to sign in
	targetMost    = 3 << 10   // a longer deep link becomes the app's front page
	nonceTime     = "3600"
)

// target is where a person wanted to go before sign-in. It travels sealed in the browser, so that nobody who isn't
// signed in can fill the store.
type target struct {
	Path    string `json:"p"`           // with query
	Stash   string `json:"s,omitempty"` // of the form that was being sent
	Expires int64  `json:"e"`

	Files *replayed `json:"f,omitempty"` // set when that form was kept as it came
}

// unauthenticated answers a request that belongs to no session: sign-in for a person's navigation, 401 for a script's
// request. A redirect there would send the page's request to another site and fail in a way nobody understands.
func (h *hop) unauthenticated() {
	if h.wantsWorker() {
		h.endWorker() // what a worker kept for the session that was is not for whoever comes next
		return
	}
	if !h.req.Navigation {
		h.problem(http.StatusUnauthorized, "signin", page.SignIn, nil)
		return
	}
	if !h.req.TopLevel {
		// A frame can't show the sign-in page and must not carry a hand-over code. The page around it is asking for this
		// host's session at this moment (Config.Warm of the client script), so the frame looks again for a few seconds.
		h.waitPage(page.SignIn, h.r.URL.RequestURI())
		return
	}
	switch h.r.Method {
	case http.MethodGet, http.MethodHead:
		h.handOver(target{Path: h.r.URL.RequestURI()})
	case http.MethodPost:
		h.stashForm()
	default:
		h.problem(http.StatusUnauthorized, "signin", page.SignIn, nil)
	}
}

// handOver sends the browser to the broker, which signs the person in if need be and sends it back with a code. The
// nonce cookie ties the code to this browser; the target comes back as it went.
func (h *hop) handOver(to target) {
	nonce, ok := session.ParseSecret(h.own.Nonce)
	if !ok || h.own.Doubled {
		nonce = session.NewSecret()
	}
	ret, err := h.sealTarget(to)
	if err != nil {
		h.g.log.Error("deep link not sealed", "err", err, "tenant", h.t.Tenant)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: the vault does not answer
		return
	}
	h.w.Header().Add("Set-Cookie", nonceCookie(nonce.Reveal(), nonceTime))
	q := url.Values{"host": {h.t.Mapped}, "nonce": {nonce.Hash()}, "ret": {ret}}
	h.redirect(h.g.brokerURL(h.t.Tenant, "handover?"+q.Encode()))
}

func nonceCookie(value, age string) string {
	return header.NonceCookie + "=" + value + "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=" + age
}

func (h *hop) sealTarget(to target) (string, error) {
	if len(to.Path) > targetMost {
		to.Path = "/"
	}
	to.Expires = h.now.Add(targetTime).Unix()
	plain, err := json.Marshal(to)
	if err != nil {
		return "", err
	}
	sealed, err := h.g.parts.Vault.Seal(h.t.Tenant, targetPurpose, plain, []byte(h.t.Mapped))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// openTarget reads a target that came back; the app's front page when it is not one of ours.
func (h *hop) openTarget(ret string) target {
	front := target{Path: "/"}
	sealed, err := base64.RawURLEncoding.DecodeString(ret)
	if err != nil {
		return front
	}
	plain, err := h.g.parts.Vault.Open(h.t.Tenant, targetPurpose, sealed, []byte(h.t.Mapped))
	if err != nil {
		return front
	}
	var to target
	if json.Unmarshal(plain, &to) != nil || len(to.Path) == 0 || to.Path[0] != '/' || h.now.Unix() > to.Expires {
		return front
	}
	return to
}

// redirect answers 303: whatever was asked for, the next request is a GET.
func (h *hop) redirect(to string) {
	hd := h.w.Header()
	hd.Set("Location", to)
	hd.Set("Cache-Control", "no-store")
	hd.Set("Referrer-Policy", "no-referrer") // a deep link is nobody else's business
	h.w.WriteHeader(http.StatusSeeOther)
}

// enter redeems a hand-over code: /.referee/enter?code=…&ret=….
func (h *hop) enter() {
	r := h.r
	if r.Method != http.MethodGet {
		h.method("GET")
		return
	}
	// Top-level navigations only: a frame, an image or a script never carries a session over. fail closed: a client
	// that doesn't say what it is doing is none of the browsers we can protect.
	if first(r.Header, "Sec-Fetch-Mode") != "navigate" || first(r.Header, "Sec-Fetch-Dest") != "document" {
		h.g.counts.refused.Add(1)
		h.errorPage(http.StatusForbidden, page.HandOver, "")
		return
	}
	q := r.URL.Query()
	to := h.openTarget(q.Get("ret"))
	appSession, key, err := h.redeem(q.Get("code"))
	if err != nil {
		// The same code twice is mostly a second tab or the back button: who has a session here goes on.
		if e, _, ok := h.cookie(); ok == nil && e != nil {
			h.redirect(origin(h.t) + to.Path)
			return
		}
		h.g.counts.refused.Add(1)
		h.g.log.Info("hand-over refused", "tenant", h.t.Tenant, "host", h.t.Mapped, "err", err)
		h.errorPage(http.StatusForbidden, page.HandOver, to.Path) // fail closed
		return
	}
	app, err := h.g.parts.Apps.AppSession(h.ctx, h.t.Tenant, appSession)
	if err != nil || app.Instance != h.t.Instance.ID {
		h.g.log.Error("app session of a hand-over", "tenant", h.t.Tenant, "err", err)
		h.errorPage(http.StatusForbidden, page.HandOver, to.Path) // fail closed
		return
	}
	minted, err := session.MintHostCookie(h.ctx, h.g.parts.Codes, h.g.parts.Vault, h.t.Tenant, app.ID, h.t.Mapped, key, h.now)
	if err == nil {
		var line string
		if line, err = h.lookupCookie(key); err == nil {
			hd := h.w.Header()
			hd.Add("Set-Cookie", sessionCookie(minted))
			hd.Add("Set-Cookie", line)
			hd.Add("Set-Cookie", nonceCookie("", "0"))
		}
	}
	if err != nil {
		h.g.log.Error("host cookie not minted", "tenant", h.t.Tenant, "err", err)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed
		return
	}
	if to.Stash != "" {
		h.replay(to, app)
		return
	}
	h.redirect(origin(h.t) + to.Path)
}

func (h *hop) redeem(text string) (string, *session.DataKey, error) {
	code, ok := session.ParseSecret(text)
	nonce, held := session.ParseSecret(h.own.Nonce)
	if !ok || !held || h.own.Doubled {
		// The code is burnt all the same: somebody has seen it.
		if ok {
			_, _ = h.g.parts.Codes.TakeCode(h.ctx, h.t.Tenant, code.Hash())
		}
		return "", nil, errNoNonce
	}
	return session.RedeemCode(h.ctx, h.g.parts.Codes, h.g.parts.Vault, h.t.Tenant, h.t.Mapped, code, nonce, h.now)
}

// lookupCookie is the Set-Cookie line of the instance's look-up id on the tenant's domain.
func (h *hop) lookupCookie(key *session.DataKey) (string, error) {
	value, err := h.g.parts.Vault.Sign(h.t.Tenant, lookupPurpose, []byte(key.LookupSecret().Reveal()), h.now.Add(lookupTime))
	if err != nil {
		return "", err
	}
	return h.app.lookup + "=" + value + "; Domain=" + string(h.t.Tenant) + "." + hostOf(h.g.cfg.Suffix) + "; Path=/; Secure; HttpOnly; SameSite=Lax", nil
}

// lookupTime bounds a look-up cookie; the session behind it is checked on every use.
const lookupTime = 24 * time.Hour

// ownPath is an address of Referee's own on a mapped host.
func ownPath(name string) string { return shim.Prefix + name }
