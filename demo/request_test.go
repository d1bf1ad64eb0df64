package demo

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/cli"
)

// keepOut is a Conditional Access policy that lets the contractor not in.
const keepOut = `
kind: ConditionalAccess
id: contractors-stay-out
name: Contractors stay out
conditions:
  users: {includeUsers: [contractor]}
  applications: {includeApplications: [onedrive]}
grantControls: {builtInControls: [block]}
`

// referee runs a command as the demo's administrator.
func referee(t *testing.T, data string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c := cli.New(cli.Functions{Out: &out})
	c.SetArgs(append(args, "--data", data))
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("referee %s: %v\n%s", strings.Join(args, " "), err, &out)
	}
	return out.String()
}

// link finds where a page's link with some words leads.
func link(t *testing.T, a answer, words string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data == "a" && n.FirstChild != nil && n.FirstChild.Data == words {
			for _, attr := range n.Attr {
				if attr.Key == "href" {
					return attr.Val
				}
			}
		}
	}
	t.Fatalf("no link %q in:\n%s", words, a.body)
	return ""
}

// TestAccessRequest goes the whole way of a person whom Conditional Access keeps out: the page's code explains the
// block to a helpdesk, the request is listed and approved, and the person gets in.
func TestAccessRequest(t *testing.T) {
	out := start(t, Options{JSON: true, Block: true})
	var f Facts
	if err := json.Unmarshal([]byte(out.await(t, `(?m)^(\{.*\})$`)[1]), &f); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "keep-out.yaml")
	if err := os.WriteFile(file, []byte(keepOut), 0o600); err != nil {
		t.Fatal(err)
	}
	referee(t, f.Data, "policy", "apply", file)
	ca, err := os.ReadFile(f.CA)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPerson("contractor", f.Accounts["contractor"], loopback(pool(t, ca)))
	if err != nil {
		t.Fatal(err)
	}
	blocked, err := p.open(t.Context(), f.Link)
	if err != nil || blocked.status != 403 || blocked.reference() == "" {
		t.Fatalf("the sign-in gave %d, %v:\n%s", blocked.status, err, blocked.body)
	}
	code := blocked.reference()
	why := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && !strings.Contains(why, code); time.Sleep(100 * time.Millisecond) {
		var b bytes.Buffer
		c := cli.New(cli.Functions{Out: &b})
		c.SetArgs([]string{"why", code, "--data", f.Data})
		if err = c.ExecuteContext(t.Context()); err == nil {
			why = b.String()
		}
	}
	for _, want := range []string{code, "contractor", "blocked", "Contractors stay out", "Request access", "referee exception add"} {
		if !strings.Contains(why, want) {
			t.Errorf("why does not say %q:\n%s\n%v", want, why, err)
		}
	}

	form, err := p.navigate(t.Context(), "GET", link(t, blocked, "Request access"), nil)
	fields, ok := firstForm(form.body)
	if err != nil || form.status != 200 || !ok {
		t.Fatalf("the request page: %d, %v:\n%s", form.status, err, form.body)
	}
	fields.fields.Set("reason", "I hand over the project on Friday.")
	action, err := form.url.Parse(fields.action)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := p.navigate(t.Context(), "POST", action.String(), fields.fields)
	id := "ex-" + strings.ToLower(strings.ReplaceAll(code, "-", ""))
	if err != nil || sent.status != 200 || !strings.Contains(sent.body, id) {
		t.Fatalf("the request: %d, %v:\n%s", sent.status, err, sent.body)
	}
	list := referee(t, f.Data, "exception", "list", "--state", "requested")
	for _, want := range []string{id, "contractors-stay-out", "onedrive", "I hand over the project on Friday."} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q:\n%s", want, list)
		}
	}
	if again, err := p.open(t.Context(), f.Link); err != nil || again.status != 403 {
		t.Fatalf("asking let the person in: %d, %v", again.status, err)
	}
	referee(t, f.Data, "exception", "approve", id, "--expires", "1d")
	in, err := p.open(t.Context(), f.Link)
	if err != nil || in.status != 200 || in.url.Host != f.MappedHosts["app"] {
		t.Fatalf("after the approval: %v %d, %v:\n%s", in.url, in.status, err, in.body)
	}
	// What let the person in ends where it says: for others, and when an administrator ends it.
	referee(t, f.Data, "exception", "end", id, "--answer", "handed over")
	late, err := newPerson("contractor", f.Accounts["contractor"], loopback(pool(t, ca)))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := late.open(t.Context(), f.Link); err != nil || out.status != 403 {
		t.Fatalf("after its end: %d, %v", out.status, err)
	}
}
