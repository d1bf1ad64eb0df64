package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/bus"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/undo"
	"github.com/referee-casb/referee/tenant"
)

type (
	InBypass struct {
		InTenant
		Bypass string `path:"bypass" maxLength:"64" doc:"Id of the bypass."`
	}
	bypassBody struct {
		tenant.Bypass
		Live   bool         `json:"live" doc:"It holds at this moment."`
		Covers []coveredApp `json:"covers,omitempty" doc:"In the answer to its beginning: every app that it is for, and what its end ends. Apps that share a sign-in, as those of Microsoft 365 do, go together."`
	}
	bypassAnswer struct{ Body bypassBody }
	coveredApp   struct {
		App  model.InstanceID `json:"app"`
		Name string           `json:"name"`
		Ends bool             `json:"sessionsEnd" doc:"When the bypass is over, the app is told to end the sessions that began under it. Otherwise they last as long as the app lets them."`
	}
	accountsBody struct {
		Accounts []tenant.Account `json:"accounts" maxItems:"10" doc:"All of them; those left out are forgotten."`
	}
	accountsAnswer struct{ Body accountsBody }
)

func (a *API) registerBreakGlass(r *registrar) {
	handle(r, "breakglass-accounts", a.putAccounts)
	handle(r, "bypass-list", a.listBypasses)
	handle(r, "bypass-start", a.startBypass)
	handle(r, "bypass-end", a.endBypass)
	handle(r, "breakglass-plan", a.breakGlassPlan)
	handle(r, "tenant-status", a.status)
}

// severity goes along with activities that an administrator should hear of at once.
var severity = map[string]any{"severity": "high"}

// own reports whether a host is one of Referee's: an account that signs in there is not outside.
func (a *API) own(host string) bool {
	return a.config.Suffix != "" && (host == a.config.Suffix || strings.HasSuffix(host, "."+a.config.Suffix)) || host == a.config.SignIn || slices.Contains(a.config.Hosts, host)
}

// outside reports why an app may not be routed yet: fewer than two break-glass accounts, or one that Referee's failure
// would shut out too.
func (a *API) outside(t *tenant.Tenant, federated []string) error {
	const op, how = "api.outside", `name two with "referee breakglass account add NAME --at ADDRESS"; see docs/howto/break-glass.md`
	if n := len(t.BreakGlass.Accounts); n < tenant.NeededAccounts {
		return &fault.Error{
			Kind: fault.Invalid, Op: op, Key: string(t.ID), Help: how,
			Msg: fmt.Sprintf("an app is routed through Referee only when %d break-glass accounts that sign in without it are named; there are %d", tenant.NeededAccounts, n),
		}
	}
	return a.inside(t, federated)
}

// inside refuses accounts that sign in through Referee.
func (a *API) inside(t *tenant.Tenant, federated []string) error {
	if in := t.BreakGlass.Inside(a.own, federated); len(in) > 0 {
		return &fault.Error{
			Kind: fault.Invalid, Op: "api.inside", Key: in[0].Name, Msg: "is no break-glass account: it signs in through Referee, and would be shut out when Referee fails",
			Help: "name one of the provider's or an app's own, such as name@contoso.onmicrosoft.com",
		}
	}
	return nil
}

// prepared checks the accounts of a tenant that is about to be stored in the place of have. A tenant from before
// accounts were asked for may be changed without them; what it once named it can't take away while apps are routed.
func (a *API) prepared(ctx context.Context, have, want *tenant.Tenant) error {
	all, err := a.Catalog.Instances(ctx, want.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	routed := slices.ContainsFunc(all, func(in catalog.Instance) bool { return in.Routed() })
	if routed && have.BreakGlass.Ready() && !want.BreakGlass.Ready() {
		return a.outside(want, nil)
	}
	if slices.Equal(have.BreakGlass.Accounts, want.BreakGlass.Accounts) {
		return nil
	}
	return a.inside(want, federatedDomains(want, all...))
}

// federatedDomains are the domains whose people sign in at Referee whatever they open. Where Entra is spoken to by SAML
// the app names none: then all that the tenant manages are taken for federated, but for Entra's own, which can't be.
func federatedDomains(t *tenant.Tenant, all ...catalog.Instance) (out []string) {
	for i := range all {
		f := all[i].Federation
		switch {
		case all[i].Route != model.RouteFederated:
		case f.WSFed != nil:
			out = append(out, f.WSFed.Domains...)
		case f.SAML != nil:
			out = append(out, t.Domains...)
			for _, p := range t.Providers {
				out = append(out, p.Domains...)
			}
		}
	}
	return slices.DeleteFunc(out, entras)
}

// entras reports whether a domain is one that Entra gave, in any of its clouds: it can't be federated.
func entras(domain string) bool {
	return slices.ContainsFunc([]string{".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn"}, func(cloud string) bool {
		return strings.HasSuffix(strings.ToLower(domain), cloud)
	})
}

func (a *API) putAccounts(ctx context.Context, c *caller, in *struct {
	InTenant
	Body accountsBody
},
) (*accountsAnswer, error) {
	have, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	t := have
	t.BreakGlass.Accounts = in.Body.Accounts
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := a.prepared(ctx, &have, &t); err != nil {
		return nil, err
	}
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "breakglass.accounts", detail: severity,
		objects: []model.Object{{Type: "tenant", ID: string(t.ID), Name: t.Name}},
	}, func() error {
		_, err := a.Tenants.PutTenant(ctx, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, t.ID)
	return &accountsAnswer{accountsBody{append([]tenant.Account{}, t.BreakGlass.Accounts...)}}, nil
}

func (a *API) listBypasses(ctx context.Context, c *caller, in *struct {
	InTenant
	Paging
},
) (*list[bypassBody], error) {
	all, err := a.bypasses(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	return pageOf(all, in.Paging, func(b bypassBody) string { return b.ID })
}

func (a *API) bypasses(ctx context.Context, id model.TenantID) ([]bypassBody, error) {
	all, err := a.Bypasses.Bypasses(ctx, id)
	if err != nil {
		return nil, err
	}
	now, out := a.Now(), make([]bypassBody, len(all))
	for i, b := range all {
		out[i] = bypassBody{b, b.Live(now), nil}
	}
	return out, nil
}

// covered are the apps that a bypass of one is for, or of all. A bypass of one app of Microsoft 365 is one of all that sign
// in with it: nobody can say which of them a sign-in is for.
func (a *API) covered(ctx context.Context, id model.TenantID, app model.InstanceID) ([]coveredApp, error) {
	all, err := a.Catalog.Instances(ctx, id)
	if err != nil {
		return nil, err
	}
	if app != "" {
		in, err := a.instance(ctx, id, string(app))
		if err != nil {
			return nil, err
		}
		if !in.Routed() {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "api.covered", Key: string(in.ID), Msg: "is not routed through Referee, so there is nothing to go round"}
		}
		all = catalog.SameSignIn(all, &in)
	}
	out := []coveredApp{}
	for i := range all {
		if f := all[i].Federation; all[i].Routed() {
			out = append(out, coveredApp{all[i].ID, all[i].Name, f.Protocol == "oidc" && f.BackchannelURI != ""})
		}
	}
	return out, nil
}

// startBypass begins an emergency bypass. It is on record, and in Referee's own log as an error, before it holds.
func (a *API) startBypass(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		App    model.InstanceID `json:"app,omitempty" maxLength:"64" doc:"Instance that it is for; all the tenant's apps when absent."`
		Reason string           `json:"reason" minLength:"8" maxLength:"500" doc:"Why, for the record."`
		For    string           `json:"for" maxLength:"20" doc:"How long, such as 2h: a minute to 24 hours. It ends by itself."`
	}
},
) (*bypassAnswer, error) {
	const op = "api.startBypass"
	life, err := time.ParseDuration(in.Body.For)
	switch {
	case err != nil || life < tenant.MinBypass || life > tenant.MaxBypass:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: in.Body.For, Msg: "is not a time of a minute to 24 hours", Help: `write it such as "2h"; when it is over another one can be begun, with its own reason`}
	case len(strings.TrimSpace(in.Body.Reason)) < 8:
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "a reason of at least 8 characters is needed", Help: "say what is broken; it is kept with the bypass"}
	}
	covers, err := a.covered(ctx, c.Tenant, in.Body.App)
	if err != nil {
		return nil, err
	}
	name := "all apps"
	var also []model.InstanceID
	if in.Body.App != "" {
		name = covers[0].Name
		for _, more := range covers[1:] {
			also, name = append(also, more.App), name+", "+more.Name
		}
	}
	now := a.Now()
	b := tenant.Bypass{
		ID: "bp-" + strings.TrimPrefix(newTokenID(), "tok-"), Tenant: c.Tenant, Instance: in.Body.App, Also: also, Reason: strings.TrimSpace(in.Body.Reason), By: c.name(), Begun: now, Ends: now.Add(life),
	}
	a.Log.ErrorContext(ctx, "emergency bypass: session control is off", "tenant", c.Tenant, "app", name, "by", c.name(), "until", b.Ends, "reason", b.Reason)
	err = a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "bypass.start", reason: b.Reason,
		objects: []model.Object{{Type: "bypass", ID: b.ID}, {Type: "app", ID: string(b.Instance), Name: name}},
		detail:  map[string]any{"severity": "high", "until": b.Ends.UTC().Format(time.RFC3339)},
	}, func() error { return a.Bypasses.PutBypass(ctx, b) })
	if err != nil {
		return nil, err
	}
	a.changed(ctx, bus.SignalCatalog, c.Tenant)
	return &bypassAnswer{bypassBody{b, true, covers}}, nil
}

func (a *API) endBypass(ctx context.Context, c *caller, in *InBypass) (*bypassAnswer, error) {
	out := &bypassAnswer{}
	err := a.change(ctx, c, entry{
		kind: model.ActivityAdmin, action: "bypass.end", detail: severity, objects: []model.Object{{Type: "bypass", ID: in.Bypass}},
	}, func() error {
		b, err := a.Bypasses.EndBypass(ctx, c.Tenant, in.Bypass, c.name(), a.Now())
		out.Body = bypassBody{b, false, nil}
		return err
	})
	if err != nil {
		return nil, err
	}
	a.Log.WarnContext(ctx, "emergency bypass ended", "tenant", c.Tenant, "bypass", in.Bypass, "by", c.name())
	a.changed(ctx, bus.SignalCatalog, c.Tenant)
	return out, nil
}

type planAnswer struct{ Body undo.Plan }

// breakGlassPlan writes the plan from what is stored now.
func (a *API) breakGlassPlan(ctx context.Context, c *caller, in *struct {
	InTenant
	App string `query:"app" maxLength:"64" doc:"One instance; all of them without it."`
},
) (*planAnswer, error) {
	con, err := a.connections()
	if err != nil {
		return nil, err
	}
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := a.Catalog.Instances(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	if in.App != "" {
		one, err := a.instance(ctx, c.Tenant, in.App)
		if err != nil {
			return nil, err
		}
		all = []catalog.Instance{one}
	}
	book, err := catalog.NewBook(a.config.mapped(), all)
	if err != nil {
		return nil, err
	}
	subjects := make([]undo.Subject, 0, len(all))
	for _, inst := range all {
		s := undo.Subject{Instance: inst}
		for _, h := range inst.Hosts {
			if m, ok := book.Mapped(c.Tenant, h.Name); ok {
				s.Mapped = append(s.Mapped, m)
			}
		}
		if p := inst.Federation.Protocol; p == "oidc" || p == "saml" {
			e, err := con.AppEntries(ctx, c.Tenant, inst)
			if err != nil {
				return nil, err
			}
			s.Entered = undo.Entered{Issuer: e.Issuer, SSO: e.SSO, Logout: e.Logout, ClientID: e.ClientID, Secret: e.Secret}
			for _, k := range e.Certificates {
				s.Entered.Fingerprints = append(s.Entered.Fingerprints, k.Fingerprint)
			}
		}
		subjects = append(subjects, s)
	}
	return &planAnswer{undo.Make(t, subjects, undo.Hosts{SignIn: a.config.SignIn, Suffix: a.config.Suffix}, a.Now())}, nil
}
