package pdf

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/extract"
)

// BenchmarkReadPDF reads a document of 60 pages with 200 kB of text, or the one that REFEREE_PDF names.
func BenchmarkReadPDF(b *testing.B) {
	var data string
	if file := os.Getenv("REFEREE_PDF"); file != "" {
		read, err := os.ReadFile(file) //nolint:gosec // the caller's
		if err != nil {
			b.Fatal(err)
		}
		data = string(read)
	} else {
		objects := []string{`<</Type/Catalog/Pages 2 0 R>>`, "", helvetica}
		var kids strings.Builder
		for range 60 {
			lines := make([]string, 50)
			for i := range lines {
				lines[i] = "The quick brown fox jumps over the lazy dog, and reads the report of the month."
			}
			objects = append(objects, `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents `+strconv.Itoa(len(objects)+2)+` 0 R/Resources<</Font<</F1 3 0 R>>>>>>`, streamOf(b, "/Filter/FlateDecode", shown(lines...)))
			kids.WriteString(strconv.Itoa(len(objects)-1) + " 0 R ")
		}
		objects[1] = `<</Type/Pages/Kids[` + kids.String() + `]/Count 60>>`
		data = pdfOf("", objects...)
	}
	if err := shared().Warm(); err != nil {
		b.Fatal(err)
	}
	var res extract.Result
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		_, res = extracted(b, shared(), data, extract.Limits{})
	}
	if res.Status != extract.Complete {
		b.Fatal(res)
	}
	b.ReportMetric(float64(res.Text)*float64(b.N)/1e6/b.Elapsed().Seconds(), "text-MB/s")
}
