package filesapp

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"

	"github.com/referee-casb/referee/demo/internal/shelf"
	"github.com/referee-casb/referee/fault"
)

//go:embed page/*.html
var pageFiles embed.FS

// pages are parsed once; each file defines "title" and "main" for the shell.
var pages = func() map[string]*template.Template {
	out := map[string]*template.Template{}
	for _, name := range []string{"folder", "file", "edit", "view", "print", "ways", "message"} {
		out[name] = template.Must(template.ParseFS(pageFiles, "page/shell.html", "page/"+name+".html"))
	}
	out["frame"] = template.Must(template.ParseFS(pageFiles, "page/frame.html"))
	return out
}()

// shellView is what every page has; View is the page's own part.
type shellView struct {
	Name      string // who is signed in; "" for nobody
	FormToken string
	Folders   []folder
	Here      string // id of the folder that is shown
	App       string // origins
	Static    string
	CDN       string
	Nonce     string
	ImportMap template.HTML
	StyleHash string // integrity value of base.css
	Module    string // page script on the static host; "" for none
	Data      any    // handed to the page script as JSON
	Worker    bool
	View      any
}

// show renders a page of the App host.
func (a *App) show(w http.ResponseWriter, status int, name, module string, v *visitor, here string, data, view any) {
	s := shellView{
		App: origin(a.cfg.Hosts.App), Static: origin(a.cfg.Hosts.Static), CDN: origin(a.cfg.Hosts.CDN),
		Nonce: shelf.RandomID(), ImportMap: a.importMap(), StyleHash: a.assets["/css/base.css"].integrity,
		Module: module, Data: data, Worker: a.cfg.ServiceWorker, View: view, Here: here,
	}
	if v != nil {
		s.Name, s.FormToken = v.name, v.formToken
		for _, fo := range a.store.folders {
			if a.mayOpen(v, fo) {
				s.Folders = append(s.Folders, fo)
			}
		}
	}
	var b bytes.Buffer
	if err := pages[name].ExecuteTemplate(&b, "shell", s); err != nil {
		a.cfg.Logger.Error("page not rendered", "page", name, "err", err)
		http.Error(w, "The page can't be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", a.pagePolicy(s.Nonce))
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// pagePolicy has no form-action: Chromium applies it to all redirects behind a form, and signing out leads to
// the provider and on to wherever it leads.
func (a *App) pagePolicy(nonce string) string {
	app, api, static, cdn := origin(a.cfg.Hosts.App), origin(a.cfg.Hosts.API), origin(a.cfg.Hosts.Static), origin(a.cfg.Hosts.CDN)
	return "default-src 'none'; script-src 'self' " + static + " 'nonce-" + nonce + "'; style-src 'self' " + static +
		"; font-src " + static + "; img-src 'self' data: blob: " + static + " " + cdn + "; connect-src 'self' " + api + " " + cdn + " " + static + " wss://" + a.cfg.Hosts.App +
		"; frame-src 'self' blob: " + cdn + "; object-src " + cdn + "; worker-src 'self' blob:; manifest-src 'self'; frame-ancestors 'self'; base-uri 'none'; report-uri " + app + "/csp-report"
}

func (a *App) importMap() template.HTML {
	raw, _ := json.Marshal(map[string]any{"imports": map[string]string{ // strings only: can't fail; < and > are escaped
		"files/":  origin(a.cfg.Hosts.Static) + "/modules/",
		"pdfjs":   "/pdfjs/build/pdf.min.mjs",
		"pdfjs/w": "/pdfjs/build/pdf.worker.min.mjs",
	}})
	return template.HTML(raw) //nolint:gosec // made from the configuration
}

type messageView struct{ Title, Text string }

func (a *App) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	v, _ := a.visitorOf(r)
	a.show(w, status, "message", "", v, "", nil, messageView{title, text})
}

// statusOf is the one table from kinds to HTTP.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case fault.Is(err, fault.Invalid):
		return http.StatusBadRequest
	case fault.Is(err, fault.Unauthenticated):
		return http.StatusUnauthorized
	case fault.Is(err, fault.Denied):
		return http.StatusForbidden
	case fault.Is(err, fault.NotFound):
		return http.StatusNotFound
	case fault.Is(err, fault.Conflict):
		return http.StatusConflict
	case fault.Is(err, fault.Limited):
		return http.StatusInsufficientStorage
	case fault.Is(err, fault.Unavailable):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// said returns the innermost message that is meant for people.
func said(err error) string {
	text := "Something went wrong."
	for err != nil {
		var e *fault.Error
		if !errors.As(err, &e) {
			break
		}
		if e.Msg != "" {
			text = e.Msg
		}
		err = e.Err
	}
	return text
}

// fail answers on the App host with a page.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if status == http.StatusInternalServerError {
		a.cfg.Logger.Error("request failed", "path", r.URL.Path, "err", err)
	}
	a.message(w, r, status, http.StatusText(status), said(err))
}

// problem answers on the API and CDN hosts (RFC 9457).
func (a *App) problem(w http.ResponseWriter, r *http.Request, err error) {
	status := statusOf(err)
	if status == http.StatusInternalServerError {
		a.cfg.Logger.Error("request failed", "path", r.URL.Path, "err", err)
	}
	a.problemStatus(w, status, said(err))
}

func (a *App) problemStatus(w http.ResponseWriter, status int, detail string) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Disposition")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the browser went away; nothing is left to do
}
