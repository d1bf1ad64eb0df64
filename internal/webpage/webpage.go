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
	"math"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

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

// MustParse reads the pages that match pattern in files; a page's name is its file's name without extension. What
// matches parts are templates that any page may use. It panics on a template that does not parse, which is a defect of
// the build.
func MustParse(files fs.FS, pattern string, parts ...string) *Set {
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		panic("webpage: no pages match " + pattern)
	}
	layout := template.Must(template.New("layout.html").ParseFS(assets, "layout.html"))
	for _, part := range parts {
		template.Must(layout.ParseFS(files, part))
	}
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
	Ink     string // text on the brand's colour
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
	d := data{Brand: brand, Ink: ink(brand.Color), Nonce: nonce(), Style: style, Content: content}
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

// ink is the text colour that can be read on a background: the one of black and white with the higher contrast
// (WCAG 2.2, success criterion 1.4.3), which is at least 4.5 to 1 on any colour.
func ink(color string) string {
	v, err := strconv.ParseUint(color[1:], 16, 32)
	if err != nil {
		return "#ffffff" // the caller has checked its form
	}
	linear := func(b uint64) float64 {
		c := float64(b&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	if l := 0.2126*linear(v>>16) + 0.7152*linear(v>>8) + 0.0722*linear(v); (l+0.05)*(l+0.05) > 0.05*1.05 {
		return "#000000"
	}
	return "#ffffff"
}

func nonce() string {
	b := make([]byte, 18)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand never fails on a supported platform
	}
	return base64.StdEncoding.EncodeToString(b)
}
