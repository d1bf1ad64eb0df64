package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/session"
)

// readObject reads one YAML or JSON object from a file, "-" for standard input.
func (a *app) readObject(file string) (map[string]any, error) {
	const op = "cli.object"
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(io.LimitReader(a.in, 1<<20))
	} else {
		text, err = os.ReadFile(file) //nolint:gosec // the caller names it
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err}
	}
	out := map[string]any{}
	if err := yaml.Unmarshal(text, &out); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: err.Error()}
	}
	if len(out) == 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "is empty"}
	}
	return out, nil
}

func (a *app) appCommand() *cobra.Command {
	c := &cobra.Command{Use: "app", Short: "Manage the apps that people reach through Referee"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List app instances", Args: cobra.NoArgs, Example: "  referee app list",
		RunE: a.listing("/apps", func(text []byte) error {
			return show(a, text, func(l items[struct {
				ID, App, Name, Route, Evidence string
				Hosts                          []struct{ Name, Role string }
			}],
			) error {
				t := newTable("ID", "APP", "NAME", "ROUTE", "EVIDENCE", "HOSTS")
				for _, in := range l.Items {
					var hosts []string
					for _, h := range in.Hosts {
						hosts = append(hosts, h.Name+" ("+h.Role+")")
					}
					t.row(in.ID, in.App, in.Name, in.Route, in.Evidence, dash(strings.Join(hosts, ", ")))
				}
				return a.print(t)
			})
		}),
	}, &cobra.Command{
		Use: "get ID", Short: "Print an app instance", Args: exactly(1, "the id of an instance"), Example: "  referee app get files",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/apps/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return a.showObject(text)
		},
	}, &cobra.Command{
		Use: "add FILE", Short: "Make or change an app instance from a file", Args: exactly(1, "a file; - reads standard input"),
		Long: `Read an instance as YAML or JSON: id, app, name, route, hosts, federation, profile. An instance of the same id is
replaced. federation.clientSecretFile names a file with the app's client secret: its hash is sent, the secret is not.`,
		Example: "  referee app add files.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			in, err := a.readObject(args[0])
			if err != nil {
				return err
			}
			id, _ := in["id"].(string)
			if id == "" {
				return &fault.Error{Kind: fault.Invalid, Op: "app add", Key: args[0], Msg: "id is missing", Help: "give the instance a short name, such as id: files"}
			}
			if err := hashSecret(in, filepath.Dir(args[0])); err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPut, "/apps/"+url.PathEscape(id), nil, in)
			if err != nil {
				return err
			}
			return show(a, text, func(struct{}) error {
				if err := a.say("%s is stored", id); err != nil {
					return err
				}
				return a.appEntries(c, id, in)
			})
		},
	}, a.appCheck(), a.appDiscovered(), a.appHost(), a.appShow(), a.appMake(), a.appProfileCommand(), &cobra.Command{
		Use: "remove ID", Short: "Remove an app instance", Args: exactly(1, "the id of an instance"), Example: "  referee app remove files",
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := a.tell(c, http.MethodDelete, "/apps/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	})
	return c
}

// hashSecret replaces federation.clientSecretFile, relative to a folder, by the hash of what the file holds.
func hashSecret(in map[string]any, dir string) error {
	const op = "cli.app"
	f, _ := in["federation"].(map[string]any)
	file, ok := f["clientSecretFile"].(string)
	if !ok {
		return nil
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "the client secret can't be read", Err: err}
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < 32 {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "the client secret has less than 32 characters", Help: "make one with: openssl rand -base64 32"}
	}
	delete(f, "clientSecretFile")
	f["secretHash"] = session.Secret(secret).Hash()
	return nil
}

// showObject prints an object as YAML for people and as it came for scripts.
func (a *app) showObject(text []byte) error {
	if a.flags.json {
		return a.printRaw(text)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil { // JSON is YAML
		return fault.As(err, fault.Unavailable, "cli.print", "")
	}
	block(&node)
	out, err := yaml.Marshal(&node)
	if err != nil {
		return fault.As(err, fault.Internal, "cli.print", "")
	}
	return a.say("%s", strings.TrimRight(string(out), "\n"))
}

// block takes JSON's flow style off a tree.
func block(n *yaml.Node) {
	n.Style = 0
	for _, kid := range n.Content {
		block(kid)
	}
}

func (a *app) tenantCommand() *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Manage tenants"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List tenants", Args: cobra.NoArgs, Example: "  referee tenant list",
		RunE: func(c *cobra.Command, _ []string) error {
			cl, err := a.connect()
			if err != nil {
				return err
			}
			text, err := cl.all(c.Context(), "/tenants", nil, 0)
			if err != nil {
				return err
			}
			return show(a, text, func(l items[struct {
				ID, Name  string
				Domains   []string
				Providers []struct{ ID, Issuer string }
			}],
			) error {
				t := newTable("ID", "NAME", "DOMAINS", "PROVIDERS")
				for _, v := range l.Items {
					var providers []string
					for _, p := range v.Providers {
						providers = append(providers, p.ID+" ("+p.Issuer+")")
					}
					t.row(v.ID, v.Name, dash(strings.Join(v.Domains, ", ")), dash(strings.Join(providers, ", ")))
				}
				return a.print(t)
			})
		},
	}, &cobra.Command{
		Use: "get [ID]", Short: "Print a tenant", Args: cobra.MaximumNArgs(1), Example: "  referee tenant get contoso > contoso.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				a.flags.tenant = args[0]
			}
			text, err := a.tell(c, http.MethodGet, "", nil, nil)
			if err != nil {
				return err
			}
			return a.showObject(text)
		},
	}, &cobra.Command{
		Use: "add FILE", Short: "Make or change a tenant from a file", Args: exactly(1, "a file; - reads standard input"),
		Long:    "Read a tenant as YAML or JSON. To change one, print it with get, edit it, and add it again: its epoch says which state was changed.",
		Example: "  referee tenant add contoso.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.readObject(args[0])
			if err != nil {
				return err
			}
			id, _ := v["id"].(string)
			if id == "" {
				return &fault.Error{Kind: fault.Invalid, Op: "tenant add", Key: args[0], Msg: "id is missing", Help: "give it a short DNS label, such as id: contoso"}
			}
			cl, err := a.connect()
			if err != nil {
				return err
			}
			method, path := http.MethodPost, "/tenants"
			if epoch := fmt.Sprint(v["epoch"]); v["epoch"] != nil && epoch != "0" {
				method, path = http.MethodPut, "/tenants/"+url.PathEscape(id)
			}
			text, err := cl.ask(c.Context(), method, path, nil, v)
			if err != nil {
				return err
			}
			return show(a, text, func(struct{}) error { return a.say("%s is stored", id) })
		},
	})
	return c
}
