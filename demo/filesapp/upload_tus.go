package filesapp

import (
	"net/http"
	"strconv"

	"github.com/referee-casb/referee/fault"
)

// tus 1.0.0 (tus.io): core, and the extensions creation, creation-with-upload and termination. Every request
// carries the bearer token.
const (
	tusVersion = "1.0.0"
	tusType    = "application/offset+octet-stream"
)

func (a *App) tusRoutes(m *http.ServeMux) {
	m.HandleFunc("OPTIONS /v1/tus/{rest...}", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Tus-Resumable", tusVersion)
		h.Set("Tus-Version", tusVersion)
		h.Set("Tus-Extension", "creation,creation-with-upload,termination")
		w.WriteHeader(http.StatusNoContent)
	})
	m.Handle("POST /v1/tus/{id}", a.bearer(tus(a.tusCreate)))
	m.Handle("HEAD /v1/tus/uploads/{key}", a.bearer(tus(a.tusHead)))
	m.Handle("PATCH /v1/tus/uploads/{key}", a.bearer(tus(a.tusPatch)))
	m.Handle("DELETE /v1/tus/uploads/{key}", a.bearer(tus(a.tusDelete)))
}

// tus checks the version of the protocol.
func tus(h appHandler) appHandler {
	return func(w http.ResponseWriter, r *http.Request, v *visitor) error {
		w.Header().Set("Tus-Resumable", tusVersion)
		w.Header().Set("Cache-Control", "no-store")
		if r.Header.Get("Tus-Resumable") != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			w.WriteHeader(http.StatusPreconditionFailed)
			return nil
		}
		return h(w, r, v)
	}
}

func (a *App) tusCreate(w http.ResponseWriter, r *http.Request, v *visitor) error {
	const op = "filesapp.tusCreate"
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	total, ok := digits(r.Header.Get("Upload-Length"))
	if !ok {
		return fault.New(fault.Invalid, op, "Upload-Length is not a number of bytes")
	}
	meta, err := parseTusMetadata(r.Header.Get("Upload-Metadata"))
	if err != nil {
		return err
	}
	name, ok := cleanName(meta["filename"])
	if !ok {
		return fault.New(fault.Invalid, op, "Upload-Metadata names no file")
	}
	p := &pending{protocol: "tus", total: total, in: a.newIntake(fo, name, baseType(meta["filetype"]), v.name)}
	w.Header().Set("Location", origin(a.cfg.Hosts.API)+"/v1/tus/uploads/"+a.uploads.Put(p))
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	if r.Header.Get("Content-Type") == tusType {
		if err := p.add(r.Body, r.ContentLength); err != nil {
			return err
		}
	}
	if _, err := p.complete(); err != nil { // at once for an empty file
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.in.size, 10))
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (a *App) tusHead(w http.ResponseWriter, r *http.Request, _ *visitor) error {
	p, err := a.pendingUpload("tus", r.PathValue("key"))
	if err != nil {
		return err
	}
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.in.size, 10))
	w.Header().Set("Upload-Length", strconv.FormatInt(p.total, 10))
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a *App) tusPatch(w http.ResponseWriter, r *http.Request, _ *visitor) error {
	const op = "filesapp.tusPatch"
	p, err := a.pendingUpload("tus", r.PathValue("key"))
	if err != nil {
		return err
	}
	if r.Header.Get("Content-Type") != tusType {
		a.problemStatus(w, http.StatusUnsupportedMediaType, "Content-Type must be "+tusType)
		return nil
	}
	at, ok := digits(r.Header.Get("Upload-Offset"))
	if !ok {
		return fault.New(fault.Invalid, op, "Upload-Offset is not a number of bytes")
	}
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	if at != p.in.size {
		return fault.New(fault.Conflict, op, "Upload-Offset is not where the upload stands")
	}
	if err := p.add(r.Body, r.ContentLength); err != nil {
		return err
	}
	if _, err := p.complete(); err != nil {
		return err
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.in.size, 10))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *App) tusDelete(w http.ResponseWriter, r *http.Request, _ *visitor) error {
	if _, err := a.pendingUpload("tus", r.PathValue("key")); err != nil {
		return err
	}
	a.uploads.Drop(r.PathValue("key"))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
