package filtertest

import (
	_ "embed"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/filter"
)

//go:embed testdata/rows.yaml
var rowsYAML []byte

//go:embed testdata/cases.yaml
var casesYAML []byte

// Case is one line of the truth table: the ids of the rows that a filter matches, in the rows' order.
type Case struct {
	Name   string
	Filter *filter.Node
	Want   []string
}

// Rows returns the rows of the truth table.
func Rows(t testing.TB) []Row {
	t.Helper()
	var rows []Row
	if err := yaml.Unmarshal(rowsYAML, &rows); err != nil {
		t.Fatalf("rows.yaml: %v", err)
	}
	return rows
}

// Cases returns the truth table.
func Cases(t testing.TB) []Case {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(casesYAML, &doc); err != nil {
		t.Fatalf("cases.yaml: %v", err)
	}
	var cases []Case
	for _, n := range doc.Content[0].Content {
		var c struct {
			Filter yaml.Node `yaml:"filter"`
			Match  string    `yaml:"match"`
		}
		if err := n.Decode(&c); err != nil {
			t.Fatalf("cases.yaml: %v", err)
		}
		tree, mistakes := filter.ParseYAML(&c.Filter)
		if len(mistakes) > 0 {
			t.Fatalf("cases.yaml: %v", mistakes)
		}
		cases = append(cases, Case{Name: tree.String(), Filter: tree, Want: strings.Fields(c.Match)})
	}
	if len(cases) < 100 {
		t.Fatalf("cases.yaml has %d cases, it should have more than 100", len(cases))
	}
	return cases
}
