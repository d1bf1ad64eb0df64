package filesapp

import (
	"archive/zip"
	"bytes"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// sendOptions say how a file's bytes are labelled. They come from the server's own code or from under a
// signature, never from a bare parameter.
type sendOptions struct {
	attachment bool
	as         string // another media type than the file's: servers that label wrongly exist
}

// send writes a file's original bytes: GET and HEAD, ranges, conditional requests.
func (a *App) send(w http.ResponseWriter, r *http.Request, f *file, opt sendOptions) error {
	if f.gone {
		return fault.New(fault.NotFound, "filesapp.send", "the bytes of this file were discarded")
	}
	label(w.Header(), f, opt)
	http.ServeContent(w, r, "", f.Modified.Truncate(time.Second), bytes.NewReader(f.data))
	return nil
}

func label(h http.Header, f *file, opt sendOptions) {
	typ := f.Type
	if opt.as != "" {
		typ = opt.as
	}
	if strings.HasPrefix(typ, "text/") {
		typ += "; charset=utf-8"
	}
	kind := "inline"
	if opt.attachment {
		kind = "attachment"
	}
	h.Set("Content-Type", typ)
	h.Set("Content-Disposition", disposition(kind, f.Name))
	h.Set("ETag", `"`+f.ID+"-"+strconv.Itoa(f.Version)+`"`)
	h.Set("Cache-Control", "private, max-age=600")
	h.Set("X-Content-Type-Options", "nosniff")
	if t, _, _ := strings.Cut(typ, ";"); t == "text/html" || t == "image/svg+xml" || strings.HasSuffix(t, "xml") {
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:") // somebody's upload must not run here
	}
}

// disposition writes Content-Disposition with the name in both forms (RFC 6266).
func disposition(kind, name string) string {
	if s := mime.FormatMediaType(kind, map[string]string{"filename": name}); s != "" {
		return s
	}
	return kind
}

// downloadPath and the others are the paths of a file on the CDN host.
func downloadPath(f *file) string {
	return "/d/" + f.ID + "/" + strconv.Itoa(f.Version) + "/" + f.Name
}

func picturePath(f *file, n int) string {
	return "/r/" + f.ID + "/" + strconv.Itoa(f.Version) + "/" + strconv.Itoa(n) + ".png"
}

func textPagePath(f *file) string {
	return "/r/" + f.ID + "/" + strconv.Itoa(f.Version) + "/text.html"
}

func cookiePath(f *file) string { return "/c/" + f.ID + "/" + url.PathEscape(f.Name) }

func (a *App) downloadURL(f *file) string {
	return a.signedURL(downloadPath(f), url.Values{"disp": {"attachment"}})
}

func (a *App) openURL(f *file) string { return a.signedURL(downloadPath(f), nil) }

func (a *App) mislabelledURL(f *file, as string) string {
	return a.signedURL(downloadPath(f), url.Values{"as": {as}})
}

func (a *App) pictureURLs(f *file) []string {
	out := []string{}
	for n := range pageCount(f) {
		out = append(out, a.signedURL(picturePath(f, n+1), nil))
	}
	return out
}

// sendZip streams a selection as one archive. Names that occur twice get a number. The head is out before the
// first file is read, so an error on the way can only cut the stream.
func (a *App) sendZip(w http.ResponseWriter, files []*file) {
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", disposition("attachment", "Files.zip"))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	z := zip.NewWriter(w)
	seen := map[string]int{}
	for _, f := range files {
		name := f.Name
		if seen[f.Name]++; seen[f.Name] > 1 {
			ext := path.Ext(name)
			name = strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(seen[f.Name]) + ")" + ext
		}
		part, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: f.Modified})
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			a.cfg.Logger.Info("archive not finished", "err", err)
			panic(http.ErrAbortHandler) // the browser must not take half an archive for a whole one
		}
		_ = http.NewResponseController(w).Flush() // the first file arrives while the second is packed
	}
	if err := z.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// selection returns the files of a list of ids that the visitor may open.
func (a *App) selection(v *visitor, ids []string) ([]*file, error) {
	if len(ids) == 0 || len(ids) > 1000 {
		return nil, fault.New(fault.Invalid, "filesapp.selection", "select between 1 and 1000 files")
	}
	var out []*file
	for _, id := range ids {
		f, err := a.fileFor(v, id)
		if err != nil {
			return nil, err
		}
		if !f.gone {
			out = append(out, f)
		}
	}
	return out, nil
}

// sendSynthetic answers /big/{size}: made-up bytes for load tests, as an attachment when the request has the
// parameter "download".
func sendSynthetic(w http.ResponseWriter, r *http.Request) error {
	size, ok := digits(r.PathValue("size"))
	if !ok || size > 1<<44 {
		return fault.New(fault.Invalid, "filesapp.sendSynthetic", "the size is not a number of bytes below 2^44")
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", `"big-`+strconv.FormatInt(size, 10)+`"`)
	if r.URL.Query().Has("download") {
		h.Set("Content-Disposition", disposition("attachment", "big.bin"))
	}
	http.ServeContent(w, r, "", time.Time{}, Synthetic(size))
	return nil
}
