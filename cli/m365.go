package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/entra"
)

// m365Flags are the flags of the plan.
type m365Flags struct {
	from, save, out                             string
	entraTenant, clientID, secret, login, graph string
	instance, provider                          string
	breakGlass, domains, egress                 []string
}

func (a *app) m365Command() *cobra.Command {
	c := &cobra.Command{Use: "m365", Short: "Plan Microsoft 365: the route it can have, and what belongs in Entra beside it"}
	c.AddCommand(a.m365Plan())
	return c
}

func (a *app) m365Plan() *cobra.Command {
	var f m365Flags
	c := &cobra.Command{
		Use: "plan [FILE...]", Short: "Read an Entra tenant, and write the policies that go with its route",
		Long: `Read a tenant through Microsoft Graph, as an app registration (--entra-tenant, --client-id, --client-secret-file), or from the
folder with Graph's answers that --save wrote (--from). Name the route that each domain can have and why, and write the
Conditional Access policies that belong in Entra beside it: all of them report-only, and all with the break-glass accounts left out.
Nothing is planned until two break-glass accounts are named. Findings say where Entra's own policies have holes, and where they
contradict those of Referee in the files. Nothing is changed in Entra: import the files that --out writes.

The app registration needs the application permissions Organization.Read.All, Domain.Read.All, Policy.Read.All, Application.Read.All
and User.Read.All, with admin consent.`,
		Example: "  referee m365 plan --from exports --break-glass bg1@contoso.onmicrosoft.com --break-glass bg2@contoso.onmicrosoft.com --out plan\n" +
			"  referee m365 plan --from exports --break-glass bg1@contoso.onmicrosoft.com --break-glass bg2@contoso.onmicrosoft.com --provider https://contoso.okta.com --egress 203.0.113.8/32 onedrive.yaml --json",
		RunE: func(c *cobra.Command, args []string) error { return a.planM365(c, f, args) },
	}
	p := c.Flags()
	p.StringVar(&f.from, "from", "", "folder with Graph's answers, in place of Graph itself")
	p.StringVar(&f.save, "save", "", "folder to write Graph's answers to, for --from")
	p.StringVar(&f.out, "out", "", "folder to write what is to be imported to")
	p.StringVar(&f.entraTenant, "entra-tenant", "", "id of the Entra tenant, or one of its domains")
	p.StringVar(&f.clientID, "client-id", "", "application id of the app registration")
	p.StringVar(&f.secret, "client-secret-file", "", "file that holds its client secret")
	p.StringVar(&f.login, "login", msgraph.PublicLogin, "Entra's address, for national clouds")
	p.StringVar(&f.graph, "graph", msgraph.PublicGraph, "Graph's address with its version, for national clouds")
	p.StringArrayVar(&f.breakGlass, "break-glass", nil, "account that every policy leaves out, by user principal name or object id; two or more")
	p.StringSliceVar(&f.domains, "domain", nil, "domains that are planned; default all of the tenant")
	p.StringVar(&f.provider, "provider", "", "issuer of the provider where people of the domains sign in, such as https://contoso.okta.com")
	p.StringSliceVar(&f.egress, "egress", nil, "addresses from which Referee's gateways ask Microsoft 365, such as 203.0.113.8/32")
	p.StringVar(&f.instance, "instance", "", "instance of Microsoft 365 here, with route federated: its addresses and key go into the federation's settings")
	return c
}

func (a *app) planM365(c *cobra.Command, f m365Flags, args []string) error {
	opt, err := a.m365Options(c, f, args)
	if err != nil {
		return err
	}
	files, err := a.readEntra(c.Context(), f)
	if err != nil {
		return err
	}
	if f.save != "" {
		for name, text := range files {
			if err := writeInto(f.save, name, text); err != nil {
				return err
			}
		}
	}
	tenant, err := entra.Read(files)
	if err != nil {
		return err
	}
	plan, err := entra.Make(tenant, opt)
	if err != nil {
		return err
	}
	if f.out != "" {
		for _, file := range plan.Files {
			if err := writeInto(f.out, file.Name, append(slices.Clone(file.Body), '\n')); err != nil {
				return err
			}
		}
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return fault.As(err, fault.Internal, "cli.m365", "")
	}
	return show(a, text, func(entra.Plan) error { return a.showPlan(plan, f.out) })
}

// m365Options joins flags, Referee's policies and what Referee itself says of the instance.
func (a *app) m365Options(c *cobra.Command, f m365Flags, args []string) (entra.Options, error) {
	const op = "m365 plan"
	opt := entra.Options{BreakGlass: f.breakGlass, Domains: f.domains, Provider: f.provider, Login: f.login}
	for _, text := range f.egress {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return opt, &fault.Error{Kind: fault.Invalid, Op: op, Key: text, Msg: "is neither an address nor a range", Help: "write it such as 203.0.113.8 or 203.0.113.0/28"}
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		opt.Egress = append(opt.Egress, p)
	}
	if len(args) > 0 {
		files, err := a.readDocuments(args)
		if err != nil {
			return opt, err
		}
		for _, file := range files {
			docs, problems := policy.Decode(file.Name, []byte(file.Text))
			if len(problems) > 0 {
				return opt, &fault.Error{Kind: fault.Invalid, Op: op, Msg: problems[0].String(), Help: "see `referee policy validate`"}
			}
			opt.Documents = append(opt.Documents, docs...)
		}
	}
	if f.instance == "" {
		return opt, nil
	}
	text, err := a.tell(c, http.MethodGet, "/apps/"+url.PathEscape(f.instance)+"/connection", nil, nil)
	if err != nil {
		return opt, err
	}
	var app appEntryRow
	if err := json.Unmarshal(text, &app); err != nil {
		return opt, fault.As(err, fault.Unavailable, op, f.instance)
	}
	passive, err := url.Parse(app.SSO)
	if app.Protocol != "wsfed" || err != nil || passive.Host == "" {
		return opt, &fault.Error{Kind: fault.Invalid, Op: op, Key: f.instance, Msg: "is no instance that speaks WS-Federation", Help: "give it route: federated and federation.protocol: wsfed, see docs/howto/microsoft-365.md"}
	}
	opt.Origin = passive.Scheme + "://" + passive.Host
	opt.Federation = func(domain string) (string, string, string) {
		return strings.TrimSuffix(app.SSO, "/") + "/" + domain, app.SSO, app.Logout
	}
	for _, k := range app.Certificates {
		if block, _ := pem.Decode([]byte(k.PEM)); block != nil && k.InUse {
			opt.SigningKey = base64.StdEncoding.EncodeToString(block.Bytes)
		}
	}
	return opt, nil
}

// readEntra returns Graph's answers by file name: from a folder, or from Graph.
func (a *app) readEntra(ctx context.Context, f m365Flags) (map[string][]byte, error) {
	const op = "m365 plan"
	files := map[string][]byte{}
	switch {
	case f.from != "" && f.entraTenant != "":
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "--from and --entra-tenant exclude each other"}
	case f.from != "":
		entries, err := os.ReadDir(f.from)
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: f.from, Msg: "can't be read", Err: err}
		}
		for _, e := range entries {
			if e.IsDir() || filepath.Ext(e.Name()) != ".json" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(f.from, e.Name())) //nolint:gosec // the caller names the folder
			if err != nil {
				return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: e.Name(), Msg: "can't be read", Err: err}
			}
			files[e.Name()] = text
		}
		return files, nil
	case f.entraTenant == "" || f.clientID == "" || f.secret == "":
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Msg: "neither a folder nor a tenant is named",
			Help: "give --from with a folder of Graph's answers, or --entra-tenant, --client-id and --client-secret-file",
		}
	}
	roots, err := rootsOf(first(a.flags.caFile, a.env("REFEREE_CA_FILE")))
	if err != nil {
		return nil, err
	}
	g, err := msgraph.New(msgraph.Config{
		Tenant: f.entraTenant, ClientID: f.clientID, Login: f.login, Graph: f.graph, HTTP: &http.Client{Transport: transport(roots)},
		Secret: func() (string, error) {
			text, err := os.ReadFile(f.secret)
			if err != nil {
				return "", &fault.Error{Kind: fault.Invalid, Op: op, Key: f.secret, Msg: "the client secret can't be read", Err: err}
			}
			return strings.TrimSpace(string(text)), nil
		},
	})
	if err != nil {
		return nil, err
	}
	return a.askGraph(ctx, g, f.breakGlass)
}

// askGraph reads what a plan needs.
func (a *app) askGraph(ctx context.Context, g *msgraph.Client, people []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	list := func(file, path, permission string) error {
		items := []json.RawMessage{}
		_, err := g.List(ctx, path, func(item json.RawMessage) error { items = append(items, item); return nil })
		if err != nil {
			return needs(err, permission)
		}
		text, err := json.MarshalIndent(map[string]any{"value": items}, "", "  ")
		files[file] = text
		return fault.As(err, fault.Internal, "cli.m365", file)
	}
	for _, s := range entra.Sources() {
		if s.List {
			if err := list(s.File, s.Path, s.Permission); err != nil {
				return nil, err
			}
			continue
		}
		var one json.RawMessage
		if err := g.Get(ctx, s.Path, &one); err != nil {
			if !s.Optional {
				return nil, needs(err, s.Permission)
			}
			a.note("%s was not read: %v", s.File, err)
			continue
		}
		files[s.File] = one
	}
	var domains struct {
		Value []struct {
			ID   string `json:"id"`
			Auth string `json:"authenticationType"`
		} `json:"value"`
	}
	if err := json.Unmarshal(files["domains.json"], &domains); err != nil {
		return nil, fault.As(err, fault.Unavailable, "cli.m365", "domains")
	}
	for _, d := range domains.Value {
		if d.Auth != "Federated" || strings.ContainsAny(d.ID, `/\`) {
			continue
		}
		if err := list(entra.FederationPrefix+strings.ToLower(d.ID)+".json", "/domains/"+url.PathEscape(d.ID)+"/federationConfiguration", entra.FederationPermission); err != nil {
			return nil, err
		}
	}
	found := []json.RawMessage{}
	for _, name := range people {
		var one json.RawMessage
		err := g.Get(ctx, "/users/"+url.PathEscape(name)+"?$select=id,userPrincipalName,accountEnabled,onPremisesSyncEnabled", &one)
		if fault.Is(err, fault.NotFound) {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "m365 plan", Key: name, Msg: "the tenant has no such account", Help: "name break-glass accounts by user principal name or object id"}
		}
		if err != nil {
			return nil, needs(err, entra.PeoplePermission)
		}
		found = append(found, one)
	}
	text, err := json.MarshalIndent(map[string]any{"value": found}, "", "  ")
	files[entra.PeopleFile] = text
	return files, fault.As(err, fault.Internal, "cli.m365", entra.PeopleFile)
}

// needs says which permission a refusal is about.
func needs(err error, permission string) error {
	if !fault.Is(err, fault.Denied) {
		return err
	}
	return &fault.Error{Kind: fault.Denied, Op: "m365 plan", Msg: "Graph does not let this app registration read it", Help: "grant it the application permission " + permission + ", with admin consent", Err: err}
}

// writeInto writes a file into a folder, which is made where it is not there. The names are ours, or a domain's.
func writeInto(dir, name string, text []byte) error {
	const op = "cli.write"
	if filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return fault.New(fault.Invalid, op, "%q is no file name", name)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: dir, Msg: "can't be made", Err: err}
	}
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: name, Msg: "can't be written", Err: err}
	}
	return nil
}

// showPlan prints a plan.
func (a *app) showPlan(p *entra.Plan, out string) error {
	if err := a.say("%s (%s): route %s", plain(p.Name), p.Tenant, p.Route); err != nil {
		return err
	}
	for _, d := range p.Domains {
		if err := a.say("\n%s, %s: %s", plain(d.Domain), dash(d.Now), d.Route); err != nil {
			return err
		}
		for _, why := range d.Why {
			if err := a.say("  %s", plain(why)); err != nil {
				return err
			}
		}
	}
	where := "in the plan; --out writes them"
	if out != "" {
		where = "written to " + out
	}
	if err := a.say("\nTo import in Entra, %s:", where); err != nil {
		return err
	}
	for _, f := range p.Files {
		if err := a.say("  %s (%s): %s", plain(f.Name), plain(f.What), plain(f.Purpose)); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		title string
		lines []string
	}{{"To do by hand:", p.Steps}, {"What this route can't do:", p.Limits}, {"Findings:", findingLines(p)}} {
		if len(part.lines) == 0 {
			continue
		}
		if err := a.say("\n%s", part.title); err != nil {
			return err
		}
		for _, line := range part.lines {
			if err := a.say("  - %s", plain(line)); err != nil {
				return err
			}
		}
	}
	return a.say("\nEvidence: %s", p.Evidence)
}

func findingLines(p *entra.Plan) []string {
	var out []string
	for _, f := range p.Findings {
		out = append(out, f.String())
	}
	return out
}
