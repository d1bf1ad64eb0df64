package gateway

import (
	"net/url"
	"strings"
	"testing"
)

func TestSelfPosting(t *testing.T) {
	t.Parallel()
	good := `<html><head><title>Working...</title></head><body><form method="POST" name="hiddenform" action="https://a.example/x"><input type="hidden" name="code" value="a&amp;b"><input type="hidden" name="state" value=""><noscript><input type="submit" value="Submit"></noscript></form><script language="javascript">document.forms[0].submit();</script></body></html>`
	form, err := selfPosting([]byte(good))
	if err != nil || form.Action != "https://a.example/x" || len(form.Fields) != 2 || form.Fields[0].Name != "code" || form.Fields[0].Value != "a&b" {
		t.Fatalf("%+v, %v", form, err)
	}
	for name, page := range map[string]string{
		"empty":               "",
		"no form":             "<p>hello",
		"get":                 strings.Replace(good, "POST", "GET", 1),
		"no method":           strings.Replace(good, `method="POST"`, "", 1),
		"password":            strings.Replace(good, "<noscript>", `<input type="password" name="p">`, 1),
		"no type":             strings.Replace(good, "<noscript>", `<input name="p">`, 1),
		"password outside":    strings.Replace(good, "</body>", `<input type="password" name="p"></body>`, 1),
		"password in svg":     strings.Replace(good, "<noscript>", `<svg><foreignObject><input type="text"></foreignObject></svg>`, 1),
		"textarea":            strings.Replace(good, "<noscript>", `<textarea name="p"></textarea>`, 1),
		"select":              strings.Replace(good, "<noscript>", `<select name="p"></select>`, 1),
		"two forms":           strings.Replace(good, "</body>", `<form method="post" action="/y"></form></body>`, 1),
		"frame":               strings.Replace(good, "</body>", `<iframe src="/login"></iframe></body>`, 1),
		"multipart":           strings.Replace(good, `method="POST"`, `method="POST" enctype="multipart/form-data"`, 1),
		"nothing to post":     `<form method="post" action="https://a.example/"></form>`,
		"checkbox":            strings.Replace(good, "<noscript>", `<input type="checkbox" name="DontShowAgain">`, 1),
		"too many fields":     strings.Replace(good, "<noscript>", strings.Repeat(`<input type="hidden" name="x" value="y">`, fieldsMost), 1),
		"another base":        strings.Replace(good, "<head>", `<head><base href="https://evil.example/">`, 1),
		"the sign-in service": `<html><body><div id="lightbox"></div><script>$Config={"urlPost":"/common/login"};</script></body></html>`,
	} {
		if form, err := selfPosting([]byte(page)); err == nil {
			t.Errorf("%s: taken for a form that posts itself: %+v", name, form)
		}
	}
}

func TestHinted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, user, want string }{
		{"client_id=a&state=s", "Director@Contoso.example", "client_id=a&domain_hint=contoso.example&login_hint=Director%40Contoso.example&state=s"},
		{"login_hint=somebody&prompt=select_account", "a@b.example", "domain_hint=b.example&login_hint=a%40b.example"},
		{"prompt=login+select_account", "a@b.example", "domain_hint=b.example&login_hint=a%40b.example&prompt=login"},
		{"prompt=none", "a@b.example", "domain_hint=b.example&login_hint=a%40b.example&prompt=none"},
		{"x=1", "nobody", "x=1"},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := hinted(q, c.user).Encode(); got != c.want {
			t.Errorf("%s for %s: %s, want %s", c.query, c.user, got, c.want)
		}
	}
}

func FuzzSelfPosting(f *testing.F) {
	f.Add([]byte(`<form method=post action=https://a.example/><input type=hidden name=a value=b></form>`))
	f.Add([]byte(`<form method=post><svg><style><input type=password></style></svg><input type=hidden name=a></form>`))
	f.Add([]byte(`<template><form method=post><input type=hidden name=x></form></template>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		form, err := selfPosting(text)
		if err == nil && (len(form.Fields) == 0 || len(form.Fields) > fieldsMost) {
			t.Fatalf("%q: %+v", text, form)
		}
	})
}
