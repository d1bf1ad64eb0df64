package filesapp

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/referee-casb/referee/fault"
)

// Resumable upload in the manner of Google's APIs: a POST with the bearer token opens a session, its Location
// is a capability, chunks are PUT there with Content-Range and without a token; 308 means go on.
const googlePath = "/upload/v1/files"

func (a *App) googleRoutes(m *http.ServeMux) {
	m.Handle("POST "+googlePath, a.bearer(a.googleOpen))
	m.HandleFunc("PUT "+googlePath, a.cdn(a.googlePut))
	m.HandleFunc("DELETE "+googlePath, a.cdn(a.googleCancel))
}

func (a *App) googleOpen(w http.ResponseWriter, r *http.Request, v *visitor) error {
	const op = "filesapp.googleOpen"
	if r.URL.Query().Get("uploadType") != "resumable" {
		return fault.New(fault.Invalid, op, "only uploadType=resumable is supported")
	}
	var meta struct {
		Name   string `json:"name"`
		Parent string `json:"parent"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&meta); err != nil {
		return fault.As(err, fault.Invalid, op, "body")
	}
	fo, err := a.folderFor(v, meta.Parent)
	if err != nil {
		return err
	}
	name, ok := cleanName(meta.Name)
	if !ok {
		return fault.New(fault.Invalid, op, "the file needs a name")
	}
	total := unknown
	if raw := r.Header.Get("X-Upload-Content-Length"); raw != "" {
		if total, ok = digits(raw); !ok {
			return fault.New(fault.Invalid, op, "X-Upload-Content-Length is not a number of bytes")
		}
	}
	p := &pending{protocol: "google", total: total, in: a.newIntake(fo, name, baseType(r.Header.Get("X-Upload-Content-Type")), v.name)}
	q := url.Values{"uploadType": {"resumable"}, "upload_id": {a.uploads.Put(p)}}
	w.Header().Set("Location", origin(a.cfg.Hosts.API)+googlePath+"?"+q.Encode())
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a *App) googlePut(w http.ResponseWriter, r *http.Request) error {
	p, err := a.pendingUpload("google", r.URL.Query().Get("upload_id"))
	if err != nil {
		return err
	}
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	if raw := r.Header.Get("Content-Range"); raw == "" {
		if err := p.whole(r); err != nil {
			return err
		}
	} else if err := p.chunk(raw, r); err != nil {
		return err
	}
	done, err := p.complete()
	if err != nil {
		return err
	}
	if done {
		writeJSON(w, http.StatusCreated, a.view(p.stored))
		return nil
	}
	if p.in.size > 0 {
		w.Header().Set("Range", "bytes=0-"+strconv.FormatInt(p.in.size-1, 10))
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusPermanentRedirect) // without Location: "resume incomplete"
	return nil
}

// whole takes a body without Content-Range: all of the file.
func (p *pending) whole(r *http.Request) error {
	if p.in.size > 0 {
		return fault.New(fault.Invalid, "filesapp.whole", "the upload has begun; say where this part belongs")
	}
	if p.total == unknown {
		p.total = r.ContentLength // still unknown when the body is chunked
	}
	if err := p.add(r.Body, r.ContentLength); err != nil {
		return err
	}
	if p.total == unknown {
		p.total = p.in.size
	}
	return nil
}

// chunk takes a part, or a question about the state. A part that doesn't fit is not taken; the answer says
// where to go on.
func (p *pending) chunk(raw string, r *http.Request) error {
	cr, err := parseContentRange(raw)
	if err != nil {
		return err
	}
	if cr.Total != unknown {
		if p.total != unknown && p.total != cr.Total || cr.Total < p.in.size {
			return fault.New(fault.Invalid, "filesapp.chunk", "the total differs from before")
		}
		p.total = cr.Total
	}
	if p.stored != nil || cr.First == unknown || cr.First != p.in.size {
		return nil
	}
	return p.add(r.Body, cr.Length())
}

func (a *App) googleCancel(w http.ResponseWriter, r *http.Request) error {
	key := r.URL.Query().Get("upload_id")
	if _, err := a.pendingUpload("google", key); err != nil {
		return err
	}
	a.uploads.Drop(key)
	w.WriteHeader(499) // what Google answers
	return nil
}
