package archtest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// The rules, by the names that exceptions use.
const (
	// ruleLayer: imports go to a lower layer, or stay in the family. Tests and test kits may import what they try.
	ruleLayer = "layer"
	// ruleUnknown: every package has a place in the table.
	ruleUnknown = "unknown"
	// ruleInternal: internal/* is for all, so it imports nothing above L0.
	ruleInternal = "internal"
	// ruleDuckDB: only store/duckdb imports the engine (a large C++ library), and only what starts a whole node links it.
	ruleDuckDB = "duckdb"
	// rulePure: L0 and L1 do no I/O: no network, no process, no file opened by path; model and fault are standard library only.
	rulePure = "pure"
	// ruleDoc: a package has exactly one package comment.
	ruleDoc = "doc"
	// ruleName: no package is a drawer.
	ruleName = "name"
	// ruleTesting: package testing is imported by tests and test kits only, and test kits by those only.
	ruleTesting = "testing"
	// ruleLength: a source file has at most 600 lines, unless it is generated.
	ruleLength = "length"
	// ruleInit: no init functions but in main packages and generated files; things are registered by a list.
	ruleInit = "init"
	// ruleBlank: no import of an own package for its side effects.
	ruleBlank = "blank"
)

// drawers are names that say nothing of what a package owns.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "type", "types", "base", "core", "manager", "misc", "shared", "lib"}

// impure are packages that do I/O or reach for it.
var impure = []string{"net", "net/http", "net/rpc", "os", "os/exec", "os/signal", "io/ioutil", "database/sql", "syscall", "plugin"}

// duckdbLinkers are the only families that may reach store/duckdb.
var duckdbLinkers = []string{"store/duckdb", "node", "cmd/referee", "demo"}

const duckdbModule = "github.com/duckdb/"

// finding is a broken rule.
type finding struct {
	rule, from, to, text string
}

func (f finding) String() string { return f.rule + ": " + f.text }

// check returns what is wrong in t that no exception allows, and the exceptions that nothing needs.
func check(t *tree, allowed []exception) []finding {
	c := &checker{tree: t, allowed: allowed, used: make([]bool, len(allowed))}
	for _, dir := range slices.Sorted(maps.Keys(t.packages)) {
		p := t.packages[dir]
		c.names(p)
		c.comment(p)
		for _, f := range p.files {
			c.file(p, f)
		}
		c.linksDuckDB(p)
	}
	for _, name := range t.long {
		c.add(ruleLength, name, "", "%s has more than %d lines; split it by subject", name, maxLines)
	}
	for i, e := range allowed {
		if !c.used[i] {
			c.findings = append(c.findings, finding{
				e.rule, e.from, e.to,
				fmt.Sprintf("the exception for %s %s is not needed any more; remove it", e.from, e.to),
			})
		}
	}
	return c.findings
}

type checker struct {
	tree     *tree
	allowed  []exception
	used     []bool
	findings []finding
}

func (c *checker) add(rule, from, to, format string, args ...any) {
	for i, e := range c.allowed {
		if e.rule == rule && e.from == from && e.to == to {
			c.used[i] = true
			return
		}
	}
	c.findings = append(c.findings, finding{rule, from, to, fmt.Sprintf(format, args...)})
}

func (c *checker) names(p *pkg) {
	if _, _, ok := place(p.dir); !ok {
		c.add(ruleUnknown, p.dir, "", "%s is in no layer; give it a place in internal/archtest/layers.go and ARCHITECTURE.md", p.dir)
	}
	for _, word := range append(strings.Split(p.dir, "/"), p.name) {
		if slices.Contains(drawers, word) {
			c.add(ruleName, p.dir, "", "%s: a package called %s is a drawer; name it by the noun it owns", p.dir, word)
			return
		}
	}
}

func (c *checker) comment(p *pkg) {
	comments, sources := 0, 0
	for _, f := range p.files {
		if f.test {
			continue
		}
		sources++
		if f.doc {
			comments++
		}
	}
	if sources > 0 && comments != 1 {
		c.add(ruleDoc, p.dir, "", "%s has %d package comments; one file has it, the others have none", p.dir, comments)
	}
}

func (c *checker) file(p *pkg, f file) {
	forTests := f.test || isKit(p.dir)
	if f.inits > 0 && !f.generated && p.name != "main" && !f.test {
		c.add(ruleInit, f.path, "", "%s has an init function; list what is there in a variable or a constructor", f.path)
	}
	for _, imp := range f.imports {
		if (imp.path == "testing" || strings.HasPrefix(imp.path, "testing/")) && !forTests {
			c.add(ruleTesting, f.path, imp.path, "%s imports %s; only tests and packages ending in test do", f.path, imp.path)
		}
		if strings.HasPrefix(imp.path, duckdbModule) && p.dir != "store/duckdb" {
			c.add(ruleDuckDB, p.dir, imp.path, "%s imports %s; only store/duckdb does", f.path, imp.path)
		}
		c.pure(p, f, imp)
		if to, ok := c.tree.local(imp.path); ok {
			c.local(p, f, imp, to)
		}
	}
}

func (c *checker) pure(p *pkg, f file, imp imported) {
	family, level, ok := place(p.dir)
	if !ok || level < 0 || level > 1 || f.test || isKit(p.dir) {
		return
	}
	if slices.Contains(impure, imp.path) {
		c.add(rulePure, p.dir, imp.path, "%s imports %s; L%d does no I/O", f.path, imp.path, level)
	}
	_, own := c.tree.local(imp.path)
	if family == "model" || family == "fault" {
		first, _, _ := strings.Cut(imp.path, "/")
		if imp.path == "context" || strings.Contains(first, ".") && !own {
			c.add(rulePure, p.dir, imp.path, "%s imports %s; %s holds nouns and uses the standard library only", f.path, imp.path, family)
		}
	}
}

// local checks an import of one package of ours by another.
func (c *checker) local(p *pkg, f file, imp imported, to string) {
	if imp.blank && !f.test {
		c.add(ruleBlank, p.dir, to, "%s imports %s for its side effects", f.path, to)
	}
	if f.test || isKit(p.dir) {
		return // tests try things from wherever they are
	}
	if isKit(to) {
		c.add(ruleTesting, f.path, to, "%s imports the test kit %s", f.path, to)
		return
	}
	family, level, known := place(p.dir)
	toFamily, toLevel, toKnown := place(to)
	switch {
	case !known || !toKnown || family == toFamily || toLevel == internalLevel:
	case level == internalLevel:
		if toLevel > 0 {
			c.add(ruleInternal, p.dir, to, "%s imports %s (L%d); internal packages import nothing above L0", f.path, to, toLevel)
		}
	case family == "test": // drives everything, imported by nothing
	case toLevel > level:
		c.add(ruleLayer, family, toFamily, "%s (L%d) imports %s (L%d); imports go down", f.path, level, to, toLevel)
	case toLevel == level && !named(family, toFamily):
		c.add(ruleLayer, family, toFamily, "%s imports %s, both L%d; declare an interface in %s and wire it in node",
			f.path, to, level, path.Base(p.dir))
	}
}

func named(from, to string) bool {
	for _, edge := range sideways {
		if edge.from == from && edge.to == to {
			return true
		}
	}
	return false
}

// linksDuckDB looks whether p, as it is linked into a program, contains store/duckdb.
func (c *checker) linksDuckDB(p *pkg) {
	family, _, _ := place(p.dir)
	if slices.Contains(duckdbLinkers, family) || family == "test" {
		return
	}
	if via := c.reaches(p.dir, "store/duckdb", map[string]bool{}); via != "" {
		c.add(ruleDuckDB, p.dir, "store/duckdb", "%s links DuckDB by %s", p.dir, via)
	}
}

// reaches returns the way from one package to another along imports outside tests, or "".
func (c *checker) reaches(from, to string, seen map[string]bool) string {
	p := c.tree.packages[from]
	if p == nil || seen[from] {
		return ""
	}
	seen[from] = true
	for _, f := range p.files {
		for _, imp := range f.imports {
			next, ok := c.tree.local(imp.path)
			switch {
			case !ok || f.test:
			case next == to:
				return from + " → " + to
			default:
				if via := c.reaches(next, to, seen); via != "" {
					return from + " → " + via
				}
			}
		}
	}
	return ""
}
