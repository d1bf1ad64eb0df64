package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/msgraph"
)

func (a *app) labelCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "label", Short: "Sensitivity labels: a tenant's taxonomy, and labels in files",
		Long: "Keep the sensitivity labels of a tenant, and read and write labels in files. See docs/howto/sensitivity-labels.md.",
	}
	c.AddCommand(a.labelList(), a.labelShow(), a.labelApply(), a.labelImport(), a.labelHistory(), a.labelRead(), a.labelWrite(), a.labelEncrypt())
	return c
}

type labelRow struct {
	taxonomy.Label
	Path     string
	Priority int
	SiteID   string
	Revision int64
	Policies []string
}

func (a *app) labelList() *cobra.Command {
	var document bool
	c := &cobra.Command{
		Use: "list", Short: "List the tenant's sensitivity labels, the lowest first", Args: cobra.NoArgs,
		Long:    "List the tenant's sensitivity labels. The order is the priority: a later label is higher. --document prints what `referee label apply` takes.",
		Example: "  referee label list\n  referee label list --document > labels.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			if document {
				text, err := a.tell(c, http.MethodGet, "/labels/document", nil, nil)
				if err != nil {
					return err
				}
				return show(a, text, func(d struct{ Text string }) error { return a.say("%s", strings.TrimRight(d.Text, "\n")) })
			}
			return a.listing("/labels", func(text []byte) error {
				return show(a, text, func(l items[labelRow]) error {
					t := newTable("PRIORITY", "NAME", "ENCRYPTS", "MARKS", "IN USE", "ID")
					for _, r := range l.Items {
						t.row(strconv.Itoa(r.Priority), plain(r.Path), yesNo(r.Encrypts), dash(marksOf(&r.Label)), yesNo(!r.Off), r.ID)
					}
					return a.print(t)
				})
			})(c, nil)
		},
	}
	c.Flags().BoolVar(&document, "document", false, "print the document of all labels")
	return c
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func marksOf(l *taxonomy.Label) string {
	var out []string
	if l.Marking.Header != nil {
		out = append(out, "header")
	}
	if l.Marking.Footer != nil {
		out = append(out, "footer")
	}
	if l.Marking.Watermark != nil {
		out = append(out, "watermark")
	}
	return strings.Join(out, ", ")
}

func (a *app) labelShow() *cobra.Command {
	return &cobra.Command{
		Use: "show LABEL", Short: "Show a sensitivity label and the policies that give it to files", Args: exactly(1, "the id or name of a label"), Example: "  referee label show Confidential/Team",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodGet, "/labels/"+url.PathEscape(args[0]), nil, nil)
			if err != nil {
				return err
			}
			return show(a, text, func(r labelRow) error {
				t := newTable("WHAT", "VALUE")
				for _, line := range [][2]string{
					{"name", r.Path},
					{"id", r.ID},
					{"Entra tenant", r.SiteID},
					{"priority", strconv.Itoa(r.Priority)},
					{"colour", dash(r.Colour)},
					{"tooltip", dash(r.Tooltip)},
					{"encrypts", yesNo(r.Encrypts)},
					{"in use", yesNo(!r.Off)},
					{"policies", dash(strings.Join(r.Policies, ", "))},
				} {
					t.row(line[0], plain(line[1]))
				}
				if m := r.Marking.Header; m != nil {
					t.row("header", plain(m.Text))
				}
				if m := r.Marking.Footer; m != nil {
					t.row("footer", plain(m.Text))
				}
				if m := r.Marking.Watermark; m != nil {
					t.row("watermark", plain(m.Text))
				}
				return a.print(t)
			})
		},
	}
}

func (a *app) labelApply() *cobra.Command {
	var dry bool
	comment := ""
	c := &cobra.Command{
		Use: "apply FILE", Short: "Store the document of all sensitivity labels", Args: exactly(1, "a file; - reads standard input"),
		Long:    "Store the document with all labels of the tenant, in the place of the one before. Labels that policies give to files can't be left out.",
		Example: "  referee label apply --dry-run labels.yaml\n  referee label apply --comment 'ticket 4711' labels.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.readDocumentsUpTo(args, taxonomy.MaxText)
			if err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPost, "/labels", nil, map[string]any{"files": files, "dryRun": dry, "comment": comment})
			if err != nil {
				return err
			}
			return show(a, text, func(r struct {
				Applied                 bool
				Revision                int64
				Added, Changed, Removed []string
			},
			) error {
				t := newTable("CHANGE", "LABEL")
				for change, names := range map[string][]string{"added": r.Added, "changed": r.Changed, "removed": r.Removed} {
					for _, n := range names {
						t.row(change, plain(n))
					}
				}
				if err := a.print(t); err != nil {
					return err
				}
				switch {
				case dry:
					a.note("nothing was stored: a dry run")
				case !r.Applied:
					a.note("nothing had changed")
				default:
					a.note("revision %d is in force", r.Revision)
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and do nothing")
	c.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return c
}

func (a *app) labelHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "List the revisions of the sensitivity labels", Args: cobra.NoArgs, Example: "  referee label history",
		RunE: a.revisions("/labels/history"),
	}
}

// graphFlags say how Microsoft Graph is asked.
type graphFlags struct{ tenant, clientID, secret, login, graph string }

func (a *app) labelImport() *cobra.Command {
	var f graphFlags
	var from, site string
	c := &cobra.Command{
		Use: "import", Short: "Write the document of labels from what Microsoft Purview has", Args: cobra.NoArgs,
		Long: `Read the tenant's sensitivity labels through Microsoft Graph as an app registration (--entra-tenant, --client-id,
--client-secret-file), or from a file with Graph's answer (--from, --site-id), and print the document to apply. Marks are kept from
the labels that are stored, since Graph doesn't tell them. Nothing is stored.

The app registration needs the application permission SensitivityLabels.Read.All, with admin consent. Graph has these addresses in
its beta version only, and with another permission (InformationProtectionPolicy.Read.All) at an older address, which is tried next.`,
		Example: "  referee label import --from graph.json --site-id f66b6bd3-ebc2-4f54-8769-d22858de97c5 > labels.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			items, err := a.graphLabels(c.Context(), f, from)
			if err != nil {
				return err
			}
			if site == "" {
				site = f.tenant
			}
			text, err := a.tell(c, http.MethodPost, "/labels/import", nil, map[string]any{"siteId": site, "labels": items})
			if err != nil {
				return err
			}
			return show(a, text, func(r struct {
				Text  string
				Notes []string
			},
			) error {
				for _, n := range r.Notes {
					a.note("%s", plain(n))
				}
				return a.say("%s", strings.TrimRight(r.Text, "\n"))
			})
		},
	}
	p := c.Flags()
	p.StringVar(&from, "from", "", "file with Graph's answer, in place of Graph itself")
	p.StringVar(&site, "site-id", "", "id of the Entra tenant; default that of --entra-tenant")
	p.StringVar(&f.tenant, "entra-tenant", "", "id of the Entra tenant")
	p.StringVar(&f.clientID, "client-id", "", "application id of the app registration")
	p.StringVar(&f.secret, "client-secret-file", "", "file that holds its client secret")
	p.StringVar(&f.login, "login", msgraph.PublicLogin, "Entra's address, for national clouds")
	p.StringVar(&f.graph, "graph", strings.TrimSuffix(msgraph.PublicGraph, "/v1.0")+"/beta", "Graph's address with its version")
	return c
}

// graphLabels reads sensitivityLabel objects from a file or from Graph.
func (a *app) graphLabels(ctx context.Context, f graphFlags, from string) ([]json.RawMessage, error) {
	const op = "label import"
	switch {
	case from != "":
		text, err := os.ReadFile(from) //nolint:gosec // the caller names it
		if err != nil {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: from, Msg: "can't be read", Err: err}
		}
		page, err := msgraph.ReadPage(text)
		if err == nil && page.Next != "" {
			err = &fault.Error{Kind: fault.Invalid, Op: op, Key: from, Msg: "is the first page of several", Help: "save the whole list"}
		}
		return page.Value, err
	case f.tenant == "" || f.clientID == "" || f.secret == "":
		return nil, &fault.Error{
			Kind: fault.Invalid, Op: op, Msg: "neither a file nor a tenant is named",
			Help: "give --from with Graph's answer, or --entra-tenant, --client-id and --client-secret-file",
		}
	}
	roots, err := rootsOf(first(a.flags.caFile, a.env("REFEREE_CA_FILE")))
	if err != nil {
		return nil, err
	}
	g, err := msgraph.New(msgraph.Config{
		Tenant: f.tenant, ClientID: f.clientID, Login: f.login, Graph: f.graph, HTTP: &http.Client{Transport: transport(roots)},
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
	var last error
	for _, path := range taxonomy.GraphPaths {
		items := []json.RawMessage{}
		_, err := g.List(ctx, path, func(item json.RawMessage) error { items = append(items, item); return nil })
		if err == nil {
			return items, nil
		}
		last = err
		if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
			return nil, err
		}
	}
	return nil, needs(last, "SensitivityLabels.Read.All")
}
