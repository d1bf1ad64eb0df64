package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// proxy decides what can be decided now, asks the app, and answers.
func (h *hop) proxy() {
	if h.wantsWorker() && h.entry != nil && h.keepsNothing() {
		h.endWorker()
		return
	}
	if h.noticeDue() {
		h.notice()
		return
	}
	if !h.hold() {
		return
	}
	act, ok := h.before()
	if !ok {
		return
	}
	transport, err := h.g.reach(h.app, h.t.Instance)
	if err != nil {
		h.appFailed(err, act)
		return
	}
	if h.socket {
		if h.inside = h.looksInside(); h.inside {
			delete(h.r.Header, "Sec-Websocket-Extensions")
		}
	}
	out, err := h.outgoing()
	if err != nil {
		h.unsent(err, act)
		return
	}
	stop := h.guardBody(out)
	res, err := transport.RoundTrip(out)
	cut := stop()
	if h.hints != nil {
		h.hints.close()
	}
	switch {
	case h.refusedUpload(): // a file in the body was not allowed
		if err == nil {
			res.Body.Close()
		}
		h.endUploads(0)
		return
	case err != nil && !cut && h.src.broken():
		h.unsent(fault.As(err, fault.Invalid, "gateway.body", h.t.Real), act)
		return
	case err != nil && !cut:
		h.appFailed(err, act)
		return
	case cut || h.ended():
		if err == nil {
			res.Body.Close()
		}
		h.endUploads(0)
		h.problem(http.StatusUnauthorized, "signin", page.Ended, nil) // fail closed: the session ended meanwhile
		return
	}
	defer res.Body.Close()
	defer h.endUploads(res.StatusCode) // also when the answer is cut off, which panics
	if res.StatusCode == http.StatusSwitchingProtocols {
		h.tunnel(out, res)
		return
	}
	h.respond(out, res, act)
}

// ended reports whether the session was revoked or ran out while the app was asked.
func (h *hop) ended() bool {
	return h.entry != nil && h.g.parts.Sessions.Touch(h.ctx, h.entry) != nil
}

// before takes the decisions that need nothing from the app. It returns the activity whose intent it wrote, if any, and
// false when it has answered.
func (h *hop) before() (*model.Activity, bool) {
	kind := h.req.Activity
	switch kind {
	case "", model.ActivityUpload: // uploads are decided file by file
		return nil, true
	case model.ActivityDownload:
		if h.r.Method == http.MethodGet || h.r.Method == http.MethodHead {
			return nil, true // the answer's head names the file, and the person wants to know which one it was
		}
		// An export is work for the app. What is stopped whatever its facts are need not reach the app at all.
		f := h.req.File
		h.action(kind, &f)
		h.in.NameState = filter.Unobtainable
		if f.Name != "" {
			h.in.NameState = filter.Known
		}
		h.in.Navigation, h.in.Preview = h.req.Navigation, h.req.Preview
		return nil, !h.hopeless(&f)
	}
	if h.sess == nil {
		return nil, true
	}
	if kind == model.ActivityView && h.provedAhead() {
		return nil, false
	}
	h.action(kind, nil)
	switch h.ask(h.lookAtText) {
	case answered:
		return nil, false
	case stopped:
		h.block(nil)
		return nil, false
	}
	if kind == model.ActivityView {
		return nil, true // recorded when the page is there
	}
	a := h.activity(kind)
	h.judged(a)
	if !h.intend(a) {
		h.notNow()
		return nil, false
	}
	return a, true
}

// hopeless reports whether a download is stopped by facts that are known before the app is asked; it has answered then.
func (h *hop) hopeless(f *model.File) bool {
	rules := h.g.parts.Rules(h.t.Tenant)
	if rules == nil || h.sess == nil {
		return false
	}
	rules.Decide(&h.in, &h.v)
	if h.v.Open() || h.v.Gate != policy.GateBlock {
		return false
	}
	h.block(f)
	return true
}

// outgoing makes the request for the app from the client's, whose parts it takes over.
func (h *hop) outgoing() (*http.Request, error) {
	r := h.r
	ctx := h.ctx
	if h.req.TopLevel {
		h.hints = &hints{h: h}
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: h.hints.got})
	}
	out := r.WithContext(ctx)
	out.URL.Scheme, out.URL.Host = "https", h.t.Real
	out.Host, out.RequestURI, out.Close = h.t.Real, "", false
	out.TransferEncoding, out.Trailer = nil, nil // a trailer could carry a field past the mapping (RFC 9110 section 6.5.1)
	og := header.Outgoing{Begun: h.begun, Upgrade: h.socket, Whole: h.mayRewrite()}
	if out.Header["If-None-Match"] != nil || out.Header["If-Match"] != nil {
		og.Epoch = h.epoch()
		h.variant = header.IsVariant(first(out.Header, "If-None-Match"))
	}
	if h.g.cfg.TellAddress {
		og.Address = h.g.address(r).String()
	}
	if !h.bare && h.entry != nil {
		var err error
		if og.Cookie, err = h.entry.Jar.Header(ctx, out.URL, h.cookies, h.cookieContext()); err != nil {
			return nil, fault.Wrap(err, "gateway.outgoing", h.t.Real) // fail closed: without its cookies the app would see a stranger
		}
	}
	if ranges := out.Header["Range"]; len(ranges) > 0 && (len(ranges) > 1 || manyRanges(ranges[0])) {
		delete(out.Header, "Range") // several at once are answered with the whole file
	}
	h.m.Request(out.Header, &og)
	if r.ContentLength == 0 {
		out.Body = nil // lets the transport try again on a connection that had just been closed
		if !h.req.Upload.Create {
			return out, nil
		}
	}
	return out, h.body(out)
}

// cookieContext says what SameSite rules need to know, in terms of real hosts.
func (h *hop) cookieContext() session.CookieContext {
	c := session.CookieContext{TopLevel: h.req.TopLevel, Complete: h.begun.Site == header.SiteSameOrigin}
	switch h.begun.Site {
	case header.SiteSameOrigin, header.SiteSameSite, header.SiteNone:
		c.Site = session.SameSite
	case header.SiteUnknown:
		if h.begun.Real != "" && related(h.begun.Real, h.t.Real) {
			c.Site = session.SameSite
		}
	}
	switch h.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		c.Safe = true
	}
	return c
}

// epoch marks variants of rewritten bodies: the mapping they were made with, which is the same for all sessions unless the
// app has hosts that are reached by a session's label.
func (h *hop) epoch() int64 {
	if !h.app.anonymous {
		return h.app.epoch
	}
	h.hosts.label()
	return h.hosts.mark()
}

// mayRewrite reports whether the answer can be something that is rewritten, going by what the browser wants it for.
func (h *hop) mayRewrite() bool {
	switch h.req.Dest {
	case "document", "iframe", "frame", "script", "style", "worker", "sharedworker", "serviceworker", "manifest":
		return !h.req.Download
	}
	return false
}

// hints passes the app's early hints on to a navigation (RFC 8297). The transport may call it late, from a goroutine of
// its own: once closed it does nothing.
type hints struct {
	mu   sync.Mutex
	h    *hop
	over bool
}

func (s *hints) close() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
}

func (s *hints) got(code int, hd textproto.MIMEHeader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || code != http.StatusEarlyHints {
		return nil
	}
	links := s.h.m.Hints(http.Header(hd))
	if len(links) == 0 {
		return nil
	}
	w := s.h.w
	w.Header()["Link"] = links
	w.WriteHeader(http.StatusEarlyHints)
	delete(w.Header(), "Link")
	return nil
}

// appFailed answers for an app that can't be reached. What was intended is ended as failed.
func (h *hop) appFailed(err error, act *model.Activity) {
	if act != nil {
		act.Outcome, act.Reason = model.OutcomeFailed, "the app did not answer"
		h.g.outcome(h.ctx, act)
	}
	h.endUploads(0)
	if h.ctx.Err() != nil {
		return // the client has gone
	}
	h.g.counts.appErrors.Add(1)
	h.g.log.Warn("app did not answer", "tenant", h.t.Tenant, "app", h.t.Instance.ID, "host", h.t.Real, "err", err)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		h.fail(http.StatusGatewayTimeout, page.AppSlow)
		return
	}
	h.fail(http.StatusBadGateway, page.AppDown)
}

// unsent answers for a request that could not be made ready.
func (h *hop) unsent(err error, act *model.Activity) {
	if act != nil {
		act.Outcome, act.Reason = model.OutcomeFailed, "the request could not be made ready"
		h.g.outcome(h.ctx, act)
	}
	if h.refusedUpload() {
		h.endUploads(0)
		return
	}
	h.endUploads(0)
	if h.ctx.Err() != nil {
		return
	}
	if fault.Is(err, fault.Invalid) {
		h.g.counts.refused.Add(1)
		h.g.log.Info("request refused", "tenant", h.t.Tenant, "err", err)
		h.problem(http.StatusBadRequest, "refused", page.Refused, nil) // fail closed: an app might read it otherwise
		return
	}
	h.g.log.Error("request not made ready", "tenant", h.t.Tenant, "err", err)
	h.fail(http.StatusServiceUnavailable, page.NotNow)
}

// manyRanges reports whether a Range field asks for more than one range.
func manyRanges(v string) bool {
	for i := range len(v) {
		if v[i] == ',' {
			return true
		}
	}
	return false
}
