package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/own"
)

const patients = `kind: ExactDataMatch
id: patients
name: Patients
columns:
  - {name: record, normalise: alphanumeric, search: '[A-Z]{2}-?\d{6}'}
  - {name: name}
  - {name: born, normalise: digits}
supporting: 2
confidence: 65
`

const patientRows = "record,name,born,note\nAB-123456,Maria Example,1980-02-03,x\nCD-654321,Petra Other,1990-12-31,y\n"

const leaveForm = `Application for parental leave. Please complete this form in block letters and return it to the human resources department
no later than eight weeks before the first day of leave. Name of the employee: ____ Personnel number: ____ Department: ____
I hereby apply for parental leave under section fifteen of the act for the period from ____ until ____. Signature: ____
`

// hashed makes patients.edm with its key, and returns its name.
func hashed(t *testing.T, s *stage) string {
	t.Helper()
	out := s.write(t, "patients.edm", "an older one")
	if err := os.Chmod(s.write(t, "patients.edm.key", "its key"), 0o644); err != nil { //nolint:gosec // which it must not stay
		t.Fatal(err)
	}
	if got := s.run(t, "contoso-reader", "dlp", "edm", "hash", s.write(t, "patients.yaml", patients), s.write(t, "patients.csv", patientRows), "--output", out); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	return out
}

func TestDLPTest(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	own := s.write(t, "own.yaml", "kind: InformationType\nid: case-number\nname: Case number\nkeywords: [ticket]\nproximity: 10\npatterns: [{regexp: '\\bC-\\d{4}\\b', withKeyword: 85, without: [draft]}]\npositives: [ticket C-1234]\nnegatives: [C-1234]\n")
	bad := s.write(t, "bad.yaml", "kind: InformationType\nid: case-number\nname: Case number\npatterns: [{regexp: 'C-\\d{4}'}]\npositives: [C-12]\n")
	tickets := s.write(t, "tickets.txt", "ticket C-1234")
	table := hashed(t, s)
	schema := filepath.Join(s.dir, "patients.yaml")
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
		not  string
	}{
		"found":        {[]string{"credit-card-number", "Visa 4111 1111 1111 1111"}, 0, []string{"#### #### #### ####", "85", "check passed", `keyword "visa" 1 characters away`, "found: 1 of at least 85"}, "4111"},
		"checksum":     {[]string{"credit-card-number", "Visa 4111 1111 1111 1112"}, 0, []string{"check failed", "found: nothing"}, "4111"},
		"touched":      {[]string{"credit-card-number", "x4111111111111111"}, 0, []string{"touches a letter or digit"}, "4111"},
		"no keyword":   {[]string{"credit-card-number", "4111111111111111"}, 0, []string{"65", "no keyword in the text"}, "4111"},
		"far":          {[]string{"case-number", "--own", own, "ticket " + strings.Repeat("x ", 20) + "C-1234"}, 0, []string{`the nearest keyword, "ticket", is 41 characters away, and 10`, "found: nothing"}, "1234"},
		"against":      {[]string{"case-number", "--file", own, "ticket, draft C-1234"}, 0, []string{`"draft" speaks against it`, "found: nothing"}, "1234"},
		"from a file":  {[]string{"case-number", "--own", own, "--in", tickets}, 0, []string{"found: 1 of at least 85"}, "1234"},
		"nothing":      {[]string{"case-number", "--own", own, "hello"}, 0, []string{"nothing in the text has the form"}, "FROM"},
		"json":         {[]string{"case-number", "--own", own, "ticket C-1234", "--json"}, 0, []string{`"found": true`, `"distance": 1`}, "1234"},
		"examples":     {[]string{"case-number", "--own", own, "--examples"}, 0, []string{"yes"}, "WRONG"},
		"bad examples": {[]string{"case-number", "--own", bad, "--examples"}, 2, []string{"WRONG", "1 of its 1 examples"}, "xxx"},
		"no type":      {[]string{"case-number", "hello"}, 5, []string{"is no information type"}, "FROM"},
		"no text":      {[]string{}, 2, []string{"takes the id of a type"}, "FROM"},
		"a row":        {[]string{"patients", "--own", schema, "--table", table, "AB123456 Maria Example, 1980-02-03"}, 0, []string{"85", "other columns of its row are near"}, "Maria"},
		"half a row":   {[]string{"patients", "--own", schema, "--table", table, "AB123456 Petra Other, 1980-02-03"}, 0, []string{"65", "without enough other columns"}, "Petra"},
		"no row":       {[]string{"patients", "--own", schema, "--table", table, "AB123457 Maria Example, 1980-02-03"}, 0, []string{"is not in the table", "found: nothing"}, "Maria"},
		"no table":     {[]string{"patients", "--own", schema, "AB123456"}, 2, []string{"name it with --table"}, "FROM"},
	} {
		got := s.run(t, "contoso-reader", append([]string{"dlp", "test"}, c.args...)...)
		all := got.out + got.notes
		for _, w := range c.want {
			if !strings.Contains(all, w) && !strings.Contains(all, strings.ReplaceAll(w, `": `, `":`)) {
				t.Errorf("%s: no %q in %s", name, w, all)
			}
		}
		if got.code != c.code || strings.Contains(all, c.not) {
			t.Errorf("%s: exit %d, %s", name, got.code, all)
		}
	}
}

// TestOwnStory goes an administrator's way with own types, a table and a fingerprint.
func TestOwnStory(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	do := func(role string, code int, want string, args ...string) string {
		t.Helper()
		got := s.run(t, "contoso-"+role, append([]string{"dlp"}, args...)...)
		if all := got.out + got.notes; got.code != code || !strings.Contains(all, want) {
			t.Errorf("%s: exit %d, want %d and %q in\n%s", strings.Join(args, " "), got.code, code, want, all)
		}
		return got.out
	}
	types := s.write(t, "types.yaml", caseNumber)
	wrong := s.write(t, "wrong.yaml", strings.Replace(caseNumber, "patterns", "pattern", 1))
	do("operator", 2, "wrong.yaml:4", "types", "apply", wrong)
	do("operator", 0, "created", "types", "apply", types)
	do("reader", 0, "case-number", "types", "list", "--stored")
	do("reader", 0, "contoso operator", "types", "show", "--stored", "case-number")
	do("operator", 0, "removed", "types", "remove", "case-number", "--comment", "not used")
	do("reader", 0, "(deleted)", "types", "history", "case-number")

	table := hashed(t, s)
	data, err := os.ReadFile(table)
	if err != nil || bytes.Contains(data, []byte("Maria")) || bytes.Contains(data, []byte("123456")) {
		t.Errorf("plain data in the table, or none: %v", err)
	}
	for _, name := range []string{table, table + ".key"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	do("operator", 5, "apply its schema first", "edm", "upload", table)
	do("operator", 0, "created", "types", "apply", filepath.Join(s.dir, "patients.yaml"))
	do("reader", 0, "missing", "edm", "list")
	do("reader", 4, "operator", "edm", "upload", table)
	do("operator", 0, "version 1 with 2 rows is in use", "edm", "upload", table)
	do("reader", 0, "ready", "edm", "list")
	do("operator", 2, "is another table's key", "edm", "upload", table, "--key", s.write(t, "other.key", strings.Repeat("A", 43)))
	do("operator", 0, "removed", "edm", "remove", "patients")
	do("reader", 2, "referee dlp test --table", "scan", "--own", filepath.Join(s.dir, "patients.yaml"), "--type", "patients", types)
	do("reader", 0, "clean", "scan", "--own", filepath.Join(s.dir, "patients.yaml"), s.write(t, "one.txt", "AB-123456"))

	form := s.write(t, "Leave form.docx", leaveForm)
	print := do("reader", 0, "id: leave-form\nname: Leave form\n", "fingerprint", "make", form)
	document := s.write(t, "leave.yaml", print)
	do("operator", 0, "created", "types", "apply", document)
	filled := strings.NewReplacer("employee: ____", "employee: Maria Example", "from ____", "from May").Replace(leaveForm)
	do("reader", 0, "leave-form", "scan", "--own", document, "--type", "leave-form", s.write(t, "filled.txt", filled))
	do("reader", 0, "% of the sample's wording", "test", "--own", document, "leave-form", filled)
	do("reader", 2, "too little wording", "fingerprint", "make", types)

	do("admin", 0, "last4", "evidence-setting", "--keep", "last4")
	do("reader", 0, "last4", "evidence-setting")
	do("analyst", 5, "nothing is kept", "evidence", "a1")
	if err := s.Evidence.Keep(t.Context(), "contoso", "a1", "plan.docx", []dlp.Match{{Type: "credit-card-number", Confidence: 85, Masked: "#### 1111", Context: "Visa #### 1111"}}); err != nil {
		t.Fatal(err)
	}
	do("analyst", 0, "Visa #### 1111", "evidence", "a1")
}

// TestHowToTypes sees that the documents in the pages are what they say.
func TestHowToTypes(t *testing.T) {
	t.Parallel()
	set := own.BuiltIn()
	found := 0
	for _, page := range []string{"own-information-types.md", "exact-data-match.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", "howto", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			docs, mistakes := own.Decode([]byte(block))
			if len(mistakes) > 0 {
				t.Errorf("%s: %v in\n%s", page, mistakes, block)
			}
			if set, err = set.With(docs); err != nil {
				t.Errorf("%s: %v", page, err)
			}
			found += len(docs)
			a := &app{out: io.Discard}
			for _, d := range docs {
				if d.Type != nil && len(d.Type.Positives) > 0 {
					if err := a.testExamples(t.Context(), d.Type); err != nil {
						t.Errorf("%s: %v", page, err)
					}
				}
			}
		}
	}
	if found != 3 {
		t.Errorf("%d documents in the pages", found)
	}
}
