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

// stashForm keeps a small form across sign-in. A form with files, or a large one, is not kept: the person is told to
// send it again.
func (h *hop) stashForm() {
	form, err := h.readForm()
	if err != nil {
		h.errorPage(http.StatusUnauthorized, page.SignIn, h.r.URL.RequestURI())
		return
	}
	form.Site, form.Origin = h.begun.Site, first(h.r.Header, "Origin")
	plain, err := json.Marshal(form)
	if err == nil {
		id := session.NewID()
		var sealed []byte
		if sealed, err = h.g.parts.Vault.Seal(h.t.Tenant, stashPurpose, plain, []byte(h.t.Mapped+"\x00"+id)); err == nil {
			err = h.g.parts.Stashes.PutStash(h.ctx, session.Stash{ID: id, Tenant: h.t.Tenant, Host: h.t.Mapped, Sealed: sealed, Expires: h.now.Add(targetTime)})
		}
		if err == nil {
			h.handOver(target{Path: h.r.URL.RequestURI(), Stash: id})
			return
		}
	}
	h.g.log.Error("form not kept", "tenant", h.t.Tenant, "err", err)
	h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: better said than lost
}

var errForm = errors.New("no form that can be kept")

// readForm reads the fields of a form body.
func (h *hop) readForm() (kept, error) {
	kind, params, err := mime.ParseMediaType(first(h.r.Header, "Content-Type"))
	if err != nil || h.r.ContentLength > h.g.cfg.StashBody {
		return kept{}, errForm
	}
	body, err := io.ReadAll(io.LimitReader(h.r.Body, h.g.cfg.StashBody+1))
	if err != nil || int64(len(body)) > h.g.cfg.StashBody {
		return kept{}, errForm
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
	return form, err
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
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil || p.FileName() != "" {
			return nil, errForm
		}
		value, err := io.ReadAll(p)
		if err != nil {
			return nil, errForm
		}
		out = append(out, page.Field{Name: p.FormName(), Value: string(value)})
	}
	return nil, errForm
}

// origin of a replayed form, as its token carries it.
type replayed struct {
	Site    header.Site `json:"s"`
	Origin  string      `json:"o"`
	Expires int64       `json:"e"`
}

// replay writes the page that sends a kept form again.
func (h *hop) replay(to target) {
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
		token, err = h.sealReplay(to.Path, form)
	}
	if err != nil {
		h.g.log.Error("kept form not opened", "tenant", h.t.Tenant, "err", err)
		h.redirect(origin(h.t) + "/") // fail closed: the form is dropped
		return
	}
	action := to.Path
	if strings.Contains(action, "?") {
		action += "&"
	} else {
		action += "?"
	}
	err = page.WriteReplay(h.w, h.r, h.brand(), page.Replay{
		Action:    origin(h.t) + action + replayParam + "=" + token,
		Multipart: form.Type == "multipart/form-data", Fields: form.Fields, App: h.t.Instance.Name,
	})
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

func (h *hop) sealReplay(path string, form kept) (string, error) {
	plain, err := json.Marshal(replayed{form.Site, form.Origin, h.now.Add(replayTime).Unix()})
	if err != nil {
		return "", err
	}
	p, _, _ := strings.Cut(path, "?")
	sealed, err := h.g.parts.Vault.Seal(h.t.Tenant, replayPurpose, plain, []byte(h.t.Mapped+p))
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

// takeReplay takes the token of a replayed form off the query and gives the request back who sent it first: to the app
// and its cookies it is as foreign as it was.
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
	if err != nil || json.Unmarshal(plain, &r) != nil || h.now.Unix() > r.Expires {
		return // fail closed: it stays a foreign request without an origin
	}
	if r.Site != header.SiteUnknown {
		h.begun.Site = r.Site
		h.r.Header["Sec-Fetch-Site"] = []string{string(r.Site)}
	}
	if r.Origin != "" {
		h.r.Header["Origin"] = []string{r.Origin}
		h.begun.Real, _ = h.m.Initiator(r.Origin)
	}
}
