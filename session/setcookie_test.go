package session

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestParseSetCookie(t *testing.T) {
	t.Parallel()
	day := t0.Add(24 * time.Hour)
	for _, c := range []struct {
		line string
		want setCookie
		bad  bool
	}{
		{line: "a=b", want: setCookie{name: "a", value: "b"}},
		{line: " a \t=\t b ; Secure", want: setCookie{name: "a", value: "b", secure: true}},
		{line: `a="b c"`, want: setCookie{name: "a", value: `"b c"`}},
		{line: "a=b=c", want: setCookie{name: "a", value: "b=c"}},
		{line: "justvalue", want: setCookie{value: "justvalue"}},
		{line: "=v", want: setCookie{value: "v"}},
		{line: "a=", want: setCookie{name: "a"}},
		{line: "a=b;", want: setCookie{name: "a", value: "b"}},
		{line: "a=b; DOMAIN=.App.Example; PATH=/p; HttpOnly; secure=no", want: setCookie{name: "a", value: "b", domain: "app.example", path: "/p", httpOnly: true, secure: true}},
		{line: "a=b; Path=p", want: setCookie{name: "a", value: "b"}},
		{line: "a=b; Path=/p; Path=", want: setCookie{name: "a", value: "b"}},
		{line: "a=b; SameSite=STRICT", want: setCookie{name: "a", value: "b", sameSite: sameSiteStrict}},
		{line: "a=b; SameSite=None; SameSite=what", want: setCookie{name: "a", value: "b"}},
		{line: "a=b; Max-Age=86400", want: setCookie{name: "a", value: "b", expires: day}},
		{line: "a=b; Max-Age=86400; Expires=Mon, 01 Jan 2035 00:00:00 GMT", want: setCookie{name: "a", value: "b", expires: day}},
		{line: "a=b; Expires=Mon, 01 Jan 2035 00:00:00 GMT; Max-Age=86400", want: setCookie{name: "a", value: "b", expires: day}},
		{line: "a=b; Max-Age=0", want: setCookie{name: "a", value: "b", expires: longAgo}},
		{line: "a=b; Max-Age=-5", want: setCookie{name: "a", value: "b", expires: longAgo}},
		{line: "a=b; Max-Age=99999999999", want: setCookie{name: "a", value: "b", expires: t0.Add(maxAge)}},
		{line: "a=b; Max-Age=1e9", want: setCookie{name: "a", value: "b"}},
		{line: "a=b; Expires=Tue, 24 Nov 2026 09:00:00 GMT", want: setCookie{name: "a", value: "b", expires: day}},
		{line: "a=b; Expires=Sun, 06 Nov 2199 08:49:37 GMT", want: setCookie{name: "a", value: "b", expires: t0.Add(maxAge)}},
		{line: "a=b; Domain=" + strings.Repeat("x", maxAttribute+1), want: setCookie{name: "a", value: "b"}},
		{line: "a=b; foo; bar=1; ;;", want: setCookie{name: "a", value: "b"}},
		{line: "a=\u00e9\xff", want: setCookie{name: "a", value: "\u00e9\xff"}},
		{line: "", bad: true},
		{line: "=", bad: true},
		{line: " ; Secure", bad: true},
		{line: "a=b\x00", bad: true},
		{line: "a=b\r\nX: y", bad: true},
		{line: "a=b; Path=/\x7f", bad: true},
		{line: "a=" + strings.Repeat("x", maxNameValue), bad: true},
	} {
		got, ok := parseSetCookie(c.line, t0)
		if ok == c.bad || ok && got != c.want {
			t.Errorf("%q: got %+v, %v; want %+v", c.line, got, ok, c.want)
		}
	}
}

func TestParseCookieDate(t *testing.T) {
	t.Parallel()
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, good := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "6 NOVEMBER 1994 8:49:37",
		"08:49:37 nov-1994-06", "1994/nov/06 08:49:37junk", "06nd Nov 94 08:49:37",
	} {
		if got, ok := parseCookieDate(good); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v", good, got, ok)
		}
	}
	if got, _ := parseCookieDate("01 Jan 69 00:00:00"); got.Year() != 2069 {
		t.Errorf("69 is %d", got.Year())
	}
	for _, bad := range []string{
		"", "tomorrow", "06 Nov 08:49:37", "06 1994 08:49:37", "Nov 1994 08:49:37", "06 Nov 1994", "30 Feb 2027 00:00:00", "06 Nov 1600 00:00:00",
		"06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "32 Jan 2027 00:00:00", "00 Jan 2027 00:00:00", "06 Nov 1994 008:49:37",
	} {
		if got, ok := parseCookieDate(bad); ok {
			t.Errorf("%q: taken as %v", bad, got)
		}
	}
}

func FuzzParseSetCookie(f *testing.F) {
	for _, s := range []string{"a=b; Path=/; Secure", "a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "=", "a", "__Host-a=b; Secure; Path=/", "a=b; Max-Age=-1; SameSite=None"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := parseSetCookie(line, t0)
		if !ok {
			return
		}
		if len(c.name)+len(c.value) > maxNameValue || c.name == "" && c.value == "" || strings.ContainsAny(c.name+c.value+c.path+c.domain, "\x00\r\n;") {
			t.Fatalf("%q: %+v", line, c)
		}
		if c.name != "" {
			back, ok := parseSetCookie(c.name+"="+c.value, t0)
			if !ok || back.name != c.name || back.value != c.value {
				t.Fatalf("%q does not survive a round trip: %+v", line, back)
			}
		}
		// What net/http takes as a well-formed cookie reads the same here, but for the blanks it leaves.
		if h, err := http.ParseSetCookie(line); err == nil && h.Name != "" && !h.Quoted && len(h.Unparsed) == 0 {
			if c.name != h.Name || c.value != trim(h.Value) || c.secure != h.Secure || c.httpOnly != h.HttpOnly {
				t.Fatalf("%q: %+v, net/http has %+v", line, c, h)
			}
		}
	})
}

func TestMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, domain string
		want         bool
	}{
		{"a.example", "a.example", true},
		{"b.a.example", "a.example", true},
		{"ba.example", "a.example", false},
		{"a.example", "b.a.example", false},
		{"10.0.0.1", "0.0.1", false},
		{"10.0.0.1", "10.0.0.1", true},
		{"a.example", "example", true},
	} {
		if got := domainMatch(c.host, c.domain); got != c.want {
			t.Errorf("domain %q of %q: %v", c.domain, c.host, got)
		}
	}
	for _, c := range []struct {
		path, cookie string
		want         bool
	}{
		{"/", "/", true}, {"/a", "/", true}, {"/a", "/a", true}, {"/a/", "/a", true}, {"/ab", "/a", false}, {"/a/b", "/a/", true}, {"/a", "/a/", false},
	} {
		if got := pathMatch(c.path, c.cookie); got != c.want {
			t.Errorf("path %q of %q: %v", c.cookie, c.path, got)
		}
	}
	for path, want := range map[string]string{"": "/", "x": "/", "/": "/", "/a": "/", "/a/": "/a", "/a/b": "/a", "/a/b/": "/a/b"} {
		if got := defaultPath(path); got != want {
			t.Errorf("default path of %q: %q, want %q", path, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want Site
	}{
		{"app.example.com", "api.example.com:8443", SameSite},
		{"example.com", "www.example.com", SameSite},
		{"a.github.io", "b.github.io", CrossSite},
		{"a.example.com", "b.example.org", CrossSite},
		{"", "a.example.com", CrossSite},
		{"10.0.0.1", "10.0.0.1:9", SameSite},
		{"10.0.0.1", "10.0.0.2", CrossSite},
		{"localhost:1", "localhost:2", SameSite},
		{"files.app.localhost", "api.app.localhost", SameSite},
		{"[::1]:80", "[::1]:81", SameSite},
		{"co.uk", "a.co.uk", CrossSite},
	} {
		if got := Relation(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %v", c.a, c.b, got)
		}
	}
}

func TestCanonicalHost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"A.Example:8443": "a.example", "a": "a", "[::1]:8": "::1", "[::1]": "::1", "::1": "::1", "": "", "10.0.0.1:9": "10.0.0.1"} {
		if got := canonicalHost(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
