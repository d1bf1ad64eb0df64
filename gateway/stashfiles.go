package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// A form with files can't be written into a page and sent again by it: browsers fill file fields for nobody. So its body
// stays here as it came, sealed, and the page sends an empty form with a token in whose place the body is put. It then
// goes the way of every upload, decided about file by file, in the session that it was kept for.

// keptBody is a body that waits for its sender to sign in.
type keptBody struct {
	Type string `json:"t"` // Content-Type with its boundary
	Body []byte `json:"b"`
}

// keepFiles reads a form with files whose whole body is at hand or still to come. It fails with errForm for what is too
// large, not framed as its type says, or beyond the quota.
func (h *hop) keepFiles(read []byte) (keptBody, error) {
	kind := first(h.r.Header, "Content-Type")
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || media != "multipart/form-data" || h.r.ContentLength > h.g.cfg.StashFiles || len(h.r.Header["Content-Encoding"]) > 0 {
		return keptBody{}, errForm
	}
	size := h.r.ContentLength
	if size < 0 {
		size = h.g.cfg.StashFiles // it does not say
	}
	if !h.g.stashed.take(h.t.Tenant, h.g.address(h.r), size, h.now) {
		return keptBody{}, errForm
	}
	body, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(read), h.r.Body), h.g.cfg.StashFiles+1))
	if err != nil || int64(len(body)) > h.g.cfg.StashFiles || !endsWell(body, params["boundary"]) {
		return keptBody{}, errForm
	}
	return keptBody{Type: kind, Body: body}, nil
}

// endsWell reports whether a body came whole: it ends with its closing boundary (RFC 2046 section 5.1.1).
func endsWell(body []byte, boundary string) bool {
	return boundary != "" && len(boundary) <= 70 && bytes.HasSuffix(bytes.TrimRight(body, " \t\r\n"), []byte("--"+boundary+"--"))
}

// pending is a kept body that this request asks to be put in its place.
type pending struct {
	stash, kind string
	length      int64
	form        *replayed // as a target carries it
}

// unpack puts a kept body in the place of the empty form that was sent for it. The stash is used up. It returns false
// when it has answered.
func (h *hop) unpack() bool {
	p := h.pending
	s, err := h.g.parts.Stashes.TakeStash(h.ctx, h.t.Tenant, p.stash)
	if fault.Is(err, fault.NotFound) || err == nil && (s.Host != h.t.Mapped || !h.now.Before(s.Expires)) {
		h.redirect(origin(h.t) + "/") // sent already, or too old
		return false
	}
	var kept keptBody
	if err == nil {
		var plain []byte
		if plain, err = h.g.parts.Vault.Open(h.t.Tenant, stashPurpose, s.Sealed, []byte(h.t.Mapped+"\x00"+p.stash)); err == nil {
			err = json.Unmarshal(plain, &kept)
		}
	}
	if err != nil || int64(len(kept.Body)) != p.length || kept.Type != p.kind {
		h.g.log.Error("kept form not opened", "tenant", h.t.Tenant, "err", err)
		h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: nothing is sent that was not kept
		return false
	}
	h.r.Body = &held{Reader: bytes.NewReader(kept.Body), src: h.r.Body}
	return true
}

// replayFiles writes the page that has a kept body sent. The stash stays until it does.
func (h *hop) replayFiles(to target, form replayed, action string, app session.AppSession) {
	form.App, form.Stash = app.ID, to.Stash
	form.Expires = h.now.Add(replayTime).Unix()
	token, err := h.sealReplay(to.Path, form)
	if err != nil {
		h.g.log.Error("kept form not sealed", "tenant", h.t.Tenant, "err", err)
		h.redirect(origin(h.t) + "/") // fail closed: the form is dropped
		return
	}
	err = page.WriteReplay(h.w, h.r, h.brand(), page.Replay{Action: action + token, App: h.t.Instance.Name})
	if err != nil {
		h.g.log.Debug("page not written", "err", err)
	}
}

// Quotas of what waits for sign-in in the store, whose senders nobody knows yet. Each process counts what it kept.
const (
	stashTenant  = 256 << 20 // bytes of one tenant
	stashNetwork = 32 << 20  // bytes from one network (IPv4 /24, IPv6 /56)
	stashForms   = 20_000    // forms of one tenant
	stashSpare   = 4 << 10   // counted for a form beside its body
)

// stashQuota counts what was kept lately. Forms that were sent since still count until they would have expired.
type stashQuota struct {
	mu   sync.Mutex
	kept map[model.TenantID][]keptSize // in the order of their time
}

type keptSize struct {
	network netip.Prefix
	bytes   int64
	until   time.Time
}

// take counts a body of n bytes, and reports whether there is room for it.
func (q *stashQuota) take(t model.TenantID, from netip.Addr, n int64, now time.Time) bool {
	bits := 56
	if from.Is4() {
		bits = 24
	}
	network, err := from.Prefix(bits)
	if err != nil {
		network = netip.Prefix{} // all who have no address share one
	}
	n += stashSpare
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.kept[t]
	for len(list) > 0 && !now.Before(list[0].until) {
		list = list[1:]
	}
	all, theirs := n, n
	for i := range list {
		all += list[i].bytes
		if list[i].network == network {
			theirs += list[i].bytes
		}
	}
	ok := all <= stashTenant && theirs <= stashNetwork && len(list) < stashForms
	if ok {
		list = append(list, keptSize{network, n, now.Add(targetTime)})
	}
	if q.kept == nil {
		q.kept = map[model.TenantID][]keptSize{}
	}
	q.kept[t] = list
	return ok
}

var errKept = errors.New("kept as it came")
