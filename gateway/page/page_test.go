package page_test

import (
	"html/template"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/gateway/page"
	"github.com/referee-casb/referee/internal/webpage"
)

// hostile is text that would be markup if a page let it.
const hostile = `"><script>alert(1)</script>`

// render writes one of each page with the text in every place.
func render(text string) map[string]string {
	out := map[string]string{}
	brand := webpage.Brand{Name: text, Contact: text, Color: "#123456"}
	write := func(name string, f func(w *httptest.ResponseRecorder)) {
		w := httptest.NewRecorder()
		f(w)
		out[name] = w.Body.String()
	}
	r := httptest.NewRequest("GET", "https://app.contoso.gate.test/", nil)
	write("blocked", func(w *httptest.ResponseRecorder) {
		page.WriteBlocked(w, r, 403, brand, "", page.Blocked{
			Title: text, Message: template.HTML("<p>why</p>"), App: text, File: text, Policy: text, Reference: text,
			CanDo: page.CanDo(true, false), OverrideURL: "https://signin.test/o?x=" + text, RequestURL: "https://signin.test/r", Contact: text, Back: "javascript:alert(1)",
		})
	})
	write("notice", func(w *httptest.ResponseRecorder) {
		page.WriteNotice(w, r, brand, page.Notice{Title: text, App: text, Action: "/.referee/notice", Token: text, Help: "javascript:alert(1)"})
	})
	write("error", func(w *httptest.ResponseRecorder) {
		page.WriteError(w, r, 502, brand, "", page.Error{Title: text, Message: text, Reference: text, Retry: "/x?" + text, Contact: text})
	})
	write("replay", func(w *httptest.ResponseRecorder) {
		page.WriteReplay(w, r, brand, page.Replay{Action: "https://app.contoso.gate.test/acs?" + text, App: text, Fields: []page.Field{{Name: text, Value: text}, {Name: "b", Value: "\n</textarea>" + text}}})
	})
	write("apex", func(w *httptest.ResponseRecorder) {
		page.WriteApex(w, r, page.Apex{Suffix: text, Operator: text, Site: "javascript:alert(1)", Abuse: "abuse@" + text})
	})
	write("signedout", func(w *httptest.ResponseRecorder) {
		page.WriteSignedOut(w, r, brand, page.SignedOut{App: text, Again: "/"})
	})
	return out
}

func TestPagesEscapeWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	for name, body := range render(hostile) {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, `href="javascript:`) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// Each page has what a screen reader needs: a language, a title, one heading of the first level, a main part, names on
// fields and buttons.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	for name, body := range render("Contoso") {
		doc, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			count[n.Data]++
			attr := map[string]string{}
			for _, a := range n.Attr {
				attr[a.Key] = a.Val
			}
			switch n.Data {
			case "html":
				if attr["lang"] == "" {
					t.Errorf("%s: no language", name)
				}
			case "img":
				if _, ok := attr["alt"]; !ok {
					t.Errorf("%s: a picture without text", name)
				}
			case "a", "button":
				if n.FirstChild == nil || strings.TrimSpace(n.FirstChild.Data) == "" {
					t.Errorf("%s: a %s without a name", name, n.Data)
				}
			case "input", "textarea":
				if _, hidden := attr["hidden"]; !hidden && attr["type"] != "hidden" {
					t.Errorf("%s: a field without a label", name)
				}
			}
		}
		if count["h1"] != 1 || count["main"] != 1 || count["title"] != 1 {
			t.Errorf("%s: %v", name, count)
		}
	}
}

func TestFramesOfTheTenantOnly(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "https://app.contoso.gate.test/", nil)
	for ancestors, want := range map[string]string{"": "frame-ancestors 'none'", "https://*.contoso.gate.test": "frame-ancestors https://*.contoso.gate.test"} {
		w := httptest.NewRecorder()
		if err := page.WriteBlocked(w, r, 403, webpage.Brand{}, ancestors, page.Blocked{Title: "x"}); err != nil {
			t.Fatal(err)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, want) || (w.Header().Get("X-Frame-Options") == "") != (ancestors != "") {
			t.Errorf("%q: %s", ancestors, csp)
		}
	}
}

func TestAbuseAddress(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "https://gate.test/", nil)
	for abuse, want := range map[string]string{
		"abuse@example.com": `href="mailto:abuse@example.com"`, "https://example.com/abuse": `href="https://example.com/abuse"`,
		"call +49 30 1": ">call", "javascript:alert(1)@x": `mailto:javascript:alert`,
	} {
		w := httptest.NewRecorder()
		if err := page.WriteApex(w, r, page.Apex{Suffix: "gate.test", Operator: "Example", Abuse: abuse}); err != nil {
			t.Fatal(err)
		}
		if body := w.Body.String(); !strings.Contains(body, want) || strings.Contains(body, `href="javascript:`) {
			t.Errorf("%q: %s", abuse, body[strings.Index(body, "<main"):])
		}
	}
}
