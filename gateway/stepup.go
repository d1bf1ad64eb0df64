package gateway

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// Words for an action that waits for a step-up.
const (
	titleStepUp = "Confirm it’s you"
	wordsStepUp = "Your organisation asks you to confirm it’s you before this goes on. It goes on by itself afterwards."
	wordsOnPage = "Your organisation asks you to confirm it’s you first. Then do it once more."
	wordsAgain  = "Your organisation asks you to confirm it’s you first. Then do it once more: this is too large to be kept meanwhile."
)

// stepsUp says that an action waits for a step-up, and keeps what is needed to go on with it: the address of a page, the
// request of a form or a script.
func (h *hop) stepsUp(b *session.Blocked, s *stop) {
	if h.v.Gate != policy.GateStepUp || len(h.v.Steps) == 0 {
		return
	}
	if h.unheld() {
		return // fail closed: a grant would be good for whatever is sent here meanwhile, so none can be earned
	}
	b.Steps = slices.Clone(h.v.Steps)
	s.step = true
	again := true // a GET is simply asked for again
	switch {
	case h.onPage:
		b.Script, b.Return = true, ""
	case h.r.Method == http.MethodGet || h.r.Method == http.MethodHead:
		b.Script = !h.req.Navigation
	default:
		id := h.stashRequest()
		if again = id != ""; again {
			s.resume, b.Kept = h.resumeURL(id), h.req.Navigation
		}
		if b.Kept {
			b.Return = s.resume
		}
		b.Script = again && !h.req.Navigation
	}
	if b.Script {
		b.Return = ""
		s.watch = origin(h.t) + ownPath("stepup") + "?ref=" + b.Reference
	}
	if p := h.v.Blocker; p == nil || p.Message == "" {
		s.html, s.text = wordsStepUp, wordsStepUp
		switch {
		case h.onPage:
			s.html, s.text = wordsOnPage, wordsOnPage
		case !again:
			s.html, s.text = wordsAgain, wordsAgain
		}
	}
	s.title = titleStepUp
}

// unheld reports whether the action is a write whose bytes are not at hand, so that nothing ties a grant to them.
func (h *hop) unheld() bool {
	switch h.r.Method {
	case http.MethodGet, http.MethodHead:
		return false
	}
	return !h.onPage && h.kept == nil
}

// seen is how the request's browser looks, as far as a grant is tied to it.
func (h *hop) seen() device.Binding {
	is := device.Binding{Address: h.in.Network.Address, ASN: h.in.Network.ASN, Agent: first(h.r.Header, "User-Agent")}
	if h.g.parts.TLSPrint != nil {
		is.TLSPrint = ciphers(h.g.parts.TLSPrint(h.r))
	}
	return is
}

// fits reports whether a grant was earned by the browser that asks now. An override is tied to none.
func (h *hop) fits(g *session.Grant) bool {
	if g.Seen == nil {
		return true
	}
	_, changed := device.Change(device.Binding{TLSPrint: g.Seen.Ciphers, Address: g.Seen.Address, ASN: g.Seen.ASN, Agent: g.Seen.Agent}, h.seen())
	return !changed
}

// grantOf is how a grant names a step of a session policy.
func grantOf(s model.StepUp) string {
	if s.Kind == model.StepContext {
		return stepUpKey + s.Value
	}
	return stepUpKey + s.Key()
}

// stepUpKey begins the key of every grant that a step-up earns (signin writes them).
const stepUpKey = "stepUp:"

// watch tells a page's script how a step-up stands that its request waits for. It learns that and nothing more: the
// grant is in the store, and no answer of a page makes one.
func (h *hop) watch() {
	if h.r.Method != http.MethodGet {
		h.method("GET")
		return
	}
	state := "ended"
	if ref, ok := activitylog.ParseReference(h.r.URL.Query().Get("ref")); ok && h.how == byCookie {
		b, err := h.g.parts.Blocked.Blocked(h.ctx, h.t.Tenant, ref, h.now)
		if err == nil && b.Session == h.sess.ID && b.App.Instance == h.t.Instance.ID && len(b.Steps) > 0 {
			state = h.stateOf(&b)
		}
	}
	body, err := json.Marshal(map[string]string{"state": state})
	if err != nil {
		body = []byte("{}")
	}
	h.addFresh()
	h.allow()
	hd := h.w.Header()
	hd.Set("Content-Type", "application/json")
	hd.Set("Cache-Control", "no-store")
	h.bytes(http.StatusOK, body)
}

func (h *hop) stateOf(b *session.Blocked) string {
	h.facts()
	grants, err := h.g.parts.Grants.Grants(h.ctx, h.t.Tenant, h.sess.ID, h.now)
	if err != nil {
		h.g.log.Error("grants not read", "err", err, "tenant", h.t.Tenant)
		return "waiting" // fail closed
	}
	for _, step := range b.Steps {
		if !slices.ContainsFunc(grants, func(g session.Grant) bool {
			return g.Key == grantOf(step) && g.Instance == b.App.Instance && g.Activity == b.Activity && g.Resource == b.Resource && h.now.Before(g.Expires) && h.fits(&g)
		}) {
			return "waiting"
		}
	}
	return "granted"
}

// showStepUp answers a script's request that waits.
func (h *hop) showStepUp(s stop) {
	h.problem(http.StatusForbidden, "stepup", page.Words{Title: s.title, Message: s.text}, func(p *shim.Problem) {
		p.Code, p.ConfirmURL, p.Watch, p.Resume = s.code, s.confirm, s.watch, s.resume
	})
}
