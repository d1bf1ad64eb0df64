package filesapp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

// signin is the relying party: authorization code flow with PKCE at one issuer. The callback is on the App
// host's real name, always.
type signin struct {
	cfg     *Config
	mu      sync.Mutex
	issuer  *oidc.Provider // nil until the issuer was asked with success
	started *shelf.Shelf[attempt]
}

// attempt is a sign-in that was sent to the provider.
type attempt struct {
	nonce, verifier, returnTo string
}

const callbackPath = "/oidc/callback"

func newSignin(cfg *Config) *signin {
	return &signin{cfg: cfg, started: shelf.New(shelf.Options[attempt]{Clock: cfg.Clock, Lifetime: 15 * time.Minute, Limit: 10000})}
}

// provider asks the issuer once; a failure is not remembered.
func (s *signin) provider() (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.issuer != nil {
		return s.issuer, nil
	}
	// The context lives on in the provider's key set, so it is not the request's.
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), s.cfg.HTTPClient), s.cfg.Issuer)
	if err != nil {
		return nil, fault.As(err, fault.Unavailable, "filesapp.provider", s.cfg.Issuer)
	}
	s.issuer = p
	return p, nil
}

func (s *signin) oauth(p *oidc.Provider) oauth2.Config {
	return oauth2.Config{
		ClientID:     s.cfg.ClientID,
		ClientSecret: s.cfg.ClientSecret,
		Endpoint:     p.Endpoint(),
		RedirectURL:  origin(s.cfg.Hosts.App) + callbackPath,
		Scopes:       s.scopes(p),
	}
}

// scopes asks for groups by name only where the provider says that it has such a scope.
func (s *signin) scopes(p *oidc.Provider) []string {
	var meta struct {
		Scopes []string `json:"scopes_supported"`
	}
	scopes := []string{oidc.ScopeOpenID, "profile", "email"}
	if err := p.Claims(&meta); err == nil {
		for _, sc := range meta.Scopes {
			if sc == "groups" {
				scopes = append(scopes, sc)
			}
		}
	}
	return scopes
}

func (s *signin) verifier(p *oidc.Provider) *oidc.IDTokenVerifier {
	return p.Verifier(&oidc.Config{ClientID: s.cfg.ClientID, Now: s.cfg.Clock})
}

// start sends the browser to the provider. returnTo is a path of this host.
func (s *signin) start(w http.ResponseWriter, r *http.Request, returnTo string) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	at := attempt{nonce: shelf.RandomID(), verifier: oauth2.GenerateVerifier(), returnTo: localPath(returnTo)}
	state := s.started.Put(at)
	c := &http.Cookie{Name: stateCookieOf(state), Value: state, HttpOnly: true, MaxAge: 15 * 60}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(at.nonce), oauth2.S256ChallengeOption(at.verifier)}
	if s.cfg.FormPost {
		opts = append(opts, oauth2.SetAuthURLParam("response_mode", "form_post"))
		c.SameSite = http.SameSiteNoneMode // the provider's page posts from another site
	}
	setCookie(w, c)
	cfg := s.oauth(p)
	http.Redirect(w, r, cfg.AuthCodeURL(state, opts...), http.StatusSeeOther)
	return nil
}

// idClaims are the claims that the application reads, from the ID token or from the userinfo endpoint.
type idClaims struct {
	Name   string          `json:"name"`
	Email  string          `json:"email"`
	SID    string          `json:"sid"`
	Groups json.RawMessage `json:"groups"` // a list, or a single string from some providers
}

// finish checks the provider's answer and returns who signed in and where they were going.
func (s *signin) finish(w http.ResponseWriter, r *http.Request) (*visitor, string, error) {
	const op = "filesapp.finish"
	q := r.URL.Query()
	if s.cfg.FormPost {
		if err := r.ParseForm(); err != nil {
			return nil, "", fault.As(err, fault.Invalid, op, "form")
		}
		q = r.PostForm
	}
	c, err := r.Cookie(stateCookieOf(q.Get("state")))
	if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(q.Get("state"))) != 1 {
		return nil, "", fault.New(fault.Denied, op, "this sign-in did not begin in this browser")
	}
	setCookie(w, &http.Cookie{Name: c.Name, MaxAge: -1})
	at, ok := s.started.Get(c.Value)
	s.started.Drop(c.Value) // once only
	if !ok {
		return nil, "", fault.New(fault.Denied, op, "this sign-in took too long")
	}
	if iss := q.Get("iss"); iss != "" && iss != s.cfg.Issuer { // RFC 9207
		return nil, "", fault.New(fault.Denied, op, "the answer comes from another provider")
	}
	if code := q.Get("error"); code != "" {
		return nil, "", fault.New(fault.Denied, op, "the provider refused: %s", printable(code+" "+q.Get("error_description")))
	}
	p, err := s.provider()
	if err != nil {
		return nil, "", err
	}
	ctx := oidc.ClientContext(r.Context(), s.cfg.HTTPClient)
	cfg := s.oauth(p)
	token, err := cfg.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(at.verifier))
	if err != nil {
		return nil, "", fault.As(err, fault.Denied, op, "code")
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := s.verifier(p).Verify(ctx, raw)
	if err != nil {
		return nil, "", fault.As(err, fault.Denied, op, "id token")
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(at.nonce)) != 1 {
		return nil, "", fault.New(fault.Denied, op, "the ID token belongs to another sign-in")
	}
	claims, err := s.claims(ctx, p, id, token)
	if err != nil {
		return nil, "", err
	}
	v := &visitor{sub: id.Subject, name: claims.Name, email: claims.Email, sid: claims.SID, idToken: raw, groups: s.groups(claims)}
	if v.name == "" {
		v.name = v.email
	}
	return v, at.returnTo, nil
}

// claims reads the ID token and completes it from the userinfo endpoint, where the provider keeps what its ID
// tokens don't carry.
func (s *signin) claims(ctx context.Context, p *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (idClaims, error) {
	const op = "filesapp.claims"
	var c idClaims
	if err := id.Claims(&c); err != nil {
		return c, fault.As(err, fault.Denied, op, "id token")
	}
	if c.Email != "" && c.Groups != nil || p.UserInfoEndpoint() == "" {
		return c, nil
	}
	// The token's type is set anew: a clock that was moved ahead must not make oauth2 throw it away.
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.AccessToken}))
	if err != nil {
		return c, fault.As(err, fault.Denied, op, "userinfo")
	}
	if info.Subject != id.Subject { // Core 1.0, section 5.3.2
		return c, fault.New(fault.Denied, op, "userinfo is about somebody else")
	}
	var more idClaims
	if err := info.Claims(&more); err != nil {
		return c, fault.As(err, fault.Denied, op, "userinfo")
	}
	if c.Name == "" {
		c.Name = more.Name
	}
	if c.Email == "" {
		c.Email = more.Email
	}
	if c.Groups == nil {
		c.Groups = more.Groups
	}
	return c, nil
}

// groups prefers the application's own list.
func (s *signin) groups(c idClaims) []string {
	for _, u := range s.cfg.Users {
		if c.Email != "" && strings.EqualFold(u.Email, c.Email) {
			return u.Groups
		}
	}
	var list []string
	if json.Unmarshal(c.Groups, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(c.Groups, &one) == nil && one != "" {
		return []string{one}
	}
	return nil // no groups known: the open folders only
}

// endURL returns where the provider ends its own session, "" if it has no such endpoint.
func (s *signin) endURL(v *visitor) string {
	p, err := s.provider()
	if err != nil {
		return "" // signed out here at least
	}
	var meta struct {
		End string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&meta); err != nil || meta.End == "" {
		return ""
	}
	q := url.Values{"id_token_hint": {v.idToken}, "client_id": {s.cfg.ClientID}, "post_logout_redirect_uri": {origin(s.cfg.Hosts.App) + "/signed-out"}}
	sep := "?"
	if strings.Contains(meta.End, "?") {
		sep = "&"
	}
	return meta.End + sep + q.Encode()
}

// stateCookieOf names the cookie that ties a sign-in to this browser.
func stateCookieOf(state string) string {
	if len(state) < 8 {
		return stateCookie
	}
	return stateCookie + state[:8]
}

// localPath keeps a return address inside this host: a path that starts with exactly one slash.
func localPath(raw string) string {
	if !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") || strings.ContainsAny(raw, "\\\r\n\t") {
		return "/"
	}
	return raw
}

// printable keeps a foreign text short and free of control characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if len(s) > 200 {
		s = s[:200]
	}
	return strings.ToValidUTF8(s, "")
}
