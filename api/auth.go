package api

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// caller is who asks, and from where.
type caller struct {
	Token   tenant.Token
	Tenant  model.TenantID // of the path; "" on routes of the installation
	Address netip.Addr
	Agent   string
}

// name is how histories and activities call the caller.
func (c *caller) name() string { return c.Token.Name }

type callerKey struct{}

func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// guard lets callers in. All rules about tokens, tenants and roles are here.
type guard struct {
	tokens  tenant.TokenStore
	tenants tenant.Store
	now     func() time.Time
	log     *slog.Logger
}

const touchEvery = time.Minute

// authenticate finds the token of an Authorization header.
func (g *guard) authenticate(ctx context.Context, header string) (tenant.Token, error) {
	const op = "api.authenticate"
	unknown := &fault.Error{Kind: fault.Unauthenticated, Op: op, Msg: "no valid token was given", Help: `send "Authorization: Bearer <token>"; an administrator makes tokens with "referee token add"`}
	secret, ok := bearer(header)
	if !ok {
		return tenant.Token{}, unknown
	}
	t, err := g.tokens.TokenByHash(ctx, tenant.HashToken(secret))
	if fault.Is(err, fault.NotFound) {
		return tenant.Token{}, unknown
	}
	if err != nil {
		// fail closed: a store that does not answer has not said who asks.
		return tenant.Token{}, fault.As(err, fault.Unavailable, op, "")
	}
	now := g.now()
	if !t.Live(now) {
		return tenant.Token{}, &fault.Error{Kind: fault.Unauthenticated, Op: op, Msg: "the token has expired", Help: "ask an administrator for a new one"}
	}
	if now.Sub(t.LastUsed) >= touchEvery {
		if err := g.tokens.TouchToken(ctx, t.ID, now); err != nil {
			// fail open: when a token was last used is for housekeeping, nothing is decided by it.
			g.log.WarnContext(ctx, "token not touched", "token", t.ID, "err", err)
		}
	}
	return t, nil
}

// admit checks token, tenant and role, in this order. scope is a tenant, [tenant.Everywhere] for what concerns the whole
// installation, or "" for what any token may ask. Other tenants' paths look like those of tenants that don't exist.
func (g *guard) admit(ctx context.Context, header string, need tenant.Role, scope string) (tenant.Token, error) {
	const op = "api.admit"
	t, err := g.authenticate(ctx, header)
	if err != nil {
		return t, err
	}
	switch scope {
	case "":
	case tenant.Everywhere:
		if t.Tenant != tenant.Everywhere {
			return t, &fault.Error{Kind: fault.Denied, Op: op, Msg: "this concerns the whole installation, and the token is for one tenant", Help: "use a token that was made without a tenant"}
		}
	default:
		absent := &fault.Error{Kind: fault.NotFound, Op: op, Key: scope, Msg: "there is no such tenant"}
		if !t.Reaches(model.TenantID(scope)) {
			return t, absent
		}
		if _, err := g.tenants.Tenant(ctx, model.TenantID(scope)); fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
			return t, absent
		} else if err != nil {
			return t, fault.As(err, fault.Unavailable, op, scope) // fail closed: whether the tenant exists is not known
		}
	}
	if !t.Role.Allows(need) {
		return t, &fault.Error{Kind: fault.Denied, Op: op, Msg: "this takes the role " + string(need) + "; the token's is " + string(t.Role), Help: "ask an administrator"}
	}
	return t, nil
}

// middleware guards one route.
func (a *API) middleware(rt Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		scope := rt.scope()
		if rt.Scope == ScopeTenant {
			scope = ctx.Param("tenant")
		}
		t, err := a.guard.admit(ctx.Context(), ctx.Header("Authorization"), rt.Role, scope)
		if err != nil {
			a.refuse(ctx, t, err)
			return
		}
		c := &caller{Token: t, Agent: ctx.Header("User-Agent")}
		if rt.Scope == ScopeTenant {
			c.Tenant = model.TenantID(scope)
		}
		c.Address = addressOf(ctx.RemoteAddr())
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// addressOf is the address of a peer, none where it can't be read.
func addressOf(remote string) netip.Addr {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// refuse sends a problem from a middleware.
func (a *API) refuse(ctx huma.Context, t tenant.Token, err error) {
	p := problem(err)
	_, _ = a.finish(ctx, "", p) // returns what it was given
	a.Log.InfoContext(ctx.Context(), "refused", "request", p.Request, "path", ctx.URL().Path, "address", ctx.RemoteAddr(), "status", p.Status, "token", t.ID)
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	_ = a.huma.Marshal(ctx.BodyWriter(), "application/json", p) // the client has gone if this fails
}
