package gateway_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// filesForm is a form with a field and a file, as a browser sends it.
func filesForm(t *testing.T, name, kind string, content []byte) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if err := m.WriteField("comment", "second line\r\n--not a boundary"); err != nil {
		t.Fatal(err)
	}
	p, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {kind}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}

// interrupted posts a form without a session, and signs in. It returns the page that the person lands on.
func interrupted(t *testing.T, p *person, host, body, kind string) (*http.Response, string) {
	t.Helper()
	res, page := do(t, p.client, request("POST", "https://"+host+"/upload?folder=7", body, "Content-Type", kind,
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin", "Origin", "https://"+host))
	if res.StatusCode != http.StatusSeeOther {
		return res, page
	}
	_, enter := p.code(res.Header.Get("Location"))
	return do(t, p.client, navigation("https://"+host+enter))
}

// sendAgain does what the page does.
func sendAgain(t *testing.T, c *http.Client, host, page string) (*http.Response, string) {
	t.Helper()
	m := action.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no form in %s", page)
	}
	return do(t, c, request("POST", strings.ReplaceAll(m[1], "&amp;", "&"), "", "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin", "Origin", "https://"+host))
}

func TestFormWithFilesIsKeptAcrossSignIn(t *testing.T) {
	t.Parallel()
	var got, kind, site, target string
	r := newRig(t, rigOptions{app: echo(func(q *http.Request) {
		raw, _ := io.ReadAll(q.Body)
		got, kind, site, target = string(raw), q.Header.Get("Content-Type"), q.Header.Get("Sec-Fetch-Site"), q.URL.RequestURI()
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	content := make([]byte, 3<<20) // more than a form without files may have
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	copy(content, "%PDF-1.7\n")
	body, contentType := filesForm(t, "plan.pdf", "application/pdf", content)
	res, page := interrupted(t, p, host, body, contentType)
	if res.StatusCode != http.StatusOK || strings.Contains(page, "second line") {
		t.Fatalf("%s %s", res.Status, page)
	}
	for _, s := range r.mem.stashes {
		if bytes.Contains(s.Sealed, []byte("second line")) || bytes.Contains(s.Sealed, []byte("%PDF-")) {
			t.Error("kept without a seal")
		}
	}

	// Somebody else's session, or nobody's, gets nothing of it.
	other := r.signIn("contoso", "ben", session.ControlCustom)
	other.cookie("files.app.test")
	if res, _ := sendAgain(t, other.client, host, page); res.StatusCode != http.StatusForbidden || got != "" {
		t.Errorf("another session: %s", res.Status)
	}
	if res, _ := sendAgain(t, r.browser(true), host, page); res.StatusCode != http.StatusSeeOther || got != "" {
		t.Errorf("no session: %s", res.Status)
	}

	if res, answer := sendAgain(t, p.client, host, page); res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s", res.Status, answer)
	}
	if got != body || kind != contentType || site != "same-origin" || target != "/upload?folder=7" {
		t.Errorf("the app got %d bytes of %d, as %q from %q at %q", len(got), len(body), kind, site, target)
	}
	if up := r.rec.of(model.ActivityUpload, model.StageOutcome); len(up) != 1 || up[0].Outcome != model.OutcomeComplete || up[0].Files[0].Name != "plan.pdf" || up[0].User.ID != "anna" {
		t.Errorf("recorded %+v", up)
	}
	// Once.
	got = ""
	if res, _ := sendAgain(t, p.client, host, page); res.StatusCode != http.StatusSeeOther || got != "" {
		t.Errorf("a second time: %s", res.Status)
	}
	if len(r.mem.stashes) != 0 {
		t.Error("the stash is still there")
	}
}

// A kept upload is decided like any other.
func TestKeptFilesAreDecided(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil), policies: blockUploads})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	body, kind := filesForm(t, "plan.pdf", "application/pdf", []byte("%PDF-1.7\nx"))
	_, page := interrupted(t, p, host, body, kind)
	res, answer := sendAgain(t, p.client, host, page)
	if res.StatusCode != http.StatusForbidden || !strings.Contains(answer, "plan.pdf") || r.requests.Load() != 0 {
		t.Errorf("%s, %d requests reached the app", res.Status, r.requests.Load())
	}
}

// What can't be kept is said, and nothing of it is stored.
func TestFormThatIsNotKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil), change: func(c *gateway.Config) { c.StashFiles = 64 << 10 }})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	large, kind := filesForm(t, "a.bin", "application/octet-stream", make([]byte, 65<<10))
	good, goodKind := filesForm(t, "a.txt", "text/plain", []byte("hello"))
	for name, c := range map[string]struct{ body, kind string }{
		"too large":           {large, kind},
		"cut off":             {good[:len(good)-4], goodKind},
		"another boundary":    {good, "multipart/form-data; boundary=else"},
		"no boundary":         {good, "multipart/form-data"},
		"not a form":          {good, "application/octet-stream"},
		"a large form of old": {"a=" + strings.Repeat("x", 2<<20), "application/x-www-form-urlencoded"},
	} {
		res, page := interrupted(t, p, host, c.body, c.kind)
		if res.StatusCode != http.StatusUnauthorized || !strings.Contains(page, "send it again") {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	if n := len(r.mem.stashes); n != 0 {
		t.Errorf("%d kept", n)
	}
}

// Who is not signed in fills no store.
func TestStashQuota(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	body, kind := filesForm(t, "a.bin", "application/octet-stream", make([]byte, 7<<20))
	kept := 0
	for range 6 {
		res, _ := do(t, p.client, request("POST", "https://"+p.mapped("files.app.test")+"/", body, "Content-Type", kind, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"))
		if res.StatusCode == http.StatusSeeOther {
			kept++
		}
	}
	if kept != 4 || len(r.mem.stashes) != 4 { // 32 MiB of one network
		t.Errorf("%d kept", kept)
	}
	r.skew.Store(int64(2 * 60 * 60 * 1e9))
	if res, _ := do(t, p.client, request("POST", "https://"+p.mapped("files.app.test")+"/", body, "Content-Type", kind, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after they have run out: %s", res.Status)
	}
}
