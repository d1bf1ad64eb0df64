package gateway_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const stepUpUploads = `
kind: SessionPolicy
id: gold
name: Confirm before uploads
control: controlFileUpload
activities: {app: {eq: onedrive}}
action: requireStepUp
stepUp: {context: c1}
unscannable: block
`

// confirm earns grants for everything that waits, as the broker does, and says for how much.
func (p *person) confirm() int {
	p.r.t.Helper()
	unlock, err := p.r.mem.lock()
	if err != nil {
		p.r.t.Fatal(err)
	}
	var grants []session.Grant
	for id, b := range p.r.mem.blocked {
		for range b.Steps {
			grants = append(grants, session.Grant{
				Tenant: b.Tenant, Session: b.Session, Instance: b.App.Instance, Activity: b.Activity, Resource: b.Resource,
				Key: "stepUp:c1", Expires: p.r.now().Add(5 * time.Minute),
			})
		}
		delete(p.r.mem.blocked, id)
	}
	unlock()
	for _, g := range grants {
		if err := p.r.mem.PutGrant(p.r.t.Context(), g); err != nil {
			p.r.t.Fatal(err)
		}
	}
	return len(grants)
}

func metadata(name string) string {
	return "filename " + base64.StdEncoding.EncodeToString([]byte(name))
}

// resumable is an app of all resumable protocols: every announcement gets the address /up/42.
func resumable(s *sinkApp) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path != "/up" {
			w.Header().Set("Location", "https://files.app.test/up/42")
			if strings.HasSuffix(r.URL.Path, "/createUploadSession") {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"uploadUrl":"https://files.app.test/up/42"}`)
			}
		}
		s.take(r)
	})
}

// A file in pieces is confirmed with its first bytes: announcing it asks nobody, and opens nothing.
func TestStepUpForAnnouncedUploads(t *testing.T) {
	t.Parallel()
	const content = "%PDF-1.7 " + canary + "0123456789"
	half := len(content) / 2
	tus := func(at int) []string {
		return []string{"Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(at), "Content-Type", "application/offset+octet-stream"}
	}
	byRange := func(at int) []string {
		return []string{"Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, min(at+half, len(content))-1, len(content))}
	}
	for name, c := range map[string]struct {
		path, body, method string
		create             []string
		chunk              func(at int) []string
	}{
		"tus":    {"/tus", "", "PATCH", []string{"Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(content)), "Upload-Metadata", metadata("a.pdf")}, tus},
		"Google": {"/files?uploadType=resumable", `{"name":"a.pdf"}`, "PUT", []string{"Content-Type", "application/json"}, byRange},
		"Graph":  {"/drive/root:/a.pdf:/createUploadSession", `{"item":{}}`, "PUT", []string{"Content-Type", "application/json"}, byRange},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &sinkApp{}
			r := newRig(t, rigOptions{app: resumable(app), policies: stepUpUploads})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			u := "https://" + p.mapped("files.app.test")
			if res, body := do(t, p.client, fetched("POST", u+c.path, c.body, c.create...)); res.StatusCode != 200 {
				t.Fatalf("announced: %s %s", res.Status, body)
			}
			send := func(at, end int) (int, string) {
				res, body := do(t, p.client, fetched(c.method, u+"/up/42", content[at:end], c.chunk(at)...))
				return res.StatusCode, body
			}
			if status, body := send(0, half); status != 403 || !strings.Contains(body, "urn:referee:stepup") {
				t.Fatalf("the first bytes, unconfirmed: %d %s", status, body)
			}
			if status, _ := send(half, len(content)); status != 403 {
				t.Errorf("later bytes, nothing confirmed: %d", status)
			}
			if strings.Contains(app.bytes(), "CANARY") {
				t.Fatal("bytes went up unconfirmed")
			}
			if p.confirm() == 0 {
				t.Fatal("nothing to confirm")
			}
			if status, body := send(0, half); status != 200 {
				t.Fatalf("confirmed: %d %s", status, body)
			}
			if status, body := send(half, len(content)); status != 200 || !strings.HasSuffix(app.bytes(), content) {
				t.Errorf("what follows a confirmed piece: %d %s", status, body)
			}
		})
	}
}

// No field that announces an upload lets bytes past that come along.
func TestStepUpForBytesThatComeAlong(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: resumable(app), policies: stepUpUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	pdf := string(pdf(9000)) + canary
	multi, kind := form([2]string{"a.pdf", pdf})
	tus := []string{"Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(pdf) + 10), "Upload-Metadata", metadata("a.pdf")}
	for name, q := range map[string]*http.Request{
		"tus with first bytes": fetched("POST", u+"/tus", pdf, append(tus, "Content-Type", "application/offset+octet-stream")...),
		"tus and a form":       fetched("POST", u+"/up", multi, append(tus, "Content-Type", kind)...),
		"tus and a file":       fetched("POST", u+"/up", pdf, append(tus, "Content-Type", "application/pdf")...),
		"Google and a form":    fetched("POST", u+"/up?uploadType=resumable", multi, "Content-Type", kind),
		"Google and a file":    fetched("POST", u+"/up?uploadType=resumable", pdf, "Content-Type", "application/pdf"),
		"Google, told as JSON": fetched("POST", u+"/up", pdf, "X-Goog-Upload-Command", "start", "Content-Type", "application/json"),
		"Graph and a form":     fetched("POST", u+"/up/createUploadSession", multi, "Content-Type", kind),
	} {
		if res, body := do(t, p.client, q); res.StatusCode != 403 || !strings.Contains(body, "urn:referee:stepup") {
			t.Errorf("%s: %s %s", name, res.Status, body)
		}
	}
	if strings.Contains(app.bytes(), "CANARY") {
		t.Fatal("bytes went up unconfirmed")
	}
	// Confirmed, the first bytes of a tus upload go, and what follows belongs to the same activity.
	p.confirm()
	q := fetched("POST", u+"/tus", pdf, append(tus, "Content-Type", "application/offset+octet-stream")...)
	if res, body := do(t, p.client, q); res.StatusCode != 200 || !strings.Contains(app.bytes(), "CANARY") {
		t.Fatalf("confirmed: %s %s", res.Status, body)
	}
	q = fetched("PATCH", u+"/up/42", "0123456789", "Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(len(pdf)), "Content-Type", "application/offset+octet-stream")
	if res, body := do(t, p.client, q); res.StatusCode != 200 {
		t.Errorf("the rest: %s %s", res.Status, body)
	}
	of := func(stage model.Stage) (out []model.Activity) {
		for _, a := range r.rec.of(model.ActivityUpload, stage) {
			if a.Path == "/tus" {
				out = append(out, a)
			}
		}
		return out
	}
	eventually(t, "one complete upload", func() bool {
		o := of(model.StageOutcome)
		return len(o) == 1 && o[0].Outcome == model.OutcomeComplete && o[0].BytesUp == int64(len(pdf)+10) && o[0].Files[0].Size == int64(len(pdf)+10)
	})
	if n := len(of(model.StageIntent)); n != 1 {
		t.Errorf("%d intents", n)
	}
}

// What is too large to be held is tied to no content: it stays blocked, and a grant for the address opens nothing.
func TestStepUpNeedsTheBytes(t *testing.T) {
	t.Parallel()
	app := &sinkApp{}
	r := newRig(t, rigOptions{app: resumable(app), policies: stepUpUploads, change: func(c *gateway.Config) { c.HoldBody = 100_000 }})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	to := "https://" + p.mapped("files.app.test") + "/docs/a.pdf"
	large := canary + strings.Repeat("x", 120_000)
	for _, length := range []int64{int64(len(large)), -1} {
		send := func() (*http.Response, string) {
			q := fetched("PUT", to, large, "Content-Type", "application/pdf")
			q.ContentLength = length
			return do(t, p.client, q)
		}
		if res, body := send(); res.StatusCode != 403 || !strings.Contains(body, "urn:referee:blocked") || strings.Contains(body, "confirmUrl") {
			t.Errorf("%s %s", res.Status, body)
		}
		if n := p.confirm(); n != 0 {
			t.Errorf("%d steps would open it", n)
		}
		err := r.mem.PutGrant(t.Context(), session.Grant{
			Tenant: "contoso", Session: p.session.ID, Instance: "files", Activity: model.ActivityUpload, Resource: "PUT https://files.app.test/docs/a.pdf",
			Key: "stepUp:c1", Expires: r.now().Add(time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
		if res, _ := send(); res.StatusCode != 403 {
			t.Errorf("with a grant for other bytes: %s", res.Status)
		}
	}
	if strings.Contains(app.bytes(), "CANARY") {
		t.Error("it went up")
	}
}

const stepUpPDF = `
kind: SessionPolicy
id: gold
name: Confirm before PDF files go up
control: controlFileUpload
activities: {app: {eq: onedrive}}
files: {extension: {eq: [pdf]}}
action: requireStepUp
stepUp: {context: c1}
`

// A form whose second file waits is held as a whole: the app hears of none of it.
func TestStepUpForALaterFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: &sinkApp{}, policies: stepUpPDF})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	body, kind := form([2]string{"a.txt", strings.Repeat("fine ", 50_000)}, [2]string{"b.pdf", string(pdf(9000))})
	send := func() *http.Response {
		res, _ := do(t, p.client, fetched("POST", "https://"+p.mapped("files.app.test")+"/up", body, "Content-Type", kind))
		return res
	}
	if res := send(); res.StatusCode != 403 || r.requests.Load() != 0 {
		t.Errorf("%s, the app saw %d requests", res.Status, r.requests.Load())
	}
	if n := len(r.rec.of(model.ActivityUpload, model.StageIntent)); n != 0 {
		t.Errorf("%d uploads were begun", n)
	}
	p.confirm()
	if res := send(); res.StatusCode != 200 || r.requests.Load() != 1 {
		t.Errorf("confirmed: %s, %d requests", res.Status, r.requests.Load())
	}
	if n := len(r.rec.of(model.ActivityUpload, model.StageIntent)); n != 2 {
		t.Errorf("%d uploads on record", n)
	}
}
