package signin

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

func TestDeepLink(t *testing.T) {
	t.Parallel()
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for state, want := range map[string]string{
		"":                                     "",
		"/docs/1?a=b":                          "/docs/1?a=b",
		"/":                                    "",
		"https://files.example/x":              "https://files.example/x",
		"http://files.example/x":               "",
		"%2Fdocs%2F1":                          "/docs/1",
		"https%3A%2F%2Ffiles.example%2Fx":      "https://files.example/x",
		b64("/docs/1"):                         "/docs/1",
		b64("/docs/1") + "=":                   "/docs/1",
		`{"returnTo":"/docs/2"}`:               "/docs/2",
		b64(`{"redirect_to":"/docs/2","n":1}`): "/docs/2",
		`{"next":7,"target":"/docs/3"}`:        "/docs/3",
		`{"returnTo":"//evil.example"}`:        "",
		`{"other":"/docs/2"}`:                  "",
		`["/docs/2"]`:                          "",
		"//evil.example/":                      "",
		`/\evil.example`:                       "",
		`\\evil.example`:                       "",
		"/a b":                                 "",
		"/a\nb":                                "",
		"javascript:alert(1)":                  "",
		"https://user@files.example/":          "",
		"https:///x":                           "",
		"data:text/html,x":                     "",
		"fK3nqEZl0s":                           "",
		"/" + strings.Repeat("x", maxState):    "",
	} {
		if got := deepLink(state); got != want {
			t.Errorf("deepLink(%q) = %q, want %q", state, got, want)
		}
	}
}

// FuzzDeepLink: what comes out is a path or an https address without a user, whatever goes in, and resolves to
// nowhere but the base's own host outside Referee's own addresses.
func FuzzDeepLink(f *testing.F) {
	for _, s := range []string{"/docs", "%2Fdocs", `{"next":"/x"}`, "https://a.example/", "//x", `/\x`, "/.referee/enter", "/%2e%2e/.referee/x", "L2RvY3M", "/x?y#z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, state string) {
		link := deepLink(state)
		if link == "" {
			return
		}
		u, err := url.Parse(link)
		if err != nil || u.User != nil || strings.ContainsAny(link, "\\\r\n\t ") {
			t.Fatalf("%q gives %q: %v", state, link, err)
		}
		if link[0] != '/' {
			if u.Scheme != "https" || u.Host == "" {
				t.Fatalf("%q gives %q", state, link)
			}
			return
		}
		if strings.HasPrefix(link, "//") {
			t.Fatalf("%q gives %q", state, link)
		}
		to := resolve("https://files---x.contoso.gate.localhost:1/callback", link)
		if to == "" {
			return
		}
		r, err := url.Parse(to)
		if err != nil || r.Scheme != "https" || r.Host != "files---x.contoso.gate.localhost:1" || ownPath(to) {
			t.Fatalf("%q resolves to %q", state, to)
		}
	})
}

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://h/": false, "https://h/docs": false, "https://h/.refereeing": false, "https://h/x/.referee/": false,
		"https://h/.referee": true, "https://h/.referee/": true, "https://h/.referee/enter?x": true, "https://h/%2ereferee/x": true,
		"https://h/x/../.referee/enter": true, "https://h//.referee/enter": true, "https://h/./.referee/x": true, "https://h/.referee%2fenter": true,
	} {
		if got := ownPath(address); got != want {
			t.Errorf("ownPath(%q) = %v", address, got)
		}
	}
}
