package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/session"
)

const (
	stashPurpose  = "gateway.stash"
	replayPurpose = "gateway.replay"
	replayParam   = ".referee-replay"
	replayTime    = 5 * time.Minute
	fieldsMost    = 1000
)

var errNoNonce = &fault.Error{Kind: fault.Denied, Op: "gateway.enter", Msg: "the browser has no nonce, or the code is malformed"}

// kept is a form that was being sent when its sender had to sign in.
type kept struct {
	Type   string       `json:"t"`
	Fields []page.Field `json:"f"`
	// Who sent it first. The page that sends it again is of this very host; without this a foreign site's form would
	// become the app's own on its way through sign-in.
	Site   header.Site `json:"s"`
	Origin string      `json:"o"`
}

// stashForm keeps a form across sign-in: a small one by its fields, one with files as it came (stashfiles.go). What is too
// large, or more than the quota, is not kept: the person is told to send it again.
func (h *hop) stashForm() {
	if h.pending != nil { // kept already, and the session ended again before it was sent
		h.handOver(target{Path: h.r.URL.RequestURI(), Stash: h.pending.stash, Files: h.pending.form})
		return
	}
	to := target{Path: h.r.URL.RequestURI()}
	var kept any
	form, read, err := h.readForm()
	switch {
	case errors.Is(err, errKept):
		var body keptBody
		body, err = h.keepFiles(read)
		kept = body
		to.Files = &replayed{Site: h.begun.Site, Origin: first(h.r.Header, "Origin"), Type: body.Type, Length: int64(len(body.Body))}
	case err == nil && !h.g.stashed.take(h.t.Tenant, h.g.address(h.r), int64(len(read)), h.now):
		err = errForm
	}
	if err != nil {
		h.errorPage(http.StatusUnauthorized, page.NotKept, h.r.URL.RequestURI())
		return
	}
	if kept == nil {
		form.Site, form.Origin = h.begun.Site, first(h.r.Header, "Origin")
		kept = form
	}
	plain, err := json.Marshal(kept)
	if err == nil {
		id := session.NewID()
		var sealed []byte
		if sealed, err = h.g.parts.Vault.Seal(h.t.Tenant, stashPurpose, plain, []byte(h.t.Mapped+"\x00"+id)); err == nil {
			err = h.g.parts.Stashes.PutStash(h.ctx, session.Stash{ID: id, Tenant: h.t.Tenant, Host: h.t.Mapped, Sealed: sealed, Expires: h.now.Add(targetTime)})
		}
		if err == nil {
			to.Stash = id
			h.handOver(to)
			return
		}
	}
	h.g.log.Error("form not kept", "tenant", h.t.Tenant, "err", err)
	h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: better said than lost
}

var errForm = errors.New("no form that can be kept")

// readForm reads the fields of a form body, and returns what it has read. errKept: the form has files or is large, and can
// be kept as it came at most.
func (h *hop) readForm() (kept, []byte, error) {
	kind, params, err := mime.ParseMediaType(first(h.r.Header, "Content-Type"))
	if err != nil {
		return kept{}, nil, errForm
	}
	large := errForm
	if kind == "multipart/form-data" {
		large = errKept
	}
	if h.r.ContentLength > h.g.cfg.StashBody {
		return kept{}, nil, large
	}
	body, err := io.ReadAll(io.LimitReader(h.r.Body, h.g.cfg.StashBody+1))
	if err != nil {
		return kept{}, nil, errForm
	}
	if int64(len(body)) > h.g.cfg.StashBody {
		return kept{}, body, large
	}
	form := kept{Type: kind}
	switch kind {
	case "application/x-www-form-urlencoded":
		form.Fields, err = pairs(string(body))
	case "multipart/form-data":
		form.Fields, err = parts(body, params["boundary"])
	default:
		err = errForm
	}
	if len(form.Fields) > fieldsMost {
		err = errForm
	}
	return form, body, err
}

// pairs reads urlencoded fields in their order, doubled ones included.
func pairs(body string) ([]page.Field, error) {
	var out []page.Field
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || len(out) >= fieldsMost {
			return nil, errForm
		}
		out = append(out, page.Field{Name: n, Value: v})
	}
	return out, nil
}

func parts(body []byte, boundary string) ([]page.Field, error) {
	var out []page.Field
	m := multipart.NewReader(bytes.NewReader(body), boundary)
	for len(out) < fieldsMost {
		p, err := m.NextPart()
		if errors.Is(err, io.EOF) && len(out) > 0 { // one without parts was not framed as it says
			return out, nil
		}
		if err != nil {
			return nil, errForm
		}
		if p.FileName() != "" || p.Header.Get("Content-Type") != "" {
			return nil, errKept
		}
		value, err := io.ReadAll(p)
		if err != nil {
			return nil, errForm
		}
		out = append(out, page.Field{Name: p.FormName(), Value: string(value)})
	}
	return nil, errForm
}

// replayed is what a replayed form's token carries: who sent it first, and where its body is if that was kept as it came.
type replayed struct {
	Site    header.Site `json:"s"`
	Origin  string      `json:"o"`
	Expires int64       `json:"e"`
	App     string      `json:"a,omitempty"` // app session that it was kept for, and is sent in
	Stash   string      `json:"k,omitempty"`
	Type    string      `json:"t,omitempty"`
	Length  int64       `json:"n,omitempty"`
}

// replay writes the page that sends a kept form again.
func (h *hop) replay(to target, app session.AppSession) {
	action := to.Path
	if strings.Contains(action, "?") {
		action += "&"
	} else {
		action += "?"
	}
	action = origin(h.t) + action + replayParam + "="
	if to.Files != nil {
		h.replayFiles(to, *to.Files, action, app)
		return
	}
	s, err := h.g.parts.Stashes.TakeStash(h.ctx, h.t.Tenant, to.Stash)
	if err != nil || s.Host != h.t.Mapped || !h.now.Before(s.Expires) {
		h.redirect(origin(h.t) + "/") // sent already, or too old
		return
	}
	var form kept
	plain, err := h.g.parts.Vault.Open(h.t.Tenant, stashPurpose, s.Sealed, []byte(h.t.Mapped+"\x00"+to.Stash))
	if err == nil {
		err = json.Unmarshal(plain, &form)
	}
	var token string
	if err == nil {
		token, err = h.sealReplay(to.Path, replayed{Site: form.Site, Origin: form.Origin, App: app.ID, Expires: h.now.Add(replayTime).Unix()})
	}
	if err != nil {
		h.g.log.Error("kept form not opened", "tenant", h.t.Tenant, "err", err)
		h.redirect(origin(h.t) + "/") // fail closed: the form is dropped
		return
	}
	err = page.WriteReplay(h.w, h.r, h.brand(), page.Replay{
		Action:    action + token,
		Multipart: form.Type == "multipart/form-data", Fields: form.Fields, App: h.t.Instance.Name,
	})
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

func (h *hop) sealReplay(path string, form replayed) (string, error) {
	plain, err := json.Marshal(form)
	if err != nil {
		return "", err
	}
	p, _, _ := strings.Cut(path, "?")
	sealed, err := h.g.parts.Vault.Seal(h.t.Tenant, replayPurpose, plain, []byte(h.t.Mapped+p))
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// takeReplay takes the token of a replayed form off the query and gives the request back who sent it first: to the app
// and its cookies it is as foreign as it was. Only the page that we wrote on this very host has that say: from anywhere
// else, a token would make a foreign form look like the app's own.
func (h *hop) takeReplay() {
	u := h.r.URL
	if h.r.Method != http.MethodPost || !strings.Contains(u.RawQuery, replayParam) {
		return
	}
	i := strings.LastIndex(u.RawQuery, replayParam+"=")
	if i < 0 || i > 0 && u.RawQuery[i-1] != '&' {
		return
	}
	token := u.RawQuery[i+len(replayParam)+1:]
	u.RawQuery = strings.TrimSuffix(u.RawQuery[:i], "&")
	ours := h.begun.Site == header.SiteSameOrigin
	h.begun = header.Initiator{Site: header.SiteCrossSite}
	delete(h.r.Header, "Origin")
	delete(h.r.Header, "Referer")
	h.r.Header["Sec-Fetch-Site"] = []string{string(header.SiteCrossSite)}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return
	}
	plain, err := h.g.parts.Vault.Open(h.t.Tenant, replayPurpose, sealed, []byte(h.t.Mapped+u.EscapedPath()))
	var r replayed
	if err != nil || json.Unmarshal(plain, &r) != nil || h.now.Unix() > r.Expires || r.App == "" || !ours {
		return // fail closed: it stays a foreign request without an origin
	}
	h.keptFor = r.App
	if r.Site != header.SiteUnknown {
		h.begun.Site = r.Site
		h.r.Header["Sec-Fetch-Site"] = []string{string(r.Site)}
	}
	if r.Origin != "" {
		h.r.Header["Origin"] = []string{r.Origin}
		h.begun.Real, _ = h.m.Initiator(r.Origin)
	}
	if r.Stash != "" {
		// What it is recognised as from here on is what was kept, not the empty form that stands for it.
		h.pending = &pending{stash: r.Stash, kind: r.Type, length: r.Length, form: &replayed{Site: r.Site, Origin: r.Origin, Type: r.Type, Length: r.Length}}
		h.r.Header["Content-Type"] = []string{r.Type}
		h.r.ContentLength, h.r.TransferEncoding = r.Length, nil
		delete(h.r.Header, "Content-Length")
		delete(h.r.Header, "Content-Encoding")
	}
}

// keptHere reports whether a form is sent again in the session that it was kept for; else it has answered. Who signs in
// gets a token that says whose form it was, and may hand it to somebody else.
func (h *hop) keptHere() bool {
	if h.entry != nil && h.entry.App.ID == h.keptFor {
		return true
	}
	h.g.counts.refused.Add(1)
	h.errorPage(http.StatusForbidden, page.HandOver, "") // fail closed: kept for somebody else
	return false
}
