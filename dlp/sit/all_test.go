package sit

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
)

// TestExamples scans each type's examples with an engine of all types: a positive has a finding of the type, a negative
// has none.
func TestExamples(t *testing.T) {
	t.Parallel()
	e, err := dlp.New(All())
	if err != nil {
		t.Fatal(err)
	}
	has := func(id, text string) bool {
		r, err := e.Scan(t.Context(), strings.NewReader(text), dlp.Options{Types: []string{id}})
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Findings) > 0
	}
	for _, one := range All() {
		if len(one.Positives) == 0 || len(one.Negatives) == 0 {
			t.Errorf("%s has %d positives and %d negatives", one.ID, len(one.Positives), len(one.Negatives))
		}
		for _, text := range one.Positives {
			if !has(one.ID, text) {
				t.Errorf("%s is not found in %q", one.ID, text)
			}
		}
		for _, text := range one.Negatives {
			if has(one.ID, text) {
				t.Errorf("%s is found in %q", one.ID, text)
			}
		}
	}
}

// TestCatalogue sees that the list, the folder and the metadata agree.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, f := range entries {
		if n := f.Name(); strings.HasSuffix(n, ".go") && !strings.HasSuffix(n, "_test.go") && !slices.Contains([]string{"all.go", "bundles.go", "checks.go", "doc.go"}, n) {
			files[strings.TrimSuffix(n, ".go")] = true
		}
	}
	guids := map[string]string{}
	for _, one := range All() {
		name := strings.ReplaceAll(one.ID, "-", "_")
		if !files[name] {
			t.Errorf("%s has no file %s.go", one.ID, name)
		}
		delete(files, name)
		if one.Name == "" || one.Group == "" || one.About == "" || one.ID != strings.ToLower(one.ID) {
			t.Errorf("%s: the name %q, the group %q or the text %q", one.ID, one.Name, one.Group, one.About)
		}
		if other := guids[one.GUID]; one.GUID != "" && other != "" {
			t.Errorf("%s and %s have one GUID", one.ID, other)
		}
		guids[one.GUID] = one.ID
	}
	for f := range files {
		t.Errorf("%s.go is not in all.go", f)
	}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, one := range All() {
		known[one.ID] = true
	}
	for _, b := range Bundles() {
		if len(b.Types) < 2 || !slices.IsSorted(b.Types) {
			t.Errorf("%s: %v", b.ID, b.Types)
		}
		for _, id := range b.Types {
			if !known[id] {
				t.Errorf("%s has %s, which is no type", b.ID, id)
			}
		}
	}
}
