package entra

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// DomainPlan is the route of one domain, and why.
type DomainPlan struct {
	Domain string      `json:"domain"`
	Now    string      `json:"authenticationType"`
	Route  model.Route `json:"route"`
	Why    []string    `json:"why"`
	// Possible says that the route federated can be had, once the steps of the plan are done.
	Possible bool `json:"federatedPossible"`
}

// routes says which route each verified domain can have.
func (m *maker) routes() []DomainPlan {
	var out []DomainPlan
	for _, d := range m.tenant.Domains {
		if len(m.opt.Domains) > 0 && !slices.Contains(m.opt.Domains, d.Name) {
			continue
		}
		p := DomainPlan{Domain: d.Name, Now: d.Auth, Route: model.RouteNative}
		fed, federated := m.tenant.Federations[d.Name]
		ours := federated && m.opt.Origin != "" && strings.HasPrefix(fed.Passive, m.opt.Origin+"/")
		why := func(format string, args ...any) { p.Why = append(p.Why, fmt.Sprintf(format, args...)) }
		switch {
		case !d.Verified:
			why("the domain is not verified: nobody signs in with it yet")
		case d.Initial || strings.HasSuffix(d.Name, ".onmicrosoft.com") || strings.HasSuffix(d.Name, ".onmicrosoft.us") || strings.HasSuffix(d.Name, ".partner.onmschina.cn"):
			why("Entra's own domain can't be federated; it is the home of break-glass accounts")
		case ours:
			p.Route, p.Possible = model.RouteFederated, true
			why("the domain is federated to Referee (%s)", fed.Passive)
		case m.circular():
			why("people sign in at this same tenant (%s): with its domain federated to Referee, Referee would send them to Entra, and Entra to Referee", m.opt.Provider)
		case m.opt.Provider == "" && federated:
			p.Route, p.Possible = model.RouteFederated, true
			why("the domain is federated to %s: that becomes Referee's provider, and Referee takes its place in Entra", hostOf(fed.Passive))
		case m.opt.Provider == "":
			why("people's passwords are in this tenant (the domain is managed), and no other provider was named where they sign in (--provider)")
		default:
			p.Route, p.Possible = model.RouteFederated, true
			why("people sign in at %s, which is not this tenant", m.opt.Provider)
		}
		if p.Possible && !ours {
			m.conditions(d, why)
		}
		out = append(out, p)
	}
	return out
}

// conditions are what must hold before a domain is federated.
func (m *maker) conditions(d Domain, why func(string, ...any)) {
	if d.Default {
		why("it is the default domain: make the onmicrosoft.com domain the default first, since Entra does not federate the default one")
	}
	if !d.Root {
		why("it is a subdomain: Entra federates the root domain, and the subdomain follows")
	}
	if m.tenant.Organization.Synced == nil || !*m.tenant.Organization.Synced {
		why("accounts are not synchronised from a directory: each needs an onPremisesImmutableId before it can sign in through a federated provider")
	}
	why("the whole domain follows, native clients too; accounts outside it (onmicrosoft.com) stay as they are")
}

// entraHosts are the hosts of Entra's issuers and sign-in, in the clouds that it has.
var entraHosts = []string{
	"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn",
}

// provider checks the issuer that was named. What can't be told from the tenant itself must not be taken for another.
func (o *Options) provider() error {
	if o.Provider == "" {
		return nil
	}
	u, err := url.Parse(o.Provider)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return &fault.Error{
			Kind: fault.Invalid, Op: "entra.Make", Key: o.Provider, Msg: "is not the https address of a provider", Err: err,
			Help: "give the issuer where people of the domains sign in, with https:// and its host, such as --provider https://contoso.okta.com",
		}
	}
	return nil
}

// circular reports whether the provider that was named is the tenant itself.
func (m *maker) circular() bool {
	host := hostOf(m.opt.Provider)
	if !slices.Contains(entraHosts, host) && (m.opt.Login == "" || host != hostOf(m.opt.Login)) {
		return false
	}
	u, err := url.Parse(m.opt.Provider)
	if err != nil {
		return true // fail closed: an issuer at Entra that can't be read is taken for this tenant
	}
	named, _, _ := strings.Cut(strings.TrimLeft(u.Path, "/"), "/")
	switch strings.ToLower(named) {
	case "", "common", "organizations", strings.ToLower(m.tenant.Organization.ID):
		return true
	}
	return slices.ContainsFunc(m.tenant.Domains, func(d Domain) bool { return strings.EqualFold(d.Name, named) })
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
}
