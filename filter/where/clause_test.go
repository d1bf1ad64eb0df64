package where_test

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/filter/filtertest"
	"github.com/referee-casb/referee/filter/where"
)

func plan(t *testing.T, text string) *filter.Plan {
	t.Helper()
	tree, mistakes := filter.ParseJSON([]byte(text))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	p, err := filtertest.Schema.Bind(tree)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestClauseText(t *testing.T) {
	t.Parallel()
	const text = `{"app": {"eq": ["a", "b"]}, "not": {"any": [{"count": {"gt": 3}}, {"words": {"eq": "X"}}]}}`
	for _, c := range []struct {
		dialect *where.Dialect
		options where.Options
		want    string
	}{
		{where.SQLite, where.Options{}, `(("f_app" IS NOT NULL AND "f_app" IN (?, ?)) AND NOT (("f_count" IS NOT NULL AND "f_count" >= ?) OR ` +
			`EXISTS (SELECT 1 FROM json_each(COALESCE(NULLIF("f_words_fold", ''), '[]')) AS e WHERE e.value IN (?))))`},
		{where.DuckDB, where.Options{Table: "a"}, `(("a"."f_app" IS NOT NULL AND "a"."f_app" IN (?, ?)) AND NOT (("a"."f_count" IS NOT NULL AND "a"."f_count" >= ?) OR ` +
			`COALESCE(list_has_any("a"."f_words_fold", [?]), FALSE)))`},
		{where.PostgreSQL, where.Options{From: 4}, `(("f_app" IS NOT NULL AND "f_app" IN ($4::text, $5::text)) AND NOT (("f_count" IS NOT NULL AND "f_count" >= $6::bigint) OR ` +
			`COALESCE("f_words_fold" && ARRAY[$7::text], FALSE)))`},
	} {
		clause, err := c.dialect.Clause(plan(t, text), filtertest.Now, c.options)
		if err != nil {
			t.Fatal(err)
		}
		if clause.SQL != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.dialect.Name(), clause.SQL, c.want)
		}
		if want := "[a b 4 x]"; fmt.Sprint(clause.Args) != want {
			t.Errorf("%s: arguments %v, want %s", c.dialect.Name(), clause.Args, want)
		}
	}
}

// TestValuesAreBound looks for what an operand says in the text of clauses: nothing of it may be there.
func TestValuesAreBound(t *testing.T) {
	t.Parallel()
	const evil = "Zq7'; DROP TABLE x; --"
	for _, d := range where.All() {
		for _, f := range filtertest.Schema.Fields() {
			for _, o := range filter.Operators() {
				p, err := filtertest.Schema.Bind(filter.Cond(f.Name, o.Name, evil))
				if err != nil {
					continue
				}
				clause, err := d.Clause(p, filtertest.Now, where.Options{})
				if err != nil {
					t.Errorf("%s %s %s: %v", d.Name(), f.Name, o.Name, err)
				}
				if strings.Contains(strings.ToLower(clause.SQL), "zq7") || len(clause.Args) == 0 {
					t.Errorf("%s %s %s: %s", d.Name(), f.Name, o.Name, clause.SQL)
				}
				marks := strings.Count(clause.SQL, "?")
				if d == where.PostgreSQL {
					marks = strings.Count(clause.SQL, "$")
				}
				if marks != len(clause.Args) {
					t.Errorf("%s %s %s: %d placeholders, %d arguments", d.Name(), f.Name, o.Name, marks, len(clause.Args))
				}
			}
		}
	}
}

func TestFieldsWithoutColumnAreRefused(t *testing.T) {
	t.Parallel()
	schema := filter.MustSchema("thing", []filter.Field[string]{{
		Info: filter.Info{Name: "a", Title: "A", Kind: filter.KindText, Doc: "d"},
		Text: func(s *string) (string, filter.State) { return *s, filter.Known },
	}})
	p, err := schema.Bind(filter.Cond("a", filter.Eq, "x"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = where.SQLite.Clause(p, filtertest.Now, where.Options{})
	var ms filter.Mistakes
	if !errors.As(err, &ms) || len(ms) != 1 || ms[0].Path != "a.eq" {
		t.Errorf("got %v", err)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	n, yes := int64(7), true
	r := filtertest.Row{
		ID: "r", Name: "ÅB\xff", Agent: "A\x00B", Words: []string{"X", ""}, App: "App", Count: &n, Sizes: []int64{-1, 3},
		When: filtertest.Now, Admin: &yes, Addr: "::ffff:10.0.0.1",
	}
	table := where.NewTable(where.SQLite, filtertest.Schema)
	var got []string
	for i, v := range table.Row(nil, &r) {
		if v != nil {
			got = append(got, fmt.Sprintf("%s=%v", table.Columns[i].Name, v))
		}
	}
	want := []string{
		"f_id=r", "f_name_fold=åb\uFFFD", "f_agent=A\uFFFDB", `f_words_fold=["x"]`, "f_notes=[]", "f_app=App", "f_groups_fold=[]",
		"f_tags=[]", "f_count=7", "f_sizes=[3]", "f_when=1795521600000000", "f_admin=true", "f_addr=10.0.0.1", "f_addr_key=00000000000000000000ffff0a000001",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestNoDriver reads the imports: a driver in the compiler would be linked into everything that filters.
func TestNoDriver(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range tree.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(path, ".") && !strings.HasPrefix(path, "github.com/referee-casb/referee/filter") || path == "database/sql" {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
}
