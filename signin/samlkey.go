package signin

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/saml"
	"github.com/referee-casb/referee/tenant"
)

// The kinds of flow of SAML sign-ins.
const (
	FlowSAMLRequest FlowKind = "saml-request" // an app's authentication request that waits for the person
	FlowSAMLAnswer  FlowKind = "saml-answer"  // a provider's response on its way from its POST to our GET
	FlowSAMLUsed    FlowKind = "saml-used"    // a message that was used: inserted, so that one use wins
)

// metadataLife is how long our metadata says that it may be kept.
const metadataLife = 7 * 24 * time.Hour

// pemOf writes a certificate as PEM.
func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// local is what both SAML roles of a tenant have.
func (b *Broker) local(ctx context.Context, t tenant.Tenant, entity, logout string) (saml.Local, error) {
	keys, err := b.publishedKeys(ctx, t.ID, KeySAML)
	if err != nil {
		return saml.Local{}, err
	}
	l := saml.Local{EntityID: entity, Logout: logout, Now: b.parts.Now}
	for _, k := range keys {
		l.Keys = append(l.Keys, saml.KeyPair{Signer: k.private, Certificate: k.cert})
	}
	return l, nil
}

// identityProvider is the tenant's SAML identity provider towards apps. Its entity id is the address of its metadata.
func (b *Broker) identityProvider(ctx context.Context, t tenant.Tenant) (*saml.IdentityProvider, error) {
	l, err := b.local(ctx, t, b.url(t.ID, "/saml/metadata"), b.url(t.ID, "/saml/slo"))
	return &saml.IdentityProvider{Local: l, SignOn: b.url(t.ID, "/saml/sso")}, err
}

// serviceProvider is the tenant's SAML service provider towards one of its providers, with addresses of its own: an
// answer of one provider never fits another.
func (b *Broker) serviceProvider(ctx context.Context, t tenant.Tenant, p tenant.Provider) (*saml.ServiceProvider, error) {
	id := url.PathEscape(string(p.ID))
	l, err := b.local(ctx, t, b.url(t.ID, "/saml/sp/"+id), b.url(t.ID, "/saml/logout/"+id))
	if err != nil {
		return nil, err
	}
	peer, err := providerEntity(p)
	return &saml.ServiceProvider{
		Local: l, Provider: peer, Consumer: b.url(t.ID, "/saml/acs/"+id), SignRequests: p.SAML.SignRequests, AllowUnsolicited: p.SAML.Unsolicited,
		RequireEncrypted: p.SAML.RequireEncrypted, AllowCBC: p.SAML.AllowCBC,
	}, err
}

// providerEntity is a provider as the SAML package sees it.
func providerEntity(p tenant.Provider) (*saml.Entity, error) {
	pins, err := p.SAML.Keys()
	if err != nil {
		return nil, fault.Wrap(err, "signin.providerEntity", string(p.ID))
	}
	binding := saml.Redirect
	if p.SAML.PostRequests {
		binding = saml.Post
	}
	e := &saml.Entity{ID: p.SAML.EntityID, Provider: &saml.ProviderRole{Signing: pins, SignOn: []saml.Endpoint{{Binding: binding, Location: p.SAML.SSO}}}}
	if p.SAML.SLO != "" {
		e.Provider.Logout = []saml.Endpoint{{Binding: saml.Redirect, Location: p.SAML.SLO}, {Binding: saml.Post, Location: p.SAML.SLO}}
	}
	return e, nil
}

// appEntity is an app as the SAML package sees it.
func appEntity(inst catalog.Instance) (*saml.Entity, error) {
	const op = "signin.appEntity"
	s := inst.Federation.SAML
	pins, err := s.Pins()
	if err != nil {
		return nil, fault.Wrap(err, op, string(inst.ID))
	}
	role := &saml.AppRole{Signing: pins, SignsRequests: s.SignsRequest}
	if c, err := s.EncryptTo(); err != nil {
		return nil, fault.Wrap(err, op, string(inst.ID))
	} else if c != nil {
		role.Encryption = []*x509.Certificate{c}
	}
	for i, at := range s.Consumers {
		role.Consumers = append(role.Consumers, saml.Endpoint{Binding: saml.Post, Location: at, Index: i, Default: i == 0})
	}
	if s.LogoutURI != "" {
		binding := saml.Redirect
		if s.LogoutPost {
			binding = saml.Post
		}
		role.Logout = []saml.Endpoint{{Binding: binding, Location: s.LogoutURI}}
	}
	return &saml.Entity{ID: s.EntityID, App: role}, nil
}

// samlApp finds a tenant's app by its entity id.
func (b *Broker) samlApp(id model.TenantID, entity string) (catalog.Instance, bool) {
	for _, inst := range b.parts.Catalog.Instances(id) {
		if f := inst.Federation; f.Protocol == protocolSAML && f.SAML != nil && f.SAML.EntityID == entity {
			return inst, true
		}
	}
	return catalog.Instance{}, false
}

// findApp is samlApp for the SAML package.
func (b *Broker) findApp(id model.TenantID) func(string) (*saml.Entity, bool) {
	return func(entity string) (*saml.Entity, bool) {
		inst, ok := b.samlApp(id, entity)
		if !ok {
			return nil, false
		}
		e, err := appEntity(inst)
		if err != nil {
			b.parts.Log.Error("app's SAML settings", "tenant", id, "app", inst.ID, "err", err)
		}
		return e, err == nil
	}
}

// nameOf names a person to an app in the format that the app is set for, or asks for.
func (b *Broker) nameOf(ctx context.Context, s session.Session, inst catalog.Instance, asked string) (saml.NameID, error) {
	form := inst.Federation.SAML.NameID
	if form == "" {
		form = map[string]string{saml.FormatEmail: "email", saml.FormatTransient: "transient"}[asked]
	}
	switch form {
	case "email":
		address := s.User.Email
		if address == "" {
			address = s.User.Username
		}
		if !strings.Contains(address, "@") {
			return saml.NameID{}, &fault.Error{Kind: fault.Denied, Op: "signin.nameOf", Msg: "the app wants your e-mail address, and your organisation's sign-in service gave none"}
		}
		return saml.NameID{Value: address, Format: saml.FormatEmail}, nil
	case "transient":
		return saml.NameID{Value: "_" + newSecret(), Format: saml.FormatTransient}, nil
	case "immutableId": // Entra's, for federated domains (SAML 2.0)
		id, err := b.immutableID(ctx, s)
		if err == nil && id == "" {
			err = &fault.Error{
				Kind: fault.Denied, Op: "signin.nameOf", Msg: "your account is not linked to one in Microsoft 365",
				Help: "An administrator names the claim that holds the ImmutableID in the provider's settings, or connects the directory.",
			}
		}
		return saml.NameID{Value: id, Format: saml.FormatPersistent}, err
	case "unspecified":
		name := s.User.Username
		if name == "" {
			name = string(s.User.ID)
		}
		return saml.NameID{Value: name, Format: saml.FormatUnspecified}, nil
	}
	kept, err := (&storage{broker: b, tenant: s.Tenant}).secret(ctx)
	if err != nil {
		return saml.NameID{}, err
	}
	secret := sha256.Sum256(append([]byte("saml-nameid\x00"), kept...))
	value, err := saml.Pairwise(secret[:], string(s.Tenant), inst.Federation.SAML.EntityID, string(s.User.ID))
	return saml.NameID{Value: value, Format: saml.FormatPersistent}, fault.Wrap(err, "signin.nameOf", string(inst.ID))
}

// usual are the attributes of apps that map none.
var usual = map[string]string{"id": "id", "name": "name", "email": "email", "username": "username", "groups": "groups", "roles": "roles"}

// attributes are what an app is told of a person.
func (b *Broker) attributes(ctx context.Context, s session.Session, names map[string]string) ([]saml.Attribute, error) {
	u := s.Claimed()
	if len(names) == 0 {
		names = usual
	}
	immutable := ""
	if slices.Contains(slices.Collect(maps.Values(names)), "immutableId") {
		var err error
		if immutable, err = b.immutableID(ctx, s); err != nil {
			return nil, err
		}
	}
	groups := make([]string, len(u.Groups))
	for i, g := range u.Groups {
		groups[i] = string(g)
	}
	values := map[string][]string{
		"id": {string(u.ID)}, "name": {u.Name}, "email": {u.Email}, "username": {u.Username}, "groups": groups, "roles": u.Roles,
		"immutableId": {immutable}, "methods": methodsOf(&s.Auth, b.parts.Now()),
	}
	var out []saml.Attribute
	for _, name := range sortedKeys(names) {
		v := values[names[name]]
		if len(v) == 0 || len(v) == 1 && v[0] == "" {
			continue
		}
		format := "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
		if strings.HasPrefix(name, "urn:") || strings.HasPrefix(name, "http") {
			format = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
		}
		out = append(out, saml.Attribute{Name: name, Format: format, Values: v})
	}
	return out, nil
}

// incoming reads a SAML message from a request, as its method binds it.
func incoming(r *http.Request) (saml.Incoming, error) {
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return saml.Incoming{}, &fault.Error{Kind: fault.Invalid, Op: "signin.saml", Msg: "this form can't be read", Err: err}
		}
		return saml.FromForm(r.PostForm)
	}
	return saml.FromQuery(r.URL.RawQuery)
}

// useOnce marks a SAML message as used; the second use is refused.
func (b *Broker) useOnce(ctx context.Context, id model.TenantID, k saml.ReplayKey) error {
	err := b.flows.put(ctx, id, FlowSAMLUsed, hashOf(k.Key), true, k.Until.Sub(b.parts.Now())+time.Minute)
	if fault.Is(err, fault.Conflict) {
		return &fault.Error{Kind: fault.Denied, Op: "signin.saml", Msg: "this sign-in was already used", Help: "Open the app again.", Err: &saml.Refusal{Reason: saml.ReasonReplay}}
	}
	return err
}

// refusedSAML ends a step whose message was refused: on record with the precise reason, and a plain page.
func (b *Broker) refusedSAML(w http.ResponseWriter, r *http.Request, t tenant.Tenant, err error) {
	if !b.admitted(w, r, t, costFailure) {
		return
	}
	b.recordFailure(r, t, err)
	if reason := saml.ReasonOf(err); reason != "" && ours(err) == nil {
		err = &fault.Error{Kind: fault.Denied, Op: "signin.saml", Msg: unusable, Help: reason.Person(), Err: err}
	}
	b.fail(w, r, t, err)
}

// send gives a SAML message to the browser. to replaces the address for the Post binding: a mapped host.
func (b *Broker) send(w http.ResponseWriter, r *http.Request, t tenant.Tenant, m saml.Message, to string) {
	if m.Binding == saml.Redirect {
		http.Redirect(w, r, m.URL, http.StatusSeeOther)
		return
	}
	if to == "" {
		to = m.URL
	}
	fields := url.Values{m.Param: {m.Value}}
	if m.Relay != "" {
		fields.Set("RelayState", m.Relay)
	}
	w.Header().Set("Referrer-Policy", "strict-origin")
	b.render(w, r, t, http.StatusOK, "post", postView{To: to, Fields: fields})
}
