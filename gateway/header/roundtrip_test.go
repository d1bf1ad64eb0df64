package header_test

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway/header"
	"github.com/referee-casb/referee/gateway/rewrite"
)

func (w world) Reals() []string { return slices.Sorted(maps.Keys(w)) }
func (w world) Epoch() uint64   { return 1 }

// spellings write an address as scripts, style, JSON, markup and addresses within addresses do.
var spellings = []func(scheme, host, port, path string) string{
	func(s, h, p, r string) string { return `"` + s + `://` + h + p + `/` + r + `"` },
	func(s, h, p, r string) string { return `'` + s + `:\/\/` + h + p + `\/` + r + `'` },
	func(s, h, p, r string) string { return `"` + s + `:\\/\\/` + h + p + `\\/` + r + `"` },
	func(s, h, p, r string) string { return `"` + s + `:\u002f\u002f` + h + p + `\u002f` + r + `"` },
	func(s, h, p, r string) string {
		return `"` + s + `:\u002F\u002F` + h + strings.ReplaceAll(p, ":", `\u003a`) + `"`
	},
	func(s, h, p, r string) string { return `"` + s + `:\x2f\x2f` + h + p + `\x2f` + r + `"` },
	func(s, h, p, r string) string {
		return `?to=` + s + `%3A%2F%2F` + h + strings.ReplaceAll(p, ":", "%3A") + `%2F` + r + `&x`
	},
	func(s, h, p, r string) string {
		return `?to=` + s + `%253A%252F%252F` + h + strings.ReplaceAll(p, ":", "%253A") + `%252F` + r + `&x`
	},
	func(s, h, p, r string) string { return `url(//` + h + p + `/` + r + `)` },
	func(s, h, p, r string) string { return "`" + h + p + "`" },
	func(s, h, p, r string) string { return `\"` + h + p + `\"` },
	func(s, h, p, r string) string { return `&quot;` + s + `://` + h + p + `/` + r + `&quot;` },
}

// FuzzRoundTrip holds that what a page was told comes back to the app as the app wrote it, whatever is around it:
// reverse(rewrite(x)) == x. Schemes that become secure and hosts in capitals are the exceptions that are meant.
func FuzzRoundTrip(f *testing.F) {
	f.Add("fetch(", ")", "a/b?c=d", uint16(0))
	f.Add("host==", "||x", "", uint16(23))
	f.Add("\\", "\\", "x.y", uint16(7))
	f.Fuzz(func(t *testing.T, before, after, path string, pick uint16) {
		low := strings.ToLower(before + after + path)
		if strings.Contains(low, "gate") || strings.Contains(low, "http") || strings.Contains(low, "ws") || strings.Contains(low, "files") || strings.Contains(low, "api") {
			return // addresses of its own, mapped or insecure
		}
		host, port := "files.app", ""
		if pick&1 == 1 {
			host, port = "api.app", ":9443"
		}
		scheme := []string{"https", "wss"}[pick>>1&1]
		in := before + spellings[int(pick>>2)%len(spellings)](scheme, host, port, path) + after
		if roundTrip(t, in) != in {
			t.Fatalf("%q came back as %q", in, roundTrip(t, in))
		}
	})
}

func roundTrip(t *testing.T, in string) string {
	t.Helper()
	m := mapper()
	body, err := rewrite.New(rewrite.JS, io.NopCloser(strings.NewReader(in)), rewrite.Options{Hosts: m.Hosts.(world)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return m.Reverse(string(out))
}

// Every spelling is mapped, and comes back.
func TestSpellingsComeBack(t *testing.T) {
	t.Parallel()
	m := mapper()
	for i, spell := range spellings {
		for host, port := range map[string]string{"files.app": "", "api.app": ":9443"} {
			in := "x" + spell("https", host, port, "a") + "y"
			body, err := rewrite.New(rewrite.JS, io.NopCloser(strings.NewReader(in)), rewrite.Options{Hosts: m.Hosts.(world)})
			if err != nil {
				t.Fatal(err)
			}
			out, err := io.ReadAll(body)
			if err != nil || !strings.Contains(string(out), "gate.test") {
				t.Errorf("%d: %q is not mapped: %q, %v", i, in, out, err)
			}
			if back := m.Reverse(string(out)); back != in {
				t.Errorf("%d: %q came back from %q as %q", i, in, out, back)
			}
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	m := mapper()
	for in, want := range map[string]string{
		`camera=(self "https://files.app" "https://x.test"), geolocation=()`: `camera=(self "https://` + files + `" "https://x.test"), geolocation=()`,
		`camera 'self' https://files.app; fullscreen *`:                      `camera 'self' https://` + files + `; fullscreen *`,
		`camera=()`: `camera=()`,
	} {
		h, out := map[string][]string{"Permissions-Policy": {in}}, map[string][]string{}
		m.Response(out, h, &header.Incoming{})
		if out["Permissions-Policy"][0] != want {
			t.Errorf("%s: %s", in, out["Permissions-Policy"])
		}
	}
}
