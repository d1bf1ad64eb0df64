package cli

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
)

// labelledFile is a file and its labels.
type labelledFile struct {
	Path   string        `json:"path"`
	Labels []label.Label `json:"labels"`
}

func (a *app) labelRead() *cobra.Command {
	return &cobra.Command{
		Use: "read FILE...", Short: "Show the sensitivity labels in files", Args: some("files"),
		Long:    "Show the labels that Office documents, PDF and mail have in their metadata. A file that is encrypted as a whole hides them, which is an error and never \"none\".",
		Example: "  referee label read contract.docx\n  referee label read --json contract.docx labelled.docx",
		RunE: func(_ *cobra.Command, args []string) error {
			var rows []labelledFile
			for _, path := range args {
				labels, err := readLabels(path)
				if err != nil {
					return err
				}
				rows = append(rows, labelledFile{path, append([]label.Label{}, labels...)})
			}
			if a.flags.json {
				return a.printJSON(map[string]any{"items": rows})
			}
			t := newTable("FILE", "LABEL", "ID", "ENTRA TENANT", "METHOD", "MARKS", "SET")
			for _, r := range rows {
				if len(r.Labels) == 0 {
					t.row(plain(r.Path), "none", "-", "-", "-", "-", "-")
				}
				for _, l := range r.Labels {
					t.row(plain(r.Path), plain(labelText(&l)), l.ID, dash(l.SiteID), dash(plain(l.Method)), dash(bitsText(l.ContentBits)), dash(plain(l.SetDate)))
				}
			}
			return a.print(t)
		},
	}
}

func labelText(l *label.Label) string {
	name := l.Name
	if name == "" {
		name = "(no name)"
	}
	switch {
	case l.Removed:
		return name + ", removed"
	case !l.Enabled:
		return name + ", switched off"
	}
	return name
}

func bitsText(bits int) string {
	var out []string
	for _, b := range []struct {
		bit  int
		name string
	}{{label.BitHeader, "header"}, {label.BitFooter, "footer"}, {label.BitWatermark, "watermark"}, {label.BitEncryption, "encryption"}} {
		if bits&b.bit != 0 {
			out = append(out, b.name)
		}
	}
	return strings.Join(out, ", ")
}

func openSection(path string) (*os.File, *io.SectionReader, error) {
	const op = "label"
	f, err := os.Open(path) //nolint:gosec // the caller names it
	if err != nil {
		return nil, nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: path, Msg: "can't be read", Err: err}
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil, errors.Join(&fault.Error{Kind: fault.Invalid, Op: op, Key: path, Msg: "is no file", Err: err}, f.Close())
	}
	return f, io.NewSectionReader(f, 0, info.Size()), nil
}

func readLabels(path string) ([]label.Label, error) {
	f, src, err := openSection(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it reads
	labels, err := label.Read(src)
	return labels, labelFault(path, err)
}

// labelFault names the file that a label can't be read from or written to.
func labelFault(path string, err error) error {
	if err == nil {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "label", Key: path, Msg: err.Error(), Err: err}
}

// writeFlags are those of label write.
type writeFlags struct {
	label, labels, out, justification, user string
	marking, inPlace, remove                bool
}

func (a *app) labelWrite() *cobra.Command {
	var f writeFlags
	c := &cobra.Command{
		Use: "write FILE", Short: "Write a copy of a file with a sensitivity label", Args: exactly(1, "a file"),
		Long: `Write a copy of a Word, Excel, PowerPoint (of 2007 and later) or PDF file with a label, to --out; with --in-place the copy
takes the file's place once it is whole. What the label doesn't concern stays as it is, byte by byte. --marking puts the label's header,
footer and watermark on the pages too.

The labels are the tenant's on the server, or those of a document (--labels). A label that encrypts is refused: metadata alone would
claim a protection that isn't there. A lower label in the place of a higher one takes --justification. What is encrypted, damaged,
signed (for marks, and any Open XML document) or of another kind is refused.`,
		Example: "  referee label write contract.docx --labels labels.yaml --label Confidential/Team --marking --out labelled.docx\n  referee label write contract.docx --label Public --out labelled.docx",
		RunE:    func(c *cobra.Command, args []string) error { return a.writeLabel(c, &f, args[0]) },
	}
	p := c.Flags()
	p.StringVar(&f.label, "label", "", "id or name of the label")
	p.StringVar(&f.labels, "labels", "", "file with the document of all labels; default the tenant's on the server")
	p.StringVar(&f.out, "out", "", "file to write")
	p.BoolVar(&f.inPlace, "in-place", false, "put the copy in the file's place")
	p.BoolVar(&f.marking, "marking", false, "put the label's header, footer and watermark on the pages")
	p.BoolVar(&f.remove, "remove", false, "take the tenant's label away; takes --justification")
	p.StringVar(&f.justification, "justification", "", "why a label is lowered or taken away")
	p.StringVar(&f.user, "user", "", "who it is for, in marks that name the person")
	c.MarkFlagsMutuallyExclusive("out", "in-place")
	c.MarkFlagsMutuallyExclusive("label", "remove")
	return c
}

func (a *app) writeLabel(c *cobra.Command, f *writeFlags, path string) error {
	const op = "label write"
	set, err := a.labelSet(c, f.labels)
	if err != nil {
		return err
	}
	switch {
	case f.label == "" && !f.remove:
		return &fault.Error{Kind: fault.Invalid, Op: op, Msg: "no label is named", Help: "give --label, or --remove"}
	case f.out == "" && !f.inPlace:
		return &fault.Error{Kind: fault.Invalid, Op: op, Msg: "nothing says where the copy goes", Help: "give --out, or --in-place"}
	}
	file, src, err := openSection(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it reads
	have, err := label.Read(src)
	if err != nil {
		return labelFault(path, err)
	}
	change := label.Change{Remove: f.remove, Label: label.Label{SiteID: set.SiteID}}
	if !f.remove {
		l, err := set.Usable(f.label)
		if err != nil {
			return err
		}
		if l.Encrypts {
			return &fault.Error{Kind: fault.Invalid, Op: op, Key: set.Path(l), Msg: "is a label that encrypts; written as metadata alone it would claim a protection that isn't there", Help: "apply it with Microsoft's programs"}
		}
		if set.Compare(have, l) == taxonomy.Lower && f.justification == "" {
			return &fault.Error{Kind: fault.Denied, Op: op, Key: path, Msg: "has a higher label", Help: "give --justification, if you may lower it"}
		}
		change.Label = set.Metadata(l, label.Privileged, a.now())
		if f.marking {
			kind, err := label.KindOf(src)
			if err != nil {
				return labelFault(path, err)
			}
			change.Marking = l.Marking.Expand(kind, label.Facts{Label: l.Name, Name: filepath.Base(path), Location: path, User: f.user, Address: f.user, Time: a.now()})
			change.Label.ContentBits = change.Marking.Bits(kind)
		}
	} else if f.justification == "" && set.Compare(have, &taxonomy.Label{}) != taxonomy.Apply {
		return &fault.Error{Kind: fault.Denied, Op: op, Key: path, Msg: "has a label, which is taken away only for a reason", Help: "give --justification"}
	}
	to := f.out
	if f.inPlace {
		to = path
	}
	if err := writeWhole(to, file, func(w io.Writer) error { return label.Write(w, src, change) }); err != nil {
		return labelFault(path, err)
	}
	labels, err := readLabels(to)
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.printJSON(struct {
			labelledFile
			Justification string `json:"justification,omitempty"`
		}{labelledFile{to, append([]label.Label{}, labels...)}, f.justification})
	}
	if f.remove {
		return a.say("%s has no label of the tenant", to)
	}
	return a.say("%s is labelled %s, without encryption", to, plain(change.Label.Name))
}

// labelSet reads labels from a document, or asks the server.
func (a *app) labelSet(c *cobra.Command, path string) (*taxonomy.Set, error) {
	const op = "label write"
	var text []byte
	if path != "" {
		files, err := a.readDocumentsUpTo([]string{path}, taxonomy.MaxText)
		if err != nil {
			return nil, err
		}
		text = []byte(files[0].Text)
	} else {
		answer, err := a.tell(c, http.MethodGet, "/labels/document", nil, nil)
		if err != nil {
			return nil, err
		}
		var d struct{ Text string }
		if err := decodeJSON(answer, &d); err != nil {
			return nil, err
		}
		if d.Text == "" {
			return nil, &fault.Error{Kind: fault.NotFound, Op: op, Msg: "the tenant has no sensitivity labels", Help: "referee label apply stores them, or name a document with --labels"}
		}
		text = []byte(d.Text)
	}
	set, mistakes := taxonomy.Decode(text)
	if len(mistakes) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: path, Msg: "has mistakes", Err: mistakes}
	}
	return &set, nil
}

// writeWhole writes a file that appears once it is whole, in the place of one of that name, with the mode of like.
func writeWhole(path string, like *os.File, write func(io.Writer) error) (err error) {
	info, err := like.Stat()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".referee-label-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = write(f); err == nil {
		err = errors.Join(f.Chmod(info.Mode().Perm()), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
