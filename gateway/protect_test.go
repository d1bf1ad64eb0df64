package gateway_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/label"
	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/inspect/protect"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const (
	siteID   = "f66b6bd3-ebc2-4f54-8769-d22858de97c5"
	publicID = "11111111-1111-4111-8111-111111111111"
	teamID   = "22222222-2222-4222-8222-222222222222"
	topID    = "33333333-3333-4333-8333-333333333333"
)

// someLabels are a tenant's.
type someLabels struct{}

func (someLabels) Labels(context.Context, model.TenantID) (taxonomy.Revision, error) {
	return taxonomy.Revision{Number: 1, Set: taxonomy.Set{SiteID: siteID, Labels: []taxonomy.Label{
		{ID: publicID, Name: "Public"},
		{ID: teamID, Name: "Team", Marking: label.Marking{Footer: &label.Mark{Text: "For ${User.PrincipalName} only"}}},
		{ID: topID, Name: "Top"},
		{ID: labelID, Name: "Secret", Encrypts: true},
	}}}, nil
}

func realProtector() gateway.Protector {
	return protect.New(someLabels{}, here{}, time.Now, slog.New(slog.DiscardHandler))
}

// wordOf is a document of Word that programs open.
func wordOf(text string) string {
	return zipOf(
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`+text+`</w:t></w:r></w:p></w:body></w:document>`,
	)
}

func withLabel(t *testing.T, data, id string) string {
	t.Helper()
	var b strings.Builder
	err := label.Write(&b, io.NewSectionReader(strings.NewReader(data), 0, int64(len(data))), label.Change{Label: label.Label{ID: id, SiteID: siteID, Method: label.Standard}})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func protectPolicy(label, unscannable string) string {
	return "kind: SessionPolicy\nid: protect\nname: Label what leaves\ncontrol: controlFileDownload\nactivities: {app: {eq: onedrive}}\naction: protect\nprotect: {label: " + label + "}\nunscannable: " + unscannable + "\n"
}

// protectedApp serves files with everything that a head can say of their bytes, and ranges of them.
func protectedApp(files map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		f := files[q.URL.Path]
		hd := w.Header()
		hd.Set("Content-Type", "application/octet-stream")
		hd.Set("Content-Disposition", "attachment; filename="+q.URL.Path[1:])
		for _, k := range []string{"Digest", "Content-Digest", "Repr-Digest", "Content-Md5", "X-Amz-Checksum-Sha256", "X-Goog-Hash"} {
			hd.Set(k, "original")
		}
		hd.Set("ETag", `"original"`)
		if q.URL.Query().Has("gzip") {
			hd.Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, f)
			z.Close()
			return
		}
		http.ServeContent(w, q, "", time.Now().Add(-time.Hour), strings.NewReader(f))
	})
}

func TestCopiesThatLeaveAreLabelled(t *testing.T) {
	t.Parallel()
	encrypted, err := os.ReadFile("../dlp/extract/testdata/encrypted.xls")
	if err != nil {
		t.Fatal(err)
	}
	word := wordOf(canary + " text")
	long := wordOf(canary + strings.Repeat("all is well in this long document ", 20_000))
	files := map[string]struct {
		content string
		want    string // id of the label of the copy; "" where it is blocked
		says    string // the activity
	}{
		"/plain.docx":    {word, teamID, "labelled with Team, without encryption"},
		"/long.docx":     {long, teamID, "labelled with Team, without encryption"},
		"/lower.docx":    {withLabel(t, word, publicID), teamID, "labelled with Team, without encryption"},
		"/same.docx":     {withLabel(t, word, teamID), teamID, "kept its label Team"},
		"/higher.docx":   {withLabel(t, word, topID), topID, "kept its label Top"},
		"/text.txt":      {canary + " text", "", "labels can't be written to files of this kind"},
		"/encrypted.xls": {string(encrypted), "", "labels can't be written to files of this kind"},
		"/damaged.docx":  {word[:len(word)-30], "", "the file is damaged"},
		"/archive.zip":   {zipOf("a.docx", word), "", "labels can't be written to files of this kind"},
	}
	contents := map[string]string{}
	for path, f := range files {
		contents[path] = f.content
	}
	r := newRig(t, rigOptions{policies: protectPolicy("Team", "block"), protector: realProtector(), app: protectedApp(contents)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for path, f := range files {
		for how, header := range map[string][2]string{"whole": {}, "?gzip": {"Accept-Encoding", "gzip"}, "a piece": {"Range", "bytes=100-199"}, "the rest": {"Range", "bytes=5-"}} {
			t.Run(path[1:]+", "+how, func(t *testing.T) {
				t.Parallel()
				at := u + path
				if strings.HasPrefix(how, "?") {
					at += how
				}
				q := fetched("GET", at, "")
				if header[0] != "" {
					q.Header.Set(header[0], header[1])
				}
				res, body := do(t, p.client, q)
				if f.want == "" {
					if res.StatusCode != http.StatusForbidden || strings.Contains(body, canary) || !strings.Contains(body, "sensitivity label") {
						t.Errorf("%d %.300s", res.StatusCode, body)
					}
					return
				}
				if res.StatusCode != http.StatusOK {
					t.Fatalf("%d %.300s", res.StatusCode, body)
				}
				if strings.HasPrefix(f.says, "labelled") {
					for _, k := range []string{"Etag", "Last-Modified", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5", "X-Amz-Checksum-Sha256", "X-Goog-Hash", "Content-Range", "Content-Encoding"} {
						if v := res.Header.Get(k); v != "" {
							t.Errorf("%s: %s", k, v)
						}
					}
					if res.Header.Get("Accept-Ranges") != "none" || res.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
						t.Errorf("%v, %d bytes", res.Header, len(body))
					}
				} else if how == "?gzip" {
					return // the original, packed
				} else if body != f.content {
					t.Error("a file that keeps its label is not the app's")
				}
				labels, err := label.Read(io.NewSectionReader(strings.NewReader(body), 0, int64(len(body))))
				if err != nil || len(labels) != 1 || labels[0].ID != f.want || labels[0].SiteID != siteID {
					t.Errorf("%+v, %v", labels, err)
				}
			})
		}
	}
	t.Cleanup(func() {
		said := map[string]string{}
		for _, a := range append(r.rec.of(model.ActivityDownload, model.StageIntent), r.rec.of(model.ActivityDownload, "")...) {
			if a.Type == model.ActivityDownload && a.Detail["protection"] != nil {
				said[a.Path] += a.Detail["protection"].(string) + " " + string(a.Taken) + "\n"
			}
		}
		for path, f := range files {
			taken := "protect"
			if f.want == "" {
				taken = "block"
			}
			if !strings.Contains(said[path], f.says) || !strings.Contains(said[path], taken) {
				t.Errorf("%s: %s", path, said[path])
			}
		}
	})
}

func TestWhatCannotBeLabelled(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/a.txt": canary + " text", "/a.docx": wordOf(canary), "/large.docx": wordOf(canary) + strings.Repeat("x", 3<<20)}
	for name, c := range map[string]struct {
		policies  string
		protector gateway.Protector
		path      string
		method    string
		status    int
	}{
		"passes by policy":         {protectPolicy("Team", "allow"), realProtector(), "/a.txt", "GET", 200},
		"too large, blocked":       {protectPolicy("Team", "block"), realProtector(), "/large.docx", "GET", 403},
		"too large, passes":        {protectPolicy("Team", "allow"), realProtector(), "/large.docx", "GET", 200},
		"label that encrypts":      {protectPolicy("Secret", "allow"), realProtector(), "/a.docx", "GET", 403},
		"label that is not there":  {protectPolicy("Gone", "allow"), realProtector(), "/a.docx", "GET", 403},
		"no protector":             {protectPolicy("Team", "allow"), nil, "/a.docx", "GET", 403},
		"broken protector":         {protectPolicy("Team", "allow"), protectorFunc(func(gateway.Protection) (gateway.Protected, error) { return gateway.Protected{}, errors.New("broken") }), "/a.docx", "GET", 503},
		"panicking protector":      {protectPolicy("Team", "allow"), protectorFunc(func(gateway.Protection) (gateway.Protected, error) { panic("x") }), "/a.docx", "GET", 503},
		"protector without answer": {protectPolicy("Team", "allow"), protectorFunc(func(gateway.Protection) (gateway.Protected, error) { return gateway.Protected{}, nil }), "/a.docx", "GET", 503},
		"copy that isn't there": {protectPolicy("Team", "allow"), protectorFunc(func(gateway.Protection) (gateway.Protected, error) {
			return gateway.Protected{Done: gateway.Labelled}, nil
		}), "/a.docx", "GET", 503},
		"head": {protectPolicy("Team", "block"), realProtector(), "/a.docx", "HEAD", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{policies: c.policies, protector: c.protector, app: protectedApp(files), change: func(c *gateway.Config) { c.SpoolBody = 2 << 20 }})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			res, body := do(t, p.client, fetched(c.method, "https://"+p.mapped("files.app.test")+c.path, ""))
			if res.StatusCode != c.status || c.status != 200 && strings.Contains(body, canary) || c.status == 200 && c.method == "GET" && body != files[c.path] {
				t.Errorf("%d, %d bytes: %.200s", res.StatusCode, len(body), body)
			}
			if c.method == "HEAD" && (res.Header.Get("ETag") != "" || res.ContentLength >= 0 || res.Header.Get("Accept-Ranges") != "none") {
				t.Errorf("%v", res.Header)
			}
		})
	}
}

type protectorFunc func(gateway.Protection) (gateway.Protected, error)

func (f protectorFunc) Protect(_ context.Context, job gateway.Protection) (gateway.Protected, error) {
	return f(job)
}

// TestCopiesGiveTheirRoomBack lets copies be made that can't be recorded, so that they aren't sent, more often than there
// is room for them.
func TestCopiesGiveTheirRoomBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{
		policies: protectPolicy("Team", "block"), protector: realProtector(), app: protectedApp(map[string]string{"/a.docx": wordOf(canary)}),
		change: func(c *gateway.Config) { c.SpoolSession = 16 << 10 },
	})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	get := func() int {
		res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/a.docx", ""))
		return res.StatusCode
	}
	fill := func(full bool) { r.rec.mu.Lock(); defer r.rec.mu.Unlock(); r.rec.full = full }
	fill(true)
	for range 20 {
		if got := get(); got != http.StatusServiceUnavailable {
			t.Fatalf("unrecorded: %d", got)
		}
	}
	fill(false)
	if got := get(); got != http.StatusOK {
		t.Errorf("afterwards: %d", got)
	}
}
