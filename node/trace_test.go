package node

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A collector gets spans that name part, method and status, and nothing that was in the request's address.
func TestTracesReachACollector(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 1<<16)
		n, _ := r.Body.Read(body)
		got <- string(body[:n])
		w.WriteHeader(http.StatusOK)
	}))
	defer collector.Close()
	tr, err := openTraces(context.Background(), Trace{Endpoint: collector.URL + "/v1/traces", Share: 1})
	if err != nil {
		t.Fatal(err)
	}
	h := &hosts{config: Config{API: "api.test", Listen: ":443"}}
	traced := tr.handler(h, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	w := httptest.NewRecorder()
	traced.ServeHTTP(w, httptest.NewRequest("GET", "https://api.test/secret-path?token=hidden", nil))
	if err := tr.close(); err != nil {
		t.Fatal(err)
	}
	select {
	case span := <-got:
		if !strings.Contains(span, "http.request.method") || !strings.Contains(span, "api") || strings.Contains(span, "secret-path") || strings.Contains(span, "hidden") {
			t.Fatalf("the collector got %q", span)
		}
	default:
		t.Fatal("the collector got nothing")
	}
	if w.Code != http.StatusTeapot {
		t.Fatalf("status %d", w.Code)
	}
}
