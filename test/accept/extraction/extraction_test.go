//go:build accept

package extraction

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/inspect/pdf"
)

// words counts a text's words: letters and digits in a row, two at least.
func words(text string) map[string]int {
	out := map[string]int{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		if len(w) > 1 {
			out[w]++
		}
	}
	return out
}

// share is how much of the words of a reference are found, each as often as it is there.
func share(found, reference map[string]int) float64 {
	have, all := 0, 0
	for w, n := range reference {
		all += n
		have += min(n, found[w])
	}
	if all == 0 {
		return 1
	}
	return float64(have) / float64(all)
}

// report adds a line to the table.
func report(t *testing.T, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	t.Log(line)
	file := os.Getenv("REFEREE_ACCEPT_REPORT")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintln(f, line); err != nil {
		t.Fatal(err)
	}
}

// run runs a program for at most a minute, and returns what it wrote and the processor time it took. What it wrote before
// an end by its own mistakes counts.
func run(ctx context.Context, command string, args ...string) (string, time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...) //nolint:gosec // the tests' own
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // an empty text is its mark
	if cmd.ProcessState == nil {
		return "", time.Hour
	}
	return out.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// spent is the processor time of this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// office converts a file with LibreOffice, and returns the new one's name.
func office(t *testing.T, dir, file, format string) (string, time.Duration) {
	t.Helper()
	args := []string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless"}
	if filepath.Ext(file) == ".csv" {
		args = append(args, "--infilter=CSV:44,34,76,1") // commas, quotes, UTF-8
	}
	_, took := run(t.Context(), "soffice", append(args, "--convert-to", format, "--outdir", dir, file)...)
	ext, _, _ := strings.Cut(format, ":")
	return filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+"."+ext), took
}

// reader reads PDF, compiled before anything is measured.
func reader(t *testing.T) *pdf.Reader {
	t.Helper()
	r := pdf.New(pdf.Config{Cache: filepath.Join(t.TempDir(), "code")})
	begin := time.Now()
	if err := r.Warm(); err != nil {
		t.Fatal(err)
	}
	t.Logf("PDFium compiled in %s", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ours extracts a file until half a second of processor time has passed, and returns its text and the time of one.
func ours(t *testing.T, r *pdf.Reader, file string) (string, extract.Result, time.Duration) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var res extract.Result
	n, begin := 0, spent(t)
	for spent(t)-begin < 500*time.Millisecond {
		out.Reset()
		if res, err = extract.Extract(t.Context(), io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), &out, extract.Limits{PDF: r}); err != nil {
			t.Fatal(err)
		}
		n++
	}
	return out.String(), res, (spent(t) - begin) / time.Duration(n)
}

// other is the program that is known for a format, "" when there is none.
func other(file string) []string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".pdf":
		return []string{"pdftotext", file, "-"}
	case ".doc", ".rtf":
		return []string{"catdoc", "-d", "utf-8", file}
	case ".xls":
		return []string{"xls2csv", "-d", "utf-8", file}
	case ".ppt":
		return []string{"catppt", "-d", "utf-8", file}
	}
	return nil
}

// prose is a text of many lines, with words that tools like to lose.
func prose() string {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "Line %d of the report says that number %d was reached in month %d, which nobody expected.\n", i, i*7919, i%12+1)
		switch i % 100 {
		case 7:
			b.WriteString("Größere Änderungen über die Straße, naïve café, señor Ibáñez, Łódź, Ďáblice.\n")
		case 17:
			b.WriteString("Привет мир, Αθήνα και Θεσσαλονίκη, Türkiye İstanbul.\n")
		case 27:
			b.WriteString("Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, \"quoted\" – and dashed.\n")
		}
	}
	return b.String()
}

func table() string {
	var b strings.Builder
	b.WriteString("Name,Account,Straße,Amount\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "Person number%d,DE%020d,Größestraße %d,%d.25\n", i, i*7919, i, i)
	}
	return b.String()
}

// slides is a presentation as one XML, which LibreOffice turns into others.
func slides() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.presentation"><office:body><office:presentation>`)
	for i := range 60 {
		fmt.Fprintf(&b, `<draw:page draw:name="page%d"><draw:frame svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="10cm"><draw:text-box>`, i)
		for j := range 8 {
			fmt.Fprintf(&b, "<text:p>Point number %d of slide %d über Größe café</text:p>", j*31, i*7919)
		}
		b.WriteString("</draw:text-box></draw:frame></draw:page>")
	}
	b.WriteString("</office:presentation></office:body></office:document>")
	return b.String()
}

// TestMadeDocuments: what LibreOffice wrote is found, all of it.
func TestMadeDocuments(t *testing.T) {
	dir := t.TempDir()
	r := reader(t)
	report(t, "| format | kB | Referee | MB/s | parts | other program | found | MB/s | LibreOffice found | MB/s |\n|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range []struct {
		name, text, source string
		formats            []string
		asText             string
	}{
		{"prose", prose(), "txt", []string{"docx", "doc", "odt", "fodt", "rtf", "pdf", "html", "epub"}, "txt:Text (encoded):UTF8"},
		{"table", table(), "csv", []string{"xlsx", "xls", "ods", "fods", "pdf"}, "csv:Text - txt - csv (StarCalc):44,34,76,1"},
		{"slides", slides(), "fodp", []string{"pptx", "ppt", "odp", "pdf"}, ""},
	} {
		source := filepath.Join(dir, c.name+"."+c.source)
		if err := os.WriteFile(source, []byte("\ufeff"+c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		plain := c.text
		if c.source == "fodp" {
			plain = textOf(plain)
			if err := os.WriteFile(source, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		reference := words(plain)
		for _, format := range c.formats {
			out := filepath.Join(dir, c.name+"-"+format)
			if err := os.MkdirAll(out, 0o700); err != nil {
				t.Fatal(err)
			}
			file, _ := office(t, out, source, format)
			info, err := os.Stat(file)
			if err != nil {
				t.Fatalf("LibreOffice has not made it: %v", err)
			}
			text, res, took := ours(t, r, file)
			found := share(words(text), reference)
			line := fmt.Sprintf("| %s.%s | %d | %.2f %% | %.1f | %d", c.name, format, info.Size()/1000, 100*found, float64(info.Size())/took.Seconds()/1e6, res.Parts)
			line += " | " + compared(t, file, info.Size(), reference) + " | " + withOffice(t, out, file, c.asText, info.Size(), reference) + " |"
			report(t, "%s", line)
			if found < 0.99 || res.Status != extract.Complete {
				t.Errorf("%s: %.2f %% of the words, %s %v", file, 100*found, res.Status, res.Open)
			}
		}
	}
}

// textOf is the text between tags.
func textOf(xml string) string {
	var b strings.Builder
	for _, part := range strings.Split(xml, "<") {
		_, text, _ := strings.Cut(part, ">")
		b.WriteString(text + "\n")
	}
	return b.String()
}

// compared is what the other program of a format finds.
func compared(t *testing.T, file string, size int64, reference map[string]int) string {
	t.Helper()
	command := other(file)
	if command == nil {
		return "- | - | -"
	}
	text, took := run(t.Context(), command[0], command[1:]...)
	return fmt.Sprintf("%s | %.2f %% | %.1f", command[0], 100*share(words(text), reference), float64(size)/took.Seconds()/1e6)
}

// withOffice is what LibreOffice finds in what it wrote, with the time that it takes to start.
func withOffice(t *testing.T, dir, file, format string, size int64, reference map[string]int) string {
	t.Helper()
	if format == "" || slices.Contains([]string{".pdf", ".epub"}, filepath.Ext(file)) {
		return "- | -"
	}
	made, took := office(t, filepath.Join(dir), file, format)
	text, err := os.ReadFile(made) //nolint:gosec // the test's own
	if err != nil {
		return "nothing | -"
	}
	return fmt.Sprintf("%.2f %% | %.2f", 100*share(words(string(text)), reference), float64(size)/took.Seconds()/1e6)
}

// TestRealDocuments compares with LibreOffice's text of real documents, and with pdftotext's of PDF: the words that the
// other has, and Referee has not.
func TestRealDocuments(t *testing.T) {
	folder := os.Getenv("REFEREE_DOCUMENTS")
	if folder == "" {
		t.Log("REFEREE_DOCUMENTS names no folder of real documents: nothing to compare with")
		return
	}
	r := reader(t)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	report(t, "| file | kB | status | words the other has | of them found | words Referee has | of them the other's | MB/s |\n|---|---|---|---|---|---|---|---|")
	for _, e := range entries {
		file := filepath.Join(folder, e.Name())
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		text, res, took := ours(t, r, file)
		have := words(text)
		theirs := words(otherText(t, file))
		report(t, "| %s | %d | %s | %d | %.2f %% | %d | %.2f %% | %.1f |", e.Name(), info.Size()/1000, res.Status, total(theirs), 100*share(have, theirs), total(have), 100*share(theirs, have),
			float64(info.Size())/took.Seconds()/1e6)
	}
}

func total(words map[string]int) int {
	n := 0
	for _, v := range words {
		n += v
	}
	return n
}

// otherText is what another program finds in a file.
func otherText(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	format := "txt:Text (encoded):UTF8"
	switch strings.ToLower(filepath.Ext(file)) {
	case ".pdf":
		text, _ := run(t.Context(), "pdftotext", file, "-")
		return text
	case ".xlsx", ".xls", ".ods", ".xlsb":
		format = "csv:Text - txt - csv (StarCalc):44,34,76,1"
	case ".pptx", ".ppt", ".odp":
		made, _ := office(t, dir, file, "pdf")
		text, _ := run(t.Context(), "pdftotext", made, "-")
		return text
	}
	made, _ := office(t, dir, file, format)
	text, err := os.ReadFile(made) //nolint:gosec // the test's own
	if err != nil {
		return ""
	}
	return string(text)
}
