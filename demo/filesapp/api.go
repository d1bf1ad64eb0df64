package filesapp

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/referee-casb/referee/fault"
)

// apiRoutes is the JSON API. It knows bearer tokens only; a cookie means nothing here, so a foreign page can
// do nothing in somebody's name.
func (a *App) apiRoutes() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /v1/folders", a.bearer(a.apiFolders))
	m.Handle("GET /v1/folders/{id}", a.bearer(a.apiFolder))
	m.Handle("PUT /v1/folders/{id}/files/{name}", a.bearer(a.apiPutNew))
	m.Handle("POST /v1/folders/{id}/upload", a.bearer(a.apiFormUpload))
	m.Handle("GET /v1/files/{id}", a.bearer(a.apiFile))
	m.Handle("DELETE /v1/files/{id}", a.bearer(a.apiDelete))
	m.Handle("GET /v1/files/{id}/content", a.bearer(a.sendFile(sendOptions{})))
	m.Handle("PUT /v1/files/{id}/content", a.bearer(a.apiPutContent))
	m.Handle("GET /v1/files/{id}/attachment", a.bearer(a.apiAttachment))
	m.Handle("GET /v1/files/{id}/text", a.bearer(a.apiText))
	m.Handle("PUT /v1/files/{id}/text", a.bearer(a.apiPutText))
	m.Handle("POST /v1/files/{id}/share", a.bearer(a.apiShare))
	m.Handle("POST /v1/zip", a.bearer(a.apiZip))
	m.Handle("GET /v1/big/{size}", a.bearer(func(w http.ResponseWriter, r *http.Request, _ *visitor) error { return sendSynthetic(w, r) }))
	a.tusRoutes(m)
	a.googleRoutes(m)
	m.Handle("POST /v1.0/me/drive/items/{item...}", a.bearer(a.serveGraphCreate))
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		a.problemStatus(w, http.StatusNotFound, "there is no such resource")
	})
	return a.cors(m, "GET, HEAD, POST, PUT, PATCH, DELETE",
		"Authorization, Content-Type, Content-Range, Range, If-Range, If-Match, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, X-Upload-Content-Type, X-Upload-Content-Length",
		"Location, Range, Accept-Ranges, Content-Range, Content-Length, Content-Disposition, ETag, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Offset, Upload-Length", false)
}

func (a *App) bearer(h appHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := a.bearerOf(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="files"`)
			a.problemStatus(w, http.StatusUnauthorized, "a valid access token is needed") // fail closed: none, a wrong or an old one
			return
		}
		if err := h(w, r, v); err != nil {
			a.problem(w, r, err)
		}
	})
}

func (a *App) apiFolders(w http.ResponseWriter, _ *http.Request, v *visitor) error {
	type item struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		WebURL string `json:"webUrl"`
	}
	out := []item{}
	for _, fo := range a.store.folders {
		if a.mayOpen(v, fo) {
			out = append(out, item{fo.ID, fo.Name, origin(a.cfg.Hosts.App) + "/folders/" + fo.ID})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"folders": out})
	return nil
}

func (a *App) apiFolder(w http.ResponseWriter, r *http.Request, v *visitor) error {
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": fo.ID, "name": fo.Name, "files": a.views(fo.ID)})
	return nil
}

func (a *App) apiFile(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a.view(f))
	return nil
}

func (a *App) apiDelete(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.store.remove(f.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// apiAttachment has the original bytes inside JSON, as mail APIs have attachments.
func (a *App) apiAttachment(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"name": f.Name, "contentType": f.Type, "size": f.Size, "contentBytes": base64.StdEncoding.EncodeToString(f.data)})
	return nil
}

// textDocument is what the editor works on: the body of a text, without its front matter.
type textDocument struct {
	Version int    `json:"version"`
	Text    string `json:"text"`
}

func (a *App) apiText(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !f.editable() {
		return fault.New(fault.Invalid, "filesapp.apiText", "only text documents can be edited")
	}
	_, body := splitFrontMatter(string(f.data))
	writeJSON(w, http.StatusOK, textDocument{f.Version, body})
	return nil
}

// apiPutText saves the editor's text over the version that the editor had.
func (a *App) apiPutText(w http.ResponseWriter, r *http.Request, v *visitor) error {
	const op = "filesapp.apiPutText"
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	var doc textDocument
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 2<<20)).Decode(&doc); err != nil {
		return fault.As(err, fault.Invalid, op, "body")
	}
	switch {
	case !f.editable():
		return fault.New(fault.Invalid, op, "only text documents can be edited")
	case !utf8.ValidString(doc.Text):
		return fault.New(fault.Invalid, op, "the text is not UTF-8")
	}
	front, _ := splitFrontMatter(string(f.data))
	saved, err := a.save(f.Folder, f.Name, f.Type, v, max(doc.Version, 1), strings.NewReader(front+doc.Text))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a.view(saved))
	return nil
}

// apiPutContent replaces a document's bytes.
func (a *App) apiPutContent(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	saved, err := a.save(f.Folder, f.Name, f.Type, v, 0, r.Body)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a.view(saved))
	return nil
}

// apiPutNew uploads a document as the body of a PUT.
func (a *App) apiPutNew(w http.ResponseWriter, r *http.Request, v *visitor) error {
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	name, ok := cleanName(r.PathValue("name"))
	if !ok {
		return fault.New(fault.Invalid, "filesapp.apiPutNew", "the file needs a name")
	}
	saved, err := a.save(fo.ID, name, baseType(r.Header.Get("Content-Type")), v, 0, r.Body)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, a.view(saved))
	return nil
}

// save stores a whole body as a document's first or next version. over is the version that it must replace, 0
// for any.
func (a *App) save(folderID, name, typ string, v *visitor, over int, body io.Reader) (*file, error) {
	fo, _ := a.store.folder(folderID)
	in := a.newIntake(fo, name, typ, v.name)
	in.over = over
	defer in.abort()
	if err := copyBody(in, body); err != nil {
		return nil, err
	}
	return in.commit()
}

func (a *App) apiShare(w http.ResponseWriter, r *http.Request, v *visitor) error {
	f, err := a.fileFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, map[string]string{"url": origin(a.cfg.Hosts.App) + "/s/" + a.shares.Put(f.ID)})
	return nil
}

func (a *App) apiZip(w http.ResponseWriter, r *http.Request, v *visitor) error {
	var want struct {
		IDs []string `json:"ids"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&want); err != nil {
		return fault.As(err, fault.Invalid, "filesapp.apiZip", "body")
	}
	files, err := a.selection(v, want.IDs)
	if err != nil {
		return err
	}
	a.sendZip(w, files)
	return nil
}

func baseType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
