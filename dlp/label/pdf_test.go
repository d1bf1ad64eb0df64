package label

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// pdfFile writes objects, numbered from 1 on, with a table of cross references; the first is the catalog.
func pdfFile(trailer string, objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, start)
	return b.String()
}

func pdfStream(dict, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// twoPages has an upright page and one that is shown turned; what they share stands above them. The first leaves its
// graphics state shifted.
func twoPages(catalog, trailer string, more ...string) string {
	return pdfFile("/ID [<00112233445566778899AABBCCDDEEFF> <00112233445566778899AABBCCDDEEFF>] "+trailer, append([]string{
		"<</Type /Catalog /Pages 2 0 R " + catalog + ">>",
		"<</Type /Pages /Count 2 /Kids [3 0 R 4 0 R] /MediaBox [0 0 612 792] /Resources 7 0 R>>",
		"<</Type /Page /Parent 2 0 R /Contents 5 0 R>>",
		"<</Type /Page /Parent 2 0 R /Contents [5 0 R 6 0 R] /Rotate 90 /CropBox [50 50 600 700]>>",
		pdfStream("", "1 0 0 1 10 10 cm 0 0 1 rg BT /F1 24 Tf 100 400 Td (Page text) Tj ET"),
		pdfStream("", "BT /F1 12 Tf 100 300 Td (More) Tj ET"),
		"<</Font <</F1 8 0 R>>>>",
		"<</Type /Font /Subtype /Type1 /BaseFont /Times-Roman>>",
	}, more...)...)
}

// runQPDF changes a PDF by qpdf.
func runQPDF(t *testing.T, data string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "qpdf", append(args, in, out)...).CombinedOutput(); err != nil { //nolint:gosec // arguments of this test
		t.Fatalf("qpdf %v: %v\n%s", args, err, text)
	}
	got, err := os.ReadFile(out) //nolint:gosec // written above
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// checkPDF lets qpdf check a PDF, and returns its text.
func checkPDF(t *testing.T, data string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "qpdf", "--check", file).CombinedOutput(); err != nil || bytes.Contains(text, []byte("WARNING")) { //nolint:gosec // a file of this test
		t.Errorf("qpdf --check: %v\n%s", err, text)
	}
	return pdfText(t, file)
}

func TestWritePDF(t *testing.T) {
	t.Parallel()
	xmp := pdfStream("/Type /Metadata /Subtype /XML", `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="`+rdfSpace+`"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfx="`+pdfx+`" pdfx:MSIP_Label_`+public+`_Enabled="true"
 pdfx:MSIP_Label_`+public+`_SiteId='`+ours+`' dc:source="kept"><pdfx:MSIP_Label_`+site+`_Enabled>true</pdfx:MSIP_Label_`+site+`_Enabled><pdfx:MSIP_Label_`+site+`_SiteId>`+other+`</pdfx:MSIP_Label_`+site+`_SiteId></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`)
	plain := twoPages("", "")
	labelled := twoPages("/Metadata 10 0 R", "/Info 9 0 R", "<</Title (A \\(title\\)) /MSIP_Label_"+public+"_Enabled (true) /MSIP_Label_"+public+"_SiteId ("+ours+")>>", xmp)
	signed := twoPages("/AcroForm <</SigFlags 3 /Fields []>>", "")
	mine := confidential()
	mine.Enabled = true
	theirs := Label{ID: site, SiteID: other, Enabled: true}
	for name, c := range map[string]struct {
		data string
		want []Label
		keep string // what stays in the text of the file's newest version
		mark bool
	}{
		"table":           {plain, []Label{mine}, "", true},
		"labelled":        {labelled, []Label{theirs, mine}, "kept", true},
		"no end of line":  {strings.TrimSuffix(plain, "\n"), []Label{mine}, "", true},
		"object streams":  {runQPDF(t, labelled, "--object-streams=generate"), []Label{theirs, mine}, "kept", true},
		"linearized":      {runQPDF(t, plain, "--linearize"), []Label{mine}, "", true},
		"both":            {runQPDF(t, labelled, "--linearize", "--object-streams=generate"), []Label{theirs, mine}, "kept", true},
		"signed, no mark": {signed, []Label{mine}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := Change{Label: confidential()}
			if c.mark {
				change.Marking = marks()
				change.Marking.Watermark.Layout = "horizontal" // turned text isn't read as a word
			}
			got, err := write(t, c.data, change)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got, c.data) {
				t.Error("the bytes that were there don't begin what was written")
			}
			labels, err := read(got)
			if err != nil || !reflect.DeepEqual(labels, c.want) {
				t.Errorf("%+v, %v, want %+v", labels, err, c.want)
			}
			text := checkPDF(t, got)
			pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
			if len(pages) != 2 {
				t.Fatalf("%d pages", len(pages))
			}
			for i, page := range pages {
				for _, want := range []string{"Amber header <1>", "7 & a footer", "AMBERMARK"} {
					if n := strings.Count(page, want); c.mark && n != 1 || !c.mark && n != 0 {
						t.Errorf("page %d has %q %d times:\n%s", i+1, want, n, page)
					}
				}
				if !strings.Contains(page, "Page text") {
					t.Errorf("page %d lost its text:\n%s", i+1, page)
				}
				if c.mark && strings.Index(page, "Amber header") > strings.Index(page, "7 & a footer") {
					t.Errorf("page %d has its footer above:\n%s", i+1, page)
				}
			}
			newest := got[len(c.data):]
			if !strings.Contains(newest, c.keep) || strings.Contains(newest, public) {
				t.Errorf("the update:\n%s", newest)
			}
			none, err := write(t, got, Change{Label: Label{SiteID: ours}, Remove: true})
			if err != nil {
				t.Fatal(err)
			}
			if labels, err := read(none); err != nil || len(labels) != len(c.want)-1 {
				t.Errorf("removed: %+v, %v", labels, err)
			}
			checkPDF(t, none)
		})
	}
}

func TestRefusesPDF(t *testing.T) {
	t.Parallel()
	plain := twoPages("", "")
	mark := Marking{Header: &Mark{Text: "Совершенно секретно"}}
	for name, c := range map[string]struct {
		data string
		mark Marking
		want error
	}{
		"encrypted":          {runQPDF(t, plain, "--encrypt", "a", "b", "256", "--"), Marking{}, ErrHidden},
		"cut":                {plain[:len(plain)-60], Marking{}, ErrDamaged},
		"no cross reference": {strings.Replace(plain, "\nxref\n", "\nxxxx\n", 1), Marking{}, ErrDamaged},
		"a loop of pages":    {strings.Replace(plain, "/Kids [3 0 R 4 0 R]", "/Kids [3 0 R 2 0 R]", 1), marks(), ErrDamaged},
		"certified":          {twoPages("/AcroForm <</SigFlags 3>> /Perms <</DocMDP 9 0 R>>", "", "<<>>"), Marking{}, ErrSigned},
		"signed, marked":     {twoPages("/AcroForm <</SigFlags 3>>", ""), marks(), ErrSigned},
		"other letters":      {plain, mark, ErrUnsupported},
		"broken XMP":         {twoPages("/Metadata 9 0 R", "", pdfStream("/Type /Metadata", "<a><b>")), Marking{}, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := write(t, c.data, Change{Label: confidential(), Marking: c.mark}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// TestNewestVersion reads the newest version's label of a file that keeps older ones.
func TestNewestVersion(t *testing.T) {
	t.Parallel()
	first, err := write(t, twoPages("", ""), Change{Label: confidential()})
	if err != nil {
		t.Fatal(err)
	}
	next := confidential()
	next.ID = public
	second, err := write(t, first, Change{Label: next})
	if err != nil {
		t.Fatal(err)
	}
	if labels, err := read(second); err != nil || len(labels) != 1 || labels[0].ID != public {
		t.Errorf("%+v, %v", labels, err)
	}
	// Where the structure can't be read, all that is there is told.
	if labels, _ := read(second[:len(second)-30]); len(labels) != 2 {
		t.Errorf("cut: %+v", labels)
	}
}
