package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/policy"
)

// blocks returns the indented blocks of a page, without their indent.
func blocks(text string) []string {
	var out []string
	var block []string
	flush := func() {
		if len(block) > 0 {
			out = append(out, strings.TrimSpace(strings.Join(block, "\n"))+"\n")
		}
		block = nil
	}
	for _, line := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "    "); ok {
			block = append(block, rest)
		} else if line == "" && block != nil {
			block = append(block, "")
		} else {
			flush()
		}
	}
	flush()
	return out
}

// TestHowToPolicies sees that each policy in the pages is one.
func TestHowToPolicies(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join("..", "docs", "howto", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks(string(text)) {
			at := strings.Index("\n"+block, "\nkind: ")
			if at < 0 {
				continue
			}
			body, _, _ := strings.Cut(block[at:], "\n\n") // commands may follow
			if strings.HasPrefix(body, "kind: "+taxonomy.Kind+"\n") {
				if _, mistakes := taxonomy.Decode([]byte(body)); len(mistakes) > 0 {
					t.Errorf("%v in\n%s", mistakes, body)
				}
				continue
			}
			docs, problems := policy.Decode(filepath.Base(page), []byte(body))
			if err := problems.Err(); err != nil || len(docs) == 0 {
				t.Errorf("%v in\n%s", err, body)
			}
			found += len(docs)
		}
	}
	if found < 2 {
		t.Errorf("%d policies in %d pages", found, len(pages))
	}
}

// TestHowTo sees that the commands in the pages are commands, and that the files they begin with are taken.
func TestHowTo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	pages, err := filepath.Glob(filepath.Join("..", "docs", "howto", "*.md"))
	if err != nil || len(pages) < 6 {
		t.Fatalf("pages %v, %v", pages, err)
	}
	commands, files := 0, map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks(string(text)) {
			name, ok := strings.CutPrefix(strings.Split(block, "\n")[0], "# ")
			if ok && strings.HasSuffix(name, ".yaml") {
				body, _, _ := strings.Cut(block, "\n\n") // commands may follow
				files[name] = body
			}
			for _, line := range strings.Split(strings.ReplaceAll(block, "\\\n", " "), "\n") {
				words, ok := split(strings.TrimSpace(line))
				if !ok || len(words) == 0 || words[0] != "referee" {
					continue
				}
				if i := slices.Index(words, ">"); i > 0 {
					words = words[:i]
				}
				commands++
				c, rest, err := New(Functions{}).Find(words[1:])
				if err == nil {
					err = c.ParseFlags(rest)
				}
				if err == nil {
					err = c.ValidateArgs(c.Flags().Args())
				}
				if err != nil || !c.Runnable() {
					t.Errorf("%s: %s: %v", page, line, err)
				}
			}
		}
	}
	if commands < 25 || len(files) != 4 {
		t.Errorf("%d commands and the files %v", commands, files)
	}
	s.write(t, "files.secret", "correct-horse-battery-staple-0123456789")
	app := s.write(t, "files.yaml", files["files.yaml"])
	if got := s.run(t, "contoso-operator", "app", "add", app); got.code != 0 {
		t.Errorf("the app: %+v", got)
	}
	for _, name := range []string{"m365.yaml", "sites.yaml"} {
		if got := s.run(t, "contoso-operator", "app", "add", s.write(t, name, files[name])); got.code != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	tenant := s.write(t, "contoso.yaml", strings.NewReplacer("id: contoso ", "id: howto ").Replace(files["contoso.yaml"]))
	if got := s.run(t, "all-admin", "tenant", "add", tenant); got.code != 0 {
		t.Errorf("the tenant: %+v", got)
	}
	got := s.run(t, "contoso-reader", "template", "make", "block_download_unmanaged", "app=custom", "contact=it@contoso.com")
	policies := s.write(t, "policies.yaml", got.out)
	if got := s.run(t, "contoso-operator", "policy", "apply", policies); got.code != 0 {
		t.Errorf("the policies: %+v", got)
	}
}
