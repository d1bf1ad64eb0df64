package recognise

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/catalog/appprofile"
)

// TestAppProfiles runs the requests that stand beside each app's profile: a line is method, role of the host, address,
// and what the request is.
func TestAppProfiles(t *testing.T) {
	t.Parallel()
	for _, p := range appprofile.All() {
		t.Run(p.App, func(t *testing.T) {
			t.Parallel()
			compiled, err := Compile(p.Requests)
			if err != nil {
				t.Fatal(err)
			}
			file, err := os.Open("../../catalog/appprofile/app/" + p.App + ".cases")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			cases, kinds := 0, map[string]bool{}
			for in := bufio.NewScanner(file); in.Scan(); {
				f := strings.Fields(in.Text())
				if len(f) == 0 || f[0] == "#" {
					continue
				}
				if len(f) != 4 {
					t.Fatalf("%q is not method, role, address and result", in.Text())
				}
				cases++
				kinds[f[3]] = true
				if got := caseOf(f[0], catalog.Role(f[1]), f[2], f[3] == "view", compiled); got != f[3] {
					t.Errorf("%s: is %s", in.Text(), got)
				}
			}
			if cases < 6 || !kinds["view"] || !kinds["plain"] && p.App != "workday" {
				t.Errorf("%d cases with %v: not enough to hold the profile", cases, kinds)
			}
		})
	}
}

// caseOf says what a request is, in the words of the cases.
func caseOf(method string, role catalog.Role, address string, navigation bool, p *Profile) string {
	var body *strings.Reader
	r := httptest.NewRequest(method, "https://app.example"+address, nil)
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch {
		body = strings.NewReader(`{"a":1}`)
		r = httptest.NewRequest(method, "https://app.example"+address, body)
		r.Header.Set("Content-Type", "application/json") // the type that says least
	}
	r.Header.Set("Sec-Fetch-Mode", "cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	if navigation {
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Sec-Fetch-Dest", "document")
	}
	var q RequestInfo
	Request(&q, r, "app.example", role, p)
	switch {
	case q.Export:
		return "export"
	case q.NeverFile:
		return "never-file"
	case q.Preview:
		return "preview"
	case q.Activity != "":
		return string(q.Activity)
	}
	return "plain"
}

func TestPatternQuery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path, query string
		anyCase, want        bool
	}{
		{"/d.aspx?id=*", "/d.aspx", "id=1", false, true},
		{"/d.aspx?id=*", "/d.aspx", "id=", false, false},
		{"/d.aspx?id=*", "/d.aspx", "id", false, false},
		{"/d.aspx?id=*", "/d.aspx", "", false, false},
		{"/d.aspx?CSV", "/d.aspx", "x=1&CSV", false, true},
		{"/d.aspx?CSV", "/d.aspx", "CSV=", false, true},
		{"/d.aspx?CSV", "/d.aspx", "xCSV=1", false, false},
		{"/d?download=1", "/d", "download=0&download=1", false, true},
		{"/d?download=1", "/d", "down%6Coad=%31", false, true},
		{"/d?download=1", "/d", "download=11", false, false},
		{"/d?a=1&b=2", "/d", "b=2&a=1", false, true},
		{"/d?a=1&b=2", "/d", "a=1", false, false},
		{"/D/x", "/d/x", "", false, false},
		{"/D/x", "/d/x", "", true, true},
		{"/s?action=SendItem", "/s", "Action=SendItem", true, true},
		{"/s?action=SendItem", "/s", "ACTION=senditem", true, true},
		{"/s?action=SendItem", "/s", "Action=SendItem", false, false},
		{"/s?action=SendItem", "/s", "action=SendItems", true, false},
	} {
		p, err := compilePattern(c.pattern, c.anyCase)
		if err != nil {
			t.Fatal(err)
		}
		if p.match(c.path, c.query) != c.want {
			t.Errorf("%s on %s?%s: %v", c.pattern, c.path, c.query, !c.want)
		}
	}
	for _, bad := range []string{"no-slash", "/x?", "/x?=1", "/x?a&&b", "/x#y"} {
		if _, err := compilePattern(bad, false); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("/a/**/b?c=*", "/a/x/b", "c=1&d")
	f.Add("/**?download=1", "/x", "down%6coad=1")
	f.Fuzz(func(t *testing.T, pattern, path, query string) {
		p, err := compilePattern(pattern, false)
		if err != nil || len(pattern) > 100 || len(path) > 1000 || strings.Count(pattern, "*") > 6 {
			return
		}
		if p.match(path, query) && len(p.query) > 0 && query == "" {
			t.Fatal("a query that is not there was found")
		}
	})
}
