package gateway_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/dlp/extract"
	"github.com/referee-casb/referee/inspect"
	"github.com/referee-casb/referee/inspect/worker"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// here reads files in this process; that others do it is shown where they are.
type here struct{}

func (here) Read(ctx context.Context, _ model.TenantID, content io.ReaderAt, size int64, ask worker.Ask, text io.Writer) (worker.Answer, error) {
	return worker.Read(ctx, extract.Extract, ask, io.NewSectionReader(content, 0, size), text)
}

func realInspector() *inspect.Inspector {
	return inspect.New(inspect.Config{}, inspect.Parts{Reader: here{}, Log: slog.New(slog.DiscardHandler)})
}

const (
	cardText = canary + " credit card 4111 1111 1111 1111 expires 12/29 "
	labelID  = "8faca7b8-8d20-48a3-8ea2-0f96310a848e"
)

func zipOf(parts ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, _ := z.Create(parts[i])
		io.WriteString(w, parts[i+1])
	}
	z.Close()
	return b.String()
}

func docxOf(text string, labelled bool) string {
	parts := []string{
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
		"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>` + text + `</w:t></w:r></w:p></w:body></w:document>`,
	}
	if labelled {
		parts = append(parts, "docMetadata/LabelInfo.xml", `<?xml version="1.0"?><clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{`+labelID+`}" enabled="1" method="Privileged" siteId="{72f988bf-86f1-41af-91ab-2d7cd011db47}" contentBits="0" removed="0"/></clbl:labelList>`)
	}
	return zipOf(parts...)
}

const contentPolicies = `
kind: SessionPolicy
id: cards
name: No card numbers
control: controlFileDownload
activities: {app: {eq: onedrive}}
inspection: {method: builtIn, types: [{type: credit-card-number, count: 1}]}
action: block
level: inspect
unscannable: block
deadline: 60s
---
kind: SessionPolicy
id: label
name: Not this label
control: controlFileDownload
activities: {app: {eq: onedrive}}
files: {fileLabels: {eq: [` + labelID + `]}}
action: block
unscannable: block
deadline: 60s
`

func TestDownloadsAreDecidedByTheirContent(t *testing.T) {
	t.Parallel()
	encrypted, err := os.ReadFile("../dlp/extract/testdata/encrypted.xls")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("all is well in this long document ", 100_000)
	files := map[string]fileCase{
		"/clean.docx":     {docxOf(canary+" clean", false), ""},
		"/long.docx":      {docxOf(canary+long, false), ""},
		"/cards.docx":     {docxOf(cardText, false), "cards"},
		"/late.docx":      {docxOf(long+cardText, false), "cards"},
		"/labelled.docx":  {docxOf(canary, true), "label"},
		"/zip-in-zip.zip": {zipOf("x.zip", zipOf("a.docx", docxOf(cardText, false))), "cards"},
		"/labelled.zip":   {zipOf("x.zip", zipOf("a.docx", docxOf(canary, true))), "label"},
		"/encrypted.xls":  {string(encrypted), "cards"},
		"/clean.csv":      {canary + strings.Repeat("1;2;3\n", 400_000), ""},
		"/cards.csv":      {strings.Repeat("1;2;3\n", 400_000) + cardText, "cards"},
		"/unknown.bin":    {"\x00\x01\x02" + canary + strings.Repeat("\x01\x00\x80\xff\x03", 9000), "cards"},
	}
	for _, unscannable := range []string{"block", "allow"} {
		t.Run(unscannable, func(t *testing.T) {
			t.Parallel()
			decidedByContent(t, files, unscannable)
		})
	}
}

// fileApp serves files as attachments, compressed when the query says so.
func fileApp(files map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment; filename="+q.URL.Path[1:])
		if q.URL.Query().Has("gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, files[q.URL.Path])
			z.Close()
			return
		}
		io.WriteString(w, files[q.URL.Path])
	})
}

type fileCase struct {
	content string
	by      string // the policy that blocks it, "" for none
}

func decidedByContent(t *testing.T, files map[string]fileCase, unscannable string) {
	plain := map[string]string{}
	for path, f := range files {
		plain[path] = f.content
	}
	r := newRig(t, rigOptions{policies: strings.ReplaceAll(contentPolicies, "unscannable: block", "unscannable: "+unscannable), inspector: realInspector(), app: fileApp(plain)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for path, f := range files {
		if unscannable == "allow" && (path == "/encrypted.xls" || path == "/unknown.bin") {
			f.by = ""
		}
		for _, query := range []string{"", "?gzip"} {
			t.Run(path[1:]+query, func(t *testing.T) {
				t.Parallel()
				q := fetched("GET", u+path+query, "")
				if query != "" {
					q.Header.Set("Accept-Encoding", "gzip")
				}
				res, body := do(t, p.client, q)
				if query != "" && res.StatusCode == 200 {
					z, err := gzip.NewReader(strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					plain, err := io.ReadAll(z)
					if err != nil {
						t.Fatal(err)
					}
					body = string(plain)
				}
				switch {
				case f.by == "" && (res.StatusCode != 200 || body != f.content):
					t.Errorf("%s, %d bytes of %d: %.300s", res.Status, len(body), len(f.content), body)
				case f.by != "" && (res.StatusCode != 403 || strings.Contains(body, "CANARY")):
					t.Errorf("%s", res.Status)
				}
			})
		}
	}
	t.Cleanup(func() {
		for _, a := range r.rec.of(model.ActivityDownload, "") {
			if a.Outcome != model.OutcomeBlocked {
				continue
			}
			want := files[a.Path]
			if len(a.Policies) == 0 || a.Policies[0].ID != want.by {
				t.Errorf("%s was blocked by %+v, want %s", a.Path, a.Policies, want.by)
			}
		}
	})
}

// A piece of a file can't be looked into: the whole file is, and is what the person gets.
func TestPiecesOfInspectedFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{"/clean.csv": canary + strings.Repeat("1;2;3\n", 4000), "/cards.csv": strings.Repeat("1;2;3\n", 4000) + cardText}
	r := newRig(t, rigOptions{policies: strings.ReplaceAll(contentPolicies, "unscannable: block", "unscannable: allow"), inspector: realInspector(), app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("Content-Disposition", "attachment; filename="+q.URL.Path[1:])
		http.ServeContent(w, q, q.URL.Path, time.Time{}, strings.NewReader(files[q.URL.Path]))
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for _, piece := range []string{"bytes=0-99", "bytes=100-199", "bytes=-40", "bytes=5-"} {
		if res, body := do(t, p.client, fetched("GET", u+"/clean.csv", "", "Range", piece)); res.StatusCode != 200 || body != files["/clean.csv"] {
			t.Errorf("%s of the clean one: %s, %d bytes", piece, res.Status, len(body))
		}
		if res, body := do(t, p.client, fetched("GET", u+"/cards.csv", "", "Range", piece)); res.StatusCode != 403 || strings.Contains(body, "CANARY") {
			t.Errorf("%s: %s", piece, res.Status)
		}
	}
}
