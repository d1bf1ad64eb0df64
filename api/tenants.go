package api

import (
	"context"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// InTenant is part of every input below a tenant.
type InTenant struct {
	Tenant string `path:"tenant" maxLength:"40" doc:"Id of the tenant."`
}

type (
	tenantAnswer struct{ Body tenant.Tenant }
	nothing      struct{}
)

func (a *API) registerTenants(r *registrar) {
	handle(r, "tenant-list", a.listTenants)
	handle(r, "tenant-get", a.getTenant)
	handle(r, "tenant-add", a.addTenant)
	handle(r, "tenant-put", a.putTenant)
	handle(r, "tenant-delete", a.deleteTenant)
}

func (a *API) listTenants(ctx context.Context, c *caller, in *struct{ Paging }) (*list[tenant.Tenant], error) {
	all, err := a.Tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	kept := all[:0:0]
	for _, t := range all {
		if c.Token.Reaches(t.ID) {
			kept = append(kept, t)
		}
	}
	return pageOf(kept, in.Paging, func(t tenant.Tenant) string { return string(t.ID) })
}

func (a *API) getTenant(ctx context.Context, c *caller, _ *struct{ InTenant }) (*tenantAnswer, error) {
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	return &tenantAnswer{t}, err
}

func (a *API) addTenant(ctx context.Context, c *caller, in *struct{ Body tenant.Tenant }) (*tenantAnswer, error) {
	t := in.Body
	t.Epoch = 0
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := a.inside(&t, nil); err != nil {
		return nil, err
	}
	return a.storeTenant(ctx, c, t, "tenant.add")
}

func (a *API) putTenant(ctx context.Context, c *caller, in *struct {
	InTenant
	Body tenant.Tenant
},
) (*tenantAnswer, error) {
	t := in.Body
	if t.ID != c.Tenant {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "api.putTenant", Key: string(t.ID), Msg: "the id in the body is not that of the path", Help: "a tenant's id can't be changed"}
	}
	have, err := a.Tenants.Tenant(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	if c.Token.Tenant != tenant.Everywhere {
		if path := ownersOnly(&have, &t); path != "" {
			return nil, &fault.Error{Kind: fault.Denied, Op: "api.putTenant", Key: path, Msg: "names a file of the host or opens its network, which takes a token of the installation", Help: "leave it as it is, or ask who runs Referee"}
		}
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := a.prepared(ctx, &have, &t); err != nil {
		return nil, err
	}
	return a.storeTenant(ctx, c, t, "tenant.change")
}

// ownersOnly returns the first setting in which a tenant's own administrator would make Referee read a file of its
// host that it did not read before: with it, one customer could have another's secret sent to a server of his own.
func ownersOnly(have, want *tenant.Tenant) string {
	if want.Brand.LogoFile != have.Brand.LogoFile && want.Brand.LogoFile != "" {
		return "brand.logoFile"
	}
	if want.Device.Certificate.Private && !have.Device.Certificate.Private {
		return "device.certificate.private" // or a customer could have Referee look around in its own network
	}
	if n, o := want.Device.Intune, have.Device.Intune; n != nil && (o == nil || n.SecretFile != o.SecretFile || n.Login != o.Login || n.Graph != o.Graph || n.Tenant != o.Tenant) {
		return "device.intune.secretFile"
	}
	was := map[model.ProviderID]tenant.Provider{}
	for _, p := range have.Providers {
		was[p.ID] = p
	}
	for _, p := range want.Providers {
		old := was[p.ID]
		if p.SecretFile != "" && (p.SecretFile != old.SecretFile || p.Issuer != old.Issuer) {
			return "providers." + string(p.ID) + ".secretFile"
		}
		if p.Signals != nil && p.Signals.TokenFile != "" && (old.Signals == nil || p.Signals.TokenFile != old.Signals.TokenFile) {
			return "providers." + string(p.ID) + ".signals.tokenFile"
		}
		if p.CAFile != "" && p.CAFile != old.CAFile {
			return "providers." + string(p.ID) + ".caFile"
		}
	}
	return ""
}

func (a *API) storeTenant(ctx context.Context, c *caller, t tenant.Tenant, action string) (*tenantAnswer, error) {
	out := &tenantAnswer{}
	err := a.change(ctx, c, entry{
		tenants: []model.TenantID{t.ID}, kind: model.ActivityAdmin, action: action,
		objects: []model.Object{{Type: "tenant", ID: string(t.ID), Name: t.Name}},
	}, func() (err error) {
		out.Body, err = a.Tenants.PutTenant(ctx, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, t.ID)
	return out, nil
}

func (a *API) deleteTenant(ctx context.Context, c *caller, _ *struct{ InTenant }) (*nothing, error) {
	if c.Token.Tenant != tenant.Everywhere {
		return nil, &fault.Error{Kind: fault.Denied, Op: "api.deleteTenant", Msg: "deleting a tenant takes a token of the installation", Help: "ask who runs Referee"}
	}
	err := a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "tenant.delete",
		objects: []model.Object{{Type: "tenant", ID: string(c.Tenant)}},
	}, func() error {
		tokens, err := a.Tokens.Tokens(ctx, string(c.Tenant))
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if err := a.Tokens.DeleteToken(ctx, t.Tenant, t.ID); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return a.Tenants.DeleteTenant(ctx, c.Tenant)
	})
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, c.Tenant)
	return &nothing{}, nil
}
