package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/replay"
)

// activity makes an activity of this request: who, where, with what, to which app; and what the verdict named.
func (h *hop) activity(kind model.ActivityType) *model.Activity {
	h.facts()
	a := &model.Activity{
		Tenant: h.t.Tenant, Time: h.now, Source: model.SourceSession, Type: kind,
		App: h.in.App, User: h.in.User, Session: h.in.Session, Network: h.in.Network, Agent: h.in.Agent,
		Device: model.ActivityDevice{Tags: append([]model.DeviceTag(nil), h.in.Device...)},
		Host:   h.t.Real, Path: h.r.URL.Path, Method: h.r.Method,
	}
	if h.entry != nil {
		a.Policies = append(a.Policies, h.entry.App.Access...)
	}
	return a
}

// judged adds what the verdict says to an activity.
func (h *hop) judged(a *model.Activity) {
	for _, p := range h.v.Deciding[:h.v.N] {
		a.Policies = append(a.Policies, p.Ref())
	}
	for _, p := range h.v.Monitored[:h.v.M] {
		a.Policies = append(a.Policies, p.Ref())
	}
	switch {
	case h.v.Gate != policy.GateAllow:
		a.Taken = model.TakenBlock
		if h.v.Gate == policy.GateStepUp {
			a.Taken = model.TakenVerify
		}
	case len(h.in.Satisfied) > 0:
		a.Taken = passedBy(h.in.Satisfied)
	case h.v.Duties.Has(policy.DutyAudit):
		a.Taken = model.TakenAudit
	}
	h.protectedBy(a)
	if h.in.Malware { // Defender's "Potential malware detected"
		if a.Detail == nil {
			a.Detail = map[string]any{}
		}
		a.Detail["potentialMalware"] = h.malware
	}
	h.evident = a
	replay.Remember(&h.in, a)
	if h.v.Excepted != "" {
		a.Objects = append(a.Objects, model.Object{Type: "exception", ID: h.v.Excepted})
	}
}

// protectedBy adds what came of labelling the copy that leaves.
func (h *hop) protectedBy(a *model.Activity) {
	if h.protection == "" {
		return
	}
	if a.Detail == nil {
		a.Detail = map[string]any{}
	}
	a.Detail["protection"] = h.protection
	if h.labelled && a.Taken != model.TakenBlock {
		a.Taken = model.TakenProtect
	}
}

// passedBy says by which grants an action passed: a justification is told before a step-up, which it went with.
func passedBy(grants []string) model.Taken {
	if slices.ContainsFunc(grants, func(g string) bool { return strings.HasPrefix(g, "override:") }) {
		return model.TakenOverride
	}
	return model.TakenVerified
}

// intend writes the intent of an action. When it can't be written the action does not happen: fail closed, since what
// isn't recorded can't be answered for. Plain traffic, which needs no intent, goes on.
func (h *hop) intend(a *model.Activity) bool {
	if err := h.g.parts.Recorder.Intent(h.ctx, a); err != nil {
		h.unrecorded(err, a)
		return false
	}
	h.keep(a)
	return true
}

// keep keeps what was found in the content of an action that is on record now, when a policy had a say in it.
func (h *hop) keep(a *model.Activity) {
	if len(h.matches) == 0 || h.evident != a || h.v.N+h.v.M == 0 || h.g.parts.Evidence == nil {
		return
	}
	file := ""
	if len(a.Files) > 0 {
		file = a.Files[0].Name
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), 5*time.Second)
	defer cancel()
	if err := h.g.parts.Evidence.Keep(ctx, h.t.Tenant, a.ID, file, h.matches); err != nil {
		// fail open: the action is decided and on record, with what was found; only the places are lost.
		h.g.log.Error("evidence not kept", "err", err, "tenant", h.t.Tenant, "activity", a.ID)
	}
}

// unrecorded counts and reports an action that could not be recorded; at most once a second, since a full bus refuses
// every action and the disk may be full as well.
func (h *hop) unrecorded(err error, a *model.Activity) {
	n := h.g.counts.unrecorded.Add(1)
	if fault.Is(err, fault.Canceled) {
		return
	}
	now, last := h.now.UnixNano(), h.g.complained.Load()
	if now-last >= int64(time.Second) && h.g.complained.CompareAndSwap(last, now) {
		h.g.log.Error("action not recorded, so not done", "err", err, "tenant", h.t.Tenant, "activity", a.Type, "count", n)
	}
}

// notNow answers an action that could not be recorded.
func (h *hop) notNow() { h.fail(http.StatusServiceUnavailable, page.NotNow) }

// outcome writes how an action ended. The client may be gone by now, and that is no reason not to.
func (g *Gateway) outcome(ctx context.Context, a *model.Activity) {
	if err := g.parts.Recorder.Outcome(context.WithoutCancel(ctx), a); err != nil {
		// The intent stays and is closed as unknown: true, if less than we knew.
		g.log.Error("outcome not recorded", "err", err, "tenant", a.Tenant, "activity", a.ID)
	}
}

// event writes something of one moment, and says whether it was stored. What was not has no reference code: nobody is
// given one that can't be looked up.
func (h *hop) event(a *model.Activity) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.ctx), 5*time.Second)
	defer cancel()
	if err := h.g.parts.Recorder.Event(ctx, a); err != nil {
		h.unrecorded(err, a)
		a.Reference = ""
		return false
	}
	h.keep(a)
	return true
}
