package encrypt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/internal/pdf"
	"github.com/referee-casb/referee/dlp/label"
)

// pdfFile has a page, information and a form, with strings of each kind.
func pdfFile(catalog string) string { return pdfOf(catalog, 9000) }

// pdfOf has so many lines of filling in its page.
func pdfOf(catalog string, lines int) string {
	content := "BT /F1 24 Tf 100 400 Td (Secret page) Tj ET " + strings.Repeat("% filling that is packed\n", lines)
	objects := []string{
		"<</Type /Catalog /Pages 2 0 R " + catalog + ">>", "<</Type /Pages /Count 1 /Kids [3 0 R]>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content), "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
		"<</Title (Secret \\(title\\)) /Author <FEFF00C400640061> /Subject ()>>",
	}
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	table := "xref\n0 7\n0000000000 65535 f \n"
	for i, o := range objects {
		table += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "%strailer\n<</Size 7 /Root 1 0 R /Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n", table, b.Len())
	return b.String()
}

func runTool(t *testing.T, data, tool string, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.NewReplacer("IN", in, "OUT", out).Replace(args[i])
	}
	text, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput() //nolint:gosec // of this test
	if err != nil {
		return string(text), err
	}
	if got, err := os.ReadFile(out); err == nil { //nolint:gosec // written above
		return string(got), nil
	}
	return string(text), nil
}

func TestPDF(t *testing.T) {
	t.Parallel()
	plain := pdfFile("")
	made := map[string]string{"table": plain}
	for _, how := range [][]string{{"--object-streams=generate"}, {"--linearize"}, {"--object-streams=generate", "--linearize"}} {
		got, err := runTool(t, plain, "qpdf", append(how, "IN", "OUT")...)
		if err != nil {
			t.Fatal(err, got)
		}
		made[strings.Join(how, " ")] = got
	}
	for name, data := range made {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := encrypted(t, data, secret)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(got, "Secret") || strings.Contains(got, "filling") {
				t.Error("it can be read without a password")
			}
			if text, err := runTool(t, got, "qpdf", "--password="+secret, "--check", "IN"); err != nil || strings.Contains(text, "WARNING") || !strings.Contains(text, "R = 6") {
				t.Errorf("qpdf: %v\n%s", err, text)
			}
			if text, err := runTool(t, got, "qpdf", "--password=another one", "--check", "IN"); err == nil {
				t.Errorf("another password opens it: %s", text)
			}
			if text, err := runTool(t, got, "pdftotext", "-upw", secret, "IN", "-"); err != nil || !strings.Contains(text, "Secret page") {
				t.Errorf("pdftotext: %v\n%s", err, text)
			}
			if text, err := runTool(t, got, "pdfinfo", "-upw", secret, "IN"); err != nil || !strings.Contains(text, "Secret (title)") || !strings.Contains(text, "Äda") || !strings.Contains(text, "AES-256") {
				t.Errorf("pdfinfo: %v\n%s", err, text)
			}
			if _, err := encrypted(t, got, secret); !errors.Is(err, label.ErrHidden) {
				t.Errorf("the second time: %v", err)
			}
		})
	}
	for name, c := range map[string]struct {
		data string
		want error
	}{"signed": {pdfFile("/AcroForm <</SigFlags 3>>"), label.ErrSigned}, "certified": {pdfFile("/Perms <<>>"), label.ErrSigned}, "cut": {plain[:len(plain)-40], label.ErrDamaged}} {
		if _, err := encrypted(t, c.data, secret); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPDF(f *testing.F) {
	f.Add([]byte(pdfOf("", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		src := io.NewSectionReader(strings.NewReader(string(data)), 0, int64(len(data)))
		p := pdfWriter{w: io.Discard, rand: rand.Reader, key: make([]byte, 32), at: map[int]int64{}} // without the rounds that make a key slow
		var err error
		if p.f, err = pdf.Open(src, src.Size()); err == nil && writable(p.f) == nil {
			if err := p.write(pdf.NewDict()); err != nil {
				t.Fatalf("found writable, and then not: %v", err)
			}
		}
	})
}
