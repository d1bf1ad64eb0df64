package gateway_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const blockUploads = `
kind: SessionPolicy
id: noexe
name: No spreadsheets
control: controlFileUpload
activities: {app: {eq: onedrive}}
files: {extension: {eq: [xlsx, pdf]}}
action: block
`

// sinkApp takes uploads and remembers their bytes.
type sinkApp struct {
	mu   sync.Mutex
	got  bytes.Buffer
	sums int
}

func (s *sinkApp) take(r *http.Request) {
	b, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got.Write(b)
	if err == nil {
		s.sums++
	}
}

func (s *sinkApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.take(r)
	switch {
	case r.Header.Get("Tus-Resumable") != "" && r.Method == "POST":
		w.Header().Set("Location", "https://api.app.test/tus/42")
		w.WriteHeader(201)
	case r.URL.Path == "/refuse":
		w.WriteHeader(413)
	default:
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `["ok"]`)
	}
}

func (s *sinkApp) bytes() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

// form makes a multipart body of files by name.
func form(files ...[2]string) (body, kind string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	m.WriteField("folder", "inbox")
	for _, f := range files {
		h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="f"; filename="` + f[0] + `"`}, "Content-Type": {"application/octet-stream"}}
		p, _ := m.CreatePart(h)
		io.WriteString(p, f[1])
	}
	m.Close()
	return b.String(), m.FormDataContentType()
}

func TestUploadsAreDecidedFileByFile(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: app, policies: blockUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	t.Run("allowed", func(t *testing.T) {
		text := strings.Repeat("plain words ", 1000)
		body, kind := form([2]string{"a.docx", text}, [2]string{"b.txt", "two"})
		res, answer := do(t, p.client, fetched("POST", u+"/up", body, "Content-Type", kind))
		if res.StatusCode != 200 || app.bytes() != body {
			t.Fatalf("%s %s", res.Status, answer)
		}
		eventually(t, "two outcomes", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 2 })
		sum := sha256.Sum256([]byte(text))
		for _, a := range r.rec.of(model.ActivityUpload, model.StageOutcome) {
			if a.Outcome != model.OutcomeComplete || a.Files[0].Name == "a.docx" && (a.Files[0].SHA256 != hex.EncodeToString(sum[:]) || a.BytesUp != int64(len(text))) {
				t.Errorf("%+v", a)
			}
		}
	})
	before := r.requests.Load()
	t.Run("the first is blocked", func(t *testing.T) {
		body, kind := form([2]string{"a.xlsx", canary + strings.Repeat("x", 100_000)})
		res, answer := do(t, p.client, fetched("POST", u+"/up", body, "Content-Type", kind))
		if res.StatusCode != 403 || !strings.Contains(answer, "urn:referee:blocked") || r.requests.Load() != before {
			t.Errorf("%s %s", res.Status, answer)
		}
	})
	t.Run("a later one is blocked", func(t *testing.T) {
		body, kind := form([2]string{"a.txt", strings.Repeat("fine ", 50_000)}, [2]string{"b.xlsx", canary + strings.Repeat("x", 100_000)})
		for _, c := range []*http.Client{p.client, p.h1} {
			res, answer := do(t, c, fetched("POST", u+"/up", body, "Content-Type", kind))
			if res.StatusCode != 403 || !strings.Contains(answer, "urn:referee:blocked") {
				t.Errorf("%s %s", res.Status, answer)
			}
		}
	})
	t.Run("raw", func(t *testing.T) {
		for _, q := range []*http.Request{
			fetched("PUT", u+"/docs/x.pdf", string(pdf(9000)), "Content-Type", "application/pdf"),
			fetched("PUT", u+"/docs/x.pdf", canary, "Content-Type", "text/plain"),
			fetched("POST", u+"/x", string(pdf(9000)), "Content-Type", "application/octet-stream", "Content-Disposition", `attachment; filename="y.pdf"`),
		} {
			if res, _ := do(t, p.client, q); res.StatusCode != 403 {
				t.Errorf("%s %s: %s", q.Method, q.URL.Path, res.Status)
			}
		}
	})
	t.Run("by a form of the page", func(t *testing.T) {
		body, kind := form([2]string{"a.xlsx", canary})
		q := navigation(u + "/up")
		q.Method, q.Body, q.ContentLength = "POST", io.NopCloser(strings.NewReader(body)), int64(len(body))
		q.Header.Set("Content-Type", kind)
		q.Header.Set("Sec-Fetch-Site", "same-origin")
		res, answer := do(t, p.client, q)
		if res.StatusCode != 403 || !strings.Contains(answer, "Reference code") {
			t.Errorf("%s %s", res.Status, answer)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		q := fetched("POST", u+"/up", "--b\r\n"+canary, "Content-Type", "multipart/form-data")
		if res, _ := do(t, p.client, q); res.StatusCode != 400 {
			t.Errorf("%s", res.Status)
		}
	})
	if strings.Contains(app.bytes(), "CANARY") {
		t.Error("bytes of a blocked file reached the app")
	}
	for _, a := range r.rec.of(model.ActivityUpload, "") {
		if a.Outcome != model.OutcomeBlocked || a.Policies[0].ID != "noexe" {
			t.Errorf("%+v", a)
		}
	}
}

// What announces an upload, or says that a body is a piece of one, hides no file from a policy on names and types.
func TestNoHeaderHidesAFile(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: app, policies: blockUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	multi, kind := form([2]string{"plan.xlsx", canary})
	size := fmt.Sprint(len(multi))
	for name, q := range map[string]*http.Request{
		"Google's query":           fetched("POST", u+"/up?uploadType=resumable", multi, "Content-Type", kind),
		"Google's command":         fetched("POST", u+"/up", multi, "Content-Type", kind, "X-Goog-Upload-Command", "start"),
		"Graph's path":             fetched("POST", u+"/up/createUploadSession", multi, "Content-Type", kind),
		"tus":                      fetched("POST", u+"/up", multi, "Content-Type", kind, "Tus-Resumable", "1.0.0", "Upload-Metadata", metadata("a.txt")),
		"a file put as tus":        fetched("PUT", u+"/docs/plan.xlsx", canary, "Tus-Resumable", "1.0.0", "Content-Type", "text/csv"),
		"a form put as tus":        fetched("PUT", u+"/up", multi, "Content-Type", kind, "Tus-Resumable", "1.0.0"),
		"a piece of tus":           fetched("PATCH", u+"/up", multi, "Content-Type", kind, "Tus-Resumable", "1.0.0", "Upload-Offset", "5"),
		"a range":                  fetched("POST", u+"/up", multi, "Content-Type", kind, "Content-Range", "bytes 0-9/"+size),
		"a later range":            fetched("POST", u+"/up", multi, "Content-Type", kind, "Content-Range", "bytes 7-9/"+size),
		"Google's query, a file":   fetched("POST", u+"/up/plan.xlsx?uploadType=resumable", canary, "Content-Type", "application/octet-stream"),
		"Google's query, named":    fetched("POST", u+"/up?uploadType=resumable&name=a.txt", canary, "Content-Type", "text/plain", "Content-Disposition", "attachment; filename=plan.xlsx"),
		"Google, bytes at once":    fetched("POST", u+"/up?name=plan.xlsx", canary, "X-Goog-Upload-Command", "start, upload, finalize"),
		"tus and a name":           fetched("POST", u+"/tus", canary, "Tus-Resumable", "1.0.0", "Upload-Metadata", metadata("plan.xlsx"), "Content-Type", "text/plain"),
		"a range of a named file":  fetched("PUT", u+"/docs/plan.xlsx", canary, "Content-Range", "bytes 0-4/5"),
		"a piece of a named file":  fetched("PATCH", u+"/docs/plan.xlsx", canary, "Tus-Resumable", "1.0.0", "Upload-Offset", "0"),
		"a later range, see path":  fetched("PUT", u+"/docs/plan.xlsx", canary, "Content-Range", "bytes 5-9/10"),
		"a later range, see field": fetched("PUT", u+"/docs/1", canary, "Content-Range", "bytes 5-9/10", "Content-Disposition", "attachment; filename=plan.xlsx"),
	} {
		if res, body := do(t, p.client, q); res.StatusCode != 403 || !strings.Contains(body, "urn:referee:blocked") {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
	}
	if strings.Contains(app.bytes(), "CANARY") {
		t.Error("bytes of a blocked file reached the app")
	}
	// Announcements that only announce pass, whatever they are made of.
	for _, q := range []*http.Request{
		fetched("POST", u+"/files?uploadType=resumable", `{"name":"a.docx"}`, "Content-Type", "application/json"),
		fetched("POST", u+"/root:/a.docx:/createUploadSession", `{"item":{}}`, "Content-Type", "application/json"),
		fetched("POST", u+"/tus", "", "Tus-Resumable", "1.0.0", "Upload-Metadata", metadata("a.docx")),
	} {
		if res, body := do(t, p.client, q); res.StatusCode/100 != 2 {
			t.Errorf("%s: %s %s", q.URL, res.Status, body)
		}
	}
}

const blockTypes = `
kind: SessionPolicy
id: nopdf
name: No PDF documents
control: controlFileUpload
activities: {app: {eq: onedrive}}
files: {mimeType: {eq: [application/pdf]}}
action: block
`

// A body that says it is a later piece and begins like a file is taken for that file.
func TestAPieceThatBeginsLikeAFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: &sinkApp{}, policies: blockTypes})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	to := "https://" + p.mapped("files.app.test") + "/docs/1"
	if res, _ := do(t, p.client, fetched("PUT", to, "\x89PNG\r\n\x1a\n"+strings.Repeat("x", 5000), "Content-Range", "bytes 0-5007/20000")); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	if res, _ := do(t, p.client, fetched("PUT", to, strings.Repeat("x", 5000), "Content-Range", "bytes 5008-10007/20000")); res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
	if res, _ := do(t, p.client, fetched("PUT", to, string(pdf(9000)), "Content-Range", "bytes 10008-19007/20000")); res.StatusCode != 403 {
		t.Errorf("a whole document, told as a piece: %s", res.Status)
	}
}

// A request that the app's profile names stays what it is, whatever fields of an upload a script adds.
func TestNoHeaderHidesAnAction(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: &sinkApp{}, policies: `
kind: SessionPolicy
id: noshare
name: No sharing
control: blockActivities
activities: {app: {eq: onedrive}, activity.type: {eq: share}}
action: block
`, profile: catalog.Profile{Activities: []catalog.Rule{{Method: "POST", Path: "/share", Type: model.ActivityShare}}}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/share"
	for name, q := range map[string]*http.Request{
		"plain":  fetched("POST", u, `{"to":"x"}`, "Content-Type", "application/json"),
		"tus":    fetched("POST", u, `{"to":"x"}`, "Content-Type", "application/json", "Tus-Resumable", "1.0.0"),
		"range":  fetched("POST", u, `{"to":"x"}`, "Content-Type", "application/json", "Content-Range", "bytes 0-9/10"),
		"Google": fetched("POST", u+"?uploadType=resumable", `{"to":"x"}`, "Content-Type", "application/json"),
		"name":   fetched("POST", u, `{"to":"x"}`, "Content-Type", "application/json", "X-File-Name", "a.txt"),
	} {
		if res, body := do(t, p.client, q); res.StatusCode != 403 || r.requests.Load() != 0 {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
	}
}

func TestUploadThatTheAppRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: &sinkApp{}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	body, kind := form([2]string{"a.docx", "text"})
	res, _ := do(t, p.client, fetched("POST", "https://"+p.mapped("files.app.test")+"/refuse", body, "Content-Type", kind))
	if res.StatusCode != 413 {
		t.Fatal(res.Status)
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 1 })
	if a := r.rec.of(model.ActivityUpload, model.StageOutcome)[0]; a.Outcome != model.OutcomeFailed || a.Status != 413 {
		t.Errorf("%+v", a)
	}
}

func TestResumableUploadIsOneActivity(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: app, policies: blockUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	p.cookie("api.app.test")
	front, api := "https://"+p.mapped("files.app.test"), "https://"+p.mapped("api.app.test")
	create := func(name string, size int) (*http.Response, string) {
		return do(t, p.client, fetched("POST", front+"/tus", "", "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size),
			"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name))))
	}
	before := r.requests.Load()
	if res, body := create("plan.xlsx", 10); res.StatusCode != 403 || r.requests.Load() != before {
		t.Fatalf("announced: %s %s", res.Status, body)
	}
	content := strings.Repeat("0123456789", 5000)
	res, _ := create("plan.docx", len(content))
	if res.StatusCode != 201 || res.Header.Get("Location") != api+"/tus/42" {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	for at := 0; at < len(content); at += 20_000 {
		end := min(at+20_000, len(content))
		res, _ := do(t, p.client, fetched("PATCH", api+"/tus/42", content[at:end], "Tus-Resumable", "1.0.0", "Upload-Offset", fmt.Sprint(at), "Content-Type", "application/offset+octet-stream"))
		if res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
	}
	if app.bytes() != content {
		t.Error("the app got something else")
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) > 0 })
	intents, outcomes := r.rec.of(model.ActivityUpload, model.StageIntent), r.rec.of(model.ActivityUpload, model.StageOutcome)
	if len(intents) != 1 || len(outcomes) != 1 || outcomes[0].Outcome != model.OutcomeComplete || outcomes[0].BytesUp != int64(len(content)) || outcomes[0].Files[0].Name != "plan.docx" {
		t.Errorf("intents %+v\noutcomes %+v", intents, outcomes)
	}
}

func TestBodiesAreMappedBack(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: app})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	do(t, p.client, fetched("POST", u+"/share", `{"link":"`+u+`/doc/1"}`, "Content-Type", "application/json"))
	do(t, p.client, fetched("POST", u+"/share", "link="+strings.ReplaceAll(u, "/", "%2F"), "Content-Type", "application/x-www-form-urlencoded"))
	if got := app.bytes(); got != `{"link":"https://files.app.test/doc/1"}link=https:%2F%2Ffiles.app.test` {
		t.Errorf("the app got %s", got)
	}
}
