package filesapp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/demo/provider"
)

// bench is the application and a real provider behind one TLS listener, told apart by their host names.
type bench struct {
	t         testing.TB
	app       *App
	provider  *provider.Provider
	hosts     Hosts
	issuer    string
	addr      string // where all hosts really listen
	transport *http.Transport
	mu        sync.Mutex
	now       time.Time
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func newBench(t testing.TB, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	var byHost sync.Map
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, ok := byHost.Load(r.Host); ok {
			h.(http.Handler).ServeHTTP(w, r)
			return
		}
		http.Error(w, "no such host", http.StatusMisdirectedRequest)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	b.addr = srv.Listener.Addr().String()
	_, port, err := net.SplitHostPort(b.addr)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	b.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, b.addr)
		},
		TLSClientConfig:    &tls.Config{RootCAs: pool, ServerName: "example.com"},
		DisableCompression: true,
	}
	t.Cleanup(b.transport.CloseIdleConnections)
	b.hosts = Hosts{App: "files.app.localhost:" + port, API: "api.app.localhost:" + port, Static: "static.app.localhost:" + port, CDN: "cdn.app.localhost:" + port}
	b.issuer = "https://login.provider.localhost:" + port
	p, err := provider.New(provider.Config{
		Issuer:     b.issuer,
		Clock:      b.clock,
		Clients:    []provider.Client{{ID: "files", Secret: "secret", RedirectURIs: []string{origin(b.hosts.App) + callbackPath}, PostLogoutRedirectURIs: []string{origin(b.hosts.App) + "/signed-out"}, BackChannelLogoutURI: origin(b.hosts.App) + "/oidc/backchannel-logout"}},
		HTTPClient: &http.Client{Transport: b.transport},
		Users: []provider.User{
			{Subject: "u-director", Username: "director", Password: "pw", Name: "Director", Email: "director@company.example", Groups: []string{"board"}},
			{Subject: "u-contractor", Username: "contractor", Password: "pw", Name: "Contractor", Email: "contractor@partner.example", Groups: []string{"contractors"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.provider = p
	cfg := Config{Hosts: b.hosts, Issuer: b.issuer, ClientID: "files", ClientSecret: "secret", HTTPClient: &http.Client{Transport: b.transport}, Clock: b.clock}
	for _, c := range change {
		c(&cfg)
	}
	if b.app, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	byHost.Store(strings.TrimPrefix(b.issuer, "https://"), p)
	for _, h := range b.app.Hosts() {
		byHost.Store(h, b.app)
	}
	return b
}

// browser is a client with a cookie jar that behaves as a navigating browser.
type browser struct {
	*http.Client
	b     *bench
	form  string // form token of the last page
	token string // bearer token
}

type navigating struct{ next http.RoundTripper }

func (n navigating) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Accept") == "" && r.Header.Get("Sec-Fetch-Mode") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("Accept", "text/html")
	}
	return n.next.RoundTrip(r)
}

func (b *bench) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &browser{Client: &http.Client{Jar: jar, Transport: navigating{b.transport}}, b: b}
}

// signedIn returns a browser in which somebody has signed in, with a form token and a bearer token at hand.
func (b *bench) signedIn(name string) *browser {
	b.t.Helper()
	br := b.browser()
	resp, _ := br.get(origin(b.hosts.App) + "/folders/projects?x=1")
	if !strings.HasPrefix(resp.Request.URL.String(), b.issuer+"/login") {
		b.t.Fatalf("not sent to sign in but to %s", resp.Request.URL)
	}
	resp, page := br.post(b.issuer+"/login", url.Values{"flow": {resp.Request.URL.Query().Get("flow")}, "step": {"password"}, "username": {name}, "password": {"pw"}})
	if resp.StatusCode != http.StatusOK || resp.Request.URL.String() != origin(b.hosts.App)+"/folders/projects?x=1" {
		b.t.Fatalf("after sign-in: %d at %s\n%s", resp.StatusCode, resp.Request.URL, page)
	}
	br.form = match(page, `name="form_token" value="([^"]+)"`)
	var tok struct {
		Token string `json:"access_token"`
	}
	resp = br.do(http.MethodPost, origin(b.hosts.App)+"/session/token", nil, "X-Form-Token", br.form)
	br.json(resp, http.StatusOK, &tok)
	br.token = tok.Token
	return br
}

func match(text, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(m[1], "&amp;", "&")
}

func (br *browser) get(target string) (*http.Response, string) {
	br.b.t.Helper()
	resp, err := br.Get(target)
	if err != nil {
		br.b.t.Fatal(err)
	}
	return resp, br.b.body(resp)
}

func (br *browser) post(target string, form url.Values) (*http.Response, string) {
	br.b.t.Helper()
	resp, err := br.PostForm(target, form)
	if err != nil {
		br.b.t.Fatal(err)
	}
	return resp, br.b.body(resp)
}

// do sends one request with headers in pairs; the body stays open.
func (br *browser) do(method, target string, body []byte, headers ...string) *http.Response {
	br.b.t.Helper()
	req, err := http.NewRequest(method, target, bytes.NewReader(body))
	if err != nil {
		br.b.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := br.Do(req)
	if err != nil {
		br.b.t.Fatal(err)
	}
	return resp
}

// api sends a request with the bearer token to the API host.
func (br *browser) api(method, path string, body []byte, headers ...string) *http.Response {
	br.b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = origin(br.b.hosts.API) + path
	}
	return br.do(method, path, body, append(headers, "Authorization", "Bearer "+br.token)...)
}

func (br *browser) json(resp *http.Response, status int, v any) {
	br.b.t.Helper()
	raw := br.b.body(resp)
	if resp.StatusCode != status {
		br.b.t.Fatalf("%s %s: %d, want %d: %s", resp.Request.Method, resp.Request.URL.Path, resp.StatusCode, status, raw)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(raw), v); err != nil {
		br.b.t.Fatalf("%s: %v in %q", resp.Request.URL.Path, err, raw)
	}
}

func (b *bench) body(resp *http.Response) string {
	b.t.Helper()
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(raw)
}

func (br *browser) file(id string) fileView {
	br.b.t.Helper()
	var f fileView
	br.json(br.api(http.MethodGet, "/v1/files/"+id, nil), http.StatusOK, &f)
	return f
}
