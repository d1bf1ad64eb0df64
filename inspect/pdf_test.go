package inspect_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"log/slog"
	"os"
	"testing"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/inspect/pdf"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
)

// compiled is where code is kept over test runs: compiling takes seconds.
func compiled() string { return pdf.Folder("") }

// readFiles is a reading process as node.ReadFiles has it.
func readFiles() int {
	pdfs := pdf.New(pdf.Config{Cache: worker.Folder(), Instances: 1})
	if pdfs.Warm() != nil {
		return 4
	}
	return worker.Serve(func(ctx context.Context, src *io.SectionReader, w io.Writer, lim extract.Limits) (extract.Result, error) {
		lim.PDF = pdfs
		return extract.Extract(ctx, src, w, lim)
	})
}

// page is a PDF of one page, without the table at its end, which readers repair.
func page(content string) string {
	return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</I 6 0 R>>>>>>endobj\n" +
		"4 0 obj<<>>stream\n" + content + "\nendstream endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n" +
		"6 0 obj<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>stream\n\x01\nendstream endobj trailer<</Root 1 0 R>>\n%%EOF"
}

// TestPDF: documents are read in the confined process, and scans are unobtainable, not clean.
func TestPDF(t *testing.T) {
	t.Parallel()
	i := inspector(t, nil)
	for _, tc := range []struct {
		name, content string
		found         int
		state         filter.State
	}{
		{"text", page("BT /F 12 Tf 9 700 Td (" + card + ") Tj ET"), 1, filter.Known},
		{"scan", page("600 0 0 800 0 0 cm /I Do"), 0, filter.Unobtainable},
	} {
		got, err := i.Inspect(t.Context(), job(tc.content, model.Need{Kind: model.NeedContent, Names: []string{"credit-card-number"}}))
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, f := range got.Types {
			if f.Confidence >= 75 {
				count = max(count, f.Count)
			}
		}
		if count != tc.found || got.ContentState != tc.state {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

// recogniser reads the same in every picture, or nothing in those that are not dark.
type recogniser struct{ text string }

func (r recogniser) ReadPicture(_ context.Context, picture *image.Gray) (string, error) {
	if b := picture.Bounds(); picture.GrayAt(b.Dx()/2, b.Dy()/2).Y > 0x80 {
		return "", extract.Problem(extract.Limited, "too bright")
	}
	return r.text, nil
}

// TestPictures: a reading process hands pixels on and gets text back, or why there is none.
func TestPictures(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	pool := worker.New(worker.Config{Command: []string{self, worker.Command, compiled()}, Memory: -1, OCR: recogniser{card}}, log)
	t.Cleanup(pool.Close)
	i := inspect.New(inspect.Config{}, inspect.Parts{Reader: pool, Log: log})
	picture := func(light byte) string {
		img := image.NewGray(image.Rect(0, 0, 40, 30))
		for i := range img.Pix {
			img.Pix[i] = light
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tc := range []struct {
		name, content string
		found         int
		state         filter.State
	}{
		{"a picture", picture(0), 1, filter.Known},
		{"two pictures in a zip", zipped(t, "a.png", picture(0), "b.png", picture(1)), 2, filter.Known},
		{"a bright one", picture(0xff), 0, filter.Unobtainable},
		{"a bright one in a document", zipped(t, "[Content_Types].xml", types, "word/document.xml", document("x"), "word/media/a.png", picture(0xff)), 0, filter.Unobtainable},
		{"a scan", page("600 0 0 800 0 0 cm /I Do"), 1, filter.Known},
	} {
		got, err := i.Inspect(t.Context(), job(tc.content, model.Need{Kind: model.NeedContent, Names: []string{"credit-card-number"}}))
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, f := range got.Types {
			if f.Confidence >= 75 {
				count = max(count, f.Count)
			}
		}
		if count != tc.found || got.ContentState != tc.state {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}
