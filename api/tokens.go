package api

import (
	"context"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

type (
	tokenBody struct {
		Name string      `json:"name" minLength:"1" maxLength:"100" doc:"Who or what it is for; histories call its holder so."`
		Role tenant.Role `json:"role" enum:"reader,analyst,operator,admin,devices"`
		Ends time.Time   `json:"expires,omitzero" doc:"When it ends; never, when absent."`
	}
	tokenMade struct {
		Body struct {
			tenant.Token
			Secret string `json:"secret" doc:"Shown now and never again."`
		}
	}
	whoAnswer struct{ Body tenant.Token }
	InToken   struct {
		Token string `path:"token" maxLength:"64" doc:"Id of the token."`
	}
)

func (a *API) registerTokens(r *registrar) {
	handle(r, "whoami", func(_ context.Context, c *caller, _ *struct{}) (*whoAnswer, error) { return &whoAnswer{c.Token}, nil })
	handle(r, "token-list", func(ctx context.Context, c *caller, in *struct {
		InTenant
		Paging
	},
	) (*list[tenant.Token], error) {
		return a.listTokens(ctx, string(c.Tenant), in.Paging)
	})
	handle(r, "token-add", func(ctx context.Context, c *caller, in *struct {
		InTenant
		Body tokenBody
	},
	) (*tokenMade, error) {
		return a.addToken(ctx, c, string(c.Tenant), in.Body)
	})
	handle(r, "token-revoke", func(ctx context.Context, c *caller, in *struct {
		InTenant
		InToken
	},
	) (*nothing, error) {
		return a.revokeToken(ctx, c, string(c.Tenant), in.Token)
	})
	handle(r, "installation-token-list", func(ctx context.Context, _ *caller, in *struct{ Paging }) (*list[tenant.Token], error) {
		return a.listTokens(ctx, tenant.Everywhere, in.Paging)
	})
	handle(r, "installation-token-add", func(ctx context.Context, c *caller, in *struct{ Body tokenBody }) (*tokenMade, error) {
		return a.addToken(ctx, c, tenant.Everywhere, in.Body)
	})
	handle(r, "installation-token-revoke", func(ctx context.Context, c *caller, in *InToken) (*nothing, error) {
		return a.revokeToken(ctx, c, tenant.Everywhere, in.Token)
	})
}

func (a *API) listTokens(ctx context.Context, owner string, p Paging) (*list[tenant.Token], error) {
	all, err := a.Tokens.Tokens(ctx, owner)
	if err != nil {
		return nil, err
	}
	return pageOf(all, p, func(t tenant.Token) string { return t.ID })
}

// concerned returns the tenants in whose logs a change of a token belongs: a token of the installation reaches all.
func (a *API) concerned(ctx context.Context, owner string) ([]model.TenantID, error) {
	if owner != tenant.Everywhere {
		return []model.TenantID{model.TenantID(owner)}, nil
	}
	all, err := a.Tenants.Tenants(ctx)
	out := make([]model.TenantID, len(all))
	for i, t := range all {
		out[i] = t.ID
	}
	return out, err
}

func (a *API) addToken(ctx context.Context, c *caller, owner string, b tokenBody) (*tokenMade, error) {
	const op = "api.addToken"
	now := a.Now()
	if strings.TrimSpace(b.Name) != b.Name || strings.ContainsAny(b.Name, "\r\n\t") {
		return nil, fault.New(fault.Invalid, op, "the name has blanks where nobody sees them")
	}
	if strings.Contains(b.Name, "/") {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: b.Name, Msg: "the name has a /, which tells the installation's tokens from a tenant's", Help: "use a hyphen"}
	}
	if !b.Ends.IsZero() && !b.Ends.After(now) {
		return nil, fault.New(fault.Invalid, op, "it would have expired already")
	}
	secret := newSecret()
	t := tenant.Token{ID: newTokenID(), Name: b.Name, Tenant: owner, Role: b.Role, Hash: tenant.HashToken(secret), CreatedBy: c.name(), Created: now, Expires: b.Ends}
	logs, err := a.concerned(ctx, owner)
	if err != nil {
		return nil, err
	}
	put := func() error { return a.Tokens.PutToken(ctx, t) }
	a.Log.InfoContext(ctx, "token made", "token", t, "by", c.name())
	e := entry{
		tenants: logs, kind: model.ActivityAdmin, action: "token.add", objects: []model.Object{{Type: "token", ID: t.ID, Name: t.Name}},
		detail: map[string]any{"role": string(t.Role), "tenant": t.Tenant},
	}
	if len(logs) == 0 { // an installation without tenants has no activity log yet; Referee's own log has the line above
		err = put()
	} else {
		err = a.change(ctx, c, e, put)
	}
	if err != nil {
		return nil, err
	}
	out := &tokenMade{}
	out.Body.Token, out.Body.Secret = t, secret
	return out, nil
}

func (a *API) revokeToken(ctx context.Context, c *caller, owner, id string) (*nothing, error) {
	all, err := a.Tokens.Tokens(ctx, owner)
	if err != nil {
		return nil, err
	}
	var t *tenant.Token
	admins := 0
	for i := range all {
		if all[i].ID == id {
			t = &all[i]
		}
		if all[i].Role == tenant.RoleAdmin && all[i].Live(a.Now()) {
			admins++
		}
	}
	switch {
	case t == nil:
		return nil, &fault.Error{Kind: fault.NotFound, Op: "api.revokeToken", Key: id, Msg: "there is no such token"}
	case owner == tenant.Everywhere && t.Role == tenant.RoleAdmin && admins == 1:
		return nil, &fault.Error{Kind: fault.Conflict, Op: "api.revokeToken", Key: id, Msg: "it is the last administrator of the installation", Help: "make another one first"}
	}
	logs, err := a.concerned(ctx, owner)
	if err != nil {
		return nil, err
	}
	a.Log.InfoContext(ctx, "token revoked", "token", *t, "by", c.name())
	remove := func() error { return a.Tokens.DeleteToken(ctx, owner, id) }
	if len(logs) == 0 {
		err = remove()
	} else {
		err = a.change(ctx, c, entry{tenants: logs, kind: model.ActivityAdmin, action: "token.revoke", objects: []model.Object{{Type: "token", ID: t.ID, Name: t.Name}}}, remove)
	}
	return &nothing{}, err
}
