package recognise

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
)

// ResponseInfo is what an answer is.
type ResponseInfo struct {
	Class       Class
	Download    bool  // hands a file's bytes to the browser: policy is asked. True for previews too
	Attachment  bool  // the browser saves it: an attachment, or a navigation to a type it can't show
	NeedHead    bool  // head is too short to tell; call again with up to HeadSize bytes
	Partial     bool  // 206, or multipart/byteranges
	First, Last int64 // of a single range, inclusive; -1 where the answer holds several
	File        model.File
}

// HeadSize is how many first bytes are looked at.
const HeadSize = 4096

// Response fills info wholly. head is the first bytes of the answer's content with its content coding removed,
// nil for HEAD, 304 and 204; last says that no more head can be had. The head of a range that does not begin at
// zero shows nothing of the type, so anything but media is taken for a file there.
//
// Pages, code and data whose head shows nothing else cost no allocation.
func Response(info *ResponseInfo, q *RequestInfo, status int, h http.Header, head []byte, last bool, p *Profile) {
	*info = ResponseInfo{File: model.File{Size: -1}}
	if status == http.StatusNoContent || status == http.StatusNotModified || status < 200 || status == http.StatusSwitchingProtocols {
		return
	}
	declared, _ := cutType(first(h, "Content-Type"))
	info.ranges(status, h, declared)
	info.Class = classOf(declared)
	if length := first(h, "Content-Length"); length == "0" && status != http.StatusPartialContent {
		info.Class = ClassEmpty
		return
	}
	d := parseDisposition(first(h, "Content-Disposition"))
	shown := natureNone
	if !info.Partial || info.First == 0 {
		if len(head) < enough && !last && declared != "text/event-stream" {
			info.NeedHead = true
		}
		shown = natureOf(head)
	}
	info.weigh(q, declared, d, shown, head)
	if q.NeverFile && !d.attachment {
		info.Download, info.Attachment = false, false
		if info.Class == ClassFile {
			info.Class = ClassData
		}
		return
	}
	if info.Download {
		info.describe(q, h, declared, d, head)
	}
}

// weigh joins declared type, disposition, first bytes and use into a class and a download intent.
func (info *ResponseInfo) weigh(q *RequestInfo, declared string, d disposition, shown nature, head []byte) {
	switch {
	case shown == natureFile:
		info.Class = ClassFile // whatever was declared
	case shown == natureMedia && (info.Class == ClassPage || info.Class == ClassCode || info.Class == ClassData):
		info.Class = ClassMedia
	case info.Class == ClassData && strings.Contains(declared, "json") && !info.Partial && !looksLikeJSON(head):
		info.Class = ClassFile // a table or text that calls itself JSON
	case info.Partial && info.First != 0 && info.Class != ClassMedia:
		info.Class = ClassFile // the middle of something: nobody reads pages, code or data so, and its bytes show no type
	}
	named := d.name != "" || hasFileExtension(lastSegment(q.path))
	switch info.Class {
	case ClassFile:
		info.Download = true
	case ClassMedia:
		// Media belongs to pages; it is a file where a script or the person fetches it for itself, where it comes
		// from a host of files, and where it carries a file's name.
		asset := q.Dest == "image" || q.Dest == "font" || q.Dest == "audio" || q.Dest == "video" || q.Dest == "track" || q.Dest == "style" || q.Dest == "manifest"
		vector := declared == "image/svg+xml"
		info.Download = q.Download || q.Role == catalog.RoleFiles || d.name != "" || !asset && !vector && q.Dest != ""
	case ClassData:
		info.Download = q.Download || q.Role == catalog.RoleFiles || d.name != "" || declared == "text/plain" && (named || q.Navigation)
	case ClassPage, ClassCode:
		info.Download = q.Download || q.Role == catalog.RoleFiles && info.Class == ClassPage
	case ClassEmpty:
	}
	if d.attachment {
		info.Download, info.Attachment = true, true
	}
	if info.Download && q.Navigation && info.Class == ClassFile && declared != "application/pdf" {
		info.Attachment = true // the browser can't show it, so it saves it
	}
}

// ranges reads which part of the file an answer holds (RFC 9110 section 14.4).
func (info *ResponseInfo) ranges(status int, h http.Header, declared string) {
	info.Last = -1
	if declared == "multipart/byteranges" {
		info.Partial, info.First = true, -1
		return
	}
	if status != http.StatusPartialContent {
		return
	}
	info.Partial = true
	first, last, total, ok := parseContentRange(first(h, "Content-Range"))
	if !ok {
		info.First = -1
		return
	}
	info.First, info.Last, info.File.Size = first, last, total
}

// parseContentRange parses "bytes first-last/total"; total is -1 for "*".
func parseContentRange(v string) (first, last, total int64, ok bool) {
	unit, rest, ok := strings.Cut(strings.TrimSpace(v), " ")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return 0, 0, -1, false
	}
	span, size, ok := strings.Cut(rest, "/")
	if !ok {
		return 0, 0, -1, false
	}
	a, b, ok := strings.Cut(strings.TrimSpace(span), "-")
	if !ok {
		return 0, 0, -1, false
	}
	first, err1 := parseSize(a)
	last, err2 := parseSize(b)
	if err1 || err2 || last < first {
		return 0, 0, -1, false
	}
	if size = strings.TrimSpace(size); size == "*" {
		return first, last, -1, true
	}
	total, bad := parseSize(size)
	if bad || total <= last {
		return 0, 0, -1, false
	}
	return first, last, total, true
}

// parseSize parses a count of bytes: digits only, no sign.
func parseSize(s string) (n int64, bad bool) {
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '+' || s[0] == '-' {
		return -1, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err != nil
}

// describe fills in the file's facts.
func (info *ResponseInfo) describe(q *RequestInfo, h http.Header, declared string, d disposition, head []byte) {
	f := &info.File
	f.MIME, f.Name = declared, d.name
	if f.Name == "" {
		f.Name = nameFromPath(q.path)
	}
	f.URL = "https://" + q.host + q.path
	if !info.Partial || info.First == 0 {
		f.TrueMIME = trueMIME(head)
	}
	if f.Size < 0 && !info.Partial && first(h, "Content-Encoding") == "" {
		if n, bad := parseSize(first(h, "Content-Length")); !bad {
			f.Size = n
		}
	}
}

// nameFromPath is the name a browser would save under.
func nameFromPath(path string) string {
	name := lastSegment(path)
	if u, err := url.PathUnescape(name); err == nil {
		name = u
	}
	return baseName(name)
}
