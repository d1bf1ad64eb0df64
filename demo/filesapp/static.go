package filesapp

import (
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// asset is a file of the static host, ready to send.
type asset struct {
	typ       string
	body      []byte
	etag      string
	integrity string // SRI value
}

// loadAssets reads the embedded files and puts the real origins in the place of the names that the sources
// use: app.invalid, api.invalid, static.invalid, cdn.invalid (RFC 2606 keeps them free). So scripts and styles
// carry the absolute URLs of sibling hosts as text, as those of big applications do.
func (a *App) loadAssets() map[string]asset {
	real := strings.NewReplacer("app.invalid", a.cfg.Hosts.App, "api.invalid", a.cfg.Hosts.API, "static.invalid", a.cfg.Hosts.Static, "cdn.invalid", a.cfg.Hosts.CDN)
	out := map[string]asset{"/fonts/icons.ttf": newAsset("font/ttf", iconFont())}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
		out[strings.TrimPrefix(name, "static")] = newAsset(types[path.Ext(name)], []byte(real.Replace(string(raw))))
		return nil
	})
	if err != nil {
		panic(err) // the files are in the program
	}
	return out
}

func newAsset(typ string, body []byte) asset {
	sum := sha512.Sum384(body)
	return asset{typ: typ, body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, integrity: "sha384-" + base64.StdEncoding.EncodeToString(sum[:])}
}

// staticRoutes serves everybody, cookie or not. Fonts may be used by the application's two page origins only;
// modules and styles by anyone, as on public script hosts.
func (a *App) staticRoutes() http.Handler {
	fontUsers := map[string]bool{origin(a.cfg.Hosts.App): true, origin(a.cfg.Hosts.CDN): true, origin(a.cfg.Hosts.Static): true}
	return compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		as, ok := a.assets[r.URL.Path]
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		if strings.HasPrefix(r.URL.Path, "/fonts/") {
			h.Add("Vary", "Origin")
			if o := r.Header.Get("Origin"); fontUsers[o] {
				h.Set("Access-Control-Allow-Origin", o)
			}
		} else {
			h.Set("Access-Control-Allow-Origin", "*")
		}
		h.Set("Cross-Origin-Resource-Policy", "same-site")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("ETag", as.etag)
		if r.Header.Get("If-None-Match") == as.etag || r.Header.Get("If-None-Match") == "W/"+as.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", as.typ)
		h.Set("Content-Length", strconv.Itoa(len(as.body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(as.body)
		}
	}))
}

// pdfjsFiles are those of the npm package that the viewer loads; nothing else in its folder is served.
var pdfjsFiles = map[string]string{
	"build/pdf.min.mjs":        "text/javascript; charset=utf-8",
	"build/pdf.worker.min.mjs": "text/javascript; charset=utf-8",
}

// standardFont names the fonts that a PDF may use without carrying them.
var standardFont = regexp.MustCompile(`^standard_fonts/[A-Za-z0-9-]{1,64}\.(ttf|pfb)$`)

// pdfjsInstalled reports whether the viewer can be shown.
func (a *App) pdfjsInstalled() bool {
	for name := range pdfjsFiles {
		if a.cfg.PDFJSDir == "" {
			return false
		}
		if _, err := os.Stat(filepath.Join(a.cfg.PDFJSDir, filepath.FromSlash(name))); err != nil {
			return false
		}
	}
	return true
}

func (a *App) servePDFJS(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	typ, ok := pdfjsFiles[name]
	if !ok && standardFont.MatchString(name) {
		typ, ok = "application/octet-stream", true
	}
	if !ok || a.cfg.PDFJSDir == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", typ)
	w.Header().Set("Cache-Control", "public, max-age=300")
	http.ServeFile(w, r, filepath.Join(a.cfg.PDFJSDir, filepath.FromSlash(name)))
}
