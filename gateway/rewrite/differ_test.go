package rewrite

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// agree compares both lists. A frameset takes a body out of the tree again, and x/net loses templates inside foreign content:
// of such pages, what is left in the tree must have been seen.
func agree(page string, ours, theirs []string) bool {
	low := strings.ToLower(page)
	if strings.Contains(low, "<frameset") || strings.Contains(low, "<template") && (strings.Contains(low, "<svg") || strings.Contains(low, "<math")) {
		for _, t := range theirs {
			i := slices.Index(ours, t)
			if i < 0 {
				return false
			}
			ours = slices.Delete(slices.Clone(ours), i, i+1)
		}
		return true
	}
	return slices.Equal(ours, theirs)
}

// rawTexts reads a page as the rewriter does, and lists the elements whose text it reads as text, with that text.
// sure is false for an ambiguous page.
func rawTexts(page string) (out []string, sure bool) {
	p := newHTML(Options{Hosts: hostMap{}, Real: "app.test"})
	name, from := "", 0
	for i := range len(page) {
		_, err := p.transform(io.Discard, []byte{page[i]}, false)
		var unclear *Ambiguous
		if errors.As(err, &unclear) {
			return nil, false
		}
		if name != "" && p.raw.name == "" {
			out = append(out, name+" "+page[from:i-len("</"+name)])
		}
		if name == "" && p.raw.name != "" {
			from = i + 1
		}
		name = p.raw.name
	}
	if name != "" {
		out = append(out, name+" "+page[from:])
	}
	return out, true
}

// treeTexts lists the same from the tree that x/net/html builds.
func treeTexts(page string) (out []string) {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Namespace == "" {
			switch n.Data {
			case "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext":
				var text strings.Builder
				for c := n.FirstChild; c != nil; c = c.NextSibling {
					text.WriteString(c.Data)
				}
				out = append(out, n.Data+" "+text.String())
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return out
}

// alike brings both lists to one form: references are read in some elements, line ends and NUL are mended.
func alike(texts []string) []string {
	mend := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "", "\ufffd", "")
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		name, text, _ := strings.Cut(mend.Replace(t), " ")
		if name == "textarea" || name == "title" {
			text = html.UnescapeString(text)
		}
		if name == "textarea" {
			text = strings.TrimLeft(text, "\n")
		}
		out = append(out, name+" "+text)
	}
	slices.Sort(out)
	return out
}

var treeSeeds = []string{
	`<svg><style><a href="x"></style></svg><style><a></style>`,
	`<svg><title><style></svg></style>`, `<math><mi><style></mi></style>`, `<math><annotation-xml encoding=text/html><style></math></style>`,
	`<math><annotation-xml><svg><desc><style></annotation-xml></style>`, `<svg><foreignObject><p>a<p>b</foreignObject></svg><script>1</script>`,
	`<select><style><option></style></select><style></style>`, `<select><option><svg><title>x</title></svg></select><style>y</style>`,
	`<table><tr><td><svg><td><style></td></style>`, `<div><svg></div><style></svg></style>`, `<svg></p><style><b></style>`, `<svg><p><style><b></style>`,
	`<template><col><textarea><b></textarea></template>`, `<template><svg></template><style><b></style>`, `<frameset><style><b></style><noframes><b></noframes>`,
	`<script><!--<script></script>--></script>x</script>`, `<script><!--></script><!---></script>`, `<svg><![CDATA[<style>]]><style><b></style>`, `<![CDATA[<style>]]><b></style>`,
	`<svg><font color=x><style><b></style>`, `<svg><font><style><b></style>`, `<plaintext><style></plaintext>`, `<textarea></textarea x="</textarea>"><style>`,
	`<noscript><p title="</noscript><style>">`, `<svg><script/><style><b></style></svg><style>`, `<math><mglyph><style></mglyph>`, `<math><mi><mglyph><style></style>`,
	`<!--><style>--></style>`, `<!-- --!><style>--></style>`, `</ ><style></style>`, `<?><style>?></style>`, `<!x "><style>`, `<a b='><style>' c><style></style>`, `<a/=b><style></style>`,
	`<svg><foreignobject><div></svg><style><b></style></div></foreignobject></svg><style><i></style>`, `<table><select><tr><style><b></style>`,
	`<svg><desc><table></svg><style></table></style>`, `<p><svg><desc><p></desc></svg><style></p></style>`, `<title><style></title></style>`,
	`<svg><foreignObject><b></foreignObject></svg></b><style>x</style>`, `<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1>">`,
	`<form><math><mtext></form><form><mglyph><style></math><img src onerror=1>`, `<svg></br><style><a id="</style>">`,
}

// FuzzTextModes holds that the rewriter sees text as text where x/net/html's tree builder does, and nowhere else; or calls
// the page ambiguous.
func FuzzTextModes(f *testing.F) {
	for _, s := range treeSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		ours, sure := rawTexts(page)
		if !sure {
			return
		}
		if got, want := alike(ours), alike(treeTexts(page)); !agree(page, got, want) {
			t.Fatalf("%q\n  here %q\nx/net %q", page, got, want)
		}
	})
}

// words are what TestTextModes makes pages of: fuzzing by bytes rarely finds a tag.
var words = strings.Fields(`<svg> </svg> <math> </math> <foreignObject> </foreignObject> <desc> </desc> <mi> </mi> <annotation-xml> <annotation-xml_encoding=text/html> </annotation-xml>
<mglyph> <style> </style> <script> </script> <title> </title> <textarea> </textarea> <noscript> </noscript> <iframe> </iframe> <xmp> </xmp> <p> </p> <div> </div> <b> </b> <a> </a> <table> </table>
<tr> </tr> <td> </td> <caption> </caption> <select> </select> <option> <template> </template> <col> </col> <colgroup> </colgroup> <br> </br> <font_color> <font> <g> </g> <g/> <svg/> <li> </li> <ul> </ul>
<form> </form> <h1> </h2> <body> </body> </html> <input> <button> </button> <![CDATA[ ]]> <!-- --> x <frameset> </frameset> <noframes> </noframes> <span> </span> <i> <nobr> </nobr> <dd> <rt> <head> </head> <hr> <image> <tbody> </tbody> <object> </object>`)

func TestTextModes(t *testing.T) {
	t.Parallel()
	n, unclear := 20_000, 0
	if testing.Short() {
		n = 3_000
	}
	state := uint64(1)
	next := func(of int) int { // xorshift: the same pages each time
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return int(state % uint64(of)) //nolint:gosec // small
	}
	wrong := 0
	for range n {
		var b strings.Builder
		for range 3 + next(12) {
			b.WriteString(strings.ReplaceAll(words[next(len(words))], "_", " "))
		}
		ours, sure := rawTexts(b.String())
		if !sure {
			unclear++
			continue
		}
		if got, want := alike(ours), alike(treeTexts(b.String())); !agree(b.String(), got, want) {
			t.Errorf("%q\n  here %q\nx/net %q", b.String(), got, want)
			if wrong++; wrong > 12 {
				t.FailNow()
			}
		}
	}
	t.Logf("%d pages, %d ambiguous", n, unclear)
	if unclear > n/3 {
		t.Errorf("%d of %d pages are ambiguous", unclear, n)
	}
}
