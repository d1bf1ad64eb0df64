package recognise

import (
	"net/http"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// RequestInfo is what a request is, by its line and headers alone.
type RequestInfo struct {
	Activity   model.ActivityType // "" for a plain request
	Navigation bool               // the browser itself shows or saves the answer
	TopLevel   bool               // … in the top frame
	Dest       string             // Sec-Fetch-Dest, or what the headers imply
	Role       catalog.Role
	Preview    bool // Profile.Previews
	Download   bool // Profile.Downloads or Exports
	Export     bool // Profile.Exports
	NeverFile  bool // Profile.NeverFiles
	Issuer     bool // Profile.TokenIssuers
	Upload     UploadInfo
	File       model.File // from the request line; Size -1
	host, path string
}

// Request fills info wholly. r's path and query are those of the real app; host is the real host. A plain
// request costs no allocation.
func Request(info *RequestInfo, r *http.Request, host string, role catalog.Role, p *Profile) {
	*info = RequestInfo{Role: role, File: model.File{Size: -1}, host: host, path: r.URL.Path}
	info.fetch(r)
	if p != nil {
		path, query := p.fold(r.URL.Path), r.URL.RawQuery
		info.Export = anyMatch(p.exports, path, query)
		info.Download = info.Export || anyMatch(p.downloads, path, query)
		info.Preview = anyMatch(p.previews, path, "")
		info.NeverFile = !info.Download && anyMatch(p.never, path, "")
		info.Issuer = anyMatch(p.issuers, path, query)
	}
	upload(info, r, p)
	info.Activity = info.activity(r, p)
}

// fetch reads how the browser will use the answer. Page script cannot set Sec-Fetch-* (Fetch Metadata, section
// 2); a client that is no browser can, and gains nothing by it for types that are known by their bytes.
func (q *RequestInfo) fetch(r *http.Request) {
	mode, dest := first(r.Header, "Sec-Fetch-Mode"), first(r.Header, "Sec-Fetch-Dest")
	if mode != "" || dest != "" {
		q.Navigation = mode == "navigate" || mode == "nested-navigate"
		q.Dest = dest
		q.TopLevel = q.Navigation && dest == "document"
		return
	}
	accept := first(r.Header, "Accept")
	if (r.Method == http.MethodGet || r.Method == http.MethodPost || r.Method == http.MethodHead) && strings.Contains(accept, "text/html") && first(r.Header, "X-Requested-With") == "" {
		q.Navigation, q.TopLevel, q.Dest = true, true, "document"
		return
	}
	switch {
	case strings.HasPrefix(accept, "text/css"):
		q.Dest = "style"
	case strings.HasPrefix(accept, "image/"):
		q.Dest = "image"
	default:
		q.Dest = "empty"
	}
}

func (q *RequestInfo) activity(r *http.Request, p *Profile) model.ActivityType {
	if q.Download {
		return model.ActivityDownload
	}
	if p != nil {
		path := p.fold(r.URL.Path)
		for i := range p.activities {
			rule := &p.activities[i]
			if (rule.method == "" || rule.method == r.Method) && (rule.role == "" || rule.role == q.Role) && rule.path.match(path, r.URL.RawQuery) {
				return rule.kind
			}
		}
	}
	// After the profile's own: a header that any script can add makes no upload of another action. Files in the body are
	// decided about whatever the request is.
	if q.Upload.Kind != UploadNone {
		return model.ActivityUpload
	}
	if q.TopLevel && r.Method == http.MethodGet {
		return model.ActivityView
	}
	return ""
}

// first returns a header's first value without allocating; key is in canonical form.
func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// lastSegment returns the last non-empty segment of a path.
func lastSegment(path string) string {
	path = strings.TrimRight(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}
