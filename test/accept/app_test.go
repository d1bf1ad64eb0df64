package accept

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/referee-casb/referee/model"
)

func tenantID(s string) model.TenantID { return model.TenantID(s) }

// app is the app behind the gateway. It keeps a journal of what it received.
//
//	GET  /get/<nonce>/<size>/<name>   a file of so many bytes
//	PUT  /put/<nonce>/<name>          takes a file
//	GET  /plain/<nonce>               a small answer that is no file
//	GET  /page                        a page
//	GET  /socket                      an echo, see socket_test.go
type app struct {
	mu       sync.Mutex
	received map[string]int64 // bytes of uploads by nonce
}

func newApp() *app { return &app{received: map[string]int64{}} }

// filler is what files are made of.
var filler = []byte(strings.Repeat("Referee's files are made of this sentence, which is repeated. ", 1040))

// page is an ordinary page of 20 kB, with addresses of the app's own.
var page = "<!doctype html><title>Files</title><script src=/app.js></script>" + strings.Repeat(`<p>A paragraph with <a href="https://files.app.localhost/page">a link</a> and words.</p>`, 230)

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	part := strings.Split(r.URL.Path, "/")
	switch {
	case len(part) == 5 && part[1] == "get":
		size, err := strconv.ParseInt(part[3], 10, 64)
		if err != nil {
			http.Error(w, "no size", http.StatusBadRequest)
			return
		}
		a.send(w, r, size, part[4])
	case len(part) == 4 && part[1] == "put":
		a.take(w, r, part[2])
	case len(part) == 3 && part[1] == "plain":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"nonce":%q}`, part[2])
	case r.URL.Path == "/socket":
		echo(w, r)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page) //nolint:errcheck // the client may have gone
	}
}

// send answers with a file, whole or one range of it.
func (a *app) send(w http.ResponseWriter, r *http.Request, size int64, name string) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", `"`+strconv.FormatInt(size, 10)+`"`)
	first, last, status := int64(0), size-1, http.StatusOK
	if n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); n == 2 && first <= last && last < size {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, size))
		status = http.StatusPartialContent
	} else {
		first, last = 0, size-1
	}
	h.Set("Content-Length", strconv.FormatInt(last-first+1, 10))
	w.WriteHeader(status)
	for left := last - first + 1; left > 0 && r.Method != http.MethodHead; {
		n, err := w.Write(filler[:min(left, int64(len(filler)))])
		if err != nil {
			return
		}
		left -= int64(n)
	}
}

// take receives an upload.
func (a *app) take(w http.ResponseWriter, r *http.Request, nonce string) {
	n, err := io.Copy(&counter{a, nonce}, r.Body)
	if err != nil {
		return // the upload was cut off
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"bytes":%d}`, n)
}

// counter counts each byte at once: what was cut off counts as well.
type counter struct {
	a     *app
	nonce string
}

func (c *counter) Write(p []byte) (int, error) {
	c.a.mu.Lock()
	defer c.a.mu.Unlock()
	c.a.received[c.nonce] += int64(len(p))
	return len(p), nil
}

func (a *app) got(nonce string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.received[nonce]
}
