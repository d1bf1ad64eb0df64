package rewrite

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// use says what an attribute's value is.
type use uint8

const (
	useData use = iota
	useURL
	useCode
	usePage      // srcdoc: a page, with its markup escaped once
	useIntegrity // digests of a body that may be rewritten
	usePolicy    // a content security policy
	useMeta      // content of meta, by what the element is for
	useParam     // value of param, by its name
	useMotion    // SVG animation: what an attribute becomes
)

// uses are the attributes that hold more than data, on whatever element: HTML Living Standard, its index of attributes; SVG 2; and
// those of older pages that browsers still follow.
var uses = map[string]use{
	"href": useURL, "src": useURL, "srcset": useURL, "imagesrcset": useURL, "action": useURL, "formaction": useURL, "poster": useURL, "data": useURL,
	"cite": useURL, "background": useURL, "ping": useURL, "manifest": useURL, "xlink:href": useURL, "codebase": useURL, "longdesc": useURL, "profile": useURL,
	"itemid": useURL, "archive": useURL, "classid": useURL, "lowsrc": useURL, "dynsrc": useURL, "icon": useURL, "attributionsrc": useURL, "allow": useURL,
	"xml:base": useURL, "definitionurl": useURL, "altimg": useURL, "pluginspage": useURL, "pluginurl": useURL,
	"fill": useURL, "stroke": useURL, "filter": useURL, "mask": useURL, "clip-path": useURL, "cursor": useURL,
	"marker-start": useURL, "marker-mid": useURL, "marker-end": useURL, "marker": useURL,
	"from": useMotion, "to": useMotion, "by": useMotion, "values": useMotion,
	"style": useCode, "srcdoc": usePage, "integrity": useIntegrity, "csp": usePolicy, "content": useMeta, "value": useParam,
}

func useOf(name []byte) use {
	switch string(name) {
	case "class", "id", "type", "name", "rel", "alt", "title", "width", "height", "role", "lang", "for", "target", "tabindex":
		return useData // most attributes are one of these
	}
	if len(name) > 5 && name[4] == '-' && (string(name[:4]) == "data" || string(name[:4]) == "aria") {
		return useData
	}
	if u, ok := uses[string(name)]; ok {
		return u
	}
	if len(name) > 2 && name[0] == 'o' && name[1] == 'n' {
		return useCode
	}
	return useData
}

// startTag is one start tag on its way.
type startTag struct {
	page  *page
	out   *output
	at    int // of the tag in the output's text
	raw   []byte
	name  []byte
	attrs []attribute

	closed  bool   // it ends in "/>"
	marker  string // digests that the gateway checks, by the address
	instead string // of the attribute then
	digests string // added to those that the element has
	nonce   string // the policy's, as an attribute, for what it allowed by digest
}

// value gives an attribute's value, decoded.
func (t *startTag) value(name string) (string, bool) {
	for _, a := range t.attrs {
		if bytes.EqualFold(t.raw[a.nameFrom:a.nameTo], []byte(name)) {
			return decode(t.raw[a.valueFrom:a.valueTo]), true
		}
	}
	return "", false
}

// patch replaces the values that change.
func (t *startTag) patch() error {
	if len(t.attrs) == 0 {
		return nil
	}
	switch string(t.name) {
	case "script", "link":
		t.integrity()
	}
	for _, a := range t.attrs {
		key := t.raw[a.nameFrom:a.nameTo]
		if upper(key) {
			key = bytes.ToLower(key)
		}
		u := useOf(key)
		if u == useData || a.valueFrom == a.valueTo {
			continue
		}
		value := t.raw[a.valueFrom:a.valueTo]
		var repl []byte
		var err error
		switch u {
		case useURL:
			if from, mapped := t.page.values.simple(value); mapped != "" && t.marker == "" {
				t.out.host(t.at+a.valueFrom+from, mapped)
				continue
			}
			repl = t.page.values.url(value)
			if t.marker != "" && (string(key) == "src" || string(key) == "href") {
				if repl == nil {
					repl = value
				}
				repl = reencode(Marked(decode(repl), t.marker), value)
			}
		case useCode:
			repl = t.handler(value, key)
		case useMotion:
			if string(t.name) == "set" || bytes.HasPrefix(t.name, []byte("animate")) {
				repl = t.page.values.url(value)
			}
		case useParam:
			if string(t.name) == "param" {
				repl = t.page.values.url(value)
			}
		case usePage:
			repl, err = t.srcdoc(value)
		case usePolicy:
			repl = reencode(mapPolicy(decode(value), t.page.opt.Hosts), value)
		case useMeta:
			if string(t.name) == "meta" {
				repl = t.meta(value)
			}
		case useIntegrity:
			switch {
			case t.instead != "":
				t.out.replace(t.at+a.nameFrom, t.at+a.nameTo, []byte(t.instead))
			case t.digests != "":
				t.out.put(t.at+a.nameFrom, []byte(t.nonce))
				repl = append(bytes.Clone(value), t.digests...)
			}
		}
		if err != nil {
			return err
		}
		if repl != nil && !bytes.Equal(repl, value) {
			if a.quote == 0 {
				repl = bare(repl)
			}
			t.out.replace(t.at+a.valueFrom, t.at+a.valueTo, repl)
		}
	}
	switch string(t.name) {
	case "meta":
		t.charset()
	case "base":
		if href, ok := t.value("href"); ok && t.page.base == nil {
			t.page.base, _ = url.Parse(strings.TrimSpace(href))
		}
	}
	return nil
}

// handler maps code in an attribute: an event handler or style.
func (t *startTag) handler(value, key []byte) []byte {
	text := value
	coded := bytes.IndexByte(value, '&') >= 0
	if coded {
		text = []byte(decode(value))
	}
	repl := t.page.values.code(text)
	if repl == nil || t.page.opt.allows(text) {
		// A policy knows the handler by its digest ('unsafe-hashes'), and a changed one would not run at all.
		return nil
	}
	if coded {
		return reencode(string(repl), value)
	}
	return repl
}

// srcdoc rewrites a page in an attribute: decoded, rewritten with our script, encoded again.
func (t *startTag) srcdoc(value []byte) ([]byte, error) {
	var out bytes.Buffer
	opt := t.page.opt
	opt.Charset = "utf-8"
	if _, err := newHTML(opt).transform(&out, []byte(decode(value)), true); err != nil {
		return nil, err
	}
	return reencode(out.String(), value), nil
}

// meta rewrites the content of a refresh or a policy.
func (t *startTag) meta(value []byte) []byte {
	kind, _ := t.value("http-equiv")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "refresh":
		return t.page.values.url(value)
	case "content-security-policy":
		policy := decode(value)
		t.page.opt.Digests = t.page.opt.Digests.with(policy)
		out, _ := CSP([]string{policy}, t.page.opt.Hosts, t.page.opt.Nonce)
		return reencode(strings.Join(out, ", "), value)
	case "link", "content-location":
		return t.page.values.url(value)
	}
	return nil
}

// charset remembers what the page says about its charset.
func (t *startTag) charset() {
	name, ok := t.value("charset")
	if !ok {
		content, has := t.value("content")
		i := strings.Index(strings.ToLower(content), "charset=")
		if !has || i < 0 {
			return
		}
		name = content[i+len("charset="):]
	}
	t.page.declared = true
	t.page.jis = t.page.jis || stateful(name)
}

// attributeEscaper escapes what could end a quoted value or be read as a reference.
var attributeEscaper = strings.NewReplacer("&", "&amp;", `"`, "&#34;", "'", "&#39;", "<", "&lt;")

// reencode escapes a changed value for its place. It gives the old bytes when they mean the same.
func reencode(text string, was []byte) []byte {
	if decode(was) == text {
		return was
	}
	return []byte(attributeEscaper.Replace(text))
}

// bare escapes what would end a value that stands without quotes.
func bare(value []byte) []byte {
	if !bytes.ContainsAny(value, " \t\r\n\f\">'`=") {
		return value
	}
	return []byte(bareEscaper.Replace(string(value)))
}

var bareEscaper = strings.NewReplacer(" ", "&#32;", "\t", "&#9;", "\r", "&#13;", "\n", "&#10;", "\f", "&#12;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "`", "&#96;")

// decode reads the character references of an attribute's value: one without a semicolon counts only where no letter,
// digit or "=" follows (HTML Living Standard, 13.2.5.73).
func decode(value []byte) string {
	if bytes.IndexByte(value, '&') < 0 {
		return string(value)
	}
	var b strings.Builder
	for len(value) > 0 {
		n := bytes.IndexByte(value, '&')
		if n < 0 {
			break
		}
		b.Write(value[:n])
		value = value[n:]
		length, text := reference(value)
		b.WriteString(text)
		value = value[length:]
	}
	b.Write(value)
	return b.String()
}

// reference reads the character reference at the start of s, which is a "&"; that itself where it is none.
func reference(s []byte) (length int, text string) {
	i := 1
	if i < len(s) && s[i] == '#' {
		i++
	}
	for i < len(s) && i < 40 && (letter(s[i]) || '0' <= s[i] && s[i] <= '9') {
		i++
	}
	if i == 1 {
		return 1, "&"
	}
	ref := string(s[:i])
	if i < len(s) && s[i] == ';' {
		if text = html.UnescapeString(ref + ";"); !strings.HasPrefix(text, "&") || text == "&" {
			if !strings.HasSuffix(text, ";") || text == ";" || s[1] == '#' {
				return i + 1, text
			}
		}
		return 1, "&" // of no name: a prefix of it counts in text only
	}
	if s[1] == '#' {
		if text = html.UnescapeString(ref); text != ref {
			digits := numeric(s)
			return digits, html.UnescapeString(string(s[:digits]))
		}
		return 1, "&"
	}
	if i < len(s) && s[i] == '=' {
		return 1, "&"
	}
	text = html.UnescapeString(ref)
	if strings.HasPrefix(text, "&") && text != "&" || html.UnescapeString(ref[:len(ref)-1])+ref[len(ref)-1:] == text {
		return 1, "&"
	}
	return i, text
}

// numeric is the length of a numeric reference without a semicolon.
func numeric(s []byte) int {
	i, hex := 2, false
	if i < len(s) && s[i]|0x20 == 'x' {
		i, hex = 3, true
	}
	for i < len(s) && ('0' <= s[i] && s[i] <= '9' || hex && 'a' <= s[i]|0x20 && s[i]|0x20 <= 'f') {
		i++
	}
	return i
}
