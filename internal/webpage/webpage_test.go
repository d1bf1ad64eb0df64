package webpage

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/fault"
)

var set = MustParse(fstest.MapFS{
	"page/plain.html":  {Data: []byte(`{{define "title"}}{{.Content.Title}}{{end}}{{define "main"}}<h1>{{.Content.Title}}</h1><p>{{.Content.Text}}</p>{{end}}`)},
	"page/broken.html": {Data: []byte(`{{define "title"}}x{{end}}{{define "main"}}{{.Content.Nothing.There}}{{end}}`)},
}, "page/*.html")

type content struct{ Title, Text string }

func write(t *testing.T, method string, brand Brand, c content) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := set.Write(w, httptest.NewRequest(method, "/", nil), http.StatusForbidden, "plain", brand, c); err != nil {
		t.Fatal(err)
	}
	return w
}

// elements parses a page and returns its elements by name.
func elements(t *testing.T, page string) map[string][]*html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]*html.Node{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			out[n.Data] = append(out[n.Data], n)
		}
	}
	return out
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	one, two := write(t, http.MethodGet, Brand{}, content{}), write(t, http.MethodGet, Brand{}, content{})
	csp := one.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'nonce-", "script-src 'nonce-", "img-src 'self' data:", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("policy %q lacks %s", csp, part)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || csp == two.Header().Get("Content-Security-Policy") {
		t.Errorf("policy %q", csp)
	}
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if got := one.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	nonce, _ := attr(elements(t, one.Body.String())["style"][0], "nonce")
	if !strings.Contains(csp, "'nonce-"+nonce+"'") || len(nonce) != 24 {
		t.Errorf("the style's nonce %q is not the policy's", nonce)
	}
	if one.Code != http.StatusForbidden {
		t.Errorf("status %d", one.Code)
	}
	if w := write(t, http.MethodHead, Brand{}, content{}); w.Body.Len() != 0 || w.Header().Get("Content-Security-Policy") == "" {
		t.Error("HEAD has a body, or no headers")
	}
}

// TestBasics looks for what assistive technology needs: language, title, one heading of the first level, landmarks,
// nothing that keeps people from zooming.
func TestBasics(t *testing.T) {
	t.Parallel()
	e := elements(t, write(t, http.MethodGet, Brand{Name: "Contoso", Logo: "/logo", Contact: "helpdesk"}, content{Title: "You can't", Text: "because"}).Body.String())
	if lang, _ := attr(e["html"][0], "lang"); lang != "en" {
		t.Errorf("lang %q", lang)
	}
	if len(e["title"]) == 0 || e["title"][0].FirstChild == nil || e["title"][0].FirstChild.Data != "You can't" {
		t.Error("no title")
	}
	for _, name := range []string{"h1", "main", "header", "footer"} {
		if len(e[name]) != 1 {
			t.Errorf("%d %s", len(e[name]), name)
		}
	}
	for _, m := range e["meta"] {
		if c, _ := attr(m, "content"); strings.Contains(c, "user-scalable") || strings.Contains(c, "maximum-scale") {
			t.Errorf("zooming is kept from people: %s", c)
		}
	}
	for _, img := range e["img"] {
		if _, ok := attr(img, "alt"); !ok {
			t.Error("an image without alt")
		}
	}
}

func TestContentIsEscaped(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	e := elements(t, write(t, http.MethodGet, Brand{Name: evil, Contact: evil, Logo: "javascript:alert(1)", Color: `red;} body{background:url(//evil)`}, content{evil, evil}).Body.String())
	if len(e["script"]) != 0 || len(e["img"]) != 1 {
		t.Errorf("%d scripts, %d images", len(e["script"]), len(e["img"]))
	}
	if src, _ := attr(e["img"][0], "src"); strings.HasPrefix(src, "javascript") {
		t.Errorf("logo %q", src)
	}
	if css := e["style"][0].FirstChild.Data; strings.Contains(css, "evil") || !strings.Contains(css, "--brand: #1f4e79;") {
		t.Error("a brand's colour brings in style")
	}
}

func TestWriteMistakes(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if err := set.Write(httptest.NewRecorder(), r, 200, "nothing", Brand{}, nil); !fault.Is(err, fault.Internal) {
		t.Errorf("unknown page: %v", err)
	}
	w := httptest.NewRecorder()
	if err := set.Write(w, r, 200, "broken", Brand{}, content{}); err == nil || w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "Nothing") {
		t.Errorf("broken page: %v, %d %s", err, w.Code, w.Body)
	}
	defer func() {
		if recover() == nil {
			t.Error("no pages, and nobody minds")
		}
	}()
	MustParse(fstest.MapFS{}, "page/*.html")
}

// luminance is the relative luminance of WCAG 2.2, written down apart from the code under test.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}

// TestContrast: whatever colour a tenant chooses, text on it can be read.
func TestContrast(t *testing.T) {
	t.Parallel()
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				color := fmt.Sprintf("#%02x%02x%02x", r, g, b)
				x, y := luminance(t, color), luminance(t, ink(color))
				if ratio := (max(x, y) + 0.05) / (min(x, y) + 0.05); ratio < 4.5 {
					t.Fatalf("%s on %s: %.2f", ink(color), color, ratio)
				}
			}
		}
	}
	if ink("#1f4e79") != "#ffffff" || ink("#ffff00") != "#000000" {
		t.Error("blue wants white, yellow wants black")
	}
	css := string(style)
	for _, rule := range regexp.MustCompile(`\.button[^{]*\{[^}]*\}|header \{[^}]*\}`).FindAllString(css, -1) {
		if strings.Contains(rule, "background: var(--brand)") && !strings.Contains(rule, "color: var(--on-brand)") {
			t.Errorf("text of a fixed colour on the brand's: %s", rule)
		}
	}
}
