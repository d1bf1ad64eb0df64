package gateway_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/session"
)

// raw sends bytes over a TLS connection that was opened for a name, and returns what came back.
func (r *rig) raw(name, text string) string {
	r.t.Helper()
	c, err := tls.Dial("tcp", r.front.Listener.Addr().String(), &tls.Config{RootCAs: authority().roots(), ServerName: name})
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(c, text) // and no close: a client that has gone gets no answer
	var b bytes.Buffer
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		b.Write(buf[:n])
		if err != nil || !strings.Contains(text, "Connection: close") && b.Len() > 12 {
			return b.String()
		}
	}
}

func TestAmbiguousRequestsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	cookie := "Cookie: __Host-referee=" + p.cookie("files.app.test").Reveal() + "\r\n"
	for name, text := range map[string]string{
		"two hosts":            "GET / HTTP/1.1\r\nHost: " + host + "\r\nHost: evil.test\r\n" + cookie + "\r\n",
		"no host":              "GET / HTTP/1.1\r\n" + cookie + "\r\n",
		"absolute-form":        "GET https://evil.test/ HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n",
		"http absolute-form":   "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n",
		"two lengths":          "POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 4\r\nContent-Length: 5\r\n" + cookie + "\r\nabcde",
		"other coding":         "POST / HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: gzip, chunked\r\n" + cookie + "\r\n0\r\n\r\n",
		"coding in disguise":   "POST / HTTP/1.1\r\nHost: " + host + "\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n" + cookie + "\r\n0\r\n\r\n",
		"space before colon":   "GET / HTTP/1.1\r\nHost : " + host + "\r\n" + cookie + "\r\n",
		"CONNECT":              "CONNECT evil.test:443 HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n",
		"TRACE":                "TRACE / HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n",
		"asterisk":             "GET * HTTP/1.1\r\nHost: " + host + "\r\n" + cookie + "\r\n",
		"another host":         "GET / HTTP/1.1\r\nHost: evil.test\r\n" + cookie + "\r\n",
		"a host with a dot":    "GET / HTTP/1.1\r\nHost: " + host + ".\r\n" + cookie + "\r\n",
		"a host with a user":   "GET / HTTP/1.1\r\nHost: x@" + host + "\r\n" + cookie + "\r\n",
		"obscured chunks":      "POST / HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: xchunked\r\n" + cookie + "\r\n0\r\n\r\n",
		"two origins":          "GET / HTTP/1.1\r\nHost: " + host + "\r\nOrigin: https://" + host + "\r\nOrigin: https://evil.test\r\n" + cookie + "\r\n",
		"two types":            "POST / HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: a/b\r\nContent-Type: multipart/form-data\r\nContent-Length: 0\r\n" + cookie + "\r\n",
		"other tenant by name": "GET / HTTP/1.1\r\nHost: " + strings.Replace(host, "contoso", "fabrikam", 1) + "\r\n\r\n",
	} {
		got := r.raw(host, text)
		if len(got) > 12 && (got[9] == '2' || got[9] == '3') {
			t.Errorf("%s: %.200s", name, got)
		}
	}
	if n := r.requests.Load(); n != 0 {
		t.Errorf("%d requests reached the app", n)
	}
	if got := r.raw(host, "GET / HTTP/1.1\r\nHost: "+strings.ToUpper(host)+":443\r\n"+cookie+"Sec-Fetch-Mode: cors\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("a host in capitals with the default port: %.200s", got)
	}
}

// What net/http mends instead of refusing reaches the app in one reading only: ours.
func TestMendedRequestsHaveOneReading(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	r := newRig(t, rigOptions{h1: true, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, err := io.ReadAll(q.Body)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %s %q %q %v %v", q.Method, q.URL.Path, b, q.Header.Get("X"), q.TransferEncoding, err))
		w.Header().Set("Content-Length", "0")
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	head := " HTTP/1.1\r\nHost: " + host + "\r\nCookie: __Host-referee=" + p.cookie("files.app.test").Reveal() + "\r\nContent-Type: application/json\r\nConnection: close\r\n"
	for text, want := range map[string]string{
		"POST /a" + head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n": `POST /a "[]" "" [chunked] <nil>`,
		"GET /b" + head + "X: a\r\n b\r\n\r\n": `GET /b "" "a b" [] <nil>`,
		"POST /c" + strings.Replace(head, "1.1", "1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled" + head + "\r\n": `POST /c "" "" [] <nil>`,
	} {
		mu.Lock()
		seen = nil
		mu.Unlock()
		r.raw(host, text)
		mu.Lock()
		got := strings.Join(seen, " and ")
		mu.Unlock()
		if got != want {
			t.Errorf("%.40q: the app saw %s, want %s", text, got, want)
		}
	}
}
