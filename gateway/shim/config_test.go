package shim_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/gateway/shim"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() shim.Config {
	return shim.Config{
		Origin:      "https://files-example.acme.gate.localhost:8443",
		Hosts:       map[string]string{"files.example": "files-example.acme.gate.localhost:8443"},
		Suffix:      "acme.gate.localhost",
		Controls:    shim.Controls{shim.Copy: shim.Block, shim.Print: shim.Override, shim.Paste: shim.Audit},
		Messages:    map[shim.Control]shim.Message{shim.Copy: {Title: "No copies", Text: "Why: <b>policy</b>\nWhat to do: ask.", LinkURL: "https://help.example/"}, shim.Print: {LinkURL: "https://help.example/?a=1&b=2"}},
		Brand:       shim.Brand{Name: "Contoso & Sons"},
		Lang:        "en",
		ReportPath:  "/.referee/report",
		RefreshPath: "/.referee/controls",
		Broker:      "https://signin.referee.localhost",
	}
}

// The browser tests start from this file, so that they hold for what Go writes.
func TestConfigJSONGolden(t *testing.T) {
	t.Parallel()
	raw, err := sample().JSON()
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(tree, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := filepath.Join("testdata", "config.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("config JSON changed; run with -update and look at the difference:\n%s", got)
	}
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	if err := sample().Validate(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		change func(*shim.Config)
		want   string
	}{
		"host with path":     {func(c *shim.Config) { c.Hosts = map[string]string{"a/b": "c"} }, "hosts:"},
		"host in capitals":   {func(c *shim.Config) { c.Hosts = map[string]string{"A.example": "c"} }, "hosts:"},
		"default port":       {func(c *shim.Config) { c.Hosts = map[string]string{"a.example:443": "c"} }, "hosts:"},
		"unknown control":    {func(c *shim.Config) { c.Controls = shim.Controls{"scroll": shim.Block} }, "unknown control"},
		"unknown mode":       {func(c *shim.Config) { c.Controls = shim.Controls{shim.Copy: "deny"} }, "unknown mode"},
		"unknown message":    {func(c *shim.Config) { c.Messages = map[shim.Control]shim.Message{"x": {}} }, "messages:"},
		"report elsewhere":   {func(c *shim.Config) { c.ReportPath = "/report" }, "report path"},
		"refresh elsewhere":  {func(c *shim.Config) { c.RefreshPath = "https://x.example/" }, "refresh path"},
		"logo elsewhere":     {func(c *shim.Config) { c.Brand.Logo = "//x.example/l.png" }, "logo path"},
		"broker with a path": {func(c *shim.Config) { c.Broker = "https://x.example/" }, "https origin"},
		"no origin":          {func(c *shim.Config) { c.Origin = "" }, "https origin"},
		"broker in clear":    {func(c *shim.Config) { c.Broker = "http://x.example" }, "https origin"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sample()
			tc.change(&c)
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Validate() = %v, want %q in it", err, tc.want)
			}
			if _, err := shim.NewTag(c); err == nil {
				t.Error("NewTag takes what Validate refuses")
			}
		})
	}
}

// What a parser reads back from the tag is what was put in, whatever characters it has.
func TestTagSurvivesParsing(t *testing.T) {
	t.Parallel()
	c := sample()
	tag, err := shim.NewTag(c)
	if err != nil {
		t.Fatal(err)
	}
	written := tag.Append([]byte("<head>"), `d"1`, `n<2`)
	doc, err := html.Parse(strings.NewReader(string(written)))
	if err != nil {
		t.Fatal(err)
	}
	attrs := map[string]string{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "script" {
			for _, a := range n.Attr {
				attrs[a.Key] = a.Val
			}
		}
	}
	raw, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"src": c.Origin + shim.Path(), "data-referee-config": string(raw), "data-referee-doc": `d"1`, "nonce": "n<2"}
	for k, v := range want {
		if attrs[k] != v {
			t.Errorf("%s = %q, want %q", k, attrs[k], v)
		}
	}
	if again := tag.Append(nil, "d2", ""); strings.Contains(string(again), "nonce") {
		t.Errorf("a tag without a nonce has one: %s", again)
	}
}

func TestDefaultTextsCoverControls(t *testing.T) {
	t.Parallel()
	words := shim.DefaultTexts("")
	for _, control := range shim.AllControls() {
		if words[string(control)] == "" {
			t.Errorf("no words for %s", control)
		}
	}
	for k, v := range words {
		if strings.Contains(v, "{") {
			t.Errorf("%s keeps a placeholder: %q", k, v)
		}
	}
	words["close"] = "changed"
	if shim.DefaultTexts("")["close"] == "changed" {
		t.Error("DefaultTexts hands out shared words")
	}
}

func TestTakeMark(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in, out string
		marked  bool
	}{
		{"", "", false},
		{"*/*", "*/*", false},
		{"*/*, " + shim.Mark, "*/*", true},
		{"application/json, text/plain;q=0.5, " + shim.Mark, "application/json, text/plain;q=0.5", true},
		{"text/html , application/vnd.referee.anonymous; q=0", "text/html", true},
		{shim.Mark, "", true},
		{"application/vnd.referee.other, */*", "application/vnd.referee.other, */*", false},
	}
	for _, tc := range cases {
		if out, marked := shim.TakeMark(tc.in); out != tc.out || marked != tc.marked {
			t.Errorf("TakeMark(%q) = %q, %v, want %q, %v", tc.in, out, marked, tc.out, tc.marked)
		}
	}
	if !strings.Contains(string(shim.Script()), shim.Mark) {
		t.Error("the script sends another mark")
	}
}
