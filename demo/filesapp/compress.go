package filesapp

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// compressed encodes text answers as the client likes best, brotli before gzip. Ranges, streams of events and
// upgraded connections are left alone.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		coding := chooseCoding(r.Header.Values("Accept-Encoding"))
		if coding == "" || r.Method == http.MethodHead || r.Header.Get("Range") != "" || r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		cw := &codingWriter{ResponseWriter: w, coding: coding}
		defer cw.close()
		next.ServeHTTP(cw, r)
	})
}

// chooseCoding reads Accept-Encoding (RFC 9110, section 12.5.3); "" means as it is.
func chooseCoding(values []string) string {
	best, bestQ := "", 0.0
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.ToLower(strings.TrimSpace(name))
		q := 1.0
		if raw, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			n, err := strconv.ParseFloat(raw, 64)
			if err != nil || n < 0 || n > 1 {
				continue
			}
			q = n
		}
		if (name == "br" && q >= bestQ || name == "gzip" && q > bestQ) && q > 0 {
			best, bestQ = name, q
		}
	}
	return best
}

type codingWriter struct {
	http.ResponseWriter
	coding string
	enc    io.WriteCloser // nil while, or because, nothing is encoded
	begun  bool
}

// WriteHeader decides when the answer's type is known.
func (c *codingWriter) WriteHeader(status int) {
	if !c.begun && status >= 200 {
		c.begun = true
		h := c.Header()
		if status != http.StatusNoContent && status != http.StatusNotModified && status != http.StatusPartialContent &&
			h.Get("Content-Encoding") == "" && isText(h.Get("Content-Type")) {
			h.Set("Content-Encoding", c.coding)
			h.Add("Vary", "Accept-Encoding")
			h.Del("Content-Length")
			h.Del("Accept-Ranges")
			if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
				h.Set("ETag", "W/"+tag)
			}
			if c.coding == "br" {
				c.enc = brotli.NewWriterLevel(c.ResponseWriter, 4)
			} else {
				c.enc = gzip.NewWriter(c.ResponseWriter)
			}
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write encodes, or not.
func (c *codingWriter) Write(p []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	if c.enc != nil {
		return c.enc.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// Flush sends what was encoded so far.
func (c *codingWriter) Flush() {
	if f, ok := c.enc.(interface{ Flush() error }); ok && c.enc != nil {
		_ = f.Flush() // the connection is gone; the next write says so
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (c *codingWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *codingWriter) close() {
	if c.enc != nil {
		_ = c.enc.Close() // as in Flush
	}
}

func isText(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	switch t = strings.TrimSpace(t); t {
	case "application/json", "application/javascript", "application/problem+json", "image/svg+xml", "application/manifest+json":
		return true
	case "text/event-stream":
		return false
	}
	return strings.HasPrefix(t, "text/")
}
