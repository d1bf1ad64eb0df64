package rewrite

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

const mappedFiles = "files-app-test.demo.gate.test"

func TestAttributes(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`<a href="https:&#47;&#x2f;files.app.test/x">`, `<a href="https:&#47;&#x2f;@/x">`},
		{`<a href="https:\\files.app.test\x">`, `<a href="https://@\x">`},
		{`<a href="/\files.app.test/x">`, `<a href="//@/x">`},
		{"<a href=\"ht\ntps://fi\tles.app.test/x\">", `<a href="https://@/x">`},
		{`<a href="  https:///files.app.test/x">`, `<a href="  https:///@/x">`},
		{`<a href="https://anna:pw@files.app.test/x">`, `<a href="https://@/x">`},
		{`<a href="https://files%2Eapp%2etest/x">`, `<a href="https://@/x">`},
		{`<a href="https://files&period;app&period;test/x?a=1&copy=2">`, `<a href="https://@/x?a=1&copy=2">`},
		{`<a href="http://files.app.test/x">`, `<a href="https://@/x">`},
		{`<a href="http://files.app.test:80/x">`, `<a href="https://@/x">`},
		{`<a href="http:\\files.app.test/x">`, `<a href="https://@/x">`},
		{`<a href="https://other.test/?to=https%3A%2F%2Ffiles.app.test%2Fx">`, `<a href="https://other.test/?to=https%3A%2F%2F@%2Fx">`},
		{`<a href="https://files.app.test@evil.test/">`, `<a href="https://files.app.testATevil.test/">`},
		{`<a href="https:files.app.test">`, `<a href="https:files.app.test">`},
		{`<a href="mailto:x@files.app.test">`, `<a href="mailto:xATfiles.app.test">`},
		{`<a href="javascript:go('files.app.test')">`, `<a href="javascript:go('@')">`},
		{`<a ping="https://files.app.test/1 https://files.app.test/2">`, `<a ping="https://@/1 https://@/2">`},
		{`<link imagesrcset="https://files.app.test/1 1x, https://files.app.test/2 2x">`, `<link imagesrcset="https://@/1 1x, https://@/2 2x">`},
		{`<object data=//files.app.test/o codebase=//files.app.test/c archive="//files.app.test/1 //files.app.test/2">`, `<object data=//@/o codebase=//@/c archive="//@/1 //@/2">`},
		{`<param name=movie value="//files.app.test/f">`, `<param name=movie value="//@/f">`},
		{`<input value="https://files.app.test/">`, `<input value="https://files.app.test/">`},
		{`<svg><use xlink:href="//files.app.test/i#a" fill="url(//files.app.test/p#q)"/><set attributeName=href to="//files.app.test/s"/></svg>`, `<svg><use xlink:href="//@/i#a" fill="url(//@/p#q)"/><set attributeName=href to="//@/s"/></svg>`},
		{`<svg><style>a{fill:url(https://files.app.test/x)}</style></svg>`, `<svg><style>a{fill:url(https://@/x)}</style></svg>`},
		{`<svg><script>go("files.app.test")</script></svg>`, `<svg><script>go("@")</script></svg>`},
		{`<b onclick="go(&quot;https://files.app.test&quot;, &#39;files.app.test&#39;, a&&b)">`, `<b onclick="go(&#34;https://@&#34;, &#39;@&#39;, a&amp;&amp;b)">`},
		{`<iframe srcdoc="&lt;img src='//files.app.test/i' alt='&amp;copy=1'>">`, `<iframe srcdoc="&lt;img src=&#39;//@/i&#39; alt=&#39;&amp;copy=1&#39;>">`},
		{`<iframe csp="script-src https://files.app.test" allow="camera https://files.app.test">`, `<iframe csp="script-src https://@" allow="camera https://@">`},
		{`<base href="https://files.app.test/a/">`, `<base href="https://@/a/">`},
		{`<meta http-equiv=Refresh content="1; URL='https://files.app.test/'">`, `<meta http-equiv=Refresh content="1; URL='https://@/'">`},
		{`<meta property=og:url content="https://files.app.test/">`, `<meta property=og:url content="https://files.app.test/">`},
		{`<noscript><img src="//files.app.test/i"><p title="</noscript><img src='//files.app.test/j'>">`, `<noscript><img src="//@/i"><p title="</noscript><img src='//@/j'>">`},
		{`<template><a href="//files.app.test/">x</a></template>`, `<template><a href="//@/">x</a></template>`},
		{`<script type=speculationrules>{"prefetch":[{"urls":["https://files.app.test/a"]}]}</script>`, `<script type=speculationrules>{"prefetch":[{"urls":["https://@/a"]}]}</script>`},
		{`<script type="application/ld+json">{"url":"https://files.app.test/"}</script>`, `<script type="application/ld+json">{"url":"https://files.app.test/"}</script>`},
		{`<script type="text/javascript; charset=utf-8">"https://files.app.test/"</script>`, `<script type="text/javascript; charset=utf-8">"https://files.app.test/"</script>`},
		{`<script language=JavaScript>"https://files.app.test/"</script>`, `<script language=JavaScript>"https://@/"</script>`},
		{`<script src=//files.app.test/a.js integrity="sha384-eA=="></script>`, `<script src=//@/a.js?referee-integrity=sha384-eA%3D%3D data-referee-integrity="sha384-eA=="></script>`},
		{`<script src=//cdn.test/a.js integrity=sha384-x></script>`, `<script src=//cdn.test/a.js integrity=sha384-x></script>`},
		{`<link rel=preload as=font href=//files.app.test/f integrity=sha384-x>`, `<link rel=preload as=font href=//@/f integrity=sha384-x>`},
		{`<A HREF="HTTPS://FILES.APP.TEST:443/">`, `<A HREF="HTTPS://@/">`},
		{`<math><annotation-xml definitionurl="//files.app.test/d">`, `<math><annotation-xml definitionurl="//@/d">`},
	} {
		check(t, HTML, "attribute", c[0], strings.ReplaceAll(strings.ReplaceAll(c[1], "@", mappedFiles), "AT", "@"), Options{Real: "app.test"})
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`"https:\\/\\/files.app.test\\/x"`, `"https:\\/\\/@\\/x"`},
		{`"https:\\u002f\\u002ffiles.app.test\\u002f"`, `"https:\\u002f\\u002f@\\u002f"`},
		{`"https%253A%252F%252Ffiles.app.test%252Fx"`, `"https%253A%252F%252F@%252Fx"`},
		{`"https:\u{2f}\u{2F}files.app.test/"`, `"https:\u{2f}\u{2F}@/"`},
		{`'https:&#x2F;&#47;files.app.test&#47;'`, `'https:&#x2F;&#47;@&#47;'`},
		{`"http://files.app.test/"`, `"https://@/"`},
		{`"http:\/\/files.app.test\/"`, `"https:\/\/@\/"`},
		{`"http%3A%2F%2Ffiles.app.test%2F"`, `"https%3A%2F%2F@%2F"`},
		{`"ws://files.app.test:80/"`, `"wss://@/"`},
		{`"xhttp://files.app.test/"`, `"xhttp://@/"`},
		{`"\nhttp://files.app.test/"`, `"\nhttps://@/"`},
		{`{\"host\":\"files.app.test\"}`, `{\"host\":\"@\"}`},
		{`{\\\"host\\\":\\\"files.app.test\\\"}`, `{\\\"host\\\":\\\"@\\\"}`},
		{`{\"host\":\"files.app.test"}`, `{\"host\":\"files.app.test"}`},
		{`url(https:\2f \2f files.app.test/x)`, `url(https:\2f \2f @/x)`},
		{`url(https:\00002f\00002ffiles.app.test/x)`, `url(https:\00002f\00002f@/x)`},
		{`"https%253A%252F%252Fapi.app.test%253A8443%252Fx"`, `"https%253A%252F%252Fapi-app-test.demo.gate.test%253A9443%252Fx"`},
		{`/^https:\/\/files\.app\.test$/`, `/^https:\/\/files\.app\.test$/`},
		{"`https://files.app.test${path}`", "`https://@${path}`"},
		{`// see files.app.test`, `// see files.app.test`},
		{`"files.app.test.", "files_app.test"`, `"files.app.test.", "files_app.test"`},
	} {
		check(t, JS, "spelling", c[0], strings.ReplaceAll(c[1], "@", mappedFiles), Options{})
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	opt := Options{Replace: []Replacement{{".app.test", "-app-test.demo.gate.test"}, {`\.app\.test$`, `-app-test\.demo\.gate\.test$`}}}
	check(t, JS, "rule", `h.endsWith(".app.test")||/\.app\.test$/.test(h)`, `h.endsWith("-app-test.demo.gate.test")||/-app-test\.demo\.gate\.test$/.test(h)`, opt)
	check(t, HTML, "rule in a page", `<script>h.endsWith(".app.test")</script>.app.test`, `<script>h.endsWith("-app-test.demo.gate.test")</script>.app.test`, opt)
}

func TestXML(t *testing.T) {
	t.Parallel()
	const inject = `<script src="/r.js"></script>`
	const injected = `<script xmlns="http://www.w3.org/1999/xhtml" src="/r.js"></script>`
	for _, c := range [][2]string{
		{`<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head></html>`, `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>` + injected + `<title>x</title></head></html>`},
		{`<html><body><textarea><a href="//files.app.test"/></textarea></body></html>`, `<html>` + injected + `<body><textarea><a href="//@"/></textarea></body></html>`},
		{`<?xml-stylesheet href="https://files.app.test/s.css"?><html><head/></html>`, `<?xml-stylesheet href="https://@/s.css"?><html>` + injected + `<head/></html>`},
		{`<html><head><script><![CDATA[go("files.app.test")]]></script><style>a{b:url(//files.app.test/)}</style></head></html>`, `<html><head>` + injected + `<script><![CDATA[go("@")]]></script><style>a{b:url(//@/)}</style></head></html>`},
		{`<html><head><!-- <a href="//files.app.test"/> --></head></html>`, `<html><head>` + injected + `<!-- <a href="//files.app.test"/> --></head></html>`},
	} {
		check(t, XHTML, "xml", c[0], strings.ReplaceAll(c[1], "@", mappedFiles), Options{Inject: []byte(inject)})
	}
	check(t, SVG, "svg", `<svg><script>go("files.app.test")</script><a href="//files.app.test"/></svg>`, `<svg><script>go("`+mappedFiles+`")</script><a href="//`+mappedFiles+`"/></svg>`, Options{})
	var unclear *Ambiguous
	if _, err := run(t, XHTML, `<!DOCTYPE html [<!ENTITY x "<a href='//files.app.test'/>">]><html/>`, Options{Strict: true}, plain); !errors.As(err, &unclear) {
		t.Errorf("a document type with entities: %v", err)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const in, want = `<head></head><a href="https://files.app.test/">grüße 日本</a>`, `<head></head><a href="https://` + mappedFiles + `/">grüße 日本</a>`
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	as := func(s string, e interface {
		String(string) (string, error)
	},
	) string {
		out, err := e.String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, c := range []struct{ name, in, want, charset string }{
		{"UTF-16LE by head", as(in, little.NewEncoder()), as(want, little.NewEncoder()), "utf-16le"},
		{"UTF-16BE by head", as(in, big.NewEncoder()), as(want, big.NewEncoder()), "UTF-16BE"},
		{"UTF-16LE by mark", "\xff\xfe" + as(in, little.NewEncoder()), "\xff\xfe" + as(want, little.NewEncoder()), ""},
		{"UTF-16BE by mark", "\xfe\xff" + as(in, big.NewEncoder()), "\xfe\xff" + as(want, big.NewEncoder()), "utf-8"},
		{"UTF-8 by mark", "\xef\xbb\xbf" + in, "\xef\xbb\xbf" + want, "utf-16"},
		{"ISO-2022-JP", as(strings.ReplaceAll(in, "grüße ", ""), japanese.ISO2022JP.NewEncoder()), as(strings.ReplaceAll(want, "grüße ", ""), japanese.ISO2022JP.NewEncoder()), "iso-2022-jp"},
		{"bytes of no charset", "<head></head>\x80\xff<a href=//files.app.test>", "<head></head>\x80\xff<a href=//" + mappedFiles + ">", ""},
	} {
		check(t, HTML, c.name, c.in, c.want, Options{Charset: c.charset})
	}
}

func TestAmbiguous(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"select":    `<p>x<select><style><a href="//files.app.test"></style>`,
		"frameset":  `<frameset><style></style>`,
		"columns":   `<template><col><textarea></textarea></template>`,
		"svg":       `<select><svg><script></script></svg></select>`,
		"CDATA":     `<select><svg><![CDATA[x]]></svg></select>`,
		"escapes":   "<p>\x1b$@<b>",
		"late JIS":  "<meta charset=iso-2022-jp><p>\x1b(J<b>",
		"in srcdoc": `<iframe srcdoc="<select><style>">`,
	} {
		var unclear *Ambiguous
		for how, wrap := range inPieces {
			if out, err := run(t, HTML, in, Options{Strict: true}, wrap); !errors.As(err, &unclear) {
				t.Errorf("%s %s: %q, %v", name, how, out, err)
			}
			b, err := New(HTML, io.NopCloser(wrap(strings.NewReader(in))), Options{Hosts: testHosts})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := io.ReadAll(b); err != nil || string(out) != in || b.Unclear() == nil {
				t.Errorf("%s %s: not strict: %q, %v", name, how, out, err)
			}
		}
	}
	for name, in := range map[string]string{
		"icons in a select":   `<select><option><svg><title>x</title><path d=""/></svg></select><style>a</style>`,
		"diagrams":            `<svg><foreignObject><div><p>a</p><span>b</span></div></foreignObject></svg><script>1</script>`,
		"declared escapes":    "<meta charset=utf-8><p>\x1b$@",
		"noscript in a head":  `<head><noscript><style>a</style></noscript></head>`,
		"frames":              `<html><head><script>1</script></head><frameset><frame src=a><noframes>x</noframes></frameset></html>`,
		"template with cells": `<template><tr><td><textarea>x</textarea></td></tr></template>`,
	} {
		if out, err := run(t, HTML, in, Options{Strict: true}, plain); err != nil || out != in {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

// A policy that knows inline scripts by digest goes on knowing them when they are rewritten.
func TestDigests(t *testing.T) {
	t.Parallel()
	d := DigestsOf([]string{"script-src 'sha256-bWfDsVHdVFrnCNf5cUoDaABuR2uTYRKCfpMaUfq7OIA='"})
	if d.empty() {
		t.Fatal("no digest")
	}
	text := `u="https://files.app.test"`
	h := newDigest("sha256")
	h.Write([]byte(text))
	csp := "script-src 'sha256-" + base64Sum(h) + "' 'unsafe-hashes'"
	opt := Options{Digests: DigestsOf([]string{csp}), Nonce: "N"}
	m := strings.ReplaceAll(text, "files.app.test", mappedFiles)
	check(t, HTML, "known", `<script a>`+text+`</script>`, `<script nonce="N" a>`+m+`</script>`, opt)
	check(t, HTML, "unknown", `<script>x=1;`+text+`</script>`, `<script>x=1;`+m+`</script>`, opt)
	check(t, HTML, "handler", `<b onclick='`+text+`' title=x>`, `<b onclick='`+text+`' title=x>`, opt)
	check(t, HTML, "policy in the page", `<meta http-equiv=content-security-policy content="`+strings.ReplaceAll(csp, `"`, "")+`"><script>`+text+`</script>`,
		`<meta http-equiv=content-security-policy content="`+strings.NewReplacer("'", "&#39;").Replace(csp+" 'nonce-N'")+`"><script nonce="N">`+m+`</script>`, Options{Nonce: "N"})
	// Another policy that does not know it would have stopped it: so it does still.
	check(t, HTML, "two policies", `<script>`+text+`</script>`, `<script>`+m+`</script>`, Options{Digests: DigestsOf([]string{csp, "script-src 'nonce-x'"}), Nonce: "N"})
	check(t, HTML, "a style's digest", `<script>`+text+`</script>`, `<script>`+m+`</script>`, Options{Digests: DigestsOf([]string{strings.Replace(csp, "script-src", "script-src 'nonce-x'; style-src", 1)}), Nonce: "N"})
	check(t, HTML, "by source", `<script src=x.js integrity=sha384-a></script>`, `<script src=x.js nonce="N" integrity=sha384-a&#32;sha384-b></script>`,
		Options{Real: "files.app.test", Digests: DigestsOf([]string{"script-src 'sha384-a'"}), Nonce: "N", Integrity: checked{"sha384-a": "sha384-b"}})
	check(t, HTML, "unchanged", `<script>1</script>`, `<script>1</script>`, opt)
}

// checked is an [Integrity] that knows one body.
type checked map[string]string

func (c checked) Rewritten(original string) (string, bool) { d, ok := c[original]; return d, ok }
func (c checked) Expect(address, metadata string)          { c["expected "+address] = metadata }

func TestIntegrity(t *testing.T) {
	t.Parallel()
	known := checked{"sha384-a=": "sha384-b=", "sha384-same": "sha384-same"}
	opt := Options{Real: "files.app.test", Address: "https://files.app.test/dir/page", Integrity: known}
	for _, c := range [][2]string{
		{`<script src=x.js integrity="sha256-z sha384-a="></script>`, `<script src=x.js integrity="sha256-z sha384-a= sha384-b="></script>`},
		{`<script src=x.js integrity=sha384-same></script>`, `<script src=x.js integrity=sha384-same></script>`},
		{`<script integrity=sha384-new src="x.js#f"></script>`, `<script data-referee-integrity=sha384-new src="x.js?referee-integrity=sha384-new#f"></script>`},
		{`<link rel=stylesheet href="s.css?v=1&amp;w=2" integrity=sha384-new>`, `<link rel=stylesheet href="s.css?v=1&amp;w=2&amp;referee-integrity=sha384-new" data-referee-integrity=sha384-new>`},
		{`<script src=x.js integrity="md5-none"></script>`, `<script src=x.js integrity="md5-none"></script>`},
		{`<base href=//cdn.test/><script src=x.js integrity=sha384-new></script>`, `<base href=//cdn.test/><script src=x.js integrity=sha384-new></script>`},
		{`<script type=importmap>{"imports":{"a":"./a.js"},"integrity":{"./a.js":"sha384-a=","./b.js":"sha384-b2"}}</script>`, `<script type=importmap>{"imports":{"a":"./a.js"},"integrity":{"./a.js":"sha384-a= sha384-b=","./b.js":"sha384-b2"}}</script>`},
	} {
		check(t, HTML, "integrity", c[0], c[1], opt)
	}
	if known["expected https://files.app.test/dir/b.js"] != "sha384-b2" {
		t.Errorf("expected: %v", known)
	}
	for query, want := range map[string][2]string{
		"a=1&referee-integrity=sha384-x%3D":     {"a=1", "sha384-x="},
		"referee-integrity=sha384-x&b=2":        {"b=2", "sha384-x"},
		"a=1&referee-integrity=sha384-x+y&b=%2": {"a=1&b=%2", "sha384-x y"},
		"x-referee-integrity=1":                 {"x-referee-integrity=1", ""},
	} {
		if rest, metadata, _ := CutMarker(query); rest != want[0] || metadata != want[1] {
			t.Errorf("%s: %q, %q", query, rest, metadata)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const body = `fetch("https://files.app.test/")`
	h := newDigest("sha512")
	h.Write([]byte(body))
	good := "sha512-" + base64Sum(h)
	for metadata, fine := range map[string]bool{good: true, "sha256-bad " + good: true, "sha512-bad": false} {
		var from, to string
		b, err := New(JS, io.NopCloser(iotest.OneByteReader(strings.NewReader(body))), Options{Hosts: testHosts, Check: &Check{Metadata: metadata, Cut: true, Verified: func(a, b string) { from, to = a, b }}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(b)
		h.Reset()
		h.Write(out)
		if (err == nil) != fine || fine && (from != good || to != "sha512-"+base64Sum(h)) {
			t.Errorf("%s: %v, %q to %q", metadata, err, from, to)
		}
	}
}

func TestLongScriptsAreNotHeld(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	b, err := New(HTML, r, Options{Hosts: testHosts})
	if err != nil {
		t.Fatal(err)
	}
	part := bytes.Repeat([]byte(`x="https://files.app.test";<`), 4096)
	go func() {
		_, _ = io.WriteString(w, "<script>")
		for range 400 { // 40 MB in all
			_, _ = w.Write(part)
		}
		_ = w.Close()
	}()
	n, err := io.Copy(io.Discard, b)
	if want := int64(8 + 400*4096*(len(`x="https://;<"`)-1+1+len(mappedFiles))); err != nil || n < want-400*4096 {
		t.Fatalf("%d bytes of %d, %v", n, want, err)
	}
	if p := b.step.(*wide).next.(*page); cap(p.buf) > 1<<20 {
		t.Errorf("holds %d bytes", cap(p.buf))
	}
}
