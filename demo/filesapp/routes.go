package filesapp

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// appRoutes are the pages and what they post to. Everything that shows or changes something asks for a
// session first.
func (a *App) appRoutes() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /{$}", a.page(func(w http.ResponseWriter, r *http.Request, v *visitor) error {
		http.Redirect(w, r, "/folders/"+a.firstFolder(v), http.StatusSeeOther)
		return nil
	}))
	m.Handle("GET /folders/{id}", a.page(a.serveFolder))
	m.Handle("POST /folders/{id}/upload", a.change(a.serveFormUpload))
	m.Handle("GET /files/{id}", a.page(a.serveFile))
	m.Handle("GET /files/{id}/edit", a.page(a.serveEdit))
	m.Handle("GET /files/{id}/view", a.page(a.serveView))
	m.Handle("GET /files/{id}/print", a.page(a.servePrint))
	m.Handle("GET /files/{id}/ways", a.page(a.serveWays))
	m.Handle("GET /files/{id}/raw", a.page(a.sendFile(sendOptions{})))
	m.Handle("GET /files/{id}/download", a.page(a.sendFile(sendOptions{attachment: true})))
	m.Handle("POST /files/{id}/download", a.change(a.sendFile(sendOptions{attachment: true})))
	m.Handle("GET /files/{id}/link", a.page(a.serveLink))
	m.Handle("GET /files/{id}/print.pdf", a.page(a.servePrintPDF))
	m.Handle("POST /files/{id}/delete", a.change(a.serveDelete))
	m.Handle("POST /zip", a.change(a.serveZip))
	m.Handle("GET /s/{key}", a.page(a.serveShared))
	m.Handle("GET /big/{size}", a.page(func(w http.ResponseWriter, r *http.Request, _ *visitor) error { return sendSynthetic(w, r) }))
	m.Handle("POST /session/token", a.change(a.serveToken))
	m.Handle("GET /presence", a.page(a.servePresence))
	m.Handle("GET /events", a.page(a.serveEvents))
	m.Handle("POST /signout", a.change(func(w http.ResponseWriter, r *http.Request, v *visitor) error {
		a.serveSignOut(w, r, v)
		return nil
	}))
	m.HandleFunc("GET /signin", a.serveSignIn)
	if a.cfg.FormPost {
		m.HandleFunc("POST "+callbackPath, a.serveCallback)
	} else {
		m.HandleFunc("GET "+callbackPath, a.serveCallback)
	}
	m.HandleFunc("POST /oidc/backchannel-logout", a.serveBackChannel)
	m.HandleFunc("GET /signed-out", a.serveSignedOut)
	m.HandleFunc("POST /csp-report", a.serveReport)
	m.HandleFunc("GET /pdfjs/{file...}", a.servePDFJS)
	m.HandleFunc("GET /sw.js", a.serveWorker)
	m.HandleFunc("GET /manifest.webmanifest", a.serveManifest)
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.message(w, r, http.StatusNotFound, "Not found", "There is no such page.")
	})
	return compressed(m)
}

type appHandler func(http.ResponseWriter, *http.Request, *visitor) error

// page asks for a session. A navigation without one is sent to sign in and comes back; anything else gets 401,
// because a script can't follow a sign-in.
func (a *App) page(h appHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		v, ok := a.visitorOf(r)
		if !ok {
			mode := r.Header.Get("Sec-Fetch-Mode")
			if r.Method == http.MethodGet && (mode == "navigate" || mode == "" && strings.Contains(r.Header.Get("Accept"), "text/html")) {
				http.Redirect(w, r, "/signin?"+url.Values{"return": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
				return
			}
			a.problemStatus(w, http.StatusUnauthorized, "sign in first")
			return
		}
		if err := h(w, r, v); err != nil {
			a.fail(w, r, err)
		}
	})
}

// change is page for requests that change something: they must come from the application's own pages.
func (a *App) change(h appHandler) http.Handler {
	return a.page(func(w http.ResponseWriter, r *http.Request, v *visitor) error {
		// A multipart form is read by its own handler, as a stream; it checks the form token itself.
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			if !a.ownForm(r, v) {
				return errForeignForm // fail closed: also for a page that is older than the session
			}
		}
		return h(w, r, v)
	})
}

var errForeignForm = fault.New(fault.Denied, "filesapp.change", "this form is too old or comes from another site; load the page again")

func (a *App) sendFile(opt sendOptions) appHandler {
	return func(w http.ResponseWriter, r *http.Request, v *visitor) error {
		f, err := a.fileFor(v, r.PathValue("id"))
		if err != nil {
			return err
		}
		return a.send(w, r, f, opt)
	}
}

// serveLink leads to the CDN by redirect, as many applications' download links do.
func (a *App) serveLink(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, a.downloadURL(f), http.StatusFound)
	return nil
}

// servePrintPDF makes a PDF of what the document looks like: the "save as PDF" of a print view.
func (a *App) servePrintPDF(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	shown, ok := pagesOf(f)
	if !ok {
		return fault.New(fault.NotFound, "filesapp.servePrintPDF", "this document can't be printed here")
	}
	data := pdfFile("printed", shown)
	if s, known := sampleByID(f.ID); known {
		data = pdfFile(s.Canary, shown)
	}
	return a.send(w, r, &file{ID: f.ID + "-print", Name: f.Name + ".pdf", Type: "application/pdf", Version: f.Version, Modified: f.Modified, data: data}, sendOptions{})
}

func sampleByID(id string) (Sample, bool) {
	for _, s := range Samples() {
		if s.ID == id {
			return s, true
		}
	}
	return Sample{}, false
}

func (a *App) serveDelete(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.store.remove(f.ID)
	http.Redirect(w, r, "/folders/"+f.Folder, http.StatusSeeOther)
	return nil
}

func (a *App) serveZip(w http.ResponseWriter, r *http.Request, v *visitor) error {
	files, err := a.selection(v, r.PostForm["id"])
	if err != nil {
		return err
	}
	a.sendZip(w, files)
	return nil
}

// serveShared opens a share link: for people who are signed in and may open the document anyway.
func (a *App) serveShared(w http.ResponseWriter, r *http.Request, v *visitor) error {
	id, ok := a.shares.Get(r.PathValue("key"))
	if !ok {
		return fault.New(fault.NotFound, "filesapp.serveShared", "this link has ended")
	}
	f, err := a.fileFor(v, id)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/files/"+f.ID, http.StatusSeeOther)
	return nil
}

// serveToken gives the page's script a bearer token for the API host.
func (a *App) serveToken(w http.ResponseWriter, _ *http.Request, v *visitor) error {
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": a.tokens.Put(v), "token_type": "Bearer", "expires_in": int(tokenLifetime.Seconds()), "api": origin(a.cfg.Hosts.API),
	})
	return nil
}

// serveReport takes what browsers report about the content security policy; a proxy that breaks it shows here.
func (a *App) serveReport(w http.ResponseWriter, r *http.Request) {
	var b [4096]byte
	n, _ := http.MaxBytesReader(w, r.Body, int64(len(b))).Read(b[:])
	a.cfg.Logger.Warn("content security policy violated", "report", printable(string(b[:n])))
	w.WriteHeader(http.StatusNoContent)
}

func (a *App) serveWorker(w http.ResponseWriter, r *http.Request) {
	if !a.cfg.ServiceWorker {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(a.assets["/modules/worker.js"].body)
}

func (a *App) serveManifest(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeManifest(w, origin(a.cfg.Hosts.App), origin(a.cfg.Hosts.Static))
}

func (a *App) firstFolder(v *visitor) string {
	for _, fo := range a.store.folders {
		if a.mayOpen(v, fo) {
			return fo.ID
		}
	}
	return FolderInbox
}
