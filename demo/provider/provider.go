package provider

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

// Paths of the endpoints, below the issuer. Relying parties learn them from the discovery document.
const (
	pathDiscovery = "/.well-known/openid-configuration"
	pathAuthorize = "/authorize"
	pathLogin     = "/login"
	pathToken     = "/token"
	pathUserinfo  = "/userinfo"
	pathKeys      = "/keys"
	pathLogout    = "/logout"
	pathSignedOut = "/signed-out"
	pathStyle     = "/style.css"
)

// Provider is the OpenID provider. It is safe for concurrent use.
type Provider struct {
	cfg     Config
	host    string // host[:port] of the issuer
	clients map[string]*Client
	users   map[string]*User // by lower-case user name
	bySub   map[string]*User
	key     jose.JSONWebKey // signing key, RS256
	jwks    []byte          // published half, marshalled once

	flows    *shelf.Shelf[flow]    // sign-ins that wait for the login page, by flow id
	sessions *shelf.Shelf[session] // signed-in browsers, by cookie value
	codes    *shelf.Shelf[grant]   // unredeemed and just redeemed codes
	access   *shelf.Shelf[access]  // access tokens
	throttle *throttle

	mux *http.ServeMux
}

// New checks cfg, makes a signing key and returns a provider that is ready to serve.
func New(cfg Config) (*Provider, error) {
	cfg.setDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fault.Wrap(err, "provider.New", "")
	}
	priv, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fault.Wrap(err, "provider.New", "signing key")
	}
	u, err := url.Parse(cfg.Issuer)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, "provider.New", cfg.Issuer)
	}
	p := &Provider{
		cfg:      cfg,
		host:     u.Host,
		clients:  map[string]*Client{},
		users:    map[string]*User{},
		bySub:    map[string]*User{},
		key:      jose.JSONWebKey{Key: priv, KeyID: shelf.RandomID(), Algorithm: string(jose.RS256), Use: "sig"},
		flows:    shelf.New(shelf.Options[flow]{Clock: cfg.Clock, Lifetime: 10 * time.Minute, Limit: 4096}),
		sessions: shelf.New(shelf.Options[session]{Clock: cfg.Clock, Lifetime: cfg.SessionLifetime, Limit: 65536}),
		codes:    shelf.New(shelf.Options[grant]{Clock: cfg.Clock, Lifetime: time.Minute, Limit: 65536}),
		access:   shelf.New(shelf.Options[access]{Clock: cfg.Clock, Lifetime: cfg.TokenLifetime, Limit: 65536}),
		throttle: newThrottle(cfg.Clock),
	}
	for _, c := range cfg.Clients {
		p.clients[c.ID] = &c
	}
	for _, user := range cfg.Users {
		p.users[strings.ToLower(user.Username)] = &user
		p.bySub[user.Subject] = &user
	}
	if p.jwks, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}}); err != nil {
		return nil, fault.Wrap(err, "provider.New", "key set")
	}
	p.mux = p.routes()
	return p, nil
}

// ServeHTTP answers for the issuer's host; any other host gets 421, never a page.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Host, p.host) {
		http.Error(w, "this server is "+p.host, http.StatusMisdirectedRequest)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	// No form-action: Chromium applies it to the whole redirect chain that follows the login form, and that
	// chain leads to relying parties, and through them to their applications.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'")
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	p.mux.ServeHTTP(w, r)
}

func (p *Provider) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("GET "+pathDiscovery, p.serveDiscovery)
	m.HandleFunc("GET "+pathKeys, p.serveKeys)
	m.HandleFunc("GET "+pathAuthorize, p.serveAuthorize)
	m.HandleFunc("POST "+pathAuthorize, p.serveAuthorize)
	m.HandleFunc("GET "+pathLogin, p.serveLoginPage)
	m.HandleFunc("POST "+pathLogin, p.serveLoginForm)
	m.HandleFunc("POST "+pathToken, p.serveToken)
	m.HandleFunc("GET "+pathUserinfo, p.serveUserinfo)
	m.HandleFunc("POST "+pathUserinfo, p.serveUserinfo)
	m.HandleFunc("GET "+pathLogout, p.serveLogout)
	m.HandleFunc("POST "+pathLogout, p.serveLogout)
	m.HandleFunc("GET "+pathSignedOut, p.serveSignedOut)
	m.HandleFunc("GET "+pathStyle, serveStyle)
	m.HandleFunc("GET /{$}", p.serveHome)
	return m
}

// serveDiscovery is OpenID Connect Discovery 1.0, section 4. Only what is really there is claimed.
func (p *Provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	at := func(path string) string { return p.cfg.Issuer + path }
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                p.cfg.Issuer,
		"authorization_endpoint":                at(pathAuthorize),
		"token_endpoint":                        at(pathToken),
		"userinfo_endpoint":                     at(pathUserinfo),
		"jwks_uri":                              at(pathKeys),
		"end_session_endpoint":                  at(pathLogout),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"},
		"code_challenge_methods_supported":      []string{"S256"},
		"scopes_supported":                      scopesSupported,
		"acr_values_supported":                  []string{ACRPassword, ACRSecondFactor},
		"prompt_values_supported":               []string{"none", "login"},
		"claims_supported": []string{
			"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
			"name", "preferred_username", "email", "email_verified", "groups",
		},
		"claims_parameter_supported":                     false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
		"backchannel_logout_supported":                   true,
		"backchannel_logout_session_supported":           true,
	})
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(p.jwks)
}

var scopesSupported = []string{"openid", "profile", "email", "groups"}

// knownScopes keeps the scopes that the provider knows, in its own order; OpenID Connect Core 3.1.2.1 says
// that unknown ones are to be ignored.
func knownScopes(raw string) []string {
	asked := strings.Fields(raw)
	var out []string
	for _, s := range scopesSupported {
		if slices.Contains(asked, s) {
			out = append(out, s)
		}
	}
	return out
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the browser went away; nothing is left to do
}
