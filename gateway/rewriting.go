package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/gateway/recognise"
	"github.com/referee-casb/referee/gateway/rewrite"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// rewriting chooses whether and as what the body is rewritten.
func (h *hop) rewriting(a *answer) {
	if a.body != nil || h.resp.Download && !h.resp.Attachment && h.resp.Class != recognise.ClassPage || h.r.Method == http.MethodHead {
		return
	}
	a.kind = rewrite.Classify(h.req.Dest, a.res.StatusCode, a.res.Header, len(h.app.fields) > 0)
	if h.resp.Class == recognise.ClassFile || h.resp.Attachment {
		a.kind = rewrite.None // data goes as it is
	}
}

// wouldRewrite reports whether a GET of what a HEAD asked for would be rewritten.
func (h *hop) wouldRewrite(res *http.Response) bool {
	return rewrite.Classify(h.req.Dest, res.StatusCode, res.Header, len(h.app.fields) > 0) != rewrite.None
}

// wrap puts the rewriter round the body. It returns false when it had to answer instead.
func (h *hop) wrap(a *answer, csp *policies) bool {
	u := *a.out.URL
	u.Fragment, u.User = "", nil
	opt := rewrite.Options{
		Hosts: h.hosts.detached(), Real: h.t.Real, Address: u.String(), Encoding: a.coding, Accept: first(a.out.Header, "Accept-Encoding"),
		Charset: charset(first(a.res.Header, "Content-Type")), Fields: h.app.fields, Nonce: csp.nonce,
		Strict: h.tenant.Default != tenant.Allow, Replace: h.app.code,
	}
	switch {
	case a.kind.Page():
		opt.Digests = csp.digests
		opt.Integrity = &expected{digests: &h.g.digests, tenant: h.t.Tenant, epoch: h.epoch()}
		if h.sess != nil {
			opt.Inject = h.tag(csp.nonce)
			opt.Strict = opt.Strict && h.stops // where nothing is stopped, nobody's work is stopped over a page
		}
	case (a.kind == rewrite.JS || a.kind == rewrite.CSS) && a.res.StatusCode < 300:
		opt.Check = h.g.digests.check(h.t.Tenant, u.String(), h.integrity, h.epoch())
	}
	body, err := rewrite.New(a.kind, a.source(), opt)
	if err == nil {
		err = body.Begin()
	}
	if err == nil {
		a.body = body
		hd := a.res.Header
		delete(hd, "Content-Encoding")
		if e := body.Encoding(); e != "" {
			hd["Content-Encoding"] = []string{e}
		}
		return true
	}
	var unclear *rewrite.Ambiguous
	if errors.As(err, &unclear) {
		h.unclear(unclear, true)
	} else if h.tenant.Default == tenant.Allow && fault.Is(err, fault.Invalid) && body == nil {
		// fail open: the tenant chose that work goes on. The page's links may lead out, and it lacks the client script; bytes
		// of files are decided about all the same.
		e := h.activity(model.ActivityDefault)
		e.Reason, e.Detail = "a page could not be rewritten", map[string]any{"default": string(h.tenant.Default), "why": err.Error()}
		h.event(e)
		a.kind = rewrite.None
		return true
	}
	h.dropped(a, "the page could not be read")
	h.g.log.Warn("answer not rewritten", "tenant", h.t.Tenant, "host", h.t.Real, "err", err)
	h.fail(http.StatusBadGateway, page.NoScript) // fail closed: an unrewritten page would lead out, and lack the client script
	return false
}

// checkable reports whether an answer can be checked against the digest that its address carries, if it does. A redirect
// hands the digest on.
func (h *hop) checkable(a *answer) bool {
	switch status := a.res.StatusCode; {
	case h.integrity == "", status >= 400, status == http.StatusNotModified, h.r.Method == http.MethodHead:
		return true
	case status < 300:
		return a.kind == rewrite.JS || a.kind == rewrite.CSS
	}
	u, err := a.out.URL.Parse(first(a.res.Header, "Location"))
	if err != nil {
		return false
	}
	if _, ok := h.hosts.Mapped(strings.TrimSuffix(strings.ToLower(u.Host), ":443")); !ok || u.Scheme != "https" {
		return false
	}
	a.res.Header.Set("Location", rewrite.Marked(u.String(), h.integrity))
	return true
}

// codeRules fills in a profile's rules for code.
func codeRules(rules []catalog.CodeRule, suffix string) (out []rewrite.Replacement) {
	fill := strings.NewReplacer("{suffix}", suffix, "{suffixPattern}", strings.ReplaceAll(suffix, ".", `\.`))
	for _, r := range rules {
		out = append(out, rewrite.Replacement{From: r.Find, To: fill.Replace(r.Replace)})
	}
	return out
}

// unclear records that browsers may read a page otherwise than it was read here. stopped says that it isn't shown, or no
// further.
func (h *hop) unclear(why error, stopped bool) {
	h.g.counts.ambiguous.Add(1)
	e := h.activity(model.ActivityDefault)
	e.Reason = "a page can be read in two ways, and passed as it is"
	if stopped {
		e.Reason = "a page can be read in two ways, and was stopped"
	}
	e.Detail = map[string]any{"default": string(h.tenant.Default), "why": why.Error(), "path": h.r.URL.Path}
	h.event(e)
}

// bodyEnd records how reading a rewritten body ended.
func (h *hop) bodyEnd(a *answer, err error) {
	body, ok := a.body.(*rewrite.Body)
	if !ok {
		return
	}
	var unclear *rewrite.Ambiguous
	switch {
	case errors.As(err, &unclear):
		h.unclear(unclear, true)
	case body.Unclear() != nil:
		h.unclear(body.Unclear(), false)
	case err != nil && fault.Is(err, fault.Invalid) && !errors.Is(err, io.ErrUnexpectedEOF):
		h.g.log.Warn("answer cut off", "tenant", h.t.Tenant, "host", h.t.Real, "path", h.r.URL.Path, "err", err)
	}
}
