package policy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/policy"
)

// table renders fields for DOCUMENTS.md.
func table(fields []*filter.Info) string {
	var b strings.Builder
	b.WriteString("\n| field | kind | what it is |\n|---|---|---|\n")
	for _, f := range fields {
		kind := f.Kind.String()
		if f.Many {
			kind = "list of " + kind
		}
		doc := f.Doc
		var values []string
		for _, v := range f.Values {
			values = append(values, "`"+v.Name+"`")
		}
		if len(values) > 0 {
			doc += " " + strings.Join(values, " ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, kind, doc)
	}
	return b.String() + "\n"
}

// TestDocumentsPageIsCurrent keeps the tables of fields as the code has them, and every key of a canonical
// document on the page.
func TestDocumentsPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("DOCUMENTS.md")
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	for name, fields := range map[string][]*filter.Info{"activities": policy.Fields(), "files": policy.FileFields()} {
		before, rest, ok := strings.Cut(want, "<!-- "+name+": ")
		head, rest, ok2 := strings.Cut(rest, "-->\n")
		_, after, ok3 := strings.Cut(rest, "<!-- /"+name+" -->")
		if !ok || !ok2 || !ok3 {
			t.Fatalf("the page has no place for %s", name)
		}
		want = before + "<!-- " + name + ": " + head + "-->\n" + table(fields) + "<!-- /" + name + " -->" + after
	}
	if *update {
		if err := os.WriteFile("DOCUMENTS.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Error("the tables are out of date: go test ./policy -run Documents -update")
	}
	for _, d := range examples(t).Policies() {
		for path := range d.Document.Places {
			key := path[strings.LastIndexByte(path, '.')+1:]
			if !strings.Contains(want, key) && !strings.Contains(path, "[") {
				t.Errorf("%s: the page does not mention %q", d.ID, path)
			}
		}
	}
}
