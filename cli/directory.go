package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
)

func (a *app) directoryCommand() *cobra.Command {
	c := &cobra.Command{Use: "directory", Short: "Manage where users and groups come from, and look at them"}
	source := &cobra.Command{Use: "source", Short: "Manage the systems that speak of people"}
	source.AddCommand(a.directorySourceAdd(), a.directorySourceList(), a.directorySourceRemove(), a.directorySourceSync())
	token := &cobra.Command{Use: "token", Short: "Manage the tokens of provisioning clients (SCIM)"}
	token.AddCommand(a.directoryTokenCreate(), a.directoryTokenList(), a.directoryTokenRevoke())
	user := &cobra.Command{Use: "user", Short: "Look at users"}
	user.AddCommand(a.directoryUserList(), a.directoryUserShow())
	group := &cobra.Command{Use: "group", Short: "Look at groups and directory roles"}
	group.AddCommand(a.directoryGroupList(), a.directoryGroupShow())
	c.AddCommand(source, token, user, group)
	return c
}

// sourceView is what the API answers about a source.
type sourceView struct {
	ID, Kind, Name, Provider, URL string
	Users, Groups                 int
	Sync                          struct {
		Asked, Began, Finished, Failed time.Time
		Phase, Error, Warning          string
		Full                           bool
		Pages, Items                   int
	}
}

// state says in a few words how far a source is.
func (a *app) state(s sourceView) string {
	switch v := s.Sync; {
	case s.Kind == "scim":
		return "is pushed"
	case v.Error != "":
		return "failed " + a.when(v.Failed) + ": " + v.Error
	case v.Phase != "":
		return fmt.Sprintf("reading %s: %d pages, %d items", v.Phase, v.Pages, v.Items)
	case v.Finished.IsZero():
		return "not read yet"
	default:
		return "read " + a.when(v.Finished)
	}
}

func (a *app) directorySourceAdd() *cobra.Command {
	var name, provider, tenant, client, secret, certificate, login, graph string
	c := &cobra.Command{
		Use: "add ID KIND", Short: "Add a directory source", Args: exactly(2, "a short id, such as entra, and the kind: scim or graph"),
		Long: `Add a source of users and groups. scim: a provisioning client such as Entra's or Okta's pushes them; its address is printed,
and "referee directory token create" makes its token. graph: Referee reads them from Microsoft Graph, as an app registration
with a client secret or a certificate; the files are the host's, so it takes a token of the installation.`,
		Example: "  referee directory source add okta scim --name Okta\n" +
			"  referee directory source add entra graph --directory contoso.onmicrosoft.com --client-id 6b1f5f0a-9b1e-4a55-8f37-0d6c1a5d7a10 --certificate-file /etc/referee/graph.pem",
		RunE: func(c *cobra.Command, args []string) error {
			body := map[string]any{"id": args[0], "kind": args[1]}
			g := map[string]any{}
			for _, f := range []struct {
				to         map[string]any
				key, value string
			}{
				{body, "name", name},
				{body, "provider", provider},
				{g, "tenant", tenant},
				{g, "clientId", client},
				{g, "secretFile", secret},
				{g, "certificateFile", certificate},
				{g, "login", login},
				{g, "graph", graph},
			} {
				if f.value != "" {
					f.to[f.key] = f.value
				}
			}
			if args[1] == "graph" {
				for _, key := range []string{"tenant", "clientId"} {
					if g[key] == nil {
						g[key] = "" // the API says what is missing
					}
				}
				body["graph"] = g
			} else if len(g) > 0 {
				return &fault.Error{Kind: fault.Invalid, Op: "directory source add", Key: args[0], Msg: "settings of Microsoft Graph belong to the kind graph"}
			}
			text, err := a.tell(c, http.MethodPost, "/directory/sources", nil, body)
			if err != nil {
				return err
			}
			return show(a, text, func(s sourceView) error {
				if s.Kind == "scim" {
					a.note("%s is added; give its address to the provisioning client, and a token that \"referee directory token create %s\" makes", s.ID, s.ID)
					return a.say("%s", s.URL)
				}
				return a.say("%s is added and read within seconds; \"referee directory source list\" shows how far it is", s.ID)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&name, "name", "", "shown to people")
	f.StringVar(&provider, "provider", "", "id of the provider where the source's people sign in; the only one without it")
	f.StringVar(&tenant, "directory", "", "id or domain of the Entra tenant (graph)")
	f.StringVar(&client, "client-id", "", "application (client) id (graph)")
	f.StringVar(&secret, "secret-file", "", "file of the host with the client secret (graph)")
	f.StringVar(&certificate, "certificate-file", "", "file of the host with certificate and private key, PEM (graph)")
	f.StringVar(&login, "login", "", "https address of a national cloud's sign-in (graph)")
	f.StringVar(&graph, "graph", "", "https address of a national cloud's Graph, with its version (graph)")
	return c
}

func (a *app) directorySourceList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List sources, with what was last read", Args: cobra.NoArgs, Example: "  referee directory source list",
		RunE: func(c *cobra.Command, _ []string) error {
			text, err := a.tenantList(c, "/directory/sources", nil)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[sourceView]) error {
				t := newTable("SOURCE", "KIND", "PROVIDER", "USERS", "GROUPS", "STATE")
				for _, s := range l.Items {
					t.row(s.ID, s.Kind, dash(s.Provider), fmt.Sprint(s.Users), fmt.Sprint(s.Groups), a.state(s))
				}
				if err := a.print(t); err != nil {
					return err
				}
				for _, s := range l.Items {
					if s.Sync.Warning != "" {
						a.note("warning: %s: %s", s.ID, plain(s.Sync.Warning))
					}
					if s.URL != "" {
						a.note("%s: %s", s.ID, s.URL)
					}
				}
				return nil
			})
		},
	}
}

// tenantList reads every page of one of the tenant's lists.
func (a *app) tenantList(c *cobra.Command, path string, query url.Values) ([]byte, error) {
	cl, err := a.connect()
	if err != nil {
		return nil, err
	}
	mine, err := cl.mine(c.Context())
	if err != nil {
		return nil, err
	}
	return cl.all(c.Context(), mine+path, query, 0)
}

func (a *app) directorySourceRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Remove a source with all that it said", Args: exactly(1, "the id of a source"), Example: "  referee directory source remove okta",
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.tell(c, http.MethodDelete, "/directory/sources/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	}
}

func (a *app) directorySourceSync() *cobra.Command {
	full := false
	c := &cobra.Command{
		Use: "sync ID", Short: "Read a source of the kind graph now", Args: exactly(1, "the id of a source"),
		Long: "Ask for a reading, which begins within seconds. Without --full it reads what has changed since the last one.", Example: "  referee directory source sync entra --full",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodPost, "/directory/sources/"+url.PathEscape(args[0])+"/sync", nil, map[string]any{"full": full})
			if err != nil {
				return err
			}
			return show(a, text, func(s sourceView) error {
				return a.say("%s is read within seconds; \"referee directory source list\" shows how far it is", s.ID)
			})
		},
	}
	c.Flags().BoolVar(&full, "full", false, "read everything anew")
	return c
}

func (a *app) directoryTokenCreate() *cobra.Command {
	name, expires, file := "", "", ""
	c := &cobra.Command{
		Use: "create SOURCE", Short: "Make a token for a provisioning client", Args: exactly(1, "the id of a source of the kind scim"),
		Long:    "Make a token and print its secret, once. To rotate: make a second one, give it to the client, revoke the first.",
		Example: "  referee directory token create okta --expires 365d --output okta.token",
		RunE: func(c *cobra.Command, args []string) error {
			end, err := a.ahead(expires)
			if err != nil {
				return err
			}
			body := map[string]any{"name": name}
			if !end.IsZero() {
				body["expires"] = end
			}
			var f *os.File
			if file != "" { // before the token is made: a secret that can't be kept is lost
				if f, err = os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
					return &fault.Error{Kind: fault.Invalid, Op: "directory token create", Key: file, Msg: "can't be made", Help: "name a file that does not exist yet", Err: err}
				}
				defer f.Close()
			}
			text, err := a.tell(c, http.MethodPost, "/directory/sources/"+url.PathEscape(args[0])+"/tokens", nil, body)
			if err != nil {
				if f != nil {
					_ = os.Remove(file) // empty, and of no use
				}
				return err
			}
			var made struct{ ID, URL, Secret string }
			if err := decodeJSON(text, &made); err != nil {
				return err
			}
			switch {
			case f != nil:
				if _, err := f.WriteString(made.Secret + "\n"); err != nil {
					return fault.As(err, fault.Unavailable, "directory token create", file)
				}
				if a.flags.json {
					return a.printJSON(map[string]string{"id": made.ID, "url": made.URL, "output": file})
				}
				return a.say("%s is made for %s; its secret is in %s", made.ID, made.URL, file)
			case a.flags.json:
				return a.printRaw(text)
			}
			a.note("%s is made for %s; this is its secret, shown only now:", made.ID, made.URL)
			return a.say("%s", made.Secret)
		},
	}
	c.Flags().StringVar(&name, "name", "", "which client it is for")
	c.Flags().StringVar(&expires, "expires", "", "when it ends: 365d, or a date; never without it")
	c.Flags().StringVarP(&file, "output", "o", "", "file to write the secret to, readable by you alone")
	return c
}

func (a *app) directoryTokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list SOURCE", Short: "List a source's tokens", Args: exactly(1, "the id of a source of the kind scim"), Example: "  referee directory token list okta",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tenantList(c, "/directory/sources/"+url.PathEscape(args[0])+"/tokens", nil)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[struct {
				ID, Name, CreatedBy        string
				Created, Expires, LastUsed time.Time
			}],
			) error {
				t := newTable("ID", "NAME", "MADE", "BY", "EXPIRES", "LAST USED")
				for _, v := range l.Items {
					expires := "never"
					if !v.Expires.IsZero() {
						expires = a.when(v.Expires)
					}
					t.row(v.ID, dash(v.Name), a.when(v.Created), v.CreatedBy, expires, a.when(v.LastUsed))
				}
				return a.print(t)
			})
		},
	}
}

func (a *app) directoryTokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke SOURCE ID", Short: "Revoke a source's token", Args: exactly(2, "the id of a source and that of its token"), Example: "  referee directory token revoke okta tok-0123456789abcdef",
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.tell(c, http.MethodDelete, "/directory/sources/"+url.PathEscape(args[0])+"/tokens/"+url.PathEscape(args[1]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[1], "revoked")
		},
	}
}
