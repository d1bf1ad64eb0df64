package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"go.yaml.in/yaml/v3"
)

// maxSample is how much text of a sample is read: fingerprints don't grow with it.
const maxSample = 4 << 20

func (a *app) fingerprintMake() *cobra.Command {
	id, name := "", ""
	c := &cobra.Command{
		Use: "make FILE...", Short: "Make an information type of an empty form or a template", Args: some("sample files: empty forms, templates; - for standard input"),
		Long: `Print a DocumentFingerprint document for each file, ready for referee dlp types apply. A text is then found by how much of the
sample's wording is in it, whatever was filled in and whatever stands around it.

A fingerprint holds hashes of four words each, no text. Who has it can still try out whether a text they guess was in it.`,
		Example: "  referee dlp fingerprint make leave-form.docx > leave-form.yaml\n  referee dlp fingerprint make --id leave-form --name 'Parental leave form' leave-form.docx",
		RunE: func(c *cobra.Command, args []string) error {
			const op = "dlp fingerprint make"
			if len(args) > 1 && (id != "" || name != "") {
				return &fault.Error{Kind: fault.Invalid, Op: op, Msg: "--id and --name are for one file"}
			}
			var out []map[string]any
			for _, file := range args {
				text, err := a.sample(c, file)
				if err != nil {
					return err
				}
				p, err := fingerprint.Make(text)
				if err != nil {
					return fault.As(err, fault.Invalid, op, file)
				}
				doc := map[string]any{"kind": string(own.KindFingerprint), "id": id, "name": name, "fingerprint": p.String(), "similarity": map[string]int{"low": 40, "medium": 60, "high": 80}}
				if id == "" {
					doc["id"] = idOf(file)
				}
				if name == "" {
					doc["name"] = strings.TrimSuffix(baseName(file), extension(file))
				}
				out = append(out, doc)
			}
			if a.flags.json {
				return a.printJSON(out)
			}
			var text bytes.Buffer
			for i, d := range out {
				if i > 0 {
					text.WriteString("---\n")
				}
				name, err := yaml.Marshal(d["name"])
				if err != nil {
					return fault.As(err, fault.Internal, op, "name")
				}
				fmt.Fprintf(&text, "kind: %s\nid: %s\nname: %s# per cent of the sample's wording, for each confidence\nsimilarity: {low: 40, medium: 60, high: 80}\nfingerprint: >-\n", d["kind"], d["id"], name)
				for print := d["fingerprint"].(string); print != ""; {
					n := min(100, len(print))
					fmt.Fprintf(&text, "  %s\n", print[:n])
					print = print[n:]
				}
			}
			return a.say("%s", strings.TrimRight(text.String(), "\n"))
		},
	}
	c.Flags().StringVar(&id, "id", "", "the type's id (default: from the file's name)")
	c.Flags().StringVar(&name, "name", "", "the type's name (default: the file's)")
	return c
}

// sample is the text of a file, whole, or an error.
func (a *app) sample(c *cobra.Command, file string) ([]byte, error) {
	const op = "dlp fingerprint make"
	src, done, err := a.content(file)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "can't be read", Err: err}
	}
	defer done()
	var text bytes.Buffer
	res, err := extract.Extract(c.Context(), src, &capped{&text}, extract.Limits{})
	if err != nil && text.Len() < maxSample {
		return nil, fault.As(err, fault.Invalid, op, file)
	}
	if err == nil && res.Status != extract.Complete {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: file, Msg: "not all of its text can be read: it is " + string(res.Status), Help: "make it of a text or a document that can be read"}
	}
	return text.Bytes(), nil
}

// capped takes as much text as a sample may have.
type capped struct{ b *bytes.Buffer }

func (w *capped) Write(p []byte) (int, error) {
	if w.b.Len() >= maxSample {
		return 0, fault.New(fault.Limited, "dlp fingerprint make", "the sample is longer than %d MiB", maxSample>>20)
	}
	return w.b.Write(p)
}

func baseName(file string) string {
	file = strings.ReplaceAll(file, "\\", "/")
	return file[strings.LastIndexByte(file, '/')+1:]
}

func extension(file string) string {
	name := baseName(file)
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}

// idOf makes an id of a file's name.
func idOf(file string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSuffix(baseName(file), extension(file))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	id := strings.Trim(b.String(), "-")
	if id == "" {
		return "document"
	}
	return id[:min(len(id), 60)]
}
