package cli

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/fault"
)

func (a *app) dlpCommand() *cobra.Command {
	c := &cobra.Command{Use: "dlp", Short: "Look for sensitive information in files; needs no server"}
	types := &cobra.Command{Use: "types", Short: "Show sensitive information types"}
	types.AddCommand(a.dlpTypesList(), a.dlpTypesShow())
	c.AddCommand(a.dlpScan(), types)
	return c
}

// dlpFlags choose what is looked for.
type dlpFlags struct {
	own, types, bundles []string
}

func (f *dlpFlags) add(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.own, "own", nil, "files with documents of own information types and bundles")
}

// known are the built-in types and bundles, and those of documents.
func (a *app) known(f *dlpFlags) ([]dlp.Type, []dlp.Bundle, error) {
	types, bundles := sit.All(), sit.Bundles()
	for _, file := range f.own {
		text, err := os.ReadFile(file) //nolint:gosec // the caller names it
		if err != nil {
			return nil, nil, &fault.Error{Kind: fault.Invalid, Op: "dlp", Key: file, Msg: "can't be read", Err: err}
		}
		more, sets, mistakes := dlp.DecodeTypes(text)
		if len(mistakes) > 0 {
			return nil, nil, &fault.Error{Kind: fault.Invalid, Op: "dlp", Key: file, Msg: "has mistakes", Err: mistakes}
		}
		types, bundles = append(types, more...), append(bundles, sets...)
	}
	return types, bundles, nil
}

func (a *app) dlpTypesList() *cobra.Command {
	var f dlpFlags
	var bundles bool
	c := &cobra.Command{
		Use: "list", Short: "List sensitive information types, or bundles of them", Args: cobra.NoArgs, Example: "  referee dlp types list\n  referee dlp types list --bundles",
		RunE: func(*cobra.Command, []string) error {
			types, sets, err := a.known(&f)
			if err != nil {
				return err
			}
			if bundles {
				if a.flags.json {
					return a.printJSON(map[string]any{"items": sets})
				}
				t := newTable("ID", "NAME", "TYPES")
				for _, b := range sets {
					t.row(b.ID, b.Name, strconv.Itoa(len(b.Types)))
				}
				return a.print(t)
			}
			if a.flags.json {
				rows := make([]typeRow, len(types))
				for i := range types {
					rows[i] = rowOf(&types[i])
				}
				return a.printJSON(map[string]any{"items": rows})
			}
			t := newTable("ID", "NAME", "GROUP", "COUNTRIES")
			for _, one := range types {
				t.row(one.ID, plain(one.Name), string(one.Group), dash(strings.Join(one.Countries, " ")))
			}
			return a.print(t)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&bundles, "bundles", false, "list bundles")
	return c
}

// typeRow is a type as scripts see it.
type typeRow struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	GUID      string       `json:"guid,omitempty"`
	Group     string       `json:"group"`
	Countries []string     `json:"countries,omitempty"`
	About     string       `json:"about,omitempty"`
	Source    string       `json:"source,omitempty"`
	Proximity int          `json:"proximity"`
	Keywords  []string     `json:"keywords,omitempty"`
	Patterns  []patternRow `json:"patterns"`
}

type patternRow struct {
	Regexp      string   `json:"regexp,omitempty"`
	Words       int      `json:"words,omitempty"` // how many
	Checked     bool     `json:"checked"`         // by a checksum or other code
	Confidence  int      `json:"confidence,omitempty"`
	WithKeyword int      `json:"withKeyword,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
	Without     []string `json:"without,omitempty"`
}

func rowOf(t *dlp.Type) typeRow {
	r := typeRow{
		ID: t.ID, Name: t.Name, GUID: t.GUID, Group: string(t.Group), Countries: t.Countries, About: t.About, Source: t.Source, Proximity: t.Proximity, Keywords: t.Keywords,
		Patterns: []patternRow{},
	}
	if r.Proximity == 0 {
		r.Proximity = dlp.DefaultProximity
	}
	for _, p := range t.Patterns {
		r.Patterns = append(r.Patterns, patternRow{
			Regexp: p.Expr, Words: len(p.Words), Checked: p.Check != nil, Confidence: p.Alone, WithKeyword: p.Near, Keywords: p.Keywords, Without: p.Without,
		})
	}
	return r
}

func (a *app) dlpTypesShow() *cobra.Command {
	var f dlpFlags
	c := &cobra.Command{
		Use: "show ID", Short: "Show what a sensitive information type looks for", Args: exactly(1, "the id of a type, such as credit-card-number"), Example: "  referee dlp types show credit-card-number",
		RunE: func(_ *cobra.Command, args []string) error {
			types, _, err := a.known(&f)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(types, func(t dlp.Type) bool { return t.ID == args[0] })
			if i < 0 {
				return &fault.Error{Kind: fault.NotFound, Op: "dlp types show", Key: args[0], Msg: "is no information type", Help: "referee dlp types list shows them"}
			}
			r := rowOf(&types[i])
			if a.flags.json {
				return a.printJSON(r)
			}
			t := newTable("WHAT", "VALUE")
			for _, line := range [][2]string{
				{"id", r.ID},
				{"name", r.Name},
				{"Purview id", dash(r.GUID)},
				{"group", r.Group},
				{"countries", dash(strings.Join(r.Countries, " "))},
				{"about", dash(r.About)},
				{"source", dash(r.Source)},
				{"proximity", strconv.Itoa(r.Proximity) + " characters"},
				{"keywords", dash(strings.Join(r.Keywords, ", "))},
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
				t.row("pattern", plain(what)+", confidence "+confidenceText(p.Confidence, p.WithKeyword))
			}
			return a.print(t)
		},
	}
	f.add(c)
	return c
}

func confidenceText(alone, near int) string {
	switch {
	case near == 0:
		return strconv.Itoa(alone)
	case alone == 0:
		return strconv.Itoa(near) + " with a keyword near"
	}
	return strconv.Itoa(alone) + ", " + strconv.Itoa(near) + " with a keyword near"
}
