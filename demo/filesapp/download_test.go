package filesapp

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// Each way of the page "Ways" that a plain client can go ends with the document's own bytes.
func TestWaysLeadToTheBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	_, page := br.get(origin(b.hosts.App) + "/files/memo/ways")
	start := strings.Index(page, `id="page-data"`)
	raw := page[start+strings.Index(page[start:], ">")+1:]
	raw = raw[:strings.Index(raw, "</script>")]
	var data struct{ Ways []way }
	if err := json.Unmarshal([]byte(raw), &data); err != nil || len(data.Ways) < 30 {
		t.Fatalf("%d ways, %v", len(data.Ways), err)
	}
	for _, w := range data.Ways {
		target := w.URL
		if strings.HasPrefix(target, "/") {
			host := b.hosts.App
			if w.ID == "frame-fetch" {
				host = b.hosts.CDN
			}
			target = origin(host) + target
		}
		var body string
		switch {
		case w.Kind == "form":
			_, body = br.post(target, url.Values{formField: {br.form}, "id": {"memo"}})
			if w.ID == "zip" {
				body = unzip(t, body)
			}
		case strings.HasPrefix(target, origin(b.hosts.API)):
			body = b.body(br.api(http.MethodGet, target, nil))
			if w.ID == "base64" {
				var att struct {
					Bytes string `json:"contentBytes"`
				}
				if err := json.Unmarshal([]byte(body), &att); err != nil {
					t.Fatal(err)
				}
				dec, err := base64.StdEncoding.DecodeString(att.Bytes)
				if err != nil {
					t.Fatal(err)
				}
				body = string(dec)
			}
		default:
			_, body = br.get(target)
		}
		if !strings.Contains(body, CanaryOf("memo")) {
			t.Errorf("%s: %d bytes without the marker", w.ID, len(body))
		}
	}
}

func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// What a reader gets without asking for original bytes never has the marker: pages, lists, previews, editor.
func TestReadingShowsNoMarker(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	for _, s := range Samples() {
		f := br.file(s.ID)
		targets := append(f.Pages, f.WebURL, f.WebURL+"/print", f.WebURL+"/ways")
		if f.TextPage != "" {
			targets = append(targets, f.TextPage, f.WebURL+"/edit")
		}
		for _, target := range targets {
			resp, body := br.get(target)
			if resp.StatusCode != http.StatusOK || strings.Contains(body, Canary) {
				t.Errorf("%s: %d", target, resp.StatusCode)
			}
		}
		if f.Editable {
			var doc textDocument
			br.json(br.api(http.MethodGet, "/v1/files/"+s.ID+"/text", nil), http.StatusOK, &doc)
			if strings.Contains(doc.Text, Canary) || doc.Text == "" {
				t.Errorf("%s in the editor: %q", s.ID, doc.Text)
			}
		}
	}
}

func TestSignedURLs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.signedIn("director").file("report")
	nobody := b.browser()
	resp, body := nobody.get(f.Download)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, CanaryOf("report")) || resp.Header.Get("Content-Disposition") != `attachment; filename="Quarterly report.pdf"` || resp.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	for name, target := range map[string]string{
		"other file":    strings.Replace(f.Download, "/d/report/", "/d/memo/", 1),
		"no signature":  strings.Split(f.Download, "?")[0],
		"other type":    f.Download + "&as=text/html",
		"other way":     strings.Replace(f.Download, "disp=attachment", "disp=inline", 1),
		"longer life":   strings.Replace(f.Download, "exp=1", "exp=2", 1),
		"encoded twice": strings.Replace(f.Download, "%20", "%2520", 1),
	} {
		if resp, body := nobody.get(target); resp.StatusCode != http.StatusForbidden || strings.Contains(body, Canary) {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	b.advance(urlLifetime)
	if resp, _ := nobody.get(f.Download); resp.StatusCode != http.StatusForbidden {
		t.Errorf("after its end: %d", resp.StatusCode)
	}
}

func TestRangesAndHead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	f := br.file("report")
	_, whole := br.get(f.Open)
	var got strings.Builder
	for at := int64(0); at < f.Size; at += 700 {
		resp := br.do(http.MethodGet, f.Open, nil, "Range", fmt.Sprintf("bytes=%d-%d", at, at+699), "Accept-Encoding", "br")
		if resp.StatusCode != http.StatusPartialContent || resp.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		got.WriteString(b.body(resp))
	}
	if got.String() != whole || int64(len(whole)) != f.Size {
		t.Errorf("%d bytes by ranges, %d at once, %d announced", got.Len(), len(whole), f.Size)
	}
	resp := br.do(http.MethodHead, f.Open, nil)
	if body := b.body(resp); resp.ContentLength != f.Size || body != "" || resp.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("HEAD: %d, %v", resp.ContentLength, resp.Header)
	}
	resp = br.do(http.MethodGet, f.Open, nil, "If-None-Match", `"report-1"`)
	if b.body(resp); resp.StatusCode != http.StatusNotModified {
		t.Errorf("If-None-Match: %d", resp.StatusCode)
	}
}

func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	text := br.file("agenda").Open
	for _, target := range []string{origin(b.hosts.App) + "/folders/projects", origin(b.hosts.Static) + "/css/app.css", text} {
		plain := br.do(http.MethodGet, target, nil, "Accept-Encoding", "identity")
		want := b.body(plain)
		for coding, open := range map[string]func(io.Reader) (io.Reader, error){
			"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
			"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		} {
			resp := br.do(http.MethodGet, target, nil, "Accept-Encoding", coding)
			raw := b.body(resp)
			if resp.Header.Get("Content-Encoding") != coding || strings.HasPrefix(resp.Header.Get("ETag"), `"`) {
				t.Fatalf("%s: %v", target, resp.Header)
			}
			r, err := open(strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !strings.Contains(target, "/folders/") && string(got) != want {
				t.Errorf("%s, %s: %d bytes, want %d, %v", target, coding, len(got), len(want), err)
			}
		}
	}
	if resp := br.do(http.MethodGet, br.file("plan").Open, nil, "Accept-Encoding", "br"); resp.Header.Get("Content-Encoding") != "" {
		t.Errorf("a picture was compressed: %v", b.body(resp))
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.browser()
	app := origin(b.hosts.App)
	for _, c := range []struct {
		name, target, origin, want string
		credentials                string
	}{
		{"api", origin(b.hosts.API) + "/v1/folders", app, app, ""},
		{"api, foreign", origin(b.hosts.API) + "/v1/folders", "https://evil.example", "", ""},
		{"cdn", origin(b.hosts.CDN) + "/c/x/y", app, app, "true"},
		{"cdn, foreign", origin(b.hosts.CDN) + "/c/x/y", "https://evil.example", "", ""},
		{"font", origin(b.hosts.Static) + "/fonts/icons.ttf", app, app, ""},
		{"font, foreign", origin(b.hosts.Static) + "/fonts/icons.ttf", "https://evil.example", "", ""},
		{"module", origin(b.hosts.Static) + "/modules/hosts.js", "https://evil.example", "*", ""},
	} {
		resp := br.do(http.MethodGet, c.target, nil, "Origin", c.origin)
		if b.body(resp); resp.Header.Get("Access-Control-Allow-Origin") != c.want || resp.Header.Get("Access-Control-Allow-Credentials") != c.credentials {
			t.Errorf("%s: %v", c.name, resp.Header)
		}
	}
	resp := br.do(http.MethodOptions, origin(b.hosts.API)+"/v1/files/x/content", nil, "Origin", app, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization")
	if b.body(resp); resp.StatusCode != http.StatusNoContent || !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", resp.StatusCode, resp.Header)
	}
}

// Pages, scripts, styles and JSON name the sibling hosts; none keeps a placeholder.
func TestAbsoluteURLs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	_, page := br.get(origin(b.hosts.App) + "/files/report")
	_, hosts := br.get(origin(b.hosts.Static) + "/modules/hosts.js")
	_, css := br.get(origin(b.hosts.Static) + "/css/icons.css")
	jsonText := b.body(br.api(http.MethodGet, "/v1/files/report", nil))
	for name, c := range map[string]struct{ text, host string }{
		"page, static": {page, b.hosts.Static}, "page, cdn": {page, b.hosts.CDN}, "page, socket": {html.UnescapeString(page), "wss://" + b.hosts.App},
		"script": {hosts, b.hosts.API}, "style": {css, b.hosts.Static}, "json": {jsonText, b.hosts.CDN},
	} {
		if !strings.Contains(c.text, c.host) {
			t.Errorf("%s does not name %s", name, c.host)
		}
	}
	for path, as := range b.app.assets {
		if strings.Contains(string(as.body), ".invalid") {
			t.Errorf("%s keeps a placeholder", path)
		}
	}
	if _, err := url.Parse(match(page, `integrity="([^"]+)"`)); err != nil || !strings.Contains(html.UnescapeString(page), b.app.assets["/css/base.css"].integrity) {
		t.Error("the page has no integrity value")
	}
}

func TestSynthetic(t *testing.T) {
	t.Parallel()
	const size = 100_003
	whole, err := io.ReadAll(Synthetic(size))
	if err != nil || len(whole) != size {
		t.Fatalf("%d bytes, %v", len(whole), err)
	}
	for _, at := range []int64{0, 1, 7, 8, 9, 4095, size - 1, size} {
		r := Synthetic(size)
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{r}, make([]byte, 13)); err != nil || !bytes.Equal(got.Bytes(), whole[at:]) {
			t.Errorf("from %d: %d bytes, %v", at, got.Len(), err)
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(whole); err != nil || z.Close() != nil || packed.Len() < size {
		t.Errorf("compresses to %d of %d", packed.Len(), size)
	}
	b := newBench(t)
	br := b.signedIn("contractor")
	sum := sha256.Sum256(whole)
	resp, body := br.get(fmt.Sprintf("%s/big/%d?download", origin(b.hosts.App), size))
	got := sha256.Sum256([]byte(body))
	if hex.EncodeToString(got[:]) != hex.EncodeToString(sum[:]) || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d bytes, %v", len(body), resp.Header)
	}
	part := br.api(http.MethodGet, "/v1/big/10000000000", nil, "Range", "bytes=9999999990-")
	if raw := b.body(part); part.StatusCode != http.StatusPartialContent || len(raw) != 10 {
		t.Errorf("the end of 10 GB: %d, %d bytes", part.StatusCode, len(raw))
	}
	if resp, _ := b.browser().get(origin(b.hosts.App) + "/big/1"); !strings.HasPrefix(resp.Request.URL.String(), b.issuer) {
		t.Errorf("without sign-in: %s", resp.Request.URL)
	}
}

func BenchmarkSynthetic(b *testing.B) {
	buf := make([]byte, 64<<10)
	r := Synthetic(1 << 60)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		if _, err := io.ReadFull(r, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSharedLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	var link struct{ URL string }
	br.json(br.api(http.MethodPost, "/v1/files/memo/share", nil), http.StatusCreated, &link)
	if resp, _ := br.get(link.URL); resp.Request.URL.Path != "/files/memo" {
		t.Errorf("led to %s", resp.Request.URL)
	}
	if resp, _ := b.signedIn("contractor").get(link.URL); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the contractor got %d", resp.StatusCode)
	}
	b.advance(31 * 24 * time.Hour)
	if resp, _ := b.signedIn("director").get(link.URL); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an old link gave %d", resp.StatusCode)
	}
}
