package pdf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
)

// bombs are small documents that would cost much. Each must end with a verdict of its own; what it costs is bounded by
// the sandbox's memory and by time, and reported by BenchmarkBombs.
func bombs(t testing.TB) map[string]string {
	t.Helper()
	page := `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>`
	// Each node of the tree has its children a hundred times.
	tree := []string{`<</Type/Catalog/Pages 2 0 R>>`}
	for i := 2; i < 6; i++ {
		tree = append(tree, fmt.Sprintf(`<</Type/Pages/Kids[%s]/Count 100000000>>`, strings.Repeat(fmt.Sprintf("%d 0 R ", i+1), 100)))
	}
	tree = append(tree, `<</Type/Page/Parent 5 0 R/MediaBox[0 0 612 792]/Contents 7 0 R/Resources<</Font<</F1 8 0 R>>>>>>`, streamOf(t, "", shown("again and again")), helvetica)
	deep := strings.Repeat("[", 1<<20)
	many := make([]string, 0, 2003)
	var kids strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&kids, "%d 0 R ", 6+i)
		many = append(many, page)
	}
	return map[string]string{
		"packed content": pageOf(t, strings.Repeat("BT /F1 12 Tf (text ) Tj ET\n", 4<<20), "", ""),
		"packed twice": pdfOf("", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 1>>`, page,
			streamOf(t, "/Filter[/FlateDecode/FlateDecode]", zlibOf(t, strings.Repeat("\n", 256<<20))), helvetica),
		"a tree of pages":     pdfOf("", tree...),
		"pages in themselves": pdfOf("", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>`),
		"a count that lies":   pdfOf("", `<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[3 0 R]/Count 2000000000>>`, page, streamOf(t, "", shown("one")), helvetica),
		"many pages":          pdfOf("", append([]string{`<</Type/Catalog/Pages 2 0 R>>`, `<</Type/Pages/Kids[` + kids.String() + `]/Count 2000>>`, `null`, streamOf(t, "", shown("the same on each")), helvetica}, many...)...),
		"arrays in arrays":    pageOf(t, shown("x"), "/Deep "+deep, ""),
		"a form in itself": pageOf(t, "/I Do", "", "", streamOf(t, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</I 6 0 R>>/Font<</F1 5 0 R>>>>",
			strings.Repeat("/I Do ", 1000))),
		"a file of zeros": pageOf(t, shown("x"), "/Names<</EmbeddedFiles<</Names[(a) 6 0 R]>>>>", "", `<</Type/Filespec/F(a)/EF<</F 7 0 R>>>>`,
			streamOf(t, "/Type/EmbeddedFile/Filter/FlateDecode", strings.Repeat("\x00", 128<<20))),
		"a name in itself": pageOf(t, shown("x"), "/Names<</EmbeddedFiles 6 0 R>>/Outlines 7 0 R", "", `<</Kids[6 0 R 6 0 R]>>`, `<</Title(a)/First 7 0 R/Next 7 0 R/Last 7 0 R>>`),
		"a page as large as a field": strings.Replace(pageOf(t, "/I Do", "", "", streamOf(t, "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "x")),
			"0 0 612 792", "0 0 1e9 1e9", 1),
		"a table of references in itself": "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3/Prev 52>>\nstartxref\n52\n%%EOF",
	}
}

func TestBombs(t *testing.T) {
	t.Parallel()
	r := New(Config{Cache: shared().conf.Cache, Time: 3 * time.Second, Memory: 128 << 20, Instances: 2})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, data := range bombs(t) {
		text, res := extracted(t, r, data, extract.Limits{})
		if res.Status == extract.Complete && len(res.Open) > 0 || res.Status != extract.Complete && len(res.Open) == 0 {
			t.Errorf("%s: %s %v", name, res.Status, res.Open)
		}
		if len(text) > 256<<20 {
			t.Errorf("%s: %d MB of text", name, len(text)>>20)
		}
	}
	if text, res := extracted(t, r, pageOf(t, shown("still reads"), "", ""), extract.Limits{}); res.Status != extract.Complete || !strings.Contains(text, "still reads") {
		t.Errorf("after them: %s %v %q", res.Status, res.Open, text)
	}
}

// BenchmarkBombs reports what each costs with the default bounds.
func BenchmarkBombs(b *testing.B) {
	all := bombs(b)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			var res extract.Result
			for b.Loop() {
				_, res = extracted(b, shared(), all[name], extract.Limits{})
			}
			b.ReportMetric(float64(len(all[name]))/1e3, "file-kB")
			b.Log(res.Status, res.Open)
		})
	}
}
