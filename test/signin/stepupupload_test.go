package signin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"testing"
)

const stepUpUploads = `
kind: ConditionalAccess
id: route
name: Route everybody
state: enabled
conditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}
sessionControls: {cloudAppSecurity: {isEnabled: true, cloudAppSecurityType: mcasConfigured}}
---
kind: SessionPolicy
id: gold
name: Confirm before uploads
control: controlFileUpload
activities: {app: {eq: onedrive}}
action: requireStepUp
stepUp: {context: c1}
unscannable: block
`

// post sends a body as a form's navigation or a page's script does.
func (b *browser) post(to, kind string, content []byte, header ...string) *page {
	b.r.t.Helper()
	q, err := http.NewRequestWithContext(b.r.t.Context(), http.MethodPost, to, bytes.NewReader(content))
	if err != nil {
		b.r.t.Fatal(err)
	}
	origin := "https://" + q.URL.Host
	for k, v := range map[string]string{
		"User-Agent": b.agent, "Accept": "text/html", "Content-Type": kind, "Origin": origin, "Referer": origin + "/start",
		"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin",
	} {
		q.Header.Set(k, v)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(q)
	if err != nil {
		b.r.t.Fatal(err)
	}
	return &page{at: q.URL, status: res.StatusCode, header: res.Header, text: styles.ReplaceAllString(body(b.r.t, res), "")}
}

func (a *app) taken() []upload {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.uploads)
}

// TestStepUpBeforeUpload: a form with files is kept, sent again once with the very bytes, and to nobody else.
func TestStepUpBeforeUpload(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpUploads, change: own})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	file := make([]byte, 3<<20)
	for i := range file {
		file[i] = byte(i*7 + i>>8)
	}
	copy(file, "%PDF-1.7")
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	_ = m.WriteField("folder", "inbox")
	for _, name := range []string{"a.pdf", "b.pdf"} {
		w, err := m.CreateFormFile("f", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(file)
	}
	_ = m.Close()
	to := r.mapped("contoso", appHost) + "/upload?folder=1"
	p := b.post(to, m.FormDataContentType(), form.Bytes(), "X-Token", "csrf-1")
	p.has(t, 403, "Confirm it’s you")
	if len(r.app.taken()) != 0 {
		t.Fatal("something went up before")
	}
	_, _, done := b.enrol(b.open(p.stepUp(t)))
	done.has(t, 200, "sent again")
	resume := done.onward(t)
	other := r.browser(nil)
	other.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	stolen := r.browser(nil)
	stolen.open(resume)
	b.open(resume).has(t, 200, fmt.Sprintf("took %d bytes", form.Len()))
	got := r.app.taken()
	if len(got) != 1 || got[0].method != "POST" || got[0].target != "/upload?folder=1" || !bytes.Equal(got[0].body, form.Bytes()) || got[0].token != "csrf-1" || got[0].origin != r.direct(appHost) {
		t.Fatalf("the app took %d uploads: %+v", len(got), strip(got))
	}
	b.open(resume)
	b.open(resume)
	if got := r.app.taken(); len(got) != 1 {
		t.Errorf("sent again: %+v", strip(got))
	}
	// The grant is for these bytes at this address.
	changed := bytes.Clone(form.Bytes())
	changed[len(changed)/2]++
	b.post(to, m.FormDataContentType(), changed).has(t, 403, "Confirm it’s you")
	b.post(r.mapped("contoso", appHost)+"/upload?folder=2", m.FormDataContentType(), form.Bytes()).has(t, 403, "Confirm it’s you")
	other.post(to, m.FormDataContentType(), form.Bytes()).has(t, 403, "Confirm it’s you")
	if got := r.app.taken(); len(got) != 1 {
		t.Errorf("went up without a step-up: %+v", strip(got))
	}
}

func strip(list []upload) []upload {
	for i := range list {
		list[i].body = list[i].body[:min(len(list[i].body), 40)]
	}
	return list
}

// TestStepUpByScript: a script is told where to confirm, waits, and sends what was kept; it gets no grant by itself.
func TestStepUpByScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpUploads, change: own})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	script := []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"}
	file := append([]byte("%PDF-1.7 "), bytes.Repeat([]byte("numbers "), 1000)...)
	to := r.mapped("contoso", appHost) + "/upload"
	p := b.post(to, "application/pdf", file, append(script, "X-Token", "csrf-2")...)
	var problem struct{ Type, ConfirmURL, Watch, Resume string }
	if err := json.Unmarshal([]byte(p.text), &problem); err != nil || p.status != 403 || problem.Type != "urn:referee:stepup" || problem.Watch == "" || problem.Resume == "" {
		t.Fatalf("%v: %d %s", err, p.status, p.text)
	}
	state := func(who *browser) string {
		return who.send("GET", problem.Watch, nil, append(script, "Sec-Fetch-Site", "same-origin")...).text
	}
	if got := state(b); got != `{"state":"waiting"}` {
		t.Errorf("before: %s", got)
	}
	// Sending it at once gets the same answer, and the stash is used up: nothing goes up unconfirmed.
	_, _, done := b.enrol(b.open(problem.ConfirmURL))
	done.has(t, 200, "goes on by itself")
	if got := state(b); got != `{"state":"granted"}` {
		t.Errorf("after: %s", got)
	}
	other := r.browser(nil)
	other.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	if got := state(other); got != `{"state":"ended"}` {
		t.Errorf("another session learns %s", got)
	}
	b.open(problem.Resume) // a navigation can't take what a script sent
	b.post(problem.Resume, "text/plain", nil, script...)
	if len(r.app.taken()) > 1 {
		t.Fatal("twice")
	}
	p = b.post(to, "application/pdf", file, append(script, "X-Token", "csrf-2")...)
	p.has(t, 200, "took")
	if got := r.app.taken(); len(got) == 0 || !bytes.Equal(got[len(got)-1].body, file) || got[len(got)-1].token != "csrf-2" {
		t.Errorf("the app took %+v", strip(got))
	}
}

// TestStepUpResumeByScript: what a script sent is sent again by the address that it was given.
func TestStepUpResumeByScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, setting{policies: stepUpUploads, change: own})
	b := r.browser(nil)
	b.open(r.mapped("contoso", appHost)+"/start").has(t, 200, "hello")
	script := []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"}
	file := append([]byte("%PDF-1.7 "), bytes.Repeat([]byte("numbers "), 1000)...)
	p := b.post(r.mapped("contoso", appHost)+"/upload", "application/pdf", file, append(script, "X-Token", "csrf-2")...)
	var problem struct{ ConfirmURL, Resume string }
	if err := json.Unmarshal([]byte(p.text), &problem); err != nil {
		t.Fatal(err)
	}
	b.enrol(b.open(problem.ConfirmURL))
	p = b.post(problem.Resume, "text/plain", nil, script...)
	p.has(t, 200, "took")
	if got := r.app.taken(); len(got) != 1 || !bytes.Equal(got[0].body, file) || got[0].token != "csrf-2" || got[0].target != "/upload" {
		t.Errorf("the app took %+v", strip(got))
	}
	if p := b.post(problem.Resume, "text/plain", nil, script...); p.status != http.StatusGone || len(r.app.taken()) != 1 {
		t.Errorf("again: %d, %d uploads", p.status, len(r.app.taken()))
	}
}
