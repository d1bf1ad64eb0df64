package entra

import (
	"fmt"
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/lint"
)

// Finding is a hole in Entra's side of the story, or a place where it contradicts Referee's.
type Finding struct {
	Code     string        `json:"code"`
	Severity lint.Severity `json:"severity"`
	About    string        `json:"about,omitempty"` // name of a policy, a domain or an account
	Reason   string        `json:"reason"`
	Fix      string        `json:"fix"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	about := ""
	if f.About != "" {
		about = f.About + ": "
	}
	return fmt.Sprintf("%s%s; %s (%s, %s)", about, f.Reason, f.Fix, f.Severity, f.Code)
}

// Check is one kind of finding.
type Check struct {
	Code     string
	Severity lint.Severity
	Doc      string
	run      func(m *maker, report func(about, fix, reason string, args ...any))
}

// checks lists every check.
var checks = []Check{
	{"entra_break_glass_not_excluded", lint.Error, "A policy that asks everybody for something does not leave the break-glass accounts out by name: when the provider, Referee or device management is down, they are locked out with all others.", breakGlassNotExcluded},
	{"entra_break_glass_in_domain", lint.Error, "A break-glass account is of a domain that is, or is to be, federated, or is synchronised from a directory: it fails with what it is there to mend.", breakGlassInDomain},
	{"entra_native_client_open", lint.Error, "No policy in force keeps programs that are no browser to managed devices: what the browser may not download is synchronised.", nativeClientOpen},
	{"entra_legacy_open", lint.Warning, "No policy in force blocks legacy authentication, which knows neither a second factor nor a device.", legacyOpen},
	{"entra_app_left_out", lint.Error, "A policy that covers Microsoft 365 leaves one of its apps out: the way round leads through it.", appLeftOut},
	{"entra_federation_mfa", lint.Error, "A federated domain does not say what its provider's second factor counts for (federatedIdpMfaBehavior): Entra then asks again, or takes a password for two factors, by an older setting that nobody sees.", federationMFA},
	{"entra_federation_prompt", lint.Warning, "A federated domain does not pass on a wish for a fresh sign-in in a form that Referee understands (promptLoginBehavior).", federationPrompt},
	{"entra_device_filter_trap", lint.Error, "A filter for devices leaves out exactly the devices that are not registered, which have no attributes.", deviceFilterTrap},
	{"entra_second_proxy", lint.Warning, "A policy sends sessions through Defender for Cloud Apps as well: two gateways rewrite the same pages.", secondProxy},
	{"entra_egress_blocked", lint.Error, "A policy blocks every place but some, and Referee's addresses are not among these: sessions through the gateway are blocked.", egressBlocked},
	{"entra_not_mirrored", lint.Warning, "A policy of Referee's is about Microsoft 365, whose sessions don't come through Referee on the route native, and no policy in force in Entra does the same.", notMirrored},
	{"entra_persistent_browser", lint.Warning, "Entra keeps browsers signed in where a policy of Referee's does not.", persistentBrowser},
	{"entra_security_defaults", lint.Error, "Security defaults are on: Conditional Access policies can't be switched on beside them.", securityDefaults},
	{"entra_not_licensed", lint.Error, "A licence is missing for what is planned.", notLicensed},
	{"entra_app_disabled", lint.Info, "An app of Microsoft 365 is switched off for sign-in: policies about it do nothing.", appDisabled},
}

// Checks returns the checks, for reference pages.
func Checks() []Check { return slices.Clone(checks) }

func (m *maker) findings() []Finding {
	out := []Finding{}
	for _, c := range checks {
		c.run(m, func(about, fix, reason string, args ...any) {
			out = append(out, Finding{Code: c.Code, Severity: c.Severity, About: about, Reason: fmt.Sprintf(reason, args...), Fix: fix})
		})
	}
	return out
}

// inForce are the policies that are on.
func (m *maker) inForce() []*Policy {
	var out []*Policy
	for i := range m.tenant.Policies {
		if m.tenant.Policies[i].State == "enabled" {
			out = append(out, &m.tenant.Policies[i])
		}
	}
	return out
}

func (p *Policy) everybody() bool { return slices.Contains(p.When.Users.Include, "All") }

func (p *Policy) controls() []string {
	if p.Grant == nil {
		return nil
	}
	return p.Grant.Controls
}

func (p *Policy) blocks() bool { return slices.Contains(p.controls(), "block") }

// asks reports whether the policy may keep somebody out.
func (p *Policy) asks() bool {
	return p.Grant != nil && (len(p.Grant.Controls) > 0 || p.elseways() > 0)
}

// elseways counts what the policy asks for beside Entra's built-in controls.
func (p *Policy) elseways() int {
	if p.Grant == nil {
		return 0
	}
	n := len(p.Grant.Terms) + len(p.Grant.Custom)
	if p.Grant.Strength != nil {
		n++
	}
	return n
}

// choice reports whether one of several controls is enough.
func (p *Policy) choice() bool {
	return p.Grant != nil && p.Grant.Operator == "OR" && len(p.Grant.Controls)+p.elseways() > 1
}

// leftOut names those whom a policy for everybody leaves out, beside the break-glass accounts: "" when it leaves nobody out.
func (m *maker) leftOut(p *Policy) string {
	u := &p.When.Users
	others := slices.ContainsFunc(u.Exclude, func(id string) bool {
		return !slices.ContainsFunc(m.glass, func(a Person) bool { return strings.EqualFold(a.ID, id) })
	})
	var out []string
	for what, is := range map[string]bool{
		"people": others, "groups": len(u.ExcludeGroups) > 0, "roles": len(u.ExcludeRoles) > 0,
		"guests": u.ExcludeGuests != nil && u.ExcludeGuests.Types != "" && u.ExcludeGuests.Types != "none",
	} {
		if is {
			out = append(out, what)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}

// holds reports whether one of the policies that do something does it for everybody and everywhere; where none does, it
// returns those that do but for the people whom they leave out, in words.
func (m *maker) holds(does func(p *Policy) bool) (ok bool, but string) {
	for _, p := range m.inForce() {
		if !p.everybody() || p.narrowed() || !does(p) {
			continue
		}
		out := m.leftOut(p)
		if out == "" {
			return true, ""
		}
		but += fmt.Sprintf(" (“%s” would, but leaves out %s)", p.Name, out)
	}
	return false, but
}

// takes reports whether the policy is about a kind of client; one that names none is about all.
func (p *Policy) takes(client string) bool {
	return len(p.When.Clients) == 0 || slices.Contains(p.When.Clients, "all") || slices.Contains(p.When.Clients, client)
}

// narrowed reports whether conditions beside users, apps and clients leave somebody out.
func (p *Policy) narrowed() bool {
	w := &p.When
	return w.Locations != nil && !slices.Equal(w.Locations.Include, []string{"All"}) || w.Locations != nil && len(w.Locations.Exclude) > 0 || w.Platforms != nil ||
		w.Devices != nil && w.Devices.Filter != nil || w.InsiderRisk != "" || w.Flows != nil && w.Flows.Methods != "" && w.Flows.Methods != "none" || len(w.UserRisk)+len(w.SignInRisk) > 0 || len(w.Apps.Filter) > 0 && string(w.Apps.Filter) != "null"
}

// covers reports whether the policy is about an app of Microsoft 365, by its id.
func (p *Policy) covers(app string) bool {
	named := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, app) || s == appOffice })
	}
	if slices.ContainsFunc(p.When.Apps.Exclude, func(s string) bool { return strings.EqualFold(s, app) || s == appOffice }) {
		return false
	}
	return slices.Contains(p.When.Apps.Include, "All") || named(p.When.Apps.Include)
}

// suite are the apps whose data Referee's policies are about, by Conditional Access's ids.
var suite = []struct{ id, key, name string }{{appSharePoint, "sharepoint", "SharePoint Online"}, {appExchange, "exchange", "Exchange Online"}}

func breakGlassNotExcluded(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, p := range m.inForce() {
		if !p.everybody() || !p.asks() {
			continue
		}
		var left []string
		for _, a := range m.glass {
			if !slices.ContainsFunc(p.When.Users.Exclude, func(id string) bool { return strings.EqualFold(id, a.ID) }) {
				left = append(left, a.UPN)
			}
		}
		switch {
		case len(left) == 0:
		case len(p.When.Users.ExcludeGroups)+len(p.When.Users.ExcludeRoles) > 0:
			report(p.Name, "exclude them by name", "it excludes %s by group or role at best, which anybody may change who may change the group", strings.Join(left, " and "))
		default:
			report(p.Name, "exclude them", "it does not exclude %s", strings.Join(left, " and "))
		}
	}
}

func breakGlassInDomain(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, a := range m.glass {
		_, domain, _ := strings.Cut(strings.ToLower(a.UPN), "@")
		for _, d := range m.tenant.Domains {
			planned := slices.ContainsFunc(m.plan.Domains, func(p DomainPlan) bool { return p.Domain == d.Name && p.Route == model.RouteFederated })
			if d.Name == domain && (d.Auth == "Federated" || planned) {
				report(a.UPN, "use accounts of the onmicrosoft.com domain", "it is of %s, whose people sign in through a federated provider", d.Name)
			}
		}
		if a.Synced != nil && *a.Synced {
			report(a.UPN, "use cloud-only accounts", "it is synchronised from a directory")
		}
	}
}

func nativeClientOpen(m *maker, report func(about, fix, reason string, args ...any)) {
	managed := func(c string) bool { return c == "compliantDevice" || c == "domainJoinedDevice" }
	for _, app := range suite {
		closed, but := m.holds(func(p *Policy) bool {
			weak := p.choice() && (p.elseways() > 0 || slices.ContainsFunc(p.controls(), func(c string) bool { return c != "block" && !managed(c) }))
			return p.covers(app.id) && p.takes("mobileAppsAndDesktopClients") && (p.blocks() || slices.ContainsFunc(p.controls(), managed)) && !weak
		})
		if !closed {
			report(app.name, "import native-clients-compliant.json, read its report, and switch it on", "no policy in force keeps programs such as Outlook and OneDrive to managed devices, for everybody and everywhere%s", but)
		}
	}
}

func legacyOpen(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, client := range []string{"exchangeActiveSync", "other"} {
		closed, but := m.holds(func(p *Policy) bool { return p.covers(appExchange) && p.takes(client) && p.blocks() })
		if !closed {
			report(client, "import legacy-clients-block.json, read its report, and switch it on", "no policy in force blocks it for everybody%s", but)
		}
	}
}

func appLeftOut(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, p := range m.inForce() {
		whole := slices.Contains(p.When.Apps.Include, "All") || slices.Contains(p.When.Apps.Include, appOffice)
		for _, app := range suite {
			if whole && p.asks() && slices.ContainsFunc(p.When.Apps.Exclude, func(s string) bool { return strings.EqualFold(s, app.id) || s == appOffice }) {
				report(p.Name, "take "+app.name+" out of its excluded apps, or say in its name why it is there", "it leaves %s out", app.name)
			}
		}
	}
}
