package policy

import (
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
	cond, users, apps := newTree(), newTree(), newTree()
	users.texts("includeUsers", c.Users.Include)
	users.texts("excludeUsers", c.Users.Exclude)
	users.texts("includeGroups", texts(c.Users.IncludeGroups))
	users.texts("excludeGroups", texts(c.Users.ExcludeGroups))
	cond.put("users", users.n)
	apps.texts("includeApplications", c.Applications.Include)
	apps.texts("excludeApplications", c.Applications.Exclude)
	cond.put("applications", apps.n)
	cond.texts("clientAppTypes", texts(c.ClientApps))
	where := newTree()
	where.texts("includeLocations", c.Locations.Include)
	where.texts("excludeLocations", c.Locations.Exclude)
	where.texts("includeRanges", c.Locations.IncludeRanges)
	where.texts("excludeRanges", c.Locations.ExcludeRanges)
	where.texts("includeCountries", c.Locations.IncludeCountries)
	where.texts("excludeCountries", c.Locations.ExcludeCountries)
	if len(where.n.Content) > 0 {
		cond.put("locations", where.n)
	}
	if c.Devices.Mode != DevicesAll {
		devices, f := newTree(), newTree()
		f.text("mode", string(c.Devices.Mode))
		f.texts("tags", texts(c.Devices.Tags))
		devices.put("deviceFilter", f.n)
		devices.text("deviceUnknown", string(c.Devices.Unknown))
		cond.put("devices", devices.n)
	}
	t.put("conditions", cond.n)
	c.writeControls(t)
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
