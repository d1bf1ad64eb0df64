package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/sit"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
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

// scanRow is what a scan says of one file.
type scanRow struct {
	Path    string `json:"path"`
	Verdict string `json:"verdict"` // found, clean, unsupported or failed
	Reason  string `json:"reason,omitempty"`
	dlp.Report
}

func (a *app) dlpScan() *cobra.Command {
	var f dlpFlags
	var opt dlp.Options
	var confidence int
	c := &cobra.Command{
		Use: "scan FILE...", Short: "Look for sensitive information types in text", Args: some("files, or - for standard input"),
		Long: `Scan files of plain text in UTF-8 and say what types are in each, how often, and how sure that is: 65, 75 or 85.

A file that is not plain text is "unsupported", one that can't be read "failed"; neither is ever called clean. Counts
are of matches of at least that confidence. Matched text is never printed but masked, with --matches.`,
		Example: "  referee dlp scan export.csv notes.txt\n  referee dlp scan --bundle pci,credentials --matches 3 --json - < export.csv\n  referee dlp scan --own types.yaml --type case-number tickets.txt",
		RunE: func(c *cobra.Command, args []string) error {
			types, bundles, err := a.known(&f)
			if err != nil {
				return err
			}
			if confidence != 0 && confidence != dlp.Low && confidence != dlp.Medium && confidence != dlp.High {
				return &fault.Error{Kind: fault.Invalid, Op: "dlp scan", Key: strconv.Itoa(confidence), Msg: "is not a confidence level", Help: "use 65, 75 or 85"}
			}
			opt.Types = slices.Clone(f.types)
			for _, id := range f.bundles {
				i := slices.IndexFunc(bundles, func(b dlp.Bundle) bool { return b.ID == id })
				if i < 0 {
					return &fault.Error{Kind: fault.NotFound, Op: "dlp scan", Key: id, Msg: "is no bundle", Help: "referee dlp types list --bundles shows them"}
				}
				opt.Types = append(opt.Types, bundles[i].Types...)
			}
			e, err := dlp.New(types)
			if err != nil {
				return err
			}
			return a.scanFiles(c.Context(), e, args, opt, confidence)
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&f.types, "type", nil, "look for these types only")
	c.Flags().StringSliceVar(&f.bundles, "bundle", nil, "look for the types of these bundles only")
	c.Flags().IntVar(&confidence, "confidence", 0, "report findings of at least this confidence: 65, 75 or 85")
	c.Flags().IntVar(&opt.Matches, "matches", 0, "show where, masked, up to this many matches a type")
	c.Flags().IntVar(&opt.Last, "last", 0, "leave this many characters at a match's end readable, at most 4")
	return c
}

func (a *app) scanFiles(ctx context.Context, e *dlp.Engine, files []string, opt dlp.Options, confidence int) error {
	t := newTable("FILE", "VERDICT", "TYPE", "CONFIDENCE", "COUNT", "UNIQUE")
	var places []scanRow
	for _, file := range files {
		row, err := a.scanFile(ctx, e, file, opt)
		if err != nil {
			return err
		}
		if row.Verdict == "found" {
			row.narrow(confidence)
		}
		if a.flags.json {
			text, err := jsonText(row)
			if err != nil {
				return err
			}
			if _, err := a.out.Write(append(text, '\n')); err != nil {
				return fault.As(err, fault.Unavailable, "dlp scan", "answer")
			}
			continue
		}
		verdict := row.Verdict
		if row.Reason != "" {
			verdict += ": " + row.Reason
		}
		if len(row.Findings) == 0 {
			t.row(plain(file), plain(verdict), "-", "-", "-", "-")
		}
		for _, f := range row.Findings {
			t.row(plain(file), verdict, f.Type, strconv.Itoa(f.Confidence), strconv.Itoa(f.Count), strconv.Itoa(f.Unique))
		}
		if len(row.Matches) > 0 {
			places = append(places, row)
		}
	}
	if a.flags.json {
		return nil
	}
	if err := a.print(t); err != nil {
		return err
	}
	for _, row := range places {
		m := newTable("FILE", "FROM", "TO", "TYPE", "CONFIDENCE", "MATCH")
		for _, x := range row.Matches {
			m.row(plain(row.Path), strconv.FormatInt(x.Start, 10), strconv.FormatInt(x.End, 10), x.Type, strconv.Itoa(x.Confidence), plain(x.Masked))
		}
		if err := a.print(m); err != nil {
			return err
		}
	}
	return nil
}

// scanFile scans one file. An error ends the command; what is wrong with the file is its verdict.
func (a *app) scanFile(ctx context.Context, e *dlp.Engine, file string, opt dlp.Options) (scanRow, error) {
	row := scanRow{Path: file}
	var in io.Reader = a.in
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the caller names it
		if err != nil {
			row.Verdict, row.Reason = "failed", "can't be opened"
			return row, nil
		}
		defer f.Close() //nolint:errcheck // it was read only
		in = f
	}
	report, err := e.Scan(ctx, dlp.PlainText(in), opt)
	switch {
	case err == nil:
		row.Report, row.Verdict = report, "found"
		if len(report.Findings) == 0 {
			row.Verdict = "clean"
		}
	case errors.Is(err, dlp.ErrNotText):
		row.Verdict, row.Reason = "unsupported", dlp.ErrNotText.Error()
	case ctx.Err() != nil || fault.Is(err, fault.NotFound):
		return row, err
	default:
		row.Verdict, row.Reason = "failed", "can't be read"
	}
	return row, nil
}

// narrow leaves what is of the wanted confidence. A file of which nothing is left is clean at that confidence.
func (r *scanRow) narrow(confidence int) {
	r.Findings = slices.DeleteFunc(r.Findings, func(f model.Finding) bool { return f.Confidence < confidence })
	r.Matches = slices.DeleteFunc(r.Matches, func(m dlp.Match) bool { return m.Confidence < confidence })
	if len(r.Findings) == 0 {
		r.Verdict = "clean"
	}
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
