package gateway_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

func TestRevalidationOfRewrittenPages(t *testing.T) {
	t.Parallel()
	var asked string
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked = q.Header.Get("If-None-Match")
		w.Header().Set("Etag", `"v1"`)
		if asked == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<p>page")
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/"
	res, _ := do(t, p.client, navigation(u))
	tag := res.Header.Get("Etag")
	res, _ = do(t, p.client, navigation(u, "If-None-Match", tag))
	if res.StatusCode != 304 || asked != `"v1"` || res.Header.Get("Etag") != tag || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("%s, app was asked %s, %v", res.Status, asked, res.Header)
	}
	q := navigation(u)
	q.Method = "HEAD"
	if res, _ = do(t, p.client, q); res.Header.Get("Etag") != tag || res.ContentLength > 0 {
		t.Errorf("HEAD says %v", res.Header)
	}
	// Bytes that were rewritten under another mapping are fetched again.
	if err := r.live.Reload(t.Context(), instances{*mustInstance(t, r, "contoso", "files")}, []model.TenantID{"contoso"}); err != nil {
		t.Fatal(err)
	}
	if res, _ = do(t, p.client, navigation(u, "If-None-Match", tag)); res.StatusCode != 200 || asked != "" {
		t.Errorf("after a change: %s, app was asked %q", res.Status, asked)
	}
}

func mustInstance(t *testing.T, r *rig, tn model.TenantID, id model.InstanceID) *catalog.Instance {
	t.Helper()
	in, ok := r.live.Book().Instance(tn, id)
	if !ok {
		t.Fatal("no instance")
	}
	return in
}

func TestLabelIsNoLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	anon, _ := r.live.Book().MappedWith("contoso", "anon.app.test", p.key.LabelToken())
	u := "https://" + anon + "/x"
	if res, _ := do(t, r.browser(true), navigation(u)); res.StatusCode != 303 {
		t.Errorf("a link that was passed on: %s", res.Status)
	}
	if res, _ := do(t, r.browser(true), navigation(u, "Sec-Fetch-Site", "same-site", "Referer", "https://"+p.mapped("files.app.test")+"/")); res.StatusCode != 200 {
		t.Errorf("a link in the app's page: %s", res.Status)
	}
	if res, _ := do(t, r.browser(true), fetched("GET", strings.Replace(u, "contoso", "fabrikam", 1), "")); res.StatusCode != 401 {
		t.Errorf("at another tenant: %s", res.Status)
	}
}

// When another person signs in to the app in the same browser, a sibling that still has the first one's cookie follows.
func TestSiblingFollowsThePersonAtTheFront(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`["ok"]`))
	}), profile: catalog.Profile{Activities: []catalog.Rule{{Method: "POST", Path: "/edit", Type: model.ActivityEdit}}}})
	anna, bert := r.signIn("contoso", "anna", session.ControlCustom), r.signIn("contoso", "bert", session.ControlCustom)
	anna.cookie("api.app.test")
	bert.client = anna.client
	bert.enter("files.app.test")
	front, api := "https://"+anna.mapped("files.app.test"), "https://"+anna.mapped("api.app.test")
	res, _ := do(t, anna.client, fetched("POST", api+"/edit", "{}", "Content-Type", "application/json", "Origin", front, "Sec-Fetch-Site", "same-site"))
	if res.StatusCode != 200 || !strings.Contains(strings.Join(res.Header["Set-Cookie"], ";"), "__Host-referee=") {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityEdit, model.StageOutcome)) == 1 })
	if a := r.rec.of(model.ActivityEdit, model.StageOutcome)[0]; a.User.Name != "bert" || a.Outcome != model.OutcomeComplete {
		t.Errorf("%+v", a)
	}
}

func TestDeviceIsAskedAheadOfThePage(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: blockStrict})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	if _, err := r.mem.UpdateSession(t.Context(), "contoso", p.session.ID, func(s *session.Session) error { s.Proofs = nil; return nil }); err != nil {
		t.Fatal(err)
	}
	u := "https://" + p.mapped("files.app.test")
	res, _ := do(t, p.client, navigation(u+"/page"))
	if res.StatusCode != 303 || !strings.Contains(res.Header.Get("Location"), "/contoso/device?to=") || r.requests.Load() != 0 {
		t.Errorf("%s %v", res.Status, res.Header)
	}
	if res, _ = do(t, p.client, navigation(u+"/page")); res.StatusCode != 200 {
		t.Errorf("once is enough: %s", res.Status)
	}
	if res, _ = do(t, p.client, fetched("GET", u+"/inline.pdf", "")); res.StatusCode != 403 {
		t.Errorf("without proof: %s", res.Status)
	}
}

func TestPreviewPasses(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: blockStrict, profile: catalog.Profile{Previews: []string{"/preview/**"}, NeverFiles: []string{"/as-js"}}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for path, status := range map[string]int{"/preview/1": 200, "/inline.pdf": 403} {
		if res, _ := do(t, p.client, fetched("GET", u+path, "")); res.StatusCode != status {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if n := len(r.rec.of(model.ActivityDownload, model.StageIntent)); n > 1 {
		t.Errorf("%d intents", n)
	}
}

func TestStandardLetsScriptsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: strings.Replace(blockStrict, "level: strict", "level: standard", 1)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for _, tc := range []struct {
		q      *http.Request
		status int
	}{
		{fetched("GET", u+"/inline.pdf", ""), 200},
		{navigation(u + "/attachment"), 403},
		{fetched("GET", u+"/attachment", ""), 403},
		{navigation(u + "/inline.pdf"), 403},
		{fetched("GET", u+"/range", "", "Range", "bytes=4000-4100"), 206},
	} {
		if res, _ := do(t, p.client, tc.q); res.StatusCode != tc.status {
			t.Errorf("%s %s: %s, want %d", tc.q.Method, tc.q.URL.Path, res.Status, tc.status)
		}
	}
}

// An app may answer before it has all of an upload; what went up is then not complete, and nothing hangs.
func TestAppAnswersBeforeTheUploadIsThere(t *testing.T) {
	t.Parallel()
	for _, h1 := range []bool{true, false} {
		r := newRig(t, rigOptions{h1: h1, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			io.CopyN(io.Discard, q.Body, 1000)
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		})})
		p := r.signIn("contoso", "anna", session.ControlCustom)
		p.cookie("files.app.test")
		pr, pw := io.Pipe()
		go func() {
			defer pw.Close()
			chunk := pdf(1 << 16)
			for range 200 {
				if _, err := pw.Write(chunk); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		q := fetched("PUT", "https://"+p.mapped("files.app.test")+"/x.pdf", "", "Content-Type", "application/pdf")
		q.Body, q.ContentLength = pr, -1
		if res, err := p.client.Do(q); err == nil {
			res.Body.Close()
			if res.StatusCode != 413 && res.StatusCode != 502 {
				t.Errorf("h1=%v: %s", h1, res.Status)
			}
		}
		pr.Close()
		eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 1 })
		if a := r.rec.of(model.ActivityUpload, model.StageOutcome)[0]; a.Outcome == model.OutcomeComplete {
			t.Errorf("h1=%v: claims complete", h1)
		}
	}
}

// An answer cut off after an upload still has the upload's outcome.
func TestOutcomeWhenTheAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body)
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, "[1,2,3")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	res, err := p.client.Do(fetched("PUT", "https://"+p.mapped("files.app.test")+"/x.pdf", string(pdf(9000)), "Content-Type", "application/pdf"))
	if err == nil {
		if _, err = io.ReadAll(res.Body); err == nil {
			t.Error("the answer looks whole")
		}
		res.Body.Close()
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityUpload, model.StageOutcome)) == 1 })
}

func TestMapsForTheOwnTenantOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<a href="https://evil.other.test/">other app</a><a href="https://unmapped.test/">far</a>`)
	})})
	a, b := r.signIn("contoso", "anna", session.ControlCustom), r.signIn("fabrikam", "bert", session.ControlCustom)
	a.cookie("files.app.test")
	b.cookie("files.app.test")
	_, body := do(t, a.client, navigation("https://"+a.mapped("files.app.test")+"/"))
	if !strings.Contains(body, a.mapped("evil.other.test")) || !strings.Contains(body, "https://unmapped.test/") {
		t.Errorf("%s", body)
	}
	if _, body = do(t, b.client, navigation("https://"+b.mapped("files.app.test")+"/")); !strings.Contains(body, `"https://evil.other.test/`) {
		t.Errorf("a host of another tenant is mapped: %s", body)
	}
}

func TestSecondTabDuringSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	u := "https://" + p.mapped("files.app.test")
	one, _ := do(t, p.client, navigation(u+"/one"))
	two, _ := do(t, p.client, navigation(u+"/two"))
	_, enter1 := p.code(one.Header.Get("Location"))
	_, enter2 := p.code(two.Header.Get("Location"))
	for enter, want := range map[string]string{enter1: u + "/one", enter2: u + "/two"} {
		if res, _ := do(t, p.client, navigation(u+enter)); res.Header.Get("Location") != want {
			t.Errorf("%s %v", res.Status, res.Header)
		}
	}
	if c := p.client.Jar.Cookies(&url.URL{Scheme: "https", Host: p.mapped("files.app.test"), Path: "/"}); len(c) != 2 {
		t.Errorf("cookies left: %v", c)
	}
}

func TestPageThatCanNotBeRewritten(t *testing.T) {
	t.Parallel()
	const page = `<p>before<select><style><option title="</style><script>1</script>">`
	for name, c := range map[string]struct {
		behaviour tenant.Behavior
		policies  string
		status    int
	}{
		"enforced":        {tenant.Block, benchPolicies, http.StatusBadGateway},
		"default allow":   {tenant.Allow, benchPolicies, http.StatusOK},
		"nothing stopped": {tenant.Block, "kind: SessionPolicy\nid: watch\nname: Watch\ncontrol: monitorOnly\naction: audit\n", http.StatusOK},
	} {
		r := newRig(t, rigOptions{policies: c.policies, tenant: func(tn *tenant.Tenant) { tn.Default = c.behaviour }, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, page)
		})})
		p := r.signIn("contoso", "anna", session.ControlCustom)
		p.cookie("files.app.test")
		res, body := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+"/"))
		if res.StatusCode != c.status || c.status == http.StatusOK && !strings.HasSuffix(body, page) {
			t.Errorf("%s: %s %.2000q", name, res.Status, body)
		}
		if got := r.rec.of(model.ActivityDefault, ""); len(got) != 1 || r.g.Counts().Ambiguous != 1 {
			t.Errorf("%s: %d recorded, %d counted", name, len(got), r.g.Counts().Ambiguous)
		}
	}
}
