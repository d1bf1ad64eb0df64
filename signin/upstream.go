package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
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
	read     time.Time
	settings tenant.Provider
}

// upstreamFlow is what the broker remembers between start and callback.
type upstreamFlow struct {
	Provider   model.ProviderID `json:"provider"`
	SecretHash string           `json:"secretHash"` // of the browser's flow cookie: no login CSRF
	Nonce      string           `json:"nonce"`
	Verifier   string           `json:"verifier"` // PKCE, RFC 7636
	Return     string           `json:"return"`
	MaxAge     int              `json:"maxAge"` // seconds; -1 where any sign-in will do
	Started    time.Time        `json:"started"`
}

// start sends the browser to the tenant's provider and brings it back to ret. maxAge -1 accepts an existing
// sign-in there; 0 asks for a fresh one.
func (b *Broker) start(w http.ResponseWriter, r *http.Request, t tenant.Tenant, ret string, maxAge int) {
	if len(t.Providers) == 0 {
		b.fail(w, r, t, &fault.Error{Kind: fault.Unavailable, Op: "signin.start", Key: string(t.ID), Msg: "no identity provider is connected",
			Help: "an administrator connects one in the tenant's settings"})
		return
	}
	settings := t.Providers[0]
	up, err := b.upstream(r.Context(), t, settings)
	if err != nil {
		// fail closed: nobody signs in while the provider can't be reached
		b.fail(w, r, t, err)
		return
	}
	state, flow := newSecret(), upstreamFlow{Provider: settings.ID, SecretHash: hashOf(flowSecret(w, r, t.ID)), Nonce: newSecret(),
		Verifier: oauth2.GenerateVerifier(), Return: ret, MaxAge: maxAge, Started: b.parts.Now()}
	if err := b.flows.put(r.Context(), t.ID, FlowUpstream, hashOf(state), flow, upstreamLife); err != nil {
		b.fail(w, r, t, err)
		return
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier)}
	if maxAge == 0 {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	http.Redirect(w, r, up.oauth.AuthCodeURL(state, opts...), http.StatusSeeOther)
}

// callback takes the provider's answer and makes a broker session of it.
func (b *Broker) callback(w http.ResponseWriter, r *http.Request, t tenant.Tenant) {
	s, secret, flow, err := b.accept(r, t, model.ProviderID(r.PathValue("provider")))
	if err != nil {
		// fail closed: an answer that can't be verified signs nobody in
		b.recordFailure(r, t, err)
		b.fail(w, r, t, err)
		return
	}
	if err := b.parts.Sessions.PutSession(r.Context(), s); err != nil {
		b.fail(w, r, t, err)
		return
	}
	if err := b.record(r, s, model.ActivityLogin, func(a *model.Activity) { a.ActionType = "UserLoggedIn" }); err != nil {
		// fail closed: a sign-in that can't be recorded does not happen
		b.fail(w, r, t, err)
		return
	}
	setCookie(w, sessionCookie+string(t.ID), session.BrokerCookie(s.ID, secret), 0)
	http.Redirect(w, r, b.config.Origin+flow.Return, http.StatusSeeOther)
}

// accept verifies an answer and returns the session it gives. Every check names what was wrong.
func (b *Broker) accept(r *http.Request, t tenant.Tenant, id model.ProviderID) (session.Session, session.Secret, upstreamFlow, error) {
	const op = "signin.callback"
	var flow upstreamFlow
	denied := func(format string, args ...any) (session.Session, session.Secret, upstreamFlow, error) {
		return session.Session{}, "", flow, fault.New(fault.Denied, op, format, args...)
	}
	q := r.URL.Query()
	if err := b.flows.take(r.Context(), t.ID, FlowUpstream, hashOf(q.Get("state")), &flow); err != nil {
		return denied("this sign-in was started elsewhere, took too long or was already used: %v", err)
	}
	cookie, err := r.Cookie(flowCookie + string(t.ID))
	if err != nil || !sameSecret(hashOf(cookie.Value), flow.SecretHash) {
		return denied("the answer belongs to a sign-in that another browser started")
	}
	if flow.Provider != id {
		return denied("the answer came to the address of provider %q, the sign-in was started at %q", id, flow.Provider)
	}
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return p.ID == id })
	if i < 0 {
		return denied("provider %q is not connected any more", id)
	}
	if e := q.Get("error"); e != "" {
		return denied("the provider refused: %s %s", e, q.Get("error_description"))
	}
	up, err := b.upstream(r.Context(), t, t.Providers[i])
	if err != nil {
		return session.Session{}, "", flow, err
	}
	if iss := q.Get("iss"); iss != "" && iss != up.settings.Issuer {
		return denied("the answer names issuer %q, expected %q (RFC 9207)", iss, up.settings.Issuer)
	}
	token, err := up.oauth.Exchange(b.outbound(r.Context()), q.Get("code"), oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return denied("the provider did not redeem the code: %v", scrub(err))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return denied("the provider's answer holds no ID token")
	}
	idToken, err := up.provider.VerifierContext(b.outbound(context.WithoutCancel(r.Context())), &oidc.Config{ClientID: up.oauth.ClientID, Now: b.parts.Now}).Verify(r.Context(), raw)
	if err != nil {
		return denied("the ID token is not valid: %v", err)
	}
	if !sameSecret(idToken.Nonce, flow.Nonce) {
		return denied("the ID token's nonce is not that of this sign-in")
	}
	claims := map[string]any{}
	if err := idToken.Claims(&claims); err != nil {
		return denied("the ID token's claims can't be read: %v", err)
	}
	auth := authentication(id, claims, idToken.IssuedAt)
	if flow.MaxAge == 0 && auth.Time.Before(flow.Started.Add(-time.Minute)) {
		return denied("a fresh sign-in was asked for, the provider's is from %s", auth.Time.Format(time.RFC3339))
	}
	user := userOf(t, up.settings, claims)
	if user.ID == "" {
		return denied("the ID token names no subject")
	}
	s, secret := b.newSession(r, t, user, auth)
	return s, secret, flow, nil
}

// newSession makes the session of a verified sign-in.
func (b *Broker) newSession(r *http.Request, t tenant.Tenant, user model.User, auth model.Authentication) (session.Session, session.Secret) {
	now := b.parts.Now()
	absolute, idle := time.Duration(t.Session.Absolute), time.Duration(t.Session.Idle)
	if absolute <= 0 {
		absolute = b.config.DefaultAbsolute
	}
	if idle <= 0 {
		idle = b.config.DefaultIdle
	}
	secret := session.NewSecret()
	s := session.Session{ID: model.SessionID(session.NewID()), SecretHash: secret.Hash(), Tenant: t.ID, User: user, Auth: auth, Created: now, LastSeen: now,
		Expires: now.Add(absolute), Idle: idle, Network: b.parts.Locator.Locate(t.ID, r.RemoteAddr), Agent: b.parts.Locator.ParseAgent(r.UserAgent())}
	if b.parts.Print != nil {
		s.TLSPrint = b.parts.Print(r)
	}
	return s, secret
}

// upstream returns a provider, reading its discovery document at most once an hour.
func (b *Broker) upstream(ctx context.Context, t tenant.Tenant, settings tenant.Provider) (*upstream, error) {
	key := upstreamKey{t.ID, settings.ID}
	b.mu.Lock()
	up := b.upstreams[key]
	b.mu.Unlock()
	if up != nil && b.parts.Now().Sub(up.read) < discoveryLife && reflect.DeepEqual(up.settings, settings) {
		return up, nil
	}
	// The provider keeps this context for fetching keys later, so it must not end with the request.
	p, err := oidc.NewProvider(b.outbound(context.WithoutCancel(ctx)), settings.Issuer)
	if err != nil {
		if up != nil && reflect.DeepEqual(up.settings, settings) {
			b.parts.Log.Warn("provider discovery", "tenant", t.ID, "provider", settings.ID, "err", err)
			return up, nil // an old document still lets people in; its keys are fetched anew by id
		}
		return nil, fault.As(err, fault.Unavailable, "signin.upstream", settings.Issuer)
	}
	secret := ""
	if settings.SecretFile != "" {
		if secret, err = b.parts.Secrets(settings.SecretFile); err != nil {
			return nil, fault.Wrap(err, "signin.upstream", string(settings.ID))
		}
	}
	scopes := append([]string{oidc.ScopeOpenID}, settings.Scopes...)
	up = &upstream{provider: p, read: b.parts.Now(), settings: settings, oauth: oauth2.Config{ClientID: settings.ClientID, ClientSecret: secret,
		Endpoint: p.Endpoint(), RedirectURL: b.url(t.ID, "/callback/"+url.PathEscape(string(settings.ID))), Scopes: scopes}}
	b.mu.Lock()
	b.upstreams[key] = up
	b.mu.Unlock()
	return up, nil
}

// outbound puts the broker's HTTP client into ctx, for both libraries.
func (b *Broker) outbound(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, b.parts.HTTP)
}

// authentication reads how and when the person signed in. A provider that sends no auth_time signed the
// person in when it issued the token, as far as it lets us know.
func authentication(id model.ProviderID, claims map[string]any, issued time.Time) model.Authentication {
	a := model.Authentication{Provider: id, Time: issued}
	if at, ok := claims["auth_time"].(float64); ok {
		a.Time = time.Unix(int64(at), 0)
	}
	a.ACR, _ = claims["acr"].(string)
	a.AMR = stringsOf(claims["amr"])
	return a
}

// userOf reads the person from claims. External means outside the tenant's own domains, where it has named any.
func userOf(t tenant.Tenant, p tenant.Provider, claims map[string]any) model.User {
	text := func(key string) string { s, _ := claims[key].(string); return s }
	u := model.User{ID: model.UserID(text("sub")), Name: text("name"), Email: text("email"), Username: text("preferred_username"), Provider: p.ID}
	if u.Username == "" {
		u.Username = u.Email
	}
	for _, g := range stringsOf(claims[p.GroupsClaim]) {
		u.Groups = append(u.Groups, model.GroupID(g))
	}
	u.Roles = stringsOf(claims[p.RolesClaim])
	if guest, ok := claims[p.ExternalClaim].(bool); ok && p.ExternalClaim != "" {
		u.External = guest
	} else {
		u.External = len(t.Domains) > 0 && !slices.ContainsFunc(t.Domains, func(d string) bool { return strings.EqualFold(d, u.Domain()) })
	}
	return u
}

// stringsOf reads a claim that may be a string or a list of strings.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// scrub keeps a token endpoint's error code and leaves out its body, which may echo secrets.
func scrub(err error) string {
	var re *oauth2.RetrieveError
	if errors.As(err, &re) {
		if re.ErrorCode != "" {
			return re.ErrorCode
		}
		return "status " + re.Response.Status
	}
	return err.Error()
}
