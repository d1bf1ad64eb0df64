package sit

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp"
)

//go:generate go test . -run ^TestReferencePage$ -count=1 -args -write ../../docs/reference/information-types.md

var write = flag.String("write", "", "write the reference page to this file")

// TestReferencePage sees that the page of information types is that of the code.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	got := referencePage()
	if *write != "" {
		if err := os.WriteFile(*write, []byte(got), 0o644); err != nil { //nolint:gosec // a page
			t.Fatal(err)
		}
		return
	}
	file := filepath.Join("..", "..", "docs", "reference", "information-types.md")
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != got {
		t.Errorf("%s is not what the code says; run make docs", file)
	}
}

const pageHead = `# Sensitive information types

Generated from the code by ` + "`make docs`" + `; don't edit it here.

%d types are built in. ` + "`referee dlp types show ID`" + ` tells keywords and expressions, ` + "`referee dlp scan FILE`" + ` looks for them in text. Confidence is 65 (low), 75 (medium) or 85 (high): "75 → 85" is 75 alone and 85 with a keyword near, "→ 85" is found with a keyword only. Keywords count within 300 characters, unless the type says otherwise.

Text is read in its plain form: digits of all scripts and full-width forms as ASCII, hyphens, dashes and the minus as ` + "`-`" + `, spaces of all widths as a space, and without what isn't seen (zero-width and soft characters, marks of direction). Places are those of the text as it is; expressions of own types see the plain form.

## Own types

Own types are documents, one or more a file. Every mistake is told with its place.

` + "```yaml" + `
kind: InformationType
id: case-number
name: Case number
description: Numbers of cases at the helpdesk
proximity: 40                     # characters; 300 when left out
keywords: [case, ticket]          # support all patterns without keywords of their own
patterns:                         # 1 to 100
  - regexp: 'C-\d{4,}'            # RE2; matches are found by the longest rule, up to 8,192 bytes
    confidence: 65                # alone; 75 when neither this nor withKeyword is written
    withKeyword: 85               # with a keyword near
    without: [example]            # keywords that speak against a match
    except: {values: [C-0000], regexps: ['^C-9']}
  - regexp: '\b\d{16}\b'
    checksum: luhn                # luhn, luhn-letters, mod97-10, mod11-10, mod11-2, verhoeff
  - words: [Project Nightjar]     # up to 500,000; without regard to case, spaces and hyphens alike
---
kind: InformationTypeBundle
id: helpdesk
name: Helpdesk
types: [case-number, credit-card-number]
` + "```" + `

`

func referencePage() string {
	var b strings.Builder
	types := All()
	fmt.Fprintf(&b, pageHead, len(types))
	b.WriteString("## Bundles\n\n| Id | Name | Types |\n|---|---|---|\n")
	for _, set := range Bundles() {
		fmt.Fprintf(&b, "| `%s` | %s | %d |\n", set.ID, set.Name, len(set.Types))
	}
	slices.SortStableFunc(types, func(a, b dlp.Type) int { return cmp.Compare(a.Group, b.Group) })
	group := dlp.Group("")
	for _, t := range types {
		if t.Group != group {
			group = t.Group
			fmt.Fprintf(&b, "\n## %s\n\n| Id | Name | Countries | Looks for | Confidence | Source |\n|---|---|---|---|---|---|\n", strings.ToUpper(string(group[:1]))+string(group[1:]))
		}
		var levels []string
		for _, p := range t.Patterns {
			l := ""
			if p.Alone > 0 {
				l = fmt.Sprint(p.Alone)
			}
			if p.Near > 0 {
				l = strings.TrimSpace(fmt.Sprintf("%s → %d", l, p.Near))
			}
			if !slices.Contains(levels, l) {
				levels = append(levels, l)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", t.ID, t.Name, strings.Join(t.Countries, " "), strings.ReplaceAll(t.About, "|", "\\|"), strings.Join(levels, "; "), t.Source)
	}
	return b.String()
}
