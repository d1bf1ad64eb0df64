package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// upstreamLife bounds a sign-in at the company's provider, typing of second factors included.
const upstreamLife = 15 * time.Minute

// discoveryLife is how long a provider's discovery document is trusted before it is read again.
const discoveryLife = time.Hour

type upstreamKey struct {
	tenant   model.TenantID
	provider model.ProviderID
}

// upstream is a provider whose discovery document has been read.
type upstream struct {
	provider *oidc.Provider
	oauth    oauth2.Config
	client   *http.Client
	keys     *keySource                // for messages that come unasked
	algs     []jose.SignatureAlgorithm // that it signs with
	names    bool                      // it says that it names itself in every answer (RFC 9207)
	acr      bool                      // it says that it can be asked for an authentication context class
	read     time.Time
	settings tenant.Provider
}

// upstreamFlow is what the broker remembers between start and callback.
type upstreamFlow struct {
	Provider   model.ProviderID `json:"provider"`
	SecretHash string           `json:"secretHash"` // of the browser's flow cookie: no login CSRF
	Nonce      string           `json:"nonce"`      // SAML: the request's id
	Verifier   string           `json:"verifier"`   // PKCE, RFC 7636
	Return     string           `json:"return"`
	MaxAge     int              `json:"maxAge"`            // seconds; -1 where any sign-in will do
	Request    string           `json:"request,omitempty"` // authorization request that asked for a fresh sign-in
	Started    time.Time        `json:"started"`
	Leg        *leg             `json:"leg,omitempty"` // step of a step-up: the answer changes no session
}

// request says what a sign-in at the provider is for.
type request struct {
	back    string // path and query at this origin to return to
	maxAge  int    // -1 accepts an existing sign-in there; 0 asks for a fresh one
	request string // authorization request that a fresh sign-in is for
	hint    string // login_hint, "" for none

	provider model.ProviderID // sign in at this one; "" finds the person's home
	domain   string           // domain hint
	choose   bool             // ask, whatever this browser chose before
	leg      *leg             // the step of a step-up that this sign-in is for
}

// start sends the browser to the tenant's provider and brings it back.
func (b *Broker) start(w http.ResponseWriter, r *http.Request, t tenant.Tenant, ask request) {
	if len(t.Providers) == 0 {
		b.fail(w, r, t, &fault.Error{
			Kind: fault.Unavailable, Op: "signin.start", Key: string(t.ID), Msg: "no identity provider is connected",
			Help: "An administrator connects one in the tenant's settings.",
		})
		return
	}
	if !b.admitted(w, r, t, costBegin) {
		return
	}
	settings, ok := b.homeOf(r, t, ask)
	if !ok {
		b.askHome(w, r, t, ask, "", "")
		return
	}
	if settings.Federated() {
		b.startSAML(w, r, t, settings, ask)
		return
	}
	up, err := b.upstream(r.Context(), t, settings)
	if err != nil {
		// fail closed: nobody signs in while the provider can't be reached
		b.fail(w, r, t, err)
		return
	}
	now, state := b.parts.Now(), newSecret()
	flow := upstreamFlow{
		Provider: settings.ID, SecretHash: hashOf(setFlow(w, r, t.ID, state, now)), Nonce: newSecret(),
		Verifier: oauth2.GenerateVerifier(), Return: ask.back, MaxAge: ask.maxAge, Request: ask.request, Started: now, Leg: ask.leg,
	}
	if err := b.flows.put(r.Context(), t.ID, FlowUpstream, hashOf(state), flow, upstreamLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier)}
	if ask.maxAge == 0 {
		var also assurance
		if ask.leg != nil {
			also = ask.leg.Ask
		}
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
		opts = append(opts, also.options()...)
	}
	if preset, _ := tenant.PresetByID(settings.Preset); preset.DomainParam != "" {
		if domain := homeDomain(settings, ask); domain != "" {
			opts = append(opts, oauth2.SetAuthURLParam(preset.DomainParam, domain))
		}
	}
	if ask.hint != "" {
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", ask.hint))
	}
	http.Redirect(w, r, up.oauth.AuthCodeURL(state, opts...), http.StatusSeeOther)
}

// homeDomain is the domain hint that a provider is given: that of the person's address, or its only domain.
func homeDomain(p tenant.Provider, ask request) string {
	for _, domain := range []string{domainOf(ask.hint), ask.domain} {
		if slices.Contains(p.Domains, domain) {
			return domain
		}
	}
	if len(p.Domains) == 1 {
		return p.Domains[0]
	}
	return ""
}

// upstream returns a provider, reading its discovery document at most once an hour. Requests that need the
// same document wait for one reading of it.
func (b *Broker) upstream(ctx context.Context, t tenant.Tenant, settings tenant.Provider) (*upstream, error) {
	key := upstreamKey{t.ID, settings.ID}
	if up := b.readUpstream(key, settings); up != nil && b.parts.Now().Sub(up.read) < discoveryLife {
		return up, nil
	}
	got, err, _ := b.reading.Do(string(t.ID)+"\x00"+string(settings.ID), func() (any, error) {
		if up := b.readUpstream(key, settings); up != nil && b.parts.Now().Sub(up.read) < discoveryLife {
			return up, nil
		}
		// The provider keeps this context for fetching keys later, so it must not end with the request.
		up, err := b.discover(context.WithoutCancel(ctx), t.ID, settings)
		if err != nil {
			if old := b.readUpstream(key, settings); old != nil {
				b.parts.Log.Warn("provider discovery", "tenant", t.ID, "provider", settings.ID, "err", err)
				return old, nil // an old document still lets people in; its keys are fetched anew by id
			}
			return nil, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.upstreams[key] = up
		return up, nil
	})
	if err != nil {
		return nil, err
	}
	return got.(*upstream), nil //nolint:forcetypeassert // the function above returns nothing else
}

// readUpstream returns what was read for these very settings, nil if nothing was.
func (b *Broker) readUpstream(key upstreamKey, settings tenant.Provider) *upstream {
	b.mu.Lock()
	defer b.mu.Unlock()
	if up := b.upstreams[key]; up != nil && reflect.DeepEqual(up.settings, settings) {
		return up
	}
	return nil
}

// discover reads a provider's discovery document (OpenID Connect Discovery section 4).
func (b *Broker) discover(ctx context.Context, id model.TenantID, settings tenant.Provider) (*upstream, error) {
	const op = "signin.upstream"
	client, err := b.clientFor(settings)
	if err != nil {
		return nil, err
	}
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, client), settings.Issuer)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, settings.Issuer)
	}
	var says struct {
		Names  bool     `json:"authorization_response_iss_parameter_supported"`
		ACR    []string `json:"acr_values_supported"`
		Claims bool     `json:"claims_parameter_supported"`
		Keys   string   `json:"jwks_uri"`
		Algs   []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := p.Claims(&says); err != nil {
		return nil, fault.As(err, fault.Unavailable, op, settings.Issuer)
	}
	secret := ""
	if settings.SecretFile != "" {
		if secret, err = b.parts.Secrets(settings.SecretFile); err != nil {
			return nil, fault.As(err, fault.Unavailable, op, string(settings.ID))
		}
	}
	return &upstream{
		provider: p, client: client, keys: &keySource{address: says.Keys, client: client, now: b.parts.Now}, algs: pinned(says.Algs),
		names: says.Names, acr: len(says.ACR) > 0 || says.Claims, read: b.parts.Now(), settings: settings,
		oauth: oauth2.Config{
			ClientID: settings.ClientID, ClientSecret: secret, Endpoint: p.Endpoint(), Scopes: append([]string{oidc.ScopeOpenID}, settings.Scopes...),
			RedirectURL: b.url(id, "/callback/"+url.PathEscape(string(settings.ID))),
		},
	}, nil
}

// clientFor returns the HTTP client towards a provider: the broker's, trusting the provider's own authorities
// where its settings name some.
func (b *Broker) clientFor(settings tenant.Provider) (*http.Client, error) {
	if settings.CAFile == "" {
		return b.parts.HTTP, nil
	}
	const op = "signin.upstream"
	base, ok := b.parts.HTTP.Transport.(*http.Transport)
	if b.parts.HTTP.Transport == nil {
		base, ok = http.DefaultTransport.(*http.Transport)
	}
	if !ok {
		return nil, fault.New(fault.Internal, op, "authorities can't be added to this transport")
	}
	text, err := b.parts.Secrets(settings.CAFile)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, op, settings.CAFile)
	}
	own := base.Clone()
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	roots := own.TLSClientConfig.RootCAs
	if roots == nil {
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool() // the file's alone, then
		}
	}
	roots = roots.Clone()
	if !roots.AppendCertsFromPEM([]byte(text)) {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Key: settings.CAFile, Err: errors.New("it holds no certificate in PEM")}
	}
	own.TLSClientConfig.RootCAs = roots
	client := *b.parts.HTTP
	client.Transport = own
	return &client, nil
}
