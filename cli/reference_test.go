package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:generate go test . -run ^TestReferencePage$ -count=1 -args -write ../docs/reference/cli.md

var write = flag.String("write", "", "write the reference page to this file")

// TestReferencePage sees that the page of commands is that of the code.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	got := referencePage(New(Functions{}))
	file := filepath.Join("..", "docs", "reference", "cli.md")
	if *write != "" {
		if err := os.WriteFile(*write, []byte(got), 0o644); err != nil { //nolint:gosec // a page
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

func referencePage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Command line\n\nGenerated from the code by `make docs`; don't edit it here.\n\n" + root.Long + "\n\n")
	b.WriteString("Flags of every command:\n\n" + flagTable(root.PersistentFlags()) + "\n")
	for _, c := range root.Commands() {
		fmt.Fprintf(&b, "- [%s](#%s): %s\n", c.CommandPath(), anchor(c), c.Short)
	}
	walk(root, func(c *cobra.Command) {
		if c == root {
			return
		}
		fmt.Fprintf(&b, "\n%s %s\n\n%s.\n", strings.Repeat("#", 1+strings.Count(c.CommandPath(), " ")), c.CommandPath(), c.Short)
		if c.Long != "" {
			b.WriteString("\n" + c.Long + "\n")
		}
		if c.Runnable() && c.Example != "" {
			b.WriteString("\n```\n" + c.UseLine() + "\n```\n\nExample:\n\n```\n" + dedent(c.Example) + "\n```\n")
		}
		if table := flagTable(c.LocalNonPersistentFlags(), c.PersistentFlags()); table != "" {
			b.WriteString("\n" + table)
		}
	})
	return b.String()
}

func anchor(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func dedent(s string) string { return strings.ReplaceAll(strings.TrimPrefix(s, "  "), "\n  ", "\n") }

func flagTable(sets ...*pflag.FlagSet) string {
	var rows strings.Builder
	seen := map[string]bool{"help": true}
	for _, set := range sets {
		set.VisitAll(func(f *pflag.Flag) {
			if seen[f.Name] {
				return
			}
			seen[f.Name] = true
			kind, usage := pflag.UnquoteUsage(f)
			name := "`--" + f.Name
			if f.Shorthand != "" {
				name = "`-" + f.Shorthand + "`, " + name
			}
			if kind != "" {
				name += " " + kind
			}
			if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
				usage += " (default `" + f.DefValue + "`)"
			}
			rows.WriteString("| " + name + "` | " + strings.ReplaceAll(usage, "|", `\|`) + " |\n")
		})
	}
	if rows.Len() == 0 {
		return ""
	}
	return "| flag | meaning |\n|---|---|\n" + rows.String()
}
