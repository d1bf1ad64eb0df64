package undo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/tenant"
)

// title is how a provider is called in a plan.
func title(p tenant.Provider) string {
	name := p.Name
	if preset, ok := tenant.PresetByID(p.Preset); ok && (name == "" || name == string(p.ID)) && p.Preset != "generic" {
		name = preset.Title
	}
	if name == "" || name == string(p.ID) {
		return string(p.ID)
	}
	return name + " (" + string(p.ID) + ")"
}

// openIDIssuer is what an app enters for a provider that it signs in at by OpenID.
func openIDIssuer(p tenant.Provider) string {
	if !p.Federated() {
		return p.Issuer
	}
	return "the issuer of the provider's OpenID side; Referee knows its SAML side alone (" + p.SAML.EntityID + ")"
}

// ends are the values of a provider's SAML side.
type ends struct{ entity, sso, slo, certificate string }

// samlOf is what an app enters for a provider that it signs in at by SAML: from the provider's settings where Referee
// speaks SAML to it, else from how its product builds them.
func samlOf(p tenant.Provider) ends {
	const own = "as the provider shows it for this app"
	if p.Federated() {
		e := ends{entity: p.SAML.EntityID, sso: p.SAML.SSO, slo: p.SAML.SLO, certificate: own}
		if e.slo == "" {
			e.slo = "none"
		}
		if prints := fingerprints(p.SAML); prints != "" {
			e.certificate = prints + ", unless the provider signs for each app with another one"
		}
		return e
	}
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" {
		return ends{own, own, own, own}
	}
	base := strings.TrimSuffix(p.Issuer, "/")
	switch p.Preset {
	case "entra":
		directory, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		at := "https://" + u.Host + "/" + directory
		return ends{"https://sts.windows.net/" + directory + "/", at + "/saml2", at + "/saml2", "from " + at + "/federationmetadata/2007-06/federationmetadata.xml?appid=<application id>"}
	case "keycloak":
		return ends{base, base + "/protocol/saml", base + "/protocol/saml", "from " + base + "/protocol/saml/descriptor"}
	case "adfs":
		at := "https://" + u.Host
		return ends{"http://" + u.Host + "/adfs/services/trust", at + "/adfs/ls/", at + "/adfs/ls/?wa=wsignout1.0", "from " + at + "/FederationMetadata/2007-06/FederationMetadata.xml"}
	}
	return ends{own, own, own, own}
}

func fingerprints(s *tenant.SAMLProvider) string {
	keys, err := s.Keys()
	if err != nil {
		return ""
	}
	var out []string
	for _, k := range keys {
		sum := sha256.Sum256(k.Raw)
		out = append(out, hex.EncodeToString(sum[:]))
	}
	return strings.Join(out, ", ")
}

// domains make the tenant's domains managed again in Microsoft Entra: as long as a domain is federated to Referee,
// nobody of it signs in to Microsoft 365 without Referee.
func domains(t tenant.Tenant, in catalog.Instance) []Step {
	var accounts []string
	for _, a := range t.BreakGlass.Accounts {
		accounts = append(accounts, a.Name)
	}
	who := "a global administrator of a domain that is not federated"
	if len(accounts) > 0 {
		who = strings.Join(accounts, " or ")
	}
	var names, commands []string
	federated := t.Domains
	if f := in.Federation.WSFed; f != nil {
		federated = f.Domains
	}
	for _, d := range federated {
		if !strings.HasSuffix(d, ".onmicrosoft.com") {
			names = append(names, d)
			commands = append(commands, "Update-MgDomain -DomainId "+d+` -AuthenticationType "Managed"`)
		}
	}
	commands = append([]string{"Connect-MgGraph -Scopes 'Domain.ReadWrite.All'"}, commands...)
	commands = append(commands, "Get-MgDomain | Select-Object Id, AuthenticationType")
	return []Step{
		{
			Where: AtProvider, Who: "Microsoft Entra ID", Do: "Sign in as " + who + ", and turn the federated domains back to managed. It concerns everybody of the domain and every Microsoft 365 app at once; expect minutes to an hour until all are asked by Entra. Referee has not tried this on a live tenant.",
			Settings: []Setting{{Name: "authentication type of " + strings.Join(names, ", "), Now: "Federated", Set: "Managed"}}, Commands: commands,
		},
		{Where: AtProvider, Who: "Microsoft Entra ID", Do: "Passwords: people sign in with those that Entra has. Where password hash synchronisation is on, these are their own; else reset them, or give temporary access passes."},
		{Where: AtProvider, Who: "Microsoft Entra ID", Do: "Switch on the Conditional Access policies that were kept as report-only: while the domain is managed, they alone protect it."},
	}
}

// dns says what names lead to Referee, and what to do about them.
func dns(t tenant.Tenant, apps []Subject, own Hosts) []Step {
	var names []Setting
	for _, s := range apps {
		for i, h := range s.Instance.Hosts {
			if i < len(s.Mapped) && s.Instance.Routed() {
				names = append(names, Setting{Name: string(s.Instance.ID), Now: "https://" + s.Mapped[i] + "/", Set: "https://" + h.Name + "/"})
			}
		}
	}
	steps := []Step{{Where: AtDNS, Do: "The apps' own names never led to Referee: no record of theirs is to be changed."}}
	if len(names) > 0 {
		steps = append(steps, Step{Where: AtPeople, Do: "Bookmarks and links at Referee's names stop working. Tell people the apps' own addresses.", Settings: names})
	}
	zone := "*." + string(t.ID) + "." + own.Suffix
	steps = append(steps, Step{
		Where: AtDNS, Do: "Point these names at a machine with a page that says where the apps are, or leave them; never let them go to somebody else, since browsers hold cookies for them.",
		Settings: []Setting{{Name: zone, Now: "Referee"}, {Name: own.SignIn, Now: "Referee"}},
	})
	return steps
}

// back says how to return.
func back(t tenant.Tenant) []Step {
	return []Step{
		{Where: AtReferee, Do: "See that nothing is bypassed and that every warning is dealt with.", Commands: []string{"referee status --tenant " + string(t.ID), "referee breakglass bypass list --tenant " + string(t.ID)}},
		{Where: AtApp, Do: "Enter Referee's values again, app by app: they are printed by", Commands: []string{"referee app show <app> --tenant " + string(t.ID)}},
		{Where: AtProvider, Do: "Switch off the registrations that this plan made, or people keep a way round Referee. End the sessions that the apps hold, where they can."},
		{Where: AtReferee, Do: "Give the break-glass accounts new secrets, try them, and write down when.", Commands: []string{"referee breakglass account tested <name> --tenant " + string(t.ID)}},
	}
}
