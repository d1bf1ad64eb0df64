package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/policy/template"
)

func (a *app) templateCommand() *cobra.Command {
	c := &cobra.Command{Use: "template", Short: "Begin a policy from a template; needs no server"}
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List templates and what they ask for", Args: cobra.NoArgs, Example: "  referee template list",
		RunE: func(*cobra.Command, []string) error {
			if a.flags.json {
				rows := []map[string]any{}
				for _, t := range template.All() {
					params := []map[string]any{}
					for _, p := range t.Params {
						params = append(params, map[string]any{"name": p.Name, "title": p.Title, "default": p.Default, "choices": p.Choices, "needed": p.Needed})
					}
					rows = append(rows, map[string]any{"id": t.ID, "title": t.Title, "doc": t.Doc, "params": params})
				}
				return a.printJSON(map[string]any{"items": rows})
			}
			t := newTable("ID", "TITLE", "PARAMETERS")
			for _, tp := range template.All() {
				var params []string
				for _, p := range tp.Params {
					name := p.Name
					if p.Default != "" {
						name += "=" + p.Default
					} else if p.Needed {
						name += "=..."
					}
					params = append(params, name)
				}
				t.row(tp.ID, tp.Title, strings.Join(params, " "))
			}
			return a.print(t)
		},
	}, &cobra.Command{
		Use: "make ID [NAME=VALUE...]", Short: "Print a template's documents", Args: some("the id of a template, then NAME=VALUE"),
		Long:    "Print documents to read, change and apply. Parameters that are left out have their default; lists are separated by commas.",
		Example: "  referee template make block_download_unmanaged app=onedrive contact=it@contoso.com > onedrive.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := template.Find(args[0])
			if err != nil {
				return err
			}
			values := template.Values{}
			for _, arg := range args[1:] {
				name, value, ok := strings.Cut(arg, "=")
				if !ok {
					return &fault.Error{Kind: fault.Invalid, Op: "template make", Key: arg, Msg: "is not NAME=VALUE"}
				}
				values[name] = value
			}
			docs, err := t.Make(values)
			if err != nil {
				return err
			}
			var texts []string
			for _, d := range docs {
				texts = append(texts, strings.TrimRight(string(d.Canonical()), "\n"))
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"text": strings.Join(texts, "\n---\n") + "\n"})
			}
			return a.say("%s", strings.Join(texts, "\n---\n"))
		},
	})
	return c
}
