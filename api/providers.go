package api

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
	"github.com/referee-casb/referee/tenant"
)

// Connections know what administrators of providers and apps enter for Referee, and test providers; signin.Broker is one.
type Connections interface {
	ProviderEntries(tenant model.TenantID, p tenant.Provider) signin.ProviderEntries
	AppEntries(ctx context.Context, tenant model.TenantID, in catalog.Instance) (signin.AppEntries, error)
	ProbeProvider(ctx context.Context, tenant model.TenantID, p tenant.Provider, o signin.ProbeOptions) ([]signin.Check, error)
}

type (
	InProvider struct {
		InTenant
		Provider string `path:"provider" maxLength:"40" doc:"Id of the provider."`
	}
	presetBody struct {
		ID     string   `json:"id"`
		Title  string   `json:"title"`
		Issuer string   `json:"issuer" doc:"Form of its OpenID issuer."`
		Scopes []string `json:"scopes"`
		Guide  string   `json:"guide" doc:"Page in docs/howto."`
		Notes  []string `json:"notes" doc:"What its administrator sets there."`
	}
	providerBody struct {
		Provider tenant.Provider        `json:"provider"`
		Enter    signin.ProviderEntries `json:"enter" doc:"What the provider's administrator enters there."`
		Notes    []string               `json:"notes" doc:"What else is set there, for its preset."`
	}
	providerAnswer struct{ Body providerBody }
	providerInput  struct {
		InTenant
		Body struct {
			Provider tenant.Provider `json:"provider"`
			Metadata string          `json:"metadata,omitempty" maxLength:"1000000" doc:"SAML metadata (XML) of the provider: kind and settings are taken from it."`
			EntityID string          `json:"metadataEntity,omitempty" maxLength:"1024" doc:"Which entity of the metadata, where they describe several."`
			Update   bool            `json:"update,omitempty" doc:"Change the provider of the same id; what is not given stays as it is."`
		}
	}
	probeAnswer struct {
		Body struct {
			OK     bool                   `json:"ok" doc:"Nothing is wrong; warnings may be there."`
			Checks []signin.Check         `json:"checks"`
			Enter  signin.ProviderEntries `json:"enter"`
		}
	}
)

func (a *API) registerProviders(r *registrar) {
	handle(r, "provider-preset-list", a.listPresets)
	handle(r, "provider-list", a.listProviders)
	handle(r, "provider-add", a.addProvider, body(2*maxBody))
	handle(r, "provider-test", a.testProvider, body(2*maxBody))
	handle(r, "provider-remove", a.removeProvider)
	handle(r, "app-connection", a.appConnection)
}

func (a *API) listPresets(_ context.Context, _ *caller, in *struct{ Paging }) (*list[presetBody], error) {
	all := tenant.Presets()
	out := make([]presetBody, len(all))
	for i, p := range all {
		out[i] = presetBody{p.ID, p.Title, p.Issuer, append([]string{}, p.Scopes...), p.Guide, append([]string{}, p.Notes...)}
	}
	slices.SortFunc(out, func(x, y presetBody) int { return strings.Compare(x.ID, y.ID) })
	return pageOf(out, in.Paging, func(p presetBody) string { return p.ID })
}

// connections returns the broker; a process without the sign-in role has none.
func (a *API) connections() (Connections, error) {
	if a.Connections == nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: "api.connections", Msg: "this process does not run sign-in", Help: "ask one that has the role signin"}
	}
	return a.Connections, nil
}

func provided(c Connections, id model.TenantID, p tenant.Provider) providerBody {
	preset, _ := tenant.PresetByID(p.Preset)
	return providerBody{p, c.ProviderEntries(id, p), append([]string{}, preset.Notes...)}
}

func (a *API) listProviders(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[providerBody], error) {
	con, err := a.connections()
	if err != nil {
		return nil, err
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	out := make([]providerBody, len(t.Providers))
	for i, p := range t.Providers {
		out[i] = provided(con, t.ID, p)
	}
	slices.SortFunc(out, func(x, y providerBody) int { return strings.Compare(string(x.Provider.ID), string(y.Provider.ID)) })
	return pageOf(out, in.Paging, func(b providerBody) string { return string(b.Provider.ID) })
}

// addProvider puts one provider into the tenant's document. What the document's own validation finds is told as it is.
func (a *API) addProvider(ctx context.Context, c *caller, in *providerInput) (*providerAnswer, error) {
	const op = "api.addProvider"
	con, err := a.connections()
	if err != nil {
		return nil, err
	}
	p := in.Body.Provider
	if in.Body.Metadata != "" {
		if p.Issuer != "" || p.ClientID != "" || p.SecretFile != "" || p.SAML != nil || p.Kind == tenant.KindOpenID {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "metadata are SAML's; issuer, client id, client secret and saml can't stand beside them", Help: "give metadata, or an OpenID issuer and client id"}
		}
		said, err := signin.SettingsFromMetadata([]byte(in.Body.Metadata), in.Body.EntityID, a.Now())
		if err != nil {
			return nil, err
		}
		p.Kind, p.SAML = tenant.KindSAML, &said
	}
	have, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	t := have
	t.Providers = slices.Clone(have.Providers)
	i := slices.IndexFunc(t.Providers, func(h tenant.Provider) bool { return h.ID == p.ID })
	switch {
	case i < 0:
		t.Providers = append(t.Providers, p)
	case !in.Body.Update:
		return nil, &fault.Error{Kind: fault.Conflict, Op: op, Key: string(p.ID), Msg: "a provider of this id is there already", Help: "choose another id, or update it"}
	default:
		if p, err = updated(t.Providers[i], p); err != nil {
			return nil, err
		}
		t.Providers[i] = p
	}
	if err := a.storeProviders(ctx, c, &have, t, "provider.add", p); err != nil {
		return nil, err
	}
	return &providerAnswer{provided(con, t.ID, p)}, nil
}

// updated lays what a request gives over a provider. One that changes its protocol begins anew, but for the form of its
// subjects, or everybody would get another user id.
func updated(old, given tenant.Provider) (tenant.Provider, error) {
	const op = "api.updated"
	if given.Federated() != old.Federated() {
		given.Subjects = old.Subjects
		return given, nil
	}
	if given.SAML != nil && old.SAML != nil { // metadata don't say these
		said := *given.SAML
		said.Unsolicited = said.Unsolicited || old.SAML.Unsolicited
		said.SignRequests = said.SignRequests || old.SAML.SignRequests
		said.RequireEncrypted, said.AllowCBC = said.RequireEncrypted || old.SAML.RequireEncrypted, said.AllowCBC || old.SAML.AllowCBC
		if said.NameIDFormat == "" {
			said.NameIDFormat = old.SAML.NameIDFormat
		}
		given.SAML = &said
	}
	text, err := json.Marshal(given) // what is empty is left out
	if err != nil {
		return old, fault.As(err, fault.Internal, op, string(old.ID))
	}
	old.Domains, old.Scopes, old.DeviceClaims = slices.Clone(old.Domains), slices.Clone(old.Scopes), slices.Clone(old.DeviceClaims)
	if given.SAML != nil {
		old.SAML = nil
	}
	return old, fault.As(json.Unmarshal(text, &old), fault.Internal, op, string(old.ID))
}

func (a *API) storeProviders(ctx context.Context, c *caller, have *tenant.Tenant, t tenant.Tenant, action string, p tenant.Provider) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if c.Token.Tenant != tenant.Everywhere {
		if path := ownersOnly(have, &t); path != "" {
			return &fault.Error{Kind: fault.Denied, Op: "api.storeProviders", Key: path, Msg: "names a file of the host, which takes a token of the installation", Help: "leave it out, or ask who runs Referee"}
		}
	}
	err := a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: action, objects: []model.Object{{Type: "provider", ID: string(p.ID), Name: p.Name}},
	}, func() error {
		_, err := a.Tenants.PutTenant(ctx, t)
		return err
	})
	if err != nil {
		return err
	}
	a.changed(ctx, bus.SignalCatalog, t.ID)
	return nil
}

// provider finds a tenant's provider.
func (a *API) provider(ctx context.Context, id model.TenantID, name string) (tenant.Tenant, int, error) {
	t, err := a.Tenants.Tenant(ctx, id)
	if err != nil {
		return t, -1, err
	}
	i := slices.IndexFunc(t.Providers, func(p tenant.Provider) bool { return string(p.ID) == name })
	if i < 0 {
		return t, i, &fault.Error{Kind: fault.NotFound, Op: "api.provider", Key: name, Msg: "there is no such provider", Help: "list them with `referee provider list`"}
	}
	return t, i, nil
}

func (a *API) removeProvider(ctx context.Context, c *caller, in *InProvider) (*nothing, error) {
	have, i, err := a.provider(ctx, c.Tenant, in.Provider)
	if err != nil {
		return nil, err
	}
	t := have
	t.Providers = slices.Delete(slices.Clone(have.Providers), i, i+1)
	return &nothing{}, a.storeProviders(ctx, c, &have, t, "provider.remove", have.Providers[i])
}

// testProvider runs one test a tenant at a time: each may hold connections for ten seconds.
func (a *API) testProvider(ctx context.Context, c *caller, in *struct {
	InProvider
	Body struct {
		Metadata string `json:"metadata,omitempty" maxLength:"1000000" doc:"SAML metadata of the provider, to compare its settings with."`
	}
},
) (*probeAnswer, error) {
	const op = "api.testProvider"
	con, err := a.connections()
	if err != nil {
		return nil, err
	}
	t, i, err := a.provider(ctx, c.Tenant, in.Provider)
	if err != nil {
		return nil, err
	}
	if _, busy := a.probing.LoadOrStore(t.ID, true); busy {
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Key: string(t.ID), Msg: "a provider of this tenant is being tested", Help: "try again in ten seconds"}
	}
	defer a.probing.Delete(t.ID)
	p := t.Providers[i]
	if in.Body.Metadata != "" && !p.Federated() {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: in.Provider, Msg: "is an OpenID provider, which has no SAML metadata", Help: "test it without metadata"}
	}
	checks, err := con.ProbeProvider(ctx, t.ID, p, signin.ProbeOptions{Private: c.Token.Tenant == tenant.Everywhere, Metadata: []byte(in.Body.Metadata)})
	if err != nil {
		return nil, err
	}
	out := &probeAnswer{}
	out.Body.Checks, out.Body.Enter = checks, con.ProviderEntries(t.ID, p)
	out.Body.OK = !slices.ContainsFunc(checks, func(v signin.Check) bool { return v.State == "wrong" })
	return out, nil
}

func (a *API) appConnection(ctx context.Context, c *caller, in *InApp) (*struct{ Body signin.AppEntries }, error) {
	con, err := a.connections()
	if err != nil {
		return nil, err
	}
	have, err := a.instance(ctx, c.Tenant, in.App)
	if err != nil {
		return nil, err
	}
	enter, err := con.AppEntries(ctx, c.Tenant, have)
	return &struct{ Body signin.AppEntries }{enter}, err
}
