package filesapp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// content is what the tests upload: longer than a chunk and not a multiple of it.
func content() []byte { return bytes.Repeat([]byte("0123456789abcdef-"), 3000) }

const chunkSize = 16 << 10

// Each protocol stores exactly the bytes that were sent, under the name that was given.
func TestUploads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("contractor")
	want := content()
	for name, send := range map[string]func(name string) fileView{
		"put": func(name string) (f fileView) {
			br.json(br.api(http.MethodPut, "/v1/folders/inbox/files/"+name, want), http.StatusCreated, &f)
			return f
		},
		"multipart": func(name string) fileView { return br.multipart(name, want) },
		"tus":       func(name string) fileView { return br.tus(name, want) },
		"google":    func(name string) fileView { return br.google(name, want) },
		"graph":     func(name string) fileView { return br.graph(name, want) },
	} {
		f := send(name + ".bin")
		sum := sha256.Sum256(want)
		if f.Name != name+".bin" || f.Size != int64(len(want)) || f.SHA256 != hex.EncodeToString(sum[:]) || f.ModifiedBy != "Contractor" {
			t.Errorf("%s: %+v", name, f)
		}
		if _, got := br.get(f.Download); got != string(want) {
			t.Errorf("%s: %d bytes came back", name, len(got))
		}
	}
}

func (br *browser) multipart(name string, data []byte) fileView {
	br.b.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		br.b.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil || w.Close() != nil {
		br.b.t.Fatal(err)
	}
	var out struct{ Files []fileView }
	br.json(br.api(http.MethodPost, "/v1/folders/inbox/upload", form.Bytes(), "Content-Type", w.FormDataContentType()), http.StatusCreated, &out)
	return out.Files[0]
}

// find returns the newest state of a file by its name.
func (br *browser) find(folder, name string) fileView {
	br.b.t.Helper()
	var list struct{ Files []fileView }
	br.json(br.api(http.MethodGet, "/v1/folders/"+folder, nil), http.StatusOK, &list)
	for _, f := range list.Files {
		if f.Name == name {
			return f
		}
	}
	return fileView{}
}

func (br *browser) tus(name string, data []byte) fileView {
	br.b.t.Helper()
	created := br.api(http.MethodPost, "/v1/tus/inbox", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(data)), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	br.json(created, http.StatusCreated, nil)
	at := created.Header.Get("Location")
	for offset := 0; offset < len(data); {
		end := min(offset+chunkSize, len(data))
		resp := br.api(http.MethodPatch, at, data[offset:end], "Tus-Resumable", "1.0.0", "Content-Type", tusType, "Upload-Offset", strconv.Itoa(offset))
		br.json(resp, http.StatusNoContent, nil)
		if resp.Header.Get("Upload-Offset") != strconv.Itoa(end) {
			br.b.t.Fatalf("offset %s after %d", resp.Header.Get("Upload-Offset"), end)
		}
		offset = end
	}
	return br.find("inbox", name)
}

func (br *browser) google(name string, data []byte) (f fileView) {
	br.b.t.Helper()
	opened := br.api(http.MethodPost, googlePath+"?uploadType=resumable", []byte(fmt.Sprintf(`{"name":%q,"parent":"inbox"}`, name)), "X-Upload-Content-Length", strconv.Itoa(len(data)))
	br.json(opened, http.StatusOK, nil)
	at := opened.Header.Get("Location")
	for offset := 0; ; {
		end := min(offset+chunkSize, len(data))
		resp := br.do(http.MethodPut, at, data[offset:end], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, end-1, len(data)))
		if resp.StatusCode != http.StatusPermanentRedirect {
			br.json(resp, http.StatusCreated, &f)
			return f
		}
		br.b.body(resp)
		if resp.Header.Get("Range") != fmt.Sprintf("bytes=0-%d", end-1) {
			br.b.t.Fatalf("range %q after %d", resp.Header.Get("Range"), end)
		}
		offset = end
	}
}

func (br *browser) graph(name string, data []byte) (f fileView) {
	br.b.t.Helper()
	var session struct{ UploadURL string }
	br.json(br.api(http.MethodPost, "/v1.0/me/drive/items/inbox:/"+name+":/createUploadSession", nil), http.StatusOK, &session)
	if !strings.HasPrefix(session.UploadURL, origin(br.b.hosts.CDN)) {
		br.b.t.Fatalf("upload at %q", session.UploadURL)
	}
	for offset := 0; ; {
		end := min(offset+chunkSize, len(data))
		resp := br.do(http.MethodPut, session.UploadURL, data[offset:end], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, end-1, len(data)))
		if resp.StatusCode != http.StatusAccepted {
			br.json(resp, http.StatusCreated, &f)
			return f
		}
		var state struct{ NextExpectedRanges []string }
		br.json(resp, http.StatusAccepted, &state)
		if len(state.NextExpectedRanges) != 1 || state.NextExpectedRanges[0] != fmt.Sprintf("%d-", end) {
			br.b.t.Fatalf("state %v after %d", state, end)
		}
		offset = end
	}
}

func TestResumableMistakes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("contractor")
	tus := []string{"Tus-Resumable", "1.0.0"}
	name := "filename " + base64.StdEncoding.EncodeToString([]byte("x.bin"))
	br.json(br.api(http.MethodPost, "/v1/tus/inbox", nil, "Upload-Length", "10", "Upload-Metadata", name), http.StatusPreconditionFailed, nil)
	br.json(br.api(http.MethodPost, "/v1/tus/inbox", nil, append(tus, "Upload-Length", "-1", "Upload-Metadata", name)...), http.StatusBadRequest, nil)
	br.json(br.api(http.MethodPost, "/v1/tus/inbox", nil, append(tus, "Upload-Length", "10")...), http.StatusBadRequest, nil)
	created := br.api(http.MethodPost, "/v1/tus/inbox", []byte("abc"), append(tus, "Upload-Length", "10", "Upload-Metadata", name, "Content-Type", tusType)...)
	br.json(created, http.StatusCreated, nil)
	at := created.Header.Get("Location")
	patch := func(offset, typ, body string) *http.Response {
		return br.api(http.MethodPatch, at, []byte(body), append(tus, "Upload-Offset", offset, "Content-Type", typ)...)
	}
	br.json(patch("0", tusType, "abc"), http.StatusConflict, nil)
	br.json(patch("3", "text/plain", "abc"), http.StatusUnsupportedMediaType, nil)
	br.json(patch("x", tusType, "abc"), http.StatusBadRequest, nil)
	br.json(patch("3", tusType, "defghijklm"), http.StatusBadRequest, nil)
	head := br.api(http.MethodHead, at, nil, tus...)
	if b.body(head); head.Header.Get("Upload-Offset") != "3" || head.Header.Get("Upload-Length") != "10" {
		t.Errorf("state %v", head.Header)
	}
	br.json(patch("3", tusType, "defghij"), http.StatusNoContent, nil)
	br.json(patch("10", tusType, "k"), http.StatusConflict, nil)
	br.json(br.api(http.MethodDelete, at, nil, tus...), http.StatusNoContent, nil)
	br.json(br.api(http.MethodDelete, at, nil, tus...), http.StatusNotFound, nil)
	if f := br.find("inbox", "x.bin"); f.Size != 10 {
		t.Errorf("stored %+v", f)
	}
	// A key of one protocol is nothing to another; neither is one that took too long.
	key := at[strings.LastIndex(at, "/")+1:]
	br.json(br.do(http.MethodGet, origin(b.hosts.CDN)+"/upload/"+key, nil), http.StatusNotFound, nil)
	var session struct{ UploadURL string }
	br.json(br.api(http.MethodPost, "/v1.0/me/drive/items/inbox:/y.bin:/createUploadSession", nil), http.StatusOK, &session)
	put := func(span string, body string) *http.Response {
		return br.do(http.MethodPut, session.UploadURL, []byte(body), "Content-Range", span)
	}
	br.json(put("bytes 0-2/10", "abc"), http.StatusAccepted, nil)
	br.json(put("bytes 0-2/10", "abc"), http.StatusRequestedRangeNotSatisfiable, nil)
	br.json(put("bytes 5-6/10", "fg"), http.StatusRequestedRangeNotSatisfiable, nil)
	br.json(put("bytes 3-4/11", "de"), http.StatusBadRequest, nil)
	br.json(put("bytes */10", ""), http.StatusBadRequest, nil)
	br.json(put("bytes 3-4/10", "def"), http.StatusBadRequest, nil) // a longer body than it says
	used := b.app.store.used
	b.advance(time.Hour)
	br.json(br.do(http.MethodGet, session.UploadURL, nil), http.StatusNotFound, nil)
	if b.app.store.used >= used {
		t.Errorf("an unfinished upload keeps its %d bytes", used)
	}
}

// An interrupted chunk leaves what arrived; the sender goes on from there.
func TestGoogleResumes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("contractor")
	opened := br.api(http.MethodPost, googlePath+"?uploadType=resumable", []byte(`{"name":"r.txt","parent":"inbox"}`))
	br.json(opened, http.StatusOK, nil)
	at := opened.Header.Get("Location")
	put := func(span, body string, status int, want string) {
		t.Helper()
		resp := br.do(http.MethodPut, at, []byte(body), "Content-Range", span)
		if text := b.body(resp); resp.StatusCode != status || resp.Header.Get("Range") != want {
			t.Fatalf("%s: %d, Range %q, %s", span, resp.StatusCode, resp.Header.Get("Range"), text)
		}
	}
	put("bytes */*", "", 308, "")
	put("bytes 0-3/*", "abcd", 308, "bytes=0-3")
	put("bytes 0-3/*", "abcd", 308, "bytes=0-3") // sent twice: taken once
	put("bytes 8-9/*", "ij", 308, "bytes=0-3")   // ahead of its turn: not taken
	put("bytes 4-9/*", "ef", 308, "bytes=0-5")   // cut short
	put("bytes */10", "", 308, "bytes=0-5")
	put("bytes */11", "", 400, "")
	put("bytes 6-9/10", "ghij", 201, "")
	put("bytes */10", "", 201, "")
	if f := br.find("inbox", "r.txt"); f.Size != 10 || f.Type != "text/plain" {
		t.Errorf("stored %+v", f)
	}
}

// Uploads in the measuring folder leave size and hash, and no bytes in memory.
func TestMeasurements(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.MaxStore = 1 << 20 })
	br := b.signedIn("contractor")
	data := make([]byte, 3<<20)
	before := b.app.store.used
	var f fileView
	br.json(br.api(http.MethodPut, "/v1/folders/measurements/files/big.bin", data), http.StatusCreated, &f)
	if f.Size != int64(len(data)) || f.SHA256 != hashOf(data) || !f.Discarded || b.app.store.used != before {
		t.Errorf("%+v, %d bytes in use", f, b.app.store.used-before)
	}
	if resp, _ := br.get(f.Download); resp.StatusCode != http.StatusNotFound {
		t.Errorf("discarded bytes: %d", resp.StatusCode)
	}
	br.json(br.api(http.MethodPut, "/v1/folders/inbox/files/big.bin", data), http.StatusInsufficientStorage, nil)
	if b.app.store.used != before {
		t.Errorf("a refused upload keeps %d bytes", b.app.store.used-before)
	}
}

func TestFormUpload(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("contractor")
	form := func(token string, names ...string) ([]byte, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		if err := w.WriteField(formField, token); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			part, err := w.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := part.Write([]byte("content of " + name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return body.Bytes(), w.FormDataContentType()
	}
	send := func(token string, names ...string) int {
		body, typ := form(token, names...)
		resp := br.do(http.MethodPost, origin(b.hosts.App)+"/folders/inbox/upload", body, "Content-Type", typ)
		b.body(resp)
		return resp.StatusCode
	}
	if got := send("wrong", "a.txt"); got != http.StatusForbidden {
		t.Errorf("wrong token: %d", got)
	}
	if got := send(br.form); got != http.StatusBadRequest {
		t.Errorf("no file: %d", got)
	}
	if got := send(br.form, "a.txt", `..\..\b.txt`); got != http.StatusOK {
		t.Errorf("two files: %d", got)
	}
	if br.find("inbox", "a.txt").Size == 0 || br.find("inbox", "b.txt").Size == 0 {
		t.Error("a file is missing")
	}
}

// Two people save the same version: the second one is told, and nothing is lost.
func TestEditorConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.signedIn("director"), b.signedIn("director")
	save := func(br *browser, version int, text string) *http.Response {
		return br.api(http.MethodPut, "/v1/files/agenda/text", []byte(fmt.Sprintf(`{"version":%d,"text":%q}`, version, text)))
	}
	var f fileView
	one.json(save(one, 1, "new text\n"), http.StatusOK, &f)
	if f.Version != 2 {
		t.Errorf("version %d", f.Version)
	}
	two.json(save(two, 1, "other text"), http.StatusConflict, nil)
	_, raw := one.get(f.Open)
	if !strings.HasSuffix(raw, "---\nnew text\n") || !strings.Contains(raw, CanaryOf("agenda")) {
		t.Errorf("stored %q", raw)
	}
	one.json(one.api(http.MethodPut, "/v1/files/memo/text", []byte(`{"version":1,"text":""}`)), http.StatusBadRequest, nil)
}
