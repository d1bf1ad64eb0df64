package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// tree is what the rules look at.
type tree struct {
	module   string
	packages map[string]*pkg // by folder, relative to the module; the root is "."
	long     []string        // source files over maxLines that nobody generated
}

// pkg is the Go code of one folder.
type pkg struct {
	dir, name string
	files     []file
}

// file is one Go source.
type file struct {
	path      string
	test      bool // _test.go
	doc       bool // has a package comment
	generated bool
	inits     int
	imports   []imported
}

type imported struct {
	path  string
	blank bool
}

// maxLines is where a file is too long to be read in one go.
const maxLines = 600

// skipped are folders without sources of ours.
var skipped = []string{"node_modules", "testdata", "vendor", "dist"}

// readTree reads every Go file, and the length of every source file, below the root of fsys.
func readTree(fsys fs.FS, module string) (*tree, error) {
	t := &tree{module: module, packages: map[string]*pkg{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_") ||
			slices.Contains(skipped, entry.Name())):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".go", ".ts", ".tsx"}, path.Ext(name)):
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		generated := isGenerated(src)
		if lines := bytes.Count(src, []byte{'\n'}); lines > maxLines && !generated {
			t.long = append(t.long, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		return t.add(name, src, generated)
	})
	return t, err
}

func (t *tree) add(name string, src []byte, generated bool) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f := file{path: name, test: strings.HasSuffix(name, "_test.go"), doc: parsed.Doc != nil, generated: generated}
	for _, spec := range parsed.Imports {
		what, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f.imports = append(f.imports, imported{what, spec.Name != nil && spec.Name.Name == "_"})
	}
	for _, decl := range parsed.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.inits++
		}
	}
	dir := path.Dir(name)
	p := t.packages[dir]
	if p == nil {
		p = &pkg{dir: dir}
		t.packages[dir] = p
	}
	if !f.test {
		p.name = parsed.Name.Name
	}
	p.files = append(p.files, f)
	return nil
}

// isGenerated follows the convention of `go help generate`, for TypeScript too.
func isGenerated(src []byte) bool {
	for line := range bytes.Lines(src) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("// Code generated ")) && bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			return false
		}
	}
	return false
}

// local returns the folder of an import inside the module.
func (t *tree) local(importPath string) (dir string, ok bool) {
	if importPath == t.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// isKit reports whether a folder is a test kit, such as bus/bustest: code for tests, imported by tests alone.
func isKit(dir string) bool { return strings.HasSuffix(dir, "test") }
