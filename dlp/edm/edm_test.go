package edm_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
)

const patients = `kind: ExactDataMatch
id: patients
name: Patients
columns:
  - {name: record, normalise: alphanumeric, search: '[A-Z]{2}[- ]?\d{6}'}
  - {name: name}
  - {name: birth, normalise: digits}
  - {name: phone, normalise: digits}
supporting: 2
confidence: 65
proximity: 100
`

func schema(t testing.TB, text string) (*edm.Schema, filter.Mistakes) {
	t.Helper()
	r := &strict.Reader{}
	for _, n := range r.Documents([]byte(text)) {
		if m := r.Open(n, ""); m != nil {
			s := edm.Decode(r, m, dlp.DecodeHead(r, m, map[string]bool{}, edm.Kind))
			r.Sort()
			return s, r.Mistakes
		}
	}
	return nil, r.Mistakes
}

func mustSchema(t testing.TB, text string) *edm.Schema {
	t.Helper()
	s, mistakes := schema(t, text)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return s
}

// file makes a table file the plain way.
func file(t testing.TB, s *edm.Schema, k edm.Key, rows [][]string) []byte {
	t.Helper()
	h, hash := edm.NewHeader(s, k), k.Hasher()
	sections := make([][][]byte, len(h.Sections))
	cells := make([]uint64, len(s.Columns))
	for _, row := range rows {
		values := make([][]byte, len(row))
		for i, v := range row {
			values[i] = []byte(v)
		}
		h.Cells(hash, values, cells)
		h.Rows++
		for i := range sections {
			if rec, ok := h.Record(i, cells, nil); ok {
				sections[i] = append(sections[i], rec)
				h.Sections[i].Records++
			}
		}
	}
	out, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, records := range sections {
		slices.SortFunc(records, bytes.Compare)
		out = append(out, slices.Concat(records...)...)
	}
	return out
}

func table(t testing.TB, s *edm.Schema, rows [][]string) *edm.Table {
	t.Helper()
	k := edm.NewKey()
	data := file(t, s, k, rows)
	x, err := edm.BuildIndex(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var kept bytes.Buffer
	if n, err := x.WriteTo(&kept); err != nil || n != int64(kept.Len()) {
		t.Fatal(n, kept.Len(), err)
	}
	if x, err = edm.ReadIndex(&kept, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	out, err := edm.NewTable(bytes.NewReader(data), x, k)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := edm.NewTable(bytes.NewReader(data), x, edm.NewKey()); err == nil {
		t.Error("another key was taken")
	}
	return out
}

func scan(t testing.TB, e *dlp.Engine, text string, piece int) string {
	t.Helper()
	s, err := e.Start(dlp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for b := []byte(text); len(b) > 0; {
		n := min(piece, len(b))
		if err := s.Feed(t.Context(), b[:n]); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	r, err := s.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%d:%d", f.Confidence, f.Count))
	}
	return strings.Join(out, " ")
}

func TestFindings(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"AB-123456", "Maria Example", "1980-02-03", "+45 3312 3456"},
		{"AB-123456", "Petra Other", "1990-01-01", ""},
		{"CD 654321", "José O'Neill-Čapek", "1975-12-31", "004533123457"},
		{"EF111111", "", "", ""},
		{"", "Nobody", "2000-01-01", "1"},
	}
	rows = append(rows, []string{"XX999999", "Smith\u2010Ber\u200dg", "20000101", ""}, []string{"ZZ000001", "", "", ""})
	for i := range 3000 {
		rows = append(rows, []string{fmt.Sprintf("XX%06d", i), fmt.Sprintf("Person %d", i), fmt.Sprint(19000000 + i), fmt.Sprint(70000000 + i)})
	}
	s := mustSchema(t, patients)
	e, err := dlp.New([]dlp.Type{s.Type(table(t, s, rows))})
	if err != nil {
		t.Fatal(err)
	}
	far := strings.Repeat("and so on ", 12)
	for text, want := range map[string]string{
		"nothing":                                                "",
		"patient AB-123456":                                      "65:1",
		"AB 123456 and AB123456":                                 "65:2",
		"AB-123457, Maria Example, 1980-02-03":                   "",
		"AB-123456: Maria Example":                               "65:1",
		"Maria Example (born 1980/02/03) AB123456":               "85:1",
		"AB123456;MARIA  EXAMPLE;19800203":                       "85:1",
		"AB123456 Maria 19800203":                                "65:1",
		"AB123456 Petra Other, tel. 33 12 34 56":                 "65:1",
		"AB123456 Petra Other, 1990-01-01":                       "85:1",
		"AB123456 Maria Example, 1990-01-01":                     "65:1", // of two rows
		"phone +45 33 12 34 56, Maria Example, record AB 123456": "85:1",
		"CD654321 josé o’neill-čapek 31.12.1975":                 "65:1", // another order of the date
		"CD654321 josé o’neill-čapek 1975.12.31":                 "85:1",
		"AB123456 " + far + " Maria Example 1980-02-03":          "65:1",
		"record ＡＢ１２３４５６, Maria\u00a0Example, 1980–02–03":        "85:1", // disguised
		"Smith—Berg 2000/01/01 XX999999":                         "85:1",
		"EF111111 Maria Example 1980-02-03":                      "65:1",
		"xAB123456 Maria Example 1980-02-03":                     "",
		"XX000042,Person 42,19000042,70000042":                   "85:1",
	} {
		for _, piece := range []int{1, 13, 1 << 20} {
			if got := scan(t, e, text, piece); got != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, piece, got, want)
			}
		}
	}
}

// TestOneColumn sees that searched columns stand alone when the schema says so, in any word too.
func TestOneColumn(t *testing.T) {
	t.Parallel()
	s := mustSchema(t, "kind: ExactDataMatch\nid: mails\nname: Mails\ncolumns:\n  - {name: mail, search: word}\n")
	e, err := dlp.New([]dlp.Type{s.Type(table(t, s, [][]string{{"Anna.Svensson@Example.com"}, {"ab"}, {"hello"}}))})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"to <anna.svensson@example.com>, say": "75:1", "anna.svensson@example.com.": "75:1", "xanna.svensson@example.com": "", "ab": "", "HELLO-world hello": "75:2",
	} {
		if got := scan(t, e, text, 7); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNoTable(t *testing.T) {
	t.Parallel()
	e, err := dlp.New([]dlp.Type{mustSchema(t, patients).Type(nil)})
	if err != nil {
		t.Fatal(err)
	}
	for text, fails := range map[string]bool{"nothing": false, "AB123456": true, strings.Repeat("fill ", 1<<16) + "AB123456" + strings.Repeat(" fill", 1<<16): true} {
		if _, err := e.Scan(t.Context(), strings.NewReader(text), dlp.Options{}); (err != nil) != fails {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestSchemaMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{"supporting: 2", "supporting: 4", "there are only 3 other columns"},
		{"confidence: 65", "confidence: 85", "must raise the confidence above 85"},
		{"confidence: 65", "confidence: 70", "70 is not a confidence level"},
		{", search: '[A-Z]{2}[- ]?\\d{6}'", "", "0 columns are searched for"},
		{"'[A-Z]{2}[- ]?\\d{6}'", "'[A-Z'", "missing closing ]"},
		{"name: phone", "name: birth", "named twice"},
		{"normalise: digits", "normalise: digit", "digits"},
		{"name: phone", "nam: phone", `"name" is missing`},
		{"supporting: 2", "supporting: 0\nwithColumns: 85", "no other columns are asked for"},
		{"proximity: 100", "proximity: 100000", "proximity"},
	} {
		_, mistakes := schema(t, strings.Replace(patients, c.old, c.new, 1))
		if !strings.Contains(mistakes.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, mistakes, c.want)
		}
	}
}

// TestDamage cuts and changes a file everywhere: it is refused, or still a table.
func TestDamage(t *testing.T) {
	t.Parallel()
	s, k := mustSchema(t, patients), edm.NewKey()
	data := file(t, s, k, [][]string{{"AB-123456", "Maria Example", "1980-02-03", ""}, {"CD654321", "x", "y", "z"}})
	for n := range data {
		if _, err := edm.BuildIndex(bytes.NewReader(data[:n]), int64(n)); err == nil {
			t.Fatalf("cut at %d it was taken", n)
		}
	}
	if _, err := edm.BuildIndex(bytes.NewReader(append(data, 0)), int64(len(data)+1)); err == nil {
		t.Error("with a byte more it was taken")
	}
	var same [][]string
	for range edm.MaxSame + 1 {
		same = append(same, []string{"AB123456", "x", "y", "z"})
	}
	many := file(t, s, k, same)
	if _, err := edm.BuildIndex(bytes.NewReader(many), int64(len(many))); err == nil {
		t.Error("a column that tells nothing apart was taken")
	}
	many = file(t, s, k, same[1:])
	x, err := edm.BuildIndex(bytes.NewReader(many), int64(len(many)))
	if err != nil {
		t.Fatal(err)
	}
	var kept bytes.Buffer
	if _, err := x.WriteTo(&kept); err != nil {
		t.Fatal(err)
	}
	if _, err := edm.ReadIndex(bytes.NewReader(kept.Bytes()), bytes.NewReader(data), int64(len(data))); err == nil {
		t.Error("another table's index was taken")
	}
	for _, at := range []int{0, 9, kept.Len() / 2, kept.Len() - 1} {
		bad := bytes.Clone(kept.Bytes())
		bad[at] ^= 1
		if _, err := edm.ReadIndex(bytes.NewReader(bad), bytes.NewReader(many), int64(len(many))); err == nil {
			t.Errorf("an index with another byte %d was taken", at)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	k := edm.NewKey()
	if again, err := edm.ParseKey(k.Encode() + "\n"); err != nil || again != k {
		t.Error(err)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(s, k.Encode()) || strings.Contains(s, "[") {
		t.Errorf("it shows itself: %s", s)
	}
	if _, err := edm.ParseKey("short"); err == nil {
		t.Error("a short key was taken")
	}
	// Two tables of the same data have nothing in common.
	s := mustSchema(t, patients)
	rows := [][]string{{"AB-123456", "Maria Example", "1980-02-03", "1"}}
	if a, b := file(t, s, k, rows), file(t, s, edm.NewKey(), rows); bytes.Equal(a[len(a)-32:], b[len(b)-32:]) {
		t.Error("two keys make one hash")
	}
}

func FuzzTable(f *testing.F) {
	s, k := mustSchema(f, patients), edm.NewKey()
	f.Add(file(f, s, k, [][]string{{"AB-123456", "Maria Example", "1980-02-03", ""}, {"CD654321", "x", "y", "z"}}))
	f.Add([]byte("REFEDM1\n\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := edm.BuildIndex(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		var kept bytes.Buffer
		if _, err := x.WriteTo(&kept); err != nil {
			t.Fatal(err)
		}
		if _, err := edm.ReadIndex(&kept, bytes.NewReader(data), int64(len(data))); err != nil {
			t.Error(err)
		}
	})
}

func FuzzIndex(f *testing.F) {
	s, k := mustSchema(f, patients), edm.NewKey()
	data := file(f, s, k, [][]string{{"AB-123456", "Maria Example", "1980-02-03", ""}})
	x, err := edm.BuildIndex(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		f.Fatal(err)
	}
	var kept bytes.Buffer
	if _, err := x.WriteTo(&kept); err != nil {
		f.Fatal(err)
	}
	f.Add(kept.Bytes())
	f.Fuzz(func(_ *testing.T, index []byte) {
		_, _ = edm.ReadIndex(bytes.NewReader(index), bytes.NewReader(data), int64(len(data)))
	})
}

func FuzzSchema(f *testing.F) {
	f.Add(patients)
	f.Fuzz(func(t *testing.T, text string) {
		s, mistakes := schema(t, text)
		if s == nil || len(mistakes) > 0 {
			return
		}
		if _, err := dlp.New([]dlp.Type{s.Type(nil)}); err != nil && !strings.Contains(err.Error(), "pattern") {
			t.Error(err)
		}
	})
}
