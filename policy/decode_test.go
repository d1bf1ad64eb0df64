package policy_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
	"github.com/referee-casb/referee/policy/lint"
)

// TestDecodeNamesEveryMistake compares the problems of each broken file with the list kept beside it.
func TestDecodeNamesEveryMistake(t *testing.T) {
	files, err := filepath.Glob("testdata/decode/*.*")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".problems") {
			continue
		}
		seen++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := policy.Decode(filepath.Base(file), text)
		var got strings.Builder
		for _, p := range problems {
			got.WriteString(p.String() + "\n")
		}
		golden := file + ".problems"
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: problems are\n%s\nwant\n%s", file, got.String(), want)
		}
	}
	if seen == 0 {
		t.Error("there are no files")
	}
}

// same compares documents but for the places where they were written.
func same(a, b *policy.Document) bool {
	return bytes.Equal(a.Canonical(), b.Canonical()) && a.Kind == b.Kind && a.State == b.State && (a.Inline == nil) == (b.Inline == nil) &&
		(a.Access == nil || reflect.DeepEqual(a.Access.Filter(), b.Access.Filter()) && a.Access.Grant.Any == b.Access.Grant.Any)
}

func TestCanonicalReadsBackTheSame(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/decide/*.txt", "../examples/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".txt") {
			_, rest, _ := strings.Cut(string(text), "-- policies --\n")
			body, _, _ := strings.Cut(rest, "\n-- ")
			text = []byte(body)
		}
		docs, problems := policy.Decode(file, text)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			n++
			roundTrip(t, d)
		}
	}
	if n < 40 {
		t.Errorf("only %d documents were tried", n)
	}
}

// roundTrip reads the canonical YAML and the JSON of d and wants the same document again.
func roundTrip(t *testing.T, d *policy.Document) {
	t.Helper()
	canonical := d.Canonical()
	asJSON, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"YAML": canonical, "JSON": asJSON} {
		again, problems := policy.Decode(d.File, text)
		if err := problems.Err(); err != nil || len(again) != 1 {
			t.Errorf("%s: canonical %s does not decode: %v\n%s", d.ID, name, err, text)
			continue
		}
		if got := again[0].Canonical(); !bytes.Equal(got, canonical) {
			t.Errorf("%s: %s read back is\n%s\nwas\n%s", d.ID, name, got, canonical)
		}
		if !same(d, again[0]) {
			t.Errorf("%s: %s reads back as another document", d.ID, name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"testdata/decode/*.yaml", "testdata/decode/*.json", "../examples/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
			for _, part := range bytes.Split(text, []byte("---\n")) {
				f.Add(part)
			}
		}
	}
	for _, text := range []string{
		caWith("includeUsers: [All]", "includeApplications: [Office365, office365]", "  clientAppTypes: [exchangeActiveSync, easSupported]\n"),
		caWith("includeGuestsOrExternalUsers: {guestOrExternalUserTypes: []}", "includeApplications: [All]", "  authenticationFlows: {transferMethods: []}\n"),
		device("tags: []"), device(`rule: ""`), device("rule: '" + strings.Repeat("-not ", 12) + "device.model eq \"a\" or device.isCompliant eq true'"),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, problems := policy.Decode("f", text)
		for _, p := range problems {
			if p.Reason == "" || p.File != "f" {
				t.Errorf("a problem without reason or file: %+v", p)
			}
		}
		lint.Run(docs, lint.World{}) // also of documents with mistakes
		if len(problems) > 0 {
			return
		}
		for _, d := range docs {
			roundTrip(t, d)
			if d.After != nil {
				continue
			}
			if _, wrong := policy.Compile([]*policy.Document{d}, policy.Options{Capabilities: policy.Capabilities{
				Inspector: true,
				Malware:   true, Labels: true, Protect: true, StepUp: true,
			}}); len(wrong) > 0 {
				t.Errorf("decodes and does not compile: %v\n%s", wrong, text)
			}
		}
	})
}
