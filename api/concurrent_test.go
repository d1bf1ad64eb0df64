package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/referee-casb/referee/api/apitest"
)

// TestAppliesAtOnce applies different texts of one policy at the same time: each is either stored as the next
// revision or refused, and none is lost or stored twice.
func TestAppliesAtOnce(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	var won, lost atomic.Int64
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			text := strings.Replace(apitest.BlockPolicy, "Files stay here.", fmt.Sprintf("Text %d.", i), 1)
			if i%2 == 0 {
				text = strings.Replace(text, "after: 7d", fmt.Sprintf("after: %dd", i+8), 1)
			}
			switch got := f.Do(t, "contoso/operator", "POST", contoso+"/policies/apply", apitest.File(text)); got.Status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusConflict:
				lost.Add(1)
			default:
				t.Errorf("%d %s", got.Status, got.Body)
			}
		})
	}
	wait.Wait()
	var history struct{ Items []struct{ Revision int64 } }
	f.Want(t, "contoso/reader", "GET", contoso+"/policies/block-downloads/history", nil, 200, &history)
	if won.Load() == 0 || won.Load()+lost.Load() != 16 || int64(len(history.Items)) != won.Load()+1 {
		t.Errorf("%d won, %d lost, %d revisions", won.Load(), lost.Load(), len(history.Items))
	}
	for i, r := range history.Items {
		if r.Revision != int64(len(history.Items)-i) {
			t.Errorf("revisions %+v", history.Items)
		}
	}
}

// FuzzRequests sends anything anywhere with a good token: nothing may be a defect, and every answer is one that the
// document knows.
func FuzzRequests(f *testing.F) {
	fix := apitest.New(f)
	for _, seed := range [][4]string{
		{"GET", "/activities", `filter={"user.username":{"eq":"x"}}&limit=1`, ""},
		{"GET", "/activities", "cursor=AAAA&from=2026-01-01T00:00:00Z", ""},
		{"GET", "/apps", "cursor=////", ""},
		{"GET", "/why/K7QM-2T9X", "", ""},
		{"GET", "/activities/count", "field=app&top=3", ""},
		{"GET", "/activities/export", "format=csv", ""},
		{"POST", "/policies/validate", "", `{"files":[{"name":"a","text":"kind: SessionPolicy"}]}`},
		{"POST", "/policies/lint", "", `{"files":[]}`},
		{"POST", "/policies/replay", "", `{"files":[],"from":"2026-01-01T00:00:00Z","sample":5}`},
		{"PUT", "/apps/x", "", `{"app":"onedrive","name":"x","route":"sso","hosts":[{"name":"a.example","role":"app"}],"profile":{"previews":["/**"]}}`},
		{"POST", "/exceptions", "", `{"user":"a","app":"b","policy":"c","reason":"d","expires":"2027-01-01T00:00:00Z"}`},
		{"POST", "/sessions/revoke", "", `{"user":"x"}`},
		{"PUT", "", "", `{"id":"contoso","name":"x","epoch":1,"ranges":[{"id":"a","name":"b","prefixes":["10.0.0.0/8"]}]}`},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.Contains(path, "tail") || method == http.MethodDelete {
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://referee.example.com"+contoso, strings.NewReader(body))
		if err != nil {
			return
		}
		req.URL.Path, req.URL.RawQuery = contoso+path, query
		req.Header.Set("Authorization", "Bearer "+fix.Tokens["contoso/admin"])
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		fix.ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Errorf("%s %s?%s %q: %d %s", method, path, query, body, w.Code, w.Body)
		}
	})
}
