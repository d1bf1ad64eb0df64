package gateway

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// serveOwn answers below /.referee/, which never reaches an app.
func (h *hop) serveOwn() {
	h.begun = h.m.Begun(h.r.Header, h.t.Real, related)
	h.req.Navigation = first(h.r.Header, "Sec-Fetch-Mode") == "navigate"
	h.req.TopLevel = h.req.Navigation && first(h.r.Header, "Sec-Fetch-Dest") == "document"
	if preflight(h.r) {
		h.preflight()
		return
	}
	switch path := h.r.URL.Path; path {
	case shim.Path():
		h.script()
	case ownPath("enter"):
		h.enter()
	case ownPath("logo"):
		h.logo()
	case ownPath("notice"), ownPath("signout"), ownPath("report"), ownPath("controls"), ownPath("warm"), ownPath("stepup"):
		if !h.identify() {
			return
		}
		if h.sess == nil {
			http.NotFound(h.w, h.r)
			return
		}
		switch path {
		case ownPath("notice"):
			h.acknowledge()
		case ownPath("signout"):
			h.signOut()
		case ownPath("report"):
			h.report()
		case ownPath("controls"):
			h.controls()
		case ownPath("warm"):
			h.warm()
		case ownPath("stepup"):
			h.watch()
		}
	default:
		http.NotFound(h.w, h.r)
	}
}

// compressed is the client script with its content coding, made once.
var compressed = sync.OnceValue(func() []byte {
	var b strings.Builder
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // only for a level that doesn't exist
	}
	if _, err := z.Write(shim.Script()); err != nil {
		panic(err) // to memory
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return []byte(b.String())
})

// script serves the client script; its address names its version.
func (h *hop) script() {
	hd := h.w.Header()
	hd.Set("Content-Type", "text/javascript; charset=utf-8")
	hd.Set("Cache-Control", "public, max-age=31536000, immutable")
	hd.Set("X-Content-Type-Options", "nosniff")
	hd.Set("Cross-Origin-Resource-Policy", "same-site")
	hd.Set("Vary", "Accept-Encoding")
	body := shim.Script()
	if strings.Contains(first(h.r.Header, "Accept-Encoding"), "gzip") {
		hd.Set("Content-Encoding", "gzip")
		body = compressed()
	}
	h.bytes(http.StatusOK, body)
}

// bytes writes a small body.
func (h *hop) bytes(status int, body []byte) {
	h.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	h.w.WriteHeader(status)
	if h.r.Method != http.MethodHead {
		if _, err := h.w.Write(body); err != nil {
			h.g.log.Debug("answer not written", "err", err)
		}
	}
}

// ownRequest reports whether a page of this very host asks, which no other app's page can pretend.
func (h *hop) ownRequest() bool {
	return h.begun.Site == header.SiteSameOrigin && h.how == byCookie
}

// warm gives a sibling's page what it needs before it shows a frame of this host: the look-up cookie has minted this
// host's own by now, which it would not for the frame's navigation.
func (h *hop) warm() {
	h.addFresh()
	h.allow()
	h.w.Header().Set("Cache-Control", "no-store")
	h.w.WriteHeader(http.StatusNoContent)
}

// signOut ends the person's session everywhere. Only a page of this host may ask.
func (h *hop) signOut() {
	if h.r.Method != http.MethodPost {
		h.method("POST")
		return
	}
	if !h.ownRequest() {
		h.problem(http.StatusForbidden, "refused", page.Refused, nil) // fail closed
		return
	}
	rev := session.Revocation{Tenant: h.t.Tenant, Session: h.sess.ID, At: h.now, Reason: "signed out"}
	if err := h.g.parts.Revoke(h.ctx, rev); err != nil {
		h.g.log.Error("session not revoked", "tenant", h.t.Tenant, "err", err)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: never say "signed out" when it isn't so
		return
	}
	a := h.activity(model.ActivityLogout)
	h.event(a)
	hd := h.w.Header()
	hd.Set("Clear-Site-Data", `"cache", "storage"`)
	hd.Add("Set-Cookie", header.SessionCookie+"=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
	hd.Add("Set-Cookie", h.app.lookup+"=; Domain="+string(h.t.Tenant)+"."+hostOf(h.g.cfg.Suffix)+"; Path=/; Secure; HttpOnly; Max-Age=0")
	err := page.WriteSignedOut(h.w, h.r, h.brand(), page.SignedOut{App: h.t.Instance.Name, Again: origin(h.t) + "/"})
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

// report takes what the client script saw. It is the page's word: it is recorded as such and grants nothing.
func (h *hop) report() {
	if h.r.Method != http.MethodPost {
		h.method("POST")
		return
	}
	if !h.ownRequest() {
		h.problem(http.StatusForbidden, "refused", page.Refused, nil) // fail closed
		return
	}
	raw, err := io.ReadAll(io.LimitReader(h.r.Body, shim.ReportMost+1))
	if err != nil {
		h.problem(http.StatusBadRequest, "refused", page.Refused, nil)
		return
	}
	rep, err := shim.ParseReport(raw)
	if err != nil {
		h.g.log.Info("report refused", "tenant", h.t.Tenant, "err", err)
		h.problem(http.StatusBadRequest, "refused", page.Refused, nil)
		return
	}
	answer := shim.Answer{Codes: map[int]string{}, Ways: map[int]shim.Way{}}
	for i := range rep.Events {
		code, way := h.reported(&rep.Events[i])
		if code != "" {
			answer.Codes[rep.Events[i].N] = reference(code)
		}
		if way != (shim.Way{}) {
			answer.Ways[rep.Events[i].N] = way
		}
	}
	if len(answer.Codes) == 0 {
		h.w.WriteHeader(http.StatusNoContent)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		body = []byte("{}")
	}
	hd := h.w.Header()
	hd.Set("Content-Type", "application/json")
	hd.Set("Cache-Control", "no-store")
	h.bytes(http.StatusOK, body)
}

// reported records one event and returns its reference code, and how to go on if it was stopped.
func (h *hop) reported(e *shim.Event) (code string, way shim.Way) {
	if e.Type == shim.EventHost {
		h.discovered(e)
		return "", way
	}
	kind, ok := reportable[e.Type]
	if !ok {
		return "", way
	}
	var f *model.File
	if kind == model.ActivitySave || kind == model.ActivityUpload {
		f = &model.File{Name: e.Detail.Name, MIME: e.Detail.MIME, Size: -1}
		if e.Detail.Bytes > 0 {
			f.Size = e.Detail.Bytes
		}
	}
	h.onPage = true
	h.action(kind, f)
	h.in.Saved = kind == model.ActivitySave
	if rules := h.g.parts.Rules(h.t.Tenant); rules != nil {
		rules.Decide(&h.in, &h.v)
	}
	a := h.activity(kind)
	if ref := first(h.r.Header, "Referer"); ref != "" {
		if u := h.m.ToReal(ref); len(u) > len("https://"+h.t.Real) {
			a.Path, _, _ = strings.Cut(u[len("https://"+h.t.Real):], "?")
		}
	}
	a.Method = ""
	if f != nil {
		a.Files = []model.File{*f}
	}
	h.judged(a)
	a.Taken = model.TakenAudit
	if e.Blocked {
		a.Taken, a.Outcome = model.TakenBlock, model.OutcomeBlocked
	}
	maps.Copy(a.Detail, map[string]any{"reportedBy": "page", "via": e.Detail.Via, "length": e.Detail.Length, "count": e.Detail.Count, "times": max(e.Times, 1)})
	if !h.event(a) {
		return "", way
	}
	if e.Blocked {
		s := h.remember(a, f)
		way = shim.Way{Confirm: s.confirm, Watch: s.watch, Request: s.request}
	}
	return a.Reference, way
}

// reportable are the script's events that are activities.
var reportable = map[shim.EventType]model.ActivityType{
	shim.EventCopy: model.ActivityCopy, shim.EventCut: model.ActivityCut, shim.EventPaste: model.ActivityPaste,
	shim.EventPrint: model.ActivityPrint, shim.EventDrag: model.ActivityDrag, shim.EventSave: model.ActivitySave,
	shim.EventShare: model.ActivityShare, shim.EventUpload: model.ActivityUpload,
}

// noticeAge bounds the token of a notice page.
const noticeAge = time.Hour
