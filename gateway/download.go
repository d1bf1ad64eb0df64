package gateway

import (
	"errors"
	"net/http"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
)

// download decides about an answer that hands a file's bytes over, and writes the intent. It returns false when it has
// answered. No byte of the file has gone to the client by then.
func (h *hop) download(a *answer) bool {
	status := a.res.StatusCode
	if status == http.StatusNotModified || status >= 400 && h.resp.Class != recognise.ClassFile && !h.resp.Attachment {
		return true // no bytes of a file: it wasn't modified, or the app says what is wrong
	}
	if h.sess == nil {
		h.g.counts.unauthenticated.Add(1)
		h.problem(http.StatusUnauthorized, "signin", page.SignIn, nil) // fail closed: a public host gives no files to nobody
		return false
	}
	f := &h.resp.File
	h.action(model.ActivityDownload, f)
	h.in.Preview = h.req.Preview
	h.in.Navigation = h.req.Navigation || h.resp.Attachment
	if a.looked && f.TrueMIME == "" {
		h.in.TypeState = filter.Known // looked at, and of no type that we know
	}
	spool := func(needs []model.Need, deadline time.Time) bool { return h.content(a, needs, deadline) }
	switch h.ask(spool) {
	case answered:
		return false
	case stopped:
		file := *f
		h.blockFile(a, &file)
		return false
	}
	if a.act != nil {
		a.act.Files = []model.File{h.in.File} // the request's own activity was this download
		return true
	}
	if h.r.Method == http.MethodHead {
		return true // no byte goes over
	}
	if h.in.Preview && h.v.N == 0 && h.v.M == 0 {
		return true // looking at a rendition is a view, and nobody asked for an account of it
	}
	return h.intendDownload(a)
}

// intendDownload writes the intent of a download, once a file.
func (h *hop) intendDownload(a *answer) bool {
	if a.file != nil {
		a.file.mu.Lock()
		defer a.file.mu.Unlock()
		if a.file.act != nil {
			return true
		}
	}
	act := h.activity(model.ActivityDownload)
	act.Files = []model.File{h.in.File}
	h.judged(act)
	if !h.intend(act) {
		h.notNow() // fail closed
		return false
	}
	h.g.counts.downloads.Add(1)
	if a.file != nil {
		a.file.act = act
		return true
	}
	a.act = act
	return true
}

// blockFile blocks a download; pieces of one file are one blocked action.
func (h *hop) blockFile(a *answer, f *model.File) {
	if a.act != nil {
		h.dropped(a, "blocked")
	}
	if a.file == nil {
		h.block(f)
		return
	}
	a.file.mu.Lock()
	defer a.file.mu.Unlock()
	if s := a.file.blocked; s != nil && h.now.Before(a.file.until) {
		h.show(*s)
		return
	}
	h.g.counts.blocked.Add(1)
	act := h.activity(model.ActivityDownload)
	act.Outcome, act.Status, act.Files = model.OutcomeBlocked, http.StatusForbidden, []model.File{*f}
	h.judged(act)
	h.event(act)
	s := h.remember(act, f)
	a.file.blocked, a.file.until = &s, h.now.Add(blockedAgain)
	h.show(s)
}

// blockedAgain is how long further pieces of a blocked file get the same reference code.
const blockedAgain = 5 * time.Minute

// content brings facts that lie in the whole content: it holds the answer back and looks. It returns false when it had to
// answer instead.
func (h *hop) content(a *answer, needs []model.Need, deadline time.Time) bool {
	if h.resp.Partial || h.r.Method == http.MethodHead {
		return true // a piece doesn't show it: unobtainable
	}
	s, err := h.g.spool(a, deadline)
	switch {
	case errors.Is(err, errTooLarge):
		a.body = s // goes on from where it stopped; its facts stay unobtainable
		return true
	case err != nil:
		if s != nil {
			s.Close()
		}
		if h.ctx.Err() == nil {
			if fault.Is(err, fault.Unavailable) {
				h.g.log.Error("answer not held", "tenant", h.t.Tenant, "err", err)
				h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: there is no room to look at it
			} else {
				h.g.counts.appErrors.Add(1)
				h.fail(http.StatusBadGateway, page.AppDown)
			}
		}
		return false
	}
	a.body = s
	if a.coding == "" {
		h.in.File.Size, h.in.SizeState = s.size, filter.Known
	}
	h.inspect(Job{Tenant: h.t.Tenant, Needs: needs, File: h.in.File, Content: s, Size: s.size}, deadline)
	return true
}
