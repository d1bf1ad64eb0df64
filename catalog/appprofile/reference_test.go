package appprofile_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
)

//go:generate go test . -run ^TestReferencePage$ -count=1 -args -write ../../docs/reference/app-profiles.md

var write = flag.String("write", "", "write the reference page to this file")

// TestReferencePage sees that the page of app profiles is that of the data files.
func TestReferencePage(t *testing.T) {
	t.Parallel()
	got := referencePage()
	file := filepath.Join("..", "..", "docs", "reference", "app-profiles.md")
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
		t.Errorf("%s is not what the data files say; run make docs", file)
	}
}

func referencePage() string {
	var b strings.Builder
	b.WriteString(`# App profiles

Generated from the data files in ` + "`catalog/appprofile/app`" + ` by ` + "`make docs`" + `; don't edit it here.

A profile is what is known of an app: hosts, requests, where people type passwords, and what can't be done. It applies to every instance of the app. *Evidence* says what it rests on: public documentation, recorded requests, or a live run behind Referee. **Only live is supported**; every other app is a beginning that you try yourself.

    referee app profile show slack
    referee app make slack workspace=contoso > slack.yaml

| app | routes | evidence | held against its sources | asks for |
|---|---|---|---|---|
`)
	for _, p := range appprofile.All() {
		app, _ := catalog.AppByKey(p.App)
		var routes, asks []string
		for _, r := range p.Routes {
			routes = append(routes, "`"+string(r.Route)+"`")
		}
		for _, q := range p.Params {
			asks = append(asks, "`"+q.Name+"`")
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s |\n", app.Name, p.App, strings.Join(routes, ", "), p.Evidence, p.Date, strings.Join(asks, ", "))
	}
	for _, p := range appprofile.All() {
		app, _ := catalog.AppByKey(p.App)
		fmt.Fprintf(&b, "\n## %s\n\n%s (`app: %s`). Evidence: %s, %s.\n\n", p.App, app.Name, p.App, p.Evidence, p.Date)
		for _, l := range p.Limits {
			fmt.Fprintf(&b, "- %s\n", l)
		}
		b.WriteString("\n| host | role | for |\n|---|---|---|\n")
		for _, h := range p.Hosts {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", h.Name, h.Role, h.Why)
		}
		for _, f := range p.Further {
			fmt.Fprintf(&b, "| `%s`, as they are seen | %s | %s |\n", f.Pattern, f.Role, f.Why)
		}
		for _, s := range p.SignIn {
			fmt.Fprintf(&b, "| `%s`, never | | %s |\n", s.Host, s.Why)
		}
		b.WriteString("\nSources:")
		for _, s := range p.Sources {
			fmt.Fprintf(&b, " <%s>", s)
		}
		b.WriteString("\n")
	}
	return b.String()
}
