package cli

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) appDiscovered() *cobra.Command {
	return &cobra.Command{
		Use: "discovered ID", Short: "List hosts that pages of an app asked past the gateway", Args: exactly(1, "the id of an instance"), Example: "  referee app discovered files",
		Long: "List hosts that browsers asked in sessions of an app and that no app of the tenant has: what they answer isn't under control. Those marked add are of the app's own domains, or in its profile. Pages say which hosts they asked, so names can be made up.",
		RunE: func(c *cobra.Command, args []string) error {
			return a.listing("/apps/"+url.PathEscape(args[0])+"/discovered", a.printDiscovered)(c, args)
		},
	}
}

func (a *app) printDiscovered(text []byte) error {
	return show(a, text, func(l items[struct {
		Host, Role, Never string
		Own               bool
		Kinds             []string
		Last              time.Time
		Times             int64
	}],
	) error {
		t := newTable("HOST", "", "ROLE", "ASKED BY", "TIMES", "LAST SEEN")
		for _, h := range l.Items {
			what := "direct"
			switch {
			case h.Never != "":
				what = "never"
			case h.Own:
				what = "add"
			}
			t.row(h.Host, what, dash(h.Role), strings.Join(h.Kinds, ", "), strconv.FormatInt(h.Times, 10), a.when(h.Last))
		}
		if err := a.print(t); err != nil {
			return err
		}
		if len(l.Items) > 0 {
			a.note("add one with: referee app host add ID HOST --role ROLE")
		}
		return nil
	})
}

func (a *app) appHost() *cobra.Command {
	c := &cobra.Command{Use: "host", Short: "Add hosts to an app instance"}
	var role string
	var dotted bool
	add := &cobra.Command{
		Use: "add ID HOST", Short: "Add a host to an app instance", Args: exactly(2, "the id of an instance, and a host"), Example: "  referee app host add files files2.app.example.com --role files",
		RunE: func(c *cobra.Command, args []string) error {
			text, err := a.tell(c, http.MethodPost, "/apps/"+url.PathEscape(args[0])+"/hosts", nil, map[string]any{"name": args[1], "role": role, "dotted": dotted})
			if err != nil {
				return err
			}
			return show(a, text, func(struct{}) error {
				return a.say("%s has %s now; open pages take it up when they are loaded again", args[0], plain(args[1]))
			})
		},
	}
	add.Flags().StringVar(&role, "role", "app", "app, api, anonymous, static or files")
	add.Flags().BoolVar(&dotted, "dotted", false, "keep the host's dots in the mapped name")
	c.AddCommand(add)
	return c
}
