package signin

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// requestLife is how long an app's authorization request waits for the person; codeLife how long the app has
// to redeem a code (RFC 6749 section 4.1.2 allows ten minutes at most).
const (
	requestLife = 30 * time.Minute
	codeLife    = time.Minute
)

// storage is what the OpenID library needs of one tenant.
type storage struct {
	broker *Broker
	tenant model.TenantID

	crypto op.Crypto // of access tokens
}

var (
	_ op.Storage                        = (*storage)(nil)
	_ op.CanSetUserinfoFromRequest      = (*storage)(nil)
	_ op.CanTerminateSessionFromRequest = (*storage)(nil)
)

// authRequest is an app's authorization request, and after sign-in who it is for.
type authRequest struct {
	ID         string              `json:"id"`
	Client     string              `json:"client"`
	Redirect   string              `json:"redirect"` // the app's own, at its real host
	State      string              `json:"state,omitempty"`
	Nonce      string              `json:"nonce,omitempty"`
	Scopes     []string            `json:"scopes"`
	Mode       oidc.ResponseMode   `json:"mode,omitempty"`
	Challenge  *oidc.CodeChallenge `json:"challenge,omitempty"`
	Prompt     []string            `json:"prompt,omitempty"`
	MaxAge     *uint               `json:"maxAge,omitempty"`
	Target     string              `json:"target,omitempty"`    // target_link_uri, where the app was asked to go
	Hint       string              `json:"hint,omitempty"`      // subject of the id_token_hint: the app wants this person
	LoginHint  string              `json:"loginHint,omitempty"` // handed on to the provider
	DomainHint string              `json:"domainHint,omitempty"`
	Via        via                 `json:"via"`
	Created    time.Time           `json:"created"`

	Session model.SessionID      `json:"session,omitempty"`
	Subject string               `json:"subject,omitempty"`
	Auth    model.Authentication `json:"auth,omitzero"`
}

var _ op.AuthRequest = (*authRequest)(nil)

// saidTime is the auth_time that apps are told: none where the provider told us none.
func saidTime(a *model.Authentication) time.Time {
	if a.Undated {
		return time.Time{}
	}
	return a.Time
}

func (a *authRequest) GetID() string                         { return a.ID }
func (a *authRequest) GetACR() string                        { return a.Auth.ACR }
func (a *authRequest) GetAMR() []string                      { return a.Auth.AMR }
func (a *authRequest) GetAudience() []string                 { return []string{a.Client} }
func (a *authRequest) GetAuthTime() time.Time                { return saidTime(&a.Auth) }
func (a *authRequest) GetClientID() string                   { return a.Client }
func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge { return a.Challenge }
func (a *authRequest) GetNonce() string                      { return a.Nonce }
func (a *authRequest) GetRedirectURI() string                { return a.Redirect }
func (a *authRequest) GetResponseType() oidc.ResponseType    { return oidc.ResponseTypeCode }
func (a *authRequest) GetResponseMode() oidc.ResponseMode    { return a.Mode }
func (a *authRequest) GetScopes() []string                   { return a.Scopes }
func (a *authRequest) GetState() string                      { return a.State }
func (a *authRequest) GetSubject() string                    { return a.Subject }
func (a *authRequest) Done() bool                            { return a.Subject != "" }

// CreateAuthRequest keeps a validated authorization request until the person has signed in. hint is the subject
// of a verified id_token_hint.
func (s *storage) CreateAuthRequest(ctx context.Context, in *oidc.AuthRequest, hint string) (op.AuthRequest, error) {
	a := &authRequest{
		ID: uuid.NewString(), Client: in.ClientID, Redirect: in.RedirectURI, State: in.State, Nonce: in.Nonce, Scopes: in.Scopes,
		Mode: in.ResponseMode, Prompt: in.Prompt, MaxAge: in.MaxAge, Hint: hint, Via: s.broker.viaOf(ctx, s.tenant), Created: s.broker.parts.Now(),
	}
	if len(in.LoginHint) <= maxHint {
		a.LoginHint = in.LoginHint
	}
	inst, ok := s.broker.parts.Catalog.ByClient(s.tenant, in.ClientID)
	switch {
	case !ok:
		return nil, oidc.ErrUnauthorizedClient()
	case !slices.Contains(in.Scopes, oidc.ScopeOpenID):
		return nil, oidc.ErrInvalidScope().WithDescription("the scope openid is missing")
	case in.ResponseMode != "" && !slices.Contains(responseModes, string(in.ResponseMode)):
		return nil, oidc.ErrInvalidRequest().WithDescription("this response_mode is not offered")
	case in.CodeChallenge == "" && inst.Federation.SecretHash == "":
		return nil, oidc.ErrInvalidRequest().WithDescription("a public client needs PKCE (code_challenge)") // RFC 9700 section 2.1.1
	case in.CodeChallenge != "" && in.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return nil, oidc.ErrInvalidRequest().WithDescription("code_challenge_method must be S256")
	case in.CodeChallenge != "":
		a.Challenge = &oidc.CodeChallenge{Challenge: in.CodeChallenge, Method: in.CodeChallengeMethod}
	}
	if c, ok := ctx.Value(requestKey{}).(came); ok {
		a.Target = c.r.FormValue("target_link_uri")
		if domain := strings.ToLower(c.r.FormValue("domain_hint")); len(domain) <= maxHint {
			a.DomainHint = domain
		}
	}
	if err := s.broker.flows.put(ctx, s.tenant, FlowRequest, a.ID, a, requestLife); err != nil {
		return nil, s.failed("authorization request", err)
	}
	return a, nil
}

// maxHint is the longest login_hint that is handed on: an address, not a document.
const maxHint = 320

// failed logs a failure of ours and returns what an app may know of it: that there was one.
func (s *storage) failed(what string, err error) *oidc.Error {
	s.broker.parts.Log.Error(what, "tenant", s.tenant, "err", err)
	return oidc.ErrServerError()
}

// AuthRequestByID returns a request that waits for sign-in.
func (s *storage) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	a := &authRequest{}
	if err := s.broker.flows.get(ctx, s.tenant, FlowRequest, id, a); err != nil {
		return nil, err
	}
	return a, nil
}

// issueCode makes the code of a finished request. The code is a random secret of which only the hash is kept.
func (s *storage) issueCode(ctx context.Context, a *authRequest) (string, error) {
	code := newSecret()
	return code, s.broker.flows.put(ctx, s.tenant, FlowCode, hashOf(code), a, codeLife)
}

// AuthRequestByCode takes the request behind a code: a code is good once (RFC 6749 section 10.5).
func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	a := &authRequest{}
	err := s.broker.flows.take(ctx, s.tenant, FlowCode, hashOf(code), a)
	if err == nil {
		_, err = s.live(ctx, a.Session)
	}
	if err != nil {
		s.broker.parts.Log.Info("authorization code refused", "tenant", s.tenant, "err", err)
		return nil, oidc.ErrInvalidGrant().WithDescription("the code is unknown, was used before, or its session has ended")
	}
	return a, nil
}

// SaveAuthCode is never reached: codes are made by issueCode.
func (s *storage) SaveAuthCode(context.Context, string, string) error {
	return fault.New(fault.Internal, "signin.SaveAuthCode", "the library's own callback is not mounted")
}

// DeleteAuthRequest forgets a request whose code was redeemed.
func (s *storage) DeleteAuthRequest(ctx context.Context, id string) error {
	err := s.broker.flows.take(ctx, s.tenant, FlowRequest, id, &authRequest{})
	if err == nil || fault.Is(err, fault.NotFound) {
		return nil
	}
	return s.failed("authorization request not deleted", err)
}

// accessToken is what an access token stands for.
type accessToken struct {
	Session model.SessionID `json:"session"`
	Subject string          `json:"subject"`
	Client  string          `json:"client"`
	Scopes  []string        `json:"scopes"`
	Family  string          `json:"family,omitempty"` // of the refresh tokens it came with
}

// CreateAccessToken makes an access token for the userinfo endpoint.
func (s *storage) CreateAccessToken(ctx context.Context, req op.TokenRequest) (string, time.Time, error) {
	a, ok := req.(*authRequest)
	if !ok {
		return "", time.Time{}, oidc.ErrUnsupportedGrantType()
	}
	return s.newAccessToken(ctx, accessToken{Session: a.Session, Subject: a.Subject, Client: a.Client, Scopes: a.Scopes})
}

func (s *storage) newAccessToken(ctx context.Context, token accessToken) (string, time.Time, error) {
	id := newSecret()
	if err := s.broker.flows.put(ctx, s.tenant, FlowToken, hashOf(id), token, tokenLife); err != nil {
		return "", time.Time{}, s.failed("access token", err)
	}
	// The library subtracts the machine's clock to say how long it holds; the row ends by the broker's.
	return id, time.Now().Add(tokenLife), nil
}

// RevokeToken ends an access token (RFC 7009). Unknown tokens are no error, as the RFC asks.
func (s *storage) RevokeToken(ctx context.Context, tokenID, _, clientID string) *oidc.Error {
	if ok, err := s.revokeRefresh(ctx, tokenID, clientID); ok {
		return err
	}
	// The library takes access tokens apart at a colon, which subjects may hold too; then it hands on the whole token.
	if plain, err := s.crypto.Decrypt(tokenID); err == nil {
		if id, _, ok := strings.Cut(plain, ":"); ok {
			tokenID = id
		}
	}
	var token accessToken
	err := s.broker.flows.get(ctx, s.tenant, FlowToken, hashOf(tokenID), &token)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return s.failed("revocation", err)
	}
	if token.Client != clientID {
		return oidc.ErrInvalidClient().WithDescription("the token was issued to another client")
	}
	if err := s.broker.flows.take(ctx, s.tenant, FlowToken, hashOf(tokenID), &token); err != nil && !fault.Is(err, fault.NotFound) {
		return s.failed("revocation", err)
	}
	return nil
}

// GetClientByClientID finds the instance that is registered with a client id.
func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	inst, ok := s.broker.parts.Catalog.ByClient(s.tenant, id)
	if !ok || id == "" {
		return nil, fault.New(fault.NotFound, "signin.client", "no app is registered as %q", id)
	}
	return client{inst: inst, login: func(request string) string {
		return s.broker.url(s.tenant, "/login?id="+url.QueryEscape(request))
	}}, nil
}

// AuthorizeClientIDSecret checks a client's secret against its hash.
func (s *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	inst, ok := s.broker.parts.Catalog.ByClient(s.tenant, id)
	if !ok || inst.Federation.SecretHash == "" || !sameSecret(inst.Federation.SecretHash, hashOf(secret)) {
		return fault.New(fault.Denied, "signin.client", "wrong client id or secret")
	}
	return nil
}

// SetUserinfoFromScopes is the library's deprecated form of SetUserinfoFromRequest.
func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest puts the person's claims into an ID token.
func (s *storage) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, req op.IDTokenRequest, scopes []string) error {
	var sid model.SessionID
	switch req := req.(type) {
	case *authRequest:
		sid = req.Session
	case *refreshToken:
		sid = req.Session
	default:
		return oidc.ErrServerError()
	}
	kept, err := s.live(ctx, sid)
	if err != nil {
		s.broker.parts.Log.Info("ID token refused", "tenant", s.tenant, "err", err)
		return oidc.ErrInvalidGrant().WithDescription("the session has ended")
	}
	info.AppendClaims("sid", string(sid))
	fill(info, kept.Claimed(), scopes)
	return nil
}

// SetUserinfoFromToken answers the userinfo endpoint; a token ends with its session.
func (s *storage) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, _, _ string) error {
	var token accessToken
	if err := s.broker.flows.get(ctx, s.tenant, FlowToken, hashOf(tokenID), &token); err != nil {
		return err
	}
	if dead, err := s.dead(ctx, token.Family); err != nil || dead {
		return cmp.Or(err, error(fault.New(fault.Denied, "signin.token", "the sign-in that it came from has ended")))
	}
	kept, err := s.live(ctx, token.Session)
	if err != nil {
		return err
	}
	info.Subject = token.Subject
	fill(info, kept.Claimed(), token.Scopes)
	return nil
}

// SetIntrospectionFromToken is refused: the endpoint is not mounted.
func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return oidc.ErrServerError()
}

// GetPrivateClaimsFromScopes adds nothing: access tokens are opaque.
func (s *storage) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, nil
}

// GetKeyByIDAndClientID is refused: private_key_jwt is not offered.
func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, fault.New(fault.NotFound, "signin.client", "clients have no keys")
}

// ValidateJWTProfileScopes is refused: the JWT profile grant is not offered.
func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, oidc.ErrUnsupportedGrantType()
}

// TerminateSession is the library's older form of TerminateSessionFromRequest.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

// TerminateSessionFromRequest signs the person out everywhere: the session that the app's ID token names. An
// app that shows no token gets no one signed out by a link: the person is asked first (OpenID Connect RP-Initiated
// Logout section 2). The app's own address is reached through the signed-out page, since going there at once would
// sign the person in again at a provider that still knows them.
func (s *storage) TerminateSessionFromRequest(ctx context.Context, req *op.EndSessionRequest) (string, error) {
	b := s.broker
	back := url.Values{}
	if _, ok := b.parts.Catalog.ByClient(s.tenant, req.ClientID); ok {
		back.Set("client", req.ClientID)
	}
	if c, ok := ctx.Value(requestKey{}).(came); ok && c.r.FormValue("post_logout_redirect_uri") != "" {
		back.Set("to", c.r.FormValue("post_logout_redirect_uri")) // checked by the library, and again by the page
		if state := c.r.FormValue("state"); state != "" {
			back.Set("state", state)
		}
	}
	var id model.SessionID
	if c := req.IDTokenHintClaims; c != nil {
		if sid, ok := c.Claims["sid"].(string); ok {
			id = model.SessionID(sid)
		} else {
			id = model.SessionID(c.SessionID)
		}
	}
	if id == "" {
		return b.url(s.tenant, "/signout?"+back.Encode()), nil
	}
	if err := b.end(ctx, s.tenant, id, "signed out in the app"); err != nil {
		return "", s.failed("sign-out", err) // fail closed: nobody is told "signed out" while the session lives
	}
	back.Set("done", "")
	return b.url(s.tenant, "/signout?"+back.Encode()), nil
}

// Health reports whether the store answers.
func (s *storage) Health(ctx context.Context) error {
	_, err := s.secret(ctx)
	return err
}

// live returns a session that an app may still rely on.
func (s *storage) live(ctx context.Context, id model.SessionID) (session.Session, error) {
	kept, err := s.broker.parts.Sessions.Session(ctx, s.tenant, id)
	if err != nil {
		return kept, err
	}
	if !kept.Live(s.broker.parts.Now()) {
		return kept, fault.New(fault.Denied, "signin.session", "the session has ended")
	}
	return kept, nil
}

// fill sets the claims that scopes ask for (OpenID Connect Core section 5.4).
func fill(info *oidc.UserInfo, u model.User, scopes []string) {
	if info.Subject == "" {
		info.Subject = string(u.ID)
	}
	for _, scope := range scopes {
		switch scope {
		case oidc.ScopeProfile:
			info.Name, info.PreferredUsername = u.Name, u.Username
		case oidc.ScopeEmail:
			info.Email = u.Email
		case "groups":
			groups := make([]string, len(u.Groups))
			for i, g := range u.Groups {
				groups[i] = string(g)
			}
			slices.Sort(groups)
			info.AppendClaims("groups", groups)
		}
	}
}
