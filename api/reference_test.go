package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/api/apitest"
)

//go:generate go test . -run ^TestReferencePages$ -count=1 -args -write ../docs/reference

var write = flag.String("write", "", "write the reference pages into this folder")

// TestReferencePages sees that the pages of the API are those of the code.
func TestReferencePages(t *testing.T) {
	t.Parallel()
	f := apitest.New(t)
	for name, got := range map[string][]byte{"api.md": []byte(referencePage(f.Document(t))), "openapi.json": append(f.Specification(), '\n')} {
		if *write != "" {
			if err := os.WriteFile(filepath.Join(*write, name), got, 0o644); err != nil { //nolint:gosec // a page
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(filepath.Join("..", "docs", "reference", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, got) {
			t.Errorf("docs/reference/%s is not what the code says; run make docs", name)
		}
	}
}

const preface = `# API

Generated from the code by ` + "`make docs`" + `; don't edit it here. [openapi.json](openapi.json) is the whole description for programs; a
running Referee serves it at ` + "`/api/v2/openapi.json`" + ` and ` + "`.yaml`" + `.

Send a token with every request: ` + "`Authorization: Bearer <token>`" + `. A token belongs to a tenant, or to the whole installation. Another
tenant's paths answer as those of a tenant that does not exist. Roles, each with all that the one before it may:

| role | may |
|---|---|
| reader | see policies, exceptions, apps and settings; nothing about what people did |
| analyst | also see activities, sessions and reports |
| operator | also change policies, exceptions and apps, and end sessions |
| admin | also change tenants and tokens |

Lists take ` + "`limit` and `cursor`" + ` and answer ` + "`items`, and `next`" + ` while there is more. Unknown members and parameters are refused. Errors are
` + "`application/problem+json`" + ` with ` + "`type`" + ` (` + "`urn:referee:invalid`, `unauthenticated`, `denied`, `not-found`, `conflict`, `limited`, `unavailable`, `internal`" + `),
` + "`detail`, `help`, `request`" + `, and every mistake with its position in ` + "`errors`" + `.

Every change is written to the tenant's activity log before it is made, and its outcome after. What can't be recorded is refused with 503.

Beside these: ` + "`/healthz`" + ` (the process runs), ` + "`/readyz`" + ` (every engine answers), ` + "`/metrics`" + ` (Prometheus; a token of the installation).
`

func referencePage(d *apitest.Document) string {
	var b strings.Builder
	b.WriteString(preface)
	var tags []string
	for _, rt := range api.Routes() {
		if !slices.Contains(tags, rt.Tag) {
			tags = append(tags, rt.Tag)
		}
	}
	for _, tag := range tags {
		b.WriteString("\n## " + tag + "\n\n| route | what it does | role |\n|---|---|---|\n")
		for _, rt := range api.Routes() {
			if rt.Tag != tag {
				continue
			}
			role := string(rt.Role)
			if rt.Scope == api.ScopeInstallation {
				role += ", of the installation"
			}
			text := rt.Summary + "."
			if rt.Doc != "" {
				text += " " + rt.Doc
			}
			if params := d.Operation(rt).Query(); len(params) > 0 {
				text += " Parameters: `" + strings.Join(params, "`, `") + "`."
			}
			fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", rt.Method, rt.Path, text, role)
		}
	}
	return b.String()
}
