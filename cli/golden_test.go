package cli

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/api/apitest"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stage is a command line in front of an API.
type stage struct {
	*apitest.Fixture
	url string
	dir string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{Fixture: apitest.New(t), dir: t.TempDir()}
	server := httptest.NewServer(s.Fixture)
	t.Cleanup(server.Close)
	s.url = server.URL
	for name, secret := range s.Tokens {
		s.write(t, strings.NewReplacer("/", "-", "*", "all").Replace(name)+".token", secret+"\n")
	}
	return s
}

func (s *stage) write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// result is what a command gave.
type result struct {
	out, notes string
	code       int
}

// run runs a command line as contoso's token of a role.
func (s *stage) run(t *testing.T, role string, args ...string) result {
	t.Helper()
	return s.with(t, "", map[string]string{"REFEREE_SERVER": s.url, "REFEREE_TOKEN_FILE": filepath.Join(s.dir, role+".token")}, args...)
}

func (s *stage) with(t *testing.T, in string, env map[string]string, args ...string) result {
	t.Helper()
	var out, notes bytes.Buffer
	a := &app{env: func(k string) string { return env[k] }, now: s.Clock.Now, zone: time.UTC, out: &out, notes: &notes, in: strings.NewReader(in)}
	c := a.root()
	c.SetArgs(args)
	err := c.ExecuteContext(t.Context())
	code := report(&notes, err)
	return result{out.String(), notes.String(), code}
}

// volatile are parts of answers that no two runs share.
var volatile = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`tok-[0-9a-f]{16}`), "tok-0000000000000000"},
	{regexp.MustCompile(`bp-[0-9a-f]{16}`), "bp-0000000000000000"},
	{regexp.MustCompile(`ex-[a-z0-9]{12}`), "ex-000000000000"},
	{regexp.MustCompile(`referee_[A-Za-z0-9_-]{43}`), "referee_secret"},
	{regexp.MustCompile(`go1[0-9.]+[^ "]*`), "go1"},
}

// golden holds a transcript against testdata/<name>.txt.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, v := range volatile {
		got = v.pattern.ReplaceAllString(got, v.with)
	}
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // a test's data
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run go test ./cli -update and read the difference\n--- got\n%s\n--- want\n%s", file, got, want)
	}
}

// transcript runs commands and writes down what they gave.
type transcript struct {
	*stage
	t    *testing.T
	text strings.Builder
}

func (s *transcript) do(role string, args ...string) result {
	s.t.Helper()
	r := s.run(s.t, role, args...)
	shown := make([]string, len(args))
	for i, a := range args {
		shown[i] = strings.ReplaceAll(a, s.dir+string(filepath.Separator), "")
		if strings.ContainsAny(shown[i], " {") {
			shown[i] = "'" + shown[i] + "'"
		}
	}
	clean := strings.NewReplacer(s.dir+string(filepath.Separator), "", s.url, "https://referee.example.com")
	s.text.WriteString("$ referee " + strings.Join(shown, " ") + "    # as " + role + "\n")
	s.text.WriteString(clean.Replace(r.out))
	for _, line := range strings.SplitAfter(clean.Replace(r.notes), "\n") {
		if line != "" {
			s.text.WriteString("! " + line)
		}
	}
	if r.code != 0 {
		s.text.WriteString("exit " + string(rune('0'+r.code)) + "\n")
	}
	s.text.WriteString("\n")
	return r
}

const appYAML = `id: files
app: onedrive
name: Files
route: sso
hosts:
  - {name: files.example.com, role: app}
federation: {protocol: oidc, clientId: files, redirectUris: ["https://files.example.com/callback"]}
`

// TestStory goes an administrator's way with a policy.
func TestStory(t *testing.T) {
	t.Parallel()
	s := &transcript{stage: newStage(t), t: t}
	policies := s.write(t, "onedrive.yaml", apitest.RoutePolicy+"---\n"+apitest.BlockPolicy)
	wrong := s.write(t, "wrong.yaml", strings.Replace(apitest.BlockPolicy, "action: block", "action: blok", 1))
	softer := s.write(t, "softer.yaml", strings.Replace(apitest.BlockPolicy, "level: strict", "level: standard", 1))
	s.do("contoso-reader", "policy", "list")
	s.do("contoso-reader", "policy", "validate", wrong, policies)
	s.do("contoso-operator", "policy", "apply", wrong)
	s.do("contoso-operator", "policy", "apply", policies)
	s.do("contoso-operator", "app", "add", s.write(t, "files-app.yaml", appYAML))
	s.do("contoso-reader", "app", "list")
	s.do("contoso-operator", "policy", "apply", "--dry-run", policies)
	s.do("contoso-operator", "policy", "apply", "--comment", "ticket 4711", policies)
	s.do("contoso-operator", "policy", "apply", policies)
	s.do("contoso-reader", "policy", "list")
	s.do("contoso-reader", "policy", "lint")
	s.do("contoso-reader", "policy", "get", "block-downloads")
	s.Clock.Advance(time.Hour)
	s.Download(t, "contoso", "dora")
	s.Clock.Advance(time.Minute)
	s.do("contoso-analyst", "policy", "replay", softer)
	s.do("contoso-analyst", "policy", "report", "block-downloads")
	s.do("contoso-operator", "policy", "report", "block-downloads")
	s.do("contoso-operator", "policy", "confirm", "block-downloads")
	s.do("contoso-operator", "policy", "flip", "block-downloads", "--why", "the board wants it today")
	s.do("contoso-operator", "policy", "flip", "block-downloads")
	s.Clock.Advance(time.Minute)
	a := s.Download(t, "contoso", "dora")
	s.do("contoso-analyst", "why", a.Reference)
	s.Clock.Advance(time.Minute)
	s.do("contoso-operator", "exception", "add", "--user", "dora@contoso.example", "--app", "onedrive", "--policy", "block-downloads", "--expires", "7d", "--reason", "board meeting abroad", "--reference", a.Reference)
	s.do("contoso-operator", "exception", "add", "--user", "dora@contoso.example", "--app", "onedrive", "--policy", "block-downloads", "--reason", "for ever")
	s.do("contoso-reader", "exception", "list")
	id := s.Request(t, "contoso", "carl@contoso.example")
	s.do("contoso-operator", "exception", "refuse", id, "--answer", "use the shared folder")
	s.Clock.Advance(time.Minute)
	s.do("contoso-operator", "policy", "back", "block-downloads", "--why", "sales is stuck")
	s.do("contoso-reader", "policy", "status", "block-downloads")
	s.do("contoso-analyst", "why", a.Reference)
	s.do("contoso-operator", "policy", "delete", "block-downloads", "--comment", "replaced")
	s.do("contoso-reader", "policy", "history", "block-downloads")
	s.do("contoso-analyst", "activity", "search", "--type", "download", "--from", "24h")
	s.do("contoso-analyst", "activity", "search", "--limit", "3", "--oldest-first")
	s.do("contoso-analyst", "activity", "search", "--user", "dora@contoso.example", "--filter", `{"location.country": {"eq": "DK"}}`, "--action", "block")
	s.do("contoso-analyst", "activity", "search", "--filter", `{"location.contry": {"eq": "DK"}}`)
	golden(t, "story", s.text.String())
}

// TestOthers shows the other nouns, and how commands fail.
func TestOthers(t *testing.T) {
	t.Parallel()
	s := &transcript{stage: newStage(t), t: t}
	for _, v := range []session.Session{
		{ID: "s1", User: model.User{ID: "u1", Username: "dora@contoso.example"}, LastSeen: apitest.Monday},
		{ID: "s2", User: model.User{ID: "u2", Username: "carl@contoso.example"}, LastSeen: apitest.Monday},
	} {
		v.Tenant, v.Created, v.Expires, v.Idle, v.SecretHash = "contoso", apitest.Monday, apitest.Monday.Add(8*time.Hour), time.Hour, "h"
		if err := s.DB.PutSession(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	s.do("contoso-analyst", "session", "list")
	s.do("contoso-operator", "session", "revoke")
	s.do("contoso-operator", "session", "revoke", "--user", "dora@contoso.example", "--reason", "laptop lost")
	s.do("contoso-operator", "session", "revoke", "s2")
	s.do("contoso-analyst", "session", "list", "--all")
	s.do("all-admin", "tenant", "list")
	s.do("all-admin", "tenant", "add", s.write(t, "tailspin.yaml", "id: tailspin\nname: Tailspin Toys\ndomains: [tailspin.example]\n"))
	s.do("all-admin", "tenant", "add", s.write(t, "bad.yaml", "id: bad\nname: Bad\ndomains: [not a domain]\nbrand: {color: green}\n"))
	s.do("all-admin", "tenant", "get", "tailspin")
	s.do("all-admin", "policy", "list")
	s.do("all-admin", "policy", "list", "--tenant", "tailspin")
	s.do("contoso-admin", "policy", "list", "--tenant", "fabrikam")
	s.do("contoso-reader", "activity", "search")
	s.do("contoso-admin", "token", "add", "siem", "--role", "analyst", "--expires", "90d", "--output", filepath.Join(s.dir, "siem.token"))
	s.do("contoso-admin", "token", "add", "console", "--role", "reader", "--json")
	s.do("contoso-admin", "token", "list")
	s.do("contoso-admin", "token", "revoke", "tok-nothing")
	s.do("contoso-admin", "token", "list", "--installation")
	s.do("contoso-reader", "template", "list")
	s.do("contoso-reader", "template", "make", "block_download_unmanaged", "app=onedrive", "contact=it@contoso.example")
	s.do("contoso-reader", "template", "make", "block_countries")
	s.do("contoso-reader", "policy", "lists")
	s.do("contoso-reader", "policy", "get")
	s.do("contoso-reader", "policy", "list", "--jsn")
	s.do("contoso-analyst", "why", "K7QM-2T9X")
	golden(t, "others", s.text.String())
	if text, err := os.ReadFile(filepath.Join(s.dir, "siem.token")); err != nil || !strings.HasPrefix(string(text), "referee_") {
		t.Errorf("the token's file holds %q, %v", text, err)
	}
}

// TestConnect goes through the ways in which a command finds its server.
func TestConnect(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	token := filepath.Join(s.dir, "contoso-reader.token")
	s.write(t, "cli.yaml", "server: "+s.url+"\ntokenFile: contoso-reader.token\ntenant: contoso\n")
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "cli.yaml"), []byte("sever: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		code int
		says string
	}{
		{"data", nil, []string{"--data", s.dir}, 0, ""},
		{"data by environment", map[string]string{"REFEREE_DATA": s.dir}, nil, 0, ""},
		{"flags", nil, []string{"--server", s.url, "--token-file", token}, 0, ""},
		{"flag over file", nil, []string{"--data", s.dir, "--tenant", "fabrikam"}, 5, "there is no such tenant"},
		{"nothing", nil, nil, 2, "no server is named"},
		{"no token", map[string]string{"REFEREE_SERVER": s.url}, nil, 2, "no token is named"},
		{"in the clear", nil, []string{"--server", "http://referee.example.com", "--token-file", token}, 2, "must not travel in the clear"},
		{"no such folder", nil, []string{"--data", filepath.Join(s.dir, "x")}, 2, "holds no cli.yaml"},
		{"broken file", nil, []string{"--data", broken}, 2, "sever"},
		{"nobody listens", nil, []string{"--server", "http://127.0.0.1:1", "--token-file", token}, 8, "is Referee running"},
		{"roots are none", nil, []string{"--server", s.url, "--token-file", token, "--ca-file", token}, 2, "no PEM certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := s.with(t, "", c.env, append([]string{"policy", "list"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.notes, c.says) {
				t.Errorf("exit %d, %q; want %d and %q", got.code, got.notes, c.code, c.says)
			}
		})
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	choose := proxy(http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128"}))
	for host, direct := range map[string]bool{"referee.localhost": true, "localhost": true, "referee.example.com": false, "notlocalhost": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+":8443/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if through, err := choose(r); err != nil || (through == nil) != direct {
			t.Errorf("%s goes through %v, %v", host, through, err)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a := &app{env: func(k string) string {
		return map[string]string{"REFEREE_SERVER": s.url, "REFEREE_TOKEN_FILE": filepath.Join(s.dir, "contoso-analyst.token")}[k]
	}, now: s.Clock.Now, zone: time.UTC, notes: io.Discard}
	r, w := io.Pipe()
	a.out = w
	followed := make(chan string, 1)
	a.notes = writerFunc(func(b []byte) { followed <- string(b) })
	ended := make(chan error, 1)
	ctx, stop := contextWithStop(t)
	c := a.root()
	c.SetArgs([]string{"activity", "tail", "--type", "download"})
	go func() { ended <- c.ExecuteContext(ctx) }()
	<-followed
	s.Download(t, "contoso", "dora")
	line := make([]byte, 4096)
	n, err := r.Read(line)
	if err != nil || !strings.Contains(string(line[:n]), "plan.docx") {
		t.Errorf("followed %q, %v", line[:n], err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	act := s.Download(t, "contoso", "dora")
	for range 400 {
		act.ID = ""
		if err := s.Log.Event(t.Context(), &act); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(s.dir, "out.csv")
	if got := s.run(t, "contoso-analyst", "activity", "export", "--format", "csv", "-o", file); got.code != 0 || !strings.Contains(got.notes, "bytes written") {
		t.Fatalf("%+v", got)
	}
	text, err := os.ReadFile(file)
	if n := strings.Count(string(text), "\n"); err != nil || n != 403 { // a head, and the export's own beginning
		t.Errorf("%d lines, %v", n, err)
	}
	if got := s.run(t, "contoso-analyst", "activity", "export", "-o", file); got.code != 2 {
		t.Errorf("an existing file was written over: %+v", got)
	}
	s.Log.Tear(390)
	half := filepath.Join(s.dir, "half.csv")
	if got := s.run(t, "contoso-analyst", "activity", "export", "-o", half); got.code != 8 || !strings.Contains(got.notes, "cut off") {
		t.Errorf("half an export: %+v", got)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("half an export was left behind: %v", err)
	}
}

// TestClientSecret sees that an app's client secret never leaves this host.
func TestClientSecret(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write(t, "files.secret", "correct-horse-battery-staple-0123456789\n")
	file := s.write(t, "app.yaml", strings.Replace(appYAML, "clientId: files,", "clientId: files, clientSecretFile: files.secret,", 1))
	if got := s.run(t, "contoso-operator", "app", "add", file); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	list, err := s.DB.Instances(t.Context(), "contoso")
	if err != nil || len(list) != 1 || list[0].Federation.SecretHash != session.Secret("correct-horse-battery-staple-0123456789").Hash() {
		t.Errorf("stored %+v, %v", list, err)
	}
	s.write(t, "files.secret", "short\n")
	if got := s.run(t, "contoso-operator", "app", "add", file); got.code != 2 {
		t.Errorf("a short secret: %+v", got)
	}
}

// TestTerminal sees that what strangers wrote can't drive a terminal, and that colour stays off elsewhere.
func TestTerminal(t *testing.T) {
	t.Parallel()
	if got := plain("a\x1b[2Jb\nc\u0085d\u2028e"); strings.ContainsAny(got, "\x1b\n\u0085\u2028") {
		t.Errorf("%q", got)
	}
	a := &app{}
	if a.paint("31", "x") != "x" {
		t.Error("coloured without a terminal")
	}
	if a.colour = true; a.paint("31", "x") != "\x1b[31mx\x1b[0m" {
		t.Error("not coloured on a terminal")
	}
}
