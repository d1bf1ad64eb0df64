package signin

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/signin/factor"
	"github.com/referee-casb/referee/tenant"
)

// Tenants finds a tenant's settings. Implementations answer from memory.
type Tenants interface {
	Tenant(id model.TenantID) (tenant.Tenant, bool)
}

// Catalog finds instances. Implementations answer from memory.
type Catalog interface {
	Instance(tenant model.TenantID, id model.InstanceID) (catalog.Instance, bool)
	Instances(tenant model.TenantID) []catalog.Instance
	ByClient(tenant model.TenantID, clientID string) (catalog.Instance, bool)
	// ByHost finds the instance that owns a mapped host ("label.tenant.suffix[:port]").
	ByHost(tenant model.TenantID, mappedHost string) (catalog.Instance, bool)
	// Mapped returns the mapped host of a tenant's real host.
	Mapped(tenant model.TenantID, realHost string) (string, bool)
	// Real returns the real host of a tenant's mapped host.
	Real(tenant model.TenantID, mappedHost string) (string, bool)
}

// Gate decides whether a session may reach an instance, and fills in v. Package access fulfils it.
type Gate interface {
	// Evaluate returns the input that the gate rests on, for the record. An error means that nobody is let in.
	Evaluate(ctx context.Context, s session.Session, inst catalog.Instance, client model.ClientApp, v *policy.Verdict) (policy.Input, error)
	// EvaluateAction decides about one of Entra's user actions, such as registering security information.
	EvaluateAction(ctx context.Context, s session.Session, action policy.UserAction, v *policy.Verdict) (policy.Input, error)
	// EvaluateContext decides what an authentication context asks of a session that is in an app already.
	EvaluateContext(ctx context.Context, s session.Session, inst catalog.Instance, client model.ClientApp, authenticationContext string, v *policy.Verdict) (policy.Input, error)
}

// Sessions keeps sessions, and finds them by what a provider calls them.
type Sessions interface {
	session.Store
	// SessionsNamed returns the sessions that are live at a time and have one of the names. It reads no others.
	SessionsNamed(ctx context.Context, tenant model.TenantID, names session.Names, liveAt time.Time) ([]session.Session, error)
}

// Recorder writes activities; an error means that nothing was recorded.
type Recorder interface {
	Event(ctx context.Context, a *model.Activity) error
}

// Revoker ends sessions on every gateway.
type Revoker interface {
	Revoke(ctx context.Context, r session.Revocation) error
}

// Locator tells what is known of an address and a user agent.
type Locator interface {
	Locate(tenant model.TenantID, remoteAddr string) model.Network
	ParseAgent(raw string) model.Agent
}

// Exceptions takes a person's wish to be excepted from the policy that blocked an action.
type Exceptions interface {
	RequestException(ctx context.Context, tenant model.TenantID, s session.Session, b session.Blocked, reason string) (id string, err error)
}

// Grants keeps what a person confirmed on the broker's own page.
type Grants interface {
	PutGrant(ctx context.Context, g session.Grant) error
}

// Parts are what a broker stands on.
type Parts struct {
	Tenants    Tenants
	Catalog    Catalog
	Sessions   Sessions
	Apps       session.AppStore
	Codes      session.CodeStore
	Flows      FlowStore
	Sealer     session.Sealer
	Tokens     Tokens
	SignIns    AppSignInStore
	Keys       KeyStore
	Gate       Gate
	Recorder   Recorder
	Revoker    Revoker
	Locator    Locator
	Devices    Devices
	Lookup     DeviceLookup // nil where no management system is asked
	Directory  Directory    // nil: there is none, and the provider's claims are all that is known of people
	Exceptions Exceptions
	Grants     Grants

	// Bypass finds the emergency bypass that is live for an app; nil: there are none.
	Bypass func(model.TenantID, model.InstanceID) (tenant.Bypass, bool)

	Factors factor.Store                                 // people's own second factors; nil: there are none
	Blocked session.BlockedStore                         // what gateways and the broker stopped, for its own pages
	Secrets func(file string) (string, error)            // reads a client secret
	HTTP    *http.Client                                 // towards providers
	AppHTTP func(catalog.Instance) (*http.Client, error) // towards an app's own hosts, as its settings ask for
	Print   func(*http.Request) string                   // TLS fingerprint of the request's connection, "" if unknown
	Now     func() time.Time
	Log     *slog.Logger
}

// Tokens signs and verifies short tokens that travel through the browser; vault.Vault is one.
type Tokens interface {
	Sign(tenant model.TenantID, purpose string, payload []byte, expires time.Time) (string, error)
	Verify(tenant model.TenantID, purpose, token string) ([]byte, error)
}

// PurposeVia is the purpose of tokens by which a gateway vouches that an authorization request came through
// it; their payload is the app session's id.
const PurposeVia = "via"

// Config is a broker's settings.
type Config struct {
	Origin       string // "https://signin.example.com[:port]", without path
	DeviceOrigin string // "https://device.example.com[:port]", "" where devices are not asked for certificates
	// DefaultAbsolute and DefaultIdle bound sessions where a tenant sets nothing.
	DefaultAbsolute, DefaultIdle time.Duration
}

// Validate reports a setting that can't work.
func (c Config) Validate() error {
	if !strings.HasPrefix(c.Origin, "https://") || strings.Count(c.Origin, "/") != 2 {
		return &fault.Error{
			Kind: fault.Invalid, Op: "signin.Config", Key: c.Origin, Msg: "the broker's origin must be https:// and a host, without path",
			Help: "set signin.origin, for example https://signin.example.com",
		}
	}
	return nil
}

// Broker serves the sign-in origin and the device origin.
type Broker struct {
	config   Config
	parts    Parts
	flows    flows
	mux      *http.ServeMux
	device   *http.ServeMux
	factors  *factor.Keeper   // nil where own factors are not kept
	passkeys *factor.Passkeys // nil likewise
	guard    *http.CrossOriginProtection

	throttle *throttle
	begins   [64]sync.Mutex     // one app session is made at a time, by session
	reading  singleflight.Group // of discovery documents

	mu           sync.Mutex
	providers    map[model.TenantID]*provider  // our OpenID providers towards apps
	upstreams    map[upstreamKey]*upstream     // the company's providers
	transmitters map[upstreamKey]*signalSource // of security events
	rings        map[ringName]*ring            // signing keys
}

// New returns a broker.
func New(config Config, parts Parts) (*Broker, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if parts.Directory == nil {
		parts.Directory = noDirectory{}
	}
	if config.DefaultAbsolute <= 0 {
		config.DefaultAbsolute = 12 * time.Hour
	}
	if config.DefaultIdle <= 0 {
		config.DefaultIdle = time.Hour
	}
	b := &Broker{
		config: config, parts: parts, flows: flows{store: parts.Flows, sealer: parts.Sealer, now: parts.Now},
		guard: http.NewCrossOriginProtection(), throttle: newThrottle(parts.Now, throttleEntries), providers: map[model.TenantID]*provider{}, upstreams: map[upstreamKey]*upstream{}, transmitters: map[upstreamKey]*signalSource{}, rings: map[ringName]*ring{},
	}
	if parts.Factors != nil {
		b.factors = factor.NewKeeper(parts.Factors, parts.Sealer, parts.Now, session.NewID)
		var err error
		if b.passkeys, err = factor.NewPasskeys(b.factors, config.Origin, "Referee"); err != nil {
			return nil, err
		}
	}
	b.mux = b.routes()
	b.device = b.deviceRoutes()
	return b, nil
}

func (b *Broker) routes() *http.ServeMux {
	m := http.NewServeMux()
	b.stepUpRoutes(m)
	b.manageRoutes(m)
	b.boundRoutes(m)
	m.HandleFunc("GET /{tenant}/login", b.tenant(b.login))
	m.HandleFunc("GET /{tenant}/callback/{provider}", b.tenant(b.callback))
	m.HandleFunc("POST /{tenant}/home", b.tenant(b.home))
	m.HandleFunc("/{tenant}/saml/{step}", b.tenant(b.samlSteps))
	m.HandleFunc("/{tenant}/saml/{step}/{provider}", b.tenant(b.samlOf))
	m.HandleFunc("GET /{tenant}/wsfed", b.tenant(b.wsfedRequest))
	m.HandleFunc("GET /{tenant}/wsfed/continue", b.tenant(b.wsfedContinue))
	m.HandleFunc("POST /{tenant}/backchannel/{provider}", b.tenant(b.backchannelLogout))
	m.HandleFunc("POST /{tenant}/signals/{provider}", b.tenant(b.signals))
	m.HandleFunc("GET /{tenant}/handover", b.tenant(b.handover))
	m.HandleFunc("GET /{tenant}/device", b.tenant(b.deviceStart))
	m.HandleFunc("GET /{tenant}/device/done", b.tenant(b.deviceDone))
	m.HandleFunc("GET /{tenant}/signout", b.tenant(b.signOutPage))
	m.HandleFunc("POST /{tenant}/signout", b.tenant(b.signOut))
	m.HandleFunc("GET /{tenant}/override", b.tenant(b.overridePage))
	m.HandleFunc("POST /{tenant}/override", b.tenant(b.override))
	m.HandleFunc("GET /{tenant}/request-access", b.tenant(b.requestPage))
	m.HandleFunc("POST /{tenant}/request-access", b.tenant(b.request))
	m.HandleFunc("/{tenant}/.well-known/openid-configuration", b.tenant(b.openID))
	m.HandleFunc("/{tenant}/oauth/v2/{step}", b.tenant(b.openID))
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b.fail(w, r, tenant.Tenant{}, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
	})
	return m
}

// maxForm bounds what anybody may post to the broker.
const maxForm = 64 << 10

// maxMessage bounds a posted SAML message.
const maxMessage = 512 << 10

// ServeHTTP serves the sign-in origin.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	// Other sites learn nothing; our own forms keep their Origin, by which cross-origin writes are told apart.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	b.mux.ServeHTTP(w, r)
}

// tenantHandler serves one tenant's step.
type tenantHandler func(w http.ResponseWriter, r *http.Request, t tenant.Tenant)

// tenant finds the tenant of the path and refuses cross-origin writes, except to the OpenID and SAML endpoints,
// which apps and providers call from their own origins and which no cookie authorises.
func (b *Broker) tenant(next tenantHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t, ok := b.parts.Tenants.Tenant(model.TenantID(r.PathValue("tenant")))
		if !ok {
			// The same answer as for an unknown page: which tenants exist is nobody's business.
			b.fail(w, r, tenant.Tenant{}, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
			return
		}
		limit := int64(maxForm)
		if strings.HasPrefix(r.URL.Path, "/"+string(t.ID)+"/saml/") {
			limit = maxMessage
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if r.PathValue("step") == "" {
			if err := b.guard.Check(r); err != nil {
				// fail closed: a write that another site started
				b.fail(w, r, t, &fault.Error{Kind: fault.Denied, Op: "signin", Msg: "this form was sent by another site", Err: err})
				return
			}
		}
		next(w, r, t)
	}
}

// url returns an absolute address at the sign-in origin below the tenant's path.
func (b *Broker) url(id model.TenantID, path string) string {
	return b.config.Origin + "/" + string(id) + path
}

// localReturn reports whether a return target is a path of this tenant at this origin, so that no step can be
// led to another site (open redirect).
func localReturn(id model.TenantID, target string) bool {
	u, err := url.Parse(target)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && u.Fragment == "" &&
		strings.HasPrefix(u.Path, "/"+string(id)+"/") && path.Clean(u.Path) == u.Path && u.RawPath == "" &&
		strings.HasPrefix(target, "/"+string(id)+"/") && !strings.ContainsAny(target, "\\\r\n\t")
}
