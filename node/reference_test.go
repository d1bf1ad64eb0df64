package node

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

//go:generate go test . -run ^TestReferencePage$ -count=1 -args -write ../docs/reference/configuration.md

var write = flag.String("write", "", "write the reference page to this file")

// TestReferencePage sees that the page of settings is that of the code.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	got := referencePage(t)
	file := filepath.Join("..", "docs", "reference", "configuration.md")
	if *write != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != got {
		t.Errorf("%s is not what the code says; run make docs", file)
	}
}

const configurationPreface = `# Configuration

Generated from the code by ` + "`make docs`" + `; don't edit it here.

One YAML file, named with ` + "`referee serve --config FILE`" + `. Unknown settings are mistakes. Relative paths are relative to the file's folder.
Secrets are files; no secret stands in the configuration. ` + "`referee config check FILE`" + ` reports every mistake without starting anything,
` + "`referee config example`" + ` prints this to begin with:

`

// settings reads the page's rows from the declarations that the decoder fills.
type settings struct {
	t     *testing.T
	types map[string]*ast.StructType
	rows  strings.Builder
	seen  []string // every setting
}

func referencePage(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	s := &settings{t: t, types: map[string]*ast.StructType{}}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			if body, ok := spec.Type.(*ast.StructType); ok {
				s.types[spec.Name.Name] = body
			}
		}
		return true
	})
	s.fields("", s.types["Config"])
	if want := count(reflect.TypeFor[Config]()); len(s.seen) != want {
		t.Errorf("the page has %d settings, the decoder %d: %v", len(s.seen), want, s.seen)
	}
	example := "    " + strings.ReplaceAll(strings.TrimSpace(ExampleConfig), "\n", "\n    ")
	return configurationPreface + strings.ReplaceAll(example, "    \n", "\n") + "\n\n| setting | kind | meaning |\n|---|---|---|\n" + s.rows.String()
}

// count is how many settings a type has, those that hold others included.
func count(t reflect.Type) int {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	n := 0
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			n += 1 + count(t.Field(i).Type)
		}
	}
	return n
}

func (s *settings) fields(prefix string, body *ast.StructType) {
	for _, f := range body.Fields.List {
		tag, err := strconv.Unquote(f.Tag.Value)
		name := prefix + reflect.StructTag(tag).Get("yaml")
		text := f.Comment.Text()
		if text == "" {
			text = f.Doc.Text()
			text = strings.TrimPrefix(text, f.Names[0].Name+" ")
			text = strings.TrimPrefix(strings.TrimPrefix(text, "are "), "is ")
		}
		kind, inner := s.kind(f.Type)
		if err != nil || name == prefix || strings.TrimSpace(text) == "" && inner == nil {
			s.t.Errorf("%s%s has no yaml name, or no comment", prefix, f.Names[0].Name)
		}
		s.seen = append(s.seen, name)
		if strings.HasPrefix(kind, "list") && inner != nil {
			name += "[]"
		}
		s.rows.WriteString("| `" + name + "` | " + kind + " | " + cell.Replace(strings.Join(strings.Fields(text), " ")) + " |\n")
		if inner != nil {
			s.fields(name+".", inner)
		}
	}
}

// cell keeps words of a comment from being markup.
var cell = strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`)

// kind names a type in an administrator's words; inner is the body of one that holds further settings.
func (s *settings) kind(e ast.Expr) (kind string, inner *ast.StructType) {
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.kind(e.X)
	case *ast.ArrayType:
		of, inner := s.kind(e.Elt)
		return "list of " + map[string]string{"text": "texts", "word": "words", "section": "sections"}[of], inner
	case *ast.StructType:
		return "section", e
	case *ast.Ident:
		if body := s.types[e.Name]; body != nil {
			return "section", body
		}
		if word := map[string]string{"string": "text", "bool": "yes or no", "int": "number", "int64": "number", "float64": "number", "Role": "word"}[e.Name]; word != "" {
			return word, nil
		}
	}
	s.t.Errorf("no word for the type %v", e)
	return "", nil
}
