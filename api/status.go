package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/tenant"
)

// shownFor is how long a status goes on to tell of a bypass or a recovery that is over.
const shownFor = 30 * 24 * time.Hour

// testEvery is how often a break-glass account should be tried.
const testEvery = 90 * 24 * time.Hour

type (
	statusBody struct {
		Tenant   model.TenantID    `json:"tenant"`
		Name     string            `json:"name"`
		Version  string            `json:"version" doc:"Of Referee."`
		Ready    bool              `json:"ready" doc:"The engines answer; which one doesn't is in Referee's log."`
		Routed   int               `json:"routed" doc:"Apps that go through the gateway."`
		Default  tenant.Behavior   `json:"default" enum:"block,allow" doc:"What happens to requests when the gateway itself fails."`
		Accounts []tenant.Account  `json:"accounts" doc:"Break-glass accounts."`
		Bypasses []bypassBody      `json:"bypasses" doc:"Those that hold, and those of the last 30 days."`
		Recovery []tenant.Recovery `json:"recoveries" doc:"Administrators' tokens made on Referee's host in the last 30 days."`
		Warnings []string          `json:"warnings" doc:"What should not stay as it is, the worst first."`
	}
	statusAnswer struct{ Body statusBody }
)

// status tells how a tenant stands. Whoever may read anything of it sees that its control is off.
func (a *API) status(ctx context.Context, c *caller, _ *struct{ InTenant }) (*statusAnswer, error) {
	t, err := a.Tenants.Tenant(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	b := statusBody{
		Tenant: t.ID, Name: t.Name, Version: a.config.Version, Default: t.WithDefaults().Default, Ready: a.Ready(ctx) == nil,
		Accounts: append([]tenant.Account{}, t.BreakGlass.Accounts...), Bypasses: []bypassBody{}, Recovery: []tenant.Recovery{}, Warnings: []string{},
	}
	all, err := a.bypasses(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.Live {
			what := "all apps"
			if one.Instance != "" {
				what = "app " + string(one.Instance)
				for _, more := range one.Also {
					what += " and " + string(more)
				}
			}
			b.Warnings = append(b.Warnings, fmt.Sprintf("session control is OFF for %s until %s: %s begun by %s (%s)", what, one.Ends.UTC().Format(time.RFC3339), one.ID, one.By, one.Reason))
		}
		if now.Sub(one.Over()) < shownFor {
			b.Bypasses = append(b.Bypasses, one)
		}
	}
	recoveries, err := a.Recoveries.Recoveries(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range recoveries {
		if now.Sub(r.Expires) >= shownFor || r.Tenant != tenant.Everywhere && r.Tenant != string(t.ID) {
			continue
		}
		if b.Recovery = append(b.Recovery, r); now.Before(r.Expires) {
			b.Warnings = append(b.Warnings, fmt.Sprintf("an administrator's token that was made on the host is good until %s: by %s (%s)", r.Expires.UTC().Format(time.RFC3339), r.By, r.Reason))
		}
	}
	if !b.Ready {
		b.Warnings = append(b.Warnings, "a part of Referee does not answer; its log says which")
	}
	instances, err := a.Catalog.Instances(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	for i := range instances {
		if instances[i].Routed() {
			b.Routed++
		}
	}
	rules, err := a.ruleWarnings(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	b.Warnings = append(b.Warnings, rules...)
	b.Warnings = append(b.Warnings, a.accountWarnings(&t, b.Routed > 0, federatedDomains(&t, instances...), now)...)
	b.Warnings = append(b.Warnings, strangerWarnings(&t, instances)...)
	return &statusAnswer{b}, nil
}

// ruleWarnings tell of stored policies that this version can't read or put into force: they hold all others fast.
func (a *API) ruleWarnings(ctx context.Context, id model.TenantID) (out []string, err error) {
	s, err := a.readable(ctx, id)
	if err != nil {
		return nil, err
	}
	tell := func(id string, problems policy.Problems) {
		why := ""
		if len(problems) > 0 {
			why = ": " + problems[0].String()
		}
		out = append(out, "policy "+id+" can't be put into force any more, so that no policy of the tenant changes until it is replaced (referee policy apply) or deleted (referee policy delete)"+why)
	}
	for _, u := range s.unread {
		tell(u.id, u.problems)
	}
	told := map[string]bool{}
	_, problems := a.compile(s, s.docs)
	for _, p := range problems {
		if !told[p.Document] {
			told[p.Document] = true
			tell(p.Document, policy.Problems{p})
		}
	}
	return out, nil
}

// lookFirst goes with the advice to name a provider's domains.
const lookFirst = "; before you name it (domains), look which other domains of the tenant have people who sign in there: a provider that names any signs in nobody of the rest, at no app"

// strangerWarnings tell of federated domains whose people get no token: where there are several providers one of them has
// to name the domain. By SAML no app says which domains are federated: then all that the tenant manages count.
func strangerWarnings(t *tenant.Tenant, all []catalog.Instance) (out []string) {
	for i := range all {
		in := &all[i]
		var domains []string
		switch {
		case len(t.Providers) < 2:
			continue
		case in.IsEntraBySAML():
			domains = slices.DeleteFunc(slices.Clone(t.Domains), entras)
			if len(domains) == 0 && !slices.ContainsFunc(t.Providers, func(p tenant.Provider) bool { return len(p.Domains) > 0 }) {
				out = append(out, fmt.Sprintf("nobody can sign in to %s: none of the %d providers names a domain%s", in.Name, len(t.Providers), lookFirst))
			}
		case in.Federation.WSFed != nil && in.Route == model.RouteFederated:
			domains = in.Federation.WSFed.Domains
		}
		for _, d := range domains {
			if _, ok := tenant.ByDomain(t.Providers, d); !ok {
				out = append(out, fmt.Sprintf("nobody of %s can sign in to %s: none of the %d providers names that domain among its own%s", d, in.Name, len(t.Providers), lookFirst))
			}
		}
	}
	return out
}

// accountWarnings tell what is missing for the day when Referee fails.
func (a *API) accountWarnings(t *tenant.Tenant, routed bool, federated []string, now time.Time) (out []string) {
	if routed && !t.BreakGlass.Ready() {
		out = append(out, fmt.Sprintf("apps are routed and %d of %d break-glass accounts are named: no further app can be added", len(t.BreakGlass.Accounts), tenant.NeededAccounts))
	}
	for _, in := range t.BreakGlass.Inside(a.own, federated) {
		out = append(out, "break-glass account "+in.Name+" signs in through Referee and would be shut out with everybody else")
	}
	for _, one := range t.BreakGlass.Accounts {
		day, err := time.Parse(time.DateOnly, one.Tested)
		switch {
		case err != nil:
			out = append(out, "break-glass account "+one.Name+" was never tried, or nobody wrote down when")
		case now.Sub(day) > testEvery:
			out = append(out, "break-glass account "+one.Name+" was last tried on "+one.Tested+", more than 90 days ago")
		}
	}
	return out
}
