package gateway_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func TestBlockedDownloadLeaksNothing(t *testing.T) {
	t.Parallel()
	content := pdf(200 << 10)
	r := newRig(t, rigOptions{app: library(content), policies: blockStrict, profile: catalog.Profile{Exports: []string{"/zip"}}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	p.cookie("bytes.app.test")
	host, bytesHost := p.mapped("files.app.test"), p.mapped("bytes.app.test")
	for _, tc := range []struct {
		name, path string
		fields     []string
		method     string
	}{
		{"navigation to an attachment", "/attachment", nil, "NAV"},
		{"navigation to a PDF", "/inline.pdf", nil, "NAV"},
		{"frame", "/inline.pdf", []string{"Sec-Fetch-Dest", "iframe"}, "NAV"},
		{"embed", "/inline.pdf", []string{"Sec-Fetch-Dest", "embed"}, "NAV"},
		{"fetch", "/inline.pdf", nil, "GET"},
		{"fetch by POST", "/inline.pdf", nil, "POST"},
		{"HEAD", "/inline.pdf", nil, "HEAD"},
		{"wrong type: html", "/as-html", nil, "NAV"},
		{"wrong type: text", "/as-text", nil, "GET"},
		{"wrong type: json", "/as-json", nil, "GET"},
		{"wrong type: script", "/as-js", []string{"Sec-Fetch-Dest", "script"}, "GET"},
		{"wrong type: image", "/as-image", []string{"Sec-Fetch-Dest", "image"}, "GET"},
		{"wrong type: style", "/as-html", []string{"Sec-Fetch-Dest", "style"}, "GET"},
		{"no type", "/untyped", nil, "GET"},
		{"compressed", "/gzipped", []string{"Accept-Encoding", "gzip"}, "GET"},
		{"compressed page", "/gzipped-html", []string{"Accept-Encoding", "gzip"}, "NAV"},
		{"unknown coding", "/coded", []string{"Accept-Encoding", "rot13"}, "NAV"},
		{"chunked", "/chunked", nil, "GET"},
		{"a byte at a time", "/drip", nil, "NAV"},
		{"export", "/zip", nil, "GET"},
		{"range from the start", "/range", []string{"Range", "bytes=0-99"}, "GET"},
		{"range from the middle", "/range", []string{"Range", "bytes=5000-5099"}, "GET"},
		{"range of a wrong type", "/range-text", []string{"Range", "bytes=5000-5099"}, "GET"},
		{"one byte", "/range-text", []string{"Range", "bytes=9-9"}, "GET"},
		{"last bytes", "/range-text", []string{"Range", "bytes=-50"}, "GET"},
		{"several ranges", "/range-text", []string{"Range", "bytes=0-3,9-40"}, "GET"},
		{"range with a date", "/range-text", []string{"Range", "bytes=9-99", "If-Range", `"v1"`}, "GET"},
		{"no fetch metadata", "/inline.pdf", []string{"Sec-Fetch-Mode", "", "Sec-Fetch-Dest", ""}, "GET"},
		{"claims to be a font", "/as-text", []string{"Sec-Fetch-Dest", "font"}, "GET"},
		{"asks for other codings", "/gzipped-html", []string{"Accept-Encoding", "dcb, aws-chunked"}, "GET"},
	} {
		for _, h2 := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/h2=%v", tc.name, h2), func(t *testing.T) {
				c := p.h1
				if h2 {
					c = p.client
				}
				q := navigation("https://"+host+tc.path, tc.fields...)
				if tc.method != "NAV" {
					q = fetched(tc.method, "https://"+host+tc.path, "", tc.fields...)
				}
				for k, v := range q.Header {
					if v[0] == "" {
						q.Header.Del(k)
					}
				}
				res, err := c.Do(q)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				got, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				plain := got
				if res.Header.Get("Content-Encoding") == "gzip" {
					if z, err := gzip.NewReader(bytes.NewReader(got)); err == nil {
						plain, _ = io.ReadAll(z)
					}
				}
				if bytes.Contains(got, []byte("CANARY")) || bytes.Contains(plain, []byte("CANARY")) || bytes.Contains(plain, []byte("%PDF")) {
					t.Fatalf("%s: bytes of the file came through", res.Status)
				}
				if want := 403; res.StatusCode != want && tc.path != "/coded" {
					t.Errorf("%s, want %d", res.Status, want)
				}
				if tc.method == "NAV" && res.StatusCode == 403 && !bytes.Contains(got, []byte("Reference code")) {
					t.Errorf("no block page: %s", got)
				}
				if tc.method == "GET" && res.StatusCode == 403 && !bytes.Contains(got, []byte("urn:referee:blocked")) {
					t.Errorf("no problem document: %s", got)
				}
			})
		}
	}
	if res, _ := do(t, p.client, fetched("GET", "https://"+bytesHost+"/as-text", "")); res.StatusCode != 403 {
		t.Errorf("files host: %s", res.Status)
	}
	if res, body := do(t, p.client, navigation("https://"+host+"/page")); res.StatusCode != 200 || !strings.Contains(body, "fine") {
		t.Errorf("a page is not a file: %s", res.Status)
	}
	for _, a := range r.rec.of(model.ActivityDownload, "") {
		if a.Outcome != model.OutcomeBlocked || a.Taken != model.TakenBlock || len(a.Policies) == 0 || a.Policies[0].ID != "nodownload" || a.User.Name != "anna" {
			t.Fatalf("recorded %+v", a)
		}
	}
	if n := len(r.rec.of(model.ActivityDownload, model.StageIntent)); n != 0 {
		t.Errorf("%d intents of blocked downloads", n)
	}
}

func TestBlockPageSaysWhyAndWhatNext(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: blockStrict})
	p := r.signIn("contoso", "<b>anna</b>", session.ControlCustom)
	p.cookie("files.app.test")
	res, body := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+"/attachment"))
	for _, want := range []string{
		"<strong>plan.pdf</strong> stays here", "helpdesk@contoso.test", "OneDrive - Block download from unmanaged", "Request access",
		"What you can do", "REF0-0001", broker + "/contoso/request-access?ref=REF00001", "&lt;b&gt;anna",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s: no %q in\n%s", res.Status, want, body)
		}
	}
	b, err := r.mem.Blocked(t.Context(), "contoso", "REF00001", time.Now())
	if err != nil || b.Session != p.session.ID || b.File != "plan.pdf" || b.Policy.ID != "nodownload" || b.Override || b.Resource == "" {
		t.Errorf("kept %+v %v", b, err)
	}
	if res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("fields %v", res.Header)
	}
}

func TestAllowedDownloadIsRecordedWhole(t *testing.T) {
	t.Parallel()
	content := pdf(300 << 10)
	r := newRig(t, rigOptions{app: library(content)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	sum := sha256.Sum256(content)
	for _, path := range []string{"/attachment", "/chunked"} {
		res, body := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+path))
		if res.StatusCode != 200 || body != string(content) || res.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %s, %d bytes, %v", path, res.Status, len(body), res.Header)
		}
	}
	eventually(t, "both outcomes", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 2 })
	intents := r.rec.of(model.ActivityDownload, model.StageIntent)
	for i, a := range r.rec.of(model.ActivityDownload, model.StageOutcome) {
		if a.ID != intents[i].ID || a.Outcome != model.OutcomeComplete || a.BytesDown != int64(len(content)) || a.Files[0].SHA256 != hex.EncodeToString(sum[:]) || a.Files[0].Size != int64(len(content)) {
			t.Errorf("outcome %+v", a)
		}
	}
}

func TestPolicyChangeHoldsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(90_000))})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test") + "/range"
	if res, _ := do(t, p.client, fetched("GET", u, "", "Range", "bytes=0-5000")); res.StatusCode != 206 {
		t.Fatal(res.Status)
	}
	r.setPolicies(blockStrict)
	if res, body := do(t, p.client, fetched("GET", u, "", "Range", "bytes=5001-9000")); res.StatusCode != 403 || strings.Contains(body, "CANARY") {
		t.Errorf("after the change: %s", res.Status)
	}
}

func TestBusFull(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000))})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	r.rec.full = true
	u := "https://" + p.mapped("files.app.test")
	res, body := do(t, p.client, navigation(u+"/attachment"))
	if res.StatusCode != 503 || strings.Contains(body, "CANARY") || !strings.Contains(body, "can&#39;t check this now") {
		t.Errorf("%s %s", res.Status, body)
	}
	before := r.requests.Load()
	res, _ = do(t, p.client, fetched("PUT", u+"/x.pdf", string(pdf(9000)), "Content-Type", "application/pdf"))
	if res.StatusCode != 503 || r.requests.Load() != before {
		t.Errorf("upload: %s, %d requests", res.Status, r.requests.Load()-before)
	}
	if res, _ = do(t, p.client, navigation(u+"/page")); res.StatusCode != 200 {
		t.Errorf("plain traffic: %s", res.Status)
	}
	if n := r.g.Counts().Unrecorded; n == 0 {
		t.Error("nothing counted")
	}
	r.setPolicies(blockStrict)
	res, body = do(t, p.client, navigation(u+"/attachment"))
	if res.StatusCode != 403 || strings.Contains(body, "CANARY") || strings.Contains(body, "Reference code") || strings.Contains(body, "REF0") {
		t.Errorf("a block that can't be recorded: %s, with a code that nobody can look up: %s", res.Status, body)
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: strings.Replace(blockStrict, "action: block", "action: blockWithOverride", 1)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	res, body := do(t, p.client, navigation(u+"/attachment?id=1"))
	if res.StatusCode != 403 || !strings.Contains(body, broker+"/contoso/override?ref=REF00001") {
		t.Fatalf("%s %s", res.Status, body)
	}
	b, err := r.mem.Blocked(t.Context(), "contoso", "REF00001", time.Now())
	if err != nil || !b.Override || b.Return != u+"/attachment?id=1" {
		t.Fatalf("%+v %v", b, err)
	}
	g := session.Grant{
		Tenant: b.Tenant, Session: b.Session, Instance: b.App.Instance, Activity: b.Activity, Resource: b.Resource, Key: "override:" + b.Policy.ID,
		Expires: time.Now().Add(time.Minute),
	}
	if err := r.mem.PutGrant(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if res, body = do(t, p.client, navigation(u+"/attachment?id=1")); res.StatusCode != 200 || !strings.Contains(body, canary) {
		t.Errorf("with the grant: %s", res.Status)
	}
	if res, _ = do(t, p.client, navigation(u+"/attachment?id=2")); res.StatusCode != 403 {
		t.Errorf("another file: %s", res.Status)
	}
	eventually(t, "outcome", func() bool { return len(r.rec.of(model.ActivityDownload, model.StageOutcome)) == 1 })
	if a := r.rec.of(model.ActivityDownload, model.StageOutcome)[0]; a.Taken != model.TakenOverride {
		t.Errorf("%+v", a)
	}
	r.skew.Store(int64(2 * time.Minute))
	if res, _ = do(t, p.client, navigation(u+"/attachment?id=1")); res.StatusCode != 403 {
		t.Errorf("after it ended: %s", res.Status)
	}
}

func TestDeviceIsAskedForProofOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: blockStrict})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	prove := func(proofs ...model.Proof) {
		t.Helper()
		_, err := r.mem.UpdateSession(t.Context(), "contoso", p.session.ID, func(s *session.Session) error { s.Proofs = proofs; return nil })
		if err == nil {
			err = r.cache.Refresh(t.Context(), "contoso", p.session.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	prove()
	u := "https://" + p.mapped("files.app.test") + "/attachment"
	res, _ := do(t, p.client, navigation(u))
	to, ok := strings.CutPrefix(res.Header.Get("Location"), broker+"/contoso/device?to=")
	if !ok {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	if back, err := r.vault.Verify("contoso", "return", to); err != nil || string(back) != u {
		t.Errorf("comes back to %q %v", back, err)
	}
	if res, _ = do(t, p.client, navigation(u)); res.StatusCode != 403 {
		t.Errorf("without proof: %s", res.Status)
	}
	// With proof the device is managed.
	prove(model.Proof{Tag: model.TagValidClientCertificate, Kind: "client-certificate", At: r.now(), Expires: r.now().Add(time.Minute)})
	if res, body := do(t, p.client, navigation(u)); res.StatusCode != 200 || !strings.Contains(body, canary) {
		t.Errorf("with proof: %s", res.Status)
	}
	// Another browser with the same cookie has proven nothing.
	for _, status := range []int{303, 403} {
		if res, _ := do(t, p.client, navigation(u, "User-Agent", "curl/8")); res.StatusCode != status {
			t.Errorf("another agent: %s", res.Status)
		}
	}
	// The lease ends.
	r.skew.Store(int64(3 * time.Minute))
	if res, _ := do(t, p.client, navigation(u)); res.StatusCode != 303 {
		t.Errorf("after the lease: %s", res.Status)
	}
}

func TestControlOfConditionalAccess(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000)), policies: ""})
	for control, status := range map[session.Control]int{session.ControlBlockDownloads: 403, session.ControlMonitorOnly: 200, session.ControlCustom: 200} {
		p := r.signIn("contoso", "anna", control)
		p.cookie("files.app.test")
		if res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/inline.pdf", "")); res.StatusCode != status {
			t.Errorf("%s: %s", control, res.Status)
		}
	}
}

func TestPublicHostGivesNoFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: library(pdf(9000))})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	res, body := do(t, r.browser(true), fetched("GET", "https://"+p.mapped("cdn.app.test")+"/inline.pdf", ""))
	if res.StatusCode != 401 || strings.Contains(body, "CANARY") {
		t.Errorf("%s", res.Status)
	}
}

func TestHugeDownloadStreams(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		chunk := make([]byte, 1<<20)
		for range size >> 20 {
			w.Write(chunk)
		}
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	res, err := p.h1.Do(navigation("https://" + p.mapped("files.app.test") + "/big.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); n != size || err != nil {
		t.Errorf("%d %v", n, err)
	}
	eventually(t, "outcome", func() bool {
		o := r.rec.of(model.ActivityDownload, model.StageOutcome)
		return len(o) == 1 && o[0].Outcome == model.OutcomeComplete
	})
}
