package rewrite

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/fault"
)

// hostMap is a fixed map of hosts.
type hostMap map[string]string

func (m hostMap) Mapped(real string) (string, bool) { v, ok := m[real]; return v, ok }
func (m hostMap) Epoch() uint64                     { return 1 }
func (m hostMap) Reals() []string {
	return []string{"api.app.test:8443", "app.test", "files.app.test", "my-files.app.test", "portal.example.org", "static.app.test"}
}

var testHosts = hostMap{
	"files.app.test":     "files-app-test.demo.gate.test",
	"api.app.test:8443":  "api-app-test.demo.gate.test:9443",
	"static.app.test":    "static-app-test.demo.gate.test",
	"app.test":           "app-test.demo.gate.test",
	"my-files.app.test":  "my--files-app-test.demo.gate.test",
	"portal.example.org": "portal-example-org.demo.gate.test",
}

func run(t testing.TB, kind Kind, in string, opt Options, wrap func(io.Reader) io.Reader) (string, error) {
	t.Helper()
	opt.Hosts = testHosts
	b, err := New(kind, io.NopCloser(wrap(strings.NewReader(in))), opt)
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(b)
	if err == nil && b.Changed() != (string(out) != in) {
		t.Errorf("Changed is %v for %q", b.Changed(), in)
	}
	return string(out), err
}

func plain(r io.Reader) io.Reader { return r }

var inPieces = map[string]func(io.Reader) io.Reader{"whole": plain, "in bytes": iotest.OneByteReader}

func check(t *testing.T, kind Kind, name, in, want string, opt Options) {
	t.Helper()
	for how, wrap := range inPieces {
		if got, err := run(t, kind, in, opt, wrap); err != nil || got != want {
			t.Errorf("%s %s\n  in %q\n got %q, %v\nwant %q", name, how, in, got, err, want)
		}
	}
}

func TestLiterals(t *testing.T) {
	t.Parallel()
	const mapped, api = "files-app-test.demo.gate.test", "api-app-test.demo.gate.test:9443"
	cases := []struct {
		kind     Kind
		in, want string
	}{
		{JS, `fetch("https://files.app.test/x")`, `fetch("https://` + mapped + `/x")`},
		{JS, `fetch('//files.app.test')`, `fetch('//` + mapped + `')`},
		{JS, `u="https:\/\/files.app.test\/x"`, `u="https:\/\/` + mapped + `\/x"`},
		{JS, `u="https%3A%2F%2Ffiles.app.test%2Fx"`, `u="https%3A%2F%2F` + mapped + `%2Fx"`},
		{JS, `u="https%3A%2F%2Fapi.app.test%3A8443%2Fx"`, `u="https%3A%2F%2F` + strings.ReplaceAll(api, ":", "%3A") + `%2Fx"`},
		{JS, `u="https:\u002f\u002Ffiles.app.test\u002fx"`, `u="https:\u002f\u002F` + mapped + `\u002fx"`},
		{JS, `u="https:\x2f\x2ffiles.app.test\x2f"`, `u="https:\x2f\x2f` + mapped + `\x2f"`},
		{JS, `host==="files.app.test"`, `host==="` + mapped + `"`},
		{JS, "h=`files.app.test`", "h=`" + mapped + "`"},
		{JS, `h='api.app.test:8443'`, `h='` + api + `'`},
		{JS, `wss://api.app.test:8443/live`, `wss://` + api + `/live`},
		{JS, `https://api.app.test/x`, `https://api.app.test/x`}, // another port is another authority
		{JS, `https://files.app.test:443/x`, `https://` + mapped + `/x`},
		{JS, `https://FILES.App.test/x`, `https://` + mapped + `/x`},
		{JS, `.endsWith(".app.test")`, `.endsWith(".app.test")`},
		{JS, `x.app.test()`, `x.app.test()`},
		{JS, `"notfiles.app.test"`, `"notfiles.app.test"`},
		{JS, `"https://evil.test/files.app.test"`, `"https://evil.test/files.app.test"`},
		{JS, `"https://files.app.test.evil.test/"`, `"https://files.app.test.evil.test/"`},
		{JS, `"https://my-files.app.test/"`, `"https://my--files-app-test.demo.gate.test/"`},
		{JS, `'mail to x@files.app.test'`, `'mail to x@files.app.test'`},
		{CSS, `a{background:url(//files.app.test/x.png)}`, `a{background:url(//` + mapped + `/x.png)}`},
		{CSS, `@import "https://files.app.test/a.css";`, `@import "https://` + mapped + `/a.css";`},
	}
	for _, c := range cases {
		check(t, c.kind, "literal", c.in, c.want, Options{})
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	const m = "files-app-test.demo.gate.test"
	const inject = `<script src="/r.js"></script>`
	cases := []struct{ name, in, want string }{
		{"head", `<!doctype html><html><head><title>x</title>`, `<!doctype html><html><head>` + inject + `<title>x</title>`},
		{"no head", `<p>hello`, inject + `<p>hello`},
		{"text first", `hello<b>`, inject + `hello<b>`},
		{"comment first", `<!-- c --><html lang=en><body>`, `<!-- c --><html lang=en>` + inject + `<body>`},
		{"empty", ``, inject},
		{"attributes", `<head><a href='https://files.app.test/a' title="https://files.app.test/b">https://files.app.test/c</a>`, `<head>` + inject + `<a href='https://` + m + `/a' title="https://files.app.test/b">https://files.app.test/c</a>`},
		{"unquoted", `<head><img src=//files.app.test/i.png>`, `<head>` + inject + `<img src=//` + m + `/i.png>`},
		{"srcset", `<head><img srcset="//files.app.test/1 1x, //files.app.test/2 2x">`, `<head>` + inject + `<img srcset="//` + m + `/1 1x, //` + m + `/2 2x">`},
		{"upper case", `<HEAD><A HREF="HTTPS://FILES.APP.TEST/">`, `<HEAD>` + inject + `<A HREF="HTTPS://` + m + `/">`},
		{"inline script", `<head><script>u="https://files.app.test"; if(a<b){}</script>`, `<head>` + inject + `<script>u="https://` + m + `"; if(a<b){}</script>`},
		{"data script", `<head><script type="application/json">{"u":"https://files.app.test"}</script>`, `<head>` + inject + `<script type="application/json">{"u":"https://files.app.test"}</script>`},
		{"import map", `<head><script type=importmap>{"imports":{"a":"https://files.app.test/a.js"}}</script>`, `<head>` + inject + `<script type=importmap>{"imports":{"a":"https://` + m + `/a.js"}}</script>`},
		{"script with markup", `<head><script>x="<a href='https://files.app.test'>"</script>`, `<head>` + inject + `<script>x="<a href='https://` + m + `'>"</script>`},
		{"escaped script", `<head><script><!-- <script> </script> --> u="//files.app.test"</script><p title="//files.app.test">`, `<head>` + inject + `<script><!-- <script> </script> --> u="//` + m + `"</script><p title="//files.app.test">`},
		{"style", `<head><style>a{b:url(//files.app.test/)}</style>`, `<head>` + inject + `<style>a{b:url(//` + m + `/)}</style>`},
		{"textarea", `<head><textarea><a href="//files.app.test"></textarea>`, `<head>` + inject + `<textarea><a href="//files.app.test"></textarea>`},
		{"comment", `<head><!-- <a href="//files.app.test"> -->`, `<head>` + inject + `<!-- <a href="//files.app.test"> -->`},
		{"svg style is markup", `<head></head><svg><style><a href="//files.app.test"/></style></svg>`, `<head>` + inject + `</head><svg><style><a href="//` + m + `"/></style></svg>`},
		{"svg then html", `<head></head><svg></svg><style>a{b:url(//files.app.test/)}</style>`, `<head>` + inject + `</head><svg></svg><style>a{b:url(//` + m + `/)}</style>`},
		{"breakout", `<head></head><svg><p><style>//files.app.test</style>`, `<head>` + inject + `</head><svg><p><style>//` + m + `</style>`},
		{"integrity", `<head><script src="/a.js" integrity="sha256-x">`, `<head>` + inject + `<script src="/a.js?referee-integrity=sha256-x" data-referee-integrity="sha256-x">`},
		{"refresh", `<head><meta http-equiv=refresh content="0;url=https://files.app.test/">`, `<head>` + inject + `<meta http-equiv=refresh content="0;url=https://` + m + `/">`},
		{"handler", `<head><b onclick="go('https://files.app.test')">`, `<head>` + inject + `<b onclick="go('https://` + m + `')">`},
		{"style attribute", `<head><b style="background:url(//files.app.test/x)">`, `<head>` + inject + `<b style="background:url(//` + m + `/x)">`},
		{"srcdoc", `<head><iframe srcdoc="<a href='https://files.app.test'>x</a>">`, `<head>` + inject + `<iframe srcdoc="` + attributeEscaper.Replace(inject+`<a href='https://`+m+`'>x</a>`) + `">`},
		{"broken end", `<head><a href="https://files.app.test`, `<head>` + inject + `<a href="https://files.app.test`},
		{"equals in name", `<head><a =href="x" href="//files.app.test">`, `<head>` + inject + `<a =href="x" href="//` + m + `">`},
	}
	for _, c := range cases {
		check(t, HTML, c.name, c.in, c.want, Options{Inject: []byte(inject)})
	}
}

func TestJSONFields(t *testing.T) {
	t.Parallel()
	const m = "files-app-test.demo.gate.test"
	for _, c := range [][2]string{
		{`{"downloadUrl":"https://files.app.test/a","text":"https://files.app.test/b"}`, `{"downloadUrl":"https://` + m + `/a","text":"https://files.app.test/b"}`},
		{`{"a":{"downloadUrl" : "https:\/\/files.app.test\/a"}}`, `{"a":{"downloadUrl" : "https:\/\/` + m + `\/a"}}`},
		{`{"downloadUrl":["//files.app.test","x"],"other":["//files.app.test"]}`, `{"downloadUrl":["//` + m + `","x"],"other":["//files.app.test"]}`},
		{`{"x":"downloadUrl","y":"//files.app.test"}`, `{"x":"downloadUrl","y":"//files.app.test"}`},
		{`{"downloadUrl":null,"y":"//files.app.test"}`, `{"downloadUrl":null,"y":"//files.app.test"}`},
		{`not json "downloadUrl`, `not json "downloadUrl`},
	} {
		check(t, JSON, "fields", c[0], c[1], Options{Fields: []string{"downloadUrl"}})
	}
}

func TestCodings(t *testing.T) {
	t.Parallel()
	in := strings.Repeat(`fetch("https://files.app.test/x");`, 1000)
	want := strings.ReplaceAll(in, "files.app.test", testHosts["files.app.test"])
	for _, from := range []string{"", "gzip", "br", "zstd", "gzip, zstd"} {
		for _, to := range []string{"", "gzip", "br", "zstd"} {
			src := in
			for c := range strings.SplitSeq(from, ", ") {
				src = encode(t, src, c)
			}
			b, err := New(JS, io.NopCloser(strings.NewReader(src)), Options{Hosts: testHosts, Encoding: from, Accept: to})
			if err != nil {
				t.Fatal(err)
			}
			if b.Encoding() != to {
				t.Fatalf("writes %q, want %q", b.Encoding(), to)
			}
			d, err := decoder(io.NopCloser(b), to)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(d); err != nil || string(got) != want {
				t.Fatalf("%q to %q: %d bytes, %v; want %d", from, to, len(got), err, len(want))
			}
		}
	}
	if _, err := New(JS, io.NopCloser(strings.NewReader("")), Options{Hosts: testHosts, Encoding: "dcb"}); !fault.Is(err, fault.Invalid) {
		t.Fatalf("an unknown coding gave %v", err)
	}
	b, err := New(JS, io.NopCloser(strings.NewReader("not gzip")), Options{Hosts: testHosts, Encoding: "gzip"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(b); err == nil {
		t.Fatal("a broken coding was read")
	}
}

func encode(t testing.TB, s, coding string) string {
	t.Helper()
	var out bytes.Buffer
	e, err := newEncoder(&out, coding)
	if err == nil {
		_, err = io.WriteString(e, s)
	}
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFirstBytesAreNotHeldBack(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	b, err := New(HTML, r, Options{Hosts: testHosts, Accept: "gzip"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := decoder(io.NopCloser(b), "gzip")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(w, "<p>first</p>\n<p") }()
	if err := b.Begin(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("<p>first</p>\n"))
	if _, err := io.ReadFull(d, got); err != nil || string(got) != "<p>first</p>\n" {
		t.Fatalf("%q, %v", got, err)
	}
	_ = w.Close()
}

func TestCSP(t *testing.T) {
	t.Parallel()
	const m = "files-app-test.demo.gate.test"
	cases := []struct{ in, want, nonce string }{
		{"script-src 'self'", "script-src 'self'", ""},
		{"default-src 'self'", "default-src 'self'", ""},
		{"script-src 'nonce-abc'", "script-src 'nonce-abc'", "abc"},
		{"script-src 'strict-dynamic' 'nonce-abc'", "script-src 'strict-dynamic' 'nonce-abc'", "abc"},
		{"script-src 'sha256-x='", "script-src 'sha256-x=' 'nonce-MADE'", "MADE"},
		{"script-src 'none'", "script-src 'nonce-MADE'", "MADE"},
		{"script-src 'unsafe-inline' https://files.app.test", "script-src 'unsafe-inline' https://" + m + " 'self'", ""},
		{"default-src 'none'; style-src 'self'", "default-src 'none'; style-src 'self'; script-src 'nonce-MADE'; connect-src 'self'", "MADE"},
		{"connect-src https://api.app.test:8443", "connect-src https://api-app-test.demo.gate.test:9443 'self'", ""},
		{"img-src *.app.test", "img-src *.app.test files-app-test.demo.gate.test my--files-app-test.demo.gate.test static-app-test.demo.gate.test", ""},
		{"frame-ancestors https://portal.example.org", "frame-ancestors https://portal-example-org.demo.gate.test", ""},
		{"require-trusted-types-for 'script'; trusted-types app", "require-trusted-types-for 'script'; trusted-types app referee", ""},
		{"style-src 'sha256-x=' 'self'", "style-src 'sha256-x=' 'self' 'nonce-MADE'", ""},
		{"img-src files.app.test:*", "img-src " + m, ""},
		{"script-src-elem 'sha256-x='; script-src 'none'", "script-src-elem 'sha256-x=' 'nonce-MADE'; script-src 'none'", "MADE"},
		{"trusted-types 'none'; require-trusted-types-for 'script'", "trusted-types referee; require-trusted-types-for 'script'", ""},
		{"report-uri https://files.app.test/csp?a=1", "report-uri https://" + m + "/csp?a=1", ""},
		{"sandbox allow-scripts", "sandbox allow-scripts", ""},
	}
	for _, c := range cases {
		out, nonce := CSP([]string{c.in}, testHosts, "MADE")
		if out[0] != c.want || nonce != c.nonce {
			t.Errorf("%s\n got %s, nonce %q\nwant %s, nonce %q", c.in, out[0], nonce, c.want, c.nonce)
		}
	}
}

// FuzzPieces holds that cutting a body into inPieces changes nothing, and that a body without our hosts passes
// untouched.
func FuzzPieces(f *testing.F) {
	f.Add(`<head><a href="//files.app.test">x</a><script>u="https://files.app.test"</script>`, uint8(3), uint8(0))
	f.Add(`<svg><style><!--<script></script>--><a xlink:href='https:\/\/api.app.test:8443'>`, uint8(7), uint8(0))
	f.Add(`{"downloadUrl":"https://files.app.test"}`, uint8(2), uint8(3))
	f.Fuzz(func(t *testing.T, in string, n, k uint8) {
		kind := []Kind{HTML, CSS, JS, JSON, SVG}[int(k)%5]
		opt := Options{Hosts: testHosts, Fields: []string{"downloadUrl"}}
		whole, err := run(t, kind, in, opt, plain)
		if err != nil {
			t.Fatal(err)
		}
		size := int(n)%17 + 1
		cut, err := run(t, kind, in, opt, func(r io.Reader) io.Reader { return &limited{r, size} })
		if err != nil || whole != cut {
			t.Fatalf("in inPieces of %d: %q, %v\nwhole: %q", size, cut, err, whole)
		}
		if low := strings.ToLower(in); !strings.Contains(low, "app.test") && !strings.Contains(low, "portal.example") && kind != HTML && kind != SVG && whole != in {
			t.Fatalf("a body without our hosts was changed: %q", whole)
		}
	})
}

type limited struct {
	r io.Reader
	n int
}

func (l *limited) Read(p []byte) (int, error) { return l.r.Read(p[:min(len(p), l.n)]) }

// FuzzTree holds that rewriting changes no page's structure: the same elements come out.
func FuzzTree(f *testing.F) {
	f.Add(`<p title=x>a<svg><title><b></title></svg><textarea></textarea>`)
	f.Fuzz(func(t *testing.T, in string) {
		out, err := run(t, HTML, in, Options{}, plain)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := shape(in), shape(out); a != b {
			t.Fatalf("structure changed:\n%q\n%q\n%s\n%s", in, out, a, b)
		}
	})
}

// shape is the tree of a page without attributes and text.
func shape(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			fmt.Fprintf(&b, "(%s", n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode {
			b.WriteByte(')')
		}
	}
	walk(doc)
	return b.String()
}
