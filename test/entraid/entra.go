package entraid

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/referee-casb/referee/signin/saml"
)

// Realm is the name by which federated identity providers know Entra.
const Realm = "urn:federation:MicrosoftOnline"

// Domain is a verified domain. One without Passive is managed: its people type passwords at Entra.
type Domain struct {
	Passive  string              // passiveSignInUri
	Issuer   string              // issuerUri
	Signing  []*x509.Certificate // signingCertificate and nextSigningCertificate
	SAML     bool                // preferredAuthenticationProtocol is saml, not wsFed
	EntityID string              // of the provider, for SAML
	// MFA is federatedIdpMfaBehavior: what is done about a second factor that a Conditional Access policy asks for.
	MFA MFABehavior
}

// MFABehavior is Graph's federatedIdpMfaBehavior.
type MFABehavior string

// The behaviours: take the provider's second factor, ask it for one, or take none.
const (
	AcceptMFA  MFABehavior = "acceptIfMfaDoneByFederatedIdp"
	EnforceMFA MFABehavior = "enforceMfaByFederatedIdp"
	RejectMFA  MFABehavior = "rejectMfaByFederatedIdp"
)

// App is a registered application.
type App struct {
	Secret    string // "" for a public client
	Redirects []string
}

// Config is a tenant of Entra.
type Config struct {
	Origin  string // https://login.microsoftonline.localhost:8443
	Tenant  string // id
	Domains map[string]Domain
	People  map[string]string // user principal name by ImmutableID
	Apps    map[string]App    // by client id
	Now     func() time.Time
}

// Entra is the double. Its exported settings may be changed with [Entra.Set].
type Entra struct {
	Config
	RequireMFA bool // a Conditional Access policy asks everybody for a second factor
	StaySigned bool // "Stay signed in?" is asked after sign-in, as tenants are set at first

	mu       sync.Mutex
	key      *rsa.PrivateKey
	sp       saml.Keys
	waiting  map[string]*request // by estsrequest
	sessions map[string]*person  // by ESTSAUTH
	codes    map[string]*grant
	refresh  map[string]*grant
	seen     map[string]bool // assertions that were used
	refused  []error
	paths    []string // of requests for pages that take credentials
	asked    []url.Values
}

// request is an app's authorization request that waits for the person.
type request struct {
	app                          string
	redirect, mode, state, nonce string
	types, scope, challenge      string
	domain, samlID               string
	mfa, fresh                   bool
	begun                        time.Time
}

type person struct {
	upn, id string
	mfa     bool
	at      time.Time
}

type grant struct {
	who *person
	req *request
}

// signing is the key of every tenant's tokens: Entra's are shared too, and making one takes its time.
var signing = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// New returns a tenant.
func New(config Config, samlKeys saml.Keys) (*Entra, error) {
	key, err := signing()
	if err != nil {
		return nil, err
	}
	return &Entra{
		Config: config, key: key, sp: samlKeys, waiting: map[string]*request{}, sessions: map[string]*person{}, codes: map[string]*grant{},
		refresh: map[string]*grant{}, seen: map[string]bool{},
	}, nil
}

// Set changes the tenant.
func (e *Entra) Set(change func(*Entra)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e)
}

// Refused is why tokens were refused, in their order.
func (e *Entra) Refused() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.refused)
}

// Credentials are the paths of requests for pages that take credentials.
func (e *Entra) Credentials() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.paths)
}

// ForgetCredentials forgets them.
func (e *Entra) ForgetCredentials() { e.Set(func(e *Entra) { e.paths = nil }) }

// Asked are the queries that were sent to the federated provider.
func (e *Entra) Asked() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.asked)
}

// ForgetSessions ends every session of browsers.
func (e *Entra) ForgetSessions() { e.Set(func(e *Entra) { e.sessions = map[string]*person{} }) }

// Issuer is the tenant's, as OpenID apps know it.
func (e *Entra) Issuer() string { return e.Origin + "/" + e.Tenant + "/v2.0" }

// ServeHTTP serves login.microsoftonline.com.
func (e *Entra) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = r.ParseForm()
	tenant := "/" + e.Tenant
	switch r.Method + " " + r.URL.Path {
	case "GET " + tenant + "/v2.0/.well-known/openid-configuration":
		e.discovery(w)
	case "GET " + tenant + "/discovery/v2.0/keys":
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &e.key.PublicKey, KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	case "GET " + tenant + "/oauth2/v2.0/authorize":
		e.authorize(w, r)
	case "POST " + tenant + "/oauth2/v2.0/token":
		e.token(w, r)
	case "GET " + tenant + "/oauth2/v2.0/logout":
		delete(e.sessions, cookie(r, "ESTSAUTH"))
		http.SetCookie(w, &http.Cookie{Name: "ESTSAUTH", Path: "/", MaxAge: -1, Secure: true})
		fmt.Fprint(w, "signed out")
	case "GET /getuserrealm.srf":
		e.realm(w, r.Form.Get("login"))
	case "POST /common/GetCredentialType":
		var body struct {
			Username string `json:"username"`
		}
		_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&body)
		e.credentialType(w, body.Username)
	case "POST /login.srf":
		e.federated(w, r)
	default:
		e.paths = append(e.paths, r.URL.Path)
		page(w, signInPage, "")
	}
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// signInPage asks for a name and, at managed domains, for a password: as the service's own does, in one page.
var signInPage = template.Must(template.New("").Parse(`<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>
<form name="f1" method="post" action="/common/login"><input type="email" name="loginfmt" value="{{.}}"><input type="password" name="passwd"></form>
<script>$Config={"urlGetCredentialType":"/common/GetCredentialType"};</script></body></html>`))

// stayPage asks "Stay signed in?".
var stayPage = template.Must(template.New("").Parse(`<!DOCTYPE html><html><head><title>Stay signed in?</title></head><body>
<form method="post" action="/kmsi"><input type="checkbox" name="DontShowAgain"><input type="submit" value="Yes"></form></body></html>`))

// postPage is the answer by form_post (OAuth 2.0 Form Post Response Mode).
var postPage = template.Must(template.New("").Parse(`<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform" action="{{.To}}">
{{range $k, $v := .Fields}}{{range $v}}<input type="hidden" name="{{$k}}" value="{{.}}" />{{end}}{{end}}<noscript><p>Script is disabled. Click Submit to continue.</p><input type="submit" value="Submit" /></noscript></form><script language="javascript">document.forms[0].submit();</script></body></html>`))

func page(w http.ResponseWriter, t *template.Template, v any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.Header().Set("X-Frame-Options", "DENY")
	_ = t.Execute(w, v)
}

func (e *Entra) discovery(w http.ResponseWriter) {
	at := e.Origin + "/" + e.Tenant
	answer(w, http.StatusOK, map[string]any{
		"issuer": e.Issuer(), "authorization_endpoint": at + "/oauth2/v2.0/authorize", "token_endpoint": at + "/oauth2/v2.0/token",
		"jwks_uri": at + "/discovery/v2.0/keys", "end_session_endpoint": at + "/oauth2/v2.0/logout", "response_modes_supported": []string{"query", "fragment", "form_post"},
		"response_types_supported": []string{"code", "id_token", "code id_token"}, "id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"pairwise"},
	})
}

// realm answers which kind of domain an address is of.
func (e *Entra) realm(w http.ResponseWriter, login string) {
	name := domainOf(login)
	d, ok := e.Domains[name]
	kind := map[string]any{"Login": login, "DomainName": name, "NameSpaceType": "Unknown", "State": 4, "UserState": 1}
	switch {
	case ok && d.Passive != "":
		kind["NameSpaceType"], kind["AuthURL"], kind["FederationGlobalVersion"], kind["State"], kind["UserState"] = "Federated", d.Passive, -1, 3, 2
	case ok:
		kind["NameSpaceType"] = "Managed"
	}
	answer(w, http.StatusOK, kind)
}

// credentialType answers the sign-in page's own question.
func (e *Entra) credentialType(w http.ResponseWriter, username string) {
	out := map[string]any{"Username": username, "Display": username, "IfExistsResult": 1}
	if d, ok := e.Domains[domainOf(username)]; ok {
		credentials := map[string]any{"PrefCredential": 1, "HasPassword": true}
		out["IfExistsResult"], out["EstsProperties"] = 0, map[string]any{"DomainType": 3}
		if d.Passive != "" {
			q := url.Values{"username": {username}, "wa": {"wsignin1.0"}, "wtrealm": {Realm}}
			credentials = map[string]any{"PrefCredential": 4, "HasPassword": true, "FederationRedirectUrl": d.Passive + "?" + q.Encode()}
			out["EstsProperties"] = map[string]any{"DomainType": 4}
		}
		out["Credentials"] = credentials
	}
	answer(w, http.StatusOK, out)
}

func domainOf(login string) string {
	return strings.ToLower(login[strings.LastIndexByte(login, '@')+1:])
}
