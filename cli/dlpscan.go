package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// scanRow is what a scan says of one file.
type scanRow struct {
	Path     string          `json:"path"`
	Kind     extract.Kind    `json:"kind,omitempty"` // by its bytes
	Bytes    int64           `json:"bytes"`
	Status   extract.Status  `json:"status,omitempty"` // how whole its text was
	Verdict  string          `json:"verdict"`          // found, clean, failed, or a status that is not complete
	Reason   string          `json:"reason,omitempty"`
	Parts    []extract.Part  `json:"parts,omitempty"` // that were not read
	Labels   []label.Label   `json:"labels,omitempty"`
	Findings []model.Finding `json:"findings"`
	Matches  []dlp.Match     `json:"matches,omitempty"`
	Text     int64           `json:"text"` // bytes of text that were looked at
}

func (a *app) dlpScan() *cobra.Command {
	var f dlpFlags
	var opt dlp.Options
	var reads scanReaders
	c := &cobra.Command{
		Use: "scan PATH...", Short: "Look for sensitive information types in files", Args: some("files or folders, or - for standard input"),
		Long: `Scan files, and all files below folders, and say what types are in each, how often, and how sure that is: 65, 75 or 85.

Text is found in documents (docx, xlsx, pptx, doc, xls, ppt, OpenDocument, RTF, PDF), mail, web pages, JSON, archives within archives, and
plain text of any charset; a file is what its bytes say, whatever its name. A file of which a part can't be read is
"encrypted", "corrupt", "unsupported" or "limited", and the parts are named with --json; one that can't be opened is
"failed". None of these is ever called clean. Pictures are read with --ocr, which needs Tesseract and takes about a second
each; without it those in documents don't count as parts, and files and pages that are pictures are "unsupported".

Counts are of matches of at least that confidence. Matched text is never printed but masked, with --matches; places are
in the text that was found. Sensitivity labels in the files are shown too.`,
		Example: "  referee dlp scan export.csv contract.docx\n  referee dlp scan --bundle pci,credentials --matches 3 --json - < export.csv\n  referee dlp scan --own types.yaml --type case-number tickets/",
		RunE: func(c *cobra.Command, args []string) error {
			set, err := a.known(&f)
			if err != nil {
				return err
			}
			if opt.Confidence != 0 && opt.Confidence != dlp.Low && opt.Confidence != dlp.Medium && opt.Confidence != dlp.High {
				return &fault.Error{Kind: fault.Invalid, Op: "dlp scan", Key: strconv.Itoa(opt.Confidence), Msg: "is not a confidence level", Help: "use 65, 75 or 85"}
			}
			opt.Types = slices.Clone(f.types)
			for _, d := range set.Documents {
				if d.Table == nil {
					continue
				}
				if slices.Contains(f.types, d.ID) {
					return &fault.Error{Kind: fault.Invalid, Op: "dlp scan", Key: d.ID, Msg: "is an exact data match, whose table is on the server", Help: "try it with its table: referee dlp test --table"}
				}
				set.Types = slices.DeleteFunc(set.Types, func(t dlp.Type) bool { return t.ID == d.ID })
			}
			for _, id := range f.bundles {
				i := slices.IndexFunc(set.Bundles, func(b dlp.Bundle) bool { return b.ID == id })
				if i < 0 {
					return &fault.Error{Kind: fault.NotFound, Op: "dlp scan", Key: id, Msg: "is no bundle", Help: "referee dlp types list --bundles shows them"}
				}
				opt.Types = append(opt.Types, set.Bundles[i].Types...)
			}
			e, err := dlp.New(set.Types)
			if err != nil {
				return err
			}
			if _, err := e.Start(opt); err != nil { // types that there are not
				return err
			}
			return a.scanFiles(c.Context(), e, filesBelow(args), opt, reads)
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&f.types, "type", nil, "look for these types only")
	c.Flags().StringSliceVar(&f.bundles, "bundle", nil, "look for the types of these bundles only")
	c.Flags().IntVar(&opt.Confidence, "confidence", 0, "report findings of at least this confidence: 65, 75 or 85")
	c.Flags().IntVar(&opt.Matches, "matches", 0, "show where, masked, up to this many matches a type")
	c.Flags().BoolVar(&reads.ocr, "ocr", false, "read pictures, and pages that are pictures, with Tesseract")
	c.Flags().StringSliceVar(&reads.languages, "ocr-language", []string{"eng"}, "languages of text in pictures, as Tesseract names them")
	c.Flags().IntVar(&opt.Last, "last", 0, "leave this many characters at a match's end readable, at most 4")
	return c
}

// filesBelow lists files, those below folders included. Links in folders are not followed. What can't be listed is left
// for the scan to fail at.
func filesBelow(paths []string) []string {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.IsDir() {
			out = append(out, path)
			continue
		}
		_ = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error { // it returns none
			if err != nil || d.Type().IsRegular() {
				out = append(out, name)
			}
			return nil
		})
	}
	return out
}

// scanFiles scans several files at once and prints their rows in the order of the files.
func (a *app) scanFiles(ctx context.Context, e *dlp.Engine, files []string, opt dlp.Options, reads scanReaders) (err error) {
	lim, done, err := reads.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	var out rowPrinter
	if a.flags.json {
		out = &jsonRows{a}
	} else {
		out = &tableRows{a: a, t: newTable("FILE", "VERDICT", "TYPE", "CONFIDENCE", "COUNT", "UNIQUE")}
	}
	g, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	rows := make(chan chan scanRow, 2*workers) // in order; its size bounds how far ahead of the slowest file others are
	g.Go(func() error {
		defer close(rows)
		slots := make(chan struct{}, workers)
		for _, file := range files {
			row := make(chan scanRow, 1)
			select {
			case rows <- row:
			case <-ctx.Done():
				return ctx.Err()
			}
			slots <- struct{}{}
			g.Go(func() error {
				defer func() { <-slots }()
				r, err := a.scanFile(ctx, e, file, opt, lim)
				row <- r
				return err
			})
		}
		return nil
	})
	g.Go(func() error {
		last, done, size := a.now(), 0, int64(0)
		for row := range rows {
			r := <-row
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := out.row(&r); err != nil {
				return err
			}
			done, size = done+1, size+r.Bytes
			if now := a.now(); now.Sub(last) >= 5*time.Second {
				last = now
				a.note("%d of %d files, %d MB so far", done, len(files), size/1e6)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return out.end()
}

// scanFile scans one file. An error ends the command; what is wrong with the file is its verdict.
func (a *app) scanFile(ctx context.Context, e *dlp.Engine, file string, opt dlp.Options, lim extract.Limits) (scanRow, error) {
	row := scanRow{Path: file, Verdict: "failed", Findings: []model.Finding{}}
	src, closeIt, err := a.content(file)
	if err != nil {
		row.Reason = "can't be opened"
		return row, nil
	}
	defer closeIt()
	row.Bytes = src.Size()
	scan, err := e.Start(opt)
	if err != nil {
		return row, err
	}
	var report dlp.Report
	res, err := extract.Extract(ctx, src, scan.Writer(ctx), lim)
	if err == nil {
		report, err = scan.Finish(ctx)
	}
	if fault.Is(err, fault.Invalid) {
		return row, err // of what reads, not of the file
	}
	if err != nil {
		row.Reason = "can't be read"
		return row, ctx.Err()
	}
	row.Kind, row.Status, row.Parts, row.Text = res.Kind, res.Status, res.Open, res.Text
	row.Findings, row.Matches = append(row.Findings, report.Findings...), report.Matches
	switch {
	case len(row.Findings) > 0:
		row.Verdict = "found"
	case res.Status == extract.Complete:
		row.Verdict = "clean"
	default:
		row.Verdict = string(res.Status)
	}
	if len(res.Open) > 0 {
		row.Reason = strings.TrimPrefix(res.Open[0].Path+": "+res.Open[0].Reason, ": ")
		if more := len(res.Open) - 1; more > 0 {
			row.Reason += fmt.Sprintf(" (and %d more)", more)
		}
	}
	// An encrypted or damaged file has said so above.
	row.Labels, _ = label.Read(src)
	return row, nil
}

// content opens a file. Standard input is kept in a file that has no name.
func (a *app) content(file string) (*io.SectionReader, func(), error) {
	var f *os.File
	var err error
	if file != "-" {
		f, err = os.Open(file) //nolint:gosec // the caller names it
	} else if f, err = os.CreateTemp("", "referee-scan-*"); err == nil {
		_ = os.Remove(f.Name()) // where files in use can't be removed, it stays until the system cleans up
		_, err = io.Copy(f, a.in)
	}
	if err != nil {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no file")
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return io.NewSectionReader(f, 0, info.Size()), func() { _ = f.Close() }, nil // it was read
}

// rowPrinter prints what scans say.
type rowPrinter interface {
	row(*scanRow) error
	end() error
}

// jsonRows prints a line a file as soon as it is known.
type jsonRows struct{ a *app }

func (j *jsonRows) row(r *scanRow) error {
	text, err := jsonText(r)
	if err != nil {
		return err
	}
	_, err = j.a.out.Write(append(text, '\n'))
	return fault.As(err, fault.Unavailable, "dlp scan", "answer")
}

func (j *jsonRows) end() error { return nil }

// tableRows prints tables at the end.
type tableRows struct {
	a      *app
	t      *table
	labels []scanRow
	places []scanRow
}

func (p *tableRows) row(r *scanRow) error {
	verdict := r.Verdict
	if r.Reason != "" {
		verdict += ": " + r.Reason
	}
	if len(r.Findings) == 0 {
		p.t.row(plain(r.Path), plain(verdict), "-", "-", "-", "-")
	}
	for _, f := range r.Findings {
		p.t.row(plain(r.Path), plain(verdict), f.Type, strconv.Itoa(f.Confidence), strconv.Itoa(f.Count), strconv.Itoa(f.Unique))
	}
	if len(r.Labels) > 0 {
		p.labels = append(p.labels, *r)
	}
	if len(r.Matches) > 0 {
		p.places = append(p.places, *r)
	}
	return nil
}

func (p *tableRows) end() error {
	tables := []*table{p.t}
	if len(p.labels) > 0 {
		t := newTable("FILE", "LABEL", "NAME", "METHOD", "TENANT", "STATE")
		for _, r := range p.labels {
			for _, l := range r.Labels {
				t.row(plain(r.Path), l.ID, plain(dash(l.Name)), plain(dash(l.Method)), dash(l.SiteID), labelState(l))
			}
		}
		tables = append(tables, t)
	}
	if len(p.places) > 0 {
		t := newTable("FILE", "FROM", "TO", "TYPE", "CONFIDENCE", "MATCH")
		for _, r := range p.places {
			for _, x := range r.Matches {
				t.row(plain(r.Path), strconv.FormatInt(x.Start, 10), strconv.FormatInt(x.End, 10), x.Type, strconv.Itoa(x.Confidence), plain(x.Masked))
			}
		}
		tables = append(tables, t)
	}
	for _, t := range tables {
		if err := p.a.print(t); err != nil {
			return err
		}
	}
	return nil
}

func labelState(l label.Label) string {
	switch {
	case l.Removed:
		return "removed"
	case !l.Enabled:
		return "off"
	case l.ContentBits&8 != 0:
		return "on, encrypts"
	}
	return "on"
}
