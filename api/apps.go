package api

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// appBody is an instance of an app on the wire: the path says whose it is and what it is called.
type appBody struct {
	ID         model.InstanceID    `json:"id,omitempty" doc:"As in the path."`
	App        string              `json:"app" doc:"Key of the app in the catalogue."`
	Name       string              `json:"name"`
	Route      model.Route         `json:"route" enum:"sso,federated,native,browser"`
	Evidence   model.Evidence      `json:"evidence,omitempty" enum:"demo,documentation,recorded,live" doc:"What stands behind the claim that the app works; documentation when absent."`
	Hosts      []catalog.Host      `json:"hosts,omitempty"`
	Federation *catalog.Federation `json:"federation,omitempty" doc:"How the app trusts Referee's sign-in."`
	Profile    *catalog.Profile    `json:"profile,omitempty" doc:"What is known about its requests."`
	Origins    map[string]string   `json:"origins,omitempty" doc:"Addresses of hosts that DNS does not resolve: real host to ip:port."`
	CAFile     string              `json:"caFile,omitempty" doc:"Further roots for its certificates, on Referee's disk."`
}

func (b appBody) instance(tenant model.TenantID, id model.InstanceID) catalog.Instance {
	in := catalog.Instance{ID: id, Tenant: tenant, App: b.App, Name: b.Name, Route: b.Route, Evidence: b.Evidence, Hosts: b.Hosts, Origins: b.Origins, CAFile: b.CAFile}
	if in.Evidence == "" {
		in.Evidence = model.EvidenceDocumentation
	}
	if b.Federation != nil {
		in.Federation = *b.Federation
	}
	if b.Profile != nil {
		in.Profile = *b.Profile
	}
	return in
}

// toAppBody leaves the hash of the client secret out for those who may not change it: a weak secret could be guessed
// from it.
func toAppBody(in catalog.Instance, c *caller) appBody {
	if !c.Token.Role.Allows(tenant.RoleOperator) {
		in.Federation.SecretHash = ""
	}
	return appBody{
		ID: in.ID, App: in.App, Name: in.Name, Route: in.Route, Evidence: in.Evidence, Hosts: in.Hosts,
		Federation: &in.Federation, Profile: &in.Profile, Origins: in.Origins, CAFile: in.CAFile,
	}
}

type (
	InApp struct {
		InTenant
		App string `path:"app" maxLength:"64" doc:"Id of the instance."`
	}
	appAnswer struct{ Body appBody }
)

func (a *API) registerApps(r *registrar) {
	handle(r, "app-list", a.listApps)
	handle(r, "app-get", a.getApp)
	handle(r, "app-put", a.putApp)
	handle(r, "app-delete", a.deleteApp)
	handle(r, "app-discovered", a.discovered)
	handle(r, "app-host-add", a.addHost)
	handle(r, "app-check", a.checkApp)
	handle(r, "app-profile-list", a.listAppProfiles)
}

func (a *API) listApps(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[appBody], error) {
	all, err := a.Catalog.Instances(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]appBody, len(all))
	for i := range all {
		out[i] = toAppBody(all[i], c)
	}
	return pageOf(out, in.Paging, func(b appBody) string { return string(b.ID) })
}

func (a *API) instance(ctx context.Context, tenant model.TenantID, id string) (catalog.Instance, error) {
	all, err := a.Catalog.Instances(ctx, tenant)
	if err != nil {
		return catalog.Instance{}, err
	}
	i := slices.IndexFunc(all, func(in catalog.Instance) bool { return string(in.ID) == id })
	if i < 0 {
		return catalog.Instance{}, &fault.Error{Kind: fault.NotFound, Op: "api.instance", Key: id, Msg: "there is no such app instance"}
	}
	return all[i], nil
}

func (a *API) getApp(ctx context.Context, c *caller, in *InApp) (*appAnswer, error) {
	have, err := a.instance(ctx, c.Tenant, in.App)
	return &appAnswer{toAppBody(have, c)}, err
}

func (a *API) putApp(ctx context.Context, c *caller, in *struct {
	InApp
	Body appBody
},
) (*appAnswer, error) {
	const op = "api.putApp"
	want := in.Body.instance(c.Tenant, model.InstanceID(in.App))
	if in.Body.ID != "" && in.Body.ID != want.ID {
		return nil, fault.New(fault.Invalid, op, "the id in the body is not that of the path")
	}
	if err := want.Validate(); err != nil {
		return nil, err
	}
	if err := noPasswords(want); err != nil {
		return nil, err
	}
	have, err := a.instance(ctx, c.Tenant, in.App)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	// Both make the gateway reach into its own network or disk, which is not a tenant's to decide.
	if c.Token.Tenant != tenant.Everywhere && (!maps.Equal(want.Origins, have.Origins) || want.CAFile != have.CAFile) {
		return nil, &fault.Error{Kind: fault.Denied, Op: op, Msg: "origins and caFile take a token of the installation", Help: "leave them as they are, or ask who runs Referee"}
	}
	if want.Routed() {
		t, err := a.Tenants.Tenant(ctx, c.Tenant)
		if err != nil {
			return nil, err
		}
		if domains := federatedDomains(&t, want); !have.Routed() || !slices.Equal(domains, federatedDomains(&t, have)) { // one that is routed already may be mended without
			if err := a.outside(&t, domains); err != nil {
				return nil, err
			}
		}
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "app.put",
		objects: []model.Object{{Type: "app", ID: string(want.ID), Name: want.Name}},
	}, func() error { return a.Catalog.PutInstance(ctx, want) })
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, c.Tenant)
	return &appAnswer{toAppBody(want, c)}, nil
}

// noPasswords refuses hosts where people type the passwords of a vendor: the gateway never stands between a person and
// such a page. Of the sign-in hosts, those with the role signin let nothing pass that asks for anything.
func noPasswords(in catalog.Instance) error {
	if !in.Routed() {
		return nil
	}
	var found filter.Mistakes
	for i, h := range in.Hosts {
		if s, ok := appprofile.SignInHost(h.Name); ok && h.Role != catalog.RoleSignIn {
			found = append(found, filter.Mistake{Path: fmt.Sprintf("hosts[%d].name", i), Reason: h.Name + " can't be put behind the gateway: " + s.Why, Advice: "leave it out"})
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "api.putApp", Key: string(in.ID), Err: found}
}

func (a *API) deleteApp(ctx context.Context, c *caller, in *InApp) (*nothing, error) {
	have, err := a.instance(ctx, c.Tenant, in.App)
	if err != nil {
		return nil, err
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "app.delete",
		objects: []model.Object{{Type: "app", ID: string(have.ID), Name: have.Name}},
	}, func() error { return a.Catalog.DeleteInstance(ctx, c.Tenant, have.ID) })
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, c.Tenant)
	return &nothing{}, nil
}
