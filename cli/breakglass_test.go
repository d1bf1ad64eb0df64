package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/signin/undo"
)

// TestBreakGlass goes an administrator's way through a bad day.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	s := &transcript{stage: newStage(t), t: t}
	bare := s.write(t, "tailspin.yaml", "id: tailspin\nname: Tailspin Toys\n")
	files := s.write(t, "files-app.yaml", appYAML)
	s.do("all-admin", "tenant", "add", bare)
	s.do("all-admin", "app", "add", files, "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "add", "root@tailspin.example", "--at", "https://signin.example.com/tailspin", "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "add", "root@tailspin.example", "--at", "https://login.example.org", "--tenant", "tailspin")
	s.do("all-admin", "app", "add", files, "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "add", "ROOT@tailspin.example", "--at", "https://login.example.org", "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "add", "spare@tailspin.example", "--at", "https://login.example.org", "--note", "safe", "--tenant", "tailspin")
	s.do("all-admin", "app", "add", files, "--tenant", "tailspin", "--json")
	s.do("all-admin", "breakglass", "account", "remove", "spare@tailspin.example", "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "remove", "nobody", "--tenant", "tailspin")
	s.do("all-admin", "breakglass", "account", "tested", "spare@tailspin.example", "--tenant", "tailspin")
	s.do("all-reader", "status", "--tenant", "tailspin")

	s.do("contoso-operator", "app", "add", files, "--json")
	s.do("contoso-operator", "breakglass", "bypass", "start", "--app", "files", "--reason", "white pages behind the gateway")
	s.do("contoso-admin", "breakglass", "bypass", "start", "--app", "files", "--for", "2d", "--reason", "white pages behind the gateway")
	s.do("contoso-admin", "breakglass", "bypass", "start", "--app", "files", "--for", "2h", "--reason", "why")
	s.do("contoso-admin", "breakglass", "bypass", "start", "--app", "nothing", "--for", "2h", "--reason", "white pages behind the gateway")
	s.do("contoso-admin", "breakglass", "bypass", "start", "--app", "files", "--for", "2h", "--reason", "white pages behind the gateway")
	s.do("contoso-admin", "breakglass", "bypass", "start", "--for", "2h", "--reason", "the gateway is broken for all")
	s.do("contoso-reader", "status")
	s.Clock.Advance(2 * time.Hour)
	s.do("contoso-reader", "breakglass", "bypass", "list")
	s.do("contoso-operator", "breakglass", "bypass", "end", "bp-0123456789abcdef")
	s.do("contoso-reader", "status")
	s.do("contoso-reader", "breakglass", "plan", "--app", "files")
	s.do("contoso-operator", "breakglass", "plan", "--app", "files")
	golden(t, "breakglass", s.text.String())
}

// TestPlanFile sees that the plan's file is whole, and of the form that was asked for.
func TestPlanFile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Want(t, "contoso/operator", "PUT", "/api/v2/tenants/contoso/apps/files", apitest.FilesApp, 200, nil)
	file := s.write(t, "plan.md", "an older plan")
	if got := s.run(t, "contoso-operator", "breakglass", "plan", "--file", file); got.code != 0 || got.out != "" {
		t.Fatalf("%+v", got)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "# Taking Contoso back from Referee\n") || !strings.Contains(string(text), "breakglass1@contoso.onmicrosoft.com") {
		t.Errorf("%s, %v", text, err)
	}
	if got := s.run(t, "contoso-operator", "breakglass", "plan", "--file", file, "--json"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if text, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	var p undo.Plan
	if err := json.Unmarshal(text, &p); err != nil || len(p.Apps) != 1 || p.Apps[0].ID != "files" || len(p.Accounts) != 2 {
		t.Errorf("%s, %v", text, err)
	}
	if got := s.run(t, "contoso-operator", "breakglass", "plan", "--file", filepath.Join(s.dir, "no", "such", "folder.md")); got.code != 2 {
		t.Errorf("a file that can't be written: %+v", got)
	}
	left, err := filepath.Glob(file + ".*")
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRecover sees what the flags become, and that the secret is not printed.
func TestRecover(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "referee.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var given RecoverOptions
	f := Functions{Recover: func(_ context.Context, o RecoverOptions) (Recovered, error) {
		given = o
		return Recovered{ID: "tok-1", Tenant: "*", TokenFile: filepath.Join(dir, "recovery.token"), Expires: apitest.Monday}, nil
	}}
	for name, c := range map[string]struct {
		args []string
		want RecoverOptions
		code int
	}{
		"data":      {[]string{"--data", dir, "--reason", "lost", "--for", "30m"}, RecoverOptions{Data: dir, Reason: "lost", For: 30 * time.Minute}, 0},
		"config":    {[]string{"--config", "referee.yaml", "--tenant", "contoso"}, RecoverOptions{Config: "referee.yaml", Tenant: "contoso", For: time.Hour}, 0},
		"no folder": {[]string{"--data", filepath.Join(dir, "x")}, RecoverOptions{}, 5},
		"no time":   {[]string{"--data", dir, "--for", "soon"}, RecoverOptions{}, 2},
	} {
		given = RecoverOptions{}
		var out bytes.Buffer
		f.Out = &out
		root := New(f)
		root.SetArgs(append([]string{"admin", "recover"}, c.args...))
		if code := report(&out, root.ExecuteContext(t.Context())); code != c.code || given != c.want {
			t.Errorf("%s: exit %d, given %+v, said %s", name, code, given, &out)
		}
	}
}
