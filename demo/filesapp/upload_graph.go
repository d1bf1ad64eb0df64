package filesapp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// Upload session in the manner of Microsoft Graph: a POST with the bearer token on the API host, parts with
// Content-Range on another host (the CDN), by an address that needs no token.

// serveGraphCreate answers POST …/items/{folder}:/{name}:/createUploadSession.
func (a *App) serveGraphCreate(w http.ResponseWriter, r *http.Request, v *visitor) error {
	const op = "filesapp.serveGraphCreate"
	rest, ok := strings.CutSuffix(r.PathValue("item"), ":/createUploadSession")
	folderID, raw, ok2 := strings.Cut(rest, ":/")
	if !ok || !ok2 {
		return fault.New(fault.NotFound, op, "there is no such resource")
	}
	fo, err := a.folderFor(v, folderID)
	if err != nil {
		return err
	}
	name, ok := cleanName(raw)
	if !ok {
		return fault.New(fault.Invalid, op, "the file needs a name")
	}
	p := &pending{protocol: "graph", total: unknown, in: a.newIntake(fo, name, "", v.name)}
	writeJSON(w, http.StatusOK, map[string]any{
		"uploadUrl":          origin(a.cfg.Hosts.CDN) + "/upload/" + a.uploads.Put(p),
		"expirationDateTime": a.cfg.Clock().Add(time.Hour).UTC().Format(time.RFC3339),
		"nextExpectedRanges": []string{"0-"},
	})
	return nil
}

func (a *App) serveGraphPut(w http.ResponseWriter, r *http.Request) error {
	const op = "filesapp.serveGraphPut"
	p, err := a.pendingUpload("graph", r.PathValue("key"))
	if err != nil {
		return err
	}
	cr, err := parseContentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return err
	}
	if cr.First == unknown || cr.Total == unknown {
		return fault.New(fault.Invalid, op, "Content-Range must have a span and a total")
	}
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	switch {
	case p.total != unknown && p.total != cr.Total:
		return fault.New(fault.Invalid, op, "the total differs from before")
	case cr.First != p.in.size || p.stored != nil:
		a.problemStatus(w, http.StatusRequestedRangeNotSatisfiable, "this part was received already, or one before it is missing")
		return nil
	}
	p.total = cr.Total
	if err := p.add(r.Body, cr.Length()); err != nil {
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
	writeJSON(w, http.StatusAccepted, p.graphState())
	return nil
}

func (a *App) serveGraphStatus(w http.ResponseWriter, r *http.Request) error {
	p, err := a.pendingUpload("graph", r.PathValue("key"))
	if err != nil {
		return err
	}
	release, err := p.hold()
	if err != nil {
		return err
	}
	defer release()
	writeJSON(w, http.StatusOK, p.graphState())
	return nil
}

func (a *App) serveGraphCancel(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.pendingUpload("graph", r.PathValue("key")); err != nil {
		return err
	}
	a.uploads.Drop(r.PathValue("key"))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *pending) graphState() map[string]any {
	next := []string{}
	if p.stored == nil {
		next = append(next, strconv.FormatInt(p.in.size, 10)+"-")
	}
	return map[string]any{"nextExpectedRanges": next}
}
