package gateway_test

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzRequest sends requests as net/http reads them to the gateway, without any session: whatever they say, none reaches
// the app, and none is answered as if it had.
func FuzzRequest(f *testing.F) {
	const host = "files-app-test.contoso.gate.test"
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /.referee/enter?code=x HTTP/1.1\r\nHost: " + host + "\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n",
		"POST /acs?.referee-replay=AAAA HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\na=b",
		"OPTIONS * HTTP/1.1\r\nHost: " + host + "\r\nOrigin: https://api-app-test.contoso.gate.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
		"GET //x/..%2f.referee/ HTTP/1.1\r\nHost: " + strings.Repeat("a", 26) + "---anon-app-test.contoso.gate.test\r\nCookie: __Host-referee=x; referee-lookup-1=y\r\n\r\n",
		"GET http://[::1]:80/ HTTP/1.0\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
	} {
		f.Add(s)
	}
	r := newRig(f, rigOptions{app: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	f.Fuzz(func(t *testing.T, text string) {
		q, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		q.TLS = &tls.ConnectionState{ServerName: host}
		q.RemoteAddr = "192.0.2.1:1"
		w := httptest.NewRecorder()
		r.g.ServeHTTP(w, q)
		if r.requests.Load() != 0 && !strings.Contains(q.Host, "cdn-app-test") {
			t.Fatalf("reached the app: %q", text)
		}
		for _, c := range w.Result().Cookies() {
			if c.Name == "__Host-referee" && c.Value != "" {
				t.Fatalf("a session for nothing: %q", text)
			}
		}
		r.requests.Store(0)
	})
}
