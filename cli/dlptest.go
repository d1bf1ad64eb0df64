package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
)

func (a *app) dlpTest() *cobra.Command {
	var f dlpFlags
	file, table, key, examples := "", "", "", false
	c := &cobra.Command{
		Use: "test TYPE [TEXT]", Short: "Say what an information type finds in a text, and why not more",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return &fault.Error{Kind: fault.Invalid, Op: "dlp test", Msg: "takes the id of a type and a text", Help: "without a text it reads --in FILE, or standard input"}
			}
			return nil
		},
		Long: `Look for one type in a text, and show each place that has its form: whether it is found, how sure that is, and why; or what
kept it from being found: a checksum that is wrong, a letter or digit that touches it, no keyword near enough. Matched text
is masked. The text is the argument, or that of a file of any kind (--in), or standard input.

Own types can be tried before they go live: --own names their file. An exact data match takes its table too (--table, and
--key where the key is not beside it). --examples holds a type against the positives and negatives in its document instead.`,
		Example: "  referee dlp test credit-card-number 'Visa 4111 1111 1111 1112'\n  referee dlp test --own types.yaml case-number --in tickets.txt\n  referee dlp test --own types.yaml case-number --examples",
		RunE: func(c *cobra.Command, args []string) error {
			set, err := a.known(&f)
			if err != nil {
				return err
			}
			t, err := a.typeToTest(set, args[0], table, key)
			if err != nil {
				return err
			}
			if examples {
				return a.testExamples(c.Context(), t)
			}
			text, err := a.textToTest(c.Context(), args[1:], file)
			if err != nil {
				return err
			}
			x, err := dlp.Explain(c.Context(), t, text)
			if err != nil && len(x.Trials) == 0 {
				return err
			}
			if a.flags.json {
				return a.printJSON(x)
			}
			return a.printExplanation(t, &x)
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&f.own, "file", nil, "the same as --own")
	c.Flags().StringVar(&file, "in", "", "read the text from this file")
	c.Flags().StringVar(&table, "table", "", "the table of an exact data match, as `referee dlp edm hash` made it")
	c.Flags().StringVar(&key, "key", "", "its key's file (default TABLE.key)")
	c.Flags().BoolVar(&examples, "examples", false, "hold the type against its own positives and negatives")
	return c
}

// typeToTest finds a type, and gives an exact data match its table.
func (a *app) typeToTest(set *own.Set, id, table, keyFile string) (*dlp.Type, error) {
	const op = "dlp test"
	i := slices.IndexFunc(set.Types, func(t dlp.Type) bool { return t.ID == id })
	if i < 0 {
		return nil, noSuchType(op, id)
	}
	d, _ := set.Find(id)
	if d.Table == nil {
		if table != "" {
			return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: id, Msg: "is no exact data match, and takes no table"}
		}
		return &set.Types[i], nil
	}
	if table == "" {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: id, Msg: "is an exact data match, which finds nothing without its table", Help: "make one with `referee dlp edm hash` and name it with --table"}
	}
	if keyFile == "" {
		keyFile = table + ".key"
	}
	text, err := os.ReadFile(keyFile) //nolint:gosec // the caller names it
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: keyFile, Msg: "the key can't be read", Err: err}
	}
	key, err := edm.ParseKey(string(text))
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, keyFile)
	}
	data, err := os.Open(table) //nolint:gosec // the caller names it; it stays open as long as the command runs
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: table, Msg: "can't be read", Err: err}
	}
	info, err := data.Stat()
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, table)
	}
	index, err := edm.BuildIndex(data, info.Size())
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, table)
	}
	if index.Header().Digest != d.Table.Digest() {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: table, Msg: "was made for other columns than the schema has", Help: "hash it again"}
	}
	rows, err := edm.NewTable(data, index, key)
	if err != nil {
		return nil, err
	}
	t := d.Table.Type(rows)
	return &t, nil
}

// textToTest is the text: an argument, a file's, or standard input.
func (a *app) textToTest(ctx context.Context, args []string, file string) ([]byte, error) {
	const op = "dlp test"
	switch {
	case len(args) == 1 && file != "":
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "takes a text or --in, not both"}
	case len(args) == 1 && args[0] != "-":
		return []byte(args[0]), nil
	case file == "":
		text, err := io.ReadAll(io.LimitReader(a.in, dlp.MaxExplained+1))
		if err == nil && len(text) > dlp.MaxExplained {
			err = fault.New(fault.Limited, op, "the text is longer than %d KiB: `referee dlp scan` takes any length", dlp.MaxExplained>>10)
		}
		return text, fault.As(err, fault.Invalid, op, "standard input")
	}
	src, done, err := a.content(file)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err}
	}
	defer done()
	var text bytes.Buffer
	res, err := extract.Extract(ctx, src, &capped{&text}, extract.Limits{})
	switch {
	case err != nil && text.Len() < maxSample:
		return nil, fault.As(err, fault.Invalid, op, file)
	case text.Len() > dlp.MaxExplained:
		a.note("the text is longer than %d KiB: matches are shown in all of it, near misses at its beginning only", dlp.MaxExplained>>10)
	case res.Status != extract.Complete:
		a.note("not all of the file's text was read: it is %s", res.Status)
	}
	return text.Bytes(), nil
}

func (a *app) printExplanation(t *dlp.Type, x *dlp.Explanation) error {
	if t.Print != nil {
		return a.say("%s: %d %% of the sample's wording is in the text; confidence %s", t.ID, x.Similarity, levelsFound(x))
	}
	out := newTable("FROM", "TO", "TEXT", "FOUND", "WHY")
	for i := range x.Trials {
		tr := &x.Trials[i]
		found := "no"
		if tr.Found {
			found = strconv.Itoa(tr.Confidence)
		}
		out.row(strconv.Itoa(tr.Start), strconv.Itoa(tr.End), plain(tr.Masked), found, reasons(t, tr, x.Proximity))
	}
	if len(x.Trials) == 0 {
		return a.say("nothing in the text has the form of %s: referee dlp types show %s says what it looks for", t.ID, t.ID)
	}
	if err := a.print(out); err != nil {
		return err
	}
	a.note("found: %s", levelsFound(x))
	return nil
}

// levelsFound says what the scan found, such as "2 at 75, 1 at 85".
func levelsFound(x *dlp.Explanation) string {
	if len(x.Report.Findings) == 0 {
		return "nothing"
	}
	var out []string
	for _, f := range x.Report.Findings {
		out = append(out, fmt.Sprintf("%d of at least %d", f.Count, f.Confidence))
	}
	return strings.Join(out, ", ")
}

// reasons says in words what decided about a place.
func reasons(t *dlp.Type, tr *dlp.Trial, proximity int) string {
	p := &t.Patterns[tr.Pattern-1]
	why := []string{fmt.Sprintf("pattern %d", tr.Pattern)}
	add := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	if !tr.Border {
		add("touches a letter or digit, so it is a part of something longer")
	}
	switch {
	case tr.Check == "":
	case p.Judge != nil && tr.Check == "failed":
		add("is not in the table")
	case p.Judge == nil:
		add("check %s", tr.Check)
	}
	if a := tr.Against; a != nil && a.Within {
		add("%q speaks against it, %d characters away", a.Word, a.Distance)
	}
	switch k := tr.Keyword; {
	case tr.JudgeError != "":
		add("%s", tr.JudgeError)
	case tr.Judged && tr.Confidence == 0:
		add("no row has it, or not enough other columns of its row are within %d characters", proximity)
	case tr.Judged && p.Near > 0 && tr.Confidence == p.Near:
		add("other columns of its row are near")
	case tr.Judged:
		add("a row has it, without enough other columns near")
	case p.Near == 0:
	case k == nil:
		add("no keyword in the text")
	case k.Within:
		add("keyword %q %d characters away", plain(k.Word), k.Distance)
	default:
		add("the nearest keyword, %q, is %d characters away, and %d is as far as it may be", plain(k.Word), k.Distance, proximity)
	}
	if tr.Confidence > 0 && !tr.Found {
		add("lies within another match, or another pattern is surer")
	}
	return strings.Join(why, "; ")
}

// testExamples holds a type against the texts in its document.
func (a *app) testExamples(ctx context.Context, t *dlp.Type) error {
	const op = "dlp test"
	type row struct {
		Text     string `json:"text"`
		Want     bool   `json:"want"` // it should be found
		Found    bool   `json:"found"`
		Expected bool   `json:"expected"`
	}
	if len(t.Positives)+len(t.Negatives) == 0 {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: t.ID, Msg: "has no positives and negatives", Help: "write positives: and negatives: with texts into its document"}
	}
	var rows []row
	wrong := 0
	for i, text := range append(slices.Clone(t.Positives), t.Negatives...) {
		x, err := dlp.Explain(ctx, t, []byte(text))
		if err != nil {
			return err
		}
		r := row{Text: text, Want: i < len(t.Positives), Found: len(x.Report.Findings) > 0}
		if r.Expected = r.Want == r.Found; !r.Expected {
			wrong++
		}
		rows = append(rows, r)
	}
	if a.flags.json {
		if err := a.printJSON(map[string]any{"items": rows, "wrong": wrong}); err != nil {
			return err
		}
	} else {
		out := newTable("TEXT", "SHOULD BE FOUND", "IS FOUND", "")
		yes := map[bool]string{true: "yes", false: "no"}
		for _, r := range rows {
			mark := ""
			if !r.Expected {
				mark = "WRONG"
			}
			out.row(plain(r.Text), yes[r.Want], yes[r.Found], mark)
		}
		if err := a.print(out); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: t.ID, Msg: fmt.Sprintf("does not do what %d of its %d examples say", wrong, len(rows)), Help: "referee dlp test TYPE TEXT says why"}
	}
	return nil
}
