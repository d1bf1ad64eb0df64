package rewrite

import (
	"net/http"
	"strings"
)

// Kind says as what a body is rewritten.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	HTML
	CSS
	JS
	Worker // JS that starts a worker or service worker
	JSON   // the fields that a profile names
	Manifest
	SVG
	XHTML // by the rules of XML
)

// Page reports the kinds that get the client script.
func (k Kind) Page() bool { return k == HTML || k == XHTML }

// Classify says as what an answer is rewritten: by its use, its declared type and nosniff, never by its
// extension. fields says whether the app's profile names JSON fields.
func Classify(dest string, status int, h http.Header, fields bool) Kind {
	if status == http.StatusNoContent || status == http.StatusNotModified || status == http.StatusPartialContent || status < 200 {
		return None
	}
	if d := h.Get("Content-Disposition"); d != "" && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(d)), "inline") {
		return None
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch dest {
	case "worker", "sharedworker", "serviceworker":
		return Worker
	case "script":
		// Without nosniff, browsers run any type but images, audio, video and CSV as a script.
		if script(kind) || !strings.EqualFold(h.Get("X-Content-Type-Options"), "nosniff") && !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "application/json") {
			return JS
		}
	case "style":
		return CSS
	}
	switch {
	case kind == "text/html":
		return HTML
	case kind == "application/xhtml+xml":
		return XHTML
	case kind == "text/css":
		return CSS
	case script(kind):
		return JS
	case kind == "image/svg+xml":
		return SVG
	case kind == "application/manifest+json":
		return Manifest
	case fields && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		return JSON
	case kind == "" && (dest == "document" || dest == "iframe" || dest == "frame"):
		return HTML // browsers sniff; a page is the case that matters
	}
	return None
}

func script(kind string) bool {
	switch kind {
	case "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "application/ecmascript":
		return true
	}
	return false
}
