package undo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// Where says at what a step is done.
type Where string

// The places.
const (
	AtReferee  Where = "referee"
	AtProvider Where = "provider"
	AtApp      Where = "app"
	AtDNS      Where = "dns"
	AtPeople   Where = "people"
)

// Setting is one value to change, or to look at.
type Setting struct {
	Name string `json:"name"`
	Now  string `json:"now,omitempty" doc:"What is there while Referee is in front, as far as Referee knows."`
	Set  string `json:"set,omitempty" doc:"What to set; words where Referee can't know the value."`
}

// Step is one thing to do.
type Step struct {
	Where    Where     `json:"where" enum:"referee,provider,app,dns,people"`
	Who      string    `json:"who,omitempty" doc:"Which provider."`
	Do       string    `json:"do"`
	Settings []Setting `json:"settings,omitempty"`
	Commands []string  `json:"commands,omitempty"`
}

// App is how to take one app back.
type App struct {
	ID        model.InstanceID `json:"id"`
	Name      string           `json:"name"`
	Route     model.Route      `json:"route"`
	Protocol  string           `json:"protocol,omitempty"`
	Addresses []string         `json:"addresses" doc:"The app's own, without Referee."`
	Steps     []Step           `json:"steps"`
}

// Plan is how to take a tenant, or one app of it, back from Referee.
type Plan struct {
	Tenant   model.TenantID   `json:"tenant"`
	Name     string           `json:"name"`
	Made     time.Time        `json:"made"`
	Accounts []tenant.Account `json:"accounts" doc:"Who can get in when Referee can't let anybody in."`
	Missing  []string         `json:"missing" doc:"What the plan lacks because it isn't configured."`
	Apps     []App            `json:"apps"`
	DNS      []Step           `json:"dns"`
	Back     []Step           `json:"back" doc:"How to return to Referee afterwards."`
}

// Entered is what an app was given for Referee; signin's AppEntries have it.
type Entered struct {
	Issuer, SSO, Logout, ClientID string
	Secret                        bool
	Fingerprints                  []string // of SAML signing certificates, SHA-256
}

// Subject is an app with what it needs to be described.
type Subject struct {
	Instance catalog.Instance
	Entered  Entered
	Mapped   []string // mapped hosts, in the order of Instance.Hosts
}

// Hosts are Referee's own names.
type Hosts struct{ SignIn, Suffix string }

// Make writes the plan for the given apps.
func Make(t tenant.Tenant, apps []Subject, own Hosts, now time.Time) Plan {
	t = t.WithDefaults()
	p := Plan{
		Tenant: t.ID, Name: t.Name, Made: now.UTC().Truncate(time.Second), Accounts: append([]tenant.Account{}, t.BreakGlass.Accounts...),
		Missing: []string{}, Apps: []App{}, DNS: []Step{}, Back: []Step{},
	}
	if !t.BreakGlass.Ready() {
		p.Missing = append(p.Missing, fmt.Sprintf("%d of %d break-glass accounts are named", len(t.BreakGlass.Accounts), tenant.NeededAccounts))
	}
	if len(t.Providers) == 0 {
		p.Missing = append(p.Missing, "no identity provider is connected: there is nothing that apps could go back to")
	}
	for _, s := range apps {
		p.Apps = append(p.Apps, app(t, s))
	}
	p.DNS = dns(t, apps, own)
	p.Back = back(t)
	return p
}

// app describes one app.
func app(t tenant.Tenant, s Subject) App {
	in := s.Instance
	out := App{ID: in.ID, Name: in.Name, Route: in.Route, Protocol: in.Federation.Protocol, Addresses: []string{}, Steps: []Step{}}
	for _, h := range in.Hosts {
		if h.Role == catalog.RoleApp {
			out.Addresses = append(out.Addresses, "https://"+h.Name+"/")
		}
	}
	if !in.Routed() {
		out.Steps = append(out.Steps, Step{Where: AtApp, Do: "Nothing: this app does not sign in through Referee, and works without it."})
		return out
	}
	out.Steps = append(out.Steps, Step{
		Where: AtReferee, Do: "While Referee's sign-in still answers and only the gateway is at fault, this alone is enough, and ends by itself:",
		Commands: []string{fmt.Sprintf("referee breakglass bypass start --app %s --for 2h --reason 'say what is broken'", in.ID)},
	})
	switch {
	case in.Route == model.RouteFederated:
		out.Steps = append(out.Steps, domains(t, in)...)
	case in.Federation.Protocol == "saml":
		out.Steps = append(out.Steps, samlSteps(t, s)...)
	default:
		out.Steps = append(out.Steps, openIDSteps(t, s)...)
	}
	out.Steps = append(out.Steps, Step{
		Where: AtPeople, Do: "Sign in at the app's own address with an ordinary account before anybody is told.", Settings: []Setting{{Name: "address", Set: strings.Join(out.Addresses, ", ")}},
	})
	return out
}

// openIDSteps make the provider the app's OpenID provider again.
func openIDSteps(t tenant.Tenant, s Subject) []Step {
	f := &s.Instance.Federation
	var steps []Step
	secret := "none: a public client, with PKCE"
	if s.Entered.Secret {
		secret = "the new client secret that the provider shows once; Referee has only the hash of the one in use"
	}
	for _, p := range t.Providers {
		register := []Setting{{Name: "redirect URIs", Set: strings.Join(f.RedirectURIs, ", ")}}
		for _, more := range []Setting{
			{Name: "post-logout redirect URIs", Set: strings.Join(f.LogoutURIs, ", ")}, {Name: "back-channel logout address", Set: f.BackchannelURI}, {Name: "initiate-login address", Set: f.InitiateURI},
		} {
			if more.Set != "" {
				register = append(register, more)
			}
		}
		if f.Refresh {
			register = append(register, Setting{Name: "refresh tokens", Set: "allowed (scope offline_access)"})
		}
		name, issuer := title(p), openIDIssuer(p)
		steps = append(steps,
			Step{Where: AtProvider, Who: name, Do: "Register " + s.Instance.Name + " as an OpenID client of its own, or switch on the registration it had before Referee.", Settings: register},
			Step{Where: AtApp, Who: name, Do: "Point the app's OpenID settings at " + name + ".", Settings: []Setting{
				{Name: "issuer", Now: s.Entered.Issuer, Set: issuer},
				{Name: "client id", Now: s.Entered.ClientID, Set: "the one that the provider gives"},
				{Name: "client secret", Set: secret},
			}})
	}
	return append(steps, Step{Where: AtApp, Do: "User ids: the app has known people by the ids that Referee made (" + subjects(t) + "). Link accounts by e-mail address or sign-in name where the app keeps ids."})
}

// samlSteps make the provider the app's SAML identity provider again.
func samlSteps(t tenant.Tenant, s Subject) []Step {
	set := s.Instance.Federation.SAML
	if set == nil {
		return nil
	}
	var steps []Step
	nameID := set.NameID
	if nameID == "" {
		nameID = "persistent"
	}
	for _, p := range t.Providers {
		name := title(p)
		at := samlOf(p)
		register := []Setting{{Name: "identifier (entity id) of the app", Set: set.EntityID}, {Name: "reply URL (assertion consumer service)", Set: strings.Join(set.Consumers, ", ")}}
		if set.LogoutURI != "" {
			register = append(register, Setting{Name: "logout URL", Set: set.LogoutURI})
		}
		register = append(register, Setting{Name: "NameID", Set: nameID + " (the value that Referee gave: see the NameID step)"})
		for _, a := range attributes(set) {
			register = append(register, Setting{Name: "attribute " + a[0], Set: "the person's " + a[1]})
		}
		if set.Encrypt != "" {
			register = append(register, Setting{Name: "token encryption", Set: "to the app's own certificate, as it is configured at Referee (referee app get " + string(s.Instance.ID) + ")"})
		}
		if set.SignsRequest {
			register = append(register, Setting{Name: "signed requests", Set: "required; verify with the app's certificate"})
		}
		steps = append(steps,
			Step{Where: AtProvider, Who: name, Do: "Register " + s.Instance.Name + " as a SAML app of its own, or switch on the registration it had before Referee.", Settings: register},
			Step{Where: AtApp, Who: name, Do: "Point the app's single sign-on settings at " + name + ".", Settings: []Setting{
				{Name: "entity id of the identity provider (issuer)", Now: s.Entered.Issuer, Set: at.entity},
				{Name: "sign-on URL", Now: s.Entered.SSO, Set: at.sso},
				{Name: "logout URL", Now: s.Entered.Logout, Set: at.slo},
				{Name: "signing certificate (SHA-256)", Now: strings.Join(s.Entered.Fingerprints, ", "), Set: at.certificate},
			}})
	}
	if nameID != "email" {
		steps = append(steps, Step{Where: AtApp, Do: "NameID: the app has known people by the ids that Referee made (" + subjects(t) + "). Let the provider send e-mail address or sign-in name, and link accounts by it."})
	}
	return steps
}

// attributes lists an app's attributes with what they hold, by name.
func attributes(set *catalog.SAMLApp) [][2]string {
	var out [][2]string
	for name, holds := range set.Attributes {
		out = append(out, [2]string{name, holds})
	}
	if len(out) == 0 {
		for _, holds := range catalog.SAMLAttributes {
			out = append(out, [2]string{holds, holds})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// subjects says what user ids look like.
func subjects(t tenant.Tenant) string {
	var forms []string
	for _, p := range t.Providers {
		if p.Subjects == tenant.SubjectsPlain {
			forms = append(forms, "the subject of "+title(p))
		} else {
			forms = append(forms, string(p.ID)+":<subject of "+title(p)+">")
		}
	}
	return strings.Join(forms, ", ")
}
