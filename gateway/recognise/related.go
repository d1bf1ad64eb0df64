package recognise

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/referee-casb/referee/model"
)

// related is what a multipart/related body (RFC 2387) says of its files. Its first part describes the others, in JSON:
// so Google's APIs upload a small file with one request. Every other part is a file. It goes by each name that the app
// may keep it by: the description's, its own, and that of the request.
type related struct {
	request string   // name that the request gives, "" for none
	url     string   // of the request
	rooted  bool     // the first part was a description
	start   bool     // another part than the first may be the description (parameter start)
	count   int      // parts begun
	called  []string // names in descriptions
	text    []byte   // of the description that is read
	reading bool
}

// Bounds of a description.
const (
	maxDescription = 64 << 10
	maxNames       = 16
)

func newRelatedScanner(boundary string, r *http.Request, q *RequestInfo) *formScanner {
	v := &related{url: "https://" + q.host + q.path}
	if f := rawOf(r, ""); hasFileExtension(f.Name) || first(r.Header, "Content-Disposition") != "" || first(r.Header, "X-File-Name") != "" || r.URL.Query().Get("name") != "" {
		v.request = f.Name
	}
	if _, params, err := mime.ParseMediaType(first(r.Header, "Content-Type")); err == nil { // the boundary was read from it
		v.start = params["start"] != ""
	}
	m := newFormScanner(boundary)
	m.related = v
	return m
}

// part looks at a part whose headers were read: the first is a description if it can be one, all others are files.
func (v *related) part(m *formScanner, types int) error {
	v.count++
	v.text, v.reading = v.text[:0], false
	m.file.URL = v.url
	if types > 1 {
		return malformed("a part has two Content-Type headers")
	}
	kind := m.file.MIME
	describes := kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "" || kind == "text/plain"
	first := v.count == 1
	if describes && (first || v.start || !v.rooted) {
		if m.coded {
			return malformed("the part that describes the file is encoded")
		}
		v.reading = true
	}
	if first && describes && m.file.Name == "" {
		v.rooted, m.isFile = true, false
		return nil
	}
	m.isFile = true
	return nil
}

// names are those that a part's file goes by, the description's first.
func (v *related) names(f model.File, coded bool) called {
	out := called{File: f, coded: coded}
	if v == nil {
		return out
	}
	var all []string
	for _, name := range append(append(slices.Clone(v.called), f.Name), v.request) {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		out.Name = nameFromPath(strings.TrimPrefix(v.url, "https://"))
		return out
	}
	out.Name, out.also = all[0], all[1:]
	return out
}

// feed gathers a description; complete is set with its last bytes. What it says of a file that came before it is decided
// then: the body ends early where that is refused.
func (v *related) feed(b *Body, data []byte, complete bool) error {
	if v == nil || !v.reading {
		return nil
	}
	first := v.count == 1
	if len(v.text)+len(data) > maxDescription {
		v.reading = false
		if first && v.rooted {
			return malformed("the part that describes the file is longer than 64 kB")
		}
		return nil // a file by all signs
	}
	v.text = append(v.text, data...)
	if !complete {
		return nil
	}
	v.reading = false
	names, err := namesIn(v.text)
	if err != nil && first && v.rooted && len(bytes.TrimSpace(v.text)) > 0 {
		return malformed("the part that describes the file can't be read: " + err.Error()) // fail closed: an app may read it otherwise
	}
	for _, n := range names {
		if slices.Contains(v.called, n) {
			continue
		}
		if v.called = append(v.called, n); len(v.called) > maxNames {
			return malformed("the file goes by more than 16 names")
		}
		if !first || !v.rooted {
			if err := b.sink.Also(&model.File{Name: n, Size: -1, URL: v.url}, nil); err != nil {
				b.called = true
				return err
			}
		}
	}
	return nil
}

// nameKeys are what descriptions call a file's name.
var nameKeys = map[string]bool{"name": true, "title": true, "filename": true, "file_name": true, "originalfilename": true}

// namesIn reads all names out of a description in JSON, at any depth and each time: of a name that is there twice, one
// app takes the first and another the last.
func namesIn(text []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var names []string
	key, isKey := "", false
	var inside []json.Delim
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(inside) == 0 {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		object := len(inside) > 0 && inside[len(inside)-1] == '{'
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				inside = append(inside, v)
			} else {
				inside = inside[:len(inside)-1]
			}
			isKey = len(inside) > 0 && inside[len(inside)-1] == '{'
			continue
		case string:
			if object && isKey {
				key, isKey = strings.ToLower(v), false
				continue
			}
			if n := baseName(v); object && nameKeys[key] && n != "" {
				names = append(names, n)
			}
		}
		isKey = object
	}
}
