package api

import (
	"context"

	"github.com/referee-casb/referee/appcheck"
	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// AppChecker looks at an app from outside; *appcheck.Checker is one.
type AppChecker interface {
	Check(ctx context.Context, target string) (*appcheck.Report, error)
}

type appCheckAnswer struct{ Body *appcheck.Report }

// checkApp runs one check a tenant at a time: each holds connections for up to 90 seconds. It changes nothing, and is
// recorded all the same, since it makes Referee ask others.
func (a *API) checkApp(ctx context.Context, c *caller, in *struct {
	InTenant
	Body struct {
		Host string `json:"host" minLength:"1" maxLength:"2000" doc:"Host of the app, or an https address."`
	}
},
) (*appCheckAnswer, error) {
	const op = "api.checkApp"
	if a.AppChecks == nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "this process can't look at apps", Help: "ask a process with the role gateway, or run referee app check on a machine that reaches the app"}
	}
	host, _, err := appcheck.Target(in.Body.Host)
	if err != nil {
		return nil, err
	}
	if _, err := a.Tenants.Tenant(ctx, c.Tenant); err != nil {
		return nil, err
	}
	if _, busy := a.checking.LoadOrStore(c.Tenant, true); busy {
		return nil, &fault.Error{Kind: fault.Limited, Op: op, Key: string(c.Tenant), Msg: "an app is being checked for this tenant", Help: "try again in a minute"}
	}
	defer a.checking.Delete(c.Tenant)
	var report *appcheck.Report
	err = a.change(ctx, c, entry{kind: model.ActivityAdmin, action: "app.check", objects: []model.Object{{Type: "host", ID: host}}}, func() (err error) {
		report, err = a.AppChecks.Check(ctx, in.Body.Host)
		return err
	})
	return &appCheckAnswer{report}, err
}

// appProfileBody is what is known of an app, as an API tells it.
type appProfileBody struct {
	App       string         `json:"app"`
	ID        model.AppID    `json:"id"`
	Name      string         `json:"name"`
	Evidence  model.Evidence `json:"evidence" enum:"documentation,recorded,live"`
	Supported bool           `json:"supported" doc:"It ran behind Referee; nothing else may be called supported."`
	Date      string         `json:"date" doc:"When it was last held against its sources."`
	Sources   []string       `json:"sources"`
	Routes    []model.Route  `json:"routes"`
	Params    []string       `json:"params,omitempty" doc:"What an instance's host names need."`
	Hosts     []catalog.Host `json:"hosts" doc:"Names may hold {parameters}."`
	Further   []string       `json:"furtherHosts,omitempty" doc:"Patterns of hosts whose names nobody knows before."`
	SignIn    []string       `json:"signInHosts,omitempty" doc:"Hosts where people type passwords, which are never put behind the gateway."`
	Limits    []string       `json:"limits"`
}

func (a *API) listAppProfiles(_ context.Context, _ *caller, in *struct{ Paging }) (*list[appProfileBody], error) {
	var out []appProfileBody
	for _, p := range appprofile.All() {
		app, _ := catalog.AppByKey(p.App)
		b := appProfileBody{App: p.App, ID: app.ID, Name: app.Name, Evidence: p.Evidence, Supported: p.Supported(), Date: p.Date, Sources: p.Sources, Limits: p.Limits, Hosts: []catalog.Host{}}
		for _, r := range p.Routes {
			b.Routes = append(b.Routes, r.Route)
		}
		for _, q := range p.Params {
			b.Params = append(b.Params, q.Name)
		}
		for _, h := range p.Hosts {
			b.Hosts = append(b.Hosts, catalog.Host{Name: h.Name, Role: h.Role, Dotted: h.Dotted})
		}
		for _, f := range p.Further {
			b.Further = append(b.Further, f.Pattern)
		}
		for _, s := range p.SignIn {
			b.SignIn = append(b.SignIn, s.Host)
		}
		out = append(out, b)
	}
	return pageOf(out, in.Paging, func(b appProfileBody) string { return b.App })
}
