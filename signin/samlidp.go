package signin

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// samlSteps serves the SAML addresses that have no provider in their path: those of the identity provider.
func (b *Broker) samlSteps(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	switch r.Method + " " + r.PathValue("step") {
	case "GET metadata":
		b.samlMetadata(w, r, t)
	case "GET sso", "POST sso":
		b.samlRequest(w, r, t)
	case "GET continue":
		b.samlContinue(w, r, t)
	case "GET slo", "POST slo":
		b.samlLogout(w, r, t)
	default:
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// samlMetadata publishes the identity provider. That somebody fetched it under ?app= is a hint that the app has its keys.
func (b *Broker) samlMetadata(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if !b.admitted(w, r, t, costBegin) { // each is a signature and a row
		return
	}
	idp, err := b.identityProvider(r.Context(), t)
	if err == nil {
		var text []byte
		if text, err = idp.Metadata(metadataLife); err == nil {
			b.sawMetadata(r.Context(), t.ID, model.InstanceID(r.URL.Query().Get("app")))
			writeMetadata(w, text)
			return
		}
	}
	b.fail(w, r, t, fault.Wrap(err, "signin.samlMetadata", string(t.ID)))
}

func writeMetadata(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = w.Write(text) // the client went away
}

func (b *Broker) sawMetadata(ctx context.Context, id model.TenantID, app model.InstanceID) {
	if _, ok := b.parts.Catalog.Instance(id, app); !ok {
		return
	}
	if r, err := b.ring(ctx, id, KeySAML); err == nil {
		b.saw(ctx, KeySeen{Tenant: id, Use: KeySAML, Instance: app, Key: r.keys[len(r.keys)-1].ID, How: "fetched"})
	}
}

// samlWaiting is an app's request that waits for the person.
type samlWaiting struct {
	App      model.InstanceID   `json:"app"`
	Request  *saml.AuthnRequest `json:"request"` // without the app, which is read anew; nil where the app asked nothing
	Via      via                `json:"via"`
	Relay    string             `json:"relay,omitempty"`
	Received time.Time          `json:"received"`
}

// samlRequest takes an app's authentication request and keeps it until the person has signed in. It is followed by a
// GET, since a browser that was posted here from another site shows no cookies yet.
func (b *Broker) samlRequest(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	in, err := incoming(r)
	if err != nil {
		b.refusedSAML(w, r, t, err)
		return
	}
	idp, err := b.identityProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	request, err := idp.ParseRequest(in, b.findApp(t.ID))
	if err != nil {
		if request != nil {
			b.recordFailure(r, t, err)
			b.samlSays(w, r, t, idp, request, saml.StatusOf(err))
			return
		}
		b.refusedSAML(w, r, t, err)
		return
	}
	inst, ok := b.samlApp(t.ID, request.App.ID)
	if !ok {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.saml", "the app is not registered any more"))
		return
	}
	if request.Signed {
		if err := b.useOnce(r.Context(), t.ID, request.Replay); err != nil {
			b.refusedSAML(w, r, t, err)
			return
		}
	}
	request.App = nil
	b.samlWait(w, r, t, samlWaiting{App: inst.ID, Request: request, Via: b.viaOf(context.WithValue(r.Context(), requestKey{}, came{r, ""}), t.ID), Received: b.parts.Now()})
}

func (b *Broker) samlWait(w http.ResponseWriter, r *http.Request, t tenant.Tenant, waiting samlWaiting) {
	id := newSecret()
	if err := b.flows.put(r.Context(), t.ID, FlowSAMLRequest, id, waiting, requestLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	http.Redirect(w, r, b.url(t.ID, "/saml/continue?id="+url.QueryEscape(id)), http.StatusSeeOther)
}

// samlStart begins a sign-in that the app did not ask for (IdP-initiated), where its settings allow that. The person
// ends at the app's own start page, or at a page of the app that target names.
func (b *Broker) samlStart(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	inst, ok := b.parts.Catalog.Instance(t.ID, model.InstanceID(r.PathValue("app")))
	if !ok || inst.Federation.SAML == nil || !inst.Federation.SAML.IdPInitiated {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.saml", "no app of this tenant is started here"))
		return
	}
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	target := r.URL.Query().Get("target")
	if real, _, ok := b.realURI(t.ID, target); ok {
		target = real
	}
	if target != "" {
		if _, err := b.mappedURI(t.ID, inst, target); err != nil || !strings.HasPrefix(target, "https://") {
			// fail closed: no way to another site through us
			b.fail(w, r, t, fault.New(fault.Invalid, "signin.saml", "the target is no page of this app"))
			return
		}
	}
	b.samlWait(w, r, t, samlWaiting{App: inst.ID, Relay: target, Received: b.parts.Now()})
}

// samlContinue finishes an app's request, or makes the detour that it still needs.
func (b *Broker) samlContinue(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	id := r.URL.Query().Get("id")
	var waiting samlWaiting
	if err := b.flows.get(r.Context(), t.ID, FlowSAMLRequest, id, &waiting); err != nil {
		b.fail(w, r, t, gone(err, "signin.saml", "this sign-in took too long or was already used"))
		return
	}
	inst, ok := b.parts.Catalog.Instance(t.ID, waiting.App)
	if !ok || inst.Federation.SAML == nil {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin.saml", "the app is not registered any more"))
		return
	}
	idp, err := b.identityProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	app, err := appEntity(inst)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	silent, force := false, false
	if waiting.Request != nil {
		waiting.Request.App = app
		silent, force = waiting.Request.Passive, waiting.Request.ForceAuthn
	}
	s, _, err := b.current(r, t.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.fail(w, r, t, err) // fail closed: nobody knows who this is
		return
	}
	var prompt []string
	if force {
		prompt = []string{"login"}
	}
	fresh, err := b.freshEnough(r, t.ID, &authRequest{ID: id, Prompt: prompt}, s)
	switch {
	case err != nil:
		b.fail(w, r, t, err)
		return
	case !fresh && silent:
		b.samlSays(w, r, t, idp, waiting.Request, saml.StatusNoPassive)
		return
	case !fresh:
		again := request{back: "/" + string(t.ID) + "/saml/continue?id=" + url.QueryEscape(id), maxAge: -1}
		if waiting.Request != nil && waiting.Request.Hint != nil && domainOf(waiting.Request.Hint.Value) != "" {
			again.hint = waiting.Request.Hint.Value
		}
		if force && s.ID != "" {
			again.maxAge, again.request, again.provider = 0, id, s.Auth.Provider
		} else if force {
			again.maxAge, again.request = 0, id
		}
		b.start(w, r, t, again)
		return
	}
	var d decision
	if !b.evaluate(w, r, t, s, inst, silent, &d) {
		return
	}
	if wantsSecondFactor(&s, inst, waiting.Request, b.parts.Now()) {
		d.askSecondFactor(&s.Auth, b.parts.Now())
	}
	switch {
	case silent && (d.Open() || d.Gate != policy.GateAllow):
		b.samlSays(w, r, t, idp, waiting.Request, saml.StatusNoPassive)
	case d.Gate != policy.GateAllow:
		b.deny(w, r, t, s, inst, &d, "")
	case b.cantAnswer(w, r, t, idp, s, inst, waiting.Request):
	default:
		b.samlGrant(w, r, t, idp, app, s, inst, id, waiting, &d)
	}
}

// samlSays tells an app why nobody signed in.
func (b *Broker) samlSays(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, request *saml.AuthnRequest, status saml.Status) {
	m, err := idp.Refuse(request, status, "")
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.send(w, r, t, *m, "")
}

// samlGrant is grant for SAML: the assertion is made out to the app's own address.
func (b *Broker) samlGrant(w http.ResponseWriter, r *http.Request, t tenant.Tenant, idp *saml.IdentityProvider, app *saml.Entity, s session.Session, inst catalog.Instance, id string, waiting samlWaiting, d *decision) {
	if inst.IsEntraBySAML() {
		if err := vouched(t, s); err != nil {
			b.refusedSAML(w, r, t, err)
			return
		}
	}
	p := posting{kind: FlowSAMLRequest, id: id, address: inst.Federation.SAML.Consumers[0], via: waiting.Via}
	relay := waiting.Relay
	if waiting.Request != nil {
		p.address, relay = waiting.Request.Consumer.Location, waiting.Request.Relay
		p.again = func(mapped string) (string, error) {
			if inst.Route == model.RouteFederated { // the consumer is Entra's, and so is RelayState
				return b.front(t, inst)
			}
			return b.restart(t, inst, &authRequest{State: relay}, mapped)
		}
		if waiting.Request.Passive {
			p.refuse = func() { b.samlSays(w, r, t, idp, waiting.Request, saml.StatusNoPassive) }
		}
	}
	to, ok := b.release(w, r, t, s, inst, d, p)
	if !ok {
		return
	}
	issued, err := b.assert(r.Context(), idp, app, s, inst, waiting, relay, AppSignIn{Bypass: d.bypassed, Through: to != "", Direct: to == ""})
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	b.send(w, r, t, issued.Message, to)
}

// assert makes the answer to an app. at says which way the person goes there.
func (b *Broker) assert(ctx context.Context, idp *saml.IdentityProvider, app *saml.Entity, s session.Session, inst catalog.Instance, waiting samlWaiting, relay string, at AppSignIn) (*saml.Issued, error) {
	asked := ""
	if waiting.Request != nil {
		asked = waiting.Request.NameIDFormat
	}
	name, err := b.nameOf(ctx, s, inst, asked)
	if err != nil {
		return nil, err
	}
	at.Protocol, at.Subject, at.Format, at.Index = protocolSAML, name.Value, name.Format, string(s.ID)
	if err := b.tellLater(ctx, s, inst, at); err != nil {
		return nil, err
	}
	class, _ := classAsked(&s, inst, waiting.Request, b.parts.Now()) // it was met, or nobody comes here
	set := inst.Federation.SAML
	attributes, err := b.attributes(ctx, s, set.Attributes)
	if err != nil {
		return nil, err
	}
	is := saml.Issue{
		App: app, Request: waiting.Request, NameID: name, Attributes: attributes, AuthnInstant: s.Auth.Time, Context: class,
		SessionIndex: string(s.ID), SessionEnd: s.Expires,
		Settings: saml.AppSettings{Encrypt: set.Encrypt != "", AllowUnsolicited: set.IdPInitiated},
	}
	if waiting.Request == nil && relay != "" {
		is.Relay, is.Settings.Relays = relay, []string{relay} // it was checked to be a page of the app
	}
	issued, err := idp.Respond(is)
	if err != nil {
		return nil, fault.Wrap(err, "signin.assert", string(inst.ID))
	}
	if key, err := b.signer(ctx, s.Tenant, KeySAML); err == nil && set.Certificate == key.Fingerprint() {
		b.saw(ctx, KeySeen{Tenant: s.Tenant, Use: KeySAML, Instance: inst.ID, Key: key.ID, How: "signed"})
	}
	return issued, nil
}
