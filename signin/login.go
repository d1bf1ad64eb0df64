package signin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

// decision is what the gate decided, and what it rested on.
type decision struct {
	policy.Verdict
	rested policy.Input
	as     session.Session // the session as the request presents it: whom the verdict is about

	bypassed string // the bypass that took session control off, "" for none
}

// login finishes an app's authorization request, or makes the detour that it still needs.
//
// A request is not bound to the browser that brought it: who could send a colleague its id could as well send
// the app's authorization address. What ties the code to the browser is the app's own state, nonce and PKCE.
func (b *Broker) login(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	p, err := b.openIDProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	req := &authRequest{}
	if err := b.flows.get(r.Context(), t.ID, FlowRequest, r.URL.Query().Get("id"), req); err != nil {
		b.fail(w, r, t, gone(err, "signin.login", "this sign-in took too long or was already used"))
		return
	}
	inst, ok := b.parts.Catalog.ByClient(t.ID, req.Client)
	if !ok {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.login", "app %q is not registered any more", req.Client))
		return
	}
	silent := slices.Contains(req.Prompt, oidc.PromptNone)
	s, _, err := b.current(r, t.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err) // fail closed: nobody knows who this is
		return
	}
	fresh, err := b.freshEnough(r, t.ID, req, s)
	switch {
	case err != nil:
		b.fail(w, r, t, err)
		return
	case !fresh && silent:
		b.answerError(w, r, t, p, inst, req, oidc.ErrLoginRequired())
		return
	case !fresh:
		again := request{back: "/" + string(t.ID) + "/login?id=" + url.QueryEscape(req.ID), hint: req.LoginHint, domain: req.DomainHint, maxAge: -1}
		if s.ID != "" || slices.Contains(req.Prompt, oidc.PromptLogin) {
			again.maxAge, again.request = 0, req.ID
			again.provider = s.Auth.Provider // the same person again, unless the hint is another's
			if req.LoginHint != "" && domainOf(req.LoginHint) != s.User.Domain() {
				again.provider = ""
			}
		}
		again.choose = slices.Contains(req.Prompt, oidc.PromptSelectAccount)
		if again.choose {
			again.maxAge, again.request, again.provider = 0, req.ID, ""
		}
		b.start(w, r, t, again)
		return
	case req.Hint != "" && req.Hint != string(s.User.ID):
		// The app asks for one person and another one is signed in (OpenID Connect Core section 3.1.2.2).
		b.answerError(w, r, t, p, inst, req, oidc.ErrLoginRequired())
		return
	}
	var d decision
	if !b.evaluate(w, r, t, s, inst, silent, &d) {
		return
	}
	switch {
	case silent && d.Open():
		b.answerError(w, r, t, p, inst, req, oidc.ErrInteractionRequired())
	case silent && d.Gate != policy.GateAllow:
		b.answerError(w, r, t, p, inst, req, oidc.ErrAccessDenied())
	case d.Gate != policy.GateAllow:
		b.deny(w, r, t, s, inst, &d, "")
	default:
		b.grant(w, r, t, p, s, inst, req, &d)
	}
}

// gone is the fault for a step whose record is not there: denied, unless it is the store that failed.
func gone(err error, op, why string) error {
	if !fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, op, "")
	}
	return &fault.Error{Kind: fault.Denied, Op: op, Msg: why, Help: "Open the app again.", Err: err}
}

// reauthenticated is kept when a sign-in that one request asked for has been made, for that session.
type reauthenticated struct {
	Session model.SessionID `json:"session"`
}

// freshEnough reports whether a session satisfies a request's prompt and max_age: by its age, or because the
// person signed in again for this very request. prompt=login is never satisfied by what was there before.
func (b *Broker) freshEnough(r *http.Request, id model.TenantID, req *authRequest, s session.Session) (bool, error) {
	login := slices.Contains(req.Prompt, oidc.PromptLogin) || slices.Contains(req.Prompt, oidc.PromptSelectAccount)
	switch {
	case s.ID == "":
		return false, nil
	case !login && (req.MaxAge == nil || !s.Auth.Undated && b.parts.Now().Sub(s.Auth.Time) <= seconds(*req.MaxAge)):
		return true, nil
	}
	var done reauthenticated
	err := b.flows.get(r.Context(), id, FlowFresh, req.ID, &done)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && done.Session == s.ID, err
}

// seconds turns a max_age into a duration; one that is longer than any session asks for nothing.
func seconds(n uint) time.Duration {
	const most = 10 * 365 * 24 * 60 * 60
	return time.Duration(min(n, most)) * time.Second //nolint:gosec // bounded above
}

// evaluate asks the gate, and sends the browser to prove its device where that matters. It returns false when
// it has answered the request.
func (b *Broker) evaluate(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, silent bool, d *decision) bool {
	d.as = b.present(r, t, s)
	rested, err := b.parts.Gate.Evaluate(r.Context(), d.as, inst, model.ClientBrowser, &d.Verdict)
	if err != nil {
		// fail closed: without a decision nobody is let in
		b.fail(w, r, t, err)
		return false
	}
	d.rested = rested
	b.bypass(t.ID, inst, d)
	if !silent && d.needsDevice() {
		b.askDevice(w, r, t, here(r))
		return false
	}
	return true
}

// grant takes an app's granted request to its end. One that came through a gateway gets its code at the mapped
// host, where the app's own state cookie is. Without session control any other gets it at the app's own address.
// Under session control it is started again at the mapped host: its state cookie lies at the direct host, where
// this session must not go.
func (b *Broker) grant(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, s session.Session, inst catalog.Instance, req *authRequest, d *decision) {
	routed := d.Duties.Has(policy.DutyRoute)
	through, err := b.throughGateway(r.Context(), t.ID, s.ID, inst, req.Via)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if !through && !routed {
		b.finish(w, r, t, p, s, inst, req, req.Redirect, d)
		return
	}
	mapped, err := b.mappedURI(t.ID, inst, req.Redirect)
	if err != nil {
		// fail closed: the direct host is not an alternative
		b.fail(w, r, t, err)
		return
	}
	if through || b.restarted(w, r, t.ID, inst) {
		b.finish(w, r, t, p, s, inst, req, mapped, d)
		return
	}
	again, err := b.restart(t, inst, req, mapped)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	setCookie(w, restartCookie+string(t.ID), string(inst.ID), restartLife)
	http.Redirect(w, r, again, http.StatusSeeOther)
}

// restartLife is how soon after a restart a second request that does not say where it came from is taken to
// be the restarted one.
const restartLife = time.Minute

// restarted breaks a circle: an app whose page goes to sign-in by script and hides its Referer comes back
// without a word of the gateway, and would be started again for ever. It gets its code at the mapped host, which
// is no more than what a restart leads to.
func (b *Broker) restarted(w http.ResponseWriter, r *http.Request, id model.TenantID, inst catalog.Instance) bool {
	c, err := r.Cookie(restartCookie + string(id))
	if err != nil || c.Value != string(inst.ID) {
		return false
	}
	setCookie(w, c.Name, "", -1)
	return true
}

// finish gives the app its code at redirect, which is the registered address or its mapped form. The sign-in
// is on record before the code exists: fail closed.
func (b *Broker) finish(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, s session.Session, inst catalog.Instance, req *authRequest, redirect string, d *decision) {
	if err := b.recordAccess(r, s, inst, d, true); err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.persist(w, r, s, d)
	req.Session, req.Subject, req.Auth = s.ID, string(s.User.ID), s.Auth
	if err := b.tellLater(r.Context(), s, inst, AppSignIn{Protocol: protocolOpenID, Subject: req.Subject, Bypass: d.bypassed, Through: redirect != req.Redirect, Direct: redirect == req.Redirect}); err != nil {
		// fail closed: an app that could not be told of the session's end must not begin one
		b.fail(w, r, t, err)
		return
	}
	if key, err := b.signer(r.Context(), t.ID, KeyOpenID); err == nil {
		b.saw(r.Context(), KeySeen{Tenant: t.ID, Use: KeyOpenID, Instance: inst.ID, Key: key.ID, How: "signed"})
	}
	code, err := p.storage.issueCode(r.Context(), req)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.answer(w, r, t, p, req, redirect, response{Code: code})
}

// answerError sends an OpenID error to where the code would have gone. The gateway's word, or the browser's, is
// enough for that: an error carries nothing.
func (b *Broker) answerError(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, inst catalog.Instance, req *authRequest, e *oidc.Error) {
	redirect := req.Redirect
	if req.Via.AppSession != "" || req.Via.Mapped != "" {
		if mapped, err := b.mappedURI(t.ID, inst, req.Redirect); err == nil {
			redirect = mapped
		}
	}
	b.answer(w, r, t, p, req, redirect, response{Error: string(e.ErrorType), Description: e.Description})
}

// response is what an app hears: a code or an error, its own state, and who answers (RFC 9207).
type response struct {
	Code        string
	Error       string
	Description string
}

func (a response) values(req *authRequest, issuer string) url.Values {
	v := url.Values{"iss": {issuer}}
	for key, value := range map[string]string{"code": a.Code, "error": a.Error, "error_description": a.Description, "state": req.State} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return v
}

// answer sends a response in the mode that the app asked for.
func (b *Broker) answer(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p *provider, req *authRequest, redirect string, a response) {
	values := a.values(req, p.issuer)
	if req.Mode == oidc.ResponseModeFormPost {
		// Its form goes to another origin, which may want to know from where.
		w.Header().Set("Referrer-Policy", "strict-origin")
		b.render(w, r, t, http.StatusOK, "post", postView{To: redirect, Fields: values})
		return
	}
	target, err := url.Parse(redirect)
	if err != nil {
		b.fail(w, r, t, fault.Wrap(errors.New("the registered address can't be read"), "signin.answer", redirect))
		return
	}
	if req.Mode == oidc.ResponseModeFragment {
		target.Fragment, target.RawFragment = "", ""
		http.Redirect(w, r, target.String()+"#"+values.Encode(), http.StatusFound)
		return
	}
	q := target.Query()
	for key, v := range values {
		q[key] = v
	}
	target.RawQuery = q.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// postView is the page that posts a response to the app by itself, or by a button where scripts are off.
type postView struct {
	To     string
	Fields url.Values
}
