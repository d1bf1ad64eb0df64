package policy

import (
	"net/netip"
	"regexp"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy/internal/strict"
	"go.yaml.in/yaml/v3"
)

func decodeAccess(r *strict.Reader, m *strict.Map) *ConditionalAccess {
	c := &ConditionalAccess{Devices: Devices{Unknown: model.TagUnmanaged}}
	m.Need("conditions", "write conditions: with users and applications")
	if cond := m.Map("conditions"); cond != nil {
		refuseOthers(r, cond, "conditions")
		cond.Need("users", "write users: {includeUsers: [All]}")
		cond.Need("applications", "write applications: {includeApplications: [All]}")
		decodeUsers(r, cond, &c.Users)
		decodeApplications(r, cond, &c.Applications)
		decodeClientApps(r, cond, c)
		decodeLocations(r, cond, &c.Locations)
		decodeDevices(r, cond, &c.Devices)
		cond.Done()
	}
	decodeGrant(r, m, c)
	decodeSessionControls(r, m, c)
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
	if len(u.Include)+len(u.IncludeGroups) == 0 {
		r.Wrong(m.At("includeUsers"), m.Path("includeUsers"), "write includeUsers: [All]", "the policy is for nobody")
	}
	m.Done()
}

func decodeApplications(r *strict.Reader, cond *strict.Map, a *Applications) {
	m := cond.Map("applications")
	if m == nil {
		return
	}
	refuseOthers(r, m, "conditions.applications")
	m.Texts("includeApplications", &a.Include)
	m.Texts("excludeApplications", &a.Exclude)
	for _, list := range [][]string{a.Include, a.Exclude} {
		for i, app := range list {
			if app == "Office365" { // Entra's word for the suite
				list[i] = "office365"
			}
		}
	}
	if len(a.Include) == 0 {
		r.Wrong(m.At("includeApplications"), m.Path("includeApplications"), "write includeApplications: [All]", "the policy is for no app")
	}
	m.Done()
}

func decodeClientApps(r *strict.Reader, cond *strict.Map, c *ConditionalAccess) {
	var words []string
	strict.Words(cond, "clientAppTypes", &words, "all", string(model.ClientBrowser), string(model.ClientNative))
	for _, w := range words {
		if w == "all" {
			c.ClientApps = nil
			return
		}
		c.ClientApps = append(c.ClientApps, model.ClientApp(w))
	}
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
	if len(l.Include)+len(l.IncludeRanges)+len(l.IncludeCountries)+len(l.Exclude)+len(l.ExcludeRanges)+len(l.ExcludeCountries) == 0 {
		r.Wrong(m.At(""), m.Path(""), "remove locations", "no location is named")
	}
	m.Done()
}

func decodeDevices(r *strict.Reader, cond *strict.Map, d *Devices) {
	m := cond.Map("devices")
	if m == nil {
		return
	}
	decodeUnknown(m, "deviceUnknown", &d.Unknown)
	m.Need("deviceFilter", "write deviceFilter: {mode: include, tags: [unmanaged]}")
	if f := m.Map("deviceFilter"); f != nil {
		refuseOthers(r, f, "conditions.devices.deviceFilter")
		f.Need("mode", "write include or exclude")
		f.Need("tags", "write tags: [compliant, hybridJoined, validClientCertificate]")
		strict.Word(f, "mode", &d.Mode, DevicesInclude, DevicesExclude)
		strict.Words(f, "tags", &d.Tags, deviceTags...)
		f.Done()
	}
	m.Done()
}

var deviceTags = []model.DeviceTag{
	model.TagValidClientCertificate, model.TagIntuneCompliant, model.TagHybridJoined,
	model.TagManaged, model.TagUnmanaged, model.TagUnknown,
}

func decodeUnknown(m *strict.Map, key string, to *model.DeviceTag) {
	strict.Word(m, key, to, model.TagUnmanaged, model.TagManaged, model.TagUnknown)
}
