package gateway_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

const uploadPolicies = `
kind: SessionPolicy
id: cards
name: No card numbers
control: controlFileUpload
activities: {app: {eq: onedrive}}
inspection: {method: builtIn, types: [{type: credit-card-number, count: 1}]}
action: block
unscannable: block
deadline: 60s
---
kind: SessionPolicy
id: label
name: Not this label
control: controlFileUpload
activities: {app: {eq: onedrive}}
files: {fileLabels: {eq: [` + labelID + `]}}
action: block
unscannable: block
deadline: 60s
`

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

func TestUploadsAreDecidedByTheirContent(t *testing.T) {
	t.Parallel()
	encrypted, err := os.ReadFile("../dlp/extract/testdata/encrypted.xls")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("all is well in this long document ", 100_000)
	csv := strings.Repeat("1;2;3\n", 400_000)
	clean, cards, labelled := docxOf("clean", false), docxOf(cardText, false), docxOf(canary, true)
	type upload struct {
		method, path, body string
		fields             []string
	}
	raw := func(name, body string, fields ...string) upload {
		return upload{"PUT", "/docs/" + name, body, append([]string{"Content-Type", "application/octet-stream"}, fields...)}
	}
	multi := func(files ...[2]string) upload {
		body, kind := form(files...)
		return upload{"POST", "/up", body, []string{"Content-Type", kind}}
	}
	related := func(name, encoding, content string) upload {
		body := "--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"" + name + "\"}\r\n--b\r\nContent-Type: application/octet-stream\r\n"
		if encoding != "" {
			body += "Content-Transfer-Encoding: " + encoding + "\r\n"
		}
		return upload{"POST", "/up/a.docx?uploadType=multipart", body + "\r\n" + content + "\r\n--b--", []string{"Content-Type", "multipart/related; boundary=b"}}
	}
	unseen := map[string]bool{
		"encrypted": true, "form, compressed": true, "a piece": true, "related, encoded": true, "related, encoded under another header": true, "related, encoded, then said not to be": true,
	}
	for name, tc := range map[string]struct {
		upload
		blocked bool
	}{
		"clean":                                 {raw("a.docx", clean), false},
		"clean and long":                        {raw("a.docx", docxOf(long, false)), false},
		"cards":                                 {raw("a.docx", cards), true},
		"cards late":                            {raw("a.docx", docxOf(long+cardText, false)), true},
		"labelled":                              {raw("a.docx", labelled), true},
		"text":                                  {raw("a.csv", csv), false},
		"cards in text":                         {raw("a.csv", csv+cardText), true},
		"of unknown length":                     {raw("a.csv", csv+cardText, "chunked", ""), true},
		"encrypted":                             {raw("a.xls", string(encrypted)), true},
		"zip in a zip":                          {raw("a.zip", zipOf("b.zip", zipOf("c.docx", cards))), true},
		"compressed":                            {raw("a.csv", gzipped(csv+cardText), "Content-Encoding", "gzip"), true},
		"compressed and clean":                  {raw("a.csv", gzipped(csv), "Content-Encoding", "gzip"), false},
		"by its first bytes":                    {upload{"POST", "/x", cards, []string{"Content-Type", "text/plain"}}, true},
		"form":                                  {multi([2]string{"a.docx", clean}, [2]string{"b.csv", csv}), false},
		"form, the first":                       {multi([2]string{"a.docx", cards}, [2]string{"b.csv", csv}), true},
		"form, a later one":                     {multi([2]string{"a.docx", clean}, [2]string{"b.csv", csv + cardText}), true},
		"form, labelled":                        {multi([2]string{"a.csv", csv}, [2]string{"b.docx", labelled}), true},
		"related":                               {related("a.docx", "", clean), false},
		"related, cards":                        {related("a.docx", "", cards), true},
		"related, by other names":               {related("b.docx", "", cards), true},
		"related, encoded":                      {related("a.docx", "base64", base64.StdEncoding.EncodeToString([]byte(cards))), true},
		"related, encoded under another header": {related("a.docx", "base64\r\n--x: y", base64.StdEncoding.EncodeToString([]byte(cards))), true},
		"related, encoded, then said not to be": {related("a.docx", "base64\r\nContent-Transfer-Encoding: binary", base64.StdEncoding.EncodeToString([]byte(cards))), true},
		"form, compressed":                      {upload{"POST", "/up", gzipped("x"), append(multi().fields, "Content-Encoding", "gzip")}, true},
		"a whole file as a chunk":               {raw("1", cards, "Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(cards)-1, len(cards))), true},
		"clean as a chunk":                      {raw("2", clean, "Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(clean)-1, len(clean))), false},
		"a piece":                               {raw("3", clean, "Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(clean)-1, 2*len(clean))), true},
		"announced":                             {upload{"POST", "/tus", "", []string{"Tus-Resumable", "1.0.0", "Upload-Metadata", metadata("a.docx")}}, false},
	} {
		for _, h1 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/h1=%v", name, h1), func(t *testing.T) {
				t.Parallel()
				app := &sinkApp{}
				policies := uploadPolicies
				if !unseen[name] { // what is blocked is so for what was found
					policies = strings.ReplaceAll(policies, "unscannable: block", "unscannable: allow")
				}
				r := newRig(t, rigOptions{app: app, policies: policies, inspector: realInspector()})
				p := r.signIn("contoso", "anna", session.ControlCustom)
				p.cookie("files.app.test")
				q := fetched(tc.method, "https://"+p.mapped("files.app.test")+tc.path, tc.body, tc.fields...)
				if q.Header.Get("chunked") == "" && len(tc.fields) > 2 && tc.fields[2] == "chunked" {
					q.ContentLength = -1
				}
				q.Header.Del("chunked")
				c := p.client
				if h1 {
					c = p.h1
				}
				res, answer := do(t, c, q)
				switch {
				case tc.blocked && (res.StatusCode != 403 && name != "form, compressed" || strings.Contains(app.bytes(), "CANARY")):
					t.Errorf("%s %.300s", res.Status, answer)
				case !tc.blocked && (res.StatusCode/100 != 2 || app.bytes() != tc.body):
					t.Errorf("%s, the app got %d of %d bytes: %.300s", res.Status, len(app.bytes()), len(tc.body), answer)
				}
				if all, tenants, persons := r.g.Spooled(); all != 0 || tenants != 0 || persons != 0 {
					t.Errorf("still held: %d %d %d", all, tenants, persons)
				}
				for _, a := range r.rec.of(model.ActivityUpload, "") {
					if tc.blocked && a.Outcome == model.OutcomeBlocked && len(a.Policies) == 0 {
						t.Errorf("%+v", a)
					}
				}
			})
		}
	}
}

// What is over a limit is not looked at, which the policy decides about; what the disk has no room for is refused.
func TestLimitsOfWhatIsHeld(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("1;2;3\n", 600_000)
	for name, tc := range map[string]struct {
		change      func(*gateway.Config)
		unscannable string
		content     string
		status      int
	}{
		"body":             {func(c *gateway.Config) { c.SpoolBody = 2 << 20 }, "block", big, 403},
		"body, allowed":    {func(c *gateway.Config) { c.SpoolBody = 2 << 20 }, "allow", big, 200},
		"body, seen":       {func(c *gateway.Config) { c.SpoolBody = 2 << 20 }, "allow", cardText + big, 403},
		"session":          {func(c *gateway.Config) { c.SpoolSession = 2 << 20 }, "block", big, 403},
		"session, allowed": {func(c *gateway.Config) { c.SpoolSession = 2 << 20 }, "allow", big, 200},
		"tenant":           {func(c *gateway.Config) { c.SpoolTenant = 2 << 20 }, "block", big, 403},
		"gateway":          {func(c *gateway.Config) { c.SpoolNode = 2 << 20 }, "block", big, 403},
		"disk":             {func(c *gateway.Config) { c.SpoolReserve = 1 << 60 }, "block", big, 507},
		"disk, allowed":    {func(c *gateway.Config) { c.SpoolReserve = 1 << 60 }, "allow", big, 507},
		"no folder":        {func(c *gateway.Config) { c.SpoolDir = filepath.Join(c.SpoolDir, "none") }, "allow", big, 507},
		"small, disk full": {func(c *gateway.Config) { c.SpoolReserve = 1 << 60 }, "block", "small", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := &sinkApp{}
			policies := strings.ReplaceAll(uploadPolicies+"---\n"+strings.TrimPrefix(strings.ReplaceAll(contentPolicies, "id: ", "id: down-"), "\n"), "unscannable: block", "unscannable: "+tc.unscannable)
			r := newRig(t, rigOptions{policies: policies, inspector: realInspector(), change: tc.change, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				if q.Method == "GET" {
					w.Header().Set("Content-Disposition", "attachment; filename=a.csv")
					io.WriteString(w, tc.content)
					return
				}
				app.ServeHTTP(w, q)
			})})
			p := r.signIn("contoso", "anna", session.ControlCustom)
			p.cookie("files.app.test")
			u := "https://" + p.mapped("files.app.test")
			res, body := do(t, p.client, fetched("PUT", u+"/docs/a.csv", tc.content, "Content-Type", "text/csv"))
			if res.StatusCode != tc.status || tc.status == 200 && app.bytes() != tc.content || tc.status != 200 && app.bytes() != "" {
				t.Errorf("up: %s, %d bytes: %.200s", res.Status, len(app.bytes()), body)
			}
			if tc.status == 507 && !strings.Contains(body, "no room") {
				t.Errorf("says %s", body)
			}
			res, body = do(t, p.client, fetched("GET", u+"/a.csv", ""))
			if res.StatusCode != tc.status || tc.status == 200 && body != tc.content {
				t.Errorf("down: %s, %d bytes", res.Status, len(body))
			}
			res, body = do(t, p.client, navigation(u+"/a.csv"))
			if res.StatusCode != tc.status || tc.status == 507 && !strings.Contains(body, "no room to check") {
				t.Errorf("navigation: %s %.300s", res.Status, body)
			}
			eventually(t, "all is let go", func() bool { all, _, _ := r.g.Spooled(); return all == 0 })
		})
	}
}
