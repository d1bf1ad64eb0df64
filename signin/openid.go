package signin

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// provider is a tenant's OpenID provider towards its apps.
type provider struct {
	op      *op.Provider
	storage *storage
	issuer  string
	handler http.Handler
}

// openIDProvider returns the tenant's provider, making it at first use.
func (b *Broker) openIDProvider(ctx context.Context, t tenant.Tenant) (*provider, error) {
	b.mu.Lock()
	p := b.providers[t.ID]
	b.mu.Unlock()
	if p != nil {
		return p, nil
	}
	st := &storage{broker: b, tenant: t.ID}
	key, err := st.signingKey(ctx)
	if err != nil {
		return nil, err
	}
	config := &op.Config{CryptoKey: key.crypto, CodeMethodS256: true, AuthMethodPost: true, DefaultLogoutRedirectURI: b.url(t.ID, "/signout?done"),
		SupportedClaims: supportedClaims, SupportedScopes: supportedScopes}
	path := func(name string) *op.Endpoint { return op.NewEndpoint("/oauth/v2/" + name) }
	issuer := b.url(t.ID, "")
	made, err := op.NewProvider(config, st, op.StaticIssuer(issuer),
		op.WithCustomEndpoints(path("authorize"), path("token"), path("userinfo"), path("revoke"), path("end_session"), path("keys")),
		op.WithCustomIntrospectionEndpoint(path("introspect")), op.WithCustomDeviceAuthorizationEndpoint(path("device")))
	if err != nil {
		return nil, fault.Wrap(err, "signin.openIDProvider", string(t.ID))
	}
	p = &provider{op: made, storage: st, issuer: issuer, handler: http.StripPrefix("/"+string(t.ID), made)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if first := b.providers[t.ID]; first != nil {
		return first, nil
	}
	b.providers[t.ID] = p
	return p, nil
}

// openIDSteps are the endpoints the library serves; its own authorize/callback is not among them, since it
// would send a code to the app's real host.
var openIDSteps = map[string]bool{"": true, "authorize": true, "token": true, "userinfo": true, "keys": true, "end_session": true, "revoke": true}

// openID hands a request to the tenant's provider.
func (b *Broker) openID(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	if !openIDSteps[r.PathValue("step")] {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
		return
	}
	p, err := b.openIDProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	w.Header().Del("X-Frame-Options") // an app's silent renewal runs in a frame and gets only redirects
	p.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, r)))
}

// requestKey carries the HTTP request to the storage, whose interface knows only a context: the authorization
// request's `via` and Referer say whether it came through a gateway, and sign-out needs the browser's cookie.
type requestKey struct{}

// via says where an authorization request came from.
type via struct {
	AppSession string `json:"appSession,omitempty"` // vouched for by a gateway's signed token
	Mapped     string `json:"mapped,omitempty"`     // mapped host in Referer or Origin; the browser's word
}

// viaOf reads an authorization request's origin.
func (b *Broker) viaOf(ctx context.Context, id model.TenantID) via {
	r, ok := ctx.Value(requestKey{}).(*http.Request)
	if !ok {
		return via{}
	}
	var v via
	if token := r.FormValue("via"); token != "" {
		if payload, err := b.parts.Tokens.Verify(id, PurposeVia, token); err == nil {
			v.AppSession = string(payload)
		}
	}
	for _, header := range []string{r.Header.Get("Origin"), r.Referer()} {
		if u, err := url.Parse(header); err == nil && u.Host != "" {
			if _, ok := b.parts.Catalog.ByHost(id, u.Host); ok {
				v.Mapped = u.Host
			}
		}
	}
	return v
}

// throughGateway reports whether the request came through a gateway in this very session: by its token, or by
// the mapped host it came from while the session has an app session there.
func (b *Broker) throughGateway(ctx context.Context, id model.TenantID, s model.SessionID, inst catalog.Instance, v via) (bool, error) {
	if v.AppSession == "" && v.Mapped == "" {
		return false, nil
	}
	sessions, err := b.parts.Apps.AppSessions(ctx, id, s)
	if err != nil {
		return false, fault.Wrap(err, "signin.throughGateway", string(inst.ID))
	}
	owner, owned := b.parts.Catalog.ByHost(id, v.Mapped)
	for _, a := range sessions {
		if a.Instance != inst.ID || !a.Revoked.IsZero() {
			continue
		}
		if a.ID == v.AppSession || owned && owner.ID == inst.ID {
			return true, nil
		}
	}
	return false, nil
}

// mappedURI moves a registered address of the instance to its mapped host. A host that the catalogue does not
// know is an error: while session control applies, nothing may go to a direct host.
func (b *Broker) mappedURI(id model.TenantID, inst catalog.Instance, registered string) (string, error) {
	u, err := url.Parse(registered)
	if err != nil {
		return "", fault.As(err, fault.Invalid, "signin.mappedURI", registered)
	}
	mapped, ok := b.parts.Catalog.Mapped(id, strings.TrimSuffix(strings.ToLower(u.Host), ":443"))
	if !ok {
		return "", &fault.Error{Kind: fault.Invalid, Op: "signin.mappedURI", Key: u.Host, Msg: "the app's registered address is on a host that its instance does not list",
			Help: "add the host to instance " + string(inst.ID)}
	}
	u.Scheme, u.Host = "https", mapped
	return u.String(), nil
}
