package signin

import (
	"context"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/session"
)

// Refresh tokens are good once: each use gives a new one (RFC 9700 section 4.14.2). All tokens that come from one
// sign-in are a family. When a token comes a second time, either the app or a thief has used it before, and nobody
// can tell which: the family ends. A family ends with its session too, whatever its tokens say, and each use asks
// Conditional Access again.
const (
	FlowRefresh FlowKind = "refresh"      // a refresh token
	FlowSpent   FlowKind = "refresh-used" // the same, once it was used: inserted, so that one use wins
	FlowDead    FlowKind = "refresh-dead" // a family that has ended
)

// refreshLife bounds a family where the session is longer: it is renewed by each use.
const refreshLife = 30 * 24 * time.Hour

// refreshToken is what a refresh token stands for.
type refreshToken struct {
	Family  string               `json:"family"`
	Client  string               `json:"client"`
	Session model.SessionID      `json:"session"`
	Subject string               `json:"subject"`
	Scopes  []string             `json:"scopes"`
	Auth    model.Authentication `json:"auth"`

	current []string // scopes of this use
	life    time.Duration
}

var _ op.RefreshTokenRequest = (*refreshToken)(nil)

func (t *refreshToken) GetAMR() []string                 { return t.Auth.AMR }
func (t *refreshToken) GetAudience() []string            { return []string{t.Client} }
func (t *refreshToken) GetAuthTime() time.Time           { return saidTime(&t.Auth) }
func (t *refreshToken) GetClientID() string              { return t.Client }
func (t *refreshToken) GetSubject() string               { return t.Subject }
func (t *refreshToken) SetCurrentScopes(scopes []string) { t.current = scopes }

func (t *refreshToken) GetScopes() []string {
	if t.current != nil {
		return t.current
	}
	return t.Scopes
}

// TokenRequestByRefreshToken finds what a refresh token stands for. It is not used up yet: the client has still to
// prove that the token is its own.
func (s *storage) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	var t refreshToken
	if err := s.broker.flows.get(ctx, s.tenant, FlowRefresh, hashOf(token), &t); err != nil {
		s.broker.parts.Log.Info("refresh token refused", "tenant", s.tenant, "err", err)
		return nil, op.ErrInvalidRefreshToken
	}
	return &t, nil
}

// spend uses a refresh token up. A second use ends the family and is recorded.
func (s *storage) spend(ctx context.Context, token string, t *refreshToken) error {
	b := s.broker
	refused := oidc.ErrInvalidGrant().WithDescription("the refresh token is unknown, was used before, or its session has ended")
	err := b.flows.put(ctx, s.tenant, FlowSpent, hashOf(token), t.Family, refreshLife)
	if fault.Is(err, fault.Conflict) {
		// fail closed: a thief or the app, nobody can tell
		if err := b.flows.put(ctx, s.tenant, FlowDead, t.Family, "", refreshLife); err != nil && !fault.Is(err, fault.Conflict) {
			return s.failed("refresh family", err)
		}
		b.recordRefusal(ctx, s.tenant, t.Client, t.Session, "RefreshTokenReused", "a refresh token came a second time: all tokens of this sign-in have ended")
		return refused
	}
	if err != nil {
		return s.failed("refresh token", err)
	}
	dead, err := s.dead(ctx, t.Family)
	if err != nil {
		return s.failed("refresh family", err)
	}
	if dead {
		return refused
	}
	kept, err := s.live(ctx, t.Session)
	if err != nil {
		b.parts.Log.Info("refresh token refused", "tenant", s.tenant, "err", err)
		return refused
	}
	t.life = min(refreshLife, kept.Expires.Sub(b.parts.Now()))
	return s.stillGranted(ctx, kept, t.Client)
}

// stillGranted asks Conditional Access whether the session may reach the app now. Nobody is at a browser who could
// prove a device or step up: what is not allowed as things stand is refused, and the app sends the person to sign in.
func (s *storage) stillGranted(ctx context.Context, kept session.Session, client string) error {
	b := s.broker
	refused := oidc.ErrInvalidGrant().WithDescription("sign in again")
	inst, ok := b.parts.Catalog.ByClient(s.tenant, client)
	if !ok {
		return refused
	}
	var d decision
	rested, err := b.parts.Gate.Evaluate(ctx, kept, inst, model.ClientBrowser, &d.Verdict)
	if err != nil {
		return s.failed("refresh", err) // fail closed: without a decision nobody goes on
	}
	if d.rested = rested; d.Gate == policy.GateAllow {
		return nil
	}
	a := &model.Activity{
		Tenant: s.tenant, Time: b.parts.Now(), Source: model.SourceAccess, Type: model.ActivityAccess, User: kept.User, Session: kept.ID, Network: kept.Network, Agent: kept.Agent,
		Reason: "a refresh token was refused: the app is no longer granted to this session",
	}
	fillAccess(a, inst, &d, false)
	if err := b.parts.Recorder.Event(ctx, a); err != nil {
		b.parts.Log.Error("refused refresh not recorded", "tenant", s.tenant, "err", err)
	}
	return refused
}

func (s *storage) dead(ctx context.Context, family string) (bool, error) {
	var mark string
	err := s.broker.flows.get(ctx, s.tenant, FlowDead, family, &mark)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// CreateAccessAndRefreshTokens makes both tokens, for a code or for the refresh token in use.
func (s *storage) CreateAccessAndRefreshTokens(ctx context.Context, req op.TokenRequest, used string) (string, string, time.Time, error) {
	var t refreshToken
	switch req := req.(type) {
	case *authRequest:
		kept, err := s.live(ctx, req.Session)
		if err != nil {
			return "", "", time.Time{}, oidc.ErrInvalidGrant()
		}
		t = refreshToken{Family: newSecret(), Client: req.Client, Session: req.Session, Subject: req.Subject, Scopes: req.Scopes, Auth: req.Auth, life: min(refreshLife, kept.Expires.Sub(s.broker.parts.Now()))}
	case *refreshToken:
		if err := s.spend(ctx, used, req); err != nil {
			return "", "", time.Time{}, err
		}
		t = *req
	default:
		return "", "", time.Time{}, oidc.ErrUnsupportedGrantType()
	}
	id, ends, err := s.newAccessToken(ctx, accessToken{Session: t.Session, Subject: t.Subject, Client: t.Client, Scopes: t.GetScopes(), Family: t.Family})
	if err != nil {
		return "", "", time.Time{}, err
	}
	next := newSecret()
	if err := s.broker.flows.put(ctx, s.tenant, FlowRefresh, hashOf(next), t, t.life); err != nil {
		return "", "", time.Time{}, s.failed("refresh token", err)
	}
	return id, next, ends, nil
}

// GetRefreshTokenInfo tells the library whether a token that is to be revoked is a refresh token.
func (s *storage) GetRefreshTokenInfo(ctx context.Context, _, token string) (subject, id string, err error) {
	var t refreshToken
	if err := s.broker.flows.get(ctx, s.tenant, FlowRefresh, hashOf(token), &t); err != nil {
		return "", "", op.ErrInvalidRefreshToken
	}
	return t.Subject, token, nil
}

// revokeRefresh ends the family of a refresh token that an app gives back (RFC 7009 section 2.1); ok is false when it
// is none.
func (s *storage) revokeRefresh(ctx context.Context, token, client string) (ok bool, err *oidc.Error) {
	var t refreshToken
	switch err := s.broker.flows.get(ctx, s.tenant, FlowRefresh, hashOf(token), &t); {
	case fault.Is(err, fault.NotFound):
		return false, nil
	case err != nil:
		return true, s.failed("revocation", err)
	case t.Client != client:
		return true, oidc.ErrInvalidClient().WithDescription("the token was issued to another client")
	}
	if err := s.broker.flows.put(ctx, s.tenant, FlowDead, t.Family, "", refreshLife); err != nil && !fault.Is(err, fault.Conflict) {
		return true, s.failed("revocation", err)
	}
	return true, nil
}

// recordRefusal writes down what an app or a provider tried without a person's browser.
func (b *Broker) recordRefusal(ctx context.Context, id model.TenantID, client string, sid model.SessionID, what, why string) {
	a := &model.Activity{
		Tenant: id, Time: b.parts.Now(), Source: model.SourceAccess, Type: model.ActivityFailedLogin, ActionType: what, Outcome: model.OutcomeFailed, Session: sid, Reason: why,
	}
	if s, err := b.parts.Sessions.Session(ctx, id, sid); sid != "" && err == nil {
		a.User, a.Network, a.Agent = s.User, s.Network, s.Agent
	}
	if inst, ok := b.parts.Catalog.ByClient(id, client); ok {
		a.App = inst.Ref()
	}
	if err := b.parts.Recorder.Event(ctx, a); err != nil {
		b.parts.Log.Error("refusal not recorded", "tenant", id, "what", what, "err", err)
	}
}
