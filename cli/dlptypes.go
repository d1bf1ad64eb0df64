package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
)

// typeRow is a type in a list, with what a server knows of it.
type typeRow struct {
	dlp.Description
	Own      bool
	Revision int64
	Author   string
	Time     time.Time
	Policies []string
	Types    []string // of a bundle
	Text     string
}

func (a *app) dlpTypesList() *cobra.Command {
	var f dlpFlags
	var bundles, stored bool
	c := &cobra.Command{
		Use: "list", Short: "List sensitive information types, or bundles of them", Args: cobra.NoArgs,
		Long:    "List the built-in types, with those of --own files; no server is asked. --stored lists what the tenant has on the server instead, its own types included.",
		Example: "  referee dlp types list\n  referee dlp types list --bundles\n  referee dlp types list --stored",
		RunE: func(c *cobra.Command, _ []string) error {
			if stored {
				return a.storedTypes(bundles)(c, nil)
			}
			set, err := a.known(&f)
			if err != nil {
				return err
			}
			if bundles {
				if a.flags.json {
					return a.printJSON(map[string]any{"items": set.Bundles})
				}
				return a.printBundles(set.Bundles)
			}
			rows := make([]dlp.Description, len(set.Types))
			for i := range set.Types {
				rows[i] = dlp.Describe(&set.Types[i])
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"items": rows})
			}
			t := newTable("ID", "NAME", "GROUP", "CONFIDENCE", "COUNTRIES")
			for _, r := range rows {
				t.row(r.ID, plain(r.Name), r.Group, numbers(r.Confidence), dash(strings.Join(r.Countries, " ")))
			}
			return a.print(t)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&bundles, "bundles", false, "list bundles")
	c.Flags().BoolVar(&stored, "stored", false, "list what the tenant has on the server")
	c.MarkFlagsMutuallyExclusive("own", "stored")
	return c
}

func numbers(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return strings.Join(out, " ")
}

func (a *app) printBundles(list []dlp.Bundle) error {
	t := newTable("ID", "NAME", "TYPES")
	for _, b := range list {
		t.row(b.ID, plain(b.Name), strconv.Itoa(len(b.Types)))
	}
	return a.print(t)
}

func (a *app) storedTypes(bundles bool) func(*cobra.Command, []string) error {
	if bundles {
		return a.listing("/dlp/bundles", func(text []byte) error {
			return show(a, text, func(l items[dlp.Bundle]) error { return a.printBundles(l.Items) })
		})
	}
	return a.listing("/dlp/types", func(text []byte) error {
		return show(a, text, func(l items[typeRow]) error {
			t := newTable("ID", "NAME", "GROUP", "CONFIDENCE", "COUNTRIES", "REV", "CHANGED", "BY")
			for _, r := range l.Items {
				rev, when := "-", "-"
				if r.Own {
					rev, when = strconv.FormatInt(r.Revision, 10), a.when(r.Time)
				}
				t.row(r.ID, plain(r.Name), r.Group, numbers(r.Confidence), dash(strings.Join(r.Countries, " ")), rev, when, dash(plain(r.Author)))
			}
			return a.print(t)
		})
	})
}

func (a *app) dlpTypesShow() *cobra.Command {
	var f dlpFlags
	var stored bool
	c := &cobra.Command{
		Use: "show ID", Short: "Show what a sensitive information type looks for", Args: exactly(1, "the id of a type, such as credit-card-number"),
		Example: "  referee dlp types show credit-card-number\n  referee dlp types show --stored case-number",
		RunE: func(c *cobra.Command, args []string) error {
			if stored {
				text, err := a.tell(c, http.MethodGet, "/dlp/types/"+url.PathEscape(args[0]), nil, nil)
				if err != nil {
					return err
				}
				return show(a, text, a.printType)
			}
			set, err := a.known(&f)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(set.Types, func(t dlp.Type) bool { return t.ID == args[0] })
			if i < 0 {
				return noSuchType("dlp types show", args[0])
			}
			d := dlp.Describe(&set.Types[i])
			if a.flags.json {
				return a.printJSON(d)
			}
			return a.printType(typeRow{Description: d})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&stored, "stored", false, "show what the tenant has on the server, with the policies that name it")
	c.MarkFlagsMutuallyExclusive("own", "stored")
	return c
}

func noSuchType(op, id string) error {
	return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is no information type", Help: "referee dlp types list shows them"}
}

func (a *app) printType(r typeRow) error {
	t := newTable("WHAT", "VALUE")
	keywords := strings.Join(r.Keywords, ", ")
	for _, line := range [][2]string{
		{"id", r.ID},
		{"name", r.Name},
		{"Purview id", dash(r.GUID)},
		{"group", r.Group},
		{"countries", dash(strings.Join(r.Countries, " "))},
		{"about", dash(r.About)},
		{"source", dash(r.Source)},
		{"proximity", strconv.Itoa(r.Proximity) + " characters"},
		{"keywords", dash(keywords)},
	} {
		t.row(line[0], plain(line[1]))
	}
	for _, p := range r.Patterns {
		what := p.Regexp
		if p.Words > 0 {
			what = strconv.Itoa(p.Words) + " words"
		}
		if p.Checked {
			what += " (and checked)"
		}
		if p.Compared {
			what += " (and in the table)"
		}
		t.row("pattern", plain(what)+", confidence "+confidenceText(p))
		if len(p.Keywords) > 0 {
			t.row("  its keywords", plain(strings.Join(p.Keywords, ", ")))
		}
		if len(p.Without) > 0 {
			t.row("  not near", plain(strings.Join(p.Without, ", ")))
		}
	}
	for i, at := range r.Similarity {
		if at > 0 {
			t.row("similarity", fmt.Sprintf("%d %% of the sample's wording, confidence %d", at, []int{dlp.Low, dlp.Medium, dlp.High}[i]))
		}
	}
	if len(r.Types) > 0 {
		t.row("types", strings.Join(r.Types, ", "))
	}
	if r.Own {
		t.row("revision", fmt.Sprintf("%d by %s, %s", r.Revision, plain(r.Author), a.when(r.Time)))
	}
	if r.Policies != nil {
		t.row("policies", dash(strings.Join(r.Policies, ", ")))
	}
	return a.print(t)
}

func confidenceText(p dlp.PatternDescription) string {
	with := " with a keyword near"
	if p.Compared {
		with = " with other columns of its row near"
	}
	switch {
	case p.WithKeyword == 0:
		return strconv.Itoa(p.Confidence)
	case p.Confidence == 0:
		return strconv.Itoa(p.WithKeyword) + with
	}
	return strconv.Itoa(p.Confidence) + ", " + strconv.Itoa(p.WithKeyword) + with
}

func (a *app) dlpTypesApply() *cobra.Command {
	var dry bool
	comment := ""
	c := &cobra.Command{
		Use: "apply FILE...", Short: "Store the tenant's own information types and bundles", Args: some("files or folders; - reads standard input"),
		Long:    "Store every document in the files, all or none. What did not change keeps its revision. Try them first: referee dlp test --own FILE ID TEXT.",
		Example: "  referee dlp types apply --dry-run types.yaml\n  referee dlp types apply --comment 'ticket 4711' types.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.readDocumentsUpTo(args, own.MaxText)
			if err != nil {
				return err
			}
			text, err := a.tell(c, http.MethodPost, "/dlp/types", nil, map[string]any{"files": files, "dryRun": dry, "comment": comment})
			if err != nil {
				return err
			}
			return show(a, text, a.showApplied(dry))
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and do nothing")
	c.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return c
}

func (a *app) dlpTypesHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history ID", Short: "List the revisions of an own information type", Args: exactly(1, "the id of a type"), Example: "  referee dlp types history case-number",
		RunE: func(c *cobra.Command, args []string) error {
			return a.revisions("/dlp/types/"+url.PathEscape(args[0])+"/history")(c, nil)
		},
	}
}

func (a *app) dlpTypesRemove() *cobra.Command {
	comment := ""
	c := &cobra.Command{
		Use: "remove ID", Short: "Remove an own information type or bundle; its history stays", Args: exactly(1, "the id of a type"), Example: "  referee dlp types remove case-number --comment 'not used'",
		RunE: func(c *cobra.Command, args []string) error {
			q := url.Values{}
			if comment != "" {
				q.Set("comment", comment)
			}
			if _, err := a.tell(c, http.MethodDelete, "/dlp/types/"+url.PathEscape(args[0]), q, nil); err != nil {
				return err
			}
			return a.gone(args[0], "removed")
		},
	}
	c.Flags().StringVar(&comment, "comment", "", "why, for the history")
	return c
}
