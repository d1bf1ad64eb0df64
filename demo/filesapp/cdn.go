package filesapp

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

func (a *App) cdnRoutes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /d/{id}/{version}/{name}", a.cdn(a.serveSigned))
	m.HandleFunc("GET /c/{id}/{name}", a.cdn(a.serveByCookie))
	m.HandleFunc("GET /r/{id}/{version}/{page}", a.cdn(a.serveRendition))
	m.HandleFunc("GET /frame/preview", a.serveFrame)
	m.HandleFunc("PUT /upload/{key}", a.cdn(a.serveGraphPut))
	m.HandleFunc("GET /upload/{key}", a.cdn(a.serveGraphStatus))
	m.HandleFunc("DELETE /upload/{key}", a.cdn(a.serveGraphCancel))
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		a.problemStatus(w, http.StatusNotFound, "there is no such resource")
	})
	return a.cors(m, "GET, HEAD, PUT, DELETE", "Range, If-Range, Content-Type, Content-Range", "Accept-Ranges, Content-Range, Content-Length, Content-Disposition, ETag", true)
}

// cdn adapts a handler that returns an error.
func (a *App) cdn(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.problem(w, r, err)
		}
	}
}

// cors lets the App host's pages read the answers (Fetch standard, CORS protocol). Other origins get answers
// without leave to read them.
func (a *App) cors(next http.Handler, methods, headers, expose string, credentials bool) http.Handler {
	app := origin(a.cfg.Hosts.App)
	return compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		if r.Header.Get("Origin") == app {
			h.Set("Access-Control-Allow-Origin", app)
			h.Set("Timing-Allow-Origin", app)
			h.Set("Access-Control-Expose-Headers", expose)
			if credentials {
				h.Set("Access-Control-Allow-Credentials", "true")
			}
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", methods)
				h.Set("Access-Control-Allow-Headers", headers)
				h.Set("Access-Control-Max-Age", "600")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		next.ServeHTTP(w, r)
	}))
}

// serveSigned sends original bytes to whoever has the URL.
func (a *App) serveSigned(w http.ResponseWriter, r *http.Request) error {
	if !a.signed(r.URL) {
		return fault.New(fault.Denied, "filesapp.serveSigned", "this link has ended; open the document again") // fail closed: no or wrong signature
	}
	f, ok := a.store.file(r.PathValue("id"))
	if !ok || strconv.Itoa(f.Version) != r.PathValue("version") {
		return fault.New(fault.NotFound, "filesapp.serveSigned", "there is a newer version of this document")
	}
	q := r.URL.Query()
	return a.send(w, r, f, sendOptions{attachment: q.Get("disp") == "attachment", as: q.Get("as")})
}

// serveByCookie sends original bytes to a browser that is signed in.
func (a *App) serveByCookie(w http.ResponseWriter, r *http.Request) error {
	v, ok := a.cdnVisitorOf(r)
	if !ok {
		return fault.New(fault.Unauthenticated, "filesapp.serveByCookie", "sign in first")
	}
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	return a.send(w, r, f, sendOptions{})
}

// serveRendition sends a page picture, or the text of an editable document as HTML.
func (a *App) serveRendition(w http.ResponseWriter, r *http.Request) error {
	const op = "filesapp.serveRendition"
	f, ok := a.store.file(r.PathValue("id"))
	if !a.signed(r.URL) {
		v, in := a.cdnVisitorOf(r)
		if !in {
			return fault.New(fault.Unauthenticated, op, "sign in first") // fail closed: neither signature nor cookie
		}
		if _, err := a.fileFor(v, r.PathValue("id")); err != nil {
			return err
		}
	}
	if !ok || strconv.Itoa(f.Version) != r.PathValue("version") {
		return fault.New(fault.NotFound, op, "there is a newer version of this document")
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=600")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+f.ID+"-"+strconv.Itoa(f.Version)+"-"+strings.ReplaceAll(r.PathValue("page"), `"`, "")+`"`)
	if r.PathValue("page") == "text.html" && f.editable() {
		_, body := splitFrontMatter(string(f.data))
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src "+origin(a.cfg.Hosts.Static)+"; font-src "+origin(a.cfg.Hosts.Static)+"; frame-ancestors "+origin(a.cfg.Hosts.App))
		return textPage.Execute(w, map[string]string{"Name": f.Name, "Body": body, "Static": origin(a.cfg.Hosts.Static)})
	}
	n, ok := digits(strings.TrimSuffix(r.PathValue("page"), ".png"))
	if !ok || n > 1000 {
		return fault.New(fault.NotFound, op, "there is no such page")
	}
	picture, err := a.pictures.get(f, int(n))
	if err != nil {
		return err
	}
	h.Set("Content-Type", "image/png")
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	http.ServeContent(w, r, "", f.Modified.Truncate(time.Second), bytes.NewReader(picture))
	return nil
}

var textPage = template.Must(template.New("text").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}}</title><link rel="stylesheet" href="{{.Static}}/css/app.css"></head>
<body class="text-page"><pre>{{.Body}}</pre></body></html>
`))

// serveFrame is the preview frame. It has no rights of its own: the page around it says by message what to
// show.
func (a *App) serveFrame(w http.ResponseWriter, _ *http.Request) {
	static, app := origin(a.cfg.Hosts.Static), origin(a.cfg.Hosts.App)
	nonce := shelf.RandomID()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src "+static+" 'nonce-"+nonce+"'; style-src "+static+"; font-src "+static+"; img-src 'self'; connect-src 'self'; frame-ancestors "+app+"; base-uri 'none'")
	if err := pages["frame"].ExecuteTemplate(w, "frame", shellView{Static: static, App: app, Nonce: nonce, ImportMap: a.importMap()}); err != nil {
		a.cfg.Logger.Error("page not rendered", "page", "frame", "err", err)
	}
}
