package signin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/signin/wsfed"
	"github.com/referee-casb/referee/tenant"
)

// Referee as the federated identity provider of an Entra domain, by WS-Federation. A request does not say which app of
// Microsoft 365 it is for: the gate is asked about the instance that has Entra's sign-in host. What the others ask for
// decides whether the way leads through the gateway, where each is asked about by itself.

// FlowWSFed is a relying party's request that waits for the person.
const FlowWSFed FlowKind = "wsfed-request"

const (
	protocolWSFed = "wsfed"
	// requestAge is how old a request may be that says when it was made. Entra's own waits no longer for its answer.
	requestAge = time.Hour
	tokenSkew  = 90 * time.Second
)

// wsfedWaiting is such a request.
type wsfedWaiting struct {
	App      model.InstanceID `json:"app"`
	Request  wsfed.Request    `json:"request"`
	Reply    string           `json:"reply"` // one of the registered addresses
	Via      via              `json:"via"`
	Received time.Time        `json:"received"`
}

// wsfedRequest takes a request and keeps it until the person has signed in.
func (b *Broker) wsfedRequest(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	request, err := wsfed.ReadRequest(r.URL.RawQuery)
	if err != nil {
		b.refusedWSFed(w, r, t, err)
		return
	}
	if request.Action != wsfed.SignIn {
		// Any page can send a browser here: nobody is signed out who does not say so on our own page.
		http.Redirect(w, r, b.url(t.ID, "/signout"), http.StatusSeeOther)
		return
	}
	inst, ok := b.relyingParty(t.ID, request.Realm)
	if !ok {
		b.refusedWSFed(w, r, t, fault.New(fault.NotFound, "signin.wsfed", "nothing of this tenant is registered as %.200q", request.Realm))
		return
	}
	reply := inst.Federation.WSFed.Replies[0]
	if request.Reply != "" {
		if real, _, ok := b.realURI(t.ID, request.Reply); ok {
			request.Reply = real
		}
		if reply = request.Reply; !slices.Contains(inst.Federation.WSFed.Replies, reply) {
			// fail closed: a token goes to registered addresses alone
			b.refusedWSFed(w, r, t, fault.New(fault.Denied, "signin.wsfed", "the address that wants the sign-in is not registered"))
			return
		}
	}
	now := b.parts.Now()
	if !request.Sent.IsZero() && (now.Sub(request.Sent) > requestAge || request.Sent.Sub(now) > tokenSkew) {
		b.refusedWSFed(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin.wsfed", Msg: "this sign-in took too long", Help: "Open the app again."})
		return
	}
	id := newSecret()
	came := b.viaOf(context.WithValue(r.Context(), requestKey{}, came{r, ""}), t.ID)
	if err := b.flows.put(r.Context(), t.ID, FlowWSFed, id, wsfedWaiting{inst.ID, *request, reply, came, now}, requestLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/wsfed/continue?id="+url.QueryEscape(id)), http.StatusSeeOther)
}

// refusedWSFed ends a request that can't be answered, on record: there is no place that may be told.
func (b *Broker) refusedWSFed(w http.ResponseWriter, r *http.Request, t tenant.Tenant, err error) {
	if !b.admitted(w, r, t, costFailure) {
		return
	}
	b.recordFailure(r, t, err)
	b.fail(w, r, t, err)
}

// relyingParty finds the instance that a realm is registered for.
func (b *Broker) relyingParty(id model.TenantID, realm string) (catalog.Instance, bool) {
	for _, inst := range b.parts.Catalog.Instances(id) {
		if f := inst.Federation; f.Protocol == protocolWSFed && f.WSFed != nil && f.WSFed.Name() == realm {
			return inst, true
		}
	}
	return catalog.Instance{}, false
}

// wsfedContinue finishes a request, or makes the detour that it still needs.
func (b *Broker) wsfedContinue(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	id := r.URL.Query().Get("id")
	var waiting wsfedWaiting
	if err := b.flows.get(r.Context(), t.ID, FlowWSFed, id, &waiting); err != nil {
		b.fail(w, r, t, gone(err, "signin.wsfed", "this sign-in took too long or was already used"))
		return
	}
	inst, ok := b.parts.Catalog.Instance(t.ID, waiting.App)
	if !ok || inst.Federation.WSFed == nil || !slices.Contains(inst.Federation.WSFed.Replies, waiting.Reply) {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.wsfed", "the app is not registered any more"))
		return
	}
	q := &waiting.Request
	s, _, err := b.current(r, t.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err) // fail closed: nobody knows who this is
		return
	}
	ask := asRequest(id, q)
	fresh, err := b.freshEnough(r, t.ID, ask, s)
	switch {
	case err != nil:
		b.fail(w, r, t, err)
		return
	case !fresh && q.Silent:
		b.wsfedRefuses(w, r, t, inst, waiting, id, "nobody is signed in, or not recently enough")
		return
	case !fresh:
		again := request{back: "/" + string(t.ID) + "/wsfed/continue?id=" + url.QueryEscape(id), maxAge: -1, hint: q.Hint, domain: homeOfRealm(q.Home)}
		if s.ID != "" || q.Fresh == 0 {
			again.maxAge, again.request, again.provider = 0, id, s.Auth.Provider
		}
		b.start(w, r, t, again)
		return
	}
	var d decision
	if !b.evaluate(w, r, t, s, inst, q.Silent, &d) {
		return
	}
	if q.Method == wsfed.MultipleAuthn {
		d.askSecondFactor(&s.Auth, b.parts.Now())
	}
	switch {
	case !knownMethod(q.Method):
		b.wsfedRefuses(w, r, t, inst, waiting, id, "the method asked for is not offered")
	case q.Silent && (d.Open() || d.Gate != policy.GateAllow):
		b.wsfedRefuses(w, r, t, inst, waiting, id, "this can't be decided without the person")
	case d.Gate != policy.GateAllow:
		b.deny(w, r, t, s, inst, &d, "")
	default:
		b.wsfedGrant(w, r, t, s, inst, id, waiting, &d)
	}
}

// asRequest says in the terms of the OpenID provider how recent the sign-in must be.
func asRequest(id string, q *wsfed.Request) *authRequest {
	ask := &authRequest{ID: id}
	switch {
	case q.Fresh == 0: // Entra's way of passing prompt=login on
		ask.Prompt = []string{oidc.PromptLogin}
	case q.Fresh > 0:
		age := uint(q.Fresh / time.Second) //nolint:gosec // bounded where it is read
		ask.MaxAge = &age
	}
	return ask
}

// homeOfRealm is the domain that a home realm names; issuers are addresses, and no domains.
func homeOfRealm(whr string) string {
	if strings.ContainsAny(whr, ":/@") {
		return ""
	}
	return strings.ToLower(whr)
}

// knownMethod reports whether a wauth can be met: any first factor is as good as a password, and a second one is asked
// for where several are wanted.
func knownMethod(wauth string) bool {
	return slices.Contains([]string{"", wsfed.Password, wsfed.Unspecified, wsfed.MultipleAuthn, saml.ContextPassword, wsfed.Windows}, wauth)
}

// wsfedRefuses tells the relying party that nobody signed in.
func (b *Broker) wsfedRefuses(w http.ResponseWriter, r *http.Request, t tenant.Tenant, inst catalog.Instance, waiting wsfedWaiting, id, why string) {
	if err := b.flows.take(r.Context(), t.ID, FlowWSFed, id, &wsfedWaiting{}); err != nil {
		b.fail(w, r, t, gone(err, "signin.wsfed", "this sign-in took too long or was already used"))
		return
	}
	b.recordFailure(r, t, fault.New(fault.Denied, "signin.wsfed", "%s", why))
	result, err := wsfed.Refuse(why)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	to := waiting.Reply
	if waiting.Via.AppSession != "" || waiting.Via.Mapped != "" {
		if mapped, err := b.mappedURI(t.ID, inst, to); err == nil {
			to = mapped
		}
	}
	b.postWSFed(w, r, t, to, result, waiting.Request.Context)
}

// wsfedGrant is grant for WS-Federation: the token is made out to the relying party. What began at the direct host begins
// again at the app's mapped front page: the request does not say which page was wanted.
func (b *Broker) wsfedGrant(w http.ResponseWriter, r *http.Request, t tenant.Tenant, s session.Session, inst catalog.Instance, id string, waiting wsfedWaiting, d *decision) {
	who, err := b.accountOf(r.Context(), t, s, inst)
	if err != nil {
		b.refusedWSFed(w, r, t, err)
		return
	}
	p := posting{kind: FlowWSFed, id: id, address: waiting.Reply, via: waiting.Via, again: func(string) (string, error) { return b.front(t, inst) }}
	if waiting.Request.Silent {
		p.refuse = func() { b.wsfedRefuses(w, r, t, inst, waiting, id, "this can't be decided without the person") }
	}
	to, ok := b.release(w, r, t, s, inst, d, p)
	if !ok {
		return
	}
	if to == "" {
		to = waiting.Reply
	}
	local, err := b.local(r.Context(), t, "", "")
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	signer := wsfed.Provider{Keys: local.Keys, Now: b.parts.Now, Skew: tokenSkew}
	who.Realm, who.Methods, who.Signed = inst.Federation.WSFed.Name(), methodsOf(&s.Auth, b.parts.Now()), s.Auth.Time
	result, err := signer.Respond(who)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	if key, err := b.signer(r.Context(), t.ID, KeySAML); err == nil {
		b.saw(r.Context(), KeySeen{Tenant: t.ID, Use: KeySAML, Instance: inst.ID, Key: key.ID, How: "signed"})
	}
	b.postWSFed(w, r, t, to, result, waiting.Request.Context)
}

// postWSFed gives the browser the form that it posts.
func (b *Broker) postWSFed(w http.ResponseWriter, r *http.Request, t tenant.Tenant, to, result, context string) {
	fields := url.Values{"wa": {string(wsfed.SignIn)}, "wresult": {result}}
	if context != "" {
		fields.Set("wctx", context)
	}
	w.Header().Set("Referrer-Policy", "strict-origin")
	b.render(w, r, t, http.StatusOK, "post", postView{To: to, Fields: fields})
}

// front is the front page of an app behind the gateway, or its initiate-login address.
func (b *Broker) front(t tenant.Tenant, inst catalog.Instance) (string, error) {
	for _, h := range inst.Hosts {
		if h.Role != catalog.RoleApp {
			continue
		}
		at, err := b.mappedURI(t.ID, inst, "https://"+h.Name+"/")
		if err != nil {
			return "", err
		}
		return b.restart(t, inst, &authRequest{}, at)
	}
	return "", fault.New(fault.Invalid, "signin.front", "instance %q has no host with the role app", inst.ID)
}
