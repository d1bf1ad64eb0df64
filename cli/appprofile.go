package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// standing says what a claim that an app works rests on: only what ran may be called supported.
func standing(e model.Evidence) string {
	switch e {
	case model.EvidenceLive:
		return "supported: ran behind Referee"
	case model.EvidenceRecorded:
		return "not supported yet: from recorded requests"
	default:
		return "not supported yet: from public documentation, never run"
	}
}

func (a *app) appProfileCommand() *cobra.Command {
	c := &cobra.Command{Use: "profile", Short: "What is known of apps: hosts, requests, limits; needs no server"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List apps with a profile, and what it rests on", Args: cobra.NoArgs, Example: "  referee app profile list",
		RunE: func(*cobra.Command, []string) error {
			if a.flags.json {
				rows := []map[string]any{}
				for _, p := range appprofile.All() {
					rows = append(rows, profileRow(p))
				}
				return a.printJSON(map[string]any{"items": rows})
			}
			t := newTable("APP", "NAME", "ROUTES", "EVIDENCE", "DATE", "ASKS FOR")
			for _, p := range appprofile.All() {
				app, _ := catalog.AppByKey(p.App)
				var routes, asks []string
				for _, r := range p.Routes {
					routes = append(routes, string(r.Route))
				}
				for _, q := range p.Params {
					asks = append(asks, q.Name)
				}
				t.row(p.App, app.Name, strings.Join(routes, ", "), string(p.Evidence), p.Date, dash(strings.Join(asks, ", ")))
			}
			return a.print(t)
		},
	}, &cobra.Command{
		Use: "show APP", Short: "Show what is known of an app, and what can't be done", Args: exactly(1, "the key of an app"), Example: "  referee app profile show salesforce",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := appprofile.Find(args[0])
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(profileRow(p))
			}
			return a.say("%s", profileText(p))
		},
	})
	return c
}

// profileRow is a profile for scripts.
func profileRow(p *appprofile.Profile) map[string]any {
	app, _ := catalog.AppByKey(p.App)
	routes, params, hosts := []map[string]any{}, []map[string]any{}, []map[string]any{}
	for _, r := range p.Routes {
		routes = append(routes, map[string]any{"route": r.Route, "note": r.Note})
	}
	for _, q := range p.Params {
		params = append(params, map[string]any{"name": q.Name, "title": q.Title, "example": q.Example, "default": q.Default, "optional": q.Optional})
	}
	for _, h := range p.Hosts {
		hosts = append(hosts, map[string]any{"name": h.Name, "role": h.Role, "dotted": h.Dotted, "why": h.Why})
	}
	further, signIn := []map[string]any{}, []map[string]any{}
	for _, f := range p.Further {
		further = append(further, map[string]any{"pattern": f.Pattern, "role": f.Role, "why": f.Why})
	}
	for _, s := range p.SignIn {
		signIn = append(signIn, map[string]any{"host": s.Host, "why": s.Why})
	}
	return map[string]any{
		"app": p.App, "id": app.ID, "name": app.Name, "evidence": p.Evidence, "supported": p.Supported(), "date": p.Date, "sources": p.Sources, "routes": routes,
		"params": params, "hosts": hosts, "furtherHosts": further, "signInHosts": signIn, "requests": p.Requests, "limits": p.Limits,
	}
}

// profileText is a profile for people.
func profileText(p *appprofile.Profile) string {
	app, _ := catalog.AppByKey(p.App)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s (%s): %s; held against its sources on %s", app.Name, p.App, standing(p.Evidence), p.Date)
	line("\nRoutes")
	for _, r := range p.Routes {
		line("  %-10s %s", r.Route, r.Note)
	}
	line("\nWhat can't be done, and what to know")
	for _, l := range p.Limits {
		line("  - %s", l)
	}
	if len(p.Params) > 0 {
		line("\nAsks for")
		for _, q := range p.Params {
			line("  %-10s %s, such as %s", q.Name, q.Title, q.Example)
		}
	}
	line("\nHosts")
	for _, h := range p.Hosts {
		line("  %-45s %-8s %s", h.Name, h.Role, h.Why)
	}
	if len(p.Further) > 0 {
		line("\nHosts with names that nobody knows before; add them when they are seen")
		for _, f := range p.Further {
			line("  %-45s %-8s %s", f.Pattern, f.Role, f.Why)
		}
	}
	if len(p.SignIn) > 0 {
		line("\nNever put behind the gateway")
		for _, s := range p.SignIn {
			line("  %-45s %s", s.Host, s.Why)
		}
	}
	line("\nKnown requests: %d downloads, %d exports, %d uploads, %d previews, %d other activities", len(p.Requests.Downloads), len(p.Requests.Exports), len(p.Requests.Uploads), len(p.Requests.Previews), len(p.Requests.Activities))
	line("\nSources")
	for _, s := range p.Sources {
		line("  %s", s)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) appMake() *cobra.Command {
	return &cobra.Command{
		Use: "make APP [NAME=VALUE...]", Short: "Print an instance of an app from its profile; needs no server", Args: some("the key of an app, then NAME=VALUE"),
		Long:    "Print an instance to read, change and add: its hosts, and how it signs in where that is known. What its requests mean follows the profile and is not printed.",
		Example: "  referee app make slack workspace=contoso > slack.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := appprofile.Find(args[0])
			if err != nil {
				return err
			}
			values := appprofile.Values{}
			for _, arg := range args[1:] {
				name, value, ok := strings.Cut(arg, "=")
				if !ok {
					return &fault.Error{Kind: fault.Invalid, Op: "app make", Key: arg, Msg: "is not NAME=VALUE"}
				}
				values[name] = value
			}
			in, missing, err := p.Make(values)
			if err != nil {
				return err
			}
			text, err := instanceYAML(p, in, missing)
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"text": text})
			}
			return a.say("%s", strings.TrimRight(text, "\n"))
		},
	}
}

// instanceYAML writes an instance with what its administrator has to know before it.
func instanceYAML(p *appprofile.Profile, in catalog.Instance, missing []string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s; %s.\n", in.Name, standing(p.Evidence), p.Date)
	for _, l := range p.Limits {
		fmt.Fprintf(&b, "# - %s\n", l)
	}
	doc := struct {
		ID         model.InstanceID  `yaml:"id"`
		App        string            `yaml:"app"`
		Name       string            `yaml:"name"`
		Route      model.Route       `yaml:"route"`
		Evidence   model.Evidence    `yaml:"evidence"`
		Hosts      []catalog.Host    `yaml:"hosts"`
		Federation map[string]any    `yaml:"federation"`
		Origins    map[string]string `yaml:"origins,omitempty"`
	}{ID: in.ID, App: in.App, Name: in.Name, Route: in.Route, Evidence: in.Evidence, Hosts: in.Hosts, Federation: map[string]any{}}
	switch f := in.Federation; {
	case f.SAML != nil:
		doc.Federation = map[string]any{"protocol": "saml", "saml": map[string]any{"entityId": f.SAML.EntityID, "consumers": f.SAML.Consumers, "nameId": f.SAML.NameID}}
	case in.Route == model.RouteFederated:
		b.WriteString("# federation.through names the instance that has the domain's sign-in and its host; see docs/howto/microsoft-365.md.\n")
		doc.Federation["through"] = "microsoft365"
	default:
		b.WriteString("# federation is yours to fill in: entity id and consumer address have parts that only the app's own settings show.\n")
		doc.Federation = map[string]any{"protocol": "saml", "saml": map[string]any{"entityId": "", "consumers": []string{}}}
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		return "", fault.Wrap(err, "app make", p.App)
	}
	b.Write(text)
	for _, name := range missing {
		fmt.Fprintf(&b, "# Not made, since a value was left out: %s\n", name)
	}
	return b.String(), nil
}
