package filesapp

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"image/png"
	"io"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"

	"github.com/referee-casb/referee/internal/prereqtest"
)

// Every sample carries its own marker in its raw bytes, and no other's.
func TestSamplesCarryTheirMarker(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		data := string(s.make(CanaryOf(s.id), s.pages))
		if !strings.Contains(data, CanaryOf(s.id)) || strings.Count(data, Canary) != strings.Count(data, CanaryOf(s.id)) {
			t.Errorf("%s: the marker is not there, or there is a foreign one", s.name)
		}
		if data != string(s.make(CanaryOf(s.id), s.pages)) {
			t.Errorf("%s differs from run to run", s.name)
		}
	}
}

func TestSampleFormats(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		data := s.make(CanaryOf(s.id), s.pages)
		switch mediaTypeOf(s.name) {
		case mediaTypes[".docx"], mediaTypes[".xlsx"], mediaTypes[".zip"]:
			z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			for _, member := range z.File {
				checkMember(t, s.name, member)
			}
		case mediaTypes[".png"]:
			if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() != 720 {
				t.Errorf("%s: %v", s.name, err)
			}
		case mediaTypes[".csv"]:
			r := csv.NewReader(bytes.NewReader(data))
			r.Comment = '#'
			if rows, err := r.ReadAll(); err != nil || len(rows) != len(s.pages[0].Lines) {
				t.Errorf("%s: %d rows, %v", s.name, len(rows), err)
			}
		}
	}
}

func checkMember(t *testing.T, name string, member *zip.File) {
	t.Helper()
	r, err := member.Open()
	if err != nil {
		t.Fatalf("%s, %s: %v", name, member.Name, err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s, %s: %v", name, member.Name, err)
	}
	if strings.HasSuffix(member.Name, ".xml") || strings.HasSuffix(member.Name, ".rels") {
		if err := xml.Unmarshal(raw, new(struct{})); err != nil {
			t.Errorf("%s, %s: %v", name, member.Name, err)
		}
	}
}

// An independent reader takes the text out of our PDF.
func TestPDFIsReadByPoppler(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		prereqtest.Missing(t, "pdftotext", "build/test-prereqs.sh installs it")
	}
	cmd := exec.CommandContext(t.Context(), tool, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdfFile(CanaryOf("report"), reportPages))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%v: %s", err, complaints.String())
	}
	if !strings.Contains(string(out), "Quarterly report") || !strings.Contains(string(out), "Page 3 of 3") || strings.Contains(string(out), Canary) {
		t.Errorf("text %q", out)
	}
}

// Pictures of pages carry no marker and are real pictures.
func TestRenditions(t *testing.T) {
	t.Parallel()
	a := newBench(t).app
	for _, s := range Samples() {
		f, ok := a.store.file(s.ID)
		if !ok {
			t.Fatalf("no %s", s.ID)
		}
		if n := pageCount(f); n == 0 != (s.Type == "application/zip") {
			t.Errorf("%s has %d pages", s.Name, n)
		}
		for n := range pageCount(f) {
			picture, err := pictureOf(f, n+1)
			if err != nil {
				t.Errorf("%s: %v", s.Name, err)
				continue
			}
			if _, err := png.Decode(bytes.NewReader(picture)); err != nil || bytes.Contains(picture, []byte(Canary)) {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
		if _, err := pictureOf(f, pageCount(f)+1); err == nil {
			t.Errorf("%s has a page too many", s.Name)
		}
	}
	huge := withTextChunk(pngFile("x", []page{planPage}), "Comment", "x")
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // the head claims 65536 x 65536
	if _, err := redraw(huge); err == nil {
		t.Error("a picture bomb was unpacked")
	}
}

func TestPaginate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 60) + "\n" + strings.Repeat("x", 200) + "\n" + strings.Repeat("line\n", 100)
	var lines int
	for _, p := range paginate("t", long) {
		if len(p.Lines) > linesAPage {
			t.Errorf("a page of %d lines", len(p.Lines))
		}
		for _, line := range p.Lines {
			lines++
			if len(line) > columnsLine {
				t.Errorf("a line of %d", len(line))
			}
		}
	}
	if lines != 4+3+100 {
		t.Errorf("%d lines", lines)
	}
	if got := paginate("t", ""); len(got) != 1 {
		t.Errorf("%d pages of nothing", len(got))
	}
}

// The font is read by another implementation than the one that wrote it.
func TestIconFont(t *testing.T) {
	t.Parallel()
	f, err := sfnt.Parse(iconFont())
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	for i, ic := range icons {
		g, err := f.GlyphIndex(&buf, iconRune(i))
		if err != nil || int(g) != i+1 {
			t.Errorf("%s: glyph %d, %v", ic.name, g, err)
			continue
		}
		segments, err := f.LoadGlyph(&buf, g, 1000<<6, nil)
		if err != nil || len(segments) == 0 {
			t.Errorf("%s: %d segments, %v", ic.name, len(segments), err)
		}
	}
	if name, err := f.Name(&buf, sfnt.NameIDFamily); err != nil || name != "Files Icons" {
		t.Errorf("name %q, %v", name, err)
	}
	if sum := checksum(iconFont()); sum != 0xB1B0AFBA {
		t.Errorf("checksum %#x", sum)
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"---\na: b\n---\nbody\n": {"---\na: b\n---\n", "body\n"},
		"body":                   {"", "body"},
		"---\nnever closed":      {"", "---\nnever closed"},
		"---\n---\nx":            {"---\n---\n", "x"},
		"":                       {"", ""},
	} {
		if front, body := splitFrontMatter(text); front != want[0] || body != want[1] {
			t.Errorf("%q gave %q and %q", text, front, body)
		}
	}
}
