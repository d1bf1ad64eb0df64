package pdf

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/fault"
)

// shared is the reader of most tests: compiling takes seconds.
var shared = sync.OnceValue(func() *Reader {
	return New(Config{Cache: Folder(""), Instances: 4})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared().Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func extracted(t testing.TB, r *Reader, data string, lim extract.Limits) (string, extract.Result) {
	t.Helper()
	var out bytes.Buffer
	lim.PDF = r
	res, err := extract.Extract(t.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), &out, lim)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), res
}

func zipOf(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestEveryPlace: text is found wherever a reader of the document shows it, and where only programs look.
func TestEveryPlace(t *testing.T) {
	t.Parallel()
	wide := "FEFF" // "größer" in UTF-16
	for _, c := range "größer" {
		wide += fmt.Sprintf("%04X", c)
	}
	inner := pageOf(t, shown("in the inner PDF"), "", "")
	for _, c := range []struct {
		name, data string
		want       []string
	}{
		{
			"pages", pdfOf("", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>`,
				`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 7 0 R>>>>>>`, streamOf(t, "", shown("Card 4111 1111 1111 1111", "second line")),
				`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 6 0 R/Resources<</Font<</F1 7 0 R>>>>>>`, streamOf(t, "/Filter/FlateDecode", shown("on the next page")), helvetica),
			[]string{"Card 4111 1111 1111 1111\nsecond line", "on the next page"},
		},
		{"properties", pdfOf("/Info 6 0 R", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`,
			`<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>`, streamOf(t, "", shown("body")), helvetica,
			`<</Title(Plan \(secret\) \101)/Subject<`+wide+`>/MSIP_Label_x_Name(Top)>>`), []string{"Plan (secret) A", "größer", "Top", "body"}},
		{"XMP", pageOf(t, shown("body"), "/Metadata 6 0 R", "", streamOf(t, "/Type/Metadata/Subtype/XML/Filter/FlateDecode", `<?xpacket?><x:xmpmeta><dc:title>from the packet</dc:title></x:xmpmeta>`)), []string{"from the packet"}},
		{"XFA", pageOf(t, shown("body"), "/AcroForm<</XFA[(datasets) 6 0 R]/Fields[]>>", "", streamOf(t, "/Filter/FlateDecode", `<xfa:datasets><number>4111111111111111</number></xfa:datasets>`)), []string{"4111111111111111"}},
		{"note", pageOf(t, shown("body"), "", "/Annots[6 0 R]", `<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(in the note)/T(Ann)>>`), []string{"in the note", "Ann"}},
		{"appearance", pageOf(t, shown("body"), "", "/Annots[6 0 R]", `<</Type/Annot/Subtype/FreeText/Rect[100 100 300 200]/F 4/AP<</N 7 0 R>>>>`,
			streamOf(t, "/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources<</Font<</F1 5 0 R>>>>", "BT /F1 12 Tf 10 10 Td (only drawn) Tj ET")), []string{"body", "only drawn"}},
		{"field", pageOf(t, shown("body"), "/AcroForm<</Fields[6 0 R]>>", "/Annots[6 0 R]", `<</Type/Annot/Subtype/Widget/FT/Tx/T(card)/V(5500 0000 0000 0004)/Rect[10 10 90 20]>>`), []string{"card", "5500 0000 0000 0004"}},
		{"link", pageOf(t, shown("body"), "", "/Annots[6 0 R]", `<</Type/Annot/Subtype/Link/Rect[1 1 9 9]/A<</S/URI/URI(https://link.example/?id=7)>>>>`), []string{"https://link.example/?id=7"}},
		{"bookmark and script", pageOf(t, shown("body"), "/Outlines 6 0 R/OpenAction<</S/JavaScript/JS(app.alert\\('hi'\\))>>", "", `<</Type/Outlines/First 7 0 R/Last 7 0 R>>`, `<</Title(chapter one)/Parent 6 0 R>>`), []string{"app.alert('hi')", "chapter one"}},
		{"attachment", pageOf(t, shown("body"), "/Names<</EmbeddedFiles<</Names[(a.zip) 6 0 R]>>>>", "", `<</Type/Filespec/F(a.zip)/UF(a.zip)/EF<</F 7 0 R>>>>`,
			streamOf(t, "/Type/EmbeddedFile/Filter/FlateDecode/Params<</Size 5>>", zipOf(t, "b.txt", "in the zip", "c.pdf", inner))), []string{"a.zip", "in the zip", "in the inner PDF"}},
		{"file at a note", pageOf(t, shown("body"), "", "/Annots[6 0 R]", `<</Type/Annot/Subtype/FileAttachment/Rect[1 1 9 9]/FS<</Type/Filespec/F(x)/EF<</F 7 0 R>>>>>>`,
			streamOf(t, "/Type/EmbeddedFile", "plain text at a note")), []string{"plain text at a note"}},
		{"hidden file", pageOf(t, shown("body"), "/Mine 6 0 R", "", streamOf(t, "/Filter[/ASCIIHexDecode/FlateDecode]", "")+"", "null"), []string{"body"}},
		{"owner's password only", lockedOf(t, "", "owner", "text under rights", "title under rights"), []string{"title under rights", "text under rights"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, shared(), c.data, extract.Limits{})
			if res.Kind != extract.PDF || res.Status != extract.Complete {
				t.Errorf("%s, %s %v, want complete", res.Kind, res.Status, res.Open)
			}
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("%q is not in %q", w, text)
				}
			}
		})
	}
}

// TestNeverClean: what can't be read is said.
func TestNeverClean(t *testing.T) {
	t.Parallel()
	picture := streamOf(t, "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8", strings.Repeat("x", 64))
	plain := pageOf(t, shown("body"), "", "")
	// A font whose glyphs are numbered, without saying what they draw.
	numbered := []string{
		`<</Type/Font/Subtype/Type0/BaseFont/Mine/Encoding/Identity-H/DescendantFonts[7 0 R]>>`,
		`<</Type/Font/Subtype/CIDFontType2/BaseFont/Mine/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 8 0 R/DW 500>>`,
		`<</Type/FontDescriptor/FontName/Mine/Flags 4/FontBBox[0 0 500 500]/ItalicAngle 0/Ascent 500/Descent 0/CapHeight 500/StemV 80>>`,
	}
	var drawn strings.Builder
	for i := range manySteps {
		fmt.Fprintf(&drawn, "%d %d m %d %d l S\n", i, i, i+1, i+2)
	}
	for _, c := range []struct {
		name, data string
		status     extract.Status
		reason     string
		seen       string
	}{
		{"password", lockedOf(t, "user", "owner", "x", "y"), extract.Encrypted, "password", ""},
		{"picture", pageOf(t, "q 612 0 0 792 0 0 cm /I Do Q", "", "", picture), extract.Unsupported, "1 of 1 pages are pictures, which are not read (page 1)", ""},
		{"picture with a stamp", pageOf(t, "q 612 0 0 792 0 0 cm /I Do Q "+shown("scanned"), "", "", picture), extract.Unsupported, "pictures", "scanned"},
		{"drawing", pageOf(t, drawn.String(), "", ""), extract.Unsupported, "drawings", ""},
		{"no meaning", pageOf(t, "BT /F2 12 Tf 72 700 Td <00010002000300040005000600070008000900010002> Tj ET", "", "", numbered...), extract.Unsupported, "fonts", ""},
		{"cut in two", plain[:len(plain)/2], extract.Corrupt, "damaged", ""},
		{"no pages", pdfOf("", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[]/Count 0>>`), extract.Corrupt, "", ""},
		{"nothing", "%PDF-1.7\n", extract.Corrupt, "damaged", ""},
		{"picture in it", pageOf(t, shown("body"), "/Names<</EmbeddedFiles<</Names[(a.png) 6 0 R]>>>>", "", `<</Type/Filespec/F(a.png)/EF<</F 7 0 R>>>>`,
			streamOf(t, "/Type/EmbeddedFile", "\x89PNG\r\n\x1a\nxxxx")), extract.Unsupported, "picture", "body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, res := extracted(t, shared(), c.data, extract.Limits{})
			if res.Status != c.status || len(res.Open) == 0 || !strings.Contains(res.Open[0].Reason, c.reason) {
				t.Errorf("%s %+v, want %s with %q; text %q", res.Status, res.Open, c.status, c.reason, text)
			}
			if !strings.Contains(text, c.seen) {
				t.Errorf("%q is not in %q", c.seen, text)
			}
		})
	}
}

// TestPictureBesideText: pictures in documents are counted.
func TestPictureBesideText(t *testing.T) {
	t.Parallel()
	lines := make([]string, 10)
	for i := range lines {
		lines[i] = "a line of text beside a picture"
	}
	picture := streamOf(t, "/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8", strings.Repeat("x", 64))
	if text, res := extracted(t, shared(), pageOf(t, "q 300 0 0 300 0 0 cm /I Do Q "+shown(lines...), "", "", picture), extract.Limits{}); res.Status != extract.Complete || res.Images != 1 {
		t.Errorf("%s, %d pictures, %v: %q", res.Status, res.Images, res.Open, text)
	}
}

// TestEnds: a document that takes for ever ends with its bound or its context, and the next one is read.
func TestEnds(t *testing.T) {
	t.Parallel()
	// Each form draws the next one many times.
	objects := []string{`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</I 6 0 R>>>>>>`, streamOf(t, "", "/I Do"), helvetica}
	for i := range 12 {
		objects = append(objects, streamOf(t, fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F1 5 0 R>>/XObject<</I %d 0 R>>>>", 7+i), strings.Repeat("/I Do\n", 200)))
	}
	bomb := pdfOf("", append(objects, streamOf(t, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F1 5 0 R>>>>", shown("x")))...)
	r := New(Config{Cache: shared().conf.Cache, Time: 500 * time.Millisecond, Memory: 64 << 20, Instances: 1})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, res := extracted(t, r, bomb, extract.Limits{}); res.Status != extract.Limited && res.Status != extract.Corrupt {
		t.Errorf("%s %v", res.Status, res.Open)
	}
	if text, res := extracted(t, r, pageOf(t, shown("still reads"), "", ""), extract.Limits{}); res.Status != extract.Complete || !strings.Contains(text, "still reads") {
		t.Errorf("%s %v %q", res.Status, res.Open, text)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := extract.Extract(ctx, io.NewSectionReader(strings.NewReader(bomb), 0, int64(len(bomb))), io.Discard, extract.Limits{PDF: r}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that ends: %v", err)
	}
	if _, res := extracted(t, r, pageOf(t, shown("again"), "", ""), extract.Limits{}); res.Status != extract.Complete {
		t.Errorf("%s %v", res.Status, res.Open)
	}
}

// TestCacheOfOthers: compiled code is run, so a folder that others write to is refused.
func TestCacheOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // the case
		t.Fatal(err)
	}
	r := New(Config{Cache: dir})
	if err := r.Warm(); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v, want invalid", err)
	}
	data := pageOf(t, shown("x"), "", "")
	if _, err := extract.Extract(t.Context(), io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), io.Discard, extract.Limits{PDF: r}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v, want invalid: it is no verdict on the file", err)
	}
}

// TestPrune empties a folder that has grown too large.
func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old := filepath.Join(dir, "wazero-v0")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(old, "code"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(maxCache+1), f.Close()); err != nil {
		t.Fatal(err)
	}
	cache, err := compiled(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := closeCache(cache); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}

// FuzzReadPDF reads broken documents: each ends with a verdict of its own.
func FuzzReadPDF(f *testing.F) {
	for _, seed := range []string{
		pageOf(f, shown("text"), "/Metadata 6 0 R", "", streamOf(f, "/Type/Metadata/Subtype/XML", "<a>b</a>")),
		pageOf(f, shown("body"), "", "/Annots[6 0 R]", `<</Type/Annot/Subtype/FileAttachment/Rect[1 1 9 9]/FS<</Type/Filespec/F(x)/EF<</F 7 0 R>>>>>>`, streamOf(f, "/Type/EmbeddedFile", "at a note")),
		lockedOf(f, "", "owner", "text", "title"), "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>",
	} {
		f.Add([]byte(seed))
	}
	r := New(Config{Cache: shared().conf.Cache, Time: 2 * time.Second, Memory: 64 << 20})
	f.Cleanup(func() { _ = r.Close() })
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte("%PDF-")) {
			data = append([]byte("%PDF-"), data...)
		}
		_, res := extracted(t, r, string(data), extract.Limits{Inflated: 4 << 20, Member: 1 << 20, Parts: 200})
		if res.Status == extract.Complete && len(res.Open) > 0 || res.Status != extract.Complete && len(res.Open) == 0 {
			t.Fatalf("%s with %v", res.Status, res.Open)
		}
	})
}

// FuzzObjects reads what a copy of PDFium might hold, without PDFium.
func FuzzObjects(f *testing.F) {
	f.Add([]byte(pageOf(f, shown("text"), "", "", "<</A(x\\(y\\051)/B<FEFF0041>>>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = extract.Extract(t.Context(), io.NewSectionReader(strings.NewReader("%PDF-"), 0, 5), io.Discard, extract.Limits{PDF: rawObjects(data)})
	})
}

// rawObjects reads bytes as if PDFium had written them.
type rawObjects []byte

func (r rawObjects) ReadPDF(_ context.Context, _ *io.SectionReader, to *extract.Sink) error {
	return (&objects{d: &document{to: to}, in: bufio.NewReader(bytes.NewReader(r))}).read()
}
