package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/referee-casb/referee"

// root is the module's folder; tests run in their package's.
var root = filepath.Join("..", "..")

func TestTree(t *testing.T) {
	t.Parallel()
	read, err := readTree(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.packages) < 10 {
		t.Fatalf("found %d packages only; is the root right?", len(read.packages))
	}
	for _, f := range check(read, exceptions) {
		t.Error(f)
	}
}

// TestArchitecturePage compares the table for readers with the one that is checked.
func TestArchitecturePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := tableForReaders(); !strings.Contains(string(page), want) {
		t.Errorf("the layer table of ARCHITECTURE.md differs from layers.go, which has:\n%s", want)
	}
}

func tableForReaders() string {
	var b strings.Builder
	for _, l := range layers {
		b.WriteString("| L")
		b.WriteByte(byte('0' + l.level))
		b.WriteString(" " + l.name + " | `" + strings.Join(l.units, "` `") + "` |\n")
	}
	return b.String()
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]struct {
		family string
		level  int
	}{
		"model": {"model", 0}, "policy/kinds": {"policy", 1}, "bus": {"bus", 1}, "bus/jetstream": {"bus/jetstream", 4},
		"connector": {"connector", 1}, "connector/m365/wire": {"connector/m365", 4}, "store/duckdb": {"store/duckdb", 4},
		"inspect/worker": {"inspect", 4}, "cmd/referee": {"cmd/referee", 6}, "internal/clock": {"internal/clock", internalLevel},
	} {
		if family, level, ok := place(dir); !ok || family != want.family || level != want.level {
			t.Errorf("%s: %s, L%d (%v), want %s, L%d", dir, family, level, ok, want.family, want.level)
		}
	}
	for _, dir := range []string{".", "store", "cmd", "cmd/other", "modelling", "pkg"} {
		if family, _, ok := place(dir); ok {
			t.Errorf("%s is taken for %s", dir, family)
		}
	}
}

// TestCheck breaks each rule in a small tree of its own, and each lawful neighbour of a broken rule.
func TestCheck(t *testing.T) {
	t.Parallel()
	const own = module + "/"
	src := func(pkg string, imports ...string) *fstest.MapFile {
		s := "// Package " + pkg + " is here.\npackage " + pkg + "\n"
		for _, i := range imports {
			s += "import _x \"" + i + "\"\n"
		}
		return &fstest.MapFile{Data: []byte(s)}
	}
	bare := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	cases := []struct {
		name    string
		tree    fstest.MapFS
		allowed []exception
		want    string // the rule that is broken and words of its text; "" for none
	}{
		{"down", fstest.MapFS{"gateway/a.go": src("gateway", own+"policy", own+"model")}, nil, ""},
		{"up", fstest.MapFS{"policy/a.go": src("policy", own+"gateway")}, nil, "layer: policy/a.go (L1) imports gateway (L3)"},
		{"contract at the adapters' level", fstest.MapFS{"bus/bus.go": src("bus", own+"bus/jetstream")}, nil, "layer: bus/bus.go (L1) imports bus/jetstream (L4)"},
		{"adapter to its contract", fstest.MapFS{"bus/jetstream/a.go": src("jetstream", own+"bus")}, nil, ""},
		{"sideways", fstest.MapFS{"gateway/a.go": src("gateway", own+"signin")}, nil, "layer: gateway/a.go imports signin, both L3"},
		{"sideways below families", fstest.MapFS{"store/sqlite/a.go": src("sqlite", own+"store/postgres")}, nil, "layer: store/sqlite/a.go imports store/postgres, both L4"},
		{"inside a family", fstest.MapFS{"gateway/a.go": src("gateway", own+"gateway/jar")}, nil, ""},
		{"sideways in a test", fstest.MapFS{"gateway/a_test.go": src("gateway", own+"node")}, nil, ""},
		{"sideways as designed", fstest.MapFS{"filter/a.go": src("filter", own+"model")}, nil, ""},
		{"the other way round", fstest.MapFS{"model/a.go": src("model", own+"filter")}, nil, "layer: model/a.go imports filter, both L0"},
		{"sideways with an exception", fstest.MapFS{"policy/a.go": src("policy", own+"dlp")}, []exception{{ruleLayer, "policy", "dlp", "why"}}, ""},
		{"exception without need", fstest.MapFS{"policy/a.go": src("policy")}, []exception{{ruleLayer, "policy", "dlp", "why"}}, "layer: the exception for policy dlp is not needed"},
		{"unknown", fstest.MapFS{"stuff/a.go": src("stuff")}, nil, "unknown: stuff is in no layer"},
		{"root", fstest.MapFS{"a.go": src("referee")}, nil, "unknown: . is in no layer"},

		{"internal for all", fstest.MapFS{"model/a.go": src("model", own+"internal/clock"), "node/a.go": src("node", own+"internal/clock")}, nil, ""},
		{"internal to L0", fstest.MapFS{"internal/clock/a.go": src("clock", own+"fault", own+"internal/x")}, nil, ""},
		{"internal to L1", fstest.MapFS{"internal/clock/a.go": src("clock", own+"policy")}, nil, "internal: internal/clock/a.go imports policy"},

		{"engine outside its adapter", fstest.MapFS{"store/sqlite/a.go": src("sqlite", "github.com/duckdb/duckdb-go/v2")}, nil, "duckdb: store/sqlite/a.go imports"},
		{"engine in a test elsewhere", fstest.MapFS{"policy/a_test.go": src("policy", "github.com/duckdb/duckdb-go/v2")}, nil, "duckdb: policy/a_test.go imports"},
		{"engine in its adapter", fstest.MapFS{"store/duckdb/a.go": src("duckdb", "github.com/duckdb/duckdb-go/v2")}, nil, ""},
		{"linked by the node", fstest.MapFS{
			"node/a.go": src("node", own+"store/duckdb"), "store/duckdb/a.go": src("duckdb"), "cmd/referee/a.go": src("main", own+"node"),
		}, nil, ""},
		{"linked on the way", fstest.MapFS{
			"cli/a.go": src("cli", own+"cli/local"), "cli/local/a.go": src("local", own+"store/duckdb"), "store/duckdb/a.go": src("duckdb"),
		}, nil, "duckdb: cli links DuckDB by cli → cli/local → store/duckdb"},

		{"network in L1", fstest.MapFS{"policy/a.go": src("policy", "net/http")}, nil, "pure: policy/a.go imports net/http"},
		{"file in L0", fstest.MapFS{"filter/a.go": src("filter", "os")}, nil, "pure: filter/a.go imports os"},
		{"address type in L1", fstest.MapFS{"enrich/a.go": src("enrich", "net/netip", "io/fs")}, nil, ""},
		{"file in a test of L1", fstest.MapFS{"policy/a_test.go": src("policy", "os")}, nil, ""},
		{"module in model", fstest.MapFS{"model/a.go": src("model", "github.com/google/uuid")}, nil, "pure: model/a.go imports github.com/google/uuid"},
		{"context in model", fstest.MapFS{"model/a.go": src("model", "context")}, nil, "pure: model/a.go imports context"},
		{"module in filter", fstest.MapFS{"filter/a.go": src("filter", "golang.org/x/text/cases")}, nil, ""},

		{"no comment", fstest.MapFS{"model/a.go": bare("package model\n")}, nil, "doc: model has 0 package comments"},
		{"two comments", fstest.MapFS{"model/a.go": src("model"), "model/b.go": src("model")}, nil, "doc: model has 2 package comments"},
		{"comment of a test doesn't count", fstest.MapFS{"model/a.go": src("model"), "model/a_test.go": src("model")}, nil, ""},
		{"drawer", fstest.MapFS{"gateway/util/a.go": src("util")}, nil, "name: gateway/util"},
		{"drawer by package name", fstest.MapFS{"gateway/x/a.go": src("helpers")}, nil, "name: gateway/x"},
		{"drawer above", fstest.MapFS{"internal/common/x/a.go": src("x")}, nil, "name: internal/common/x"},

		{"testing in code", fstest.MapFS{"model/a.go": src("model", "testing")}, nil, "testing: model/a.go imports testing"},
		{"testing in a kit", fstest.MapFS{"bus/bustest/a.go": src("bustest", "testing", own+"node")}, nil, ""},
		{"kit in code", fstest.MapFS{"bus/jetstream/a.go": src("jetstream", own+"bus/bustest")}, nil, "testing: bus/jetstream/a.go imports the test kit"},
		{"kit in a test", fstest.MapFS{"bus/jetstream/a_test.go": src("jetstream", own+"bus/bustest")}, nil, ""},

		{"long", fstest.MapFS{"model/a.go": bare("// Package model is here.\npackage model\n" + strings.Repeat("//\n", 600))}, nil, "length: model/a.go has more than 600"},
		{"long script", fstest.MapFS{"gateway/shim/a.ts": bare(strings.Repeat("x\n", 601))}, nil, "length: gateway/shim/a.ts"},
		{"long but generated", fstest.MapFS{"model/a.go": bare("// Code generated by x. DO NOT EDIT.\n\n// Package model is here.\npackage model\n" + strings.Repeat("//\n", 600))}, nil, ""},
		{"long elsewhere", fstest.MapFS{"console/web/node_modules/a.ts": bare(strings.Repeat("x\n", 601)), "x/testdata/a.go": bare("no go")}, nil, ""},

		{"init", fstest.MapFS{"model/a.go": bare("// Package model is here.\npackage model\nfunc init() {}\n")}, nil, "init: model/a.go"},
		{"init of a type", fstest.MapFS{"model/a.go": bare("// Package model is here.\npackage model\ntype t int\nfunc (t) init() {}\n")}, nil, ""},
		{"init of a command", fstest.MapFS{"cmd/referee/a.go": bare("// Command referee is here.\npackage main\nfunc init() {}\n")}, nil, ""},
		{"side effects", fstest.MapFS{"node/a.go": bare("// Package node is here.\npackage node\nimport _ \"" + own + "policy\"\n")}, nil, "blank: node/a.go imports policy"},
		{"embed", fstest.MapFS{"node/a.go": bare("// Package node is here.\npackage node\nimport _ \"embed\"\n")}, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			read, err := readTree(c.tree, module)
			if err != nil {
				t.Fatal(err)
			}
			found := check(read, c.allowed)
			switch {
			case c.want == "" && len(found) > 0:
				t.Errorf("found %v, want nothing", found)
			case c.want != "" && (len(found) == 0 || !strings.Contains(found[0].String(), c.want)):
				t.Errorf("found %v, want first %q", found, c.want)
			case len(found) > 1 && found[1].rule != found[0].rule:
				t.Errorf("found %v, want one broken rule", found)
			}
		})
	}
}

func TestExceptionsSayWhy(t *testing.T) {
	t.Parallel()
	for _, e := range sideways {
		if len(e.reason) < 15 {
			t.Errorf("%s → %s: the reason is missing", e.from, e.to)
		}
	}
	for _, e := range exceptions {
		if len(e.reason) < 15 {
			t.Errorf("%s %s → %s: the reason is missing", e.rule, e.from, e.to)
		}
	}
}
