package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp/syntax"
	"strings"
)

// peer is another engine: a command that reads a file and prints how many matches there are.
type peer struct {
	name    string
	command func(file string) *exec.Cmd
}

//go:embed vectorscan/scan.c
var vectorscanSource string

// setUp writes the hundred expressions as each engine wants them.
func setUp(ctx context.Context, dir string) ([]peer, error) {
	var lines, rules strings.Builder
	for i, t := range hundred() {
		expr := `\b(?:` + t.Patterns[0].Expr + `)\b`
		lines.WriteString(expr + "\n")
		fmt.Fprintf(&rules, "[[rules]]\nid = \"rule-%d\"\nregex = '''%s'''\n", i, expr)
		if k := literal(t.Patterns[0].Expr); k != "" {
			fmt.Fprintf(&rules, "keywords = [%q]\n", k)
		}
	}
	list, config := filepath.Join(dir, "expressions"), filepath.Join(dir, "gitleaks.toml")
	for file, text := range map[string]string{list: lines.String(), config: "title = \"a hundred expressions\"\n" + rules.String(), filepath.Join(dir, "scan.c"): vectorscanSource} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	scanner := filepath.Join(dir, "scan")
	if out, err := exec.CommandContext(ctx, "cc", "-O2", "-I/usr/include/hs", "-o", scanner, filepath.Join(dir, "scan.c"), "-lhs").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compiling with libhs: %w: %s", err, out)
	}
	gitleaks := "gitleaks"
	if own, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(own), "gitleaks"); exists(beside) {
			gitleaks = beside
		}
	}
	for _, need := range []string{gitleaks, "rg"} {
		if _, err := exec.LookPath(need); err != nil {
			return nil, fmt.Errorf("%w: make bench installs it", err)
		}
	}
	return []peer{
		{"vectorscan", func(file string) *exec.Cmd { return exec.CommandContext(ctx, scanner, list, file) }},
		{"ripgrep --no-unicode", func(file string) *exec.Cmd {
			return exec.CommandContext(ctx, "rg", "--no-unicode", "--no-config", "--text", "--count-matches", "--threads", "1", "-f", list, file)
		}},
		{"gitleaks", func(file string) *exec.Cmd {
			return exec.CommandContext(ctx, gitleaks, "dir", file, "--config", config, "--no-banner", "--log-level", "fatal", "--exit-code", "0")
		}},
	}, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// literal is the longest text that every match has, in lower case, for gitleaks' keywords: "" for less than three bytes.
func literal(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return ""
	}
	best := ""
	var walk func(*syntax.Regexp)
	walk = func(re *syntax.Regexp) {
		switch re.Op {
		case syntax.OpLiteral:
			if len(re.Rune) > len(best) {
				best = strings.ToLower(string(re.Rune))
			}
		case syntax.OpConcat, syntax.OpCapture:
			for _, s := range re.Sub {
				walk(s)
			}
		}
	}
	walk(re.Simplify())
	if len(best) < 3 {
		return ""
	}
	return best
}
