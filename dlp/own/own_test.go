package own_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/fingerprint"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/model"
)

const cases = `# numbers of the helpdesk
kind: InformationType
id: case-number
name: Case number
patterns:
  - regexp: 'C-\d{4}' # and no more
---
kind: InformationTypeBundle
id: helpdesk
name: Helpdesk
types: [case-number, credit-card-number]
`

func decode(t testing.TB, text string) []own.Document {
	t.Helper()
	docs, mistakes := own.Decode([]byte(text))
	if len(mistakes) > 0 {
		t.Fatalf("%v in\n%.2000s", mistakes, text)
	}
	return docs
}

func sample(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "clause %d of agreement %d ", i*i, i)
	}
	p, err := fingerprint.Make([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return "kind: DocumentFingerprint\nid: agreement\nname: Agreement\nfingerprint: " + p.String() + "\n"
}

// TestText sees that what stores keep is the document again, comments included.
func TestText(t *testing.T) {
	t.Parallel()
	for _, d := range decode(t, cases+"---\n"+sample(t)) {
		again := decode(t, string(d.Text))
		if len(again) != 1 || again[0].ID != d.ID || string(again[0].Text) != string(d.Text) {
			t.Errorf("%s became %+v", d.ID, again)
		}
	}
	if d := decode(t, cases); !strings.Contains(string(d[0].Text), "# and no more") || strings.Contains(string(d[0].Text), "id: helpdesk") {
		t.Errorf("the text is %s", d[0].Text)
	}
	if d := decode(t, `[{"kind": "InformationType", "id": "a", "name": "A", "patterns": [{"words": ["x1"]}]}]`); len(decode(t, string(d[0].Text))) != 1 {
		t.Error("JSON is not kept")
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	good := sample(t)
	for text, want := range map[string]string{
		"":                                   "there is no document",
		"kind: Type\nid: a\nname: b":         "1:7: kind",
		"- a\n":                              "must be a mapping",
		"kind: InformationType\n\tid: a":     "not YAML",
		good + "similarity: {low: 60}\nx: 1": `no key is called "x"`,
		good + "similarity: {low: 60, medium: 50}":       "50 % is not more than 60 %",
		good + "similarity: {}":                          "no share is enough",
		good + "similarity: {low: 5}":                    "similarity.low",
		strings.Replace(good, "rfp1:", "rfp9:", 1):       "is no fingerprint",
		strings.Replace(good, "fingerprint: ", "x: ", 1): "referee dlp fingerprint make",
		strings.Repeat("#", own.MaxText+1):               "split it into files",
	} {
		docs, mistakes := own.Decode([]byte(text))
		if docs != nil || !strings.Contains(mistakes.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, mistakes, want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	set, err := own.BuiltIn().With(decode(t, cases+"---\n"+sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := set.Resolve([]string{"helpdesk", "case-number", "agreement"})
	if err != nil || fmt.Sprint(ids) != "[case-number credit-card-number agreement]" {
		t.Errorf("%v, %v", ids, err)
	}
	if _, err := set.Resolve([]string{"nothing"}); err == nil {
		t.Error("an unknown id was resolved")
	}
	if _, err := set.With(nil, "case-number"); err == nil {
		t.Error("a bundle lost its type")
	}
	if next, err := set.With(nil, "case-number", "helpdesk"); err != nil || len(next.Documents) != 1 {
		t.Errorf("%v", err)
	}
	var many strings.Builder
	for i := range 60 {
		fmt.Fprintf(&many, "---\nkind: InformationType\nid: t%d\nname: T\npatterns: [{regexp: '(?:[a-z][0-9]){500}'}, {regexp: '(?:[0-9][a-z]){500}'}, {regexp: '(?:[A-Z][0-9]){500}'}, {regexp: '(?:[0-9][A-Z]){500}'}]\n", i)
	}
	if _, err := set.With(decode(t, many.String())); err == nil {
		t.Error("expressions without end were taken")
	}
	if again := decode(t, string(set.Text())); len(again) != 3 {
		t.Errorf("the set's text has %d documents", len(again))
	}
	if len(own.BuiltIn().Types) == len(set.Types) {
		t.Error("the built-in set was changed")
	}
}

// shelf is a store in memory.
type shelf struct {
	own.Store
	rows  []own.Revision
	epoch int64
	reads int
}

func (s *shelf) TypesEpoch(context.Context, model.TenantID) (int64, error) { return s.epoch, nil }

func (s *shelf) Types(context.Context, model.TenantID) ([]own.Revision, int64, error) {
	s.reads++
	return s.rows, s.epoch, nil
}

func TestLibrary(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	l := own.NewLibrary(s, nil)
	ask := func() *own.Set {
		t.Helper()
		set, err := l.Of(t.Context(), "contoso")
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	if set := ask(); len(set.Documents) != 0 || len(set.Types) < 300 || ask() != set {
		t.Error("a tenant without types has others than the built-in ones, or is read each time")
	}
	s.rows, s.epoch = []own.Revision{{ID: "case-number", Text: decode(t, cases)[0].Text}}, 7
	if set := ask(); set.Revision != 7 || len(set.Documents) != 1 || ask() != set || s.reads != 2 {
		t.Errorf("after a change: %+v, %d reads", set.Documents, s.reads)
	}
	s.rows, s.epoch = []own.Revision{{ID: "case-number", Text: []byte("kind: Later")}}, 8
	if _, err := l.Of(t.Context(), "contoso"); err == nil {
		t.Error("a type that can't be read is left out in silence")
	}
}

// dictionary is a type with n words of three parts each.
func dictionary(n int) string {
	var b strings.Builder
	b.WriteString("kind: InformationType\nid: customers\nname: Customers\npatterns:\n  - words:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - Customer%c %d%c\n", 'a'+i%26, i, 'a'+i/26%26)
	}
	return b.String()
}

// BenchmarkDictionary says what dictionaries cost: decoding, an engine with the built-in types beside it, its memory, and
// a walk over text, against an engine without the dictionary.
func BenchmarkDictionary(b *testing.B) {
	text := []byte(strings.Repeat("The quarterly report for customera 17 and others, 4111 1111 1111 1111, is due on Friday; nobody knows why.\n", 1<<13))
	for _, words := range []int{0, 100_000, 300_000} {
		set := own.BuiltIn()
		start := time.Now()
		if words > 0 {
			var err error
			if set, err = set.With(decode(b, dictionary(words))); err != nil {
				b.Fatal(err)
			}
		}
		decoded := time.Since(start)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start = time.Now()
		e, err := dlp.New(set.Types)
		if err != nil {
			b.Fatal(err)
		}
		built := time.Since(start)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.Run(fmt.Sprint(words, "words"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s, err := e.Start(dlp.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Feed(b.Context(), text); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Finish(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(decoded.Milliseconds()), "decode-ms")
			b.ReportMetric(float64(built.Milliseconds()), "build-ms")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "engine-MB")
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(cases))
	f.Add([]byte(sample(f)))
	f.Add([]byte(`[{"kind": "InformationType", "id": "a", "name": "A", "patterns": [{"words": ["x1"]}]}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, mistakes := own.Decode(text)
		if len(mistakes) > 0 {
			return
		}
		for _, d := range docs {
			again, mistakes := own.Decode(d.Text)
			if len(mistakes) > 0 || len(again) != 1 || again[0].ID != d.ID {
				t.Errorf("%s is not itself after it was kept: %v\n%s", d.ID, mistakes, d.Text)
			}
		}
	})
}
