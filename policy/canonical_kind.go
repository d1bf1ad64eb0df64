package policy

import (
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
	"go.yaml.in/yaml/v3"
)

func (d *Document) node() *yaml.Node {
	t := newTree()
	t.text("kind", string(d.Kind))
	t.text("id", d.ID)
	t.text("name", d.Name)
	t.text("description", d.Description)
	t.text("severity", string(d.Severity))
	t.text("category", string(d.Category))
	t.text("state", string(d.State))
	switch {
	case d.Access != nil:
		d.Access.write(t)
	case d.Inline != nil:
		d.Inline.write(t, d.Kind)
	case d.After != nil:
		d.After.write(t, d.Kind)
	}
	return t.n
}

func (c *ConditionalAccess) write(t tree) {
	if c.Unscannable == UnscannableAllow {
		t.text("unscannable", string(c.Unscannable))
	}
	cond := newTree()
	cond.put("users", c.Users.node())
	apps := newTree()
	apps.texts("includeApplications", c.Applications.Include)
	apps.texts("excludeApplications", c.Applications.Exclude)
	apps.texts("includeUserActions", texts(c.Applications.UserActions))
	apps.texts("includeAuthenticationContextClassReferences", c.Applications.Contexts)
	cond.put("applications", apps.n)
	cond.texts("userRiskLevels", texts(c.UserRisk))
	cond.texts("signInRiskLevels", texts(c.SignInRisk))
	if len(c.Platforms.Include) > 0 {
		p := newTree()
		p.texts("includePlatforms", texts(c.Platforms.Include))
		p.texts("excludePlatforms", texts(c.Platforms.Exclude))
		cond.put("platforms", p.n)
	}
	cond.texts("clientAppTypes", texts(c.ClientApps))
	where := newTree()
	where.texts("includeLocations", c.Locations.Include)
	where.texts("excludeLocations", c.Locations.Exclude)
	where.texts("includeRanges", c.Locations.IncludeRanges)
	where.texts("excludeRanges", c.Locations.ExcludeRanges)
	where.texts("includeCountries", c.Locations.IncludeCountries)
	where.texts("excludeCountries", c.Locations.ExcludeCountries)
	where.on("includeUnknownCountriesAndRegions", c.Locations.IncludeUnknown)
	where.on("excludeUnknownCountriesAndRegions", c.Locations.ExcludeUnknown)
	if len(where.n.Content) > 0 {
		cond.put("locations", where.n)
	}
	if c.Devices.Mode != DevicesAll {
		devices, f := newTree(), newTree()
		f.text("mode", string(c.Devices.Mode))
		f.texts("tags", texts(c.Devices.Tags))
		if c.Devices.Rule != nil {
			f.text("rule", c.Devices.Rule.String())
		}
		devices.put("deviceFilter", f.n)
		devices.text("deviceUnknown", string(c.Devices.Unknown))
		cond.put("devices", devices.n)
	}
	if len(c.Flows) > 0 {
		f := newTree()
		f.text("transferMethods", strings.Join(texts(c.Flows), ","))
		cond.put("authenticationFlows", f.n)
	}
	t.put("conditions", cond.n)
	c.writeControls(t)
}

func (u *Users) node() *yaml.Node {
	users := newTree()
	users.texts("includeUsers", u.Include)
	users.texts("excludeUsers", u.Exclude)
	users.texts("includeGroups", texts(u.IncludeGroups))
	users.texts("excludeGroups", texts(u.ExcludeGroups))
	users.texts("includeRoles", u.IncludeRoles)
	users.texts("excludeRoles", u.ExcludeRoles)
	for _, g := range []struct {
		key    string
		guests *GuestUsers
	}{{"includeGuestsOrExternalUsers", u.IncludeGuests}, {"excludeGuestsOrExternalUsers", u.ExcludeGuests}} {
		if g.guests == nil {
			continue
		}
		one, from := newTree(), newTree()
		one.text("guestOrExternalUserTypes", strings.Join(texts(g.guests.Types), ","))
		from.text("membershipKind", map[bool]string{true: "enumerated", false: "all"}[len(g.guests.Tenants) > 0])
		from.texts("members", g.guests.Tenants)
		one.put("externalTenants", from.n)
		users.put(g.key, one.n)
	}
	return users.n
}

func (c *ConditionalAccess) writeControls(t tree) {
	session := newTree()
	if c.Session != "" {
		a := newTree()
		a.flag("isEnabled", true)
		a.text("cloudAppSecurityType", c.Session)
		session.put("cloudAppSecurity", a.n)
	}
	if f := c.Frequency; f.Every > 0 {
		a := newTree()
		a.flag("isEnabled", true)
		kind, interval := "primaryAndSecondaryAuthentication", "timeBased"
		if f.Secondary {
			kind = "secondaryAuthentication"
		}
		switch {
		case f.Always:
			interval = "everyTime"
		case f.Days:
			a.number("value", int(f.Every/(24*time.Hour)))
			a.text("type", "days")
		default:
			a.number("value", int(f.Every/time.Hour))
			a.text("type", "hours")
		}
		a.text("frequencyInterval", interval)
		a.text("authenticationType", kind)
		session.put("signInFrequency", a.n)
	}
	if c.PersistentBrowser != "" {
		a := newTree()
		a.flag("isEnabled", true)
		a.text("mode", c.PersistentBrowser)
		session.put("persistentBrowser", a.n)
	}
	g := &c.Grant
	if len(g.Controls)+len(g.TermsOfUse) > 0 || g.Strength != "" || len(session.n.Content) == 0 {
		grant := newTree()
		grant.text("operator", map[bool]string{true: "OR", false: "AND"}[g.Any])
		grant.put("builtInControls", sequence(texts(g.Controls)))
		if g.Strength != "" {
			a := newTree()
			a.text("id", g.Strength)
			grant.put("authenticationStrength", a.n)
		}
		grant.texts("termsOfUse", g.TermsOfUse)
		t.put("grantControls", grant.n)
	}
	if len(session.n.Content) > 0 {
		t.put("sessionControls", session.n)
	}
}

func (p *Inline) write(t tree, kind Kind) {
	t.text("control", string(p.Control))
	t.filter("activities", p.Activities)
	t.filter("files", p.Files)
	if kind == KindSession && p.Control != ControlMonitorOnly {
		p.Inspection.write(t)
	}
	t.text("action", string(p.Action))
	if p.StepUp.Context != "" {
		s := newTree()
		s.text("context", p.StepUp.Context)
		if p.StepUp.Within > 0 {
			s.time("within", p.StepUp.Within)
		}
		t.put("stepUp", s.n)
	}
	if p.Protect.Label != "" {
		s := newTree()
		s.text("label", p.Protect.Label)
		t.put("protect", s.n)
	}
	t.text("level", p.Level.String())
	t.text("unscannable", string(p.Unscannable))
	t.text("deviceUnknown", string(p.DeviceUnknown))
	t.time("deadline", p.Deadline)
	t.text("message", p.Message)
	t.text("nextStep", p.NextStep)
	t.text("contact", p.Contact)
	p.Alert.write(t)
	p.Rollout.write(t, p.Action)
}

func (i *Inspection) write(t tree) {
	if len(i.Types) == 0 {
		t.text("inspection", string(i.Method))
		return
	}
	s := newTree()
	s.text("method", string(i.Method))
	s.text("match", map[bool]string{true: "all", false: "any"}[i.All])
	types := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, typ := range i.Types {
		one := newTree()
		one.text("type", typ.Type)
		one.number("confidence", typ.Confidence)
		one.number("count", typ.Count)
		types.Content = append(types.Content, one.n)
	}
	s.put("types", types)
	t.put("inspection", s.n)
}

func (a *Alert) write(t tree) {
	if a == nil {
		return
	}
	s := newTree()
	s.texts("email", a.Email)
	if a.DailyCap > 0 {
		s.number("dailyCap", a.DailyCap)
	}
	t.put("alert", s.n)
}

func (r *Rollout) write(t tree, then Action) {
	if r == nil {
		return
	}
	s, h := newTree(), newTree()
	s.text("phase", string(r.Phase))
	s.text("then", string(then))
	s.time("after", r.After)
	s.time("readBefore", r.ReadBefore)
	s.number("sessions", r.Sessions)
	s.number("people", r.People)
	var days []string
	for i, on := range r.Hours.Days {
		if on {
			days = append(days, weekdays[i])
		}
	}
	h.texts("days", days)
	h.text("from", FormatClock(r.Hours.From))
	h.text("to", FormatClock(r.Hours.To))
	s.put("workingHours", h.n)
	t.put("rollout", s.n)
}

func (a *AfterTheFact) write(t tree, kind Kind) {
	t.filter("filters", a.Filters)
	if kind == KindFile {
		a.Inspection.write(t)
	}
	if a.Repeated.Count > 0 {
		s := newTree()
		s.number("count", a.Repeated.Count)
		s.time("within", a.Repeated.Within)
		s.flag("oneApp", a.Repeated.OneApp)
		s.flag("onePlace", a.Repeated.OnePlace)
		t.put("repeated", s.n)
	}
	t.texts("governance", a.Governance)
	a.Alert.write(t)
}

// Revise makes the next revision of a stored document.
func (d *Document) Revise(tenant model.TenantID, last int64, author, comment string) Revision {
	return Revision{Tenant: tenant, ID: d.ID, Number: last + 1, Kind: d.Kind, Name: d.Name, Text: d.Canonical(), Author: author, Comment: comment}
}
