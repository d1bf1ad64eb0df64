package recognise

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
)

// UploadKind is the protocol by which a file goes up.
type UploadKind uint8

// The upload protocols.
const (
	UploadNone         UploadKind = iota
	UploadMultipart               // multipart/form-data (RFC 7578)
	UploadRelated                 // multipart/related (RFC 2387), as Google's APIs take it: what the file is called, then the file
	UploadRaw                     // the body is the file
	UploadTusCreate               // tus resumable upload 1.0, creation
	UploadTusPatch                // … and its chunks
	UploadGraphCreate             // Microsoft Graph createUploadSession
	UploadGoogleCreate            // Google resumable upload, initiation
	UploadChunk                   // a chunk by Content-Range (Graph, Google and their likes)
)

// UploadInfo is what a request says of the file it carries or announces.
type UploadInfo struct {
	Kind          UploadKind
	Create        bool       // announces a file whose bytes come in later requests
	Along         UploadKind // what the announcement's own body is read as; UploadNone: as any request's
	Chunk         bool       // bytes of an announced file
	ID            string     // of the announced file, the same for all its chunks
	Offset, Total int64      // of this chunk; -1 unknown
	File          model.File
}

// upload recognises the protocol from method, path and headers.
func upload(q *RequestInfo, r *http.Request, p *Profile) {
	q.Upload = UploadInfo{Offset: -1, Total: -1, File: model.File{Size: -1}}
	if r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodPatch {
		return
	}
	u := &q.Upload
	declared, _ := cutType(first(r.Header, "Content-Type"))
	// A form is a form whatever else the request says of itself: an app that knows nothing of resumable uploads reads
	// nothing but the type, and a page's script can add any of what tells them.
	parts := partsOf(r, declared)
	form := parts != UploadNone
	switch {
	case first(r.Header, "Tus-Resumable") != "" && (r.Method == http.MethodPost || r.Method == http.MethodPatch && !form): // tus has no PUT
		u.tus(q, r)
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/createUploadSession"), r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/oneDrive.createUploadSession"):
		u.Kind, u.Create = UploadGraphCreate, true
		u.File.Name = graphName(r.URL.Path)
	case googleStart(r):
		u.Kind, u.Create = UploadGoogleCreate, true
		u.File.MIME = first(r.Header, "X-Upload-Content-Type")
		if n, bad := parseSize(first(r.Header, "X-Upload-Content-Length")); !bad {
			u.File.Size, u.Total = n, n
		}
		u.File.Name = baseName(r.URL.Query().Get("name"))
	case first(r.Header, "Content-Range") != "" && hasBody(r) && !form:
		u.chunk(q, r, declared)
	case form:
		u.Kind = parts
	case hasBody(r) && (rawFile(r, declared) || p.upload(r)):
		u.Kind = UploadRaw
		u.File = rawOf(r, declared)
	}
	if u.Create && hasBody(r) {
		switch {
		case form:
			u.Along = parts
		case u.Kind == UploadTusCreate:
			u.Along = UploadTusCreate // creation-with-upload: the file's first bytes
		case rawFile(r, declared), u.Kind == UploadGoogleCreate && strings.Contains(first(r.Header, "X-Goog-Upload-Command"), "upload"):
			u.Along = UploadRaw
		}
	}
	if u.Kind != UploadNone {
		u.File.URL = "https://" + q.host + q.path
	}
}

func hasBody(r *http.Request) bool { return r.ContentLength != 0 }

// partsOf is how a body of several parts is read; UploadNone for any other. Google's APIs take any multipart type where
// the request says that it is one upload in parts.
func partsOf(r *http.Request, declared string) UploadKind {
	switch {
	case !hasBody(r):
		return UploadNone
	case declared == "multipart/form-data":
		return UploadMultipart
	case declared == "multipart/related":
		return UploadRelated
	case strings.HasPrefix(declared, "multipart/"):
		q := r.URL.Query()
		// Of several values one app reads the first and another the last.
		for _, says := range slices.Concat(q["uploadType"], q["upload_protocol"], r.Header["X-Goog-Upload-Protocol"]) {
			if strings.EqualFold(strings.TrimSpace(says), "multipart") {
				return UploadRelated
			}
		}
	}
	return UploadNone
}

// tus reads the headers of tus 1.0.0 (creation, creation-with-upload, core PATCH).
func (u *UploadInfo) tus(q *RequestInfo, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		u.Kind, u.Create = UploadTusCreate, true
		if n, bad := parseSize(first(r.Header, "Upload-Length")); !bad {
			u.File.Size, u.Total = n, n
		}
		u.File.Name, u.File.MIME = tusMetadata(first(r.Header, "Upload-Metadata"))
		if hasBody(r) {
			u.Offset = 0
		}
	case http.MethodPatch:
		u.Kind, u.Chunk, u.ID = UploadTusPatch, true, uploadID(q.host, r.URL)
		u.File.Name = chunkName(r)
		if n, bad := parseSize(first(r.Header, "Upload-Offset")); !bad {
			u.Offset = n
		}
	}
}

// rawOf is the file that a body is.
func rawOf(r *http.Request, declared string) model.File {
	return model.File{Name: rawName(r), MIME: declared, Size: r.ContentLength}
}

// tusMetadata reads name and type from "key base64,key base64".
func tusMetadata(v string) (name, mime string) {
	for pair := range strings.SplitSeq(v, ",") {
		key, enc, _ := strings.Cut(strings.TrimSpace(pair), " ")
		raw, err := base64.StdEncoding.DecodeString(enc)
		if err != nil {
			continue
		}
		switch strings.ToLower(key) {
		case "filename", "name":
			name = baseName(string(raw))
		case "filetype", "type", "contenttype":
			mime, _ = cutType(string(raw))
		}
	}
	return name, mime
}

// googleStart recognises the initiation of a Google resumable upload, in both of its dialects.
func googleStart(r *http.Request) bool {
	if first(r.Header, "X-Goog-Upload-Command") != "" {
		return strings.Contains(first(r.Header, "X-Goog-Upload-Command"), "start")
	}
	return strings.Contains(r.URL.RawQuery, "uploadType=resumable") && !strings.Contains(r.URL.RawQuery, "upload_id=")
}

// graphName reads the name from a path such as /drive/root:/Reports/q3.docx:/createUploadSession.
func graphName(path string) string {
	path, _, ok := strings.Cut(path, ":/createUploadSession")
	if !ok {
		return ""
	}
	return nameFromPath(path)
}

// chunk reads Content-Range on a request. "bytes */n" asks how far an upload got and carries nothing.
func (u *UploadInfo) chunk(q *RequestInfo, r *http.Request, declared string) {
	u.Kind, u.Chunk, u.ID = UploadChunk, true, uploadID(q.host, r.URL)
	u.File.MIME, u.File.Name = declared, chunkName(r)
	if start, _, total, ok := parseContentRange(first(r.Header, "Content-Range")); ok {
		u.Offset, u.Total, u.File.Size = start, total, total
	} else if start, ok := openRange(first(r.Header, "Content-Range")); ok {
		u.Offset = start
	}
}

// chunkName is the name of a chunk of which nothing was announced, or no chunk at all: an app may take the whole body for
// the file that the address names.
func chunkName(r *http.Request) string {
	if name := rawName(r); hasFileExtension(name) {
		return name
	}
	return ""
}

// openRange reads "bytes a-b/*", whose total is not known yet.
func openRange(v string) (start int64, ok bool) {
	start, _, _, ok = parseContentRange(v)
	return start, ok
}

// rawFile reports whether a body that is no form is a file: by its declared type, or by a name.
func rawFile(r *http.Request, declared string) bool {
	if first(r.Header, "Content-Disposition") != "" || first(r.Header, "X-File-Name") != "" {
		return true
	}
	switch class := classOf(declared); class {
	case ClassFile, ClassMedia:
		return true
	case ClassPage, ClassCode, ClassData:
		// A text body is a file when it is put at a file's name.
		return r.Method == http.MethodPut && declared != "application/json" && hasFileExtension(lastSegment(r.URL.Path))
	}
	return false
}

func rawName(r *http.Request) string {
	if d := parseDisposition(first(r.Header, "Content-Disposition")); d.name != "" {
		return d.name
	}
	if n := first(r.Header, "X-File-Name"); n != "" {
		return baseName(decodePlain(n))
	}
	if n := r.URL.Query().Get("name"); n != "" {
		return baseName(n)
	}
	return nameFromPath(r.URL.Path)
}

// uploadID names an announced file by the address its chunks go to, without the parts of the query that change
// or that are secrets.
func uploadID(host string, u *url.URL) string {
	id := host + u.Path
	q := u.Query()
	for _, key := range []string{"upload_id", "uploadId", "id", "guid"} {
		if v := q.Get(key); v != "" {
			id += "?" + key + "=" + v
		}
	}
	return id
}
