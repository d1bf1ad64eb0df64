package policy

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/internal/strict"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/devicerule"
	"go.yaml.in/yaml/v3"
)

func decodeAccess(r *strict.Reader, m *strict.Map) *ConditionalAccess {
	c := &ConditionalAccess{Devices: Devices{Unknown: model.TagUnmanaged}, Unscannable: UnscannableBlock}
	strict.Word(m, "unscannable", &c.Unscannable, UnscannableBlock, UnscannableAllow)
	m.Need("conditions", "write conditions: with users and applications")
	if cond := m.Map("conditions"); cond != nil {
		refuseOthers(r, cond, "conditions")
		cond.Need("users", "write users: {includeUsers: [All]}")
		cond.Need("applications", "write applications: {includeApplications: [All]}")
		decodeUsers(r, cond, &c.Users)
		decodeApplications(r, cond, &c.Applications)
		strict.Words(cond, "userRiskLevels", &c.UserRisk, riskLevels...)
		strict.Words(cond, "signInRiskLevels", &c.SignInRisk, riskLevels...)
		decodePlatforms(r, cond, &c.Platforms)
		decodeClientApps(r, cond, c)
		decodeLocations(r, cond, &c.Locations)
		decodeDevices(r, cond, &c.Devices)
		decodeFlows(r, cond, c)
		cond.Done()
	}
	decodeGrant(r, m, c)
	decodeSessionControls(r, m, c)
	if slices.Contains(c.Grant.Controls, GrantPasswordChange) {
		const path = "grantControls.builtInControls"
		n := m.At("grantControls")
		if !slices.Equal(c.Applications.Include, []string{All}) {
			r.Wrong(n, path, "write includeApplications: [All]", "a password is one for all apps, so a policy that asks to change it has to be about all of them")
		}
		// Nothing tells Referee that a password was changed: what does is that the provider takes the risk back.
		switch {
		case len(c.UserRisk) == 0:
			r.Wrong(n, path, "write userRiskLevels: [high]", "a changed password shows in the person's risk alone, so without one everybody would be kept out for good")
		case c.Unscannable != UnscannableAllow:
			r.Wrong(n, path, "write unscannable: allow", "where no risk is told, a changed password would not show, and people would be kept out for good")
		}
	}
	if !m.Has("grantControls") && !m.Has("sessionControls") {
		r.Wrong(m.At(""), "", "add grantControls or sessionControls", "the policy neither grants nor controls anything")
	}
	if c.Blocks() && (c.Session != "" || c.Frequency.Every > 0 || c.PersistentBrowser != "") {
		r.Wrong(m.At("sessionControls"), "sessionControls", "remove one of the two", "a policy that blocks has no session to control")
	}
	return c
}

func decodeUsers(r *strict.Reader, cond *strict.Map, u *Users) {
	m := cond.Map("users")
	if m == nil {
		return
	}
	refuseOthers(r, m, "conditions.users")
	var in, out []string
	m.Texts("includeUsers", &u.Include)
	m.Texts("excludeUsers", &u.Exclude)
	m.Texts("includeGroups", &in)
	m.Texts("excludeGroups", &out)
	for _, g := range in {
		u.IncludeGroups = append(u.IncludeGroups, model.GroupID(g))
	}
	for _, g := range out {
		u.ExcludeGroups = append(u.ExcludeGroups, model.GroupID(g))
	}
	m.Texts("includeRoles", &u.IncludeRoles)
	m.Texts("excludeRoles", &u.ExcludeRoles)
	u.IncludeGuests = decodeGuests(r, m, "includeGuestsOrExternalUsers")
	u.ExcludeGuests = decodeGuests(r, m, "excludeGuestsOrExternalUsers")
	if len(u.Include)+len(u.IncludeGroups)+len(u.IncludeRoles) == 0 && u.IncludeGuests == nil {
		r.Wrong(m.At("includeUsers"), m.Path("includeUsers"), "write includeUsers: [All]", "the policy is for nobody")
	}
	if slices.Contains(u.Include, None) && len(u.Include) > 1 {
		r.Wrong(m.At("includeUsers"), m.Path("includeUsers"), "remove None, or the others", "None stands alone")
	}
	m.Done()
}

// decodeGuests reads kinds of guests, as a list or in Graph's form: one text, separated by commas.
func decodeGuests(r *strict.Reader, m *strict.Map, key string) *GuestUsers {
	g := m.Map(key)
	if g == nil {
		return nil
	}
	out := &GuestUsers{}
	const types = "guestOrExternalUserTypes"
	g.Need(types, "list the kinds of guests, such as b2bCollaborationGuest")
	if n := g.At(types); g.Has(types) && n.Kind == yaml.ScalarNode && strings.Contains(n.Value, ",") {
		split := yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line, Column: n.Column}
		for _, word := range strings.Split(n.Value, ",") {
			split.Content = append(split.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(word), Line: n.Line, Column: n.Column})
		}
		*n = split
	}
	strict.Words(g, types, &out.Types, guestTypes...)
	notEmpty(r, g, types, "list the kinds of guests, such as b2bCollaborationGuest")
	if t := g.Map("externalTenants"); t != nil {
		kind := ""
		t.Need("membershipKind", "write all or enumerated")
		strict.Word(t, "membershipKind", &kind, "all", "enumerated")
		t.Texts("members", &out.Tenants)
		if (kind == "enumerated") != (len(out.Tenants) > 0) && kind != "" {
			r.Wrong(t.At("members"), t.Path("members"), "list members with enumerated, and none with all", "the kind of membership and its members don't fit")
		}
		t.Done()
	}
	g.Done()
	return out
}

func decodeApplications(r *strict.Reader, cond *strict.Map, a *Applications) {
	m := cond.Map("applications")
	if m == nil {
		return
	}
	refuseOthers(r, m, "conditions.applications")
	m.Texts("includeApplications", &a.Include)
	m.Texts("excludeApplications", &a.Exclude)
	for _, list := range []*[]string{&a.Include, &a.Exclude} {
		for i, app := range *list {
			if app == "Office365" { // Entra's word for the suite
				(*list)[i] = "office365"
			}
		}
		*list = distinct(*list)
	}
	strict.Words(m, "includeUserActions", &a.UserActions, ActionRegisterSecurityInfo, ActionRegisterDevice)
	const contexts = "includeAuthenticationContextClassReferences"
	m.Texts(contexts, &a.Contexts)
	for _, c := range a.Contexts {
		if !contextPattern.MatchString(c) {
			r.Wrong(m.At(contexts), m.Path(contexts), "name authentication contexts, c1 to c99", "%q is not an authentication context", strict.Clip(c))
		}
	}
	switch kinds := min(len(a.Include), 1) + min(len(a.UserActions), 1) + min(len(a.Contexts), 1); {
	case kinds == 0:
		r.Wrong(m.At("includeApplications"), m.Path("includeApplications"), "write includeApplications: [All]", "the policy is for no app")
	case kinds > 1:
		r.Wrong(m.At(""), m.Path(""), "make a policy of each", "a policy is about apps, or user actions, or authentication contexts")
	case len(a.Include) == 0 && len(a.Exclude) > 0:
		r.Wrong(m.At("excludeApplications"), m.Path("excludeApplications"), "remove it", "there are no apps to leave out of")
	}
	m.Done()
}

func decodePlatforms(r *strict.Reader, cond *strict.Map, p *Platforms) {
	m := cond.Map("platforms")
	if m == nil {
		return
	}
	words := append([]Platform{PlatformAll}, platforms...)
	strict.Words(m, "includePlatforms", &p.Include, words...)
	strict.Words(m, "excludePlatforms", &p.Exclude, platforms...)
	if len(p.Include) == 0 {
		r.Wrong(m.At("includePlatforms"), m.Path("includePlatforms"), "write includePlatforms: [all]", "no platform is included")
	}
	if slices.Contains(p.Include, PlatformAll) && len(p.Include) > 1 {
		r.Wrong(m.At("includePlatforms"), m.Path("includePlatforms"), "remove the others", "all stands alone")
	}
	m.Done()
}

// decodeFlows reads authentication flows, as a list or in Graph's form: one text, separated by commas.
func decodeFlows(r *strict.Reader, cond *strict.Map, c *ConditionalAccess) {
	m := cond.Map("authenticationFlows")
	if m == nil {
		return
	}
	var words []string
	m.Need("transferMethods", "write deviceCodeFlow or authenticationTransfer")
	m.Texts("transferMethods", &words)
	notEmpty(r, m, "transferMethods", "write deviceCodeFlow or authenticationTransfer, or remove authenticationFlows")
	for _, list := range words {
		for _, w := range strings.Split(list, ",") {
			switch f := AuthenticationFlow(strings.TrimSpace(w)); f {
			case FlowDeviceCode, FlowTransfer:
				if !slices.Contains(c.Flows, f) {
					c.Flows = append(c.Flows, f)
				}
			default:
				r.Wrong(m.At("transferMethods"), m.Path("transferMethods"), "use deviceCodeFlow and authenticationTransfer", "%q is no authentication flow", strict.Clip(w))
			}
		}
	}
	m.Done()
}

func decodeClientApps(r *strict.Reader, cond *strict.Map, c *ConditionalAccess) {
	var words []string
	strict.Words(cond, "clientAppTypes", &words, "all", string(model.ClientBrowser), string(model.ClientNative),
		string(model.ClientEAS), string(model.ClientOther), "easSupported")
	for _, w := range words {
		if w == "all" {
			c.ClientApps = nil
			return
		}
		if w == "easSupported" { // Graph's older word
			w = string(model.ClientEAS)
		}
		c.ClientApps = append(c.ClientApps, model.ClientApp(w))
	}
	c.ClientApps = distinct(c.ClientApps)
}

// distinct keeps the first of values that are equal once Entra's other words for them are replaced.
func distinct[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

var countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

func decodeLocations(r *strict.Reader, cond *strict.Map, l *Locations) {
	m := cond.Map("locations")
	if m == nil {
		return
	}
	m.Texts("includeLocations", &l.Include)
	m.Texts("excludeLocations", &l.Exclude)
	m.Texts("includeRanges", &l.IncludeRanges)
	m.Texts("excludeRanges", &l.ExcludeRanges)
	m.Texts("includeCountries", &l.IncludeCountries)
	m.Texts("excludeCountries", &l.ExcludeCountries)
	m.Bool("includeUnknownCountriesAndRegions", &l.IncludeUnknown)
	m.Bool("excludeUnknownCountriesAndRegions", &l.ExcludeUnknown)
	each := func(key string, list []string, check func(n *yaml.Node, path, s string)) {
		n := m.At(key)
		for i, s := range list {
			at := n
			if n.Kind == yaml.SequenceNode && i < len(n.Content) {
				at = n.Content[i]
			}
			check(at, m.Path(key), s)
		}
	}
	ranges := func(n *yaml.Node, path, s string) {
		if p, err := netip.ParsePrefix(s); err != nil {
			r.Wrong(n, path, "write it like 203.0.113.0/24 or 2001:db8::/32", "%q is not a network", strict.Clip(s))
		} else if p != p.Masked() {
			r.Wrong(n, path, "write "+p.Masked().String(), "%q has bits after its prefix", s)
		}
	}
	countries := func(n *yaml.Node, path, s string) {
		if !countryPattern.MatchString(s) {
			r.Wrong(n, path, "write two capital letters such as DK", "%q is not a country code", strict.Clip(s))
		}
	}
	each("includeRanges", l.IncludeRanges, ranges)
	each("excludeRanges", l.ExcludeRanges, ranges)
	each("includeCountries", l.IncludeCountries, countries)
	each("excludeCountries", l.ExcludeCountries, countries)
	if len(l.Include)+len(l.IncludeRanges)+len(l.IncludeCountries)+len(l.Exclude)+len(l.ExcludeRanges)+len(l.ExcludeCountries) == 0 &&
		!l.IncludeUnknown && !l.ExcludeUnknown {
		r.Wrong(m.At(""), m.Path(""), "remove locations", "no location is named")
	}
	m.Done()
}

func decodeDevices(r *strict.Reader, cond *strict.Map, d *Devices) {
	m := cond.Map("devices")
	if m == nil {
		return
	}
	refuseOthers(r, m, "conditions.devices")
	decodeUnknown(m, "deviceUnknown", &d.Unknown)
	m.Need("deviceFilter", "write deviceFilter: {mode: include, tags: [unmanaged]}")
	if f := m.Map("deviceFilter"); f != nil {
		f.Need("mode", "write include or exclude")
		strict.Word(f, "mode", &d.Mode, DevicesInclude, DevicesExclude)
		strict.Words(f, "tags", &d.Tags, deviceTags...)
		decodeRule(r, f, d)
		f.Done()
	}
	m.Done()
}

func decodeRule(r *strict.Reader, f *strict.Map, d *Devices) {
	switch {
	case !f.Has("rule") && !f.Has("tags"):
		r.Wrong(f.At(""), f.Path("rule"), "write rule: device.isCompliant -eq True, or tags: [compliant, hybridJoined, validClientCertificate]", "the filter has neither a rule nor tags")
	case f.Has("rule") && f.Has("tags"):
		f.Node("rule")
		r.Wrong(f.At("rule"), f.Path("rule"), "keep one of the two", "a filter has a rule or tags")
		return
	}
	if f.Has("tags") {
		notEmpty(r, f, "tags", "write tags: [compliant, hybridJoined, validClientCertificate], or remove devices")
		return
	}
	text := ""
	f.Text("rule", &text)
	if n := f.At("rule"); f.Has("rule") && n.Kind == yaml.ScalarNode && n.Value == "" {
		r.Wrong(n, f.Path("rule"), "write it like device.isCompliant -eq True, or remove devices", "the rule is empty")
	}
	if text == "" {
		return
	}
	rule, mistakes := devicerule.Parse(text)
	d.Rule = rule
	n := f.At("rule")
	for _, m := range mistakes {
		r.Wrong(ruleNode(n, m.At), f.Path("rule"), m.Advice, "character %d: %s", m.At, m.Reason)
	}
}

// notEmpty refuses a list without anything in it, where that would drop a condition that somebody meant to set.
func notEmpty(r *strict.Reader, m *strict.Map, key, advice string) {
	if n := m.At(key); m.Has(key) && n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.Wrong(n, m.Path(key), advice, "the list is empty")
	}
}

// ruleNode points at a character of a rule where its text stands in one line as it is, else at its beginning.
func ruleNode(n *yaml.Node, at int) *yaml.Node {
	out := *n
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0, strings.ContainsAny(n.Value, "\n\\"):
	case n.Style&yaml.DoubleQuotedStyle != 0 && !strings.Contains(n.Value, `"`), n.Style&yaml.SingleQuotedStyle != 0 && !strings.Contains(n.Value, "'"):
		out.Column += at
	case n.Style == 0:
		out.Column += at - 1
	}
	return &out
}

var deviceTags = []model.DeviceTag{
	model.TagValidClientCertificate, model.TagIntuneCompliant, model.TagHybridJoined,
	model.TagManaged, model.TagUnmanaged, model.TagUnknown,
}

func decodeUnknown(m *strict.Map, key string, to *model.DeviceTag) {
	strict.Word(m, key, to, model.TagUnmanaged, model.TagManaged, model.TagUnknown)
}
