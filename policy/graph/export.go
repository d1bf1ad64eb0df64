package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// Loss is something of a document that Graph can't say.
type Loss struct {
	Document string `json:"document"`
	Path     string `json:"path"`
	Reason   string `json:"reason"`
	// Kept says that the policy was written all the same: what it does is the same without.
	Kept bool `json:"kept"`
}

// String returns the loss in one line.
func (l Loss) String() string {
	what := "left out"
	if l.Kept {
		what = "written without it"
	}
	return fmt.Sprintf("%s: %s: %s (%s)", l.Document, l.Path, l.Reason, what)
}

// Export writes Conditional Access documents as the answer of a list request to Graph has them. A policy that would
// do something else in Entra is left out, and every loss is named. Documents of other kinds are left aside.
func Export(docs []*policy.Document, names Names) ([]byte, []Loss) {
	list := struct {
		Value []wire `json:"value"`
	}{Value: []wire{}}
	losses := []Loss{}
	for _, d := range docs {
		if d.Access == nil {
			continue
		}
		e := exporter{doc: d, names: names}
		w := e.policy()
		losses = append(losses, e.losses...)
		if !slices.ContainsFunc(e.losses, func(l Loss) bool { return !l.Kept }) {
			list.Value = append(list.Value, w)
		}
	}
	out, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		panic(err) // plain structs always have a JSON form
	}
	return append(out, '\n'), losses
}

type exporter struct {
	doc    *policy.Document
	names  Names
	losses []Loss
}

func (e *exporter) lose(path, reason string, args ...any) {
	e.losses = append(e.losses, Loss{e.doc.ID, path, fmt.Sprintf(reason, args...), false})
}

func (e *exporter) policy() wire {
	d, c := e.doc, e.doc.Access
	w := wire{DisplayName: d.Name, State: string(d.State)}
	if guid.MatchString(d.ID) {
		w.ID = d.ID
	} else {
		e.losses = append(e.losses, Loss{d.ID, "id", "Entra gives policies ids of its own", true})
	}
	if d.Description != "" {
		e.losses = append(e.losses, Loss{d.ID, "description", "policies have no description there", true})
	}
	if d.Severity != policy.SeverityMedium || d.Category != policy.CategoryAccessControl {
		e.losses = append(e.losses, Loss{d.ID, "severity", "policies have neither severity nor category there", true})
	}
	if c.Unscannable == policy.UnscannableAllow && !slices.Contains(c.Grant.Controls, policy.GrantPasswordChange) {
		e.lose("unscannable", "Entra decides by itself what an unknown fact counts as")
	}
	w.Conditions = e.conditions(c)
	w.Grant, w.Session = grant(c), session(c)
	return w
}

func (e *exporter) conditions(c *policy.ConditionalAccess) wireConditions {
	out := wireConditions{
		ClientAppTypes: []string{"all"}, UserRisk: words(c.UserRisk), SignInRisk: words(c.SignInRisk),
		Users: wireUsers{
			IncludeUsers: e.people("includeUsers", c.Users.Include), ExcludeUsers: e.people("excludeUsers", c.Users.Exclude),
			IncludeGroups: e.ids("includeGroups", "a group", words(c.Users.IncludeGroups)), ExcludeGroups: e.ids("excludeGroups", "a group", words(c.Users.ExcludeGroups)),
			IncludeRoles: e.ids("includeRoles", "a directory role", c.Users.IncludeRoles), ExcludeRoles: e.ids("excludeRoles", "a directory role", c.Users.ExcludeRoles),
			IncludeGuests: guests(c.Users.IncludeGuests), ExcludeGuests: guests(c.Users.ExcludeGuests),
		},
		Applications: wireApps{
			Include: e.apps("includeApplications", c.Applications.Include), Exclude: e.apps("excludeApplications", c.Applications.Exclude),
			Actions: words(c.Applications.UserActions), Contexts: list(c.Applications.Contexts),
		},
	}
	if len(c.ClientApps) > 0 {
		out.ClientAppTypes = words(c.ClientApps)
	}
	if len(c.Platforms.Include) > 0 {
		out.Platforms = &wirePlatforms{words(c.Platforms.Include), words(c.Platforms.Exclude)}
	}
	out.Locations = e.locations(&c.Locations)
	out.Devices = e.devices(&c.Devices)
	if len(c.Flows) > 0 {
		out.Flows = &wireFlows{strings.Join(words(c.Flows), ",")}
	}
	return out
}

// people replaces the ids that people have here by object ids.
func (e *exporter) people(key string, in []string) []string {
	out := []string{}
	for _, name := range in {
		if name == policy.All || name == policy.None || name == policy.Guests {
			out = append(out, name)
			continue
		}
		id, ok := e.names.objectID(name)
		switch provider, oid, _ := strings.Cut(name, ":"); {
		case ok:
			out = append(out, id)
		case guid.MatchString(oid):
			e.lose("conditions.users."+key, "Graph names people by object id; is %s the provider that stands for the directory? then name it", provider)
		default:
			e.lose("conditions.users."+key, "Graph names people by object id, which %s is not", name)
		}
	}
	return out
}

// ids takes what Graph names by ids only.
func (e *exporter) ids(key, what string, in []string) []string {
	for _, id := range in {
		if !guid.MatchString(strings.ToLower(id)) {
			e.lose("conditions.users."+key, "Graph names %s by its id, which %s is not", what, id)
		}
	}
	return list(in)
}

// apps replaces keys by the ids of applications.
func (e *exporter) apps(key string, in []string) []string {
	out, keys := []string{}, []string{}
	for _, app := range in {
		switch {
		case app == policy.All || app == policy.None:
			out = append(out, app)
		case app == "office365":
			out = append(out, "Office365")
		default:
			keys = append(keys, app)
		}
	}
	ids, left := e.names.ids(keys)
	for _, k := range left {
		reason := "no application of Entra is known for " + k
		if _, err := strconv.ParseInt(k, 10, 64); err == nil {
			reason = "Entra does not know Defender's numbers; name the app by its key"
		}
		for i := range e.names.Apps {
			if others := e.names.Apps[i].Keys; len(others) > 1 && slices.Contains(others, k) {
				reason = "in Entra one application stands for " + strings.Join(others, " and ") + "; name them all"
			}
		}
		e.lose("conditions.applications."+key, "%s", reason)
	}
	return append(out, ids...)
}

func (e *exporter) locations(l *policy.Locations) *wireLocations {
	for _, part := range []struct {
		path string
		has  bool
	}{
		{"includeRanges", len(l.IncludeRanges) > 0},
		{"excludeRanges", len(l.ExcludeRanges) > 0},
		{"includeCountries", len(l.IncludeCountries) > 0},
		{"excludeCountries", len(l.ExcludeCountries) > 0},
		{"includeUnknownCountriesAndRegions", l.IncludeUnknown},
		{"excludeUnknownCountriesAndRegions", l.ExcludeUnknown},
	} {
		if part.has {
			e.lose("conditions.locations."+part.path, "Entra takes networks and countries by named locations only; make one and name it")
		}
	}
	if len(l.Include)+len(l.Exclude) == 0 {
		return nil
	}
	named := func(path string, in []string) []string {
		out := []string{}
		for _, name := range in {
			id, ok := e.names.location(name)
			switch {
			case name == policy.All || name == policy.AllTrusted:
				out = append(out, name)
			case ok:
				out = append(out, id)
			default:
				e.lose("conditions.locations."+path, "no id is known for the named location %s", name)
			}
		}
		return out
	}
	out := &wireLocations{named("includeLocations", l.Include), named("excludeLocations", l.Exclude)}
	if len(out.Include) == 0 {
		out.Include = []string{policy.All}
	}
	return out
}

// ruleOf says the same as a tag in Entra's language.
var ruleOf = map[model.DeviceTag]string{
	model.TagIntuneCompliant: "device.isCompliant -eq True",
	model.TagHybridJoined:    `device.trustType -eq "ServerAD"`,
}

func (e *exporter) devices(d *policy.Devices) *wireDevices {
	if d.Unknown != model.TagUnmanaged {
		e.lose("conditions.devices.deviceUnknown", "in Entra a device that gives no answer is one that is not registered")
	}
	if d.Mode == policy.DevicesAll {
		return nil
	}
	out := &wireDevices{wireFilter{Mode: string(d.Mode)}}
	if d.Rule != nil {
		out.Filter.Rule = d.Rule.String()
		return out
	}
	var rules []string
	for _, t := range d.Tags {
		rule, ok := ruleOf[t]
		if !ok {
			e.lose("conditions.devices.deviceFilter.tags", "Entra has no attribute for the tag %s", t)
			continue
		}
		rules = append(rules, rule)
	}
	out.Filter.Rule = strings.Join(rules, " -or ")
	return out
}

func guests(g *policy.GuestUsers) *wireGuests {
	if g == nil {
		return nil
	}
	out := &wireGuests{Types: strings.Join(words(g.Types), ",")}
	out.Tenants.Type, out.Tenants.Kind = "#microsoft.graph.conditionalAccessAllExternalTenants", "all"
	if len(g.Tenants) > 0 {
		out.Tenants.Type, out.Tenants.Kind, out.Tenants.Members = "#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "enumerated", g.Tenants
	}
	return out
}

// strengthIDs are the ids of the strengths that Entra has built in.
var strengthIDs = map[string]string{
	policy.StrengthMultifactor:       "00000000-0000-0000-0000-000000000002",
	policy.StrengthPasswordless:      "00000000-0000-0000-0000-000000000003",
	policy.StrengthPhishingResistant: "00000000-0000-0000-0000-000000000004",
}

func grant(c *policy.ConditionalAccess) *wireGrant {
	g := &c.Grant
	if len(g.Controls)+len(g.TermsOfUse) == 0 && g.Strength == "" {
		return nil
	}
	out := &wireGrant{Operator: "AND", Controls: words(g.Controls), Terms: list(g.TermsOfUse)}
	if g.Any {
		out.Operator = "OR"
	}
	if g.Strength != "" {
		id := strengthIDs[g.Strength]
		if id == "" {
			id = g.Strength
		}
		out.Strength = &wireID{id}
	}
	return out
}

func session(c *policy.ConditionalAccess) *wireSession {
	out := &wireSession{}
	if c.Session != "" {
		out.CloudAppSecurity = &wireCloudApp{true, c.Session}
	}
	if f := c.Frequency; f.Every > 0 {
		w := &wireFrequency{On: true, Interval: "timeBased", Kind: "primaryAndSecondaryAuthentication"}
		if f.Secondary {
			w.Kind = "secondaryAuthentication"
		}
		switch {
		case f.Always:
			w.Interval = "everyTime"
		case f.Days:
			w.Value, w.Unit = int(f.Every/(24*time.Hour)), "days"
		default:
			w.Value, w.Unit = int(f.Every/time.Hour), "hours"
		}
		out.Frequency = w
	}
	if c.PersistentBrowser != "" {
		out.Persistent = &wirePersistent{true, c.PersistentBrowser}
	}
	if *out == (wireSession{}) {
		return nil
	}
	return out
}

func list(in []string) []string { return append([]string{}, in...) }

func words[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}
