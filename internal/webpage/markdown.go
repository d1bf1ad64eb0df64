package webpage

import (
	"bytes"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// markdown renders CommonMark without raw HTML and without dangerous link targets. A line that ends within a
// paragraph is where the policy's file was wrapped, and means nothing.
var markdown = goldmark.New()

// While a message is rendered, its placeholders stand in it as names between two characters of Unicode's private
// use area: to Markdown that is a word like any other. Values come in afterwards, so nothing in a value can be
// taken for markup.
const (
	markOpen, markClose = "\ue000", "\ue001"
	urlOpen, urlClose   = "%EE%80%80", "%EE%80%81" // the same inside a link's address
)

var (
	placeholder = regexp.MustCompile(`\{\{\s*([a-z]+)\s*\}\}`)
	mark        = regexp.MustCompile(markOpen + `([a-z]+)` + markClose)
	urlMark     = regexp.MustCompile(urlOpen + `([a-z]+)` + urlClose)
	noMarks     = strings.NewReplacer(markOpen, "", markClose, "")
)

// marked puts marks in the place of placeholders.
func marked(message string) string {
	return placeholder.ReplaceAllString(noMarks.Replace(message), markOpen+"$1"+markClose)
}

// filled puts values in the place of what pattern matches, each made fit by fit. Values are one line.
func filled(s string, pattern *regexp.Regexp, values map[string]string, fit func(string) string) string {
	return pattern.ReplaceAllStringFunc(s, func(m string) string {
		return fit(strings.Join(strings.Fields(noMarks.Replace(values[pattern.FindStringSubmatch(m)[1]])), " "))
	})
}

// Markdown renders a message with its {{placeholders}} filled. A value, such as a file's name, can bring in
// neither markup nor links; inside a link's address it is escaped whole. Unknown placeholders become empty.
func Markdown(message string, values map[string]string) template.HTML {
	var out bytes.Buffer
	if err := markdown.Convert([]byte(marked(message)), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(PlainText(message, values))) //nolint:gosec // escaped
	}
	s := strings.ReplaceAll(out.String(), "<a href=", `<a rel="noopener noreferrer" target="_blank" href=`)
	s = filled(s, urlMark, values, func(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") })
	s = filled(s, mark, values, template.HTMLEscapeString)
	return template.HTML(s) //nolint:gosec // goldmark escapes raw HTML and drops javascript: links; values are escaped
}

// PlainText renders a message with its placeholders filled as plain text, for notices and problem documents: words
// without their markup, paragraphs apart, links followed by their addresses.
func PlainText(message string, values map[string]string) string {
	src := []byte(marked(message))
	w := plain{src: src}
	_ = ast.Walk(markdown.Parser().Parse(text.NewReader(src)), w.visit) // visit returns no error
	s := filled(w.out.String(), mark, values, func(v string) string { return v })
	return strings.TrimSpace(blankLines.ReplaceAllString(s, "\n\n"))
}

var blankLines = regexp.MustCompile(`\n[ \t]*\n\s*`)

// plain collects the words of a document.
type plain struct {
	src []byte
	out strings.Builder
}

func (p *plain) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	switch n := n.(type) {
	case *ast.Text:
		if entering {
			p.out.Write(n.Segment.Value(p.src))
			switch {
			case n.HardLineBreak():
				p.out.WriteByte('\n')
			case n.SoftLineBreak():
				p.out.WriteByte(' ')
			}
		}
	case *ast.String:
		if entering {
			p.out.Write(n.Value)
		}
	case *ast.AutoLink:
		if entering {
			p.out.Write(n.Label(p.src))
		}
	case *ast.Link:
		if label := n.Destination; !entering && len(label) > 0 && !strings.HasSuffix(p.out.String(), string(label)) {
			p.out.WriteString(" (" + string(label) + ")")
		}
	case *ast.RawHTML, *ast.HTMLBlock:
		return ast.WalkSkipChildren, nil
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		if entering {
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				p.out.Write(line.Value(p.src))
			}
		}
	case *ast.ListItem:
		if entering {
			p.out.WriteString("\n- ")
		}
	}
	if !entering && n.Type() == ast.TypeBlock && n.Kind() != ast.KindListItem && n.Kind() != ast.KindTextBlock {
		p.out.WriteString("\n\n")
	}
	return ast.WalkContinue, nil
}
