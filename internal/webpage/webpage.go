// Package webpage renders the small pages that people meet on their way: one layout, one stylesheet, one
// content security policy, for the gateway's and the broker's pages alike.
//
// It owns layout, look and Markdown. It does not own any page's words: packages embed their own templates, each
// file defining "title" and "main". Begin with [Set.Write].
package webpage

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"

	"github.com/referee-casb/referee/fault"
)

//go:embed layout.html style.css
var assets embed.FS

// Brand is how a tenant wants to be recognised. Color is a CSS hex colour.
type Brand struct {
	Name    string
	Logo    string // same-origin address of the logo, "" for none
	Color   string
	Contact string
}

// Set is a package's pages.
type Set struct {
	pages map[string]*template.Template
}

// MustParse reads the pages that match pattern in files; a page's name is its file's name without extension.
// It panics on a template that does not parse, which is a defect of the build.
func MustParse(files fs.FS, pattern string) *Set {
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		panic("webpage: no pages match " + pattern)
	}
	layout := template.Must(template.New("layout.html").ParseFS(assets, "layout.html"))
	s := &Set{pages: map[string]*template.Template{}}
	for _, name := range names {
		page := template.Must(template.Must(layout.Clone()).ParseFS(files, name))
		s.pages[strings.TrimSuffix(path.Base(name), path.Ext(name))] = page
	}
	return s
}

// data is what the layout sees.
type data struct {
	Brand   Brand
	Nonce   string
	Style   template.CSS
	Content any
}

var (
	style = func() template.CSS {
		b, err := assets.ReadFile("style.css")
		if err != nil {
			panic(err) // embedded
		}
		return template.CSS(b) //nolint:gosec // our own stylesheet
	}()
	colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// Write renders a page with its status and security headers. The page may run no script except one that the
// content carries with the nonce, loads nothing from elsewhere, and can't be framed.
func (s *Set) Write(w http.ResponseWriter, r *http.Request, status int, name string, brand Brand, content any) error {
	page := s.pages[name]
	if page == nil {
		return fault.New(fault.Internal, "webpage.Write", "no page is called %q", name)
	}
	if !colorPattern.MatchString(brand.Color) {
		brand.Color = "#1f4e79"
	}
	if brand.Name == "" {
		brand.Name = "Referee"
	}
	d := data{Brand: brand, Nonce: nonce(), Style: style, Content: content}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "layout.html", d); err != nil {
		http.Error(w, "this page can't be shown", http.StatusInternalServerError)
		return fault.Wrap(err, "webpage.Write", name)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+d.Nonce+"'; script-src 'nonce-"+d.Nonce+"'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := out.WriteTo(w)
	return fault.Wrap(err, "webpage.Write", name)
}

func nonce() string {
	b := make([]byte, 18)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	return base64.StdEncoding.EncodeToString(b)
}

// markdown renders CommonMark without raw HTML and without dangerous link targets.
var markdown = goldmark.New()

var (
	placeholder  = regexp.MustCompile(`\{\{\s*([a-z]+)\s*\}\}`)
	markdownMark = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "!", `\!`, "|", `\|`, "&", `\&`, "~", `\~`, "\n", " ", "\r", " ")
	anchor       = regexp.MustCompile(`<a href=`)
)

// Markdown renders a message with its {{placeholders}} filled. Values are escaped, so a file's name can bring
// in neither markup nor links; unknown placeholders become empty.
func Markdown(message string, values map[string]string) template.HTML {
	filled := placeholder.ReplaceAllStringFunc(message, func(m string) string {
		return markdownMark.Replace(values[placeholder.FindStringSubmatch(m)[1]])
	})
	var out bytes.Buffer
	if err := markdown.Convert([]byte(filled), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(filled)) //nolint:gosec // escaped
	}
	return template.HTML(anchor.ReplaceAllString(out.String(), `<a rel="noopener noreferrer" target="_blank" href=`)) //nolint:gosec // goldmark escapes raw HTML and drops javascript: links
}

// PlainText renders a message with its placeholders filled as plain text, for notices and problem documents.
func PlainText(message string, values map[string]string) string {
	return strings.TrimSpace(placeholder.ReplaceAllStringFunc(message, func(m string) string {
		return values[placeholder.FindStringSubmatch(m)[1]]
	}))
}
