package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
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
	kept, err := st.secret(ctx)
	if err != nil {
		return nil, err
	}
	config := &op.Config{
		CryptoKey: [32]byte(kept), CodeMethodS256: true, GrantTypeRefreshToken: true, AuthMethodPost: true, DefaultLogoutRedirectURI: b.url(t.ID, "/signout?done"),
		SupportedClaims: supportedClaims, SupportedScopes: supportedScopes,
	}
	path := func(name string) *op.Endpoint { return op.NewEndpoint("/oauth/v2/" + name) }
	issuer := b.url(t.ID, "")
	made, err := op.NewProvider(config, st, op.StaticIssuer(issuer),
		op.WithCustomEndpoints(path("authorize"), path("token"), path("userinfo"), path("revoke"), path("end_session"), path("keys")),
		op.WithCORSOptions(nil)) // the library's would let every origin read with credentials
	if err != nil {
		return nil, fault.Wrap(err, "signin.openIDProvider", string(t.ID))
	}
	st.crypto = made.Crypto()
	p = &provider{op: made, storage: st, issuer: issuer, handler: http.StripPrefix("/"+string(t.ID), made)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if first := b.providers[t.ID]; first != nil {
		return first, nil
	}
	b.providers[t.ID] = p
	return p, nil
}

// openIDSteps are the endpoints that are served, and whether scripts of other origins may call them. The
// library has more (introspection, device authorization, and its own authorize/callback, which would send a code
// to the app's real host); no address leads to those.
var openIDSteps = map[string]struct{ script bool }{
	"": {true}, "keys": {true}, "token": {true}, "userinfo": {true}, "revoke": {true}, "authorize": {false}, "end_session": {false},
}

// openID hands a request to the tenant's provider.
func (b *Broker) openID(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	name := r.PathValue("step")
	step, ok := openIDSteps[name]
	if !ok {
		b.fail(w, r, t, fault.New(fault.NotFound, "signin", "there is nothing at this address"))
		return
	}
	if step.script && crossOrigin(w, r) {
		return
	}
	seen := b.unmap(r, t.ID)
	p, err := b.openIDProvider(r.Context(), t)
	if err != nil {
		b.fail(w, r, t, err)
		return
	}
	switch name {
	case "":
		p.discovery(w)
		return
	case "userinfo":
		p.userinfo(w, r)
		return
	case "token", "revoke":
		if r.Method != http.MethodPost { // secrets stay out of addresses and their logs (RFC 6749 section 3.2)
			w.Header().Set("Allow", http.MethodPost)
			tokenError(w, http.StatusMethodNotAllowed, "invalid_request", "post the request")
			return
		}
		if grant := r.FormValue("grant_type"); grant != "" && grant != string(oidc.GrantTypeCode) && grant != string(oidc.GrantTypeRefreshToken) {
			tokenError(w, http.StatusBadRequest, "unsupported_grant_type", "authorization_code and refresh_token are offered")
			return
		}
	case "authorize":
		if !b.admitted(w, r, t, costBegin) {
			return
		}
		w.Header().Del("X-Frame-Options") // an app's silent renewal runs in a frame and gets only redirects
	}
	p.handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, came{r, seen})))
}

// crossOrigin lets scripts of any origin call an endpoint that no cookie authorises (Fetch standard, CORS). It
// returns true when it has answered a preflight.
func crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "3600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// tokenError is an OAuth error document (RFC 6749 section 5.2).
func tokenError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "this can't be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client went away
}

// discovery says what this provider really does (OpenID Connect Discovery section 3); the library's own
// document names endpoints and grants that are not offered.
func (p *provider) discovery(w http.ResponseWriter) {
	at := func(step string) string { return p.issuer + "/oauth/v2/" + step }
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": p.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"), "userinfo_endpoint": at("userinfo"),
		"jwks_uri": at("keys"), "end_session_endpoint": at("end_session"), "revocation_endpoint": at("revoke"),
		"scopes_supported": supportedScopes, "claims_supported": supportedClaims, "subject_types_supported": []string{"public"},
		"response_types_supported": []string{"code"}, "response_modes_supported": responseModes, "grant_types_supported": []string{"authorization_code", "refresh_token"},
		"id_token_signing_alg_values_supported":          []string{"RS256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post", "none"},
		"revocation_endpoint_auth_methods_supported":     []string{"client_secret_basic", "client_secret_post", "none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"prompt_values_supported":                        []string{"none", "login", "select_account"},
		"authorization_response_iss_parameter_supported": true,
		"backchannel_logout_supported":                   true,
		"backchannel_logout_session_supported":           true,
		"frontchannel_logout_supported":                  false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"claims_parameter_supported":                     false,
	})
}

// userinfo answers who an access token stands for (OpenID Connect Core section 5.3). The token comes in the
// header or a posted form, never in the address (RFC 6750 section 2.3); it ends with its session.
func (p *provider) userinfo(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok && r.Method == http.MethodPost {
		token = r.PostFormValue("access_token")
	}
	refuse := func(code string) {
		challenge := "Bearer"
		if code != "" {
			challenge += ` error="` + code + `"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate")
		tokenError(w, http.StatusUnauthorized, "invalid_token", "the access token is missing, unknown, or has ended")
	}
	if token == "" {
		refuse("")
		return
	}
	info := &oidc.UserInfo{}
	plain, err := p.op.Crypto().Decrypt(token)
	id, subject, ok := strings.Cut(plain, ":")
	if err != nil || !ok {
		refuse("invalid_token")
		return
	}
	err = p.storage.SetUserinfoFromToken(r.Context(), info, id, subject, "")
	switch {
	case err == nil && info.Subject == subject:
		writeJSON(w, http.StatusOK, info)
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Denied), err == nil:
		refuse("invalid_token")
	default:
		// fail closed: who can't be looked up is nobody
		p.storage.broker.parts.Log.Error("userinfo", "tenant", p.storage.tenant, "err", err)
		tokenError(w, http.StatusServiceUnavailable, "temporarily_unavailable", "")
	}
}

// unmap turns mapped addresses in a request back into the app's own, in place: an app whose page builds the
// request sees itself at its mapped host. It returns the mapped host of the redirect address, if it was one. What
// comes out is compared with the registered addresses as ever.
func (b *Broker) unmap(r *http.Request, id model.TenantID) (mapped string) {
	_ = r.ParseForm() // what can't be parsed is refused where it is used
	for _, form := range []url.Values{r.Form, r.PostForm} {
		for _, key := range []string{"redirect_uri", "post_logout_redirect_uri", "target_link_uri"} {
			real, host, ok := b.realURI(id, form.Get(key))
			if !ok {
				continue
			}
			form[key] = []string{real}
			if key == "redirect_uri" {
				mapped = host
			}
		}
	}
	return mapped
}

// requestKey carries the HTTP request to the storage, whose interface knows only a context: the authorization
// request's `via` and Referer say whether it came through a gateway.
type requestKey struct{}

// came is what requestKey carries.
type came struct {
	r      *http.Request
	mapped string // mapped host of its redirect address, "" if that was the app's own
}

// via says where an authorization request came from.
type via struct {
	AppSession string `json:"appSession,omitempty"` // vouched for by a gateway's signed token
	Mapped     string `json:"mapped,omitempty"`     // mapped host in redirect address, Referer or Origin; the browser's word
}

// viaOf reads an authorization request's origin.
func (b *Broker) viaOf(ctx context.Context, id model.TenantID) via {
	c, ok := ctx.Value(requestKey{}).(came)
	if !ok {
		return via{}
	}
	v := via{Mapped: c.mapped}
	if token := c.r.FormValue("via"); token != "" {
		if payload, err := b.parts.Tokens.Verify(id, PurposeVia, token); err == nil {
			v.AppSession = string(payload)
		}
	}
	for _, header := range []string{c.r.Header.Get("Origin"), c.r.Referer()} {
		if u, err := url.Parse(header); err == nil && u.Host != "" && v.Mapped == "" {
			if _, ok := b.parts.Catalog.ByHost(id, u.Host); ok {
				v.Mapped = strings.ToLower(u.Host)
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
