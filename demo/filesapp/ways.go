package filesapp

import (
	"net/http"
	"net/url"
)

// way is one way to get at a document's original bytes. The page "Ways to get this file" has them all, for
// people who want to know what a policy stops and for tests.
type way struct {
	ID    string // stable; the page's element has it as data-way
	Title string
	Kind  string // "link": an ordinary link; "form": a form that is posted; "script": the page's script does it
	URL   string
	Name  string // value of the link's download attribute, "" for none
}

func (a *App) waysOf(f *file) []way {
	at := "/files/" + f.ID
	return []way{
		{"attachment", "Link to the CDN, sent as attachment", "link", a.downloadURL(f), ""},
		{"navigate", "Navigation to the file on the CDN", "link", a.openURL(f), ""},
		{"cookie", "Navigation to the CDN with its cookie, no signature", "link", origin(a.cfg.Hosts.CDN) + cookiePath(f), ""},
		{"app", "Attachment from the application's own host", "link", at + "/download", ""},
		{"raw", "Navigation to the file on the application's own host", "link", at + "/raw", ""},
		{"redirect", "Link that redirects to the CDN", "link", at + "/link", ""},
		{"download-attribute", "Link with a download attribute", "link", at + "/raw", f.Name},
		{"api", "The API's address, opened as a link (needs a token)", "link", origin(a.cfg.Hosts.API) + "/v1/files/" + url.PathEscape(f.ID) + "/content", ""},
		{"as-json", "Labelled as application/json", "link", a.mislabelledURL(f, "application/json"), ""},
		{"as-text", "Labelled as text/plain", "link", a.mislabelledURL(f, "text/plain"), ""},
		{"as-image", "Labelled as image/png", "link", a.mislabelledURL(f, "image/png"), ""},
		{"as-html", "Labelled as text/html", "link", a.mislabelledURL(f, "text/html"), ""},
		{"print-pdf", "Print view as PDF", "link", at + "/print.pdf", ""},
		{"form", "Form that is posted", "form", at + "/download", ""},
		{"zip", "Archive of a selection", "form", "/zip", ""},
		{"blob", "fetch, then a blob and a link with a download attribute", "script", a.openURL(f), f.Name},
		{"cookie-blob", "fetch with the CDN's cookie, then a blob", "script", origin(a.cfg.Hosts.CDN) + cookiePath(f), f.Name},
		{"api-blob", "The API with a bearer token, then a blob", "script", origin(a.cfg.Hosts.API) + "/v1/files/" + url.PathEscape(f.ID) + "/content", f.Name},
		{"json-blob", "fetch of bytes labelled as JSON, then a blob", "script", a.mislabelledURL(f, "application/json"), f.Name},
		{"base64", "Bytes as base64 inside JSON from the API", "script", origin(a.cfg.Hosts.API) + "/v1/files/" + url.PathEscape(f.ID) + "/attachment", f.Name},
		{"data-url", "Link to a data: URL", "script", a.openURL(f), f.Name},
		{"xhr", "XMLHttpRequest for an array buffer", "script", a.openURL(f), f.Name},
		{"range", "Many small ranges, put together", "script", a.openURL(f), f.Name},
		{"head", "HEAD: size and type only", "script", a.openURL(f), ""},
		{"iframe", "Hidden frame", "script", a.downloadURL(f), ""},
		{"object", "Embedded as an object", "script", a.openURL(f), ""},
		{"window", "New window", "script", a.downloadURL(f), ""},
		{"picker", "Save picker of the browser", "script", a.openURL(f), f.Name},
		{"clipboard", "Original bytes to the clipboard, as text", "script", a.openURL(f), ""},
		{"worker", "fetch inside a worker made from a blob", "script", a.openURL(f), f.Name},
		{"frame-fetch", "fetch by the frame on the CDN, handed over by message", "script", cookiePath(f), f.Name},
		{"cache", "Only from the browser's cache", "script", origin(a.cfg.Hosts.CDN) + cookiePath(f), f.Name},
		{"drag", "Dragged out of the window", "script", a.downloadURL(f), f.Name},
	}
}

func (a *App) serveWays(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return a.document(w, r, v, "ways", func(f *file, d *documentView, data map[string]any) error {
		d.Ways = a.waysOf(f)
		data["ways"] = d.Ways
		return nil
	})
}
