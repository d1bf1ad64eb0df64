package label

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asPDF lets LibreOffice open documents and print them; what can't be opened is missing. The text of each is what
// pdftotext reads, pages apart by form feeds.
func asPDF(t *testing.T, documents map[string]string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"--headless", "-env:UserInstallation=file://" + dir + "/profile", "--convert-to", "pdf", "--outdir", dir}
	for name, data := range documents {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	c := exec.CommandContext(t.Context(), "soffice", args...)
	c.Cancel, c.WaitDelay = func() error { return c.Process.Signal(os.Interrupt) }, 5*time.Second
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	texts := map[string]string{}
	for name := range documents {
		pdf := strings.TrimSuffix(filepath.Join(dir, name), filepath.Ext(name)) + ".pdf"
		if _, err := os.Stat(pdf); err != nil {
			continue
		}
		texts[name] = pdfText(t, pdf)
		drawn, err := exec.CommandContext(t.Context(), "qpdf", "--qdf", "--object-streams=disable", pdf, "-").Output() //nolint:gosec // a file of this test
		if err != nil {
			t.Fatal(err)
		}
		if red := strings.Contains(string(drawn), "1 0 0 rg"); !red { // the colour of the header
			t.Errorf("%s: nothing is red", name)
		}
	}
	return texts
}

func pdfText(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", file, "-").Output() //nolint:gosec // a file of this test
	if err != nil {
		t.Fatalf("pdftotext %s: %v", file, err)
	}
	return string(out)
}

// TestOpens lets another program open what we label and mark, and looks for marks on each page.
func TestOpens(t *testing.T) {
	t.Parallel()
	second := marks()
	second.Header.Text, second.Watermark.Layout = "Second header", "horizontal" // turned text isn't read as a word
	documents := map[string]string{}
	for name, data := range map[string]string{
		"plain.docx": wordFile(t, ""), "sections.docx": sectionsFile(t), "sheet.xlsx": samples(t)["xlsx"], "slides.pptx": slidesFile(t),
		"headers.xlsx": sheetFile(t, `<headerFooter><oddHeader>&amp;LLeft text&amp;RPage &amp;P</oddHeader></headerFooter>`),
	} {
		got, err := write(t, data, Change{Label: confidential(), Marking: marks()})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		documents[name] = got
		if filepath.Ext(name) != ".xlsx" {
			// A later label takes the earlier marks' place.
			if documents["again-"+name], err = write(t, got, Change{Label: confidential(), Marking: second}); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	texts := asPDF(t, documents)
	for name, pages := range map[string]int{"plain.docx": 1, "sections.docx": 3, "sheet.xlsx": 1, "headers.xlsx": 1, "slides.pptx": 1, "again-plain.docx": 1, "again-sections.docx": 3, "again-slides.pptx": 1} {
		text, ok := texts[name]
		if !ok {
			t.Errorf("%s wasn't opened", name)
			continue
		}
		header, unwanted := "Amber header <1>", "Second header"
		if strings.HasPrefix(name, "again-") {
			header, unwanted = unwanted, header
		}
		page := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
		if len(page) != pages {
			t.Errorf("%s has %d pages, want %d:\n%s", name, len(page), pages, text)
		}
		for i, one := range page {
			for _, want := range []string{header, "7 & a footer"} {
				if strings.Count(one, want) != 1 {
					t.Errorf("%s: page %d has %q %d times:\n%s", name, i+1, want, strings.Count(one, want), one)
				}
			}
			if strings.Contains(one, unwanted) {
				t.Errorf("%s: page %d has the mark of another label:\n%s", name, i+1, one)
			}
		}
	}
	for name, want := range map[string][]string{
		"sections.docx": {"Own header", "First page text", "Second section", "Third page"}, "headers.xlsx": {"Left text", "Page 1", "Cell text"}, "slides.pptx": {"Slide text"}, "again-slides.pptx": {"AMBERMARK"},
	} {
		for _, w := range want {
			if !strings.Contains(texts[name], w) {
				t.Errorf("%s lacks %q:\n%s", name, w, texts[name])
			}
		}
	}
}
