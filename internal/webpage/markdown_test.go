package webpage

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	values := map[string]string{"file": "Q3 *final* [x](y).pdf", "user": "<b>Eve</b>", "contact": "it@contoso.example", "reference": "K7QM-2T9X", "app": "one\ntwo"}
	for message, want := range map[string]string{
		"":                                   "",
		"plain":                              "<p>plain</p>\n",
		"**{{file}}** can't":                 "<p><strong>Q3 *final* [x](y).pdf</strong> can't</p>\n",
		"{{ user }}, no":                     "<p>&lt;b&gt;Eve&lt;/b&gt;, no</p>\n",
		"{{unknown}}x":                       "<p>x</p>\n",
		"`{{file}}`":                         "<p><code>Q3 *final* [x](y).pdf</code></p>\n",
		"[mail](mailto:{{contact}})":         `<p><a rel="noopener noreferrer" target="_blank" href="mailto:it%40contoso.example">mail</a></p>` + "\n",
		"[help](https://h.example/{{file}})": `<p><a rel="noopener noreferrer" target="_blank" href="https://h.example/Q3%20%2Afinal%2A%20%5Bx%5D%28y%29.pdf">help</a></p>` + "\n",
		"{{app}}":                            "<p>one two</p>\n",
		"a\nb":                               "<p>a\nb</p>\n",
		"a  \nb":                             "<p>a<br>\nb</p>\n",
		"<script>x</script>":                 "<!-- raw HTML omitted -->\n",
		"a <b onclick=x>b</b>":               "<p>a <!-- raw HTML omitted -->b<!-- raw HTML omitted --></p>\n",
		"[x](javascript:alert(1))":           `<p><a rel="noopener noreferrer" target="_blank" href="">x</a></p>` + "\n",
		"text\n{{user}}":                     "<p>text\n&lt;b&gt;Eve&lt;/b&gt;</p>\n",
	} {
		if got := string(Markdown(message, values)); got != want {
			t.Errorf("%q:\n got %q\nwant %q", message, got, want)
		}
	}
}

// TestValuesAreWords: no value changes the structure of a page, wherever its placeholder stands.
func TestValuesAreWords(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"{{file}}", "a\n{{file}}\nb", "- {{file}}", "# {{file}}", "**{{file}}**", "[{{file}}](https://x.example)", "[x]({{file}})", "> {{file}}", "`{{file}}`", "1. {{file}}", `[x](https://y "{{file}}")`} {
		plain := shape(t, string(Markdown(message, map[string]string{"file": "word"})))
		for _, value := range []string{
			"===", "---", "# h", "- li", "1. li", "    code", "\tcode", "> q", "**b**", "_e_", "`c`", "[l](u)", "![i](u)", "<b>", "<http://x>", "&lt;", "\\", "|a|", "~~s~~",
			"javascript:alert(1)", "https://x.example", "\u2028", "\x00", "a\n\n# b", `"onclick="x`, "\ue000user\ue001", "{{user}}",
		} {
			if got := shape(t, string(Markdown(message, map[string]string{"file": value, "user": "<i>"}))); !slices.Equal(got, plain) {
				t.Errorf("%q in %q: %v, with a word %v", value, message, got, plain)
			}
		}
	}
}

// shape lists the elements and attribute names of HTML.
func shape(t testing.TB, s string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			e := n.Data
			for _, a := range n.Attr {
				e += " " + a.Key
			}
			out = append(out, e)
		}
	}
	return out
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	values := map[string]string{"file": "a_b*c*.pdf", "contact": "it@contoso.example"}
	for message, want := range map[string]string{
		"**{{file}} can't be saved.**\n\nAsk {{contact}}.": "a_b*c*.pdf can't be saved.\n\nAsk it@contoso.example.",
		"one\ntwo":                      "one two",
		"one  \ntwo\\\nthree":           "one\ntwo\nthree",
		"# Head\n\ntext":                "Head\n\ntext",
		"- a\n- b":                      "- a\n- b",
		"see [help](https://h.example)": "see help (https://h.example)",
		"<https://h.example>":           "https://h.example",
		"`code` and *words*":            "code and words",
		"a <b>b</b>":                    "a b",
		"    code\n    more":            "code\nmore",
		"":                              "",
		"{{nothing}}":                   "",
	} {
		if got := PlainText(message, values); got != want {
			t.Errorf("%q:\n got %q\nwant %q", message, got, want)
		}
	}
}

// FuzzMarkdown: whatever an administrator writes and whatever a value holds, the page has only words, lists and links
// that lead to web or mail addresses.
func FuzzMarkdown(f *testing.F) {
	f.Add("**{{file}}** [x]({{file}})", "javascript:alert(1)")
	f.Add("<a href={{file}}>", "\"><script>")
	f.Add("![i](data:image/svg+xml;base64,x)\n\n```\n{{file}}\n```", "```")
	f.Add("[a]: javascript:x\n[a]", "\ue000file\ue001")
	f.Add("<javascript:alert(1)>", "x")
	f.Add("[x](\x01javascript:alert(1))", "\x00")
	f.Add("[x](java&#x09;script:alert(1))", "x")
	allowed := map[string][]string{
		"html": nil, "head": nil, "body": nil, "p": nil, "strong": nil, "em": nil, "code": {"class"}, "pre": nil, "blockquote": nil, "ul": nil, "ol": {"start"}, "li": nil,
		"h1": nil, "h2": nil, "h3": nil, "h4": nil, "h5": nil, "h6": nil, "hr": nil, "br": nil, "a": {"href", "title", "rel", "target"}, "img": {"src", "alt", "title"},
	}
	f.Fuzz(func(t *testing.T, message, value string) {
		out := string(Markdown(message, map[string]string{"file": value}))
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			names, ok := allowed[n.Data]
			if !ok {
				t.Fatalf("%q, %q give <%s>: %s", message, value, n.Data, out)
			}
			for _, a := range n.Attr {
				if !slices.Contains(names, a.Key) {
					t.Fatalf("%q, %q give attribute %s: %s", message, value, a.Key, out)
				}
				if a.Key == "href" || a.Key == "src" {
					if u, err := url.Parse(strings.TrimSpace(a.Val)); err == nil && slices.Contains([]string{"javascript", "vbscript", "file"}, strings.ToLower(u.Scheme)) {
						t.Fatalf("%q, %q lead to %q", message, value, a.Val)
					}
				}
			}
		}
		_ = PlainText(message, map[string]string{"file": value})
	})
}
