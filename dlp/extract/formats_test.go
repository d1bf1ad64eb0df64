package extract

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFormatsPage: the page about formats names every kind.
func TestFormatsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Kind" {
			if value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value); err == nil {
				kinds[value] = true
			}
		}
		return true
	})
	if len(kinds) < 30 {
		t.Fatalf("found %d kinds only", len(kinds))
	}
	readable := all()
	for kind := range kinds {
		row := strings.Contains(string(page), "\n| `"+kind+"` |")
		_, read := readable[Kind(kind)]
		switch Kind(kind) {
		case Word, Sheet, Slides, EPUB, XPS, Visio, Image: // told in a zip, and read with OCR
			read = true
		}
		if row != read {
			t.Errorf("%s: has a row in docs/reference/formats.md: %v, is read: %v", kind, row, read)
		}
		if !row && !strings.Contains(string(page), "`"+kind+"`") {
			t.Errorf("%s is not named in docs/reference/formats.md", kind)
		}
	}
}
