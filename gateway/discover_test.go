package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// TestDiscovered reports hosts as the page's script does, and as a page that makes things up.
func TestDiscovered(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	r := newRig(t, rigOptions{app: library(pdf(10)), policies: blockStrict, found: func(tenant model.TenantID, instance model.InstanceID, host, kind string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(tenant, " ", instance, " ", host, " ", kind))
	}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	var events []string
	for i, name := range []string{
		"cdn.forgotten.test", "CDN.Forgotten.test:443", "cdn.forgotten.test:8443", // hosts
		"files.app.test", "evil.other.test", // an app's own, and another app's of the tenant
		strings.TrimPrefix(u, "https://"), "x.contoso." + strings.SplitN(suffix, ":", 2)[0], // Referee's
		"localhost", "a b", "", "<script>", strings.Repeat("a.", 200) + "test", // no hosts
	} {
		events = append(events, fmt.Sprintf(`{"n":%d,"type":"host","at":1,"detail":{"name":%q,"via":%q}}`, i+1, name, []string{"img", "fetch", "<b>"}[i%3]))
	}
	res, _ := do(t, p.client, fetched("POST", u+"/.referee/report", `{"doc":"d1","events":[`+strings.Join(events, ",")+`]}`))
	if res.StatusCode != http.StatusNoContent {
		t.Error(res.Status)
	}
	mu.Lock()
	defer mu.Unlock()
	want := "contoso files cdn.forgotten.test img|contoso files cdn.forgotten.test fetch|contoso files cdn.forgotten.test:8443 other"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got %s", s)
	}
	if n := len(r.rec.of(model.ActivityCopy, model.StageIntent)); n != 0 {
		t.Errorf("%d activities", n)
	}
}
