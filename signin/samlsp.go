package signin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// samlOf serves the SAML addresses of one provider, where Referee is its service provider.
func (b *Broker) samlOf(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return string(p.ID) == r.PathValue("provider") })
	if r.PathValue("step") == "start" && r.Method == http.MethodGet {
		r.SetPathValue("app", r.PathValue("provider"))
		b.samlStart(w, r, t)
		return
	}
	if i < 0 || !t.Providers[i].Federated() {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
		return
	}
	p := t.Providers[i]
	sp, err := b.serviceProvider(r.Context(), t, p)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	switch r.Method + " " + r.PathValue("step") {
	case "GET sp":
		text, err := sp.Metadata(metadataLife)
		if err != nil {
			b.fail(w, r, t, fault.Wrap(err, "signin.samlOf", string(p.ID)))
			return
		}
		writeMetadata(w, text)
	case "POST acs":
		b.samlAnswer(w, r, t, p, sp)
	case "GET acs":
		b.samlAccept(w, r, t, p, sp)
	case "GET logout", "POST logout":
		b.providerLogout(w, r, t, p, sp)
	default:
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
	}
}

// startSAML sends the browser to a SAML provider. RelayState is the state of the sign-in, as of any provider.
func (b *Broker) startSAML(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p tenant.Provider, ask request) {
	sp, err := b.serviceProvider(r.Context(), t, p)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	now, state := b.parts.Now(), newSecret()
	format := p.SAML.NameIDFormat
	var contexts []string
	if ask.leg != nil {
		contexts = ask.leg.Ask.contexts()
	}
	m, err := sp.Request(saml.RequestOptions{ForceAuthn: ask.maxAge == 0, Contexts: contexts, NameIDFormat: format, AllowCreate: format == saml.FormatPersistent, Relay: state})
	if err != nil {
		b.fail(w, r, t, fault.Wrap(err, "signin.startSAML", string(p.ID)))
		return
	}
	flow := upstreamFlow{
		Provider: p.ID, SecretHash: hashOf(setFlow(w, r, t.ID, state, now)), Nonce: m.ID, Return: ask.back, MaxAge: ask.maxAge, Request: ask.request, Started: now, Leg: ask.leg,
	}
	if err := b.flows.put(r.Context(), t.ID, FlowUpstream, hashOf(state), flow, upstreamLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.send(w, r, t, *m, "")
}

// samlPosted is a response as it was posted, once it has been verified; of one that does not verify the reason alone.
type samlPosted struct {
	Relay   string      `json:"relay,omitempty"`
	Form    url.Values  `json:"form,omitempty"`
	Reason  saml.Reason `json:"reason,omitempty"`
	Refused string      `json:"refused,omitempty"` // for the record
}

const (
	answerLife  = 2 * time.Minute // between the POST of a response and our GET
	answerUnit  = 48 << 10        // bytes of a message that cost as much as beginning a sign-in
	maxRefusal  = 1000
	notVerified = "the response was not verified when it came"
)

// samlAnswer keeps a posted response for the GET that follows: the post comes from another site, and the browser shows
// our cookies only after it. Anybody may post here, so what is kept is either what the provider signed, in answer to a
// sign-in that is under way, or a few words; whose browser this is, and whether the answer was used, the GET finds out.
func (b *Broker) samlAnswer(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p tenant.Provider, sp *saml.ServiceProvider) {
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	in, err := incoming(r)
	if size := len(r.PostForm.Get("SAMLResponse")) / answerUnit; size > 0 && !b.admitted(w, r, t, float64(size)*costBegin) {
		return
	}
	if err == nil && !in.Response {
		err = fault.New(fault.Denied, "signin.saml", "this address takes responses")
	}
	if err != nil {
		b.refusedSAML(w, r, t, err)
		return
	}
	posted := samlPosted{Relay: in.Relay}
	var flow upstreamFlow
	err = b.flows.get(r.Context(), t.ID, FlowUpstream, hashOf(in.Relay), &flow)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err)
		return
	}
	if err == nil && flow.Provider == p.ID || err != nil && p.SAML.Unsolicited {
		if _, err := sp.VerifyResponse(in, expected(flow)); err != nil {
			posted.Reason, posted.Refused = saml.ReasonOf(err), clip(err.Error(), maxRefusal)
		} else {
			posted.Form = url.Values{"SAMLResponse": r.PostForm["SAMLResponse"]}
			if in.Relay != "" {
				posted.Form.Set("RelayState", in.Relay)
			}
		}
	}
	id := newSecret()
	if err := b.flows.put(r.Context(), t.ID, FlowSAMLAnswer, id, posted, answerLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/saml/acs/"+url.PathEscape(string(p.ID))+"?answer="+id), http.StatusSeeOther)
}

// expected is what a response to a sign-in must be; of the zero flow, one that answers none.
func expected(flow upstreamFlow) saml.Expect {
	want := saml.Expect{RequestID: flow.Nonce}
	if flow.Nonce != "" && flow.MaxAge == 0 {
		want.Fresh = flow.Started
	}
	return want
}

// samlAccept verifies a response and makes a broker session of it.
func (b *Broker) samlAccept(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p tenant.Provider, sp *saml.ServiceProvider) {
	s, flow, err := b.samlVerify(w, r, t, p, sp)
	if flow.Leg != nil {
		b.stepAnswered(w, r, t, s, flow.Leg, err)
		return
	}
	if err != nil {
		// fail closed: an answer that can't be verified signs nobody in
		b.refusedSAML(w, r, t, err)
		return
	}
	b.complete(w, r, t, s, flow)
}

func (b *Broker) samlVerify(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p tenant.Provider, sp *saml.ServiceProvider) (session.Session, upstreamFlow, error) {
	const op = "signin.saml"
	var flow upstreamFlow
	var posted samlPosted
	refuse := func(msg string, cause error) (session.Session, upstreamFlow, error) {
		return session.Session{}, flow, &fault.Error{Kind: fault.Denied, Op: op, Msg: msg, Help: "Open the app again.", Err: cause}
	}
	if err := b.flows.take(r.Context(), t.ID, FlowSAMLAnswer, r.URL.Query().Get("answer"), &posted); err != nil {
		return session.Session{}, flow, gone(err, op, "this sign-in took too long or was already used")
	}
	secret, held := takeFlow(w, r, t.ID, posted.Relay)
	switch err := b.flows.take(r.Context(), t.ID, FlowUpstream, hashOf(posted.Relay), &flow); {
	case err == nil && (!held || !sameSecret(hashOf(secret), flow.SecretHash)):
		return refuse("this sign-in was started in another browser", nil)
	case err == nil && flow.Provider != p.ID:
		return refuse(unusable, fault.New(fault.Denied, op, "the answer came to the address of provider %q, the sign-in was started at %q", p.ID, flow.Provider))
	case err == nil:
	case !fault.Is(err, fault.NotFound):
		return session.Session{}, flow, err
	case !p.SAML.Unsolicited:
		return refuse("this sign-in was started elsewhere, took too long or was already used", err)
	default:
		flow = upstreamFlow{Provider: p.ID, Return: "/" + string(t.ID) + "/signout", MaxAge: -1}
	}
	switch {
	case posted.Refused != "":
		return refuse(unusable, &fault.Error{Kind: fault.Denied, Op: op, Msg: posted.Refused, Err: &saml.Refusal{Reason: posted.Reason}})
	case posted.Form == nil:
		return refuse(unusable, fault.New(fault.Denied, op, notVerified))
	}
	in, err := saml.FromForm(posted.Form)
	if err != nil {
		return session.Session{}, flow, err
	}
	got, err := sp.VerifyResponse(in, expected(flow))
	if err != nil {
		return refuse(unusable, err)
	}
	if err := b.useOnce(r.Context(), t.ID, got.Replay); err != nil {
		return session.Session{}, flow, err
	}
	for _, warning := range got.Warnings {
		b.parts.Log.Warn("provider's response", "tenant", t.ID, "provider", p.ID, "warning", warning)
	}
	who := samlIdentity(p, got).withRisk(p)
	claims, err := b.person(r.Context(), t, p, who)
	switch {
	case fault.Is(err, fault.Denied):
		return refuse(unusable, err)
	case err != nil:
		return session.Session{}, flow, err
	}
	s, err := b.newSession(r, t, claims, who.auth)
	if err != nil {
		return session.Session{}, flow, err
	}
	if !got.SessionEnd.IsZero() && got.SessionEnd.Before(s.Expires) {
		s.Expires = got.SessionEnd // SessionNotOnOrAfter: the provider lets it live no longer
	}
	s.Proofs = b.signInProofs(r.Context(), t, p, who.claims, got.Issued)
	return s, flow, nil
}

// samlIdentity gives an assertion's attributes the names that providers' settings go by: its own, and where those are
// missing the ones that the product is known to use.
func samlIdentity(p tenant.Provider, got *saml.SignIn) identity {
	who := identity{claims: map[string]any{}, auth: model.Authentication{
		Provider: p.ID, Time: got.AuthnInstant, ACR: got.Context, Subject: got.NameID.Value, Session: got.SessionIndex,
	}}
	c := got.Claims(saml.MappingOf(saml.Vendor(p.Preset)))
	for name, value := range map[string]string{"name": c.Name, "email": c.Email, "preferred_username": c.UPN} {
		if value != "" {
			who.claims[name] = value
		}
	}
	who.claims["groups"], who.claims["roles"] = c.Groups, c.Roles
	if c.External {
		who.claims["external"] = true
	}
	if preset, _ := tenant.PresetByID(p.Preset); preset.Claims.DirectoryRoles != "" && len(c.Directory) > 0 {
		who.claims[preset.Claims.DirectoryRoles] = c.Directory
	}
	for _, a := range got.Attributes {
		if len(a.Values) == 1 {
			who.claims[a.Name] = a.Values[0]
		} else if len(a.Values) > 1 {
			who.claims[a.Name] = a.Values
		}
	}
	if c.Truncated {
		who.claims["_claim_names"] = map[string]any{p.GroupsClaim: "left out"}
	}
	// A transient name is another one each time: it identifies nobody.
	if delete(who.claims, "sub"); got.NameID.Format != saml.FormatTransient {
		who.claims["sub"] = got.NameID.Value
	}
	if who.claims["email"] == nil && got.NameID.Format == saml.FormatEmail {
		who.claims["email"] = got.NameID.Value
	}
	who.auth.AMR = c.Methods
	if c.MultiFactor && !slices.Contains(who.auth.AMR, "mfa") {
		who.auth.AMR = append(slices.Clone(c.Methods), "mfa")
	}
	return who
}

// providerLogout ends the sessions that a provider's signed logout request names (single logout), and answers it.
func (b *Broker) providerLogout(w http.ResponseWriter, r *http.Request, t tenant.Tenant, p tenant.Provider, sp *saml.ServiceProvider) {
	in, err := incoming(r)
	if err == nil && in.Response {
		err = fault.New(fault.Denied, "signin.saml", "no logout was asked for")
	}
	var request *saml.LogoutRequest
	if err == nil {
		request, err = sp.ParseLogoutRequest(in, saml.RoleProvider, func(entity string) (*saml.Entity, bool) { return sp.Provider, entity == sp.Provider.ID })
	}
	if err == nil {
		err = b.useOnce(r.Context(), t.ID, request.Replay)
	}
	if err != nil {
		b.refusedSAML(w, r, t, err) // fail closed: nobody is signed out by a message that is not the provider's
		return
	}
	_, err = b.endOf(r.Context(), t.ID, p.ID, "signed out at "+p.Name, session.Names{Subject: request.NameID.Value}, func(s session.Session) bool {
		return s.Auth.Subject == request.NameID.Value && (len(request.SessionIndexes) == 0 || slices.Contains(request.SessionIndexes, s.Auth.Session))
	})
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	m, err := sp.AnswerLogout(request, saml.RoleProvider, false)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.send(w, r, t, *m, "")
}

// endOf ends the live sessions of a provider's people that have one of the names and match, and returns how many.
func (b *Broker) endOf(ctx context.Context, id model.TenantID, p model.ProviderID, why string, names session.Names, match func(session.Session) bool) (int, error) {
	all, err := b.parts.Sessions.SessionsNamed(ctx, id, names, b.parts.Now())
	if err != nil {
		return 0, fault.Wrap(err, "signin.endOf", string(p))
	}
	n := 0
	for _, s := range all {
		if s.Auth.Provider != p || !match(s) {
			continue
		}
		if err := b.end(ctx, id, s.ID, why); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
