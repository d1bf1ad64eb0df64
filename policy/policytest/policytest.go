// Package policytest runs decision cases that are written as text tables: a set of policies, options, and one
// line a case with the facts on its left and the whole verdict on its right.
//
//	-- policies --
//	kind: SessionPolicy
//	…
//	-- options --
//	phase onedrive-block monitor
//	-- cases --
//	attachment: activity=download app=onedrive device=none navigation => block by=onedrive-block duties=audit level=strict
//
// Each case is decided, decided again with the same verdict, decided by a book of the documents in reverse
// order, and explained. Begin with [Run]; facts.go lists the words.
package policytest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/policy"
)

// Run runs every file that matches the pattern and returns how many cases there were. With update it writes what
// came out into the files instead, for review.
func Run(t *testing.T, pattern string, update bool) int {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files match %q (%v)", pattern, err)
	}
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		table, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		total += len(table.Cases)
		if update {
			if err := os.WriteFile(file, []byte(table.rewrite(t, string(text))), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { table.run(t) })
	}
	return total
}

// Table is one file of cases.
type Table struct {
	Docs    []*policy.Document
	Options policy.Options
	Cases   []Case
}

// Case is one line.
type Case struct {
	Line        int
	Name        string
	Facts, Want string
}

// Parse reads a table.
func Parse(text string) (*Table, error) {
	table := &Table{Options: policy.Options{Tenant: "contoso", Capabilities: everything}}
	section, policies := "", strings.Builder{}
	for i, line := range strings.Split(text, "\n") {
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(line, " --") {
			section = strings.TrimSuffix(name, " --")
			continue
		}
		trimmed := strings.TrimSpace(line)
		switch {
		case section == "policies":
			policies.WriteString(line + "\n")
		case trimmed == "" || trimmed[0] == '#':
		case section == "options":
			if err := table.option(trimmed); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		case section == "cases":
			left, want, ok := strings.Cut(trimmed, "=>")
			name, facts, named := strings.Cut(left, ":")
			if !ok || !named {
				return nil, fmt.Errorf("line %d: want name: facts => verdict", i+1)
			}
			table.Cases = append(table.Cases, Case{i + 1, strings.TrimSpace(name), strings.TrimSpace(facts), strings.TrimSpace(want)})
		case section != "":
			return nil, fmt.Errorf("line %d: no section is called %q", i+1, section)
		}
	}
	docs, problems := policy.Decode("", []byte(policies.String()))
	table.Docs = docs
	return table, problems.Err()
}

// rewrite puts the verdicts of the book into the text of the table.
func (table *Table) rewrite(t *testing.T, text string) string {
	book, problems := policy.Compile(table.Docs, table.Options)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	for _, c := range table.Cases {
		in, err := Input(c.Facts)
		if err != nil {
			t.Fatalf("line %d: %v", c.Line, err)
		}
		var v policy.Verdict
		book.Decide(in, &v)
		left, _, _ := strings.Cut(lines[c.Line-1], "=>")
		lines[c.Line-1] = left + "=> " + Describe(&v)
	}
	return strings.Join(lines, "\n")
}

func (table *Table) run(t *testing.T) {
	book, problems := policy.Compile(table.Docs, table.Options)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	backwards := slices.Clone(table.Docs)
	slices.Reverse(backwards)
	reversed, problems := policy.Compile(backwards, table.Options)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range table.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			in, err := Input(c.Facts)
			if err != nil {
				t.Fatalf("line %d: %v", c.Line, err)
			}
			var v, w policy.Verdict
			book.Decide(in, &v)
			got := Describe(&v)
			if got != c.Want {
				t.Errorf("line %d: %s\n got %s\nwant %s\n%s", c.Line, c.Facts, got, c.Want, book.Explain(in))
			}
			book.Decide(in, &v)
			if again := Describe(&v); again != got {
				t.Errorf("line %d: decided again: %s, before %s", c.Line, again, got)
			}
			reversed.Decide(in, &w)
			if v.Gate != w.Gate || v.Duties != w.Duties || v.Level != w.Level || v.Control != w.Control || v.N != w.N || v.M != w.M || len(v.Needs) != len(w.Needs) {
				t.Errorf("line %d: documents in reverse order: %s, before %s", c.Line, Describe(&w), got)
			}
			if e := book.Explain(in); e.Gate != v.Gate || e.Blocker != v.Blocker {
				t.Errorf("line %d: the explanation says %s, the verdict %s", c.Line, e.Gate, v.Gate)
			}
		})
	}
}
