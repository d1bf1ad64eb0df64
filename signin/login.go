package signin

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// login finishes an app's authorization request, or makes the detour that it still needs.
func (b *Broker) login(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	p, err := b.openIDProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	req := &authRequest{}
	if err := b.flows.get(r.Context(), t.ID, FlowRequest, r.URL.Query().Get("id"), req); err != nil {
		b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.login", Msg: "this sign-in took too long or was already used", Help: "open the app again", Err: err})
		return
	}
	inst, ok := b.parts.Catalog.ByClient(t.ID, req.Client)
	if !ok {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.login", "app %q is not registered any more", req.Client))
		return
	}
	silent := slices.Contains(req.Prompt, oidc.PromptNone)
	s, _, err := b.current(r, t.ID)
	if err != nil || !freshEnough(req, s, b.parts.Now()) {
		if silent {
			b.answerError(w, r, t, p, inst, req, s, oidc.ErrLoginRequired())
			return
		}
		maxAge := -1
		if err == nil || slices.Contains(req.Prompt, oidc.PromptLogin) {
			maxAge = 0
		}
		b.start(w, r, t, "/"+string(t.ID)+"/login?id="+url.QueryEscape(req.ID), maxAge)
		return
	}
	var v policy.Verdict
	if !b.evaluate(w, r, t, s, inst, silent, &v) {
		return
	}
	switch {
	case v.Gate != policy.GateAllow:
		if silent {
			b.answerError(w, r, t, p, inst, req, s, oidc.ErrAccessDenied())
			return
		}
		b.deny(w, r, t, s, inst, &v)
	case v.Duties.Has(policy.DutyRoute):
		b.finishRouted(w, r, t, p, s, inst, req)
	default:
		b.finish(w, r, t, p, s, req, req.Redirect)
	}
}

// freshEnough reports whether a session satisfies a request's prompt and max_age.
func freshEnough(req *authRequest, s session.Session, now time.Time) bool {
	if s.ID == "" {
		return false
	}
	if slices.Contains(req.Prompt, oidc.PromptLogin) && s.Auth.Time.Before(req.Created.Add(-time.Minute)) {
		return false
	}
	return req.MaxAge == nil || now.Sub(s.Auth.Time) <= time.Duration(*req.MaxAge)*time.Second //nolint:gosec // seconds from a request, compared only
}

// evaluate asks the gate, and sends the browser to prove its device where that matters. It returns false when
// it has answered the request.
func (b *Broker) evaluate(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, silent bool, v *policy.Verdict) bool {
	s.Network = b.parts.Locator.Locate(t.ID, r.RemoteAddr) // where the person is now, not where they signed in
	if err := b.parts.Gate.Evaluate(r.Context(), s, inst, model.ClientBrowser, v); err != nil {
		// fail closed: without a decision nobody is let in
		b.fail(w, r, t, err)
		return false
	}
	if !silent && b.config.DeviceOrigin != "" && slices.ContainsFunc(v.Needs, func(n model.Need) bool { return n.Kind == model.NeedDeviceProof }) {
		back := r.URL.Path + "?" + r.URL.RawQuery
		http.Redirect(w, r, b.url(t.ID, "/device?ret="+url.QueryEscape(back)), http.StatusSeeOther)
		return false
	}
	return true
}

// finishRouted takes a request under session control to the mapped host. One that came through a gateway gets
// its code there. One that started at the direct host is started again at the mapped host, because the app's
// own state cookie lies at the direct host, where this session must not go.
func (b *Broker) finishRouted(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, s session.Session, inst catalog.Instance, req *authRequest) {
	through, err := b.throughGateway(r.Context(), t.ID, s.ID, inst, req.Via)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	mapped, err := b.mappedURI(t.ID, inst, req.Redirect)
	if err != nil {
		// fail closed: the direct host is not an alternative
		b.fail(w, r, t, err)
		return
	}
	if through {
		b.finish(w, r, t, p, s, req, mapped)
		return
	}
	again, err := b.restart(t, inst, req, mapped)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, again, http.StatusSeeOther)
}

// restart is where a sign-in that began at the direct host begins again: at the deep link where the app named
// one, through the app's initiate-login address where it has one (OpenID Connect Core section 4), else at the
// root of the mapped host.
func (b *Broker) restart(t tenant.Tenant, inst catalog.Instance, req *authRequest, mappedRedirect string) (string, error) {
	deep := ""
	for _, candidate := range []string{req.Target, deepLink(req.State)} {
		if candidate == "" {
			continue
		}
		if candidate[0] == '/' {
			deep = resolve(mappedRedirect, candidate)
		} else if m, err := b.mappedURI(t.ID, inst, candidate); err == nil {
			deep = m
		}
		if deep != "" {
			break
		}
	}
	if inst.Federation.InitiateURI != "" {
		initiate, err := b.mappedURI(t.ID, inst, inst.Federation.InitiateURI)
		if err != nil {
			return "", err
		}
		q := url.Values{"iss": {b.issuerOf(t)}}
		if deep != "" {
			q.Set("target_link_uri", deep)
		}
		return initiate + "?" + q.Encode(), nil
	}
	if deep != "" {
		return deep, nil
	}
	return resolve(mappedRedirect, "/"), nil
}

func resolve(base, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	ref, err := url.Parse(path)
	if err != nil || ref.Host != "" || ref.Scheme != "" {
		return ""
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = ref.Path, ref.RawPath, ref.RawQuery, ""
	return u.String()
}

// finish gives the app its code at redirect, which is the registered address or its mapped form.
func (b *Broker) finish(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, s session.Session, req *authRequest, redirect string) {
	req.Session, req.Subject, req.Auth = s.ID, string(s.User.ID), s.Auth
	code, err := p.storage.issueCode(r.Context(), req)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.answer(w, r, t, p, req, redirect, &op.CodeResponseType{Code: code, State: req.State})
}

// answerError sends an OpenID error to where the code would have gone.
func (b *Broker) answerError(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, inst catalog.Instance, req *authRequest, s session.Session, e *oidc.Error) {
	redirect := req.Redirect
	if through, err := b.throughGateway(r.Context(), t.ID, s.ID, inst, req.Via); err == nil && (through || req.Via.Mapped != "") {
		if mapped, err := b.mappedURI(t.ID, inst, req.Redirect); err == nil {
			redirect = mapped
		}
	}
	e.State = req.State
	b.answer(w, r, t, p, req, redirect, e)
}

func (b *Broker) answer(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, req *authRequest, redirect string, response any) {
	if req.Mode == oidc.ResponseModeFormPost {
		w.Header().Del("X-Frame-Options")
		if err := op.AuthResponseFormPost(w, redirect, response, p.op.Encoder()); err != nil {
			b.parts.Log.Error("form post", "tenant", t.ID, "err", err)
		}
		return
	}
	target, err := op.AuthResponseURL(redirect, oidc.ResponseTypeCode, req.Mode, response, p.op.Encoder())
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.answer", redirect))
		return
	}
	http.Redirect(w, r, target, http.StatusFound)
}
