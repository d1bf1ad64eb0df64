package entra

import (
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/devicerule"
	"github.com/referee-casb/referee/policy/lint"
)

// The checks that need Referee's side: its origin, its addresses, its policies.

func federationMFA(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, d := range m.tenant.Domains {
		if f, ok := m.tenant.Federations[d.Name]; ok && f.MFA == "" {
			report(d.Name, `set federatedIdpMfaBehavior to enforceMfaByFederatedIdp, or to rejectMfaByFederatedIdp where Entra's own second factor is to be asked`, "federatedIdpMfaBehavior is not set")
		}
	}
}

func federationPrompt(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, d := range m.tenant.Domains {
		f, ok := m.tenant.Federations[d.Name]
		if ok && m.opt.Origin != "" && strings.HasPrefix(f.Passive, m.opt.Origin+"/") && f.Prompt != "translateToFreshPasswordAuthentication" {
			report(d.Name, "set promptLoginBehavior to translateToFreshPasswordAuthentication", "promptLoginBehavior is %q", f.Prompt)
		}
	}
}

func deviceFilterTrap(m *maker, report func(about, fix, reason string, args ...any)) {
	for i := range m.tenant.Policies {
		p := &m.tenant.Policies[i]
		if p.State == "disabled" || p.When.Devices == nil || p.When.Devices.Filter == nil {
			continue
		}
		f := p.When.Devices.Filter
		rule, mistakes := devicerule.Parse(f.Rule)
		if len(mistakes) > 0 {
			report(p.Name, "correct the rule in Entra", "its filter for devices can't be read: %s", mistakes[0])
			continue
		}
		if reason, fix := lint.DeviceTrap(policy.DeviceMode(strings.ToLower(f.Mode)), rule); reason != "" {
			report(p.Name, fix, "%s", reason)
		}
	}
}

func secondProxy(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, p := range m.inForce() {
		if m.plan.Route == model.RouteFederated && p.Session != nil && p.Session.CloudApp != nil && p.Session.CloudApp.On && (p.covers(appSharePoint) || p.covers(appExchange)) {
			report(p.Name, "switch its session control off when Referee's takes over", "it uses Conditional Access App Control (%s)", p.Session.CloudApp.Kind)
		}
	}
}

func egressBlocked(m *maker, report func(about, fix, reason string, args ...any)) {
	if m.plan.Route != model.RouteFederated || len(m.opt.Egress) == 0 {
		return
	}
	id, have := m.egress()
	for _, p := range m.inForce() {
		where := p.When.Locations
		if where == nil || !p.blocks() || !p.takes("browser") || !p.covers(appSharePoint) && !p.covers(appExchange) || !slices.Contains(where.Include, "All") {
			continue
		}
		trusted := have && slices.Contains(where.Exclude, "AllTrusted") && slices.ContainsFunc(m.tenant.Locations, func(l Location) bool { return l.ID == id && l.Trusted })
		if !trusted && (!have || !slices.ContainsFunc(where.Exclude, func(s string) bool { return strings.EqualFold(s, id) })) {
			report(p.Name, "exclude the named location of Referee's gateways; people's own places are decided by Referee then", "it blocks every place but some, and Referee's addresses are none of these")
		}
	}
}

// ours are Referee's Conditional Access policies in force that are about an app of Microsoft 365.
func (m *maker) ours(key string) []*policy.Document {
	var out []*policy.Document
	for _, d := range m.opt.Documents {
		if d.Access == nil || d.State != policy.StateEnabled {
			continue
		}
		apps := d.Access.Applications
		about := func(list []string) bool {
			return slices.Contains(list, key) || slices.Contains(list, "office365") || key == "sharepoint" && slices.Contains(list, "onedrive")
		}
		if (about(apps.Include) || slices.Contains(apps.Include, policy.All)) && !about(apps.Exclude) {
			out = append(out, d)
		}
	}
	return out
}

func notMirrored(m *maker, report func(about, fix, reason string, args ...any)) {
	if m.plan.Route != model.RouteNative {
		return
	}
	seen := map[string]bool{}
	for _, app := range suite {
		for _, d := range m.ours(app.key) {
			mirrored, but := m.holds(func(p *Policy) bool { return p.covers(app.id) && p.does(d.Access) })
			if !mirrored && !seen[d.ID] {
				seen[d.ID] = true
				report(d.Name, "export it (`referee policy export`) and import it in Entra, or take Microsoft 365 out of its apps", "%s is on the route native, where Referee is not asked, and no policy in force in Entra asks for no less of everybody and everywhere%s", app.name, but)
			}
		}
	}
}

// does reports whether a policy of Entra's asks for no less than one of Referee's, with the same kinds of client.
func (p *Policy) does(c *policy.ConditionalAccess) bool {
	clients := c.ClientApps
	switch {
	case len(clients) > 0:
	case c.Session != "":
		clients = []model.ClientApp{model.ClientBrowser} // the others have no session to control: entra_native_client_open tells of them
	default:
		clients = []model.ClientApp{model.ClientBrowser, model.ClientNative, model.ClientEAS, model.ClientOther}
	}
	for _, client := range clients {
		if !p.takes(string(client)) {
			return false
		}
	}
	if p.blocks() {
		return true
	}
	if c.Session != "" && (p.Session == nil || p.Session.Restrictions == nil || !p.Session.Restrictions.On) {
		return false
	}
	return p.asksFor(&c.Grant) && (c.Session != "" || len(c.Grant.Controls)+len(c.Grant.TermsOfUse) > 0 || c.Grant.Strength != "")
}

// asksFor reports whether whoever meets the policy's grant controls meets those of one of Referee's. Which strength and
// which terms they are is not compared: the ids are each side's own.
func (p *Policy) asksFor(want *policy.Grant) bool {
	wants := len(want.Controls) + len(want.TermsOfUse)
	if want.Strength != "" {
		wants++
	}
	meets := 0
	for _, c := range want.Controls {
		if slices.Contains(p.controls(), string(c)) {
			meets++
		}
	}
	if want.Strength != "" && p.Grant != nil && p.Grant.Strength != nil {
		meets++
	}
	if p.Grant != nil {
		meets += min(len(want.TermsOfUse), len(p.Grant.Terms))
	}
	either := want.Any && wants > 1
	switch {
	case wants == 0:
		return true
	case p.choice() && either:
		return meets == len(p.controls())+p.elseways() // each of its ways is one of those
	case p.choice():
		return false
	case either:
		return meets > 0
	}
	return meets == wants
}

func persistentBrowser(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, p := range m.inForce() {
		if p.Session == nil || p.Session.Persistent == nil || !p.Session.Persistent.On || p.Session.Persistent.Mode != "always" {
			continue
		}
		for _, d := range m.opt.Documents {
			if d.Access != nil && d.State == policy.StateEnabled && d.Access.PersistentBrowser == policy.PersistentNever {
				report(p.Name, "let one of them say it", "it keeps browsers signed in always, and Referee's policy “%s” never", d.Name)
			}
		}
	}
}

func securityDefaults(m *maker, report func(about, fix, reason string, args ...any)) {
	if m.tenant.SecurityDefaults {
		report("", "switch them off when the policies that take their place are ready", "security defaults are on")
	}
}

func notLicensed(m *maker, report func(about, fix, reason string, args ...any)) {
	if !m.tenant.licensed("AAD_PREMIUM", "AAD_PREMIUM_P2") {
		report("Conditional Access", "get Entra ID P1, or limit unmanaged devices in SharePoint's and Exchange's own settings", "no subscription has Entra ID P1 or P2")
	}
	if !m.tenant.licensed("INTUNE_A", "INTUNE_EDU", "INTUNE_SMBIZ") {
		report("compliantDevice", "hybrid joined devices work without, or get Intune, or a partner that reports compliance", "no subscription has Intune, so that no device becomes compliant by it")
	}
}

func appDisabled(m *maker, report func(about, fix, reason string, args ...any)) {
	for _, app := range suite {
		for _, p := range m.tenant.Principals {
			if strings.EqualFold(p.AppID, app.id) && p.Enabled != nil && !*p.Enabled {
				report(app.name, "leave it out of the policies, or switch it on", "nobody can sign in to it")
			}
		}
	}
}
