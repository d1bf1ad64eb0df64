package gateway_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/gateway"
	"github.com/referee-casb/referee/gateway/shim"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
	"github.com/referee-casb/referee/tenant"
)

func TestOwnPathsNeverReachTheApp(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for _, path := range []string{"/.referee/", "/.referee/x", "/.referee/enter/..", "/.referee/s/old.js", "/%2ereferee/notice", "/.referee/logo"} {
		do(t, p.client, fetched("GET", u+path, ""))
	}
	if n := r.requests.Load(); n != 0 {
		t.Errorf("%d requests reached the app", n)
	}
	res, body := do(t, r.browser(true), request("GET", u+shim.Path(), ""))
	if res.StatusCode != 200 || body != string(shim.Script()) || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("script: %s %v", res.Status, res.Header)
	}
}

var hidden = regexp.MustCompile(`name="token" value="([^"]+)"`)

func TestNotice(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil), tenant: func(tn *tenant.Tenant) {
		tn.Notice = tenant.Notice{Title: "We watch **here**", Text: "Only in {{app}}. <script>x</script>"}
	}})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	res, body := do(t, p.client, navigation(u+"/deep?x=1"))
	if res.StatusCode != 200 || !strings.Contains(body, "We watch **here**") || !strings.Contains(body, "Only in Files") || strings.Contains(body, "<script>") || r.requests.Load() != 0 {
		t.Fatalf("%s %s", res.Status, body)
	}
	token := hidden.FindStringSubmatch(body)[1]
	post := func(token string, fields ...string) *http.Response {
		q := navigation(u+"/.referee/notice", append([]string{"Sec-Fetch-Site", "same-origin", "Origin", u, "Referer", u + "/deep", "Content-Type", "application/x-www-form-urlencoded"}, fields...)...)
		q.Method = "POST"
		text := url.Values{"token": {token}}.Encode()
		q.Body, q.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		res, _ := do(t, p.client, q)
		return res
	}
	if res := post("forged"); res.StatusCode != 403 {
		t.Errorf("forged token: %s", res.Status)
	}
	if res := post(token, "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"); res.StatusCode != 403 {
		t.Errorf("by a script: %s", res.Status)
	}
	if res := post(token, "Sec-Fetch-Site", "same-site", "Origin", "https://"+p.mapped("api.app.test")); res.StatusCode != 403 {
		t.Errorf("from a sibling: %s", res.Status)
	}
	if res := post(token); res.StatusCode != 303 || res.Header.Get("Location") != u+"/deep?x=1" {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	if res, _ := do(t, p.client, navigation(u+"/deep?x=1")); res.StatusCode != 200 || r.requests.Load() != 1 {
		t.Errorf("after it: %s", res.Status)
	}
}

func TestAppFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{h1: true, change: func(c *gateway.Config) { c.HeaderTimeout = 150 * time.Millisecond }, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/slow":
			<-q.Context().Done()
		case "/drop":
			panic(http.ErrAbortHandler)
		case "/garbage":
			c, rw, _ := w.(http.Hijacker).Hijack()
			rw.WriteString("not HTTP at all\r\n\r\n")
			rw.Flush()
			c.Close()
		case "/switch":
			c, rw, _ := w.(http.Hijacker).Hijack()
			rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nsecret")
			rw.Flush()
			c.Close()
		}
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	for path, status := range map[string]int{"/slow": 504, "/drop": 502, "/garbage": 502, "/switch": 502} {
		res, body := do(t, p.client, navigation(u+path))
		if res.StatusCode != status || !strings.Contains(body, "<h1>") || strings.Contains(body, "127.0.0.1") || strings.Contains(body, "secret") {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
		res, body = do(t, p.client, fetched("GET", u+path, ""))
		if res.StatusCode != status || !strings.Contains(body, "urn:referee:unavailable") {
			t.Errorf("%s by a script: %s %s", path, res.Status, body)
		}
	}
	r.app.Close()
	if res, _ := do(t, p.client, navigation(u+"/x")); res.StatusCode != 502 {
		t.Errorf("down: %s", res.Status)
	}
}

func TestPrivateAddressesNeedLeave(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil), change: func(c *gateway.Config) { c.Private = nil }})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	if res, _ := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+"/")); res.StatusCode != 502 || r.requests.Load() != 0 {
		t.Errorf("%s", res.Status)
	}
}

func TestTenantDefaultWithoutRules(t *testing.T) {
	t.Parallel()
	for behaviour, status := range map[tenant.Behavior]int{tenant.Block: 403, tenant.Allow: 200} {
		r := newRig(t, rigOptions{app: library(pdf(9000)), tenant: func(tn *tenant.Tenant) { tn.Default = behaviour }})
		r.norules.Store(true)
		p := r.signIn("contoso", "anna", session.ControlCustom)
		p.cookie("files.app.test")
		if res, _ := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/inline.pdf", "")); res.StatusCode != status {
			t.Errorf("%s: %s", behaviour, res.Status)
		}
		if got := r.rec.of(model.ActivityDefault, ""); len(got) == 0 || got[0].Detail["default"] != string(behaviour) {
			t.Errorf("%s: recorded %+v", behaviour, got)
		}
	}
}

func TestHintsTrailersAndExpect(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/big" {
			b, _ := io.ReadAll(q.Body)
			fmt.Fprintf(w, "%d", len(b))
			return
		}
		w.Header().Set("Link", "<https://api.app.test/a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "<p>hello")
		w.Header().Set("X-Sum", "1234")
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	var hint string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		hint = fmt.Sprint(code, " ", h.Get("Link"))
		return nil
	}})
	res, body := do(t, p.client, navigation(u+"/").WithContext(ctx))
	if want := "103 <https://" + p.mapped("api.app.test") + "/a.css>; rel=preload"; hint != want {
		t.Errorf("hint %q, want %q", hint, want)
	}
	if res.Trailer.Get("X-Sum") != "1234" || !strings.Contains(body, "hello") {
		t.Errorf("trailer %v, %s", res.Trailer, body)
	}
	q := fetched("POST", u+"/big", strings.Repeat("x", 300_000), "Expect", "100-continue", "Content-Type", "text/plain")
	if res, body := do(t, p.h1, q); res.StatusCode != 200 || body != "300000" {
		t.Errorf("%s %s", res.Status, body)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil), policies: `
kind: SessionPolicy
id: nocopy
name: No copying
control: blockActivities
activities: {activity.type: {eq: copy}}
action: block
`})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	report := `{"doc":"d1","events":[{"n":1,"type":"hello","at":1},{"n":2,"type":"copy","control":"copy","blocked":true,"at":2,"detail":{"via":"key","length":10}}]}`
	res, body := do(t, p.client, fetched("POST", u+"/.referee/report", report, "Referer", u+"/docs/1?q=secret"))
	if res.StatusCode != 200 || body != `{"codes":{"2":"REF0-0001"},"ways":{"2":{"request":"https://signin.referee.test/contoso/request-access?ref=REF00001"}}}` {
		t.Errorf("%s %s", res.Status, body)
	}
	got := r.rec.of(model.ActivityCopy, "")
	if len(got) != 1 || got[0].Taken != model.TakenBlock || got[0].Policies[0].ID != "nocopy" || got[0].Path != "/docs/1" || got[0].Detail["reportedBy"] != "page" {
		t.Errorf("%+v", got)
	}
	for name, q := range map[string]*http.Request{
		"a sibling":  fetched("POST", u+"/.referee/report", report, "Sec-Fetch-Site", "same-site"),
		"a stranger": fetched("POST", u+"/.referee/report", report, "Sec-Fetch-Site", "cross-site"),
		"nonsense":   fetched("POST", u+"/.referee/report", "{"),
	} {
		if res, _ := do(t, p.client, q); res.StatusCode != 403 && res.StatusCode != 400 {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	if res, body := do(t, p.client, fetched("GET", u+"/.referee/controls", "")); res.StatusCode != 200 || !strings.Contains(body, `"copy":"block"`) || !strings.Contains(body, `"print":"audit"`) {
		t.Errorf("%s %s", res.Status, body)
	}
}

func TestRedirectToTheBrokerIsMarked(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Location", map[string]string{
			"/login": broker + "/contoso/oauth/v2/authorize?client_id=files", "/other": broker + "/fabrikam/oauth/v2/authorize?x=1",
			"/self": "https://api.app.test/x", "/far": "https://far.test/",
		}[q.URL.Path])
		w.WriteHeader(302)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	to := func(path string) string {
		res, _ := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+path))
		return res.Header.Get("Location")
	}
	token, ok := strings.CutPrefix(to("/login"), broker+"/contoso/oauth/v2/authorize?client_id=files&via=")
	if app, err := r.vault.Verify("contoso", "via", token); !ok || err != nil || string(app) != p.app.ID {
		t.Errorf("%v %q %v", ok, app, err)
	}
	for path, want := range map[string]string{"/other": broker + "/fabrikam/oauth/v2/authorize?x=1", "/self": "https://" + p.mapped("api.app.test") + "/x", "/far": "https://far.test/"} {
		if got := to(path); got != want {
			t.Errorf("%s leads to %s", path, got)
		}
	}
}

// A client that reads nothing must not hold more than buffers.
func TestSlowClientHoldsNoMemory(t *testing.T) {
	t.Parallel()
	wrote := make(chan int, 1)
	r := newRig(t, rigOptions{h1: true, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		chunk := make([]byte, 1<<16)
		n := 0
		for range 4096 {
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
			k, err := w.Write(chunk)
			n += k
			if err != nil {
				break
			}
		}
		wrote <- n
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	cookie := p.cookie("files.app.test")
	c, err := tls.Dial("tcp", r.front.Listener.Addr().String(), &tls.Config{RootCAs: authority().roots(), ServerName: p.mapped("files.app.test")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /x.bin HTTP/1.1\r\nHost: %s\r\nCookie: __Host-referee=%s\r\nUser-Agent: %s\r\n\r\n", p.mapped("files.app.test"), cookie.Reveal(), agent)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res, err)
	}
	if n := <-wrote; n > 64<<20 {
		t.Errorf("%d MB went into buffers", n>>20)
	}
}

// What the client does wrong is not the app's fault.
func TestBrokenBodiesAreTheClients(t *testing.T) {
	t.Parallel()
	var trailer http.Header
	r := newRig(t, rigOptions{h1: true, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body)
		trailer = q.Trailer
		w.WriteHeader(204)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	head := "POST / HTTP/1.1\r\nHost: " + host + "\r\nCookie: __Host-referee=" + p.cookie("files.app.test").Reveal() + "\r\nTransfer-Encoding: chunked\r\nSec-Fetch-Mode: cors\r\n"
	for _, kind := range []string{"application/json", "application/pdf", "multipart/form-data; boundary=b"} {
		if got := r.raw(host, head+"Content-Type: "+kind+"\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400") {
			t.Errorf("%s: %.60q", kind, got)
		}
	}
	if got := r.raw(host, head+"Trailer: Cookie\r\n\r\n1\r\na\r\n0\r\nCookie: sid=evil\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 204") || len(trailer) > 0 {
		t.Errorf("%.60q, the app got trailers %v", got, trailer)
	}
	if n := r.g.Counts().AppErrors; n != 0 {
		t.Errorf("%d blamed on the app", n)
	}
}
