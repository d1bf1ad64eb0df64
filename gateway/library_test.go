package gateway_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const blockStrict = `
kind: SessionPolicy
id: nodownload
name: OneDrive - Block download from unmanaged
control: controlFileDownload
activities: {app: {eq: onedrive}, device.tags: {eq: unmanaged}}
action: block
level: strict
message: "{{user}}, **{{file}}** stays here. Ask {{contact}}."
`

// canary is somewhere in every file of these tests, and nowhere else.
const canary = "CANARY-7f3a91"

// pdf is a file of n bytes that begins as a PDF does.
func pdf(n int) []byte {
	b := []byte("%PDF-1.7\n" + canary + "\n")
	for len(b) < n {
		b = append(b, fmt.Sprintf("%d 0 obj << /Length 1 >> endobj %s\n", len(b), canary)...)
	}
	return b[:n]
}

// library serves one file in every way an app may.
func library(content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Etag", `"v1"`)
		body := content
		switch r.URL.Path {
		case "/attachment":
			h.Set("Content-Type", "application/octet-stream")
			h.Set("Content-Disposition", `attachment; filename="plan.pdf"`)
		case "/inline.pdf":
			h.Set("Content-Type", "application/pdf")
		case "/as-html":
			h.Set("Content-Type", "text/html")
		case "/as-text":
			h.Set("Content-Type", "text/plain")
		case "/as-json":
			h.Set("Content-Type", "application/json")
		case "/as-js":
			h.Set("Content-Type", "text/javascript")
		case "/as-image":
			h.Set("Content-Type", "image/png")
		case "/untyped":
			h["Content-Type"] = nil
		case "/gzipped", "/gzipped-html":
			h.Set("Content-Type", "application/pdf")
			if r.URL.Path == "/gzipped-html" {
				h.Set("Content-Type", "text/html")
			}
			h.Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(content)
			z.Close()
			body = b.Bytes()
		case "/coded":
			h.Set("Content-Type", "text/html")
			h.Set("Content-Encoding", "rot13")
		case "/chunked":
			h.Set("Content-Type", "application/pdf")
			w.WriteHeader(200)
			for len(body) > 0 {
				n := min(700, len(body))
				w.Write(body[:n])
				w.(http.Flusher).Flush()
				body = body[n:]
			}
			return
		case "/drip":
			h.Set("Content-Type", "text/html")
			w.WriteHeader(200)
			for i := range min(len(body), 2000) {
				w.Write(body[i : i+1])
				w.(http.Flusher).Flush()
			}
			return
		case "/page":
			h.Set("Content-Type", "text/html")
			h.Del("Etag")
			io.WriteString(w, "<p>fine</p>")
			return
		case "/zip":
			h.Set("Content-Type", "application/zip")
			body = append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), content...)
		}
		if strings.HasPrefix(r.URL.Path, "/range") || strings.HasPrefix(r.URL.Path, "/preview") {
			if strings.HasSuffix(r.URL.Path, "-text") {
				h.Set("Content-Type", "text/plain")
			} else {
				h.Set("Content-Type", "application/pdf")
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	})
}
