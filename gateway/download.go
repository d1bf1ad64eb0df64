package gateway

import (
	"io"
	"net/http"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
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
	if h.v.Duties.Has(policy.DutyProtect) && !h.protect(a) {
		return false
	}
	if a.act != nil {
		h.protectedBy(a.act)
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
	act.Outcome, act.Status, act.Files = model.OutcomeBlocked, http.StatusForbidden, []model.File{h.lookedAt(f)}
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
	if h.resp.Partial && h.inspects(needs) && h.r.Method == http.MethodGet && !h.refetched {
		h.whole(a) // a piece doesn't show it, and gets the whole file if that may go
		return false
	}
	if h.resp.Partial || h.r.Method == http.MethodHead {
		return true // unobtainable
	}
	if a.spool != nil { // further facts of what is held already
		if a.spool.rest == nil {
			h.lookAgain(a.plainSpool(), nil, 0, "", needs, deadline)
		}
		return true
	}
	src := a.source()
	s := h.newSpool(src)
	a.spool, a.body = s, s
	coded := a.coding != "" && a.coding != "identity"
	first := needs
	if coded {
		first = nil // what goes over is not what is looked at
	}
	err := h.holdBack(s, src, first, deadline)
	if err == nil && coded && s.rest == nil && h.inspects(needs) {
		if a.plain, err = h.decode(s, a.coding); a.plain != nil {
			h.lookAgain(a.plain, nil, 0, "", needs, deadline)
		}
	}
	if err != nil {
		if h.ctx.Err() == nil {
			if fault.Is(err, fault.Unavailable) {
				h.g.log.Error("answer not held", "tenant", h.t.Tenant, "err", err)
				h.fail(http.StatusInsufficientStorage, page.NoRoom) // fail closed: there is no room to look at it
			} else {
				h.g.counts.appErrors.Add(1)
				h.fail(http.StatusBadGateway, page.AppDown)
			}
		}
		return false
	}
	if !coded && s.rest == nil {
		h.in.File.Size, h.in.SizeState = s.size, filter.Known
	}
	return true
}

// plainSpool is the spool with the file's own bytes.
func (a *answer) plainSpool() *spooled {
	if a.plain != nil {
		return a.plain
	}
	return a.spool
}

// A held body may become this much larger by removing its content coding: the ratio of text that repeats itself all over.
const (
	decodeRatio = 200
	decodeLeast = 16 << 20
)

// decode removes the content coding of a held body into another spool: nil when that can't be done, and the content's
// facts stay unobtainable. An error means that the disk has no room.
func (h *hop) decode(s *spooled, coding string) (*spooled, error) {
	r, err := rewrite.Decode(io.NopCloser(io.NewSectionReader(s, 0, s.size)), coding)
	if err != nil {
		return nil, nil //nolint:nilerr // what can't be decoded is not looked at
	}
	defer r.Close()
	out := h.newSpool(io.NopCloser(nil))
	_, err = h.fill(out, io.LimitReader(r, s.size*decodeRatio+decodeLeast), nil)
	out.end(err)
	if err == nil && out.rest == nil && out.size < s.size*decodeRatio+decodeLeast {
		return out, nil
	}
	out.release()
	if fault.Is(err, fault.Unavailable) {
		return nil, err
	}
	return nil, nil
}
