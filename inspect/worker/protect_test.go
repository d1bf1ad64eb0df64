package worker

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/dlp/label"
)

// TestLabelsAreWrittenElsewhere writes a label in the process, and reads it there.
func TestLabelsAreWrittenElsewhere(t *testing.T) {
	t.Parallel()
	p := pool(t, nil)
	ask := func(content string, ask Ask) (string, Answer) {
		var out bytes.Buffer
		a, err := p.Read(t.Context(), "contoso", strings.NewReader(content), int64(len(content)), ask, &out)
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), a
	}
	document := zipped(t,
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p/></w:body></w:document>`,
		"word/embedded.docx", labelled(t, "x"),
	)
	if _, a := ask(document, Ask{Own: true}); a.Writable != label.Word || a.LabelState != LabelsRead || len(a.Labels) != 0 {
		t.Errorf("before: %+v", a) // the embedded document's label isn't its own
	}
	long := strings.Repeat("ü", 170)
	change := label.Change{
		Label:   label.Label{ID: "22222222-2222-4222-8222-222222222222", SiteID: "33333333-3333-4333-8333-333333333333", Method: label.Standard, Name: "Team"},
		Marking: label.Marking{Header: &label.Mark{Text: long}, Footer: &label.Mark{Text: long}, Watermark: &label.Watermark{Text: long}},
	}
	written, a := ask(document, Ask{Change: &change})
	if a.Result.Status != extract.Complete {
		t.Fatalf("%+v", a)
	}
	if _, a := ask(written, Ask{Own: true}); len(a.Labels) != 1 || a.Labels[0].ID != change.Label.ID {
		t.Errorf("after: %+v", a)
	}
	for content, want := range map[string]extract.Status{"text": extract.Unsupported, document[:len(document)-9]: extract.Corrupt} {
		if out, a := ask(content, Ask{Change: &change}); a.Result.Status != want || out != "" {
			t.Errorf("%+v, want %s; %d bytes", a, want, len(out))
		}
	}
}

func FuzzChange(f *testing.F) {
	f.Add([]byte("%PDF-1.7"))
	f.Fuzz(func(t *testing.T, data []byte) {
		src := io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
		a, err := Read(context.Background(), extract.Extract, Ask{Own: true}, src, io.Discard)
		if err != nil || a.Result.Status == "" {
			t.Fatalf("%+v, %v", a, err)
		}
	})
}
