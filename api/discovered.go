package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
)

// discoveredBody is a host that is reached past the gateway.
type discoveredBody struct {
	Host  string       `json:"host"`
	Kinds []string     `json:"kinds" doc:"What asked for it, in the words of Resource Timing."`
	First time.Time    `json:"first"`
	Last  time.Time    `json:"last"`
	Times int64        `json:"times" doc:"Documents in which it was seen."`
	Own   bool         `json:"own" doc:"It is of a registrable domain of the instance's, or named by the app's profile: it should probably be added."`
	Role  catalog.Role `json:"role,omitempty" doc:"The role that it would have."`
	Never string       `json:"never,omitempty" doc:"Why it can't be put behind the gateway."`
}

// discovered lists what is still missing: a host that an instance has by now is left out.
func (a *API) discovered(ctx context.Context, c *caller, in *struct {
	InApp
	Paging
},
) (*list[discoveredBody], error) {
	all, err := a.Catalog.Instances(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(have catalog.Instance) bool { return string(have.ID) == in.App })
	if i < 0 {
		return nil, &fault.Error{Kind: fault.NotFound, Op: "api.discovered", Key: in.App, Msg: "there is no such app instance"}
	}
	seen, err := a.Discovered.Discovered(ctx, c.Tenant, all[i].ID)
	if err != nil {
		return nil, err
	}
	var out []discoveredBody
	for _, d := range seen {
		if slices.ContainsFunc(all, func(other catalog.Instance) bool { return other.Routed() && hasHost(&other, d.Host) }) {
			continue
		}
		b := discoveredBody{Host: d.Host, Kinds: d.Kinds, First: d.First, Last: d.Last, Times: d.Times}
		b.Own, b.Role = ofApp(&all[i], d)
		if s, never := appprofile.SignInHost(d.Host); never {
			b.Never, b.Role = s.Why, ""
		}
		out = append(out, b)
	}
	return pageOf(out, in.Paging, func(b discoveredBody) string { return b.Host })
}

func hasHost(in *catalog.Instance, host string) bool {
	return slices.ContainsFunc(in.Hosts, func(h catalog.Host) bool { return h.Name == host })
}

// ofApp judges whether a host is the app's, and which role it would have: the profile knows, else what asked for it tells.
func ofApp(in *catalog.Instance, d catalog.Discovered) (own bool, role catalog.Role) {
	if p, ok := appprofile.Of(in.App); ok {
		if r, named := p.RoleOf(d.Host); named {
			return true, r
		}
	}
	own = slices.ContainsFunc(in.Hosts, func(h catalog.Host) bool { return sameSite(h.Name, d.Host) })
	has := func(kinds ...string) bool {
		return slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(d.Kinds, k) })
	}
	switch {
	case has("iframe", "frame", "navigation", "object", "embed"):
		return own, catalog.RoleApp
	case has("fetch", "xmlhttprequest", "beacon", "other"):
		return own, catalog.RoleAPI
	}
	return own, catalog.RoleStatic
}

func sameSite(x, y string) bool {
	site := func(host string) string {
		name, _, _ := strings.Cut(host, ":")
		s, err := publicsuffix.EffectiveTLDPlusOne(name)
		if err != nil {
			return name
		}
		return s
	}
	return site(x) == site(y)
}

// addHost adds one host to an instance, as app-put would.
func (a *API) addHost(ctx context.Context, c *caller, in *struct {
	InApp
	Body struct {
		Name   string       `json:"name" minLength:"1" maxLength:"260" doc:"Host, with \":port\" unless 443."`
		Role   catalog.Role `json:"role" enum:"app,api,anonymous,static,files"`
		Dotted bool         `json:"dotted,omitempty" doc:"Keep the host's dots in the mapped name."`
	}
},
) (*appAnswer, error) {
	have, err := a.instance(ctx, c.Tenant, in.App)
	if err != nil {
		return nil, err
	}
	if hasHost(&have, in.Body.Name) {
		return nil, &fault.Error{Kind: fault.Conflict, Op: "api.addHost", Key: in.Body.Name, Msg: "is a host of this instance already"}
	}
	body := toAppBody(have, c)
	body.Hosts = append(slices.Clone(have.Hosts), catalog.Host{Name: in.Body.Name, Role: in.Body.Role, Dotted: in.Body.Dotted})
	put := struct {
		InApp
		Body appBody
	}{in.InApp, body}
	return a.putApp(ctx, c, &put)
}
