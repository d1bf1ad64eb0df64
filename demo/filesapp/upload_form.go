package filesapp

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"

	"github.com/referee-casb/referee/fault"
)

// serveFormUpload takes a form with any number of files, without a script, as a stream. The form token comes
// before the files, in a field or in a header.
func (a *App) serveFormUpload(w http.ResponseWriter, r *http.Request, v *visitor) error {
	if o := r.Header.Get("Origin"); o != "" && o != origin(a.cfg.Hosts.App) {
		return errForeignForm // fail closed: a form of another site
	}
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	if _, err := a.readForm(r, v, fo, false); err != nil {
		return err
	}
	http.Redirect(w, r, "/folders/"+fo.ID, http.StatusSeeOther)
	return nil
}

// apiFormUpload takes the same form from a script with a bearer token.
func (a *App) apiFormUpload(w http.ResponseWriter, r *http.Request, v *visitor) error {
	fo, err := a.folderFor(v, r.PathValue("id"))
	if err != nil {
		return err
	}
	stored, err := a.readForm(r, v, fo, true)
	if err != nil {
		return err
	}
	out := []fileView{}
	for _, f := range stored {
		out = append(out, a.view(f))
	}
	writeJSON(w, http.StatusCreated, map[string]any{"files": out})
	return nil
}

const maxFormFiles = 1000

// readForm stores the files of a multipart form one by one. Those before a mistake stay.
func (a *App) readForm(r *http.Request, v *visitor, fo folder, trusted bool) ([]*file, error) {
	const op = "filesapp.readForm"
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, "form")
	}
	trusted = trusted || sameToken(r.Header.Get(formHeader), v)
	var stored []*file
	for len(stored) < maxFormFiles {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fault.As(err, fault.Invalid, op, "part")
		}
		if part.FormName() == formField {
			raw, err := io.ReadAll(io.LimitReader(part, 256))
			if err != nil {
				return nil, fault.As(err, fault.Invalid, op, formField)
			}
			trusted = trusted || sameToken(string(raw), v)
			continue
		}
		name, ok := cleanName(part.FileName())
		if part.FileName() == "" || !ok {
			continue // an empty file field, or one that this form doesn't have
		}
		if !trusted {
			return nil, errForeignForm // fail closed: a file before a good token
		}
		f, err := a.save(fo.ID, name, baseType(part.Header.Get("Content-Type")), v, 0, part)
		if err != nil {
			return nil, err
		}
		stored = append(stored, f)
	}
	if len(stored) == 0 {
		return nil, fault.New(fault.Invalid, op, "choose a file first")
	}
	return stored, nil
}

func sameToken(got string, v *visitor) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(v.formToken)) == 1
}
