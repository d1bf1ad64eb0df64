package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/model"
)

// arriveTime bounds the wait for a client's acknowledgement: a slow line takes minutes for a full send buffer.
const arriveTime = 15 * time.Minute

// finish writes how an answer ended.
func (h *hop) finish(a *answer, t *transfer, whole bool, err error) {
	if a.file != nil {
		g, ctx, file, first, bytes := h.g, h.ctx, a.file, h.resp.First, t.bytes
		h.arrived(whole, func(arrived bool) {
			if arrived {
				file.got(first, bytes)
			}
			g.files.moved(ctx, g, file, whole)
		})
		return
	}
	if a.act == nil {
		if whole && h.req.TopLevel && h.req.Activity == model.ActivityView && h.resp.Class == recognise.ClassPage && a.res.StatusCode < 400 {
			v := h.activity(model.ActivityView)
			v.Status, v.BytesDown = a.res.StatusCode, t.bytes
			h.g.parts.Recorder.View(v)
		}
		return
	}
	act := a.act
	act.Status, act.BytesDown = a.res.StatusCode, t.bytes
	var client errClient
	switch {
	case whole && a.res.StatusCode < 400:
		act.Outcome = model.OutcomeComplete
		if t.hash != nil && len(act.Files) > 0 && a.res.StatusCode == http.StatusOK {
			act.Files[0].SHA256 = h.sum(t)
			if act.Files[0].Size < 0 && first(a.res.Header, "Content-Encoding") == "" && a.coding == "" {
				act.Files[0].Size = t.bytes
			}
		}
	case whole:
		act.Outcome, act.Reason = model.OutcomeFailed, "the app refused it"
	case errors.Is(err, errCut):
		act.Outcome, act.Reason = model.OutcomeAborted, "the session ended"
	case errors.As(err, &client) || h.ctx.Err() != nil:
		act.Outcome = model.OutcomeAborted
	default:
		act.Outcome, act.Reason = model.OutcomeFailed, "the app's answer was cut off"
	}
	g, ctx := h.g, h.ctx
	h.arrived(act.Outcome == model.OutcomeComplete && act.Type == model.ActivityDownload, func(arrived bool) {
		if act.Outcome == model.OutcomeComplete && !arrived && act.Type == model.ActivityDownload {
			// Its connection ended or stood still. The kernel goes on delivering what it had, so neither end is certain.
			act.Outcome, act.Reason = model.OutcomeUnknown, "the client did not confirm the last bytes"
		}
		g.outcome(ctx, act)
	})
}

// arrived calls then with whether the client has acknowledged what it was given. Without ask, and where nobody can tell,
// that is right away and with true; else it is once it is known. The hop must not be used in then.
func (h *hop) arrived(ask bool, then func(arrived bool)) {
	var confirm func(context.Context) bool
	if ask && h.g.parts.Arrived != nil {
		confirm = h.g.parts.Arrived(h.r)
	}
	if confirm == nil {
		then(true)
		return
	}
	h.g.arriving.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), arriveTime)
		defer cancel()
		then(confirm(ctx))
	})
}
