package recognise

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// maxAnnounce bounds the JSON answer in which an upload address is looked for.
const maxAnnounce = 64 << 10

// Announced reads where an announced file's chunks will go, from the answer to a request with Create: the id
// that later chunks will carry. body is the start of a JSON answer, nil where only headers matter. ok is false
// when the app refused or answered in a form that is not known.
func Announced(q *RequestInfo, status int, h http.Header, body []byte) (id string, ok bool) {
	if !q.Upload.Create || status < 200 || status > 299 {
		return "", false
	}
	target := first(h, "Location")
	switch q.Upload.Kind {
	case UploadGoogleCreate:
		if u := first(h, "X-Goog-Upload-Url"); u != "" {
			target = u
		}
	case UploadGraphCreate:
		var answer struct {
			UploadURL string `json:"uploadUrl"`
		}
		if len(body) > maxAnnounce || json.Unmarshal(body, &answer) != nil {
			return "", false
		}
		target = answer.UploadURL
	}
	if target == "" {
		return "", false
	}
	base := &url.URL{Scheme: "https", Host: q.host, Path: q.path}
	u, err := base.Parse(target)
	if err != nil || u.Host == "" {
		return "", false
	}
	return uploadID(u.Host, u), true
}
