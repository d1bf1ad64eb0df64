package header_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway/header"
)

// world maps two apps of one tenant; the second lives at a port.
type world map[string]string

func (w world) Mapped(real string) (string, bool) { m, ok := w[real]; return m, ok }
func (w world) Real(mapped string) (string, bool) {
	for r, m := range w {
		if m == mapped {
			return r, true
		}
	}
	return "", false
}

const files, api = "files-app.contoso.gate.test:8443", "api-app.contoso.gate.test:8443"

func mapper() header.Mapper {
	return header.Mapper{Suffix: "gate.test", Hosts: world{"files.app": files, "api.app:9443": api}}
}

func TestToMapped(t *testing.T) {
	t.Parallel()
	m := mapper()
	for in, want := range map[string]string{
		"https://files.app/a?b#c":       "https://" + files + "/a?b#c",
		"http://files.app/a":            "https://" + files + "/a",
		"http://files.app:80":           "https://" + files,
		"HTTPS://FILES.App:443/A":       "HTTPS://" + files + "/A",
		"//files.app/x":                 "//" + files + "/x",
		"wss://api.app:9443/live":       "wss://" + api + "/live",
		"ws://files.app/live":           "wss://" + files + "/live",
		"https://api.app/":              "https://api.app/",
		"https://files.app.evil/":       "https://files.app.evil/",
		"https://user:pw@files.app/":    "https://user:pw@files.app/",
		"/relative":                     "/relative",
		"":                              "",
		"https://":                      "https://",
		"javascript:alert('files.app')": "javascript:alert('files.app')",
		`https://files.app\x`:           "https://" + files + `\x`,
	} {
		if got := m.ToMapped(in); got != want {
			t.Errorf("ToMapped(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReverse(t *testing.T) {
	t.Parallel()
	m := mapper()
	for in, want := range map[string]string{
		"a=1&next=https://" + files + "/x":                               "a=1&next=https://files.app/x",
		"next=https%3A%2F%2Ffiles-app.contoso.gate.test%3A8443%2Fx":      "next=https%3A%2F%2Ffiles.app%2Fx",
		"next=https%253A%252F%252Fapi-app.contoso.gate.test%253A8443%2F": "next=https%253A%252F%252Fapi.app%253A9443%2F",
		`{"u":"https:\/\/files-app.contoso.gate.test:8443\/x"}`:          `{"u":"https:\/\/files.app\/x"}`,
		`https:\u002f\u002ffiles-app.contoso.gate.test\u003a8443`:        `https:\u002f\u002ffiles.app`,
		"https://FILES-app.contoso.gate.test:8443/":                      "https://files.app/",
		"https://gate.test/":                             "https://gate.test/",
		"https://xgate.test/":                            "https://xgate.test/",
		"https://other.fabrikam.gate.test:8443/":         "https://other.fabrikam.gate.test:8443/",
		"https://files-app.contoso.gate.test.evil:8443/": "https://files-app.contoso.gate.test.evil:8443/",
		"https://files-app.contoso.gate.test:84430/":     "https://files-app.contoso.gate.test:84430/",
		files + " and " + api:                            "files.app and api.app:9443",
		"nothing here":                                   "nothing here",
	} {
		if got := m.Reverse(in); got != want {
			t.Errorf("Reverse(%q)\n got %q\nwant %q", in, got, want)
		}
		if got := string(m.ReverseBytes([]byte(in))); got != want {
			t.Errorf("ReverseBytes(%q) = %q", in, got)
		}
	}
}

// What is mapped for the browser comes back as it was.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	m := mapper()
	for _, u := range []string{"https://files.app/", "https://files.app/a/b?c=d#e", "https://api.app:9443/x", "wss://files.app/s"} {
		if got := m.ToReal(m.ToMapped(u)); got != u {
			t.Errorf("%s came back as %s", u, got)
		}
	}
}

func TestBegun(t *testing.T) {
	t.Parallel()
	m := mapper()
	related := func(a, b string) bool { return strings.HasSuffix(a, ".app") && strings.HasSuffix(b, ".app") }
	for name, tc := range map[string]struct {
		fields []string
		want   header.Initiator
	}{
		"typed":              {[]string{"Sec-Fetch-Site", "none"}, header.Initiator{Site: header.SiteNone}},
		"own page":           {[]string{"Sec-Fetch-Site", "same-origin", "Referer", "https://" + files + "/p"}, header.Initiator{header.SiteSameOrigin, "files.app", "https://" + files}},
		"sibling, unrelated": {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://" + api}, header.Initiator{header.SiteCrossSite, "api.app:9443", "https://" + api}},
		"sibling unnamed":    {[]string{"Sec-Fetch-Site", "same-site"}, header.Initiator{Site: header.SiteCrossSite}},
		"stranger":           {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, header.Initiator{Site: header.SiteCrossSite}},
		"apex":               {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://gate.test"}, header.Initiator{Site: header.SiteCrossSite}},
		"null origin":        {[]string{"Sec-Fetch-Site", "same-site", "Origin", "null", "Referer", "https://" + api + "/"}, header.Initiator{header.SiteCrossSite, "api.app:9443", "https://" + api}},
		"nonsense":           {[]string{"Sec-Fetch-Site", "friendly"}, header.Initiator{Site: header.SiteCrossSite}},
		"no browser":         {nil, header.Initiator{}},
	} {
		h := http.Header{}
		for i := 0; i < len(tc.fields); i += 2 {
			h.Set(tc.fields[i], tc.fields[i+1])
		}
		if got := m.Begun(h, "files.app", related); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
	h := http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://" + files}}
	if got := m.Begun(h, "x.app", related); got.Site != header.SiteSameSite {
		t.Errorf("related sibling: %+v", got)
	}
}

func TestRequestFields(t *testing.T) {
	t.Parallel()
	m := mapper()
	h := http.Header{
		"Accept":                {"*/*"},
		"Accept-Encoding":       {"gzip, br, dcb, zstd;q=0.5"},
		"Connection":            {"keep-alive, X-Secret, Cookie, Sec-Fetch-Site"},
		"X-Secret":              {"1"},
		"Keep-Alive":            {"5"},
		"Te":                    {"gzip, trailers"},
		"Upgrade":               {"h2c"},
		"Via":                   {"1.1 x"},
		"Forwarded":             {"for=1.2.3.4"},
		"X-Forwarded-For":       {"1.2.3.4"},
		"X-Real-Ip":             {"1.2.3.4"},
		"Origin":                {"https://" + api},
		"Referer":               {"https://" + files + "/p?next=https%3A%2F%2F" + strings.ReplaceAll(api, ":", "%3A")},
		"Destination":           {"https://" + files + "/new"},
		"X-Custom":              {"go to https://" + files + "/"},
		"Cookie":                {"__Host-referee=x; a=b"},
		"If-None-Match":         {`W/"v1~rz", "plain", W/"old~r9"`},
		"Range":                 {"bytes=0-1"},
		"If-Range":              {`W/"v1~rz"`},
		"Sec-Fetch-Site":        {"same-site"},
		"Available-Dictionary":  {":x:"},
		"Authorization":         {"Bearer abc"},
		"Proxy-Authorization":   {"Basic x"},
		"Access-Control-Custom": {"x"},
	}
	m.Request(h, &header.Outgoing{Begun: header.Initiator{Site: header.SiteCrossSite}, Cookie: "sid=1", Epoch: 35, Address: "9.9.9.9"})
	want := http.Header{
		"Accept":                {"*/*"},
		"Accept-Encoding":       {"gzip, br, zstd;q=0.5"},
		"Te":                    {"trailers"},
		"Origin":                {"https://api.app:9443"},
		"Referer":               {"https://files.app/p?next=https%3A%2F%2Fapi.app%3A9443"},
		"Destination":           {"https://files.app/new"},
		"X-Custom":              {"go to https://files.app/"},
		"Cookie":                {"sid=1"},
		"If-None-Match":         {`"v1", "plain"`},
		"Sec-Fetch-Site":        {"cross-site"},
		"Authorization":         {"Bearer abc"},
		"User-Agent":            {""},
		"X-Forwarded-For":       {"9.9.9.9"},
		"X-Forwarded-Proto":     {"https"},
		"Access-Control-Custom": {"x"},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got  %v\nwant %v", h, want)
	}
}

func TestResponseFields(t *testing.T) {
	t.Parallel()
	m := mapper()
	in := header.Incoming{Epoch: 35, HSTS: []string{"max-age=9"}, Location: func(s string) string { return s + "#seen" }}
	dst := http.Header{}
	m.Response(dst, http.Header{
		"Location":                    {"https://api.app:9443/x"},
		"Content-Location":            {"https://files.app/y"},
		"Link":                        {`<https://files.app/a.css>; rel=preload; title="a, <b>", </b>; rel=next, <https://api.app:9443/c>; rel=x`},
		"Refresh":                     {"5; URL='https://files.app/z'"},
		"Set-Cookie":                  {"a=b"},
		"Strict-Transport-Security":   {"max-age=1"},
		"Alt-Svc":                     {"h3"},
		"Nel":                         {"{}"},
		"Connection":                  {"close, X-Hop"},
		"X-Hop":                       {"1"},
		"Etag":                        {`"v"`},
		"Content-Length":              {"3"},
		"Timing-Allow-Origin":         {"https://files.app, https://x.test"},
		"Access-Control-Allow-Origin": {"https://api.app:9443"},
		"X-Frame-Options":             {"ALLOW-FROM https://files.app/"},
		"Clear-Site-Data":             {`"cookies", "storage"`},
		"X-Next":                      {"https://files.app/n"},
		"Cache-Control":               {"public, max-age=60, s-maxage=600"},
	}, &in)
	want := http.Header{
		"Location":                    {"https://" + api + "/x#seen"},
		"Content-Location":            {"https://" + files + "/y"},
		"Link":                        {`<https://` + files + `/a.css>; rel=preload; title="a, <b>", </b>; rel=next, <https://` + api + `/c>; rel=x`},
		"Refresh":                     {"5; URL='https://" + files + "/z'"},
		"Strict-Transport-Security":   {"max-age=9"},
		"Etag":                        {`"v"`},
		"Content-Length":              {"3"},
		"Timing-Allow-Origin":         {"https://" + files + ", https://x.test"},
		"Access-Control-Allow-Origin": {"https://" + api},
		"X-Frame-Options":             {"ALLOW-FROM https://" + files + "/"},
		"Clear-Site-Data":             {`"storage"`},
		"X-Next":                      {"https://" + files + "/n"},
		"Cache-Control":               {"private, max-age=60"},
	}
	if !reflect.DeepEqual(dst, want) {
		t.Errorf("got  %v\nwant %v", dst, want)
	}
	if !in.ClearCookies {
		t.Error("the jar is not cleared")
	}
}

func TestRewrittenAnswer(t *testing.T) {
	t.Parallel()
	m := mapper()
	dst := http.Header{}
	m.Response(dst, http.Header{
		"Etag": {`"v"`}, "Content-Length": {"3"}, "Accept-Ranges": {"bytes"}, "Digest": {"x"}, "Last-Modified": {"x"},
		"Cache-Control": {"public, immutable, max-age=9999"}, "Content-Type": {"text/css"},
	}, &header.Incoming{Epoch: 35, Rewritten: true, Caching: header.CacheBrief})
	want := http.Header{"Etag": {`W/"v~rz"`}, "Content-Type": {"text/css"}, "Cache-Control": {"private, max-age=300"}}
	if !reflect.DeepEqual(dst, want) {
		t.Errorf("got %v", dst)
	}
}

func TestCaching(t *testing.T) {
	t.Parallel()
	m := mapper()
	for _, tc := range []struct {
		c        header.Caching
		in, want string
	}{
		{header.CachePrivate, "", "private"},
		{header.CachePrivate, "no-store", "no-store"},
		{header.CachePrivate, "private, max-age=1", "private, max-age=1"},
		{header.CacheNever, "public, max-age=1", "no-store"},
		{header.CacheCheck, "max-age=5", "private, no-cache"},
		{header.CacheCheck, "no-store", "no-store"},
		{header.CacheBrief, "", "private, no-cache"},
		{header.CacheBrief, "no-cache", "private, no-cache"},
	} {
		src, dst := http.Header{}, http.Header{}
		if tc.in != "" {
			src.Set("Cache-Control", tc.in)
		}
		m.Response(dst, src, &header.Incoming{Caching: tc.c})
		if got := dst.Get("Cache-Control"); got != tc.want {
			t.Errorf("%d %q: %q, want %q", tc.c, tc.in, got, tc.want)
		}
	}
}

func TestSharing(t *testing.T) {
	t.Parallel()
	m := mapper()
	origin := "https://" + files
	for name, tc := range map[string]struct{ in, want http.Header }{
		"star": {
			http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Expose-Headers": {"*"}, "X-A": {"1"}},
			http.Header{"Access-Control-Allow-Origin": {origin}, "Access-Control-Allow-Credentials": {"true"}, "Vary": {"Origin"}, "X-A": {"1"}},
		},
		"named": {
			http.Header{"Access-Control-Allow-Origin": {"https://files.app"}, "Vary": {"Accept"}},
			http.Header{"Access-Control-Allow-Origin": {origin}, "Access-Control-Allow-Credentials": {"true"}, "Vary": {"Accept", "Origin"}},
		},
		"another": {
			http.Header{"Access-Control-Allow-Origin": {"https://x.test"}, "Access-Control-Allow-Credentials": {"true"}},
			http.Header{"Access-Control-Allow-Origin": {"https://x.test"}, "Vary": {"Origin"}},
		},
		"none": {http.Header{}, http.Header{"Vary": {"Origin"}}},
	} {
		dst := http.Header{}
		m.Response(dst, tc.in, &header.Incoming{CORS: origin})
		expose := dst.Get("Access-Control-Expose-Headers")
		dst.Del("Access-Control-Expose-Headers")
		dst.Del("Cache-Control")
		if !reflect.DeepEqual(dst, tc.want) {
			t.Errorf("%s: %v, want %v", name, dst, tc.want)
		}
		if name == "star" && !strings.Contains(expose, "X-A") {
			t.Errorf("exposed: %q", expose)
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fields []string
		own    header.Own
		rest   string
	}{
		{nil, header.Own{}, ""},
		{[]string{"a=b; c=d"}, header.Own{}, "a=b; c=d"},
		{[]string{"__Host-referee=s"}, header.Own{Session: "s"}, ""},
		{[]string{"a=b; __Host-referee=s; c=d"}, header.Own{Session: "s"}, "a=b; c=d"},
		{[]string{"__Host-referee=s; a=b", "referee-lookup-x=l; referee-lookup-y=m; __Host-referee-nonce=n"}, header.Own{Session: "s", Nonce: "n", Lookup: "l"}, "a=b"},
		{[]string{"referee-lookup-x=mine; referee-lookup-x=tossed"}, header.Own{Lookup: "tossed", Doubled: true}, ""},
		{[]string{"referee-lookup-x=same; referee-lookup-x=same"}, header.Own{Lookup: "same"}, ""},
		{[]string{"myreferee=1; x"}, header.Own{}, "myreferee=1; x"},
		{[]string{";; a=b ;__Host-referee = s ;"}, header.Own{Session: "s"}, "a=b"},
	} {
		own, rest := header.Cookies(tc.fields, "referee-lookup-x")
		if own != tc.own || rest != tc.rest {
			t.Errorf("%q: %+v %q, want %+v %q", tc.fields, own, rest, tc.own, tc.rest)
		}
	}
}

func TestVariants(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{`"a"`, `W/"a"`, `"a,b"`, `""`, `"x~r1"`} {
		v := header.Variant(tag, 77)
		if !strings.HasPrefix(v, `W/"`) || !header.IsVariant(v) {
			t.Errorf("%s: %s", tag, v)
		}
		if got := header.Original(`"other", `+v, 77); got != `"other", `+tag {
			t.Errorf("%s came back as %s", tag, got)
		}
		if got := header.Original(v, 78); got != "" {
			t.Errorf("%s of another epoch: %s", v, got)
		}
	}
	for _, bad := range []string{"", "a", `"a`, "W/a"} {
		if v := header.Variant(bad, 1); v != "" {
			t.Errorf("%q: %q", bad, v)
		}
	}
	if header.Original("*", 1) != "*" {
		t.Error("the star is gone")
	}
}

func FuzzReverse(f *testing.F) {
	f.Add("next=https%3A%2F%2F" + files)
	f.Add("gate.test:8443.contoso.gate.test%253a8443")
	m := mapper()
	f.Fuzz(func(t *testing.T, s string) {
		out := m.Reverse(s)
		if strings.Contains(out, "//"+files) {
			t.Errorf("Reverse(%q) left a mapped host: %q", s, out)
		}
		if again := m.Reverse(out); strings.Contains(again, files) && !strings.Contains(out, files) {
			t.Errorf("Reverse made a mapped host of %q", s)
		}
		if !strings.Contains(s, "gate.test") && out != s {
			t.Errorf("Reverse(%q) = %q", s, out)
		}
	})
}

func FuzzFields(f *testing.F) {
	f.Add("<https://files.app/>; rel=x, <", `W/"a~r1", "b`, "a=b; __Host-referee=c", "gzip;q=1,, br")
	m := mapper()
	f.Fuzz(func(t *testing.T, link, tag, cookie, coding string) {
		dst := http.Header{}
		m.Response(dst, http.Header{"Link": {link}, "Refresh": {link}, "Etag": {tag}, "Clear-Site-Data": {link}, "Timing-Allow-Origin": {link}}, &header.Incoming{Epoch: 1, Rewritten: true})
		_, rest := header.Cookies([]string{cookie}, "referee-lookup-x")
		for pair := range strings.SplitSeq(rest, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if header.IsOwn(strings.TrimSpace(name)) {
				t.Errorf("%q keeps one of ours: %q", cookie, rest)
			}
		}
		h := http.Header{"Accept-Encoding": {coding}, "If-None-Match": {tag}, "Cookie": {cookie}}
		m.Request(h, &header.Outgoing{Epoch: 1})
		if strings.Contains(strings.ToLower(h.Get("Accept-Encoding")), "dcb") {
			t.Errorf("coding %q", h.Get("Accept-Encoding"))
		}
		if h.Get("Cookie") != "" {
			t.Error("the browser's cookies pass as they are")
		}
	})
}
