package entra

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Options say what the plan is for.
type Options struct {
	BreakGlass []string       // two or more accounts, by user principal name or object id
	Domains    []string       // those that are planned; none: all
	Provider   string         // issuer of the provider where people of the domains sign in, "" where nobody says
	Login      string         // Entra's own address, where the tenant is in a cloud whose hosts are not known here
	Egress     []netip.Prefix // addresses from which Referee's gateways ask Microsoft 365
	Origin     string         // of Referee's sign-in, such as https://signin.example.com; "" leaves the federation's settings out
	Federation func(domain string) (issuer, passive, signOut string)
	SigningKey string             // certificate of Referee's tokens: base64 of DER
	Documents  []*policy.Document // Referee's own policies, for the findings
}

// File is something to import into Entra.
type File struct {
	Name    string          `json:"file"`
	What    string          `json:"what"` // where it belongs in Graph
	Purpose string          `json:"purpose"`
	Body    json.RawMessage `json:"body"`
}

// Plan is what to do in Entra, and why.
type Plan struct {
	Tenant     string       `json:"tenant"`
	Name       string       `json:"name"`
	Route      model.Route  `json:"route"`
	Domains    []DomainPlan `json:"domains"`
	BreakGlass []string     `json:"breakGlass"` // object ids
	Files      []File       `json:"files"`
	Steps      []string     `json:"steps"` // what no file does
	Limits     []string     `json:"limits"`
	Findings   []Finding    `json:"findings"`
	Evidence   string       `json:"evidence"`
}

// maker makes one plan.
type maker struct {
	tenant *Tenant
	opt    Options
	glass  []Person
	plan   *Plan
}

// Applications of Microsoft 365 as Conditional Access names them.
const (
	appSharePoint = "00000003-0000-0ff1-ce00-000000000000"
	appExchange   = "00000002-0000-0ff1-ce00-000000000000"
	appOffice     = "Office365" // the suite; Teams and the others are in it
	reportOnly    = "enabledForReportingButNotEnforced"
)

const evidence = "made from what Graph says of the tenant and from Microsoft's documentation; neither the policies nor the federation have been run against a live tenant by Referee's developers. Every policy is written as report-only: read its report in Entra before you switch it on."

var objectID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Make plans Microsoft 365. It refuses, and writes nothing, while fewer than two break-glass accounts are named that
// exist: what is planned could lock everybody out.
func Make(t *Tenant, opt Options) (*Plan, error) {
	m := &maker{tenant: t, opt: opt}
	for i, d := range m.opt.Domains {
		m.opt.Domains[i] = strings.ToLower(d)
		if !slices.ContainsFunc(t.Domains, func(have Domain) bool { return have.Name == m.opt.Domains[i] }) {
			return nil, fault.New(fault.Invalid, "entra.Make", "the tenant has no domain %q", d)
		}
	}
	if err := m.opt.provider(); err != nil {
		return nil, err
	}
	if err := m.accounts(); err != nil {
		return nil, err
	}
	m.plan = &Plan{Tenant: t.Organization.ID, Name: t.Organization.Name, Route: model.RouteNative, Domains: m.routes(), Files: []File{}, Evidence: evidence}
	for _, p := range m.glass {
		m.plan.BreakGlass = append(m.plan.BreakGlass, p.ID)
	}
	if slices.ContainsFunc(m.plan.Domains, func(d DomainPlan) bool { return d.Route == model.RouteFederated }) {
		m.plan.Route = model.RouteFederated
	}
	switch m.plan.Route {
	case model.RouteFederated:
		m.federated()
	default:
		m.native()
	}
	m.always()
	m.plan.Findings = m.findings()
	return m.plan, nil
}

// accounts finds the break-glass accounts.
func (m *maker) accounts() error {
	const op = "entra.Make"
	refuse := func(format string, args ...any) error {
		return &fault.Error{
			Kind: fault.Invalid, Op: op, Msg: fmt.Sprintf(format, args...),
			Help: "name two cloud-only accounts with --break-glass, by user principal name or object id; keep them in the onmicrosoft.com domain, and test them",
		}
	}
	for _, named := range m.opt.BreakGlass {
		i := slices.IndexFunc(m.tenant.People, func(p Person) bool { return strings.EqualFold(p.UPN, named) || strings.EqualFold(p.ID, named) })
		switch {
		case i < 0:
			return refuse("the tenant has no account %q among those that were read", named)
		case !objectID.MatchString(m.tenant.People[i].ID):
			return refuse("the account %q has no object id", named)
		case m.tenant.People[i].Enabled != nil && !*m.tenant.People[i].Enabled:
			return refuse("the break-glass account %q is disabled", named)
		case slices.ContainsFunc(m.glass, func(p Person) bool { return p.ID == m.tenant.People[i].ID }):
			return refuse("the break-glass account %q is named twice", named)
		}
		m.glass = append(m.glass, m.tenant.People[i])
	}
	if len(m.glass) < 2 {
		return refuse("%d break-glass accounts are named, and two are needed", len(m.glass))
	}
	return nil
}

// ca makes a conditionalAccessPolicy that reports only, for everybody but the break-glass accounts.
func (m *maker) ca(file, name, purpose string, apps, clients []string, change func(p map[string]any)) {
	p := map[string]any{
		"displayName": "Referee: " + name, "state": reportOnly,
		"conditions": map[string]any{
			"clientAppTypes": clients,
			"applications":   map[string]any{"includeApplications": apps},
			"users":          map[string]any{"includeUsers": []string{"All"}, "excludeUsers": m.plan.BreakGlass},
		},
	}
	change(p)
	m.file(file, "POST /identity/conditionalAccess/policies", purpose, p)
}

func (m *maker) file(name, what, purpose string, body any) {
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		panic(err) // plain maps always have a JSON form
	}
	m.plan.Files = append(m.plan.Files, File{Name: name, What: what, Purpose: purpose, Body: text})
}

func grant(operator string, controls ...string) func(map[string]any) {
	return func(p map[string]any) {
		p["grantControls"] = map[string]any{"operator": operator, "builtInControls": controls}
	}
}

func (m *maker) step(format string, args ...any) {
	m.plan.Steps = append(m.plan.Steps, fmt.Sprintf(format, args...))
}

// native plans a tenant whose sessions don't come through Referee.
func (m *maker) native() {
	m.ca("app-enforced-restrictions.json", "limited access in the browser on unmanaged devices",
		"tells SharePoint, OneDrive and Exchange whether a device is managed, so that they limit it themselves: no download, print and synchronisation",
		[]string{appSharePoint, appExchange}, []string{"browser"}, func(p map[string]any) {
			p["sessionControls"] = map[string]any{"applicationEnforcedRestrictions": map[string]any{"isEnabled": true}}
		})
	m.step("SharePoint and OneDrive: set limited, web-only access for unmanaged devices (SharePoint admin center, Policies, Access control, Unmanaged devices; or Set-SPOTenant -ConditionalAccessPolicy AllowLimitedAccess). App-enforced restrictions do nothing without it.")
	m.step("Exchange: set ConditionalAccessPolicy to ReadOnly in the OWA mailbox policies (Set-OwaMailboxPolicy -Identity OwaMailboxPolicy-Default -ConditionalAccessPolicy ReadOnly).")
	m.plan.Limits = append(m.plan.Limits,
		"Referee does not see these sessions: session policies, block with override, step-up in an app and scanning of what is downloaded don't apply to them.",
		"App-enforced restrictions are Entra's signal to Exchange and SharePoint alone. Referee can't send it, and the other apps of Microsoft 365 don't read it.",
		"Teams shows files by SharePoint; its chat and meetings are not limited.")
}

// federated plans a tenant whose domain is federated to Referee.
func (m *maker) federated() {
	for _, d := range m.plan.Domains {
		if d.Route == model.RouteFederated {
			m.federation(d.Domain)
		}
	}
	switch id, have := m.egress(); {
	case len(m.opt.Egress) == 0:
		m.step("Name the addresses from which Referee's gateways ask Microsoft 365 (--egress), and plan again: only with them can Entra tell a session that comes through Referee from one that goes round it.")
	case !have:
		ranges := []map[string]string{}
		for _, p := range m.opt.Egress {
			kind := "#microsoft.graph.iPv4CidrRange"
			if p.Addr().Is6() {
				kind = "#microsoft.graph.iPv6CidrRange"
			}
			ranges = append(ranges, map[string]string{"@odata.type": kind, "cidrAddress": p.String()})
		}
		m.file("named-location-referee.json", "POST /identity/conditionalAccess/namedLocations", "the addresses from which Referee's gateways come",
			map[string]any{"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Referee gateways", "isTrusted": false, "ipRanges": ranges})
		m.step("Create the named location of named-location-referee.json, and plan again: the policy that keeps browsers from going round Referee names it by its id.")
	default:
		m.ca("browser-through-referee.json", "browsers come through Referee or are on a compliant device",
			"a browser that signs in elsewhere than through a gateway of Referee's gets in only on a managed device: a token that was taken out of a session, or a session at the app's own address, is worth nothing elsewhere",
			[]string{appOffice}, []string{"browser"}, func(p map[string]any) {
				conditions, _ := p["conditions"].(map[string]any)
				conditions["locations"] = map[string]any{"includeLocations": []string{"All"}, "excludeLocations": []string{id}}
				grant("OR", "compliantDevice", "domainJoinedDevice")(p)
			})
	}
	m.step("Switch off “Show option to remain signed in” in Entra's company branding: that page asks something after Referee's answer, and such pages are not shown at Referee's addresses.")
	m.plan.Limits = append(m.plan.Limits,
		"A request for a sign-in does not say which app it is for, so Referee decides about Microsoft 365 as one app at sign-in, and about each app where its hosts are mapped. A deep link survives where people begin at the mapped address, not where they begin at the app's own.",
		"A token is posted by the browser, which could post it to Entra directly: the policy about Referee's addresses closes that, so leave it out of report-only once its report is clean.",
		"Scripts of Microsoft 365 get bearer tokens for other services, such as Graph. Calls that they make to hosts that are not mapped are not seen.",
		"Programs that ask for a token without a browser (WS-Trust usernamemixed) are not offered one.")
}

// federation writes the settings by which a domain is federated to Referee.
func (m *maker) federation(domain string) {
	if m.opt.Origin == "" || m.opt.Federation == nil || m.opt.SigningKey == "" {
		m.step("Federate %s: `referee app show` prints issuer, addresses and certificate for the instance of Microsoft 365; give --instance to have the settings written.", domain)
		return
	}
	issuer, passive, signOut := m.opt.Federation(domain)
	m.file("federation-"+domain+".json", "POST /domains/"+domain+"/federationConfiguration", "federates "+domain+" to Referee; everybody of the domain signs in there from that moment, so do it when people can be told",
		map[string]any{
			"@odata.type": "#microsoft.graph.internalDomainFederation", "displayName": "Referee", "issuerUri": issuer, "passiveSignInUri": passive, "signOutUri": signOut,
			"preferredAuthenticationProtocol": "wsFed", "signingCertificate": m.opt.SigningKey, "isSignedAuthenticationRequestRequired": false,
			"promptLoginBehavior": "translateToFreshPasswordAuthentication", "federatedIdpMfaBehavior": "enforceMfaByFederatedIdp",
		})
	m.step("Have Entra check that a token's account is of the domain that %s signs in for (Graph beta, federatedTokenValidationPolicy with validatingDomains of all federated domains): it looks accounts up by ImmutableID in the whole tenant otherwise, whatever domain the sign-in name is of.", domain)
	m.step("Before you federate %s: sign in with both break-glass accounts, and keep the way back at hand (PATCH /domains/%s with authenticationType Managed).", domain, domain)
}

// egress finds a named location that holds all of Referee's addresses and nothing else.
func (m *maker) egress() (id string, ok bool) {
	want := map[netip.Prefix]bool{}
	for _, p := range m.opt.Egress {
		want[p.Masked()] = true
	}
	for _, l := range m.tenant.Locations {
		have := map[netip.Prefix]bool{}
		for _, r := range l.Ranges {
			p, err := netip.ParsePrefix(r.CIDR)
			if err == nil {
				have[p.Masked()] = true
			}
		}
		if len(want) > 0 && len(have) == len(l.Ranges) && equalSets(want, have) {
			return l.ID, true
		}
	}
	return "", false
}

func equalSets(a, b map[netip.Prefix]bool) bool {
	for p := range a {
		if !b[p] {
			return false
		}
	}
	return len(a) == len(b)
}

// always are the policies of both routes: programs that are no browser go by Entra alone.
func (m *maker) always() {
	m.ca("native-clients-compliant.json", "programs that are no browser need a managed device",
		"what can't be downloaded in the browser is not synchronised by a program instead", []string{appOffice}, []string{"mobileAppsAndDesktopClients"}, grant("OR", "compliantDevice", "domainJoinedDevice"))
	m.ca("legacy-clients-block.json", "legacy authentication is blocked",
		"protocols that send a password know no second factor and no device", []string{"All"}, []string{"exchangeActiveSync", "other"}, grant("OR", "block"))
}
