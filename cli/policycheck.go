package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
)

// documentFile is a file of documents, as the API takes it.
type documentFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// readDocuments reads files, the .yaml, .yml and .json files of folders, and standard input for "-".
func (a *app) readDocuments(args []string) ([]documentFile, error) {
	return a.readDocumentsUpTo(args, policy.MaxTextSize)
}

// readDocumentsUpTo reads files of at most limit bytes each.
func (a *app) readDocumentsUpTo(args []string, limit int) ([]documentFile, error) {
	const op = "cli.documents"
	var out []documentFile
	add := func(name string, text []byte, err error) error {
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Op: op, Key: name, Msg: "can't be read", Err: err}
		}
		if len(text) > limit {
			return &fault.Error{Kind: fault.Limited, Op: op, Key: name, Msg: fmt.Sprintf("is larger than %d MiB", limit>>20)}
		}
		out = append(out, documentFile{name, string(text)})
		return nil
	}
	for _, arg := range args {
		if arg == "-" {
			text, err := io.ReadAll(io.LimitReader(a.in, int64(limit)+1))
			if err := add("standard input", text, err); err != nil {
				return nil, err
			}
			continue
		}
		files := []string{arg}
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			entries, err := os.ReadDir(arg) // sorted by name
			if err != nil {
				return nil, fault.As(err, fault.Invalid, op, arg)
			}
			files = nil
			for _, e := range entries {
				if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
					files = append(files, filepath.Join(arg, e.Name()))
				}
			}
			if len(files) == 0 {
				return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: arg, Msg: "holds no .yaml, .yml or .json file"}
			}
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err := add(name, text, err); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// decodeAll reads the documents here, without a server, and shows every mistake.
func (a *app) decodeAll(files []documentFile) ([]*policy.Document, error) {
	var docs []*policy.Document
	var all policy.Problems
	for _, f := range files {
		found, problems := policy.Decode(f.Name, []byte(f.Text))
		docs, all = append(docs, found...), append(all, problems...)
	}
	if len(all) == 0 {
		return docs, nil
	}
	e := &serverError{Type: "urn:referee:invalid", Detail: fmt.Sprintf("the documents have %d mistakes", len(all))}
	if len(all) == 1 {
		e.Detail = "the documents have a mistake"
	}
	for _, p := range all {
		m := e.Errors
		m = append(m, struct {
			Message, Location, File, Document, Advice, Code, Severity string
			Line, Column                                              int
		}{p.Reason, p.Path, p.File, p.Document, p.Advice, "", "", p.Pos.Line, p.Pos.Column})
		e.Errors = m
	}
	return nil, e
}

func (a *app) policyValidate() *cobra.Command {
	return &cobra.Command{
		Use: "validate FILE...", Short: "Report every mistake in policy documents; needs no server", Args: some("files or folders; - reads standard input"),
		Long:    "Check documents by themselves. Whether they fit together, and fit your apps, is what lint says.",
		Example: "  referee policy validate policies/",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := a.readDocuments(args)
			if err != nil {
				return err
			}
			docs, err := a.decodeAll(files)
			if err != nil {
				return err
			}
			if a.flags.json {
				type row struct {
					ID   string      `json:"id"`
					Kind policy.Kind `json:"kind"`
					Name string      `json:"name"`
					File string      `json:"file"`
				}
				rows := []row{}
				for _, d := range docs {
					rows = append(rows, row{d.ID, d.Kind, d.Name, d.File})
				}
				return a.printJSON(map[string]any{"documents": rows})
			}
			t := newTable("ID", "KIND", "NAME", "FILE")
			for _, d := range docs {
				t.row(d.ID, string(d.Kind), d.Name, d.File)
			}
			return a.print(t)
		},
	}
}

type findingRow struct {
	Code, Severity, Document, File, Path, Reason, Fix string
	Line, Column                                      int
}

func (a *app) policyLint() *cobra.Command {
	offline := false
	c := &cobra.Command{
		Use: "lint [FILE...]", Short: "Check policies together: what they say, and what reaches whom",
		Long: `Read Conditional Access and session policies as one story and say where it has holes.

With a server, the files take the place of the stored policies of the same id, and the tenant's apps, locations,
exceptions and rollouts are known; without files, what is stored is checked. With --offline only the files are read.`,
		Example: "  referee policy lint\n  referee policy lint --offline policies/",
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.readDocuments(args)
			if err != nil {
				return err
			}
			if files == nil {
				files = []documentFile{}
			}
			if offline {
				return a.lintHere(files)
			}
			text, err := a.tell(c, http.MethodPost, "/policies/lint", nil, map[string]any{"files": files})
			if err != nil {
				return err
			}
			return a.lintVerdict(text)
		},
	}
	c.Flags().BoolVar(&offline, "offline", false, "use the files alone, without a server")
	return c
}

func (a *app) lintHere(files []documentFile) error {
	docs, err := a.decodeAll(files)
	if err != nil {
		return err
	}
	w := lint.World{Now: a.now()}
	for _, app := range catalog.Apps() {
		w.Apps = append(w.Apps, lint.App{Key: app.Key, Suite: app.Suite})
	}
	type row struct {
		lint.Finding
		Line   int `json:"line,omitempty"`
		Column int `json:"column,omitempty"`
	}
	rows, errors := []row{}, 0
	for _, f := range lint.Run(docs, w) {
		rows = append(rows, row{f, f.Pos.Line, f.Pos.Column})
		if f.Severity == lint.Error {
			errors++
		}
	}
	text, err := jsonText(map[string]any{"findings": rows, "errors": errors})
	if err != nil {
		return err
	}
	return a.lintVerdict(text)
}

// lintVerdict shows findings, and fails when one is an error.
func (a *app) lintVerdict(text []byte) error {
	var got struct {
		Findings []findingRow
		Errors   int
	}
	err := show(a, text, func(v struct{ Findings []findingRow }) error {
		if len(v.Findings) == 0 {
			return a.say("the policies tell one story")
		}
		a.showFindingsTo(a.out, v.Findings)
		return nil
	})
	if err != nil {
		return err
	}
	if err := decodeJSON(text, &got); err != nil {
		return err
	}
	if got.Errors > 0 {
		return &quiet{fault.Invalid}
	}
	return nil
}

func (a *app) showFindings(list []findingRow) { a.showFindingsTo(a.notes, list) }

func (a *app) showFindingsTo(w io.Writer, list []findingRow) {
	colours := map[string]string{"error": "31", "warning": "33"}
	for _, f := range list {
		line := mistakeLine(f.File, f.Line, f.Column, f.Document, f.Path, f.Reason, f.Fix, f.Code)
		fmt.Fprintln(w, a.paint(colours[f.Severity], strings.ToUpper(f.Severity[:1])+f.Severity[1:])+" "+plain(line))
	}
}
