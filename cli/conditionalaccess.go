package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/graph"
)

// supposed collects the flags of what-if.
type supposed struct {
	user, userID, home, guest, app, action, context, flow, client, platform string
	ip, country, userRisk, signInRisk, signedIn, device                     string
	groups, roles, locations, agent, attributes, done                       []string
	external, alone                                                         bool
}

func (a *app) policyWhatIf() *cobra.Command {
	var w supposed
	c := &cobra.Command{
		Use: "whatif [FILE...]", Short: "Say what would come of a sign-in, and why",
		Long: "Suppose a user, an app, a device and a place, and say which policies apply, what they ask for, and which condition keeps each of the others away. Policies in the files take the place of stored ones. Groups, roles and the kind of guest are filled in from the directory, where it knows the user; what is given beside it is added. What is not said counts as certainly absent; a device says nothing is proven of it.",
		Example: "  referee policy whatif --user anna@contoso.com --group Finance --app sharepoint --device none --country DK\n" +
			"  referee policy whatif --user anna@contoso.com --app sharepoint --client mobileAppsAndDesktopClients --device compliant draft.yaml\n" +
			"  referee policy whatif --user u7 --app box --device managed --attribute model=Surface --done mfa@2h --json",
		RunE: func(c *cobra.Command, args []string) error {
			body, err := w.body()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				if body["files"], err = a.readDocuments(args); err != nil {
					return err
				}
			}
			text, err := a.tell(c, http.MethodPost, "/conditional-access/whatif", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(w struct{ Text string }) error {
				lines := strings.Split(strings.TrimRight(w.Text, "\n"), "\n")
				for i := range lines {
					lines[i] = plain(lines[i])
				}
				return a.say("%s", strings.Join(lines, "\n"))
			})
		},
	}
	f := c.Flags()
	f.StringVar(&w.user, "user", "", "sign-in name")
	f.BoolVar(&w.alone, "no-directory", false, "leave out what the directory says of the user")
	f.StringVar(&w.userID, "user-id", "", "the provider's id of the person")
	f.StringSliceVar(&w.groups, "group", nil, "groups of the person")
	f.StringSliceVar(&w.roles, "role", nil, "directory roles of the person")
	f.BoolVar(&w.external, "external", false, "the person is a guest or external user")
	f.StringVar(&w.guest, "guest-type", "", "kind of guest, such as b2bCollaborationGuest")
	f.StringVar(&w.home, "home-tenant", "", "organisation where an external person is at home")
	f.StringVar(&w.app, "app", "", "key of an app, or id of an instance")
	f.StringVar(&w.action, "user-action", "", "urn:user:registersecurityinfo or urn:user:registerdevice, in place of an app")
	f.StringVar(&w.context, "context", "", "authentication context that is asked for, c1 to c99")
	f.StringVar(&w.flow, "flow", "", "deviceCodeFlow or authenticationTransfer")
	f.StringVar(&w.client, "client", "browser", "browser, mobileAppsAndDesktopClients, exchangeActiveSync or other")
	f.StringVar(&w.platform, "platform", "", "android, iOS, windows, windowsPhone, macOS or linux")
	f.StringSliceVar(&w.agent, "agent-tag", nil, "user agent tags, such as Robot")
	f.StringVar(&w.ip, "ip", "", "address; country and named locations are looked up")
	f.StringVar(&w.country, "country", "", "two letters")
	f.StringSliceVar(&w.locations, "location", nil, "named locations")
	f.StringVar(&w.device, "device", "none", "tags that are proven, such as compliant,hybridJoined; none: nothing is; unknown: nobody has asked; no-answer")
	f.StringArrayVar(&w.attributes, "attribute", nil, "device attribute, such as model=Surface; empty: known to have no value")
	f.StringVar(&w.userRisk, "user-risk", "", "none, low, medium or high; not to be had when left out")
	f.StringVar(&w.signInRisk, "sign-in-risk", "", "none, low, medium or high; not to be had when left out")
	f.StringVar(&w.signedIn, "signed-in", "", "how long ago the person signed in, such as 2h")
	f.StringSliceVar(&w.done, "done", nil, "what was done since, such as mfa, mfa@2h or termsOfUse:guests@9d")
	return c
}

// body makes the request of the flags.
func (w *supposed) body() (map[string]any, error) {
	body := map[string]any{"clientApp": w.client}
	put := func(to map[string]any, key string, value any) {
		switch v := value.(type) {
		case string:
			if v == "" {
				return
			}
		case []string:
			if len(v) == 0 {
				return
			}
		}
		to[key] = value
	}
	user, place, device := map[string]any{}, map[string]any{}, map[string]any{}
	put(user, "username", w.user)
	put(user, "id", w.userID)
	put(user, "groups", w.groups)
	put(user, "roles", w.roles)
	put(user, "guestType", w.guest)
	put(user, "homeTenant", w.home)
	user["external"] = w.external
	if w.alone {
		user["noDirectory"] = true
	}
	put(body, "app", w.app)
	put(body, "userAction", w.action)
	put(body, "authenticationContext", w.context)
	put(body, "authenticationFlow", w.flow)
	put(body, "platform", w.platform)
	put(body, "userAgentTags", w.agent)
	put(place, "ip", w.ip)
	put(place, "country", w.country)
	put(place, "locations", w.locations)
	put(body, "userRisk", w.userRisk)
	put(body, "signInRisk", w.signInRisk)
	put(body, "signedIn", w.signedIn)
	switch w.device {
	case "none", "":
	case "unknown":
		device["answer"] = "unknown"
	case "no-answer":
		device["answer"] = "none"
	default:
		device["tags"] = strings.Split(w.device, ",")
	}
	attributes := map[string][]string{}
	for _, s := range w.attributes {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, &fault.Error{Kind: fault.Invalid, Op: "cli.whatif", Key: s, Msg: "is not an attribute with its value", Help: "write --attribute model=Surface"}
		}
		attributes[name] = append(attributes[name], []string{}...)
		if value != "" {
			attributes[name] = append(attributes[name], value)
		}
	}
	if len(attributes) > 0 {
		device["attributes"] = attributes
	}
	var done []map[string]any
	for _, s := range w.done {
		what, ago, _ := strings.Cut(s, "@")
		kind, value, _ := strings.Cut(what, ":")
		one := map[string]any{"kind": kind}
		put(one, "value", value)
		put(one, "ago", ago)
		done = append(done, one)
	}
	if len(done) > 0 {
		body["done"] = done
	}
	body["user"], body["place"], body["device"] = user, place, device
	return body, nil
}

func (a *app) policyImport() *cobra.Command {
	var directory entraFlags
	var skip bool
	c := &cobra.Command{
		Use: "import FILE...", Short: "Translate Conditional Access policies of Microsoft Graph; needs no server", Args: some("files of Graph's JSON; - reads standard input"),
		Long: "Print documents that say the same as the policies, to read, change and apply. A file holds one conditionalAccessPolicy, a list of them, or the answer of a list request to Graph. What documents can't say is named with its place and path, and nothing is printed, unless --skip leaves those policies out.",
		Example: "  referee policy import --provider entra entra.json > policies.yaml\n" +
			"  referee policy import --app 4711d00d-0000-4000-8000-000000000001=salesforce --location 5e7615b8-dbe1-4cc1-810c-26eb5a3a3cec=Headquarters entra.json",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := a.readDocuments(args)
			if err != nil {
				return err
			}
			names, err := directory.names()
			if err != nil {
				return err
			}
			var docs []*policy.Document
			var problems policy.Problems
			importer := graph.NewImporter(names)
			for _, f := range files {
				found, wrong := importer.Import(f.Name, []byte(f.Text))
				docs, problems = append(docs, found...), append(problems, wrong...)
			}
			if len(problems) > 0 && !skip {
				return mistakesError(problems, "the policies have parts that documents can't say")
			}
			for _, p := range problems {
				a.note("left out: %s", p.String())
			}
			if a.flags.json {
				return a.documentsJSON(docs)
			}
			return a.say("%s", strings.TrimRight(graph.Text(docs), "\n"))
		},
	}
	directory.add(c)
	c.Flags().BoolVar(&skip, "skip", false, "leave out policies that documents can't say, and name them")
	return c
}

func (a *app) policyExport() *cobra.Command {
	var directory entraFlags
	var skip bool
	c := &cobra.Command{
		Use: "export [FILE...]", Short: "Write Conditional Access policies as Microsoft Graph's JSON",
		Long:    "Write the stored policies, or those in files, which needs no server. Policies that would do something else in Entra are named, and nothing is printed, unless --skip leaves them out. In Graph make them report-only first.",
		Example: "  referee policy export > entra.json\n  referee policy export --skip --location 5e7615b8-dbe1-4cc1-810c-26eb5a3a3cec=Headquarters policies/",
		RunE: func(c *cobra.Command, args []string) error {
			names, err := directory.names()
			if err != nil {
				return err
			}
			var docs []*policy.Document
			if len(args) > 0 {
				files, err := a.readDocuments(args)
				if err != nil {
					return err
				}
				if docs, err = a.decodeAll(files); err != nil {
					return err
				}
			} else if docs, err = a.storedAccess(c); err != nil {
				return err
			}
			text, losses := graph.Export(docs, names)
			left := 0
			for _, l := range losses {
				a.note("%s", l.String())
				if !l.Kept {
					left++
				}
			}
			if left > 0 && !skip {
				return &fault.Error{Kind: fault.Invalid, Op: "cli.export", Msg: "some policies can't be said in Graph", Help: "change them, or leave them out with --skip"}
			}
			return a.say("%s", strings.TrimRight(string(text), "\n"))
		},
	}
	directory.add(c)
	c.Flags().BoolVar(&skip, "skip", false, "leave out policies that Graph can't say")
	return c
}

// storedAccess fetches the tenant's Conditional Access documents.
func (a *app) storedAccess(c *cobra.Command) ([]*policy.Document, error) {
	cl, err := a.connect()
	if err != nil {
		return nil, err
	}
	mine, err := cl.mine(c.Context())
	if err != nil {
		return nil, err
	}
	text, err := cl.all(c.Context(), mine+"/policies", nil, 0)
	if err != nil {
		return nil, err
	}
	var l items[policyRow]
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fault.As(err, fault.Internal, "cli.export", "policies")
	}
	var docs []*policy.Document
	for _, p := range l.Items {
		if p.Kind != string(policy.KindConditionalAccess) {
			continue
		}
		var one struct{ Text string }
		if err := cl.into(c.Context(), mine+"/policies/"+url.PathEscape(p.ID), &one); err != nil {
			return nil, err
		}
		found, problems := policy.Decode(p.ID, []byte(one.Text))
		if err := problems.Err(); err != nil {
			return nil, err
		}
		docs = append(docs, found...)
	}
	return docs, nil
}

// entraFlags say what the ids of a directory stand for here.
type entraFlags struct {
	apps, locations []string
	provider        string
	plain           bool
}

func (e *entraFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&e.apps, "app", nil, "which apps an application of Entra stands for: ID=KEY or ID=KEY,KEY")
	c.Flags().StringArrayVar(&e.locations, "location", nil, "which named location an id in Graph stands for: ID=NAME")
	c.Flags().StringVar(&e.provider, "provider", "", "the identity provider that stands for the directory; people are PROVIDER:OBJECT-ID here")
	c.Flags().BoolVar(&e.plain, "plain-ids", false, "the provider has subjects: plain, so that object ids stand alone")
}

func (e *entraFlags) names() (graph.Names, error) {
	byID, places := map[string][]string{}, map[string]string{}
	for _, s := range e.apps {
		id, keys, ok := strings.Cut(s, "=")
		if !ok || keys == "" {
			return graph.Names{}, &fault.Error{Kind: fault.Invalid, Op: "cli.app", Key: s, Msg: "is not an application with its apps", Help: "write ID=KEY"}
		}
		byID[id] = strings.Split(keys, ",")
	}
	for _, s := range e.locations {
		id, name, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return graph.Names{}, &fault.Error{Kind: fault.Invalid, Op: "cli.location", Key: s, Msg: "is not a named location with its name", Help: "write ID=NAME"}
		}
		places[id] = name
	}
	names := catalog.GraphNames().With(byID, places)
	names.Provider, names.PlainIDs = model.ProviderID(e.provider), e.plain
	return names, nil
}

// documentsJSON prints documents as a JSON list, which apply takes as well.
func (a *app) documentsJSON(docs []*policy.Document) error {
	out := []json.RawMessage{}
	for _, d := range docs {
		text, err := d.JSON()
		if err != nil {
			return err
		}
		out = append(out, text)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return a.say("%s", text)
}

// mistakesError shows problems found here as the server's are shown.
func mistakesError(all policy.Problems, what string) error {
	e := &serverError{Type: "urn:referee:invalid", Detail: fmt.Sprintf("%s: %d", what, len(all))}
	for _, p := range all {
		e.Errors = append(e.Errors, struct {
			Message, Location, File, Document, Advice, Code, Severity string
			Line, Column                                              int
		}{p.Reason, p.Path, p.File, p.Document, p.Advice, "", "", p.Pos.Line, p.Pos.Column})
	}
	return e
}
