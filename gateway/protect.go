package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// protectTime bounds how long a copy may take to be labelled.
const protectTime = 2 * time.Minute

// protecting are the policies that ask for a label, in force.
func (h *hop) protecting() (labels []string, unscannable policy.Unscannable, first *policy.Policy) {
	unscannable = policy.UnscannableAllow
	for _, p := range h.v.Deciding[:h.v.N] {
		if p.Label == "" {
			continue
		}
		labels = append(labels, p.Label)
		if first == nil || unscannable == policy.UnscannableAllow && p.Unscannable != policy.UnscannableAllow {
			first, unscannable = p, p.Unscannable
		}
	}
	return labels, unscannable, first
}

// protect puts a labelled copy in the place of what the app sent. It returns false when it has answered.
func (h *hop) protect(a *answer) bool {
	if h.r.Method == http.MethodHead {
		other(a.res.Header) // what the app says of the original is not so of the copy
		a.res.ContentLength = -1
		return true
	}
	labels, unscannable, by := h.protecting()
	if by == nil || h.g.parts.Protector == nil {
		return h.unprotected(a, nil, "this gateway can't label files") // fail closed: a duty that nobody can do
	}
	if h.resp.Partial {
		h.whole(a)
		return false
	}
	content, ok := h.held(a)
	switch {
	case !ok:
		return false
	case content == nil && unscannable == policy.UnscannableAllow:
		h.protection = "not labelled: the file is larger than what may be held, or its content coding can't be read"
		return true // fail open: the policy's choice
	case content == nil:
		return h.unprotected(a, by, "the file is larger than what can be labelled on the way")
	}
	labelled := h.newSpool(a.spool)
	done, err := h.labelCopy(content, labelled, labels)
	if err == nil && done.Done == Labelled {
		labelled.end(nil)
		h.replace(a, labelled)
		h.protection, h.labelled = "labelled with "+done.Label.Name+", without encryption", true
		h.in.File.Labels, h.in.LabelState = []model.Label{done.Label}, filter.Known
		return true
	}
	labelled.release()
	switch {
	case err != nil:
		if h.ctx.Err() != nil {
			return false
		}
		h.g.log.Error("copy not labelled", "tenant", h.t.Tenant, "err", err)
		h.dropped(a, "the copy could not be labelled")
		if errors.Is(err, errTooLarge) || errors.Is(err, errDiskFull) {
			h.fail(http.StatusInsufficientStorage, page.NoRoom) // fail closed: there is no room for the copy
		} else {
			h.fail(http.StatusServiceUnavailable, page.NotNow) // fail closed: it isn't labelled
		}
		return false
	case done.Done == Kept:
		h.protection, h.labelled = "kept its label "+done.Label.Name, true
		return true
	case done.Done == Unsupported && unscannable == policy.UnscannableAllow:
		h.protection = "not labelled: " + done.Why
		return true // fail open: the policy's choice
	}
	return h.unprotected(a, by, done.Why)
}

// labelCopy asks for the copy. A protector that panics has labelled nothing.
func (h *hop) labelCopy(content, labelled *spooled, labels []string) (done Protected, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "gateway.protect", "the protector panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(h.ctx, protectTime)
	defer cancel()
	w := &spoolWriter{s: labelled, limit: h.g.cfg.SpoolBody}
	done, err = h.g.parts.Protector.Protect(ctx, Protection{
		Tenant: h.t.Tenant, Labels: labels, File: h.in.File, User: h.in.User, App: h.t.Instance.Name, Content: &arriving{content, ctx}, Size: content.size, Copy: w,
	})
	switch {
	case w.err != nil:
		err = w.err // whatever the protector made of it
	case err == nil && (done.Done < Labelled || done.Done > Refused || done.Done == Labelled && labelled.size == 0):
		err = fault.New(fault.Internal, "gateway.protect", "the protector's answer makes no sense")
	}
	return done, err
}

// held holds the answer whole: its own bytes, without a content coding. It is nil when that can't be done, and false when
// it had to answer.
func (h *hop) held(a *answer) (*spooled, bool) {
	if a.spool == nil && !h.content(a, nil, time.Time{}) {
		return nil, false
	}
	switch {
	case a.spool.rest != nil || a.spool.err != nil:
		return nil, true
	case a.coding == "" || a.coding == "identity" || a.plain != nil:
		return a.plainSpool(), true
	}
	var err error
	if a.plain, err = h.decode(a.spool, a.coding); err != nil {
		h.dropped(a, "there was no room for the copy")
		h.fail(http.StatusInsufficientStorage, page.NoRoom) // fail closed
		return nil, false
	}
	return a.plain, true
}

// replace hands the copy over in the place of the original, of which nothing is said any more: its size, digests and
// tags, and that it can be had in pieces.
func (h *hop) replace(a *answer, labelled *spooled) {
	if a.plain != nil {
		a.plain.release()
		a.plain = nil
	}
	a.body, a.copy, a.coding = labelled, labelled, ""
	a.res.ContentLength, a.res.Trailer = labelled.size, nil
	other(a.res.Header)
	delete(a.res.Header, "Content-Encoding")
	a.res.Header.Set("Content-Length", strconv.FormatInt(labelled.size, 10))
	h.in.File.Size, h.in.SizeState = labelled.size, filter.Known
}

// other drops what a head says of the bytes of an original.
func other(hd http.Header) {
	for key := range hd {
		switch lower := strings.ToLower(key); {
		case lower == "content-length", lower == "etag", lower == "last-modified", lower == "content-md5", lower == "digest", lower == "content-digest", lower == "repr-digest",
			lower == "accept-ranges", lower == "x-goog-hash", lower == "x-ms-blob-content-md5", strings.HasPrefix(lower, "x-amz-checksum-"), strings.HasPrefix(lower, "x-checksum-"):
			delete(hd, key)
		}
	}
	hd.Set("Accept-Ranges", "none")
}

// whole asks the app for the whole file in the place of a piece, which can't be looked into: and pieces of the original
// and of a labelled copy would make a third file. The answer goes the way of every answer again, and is decided about anew. It always answers.
func (h *hop) whole(a *answer) {
	if h.r.Method != http.MethodGet || h.refetched {
		h.dropped(a, "the app gave a piece of the file only")
		h.fail(http.StatusBadGateway, page.AppDown) // fail closed: the original's bytes don't leave
		return
	}
	h.refetched = true
	out := a.out.Clone(h.ctx)
	for _, k := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		out.Header.Del(k)
	}
	transport, err := h.g.reach(h.app, h.t.Instance)
	if err == nil {
		var res *http.Response
		if res, err = transport.RoundTrip(out); err == nil {
			defer res.Body.Close()
			_ = a.res.Body.Close() // the piece is not wanted
			act := a.act
			a.act = nil
			h.respond(out, res, act)
			return
		}
	}
	h.g.counts.appErrors.Add(1)
	h.dropped(a, "the app could not be asked for the whole file")
	h.fail(http.StatusBadGateway, page.AppDown)
}

// unlabelled reports whether a file that can't be labelled where it is, in a message of a WebSocket, has to be stopped.
func (h *hop) unlabelled() bool {
	h.protection = "" // of the message before
	if h.in.Activity != model.ActivityDownload || !h.v.Duties.Has(policy.DutyProtect) {
		return false
	}
	_, unscannable, by := h.protecting()
	h.protection = "not labelled: it came by WebSocket"
	if by != nil && unscannable == policy.UnscannableAllow {
		return false // fail open: the policy's choice
	}
	h.v.Gate, h.v.Blocker = policy.GateBlock, by
	return true
}

// unprotected blocks a download that can't be labelled, in the name of the policy that asked for it.
func (h *hop) unprotected(a *answer, by *policy.Policy, why string) bool {
	h.v.Gate, h.v.Blocker, h.protection = policy.GateBlock, by, "not labelled: "+why
	h.why = why
	file := h.resp.File
	h.blockFile(a, &file)
	return false
}

// spoolWriter writes into a spool.
type spoolWriter struct {
	s     *spooled
	limit int64
	err   error
}

var _ io.Writer = (*spoolWriter)(nil)

// Write keeps the first error.
func (w *spoolWriter) Write(p []byte) (int, error) {
	if w.err == nil && w.s.size+int64(len(p)) > w.limit {
		w.err = errTooLarge
	}
	if w.err == nil {
		w.err = w.s.write(p, w.s.dir)
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}
