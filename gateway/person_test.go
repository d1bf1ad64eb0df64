package gateway_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

// person is a signed-in browser.
type person struct {
	r       *rig
	tenant  model.TenantID
	session session.Session
	app     session.AppSession
	key     *session.DataKey
	secret  session.Secret
	client  *http.Client
	h1      *http.Client
}

// browser makes a client that keeps cookies, speaks HTTP/2 where it can, and doesn't follow redirects.
func (r *rig) browser(h2 bool) *http.Client { return r.browserOf(h2, r.front) }

// browserAt is one that reaches another gateway.
func (r *rig) browserAt(front *httptest.Server) *http.Client { return r.browserOf(true, front) }

// second starts another gateway over the same stores.
func (r *rig) second() *httptest.Server {
	r.t.Helper()
	g, err := r.again()
	if err != nil {
		r.t.Fatal(err)
	}
	front := httptest.NewUnstartedServer(g)
	front.EnableHTTP2 = true
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	front.TLS = &tls.Config{Certificates: r.front.TLS.Certificates}
	front.StartTLS()
	r.t.Cleanup(func() {
		front.Close()
		g.Close(context.Background())
	})
	return front
}

func (r *rig) browserOf(h2 bool, front *httptest.Server) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority().roots()}, ForceAttemptHTTP2: h2, DisableCompression: true,
		MaxIdleConnsPerHost: 128,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, front.Listener.Addr().String())
		},
	}
	if !h2 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	r.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport: tr, Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// signIn does what the broker does: a session, an app session.
func (r *rig) signIn(tn model.TenantID, user string, control session.Control) *person {
	r.t.Helper()
	now := r.now()
	secret := session.NewSecret()
	s := session.Session{
		ID: model.SessionID(session.NewID()), Tenant: tn, User: model.User{ID: model.UserID(user), Name: user, Username: user + "@contoso.test"},
		Created: now, LastSeen: now, Expires: now.Add(time.Hour), Idle: time.Hour, SecretHash: secret.Hash(),
		Network: model.Network{Address: netip.MustParseAddr("127.0.0.1")}, Agent: model.Agent{Raw: agent},
		Proofs: []model.Proof{{Tag: model.TagUnmanaged, Kind: "client-certificate", At: now, Expires: now.Add(time.Hour)}},
	}
	if err := r.mem.PutSession(r.t.Context(), s); err != nil {
		r.t.Fatal(err)
	}
	app, k, err := session.Begin(r.vault, &s, secret, "files", control, nil, now)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.mem.PutAppSession(r.t.Context(), app); err != nil {
		r.t.Fatal(err)
	}
	return &person{r: r, tenant: tn, session: s, app: app, key: k, secret: secret, client: r.browser(true), h1: r.browser(false)}
}

// mapped is a host of the person's tenant.
func (p *person) mapped(real string) string {
	m, ok := p.r.live.Book().Mapped(p.tenant, real)
	if !ok {
		p.r.t.Fatalf("%s is not mapped", real)
	}
	return m
}

// cookie gives the browser a host's own cookie, as a hand-over does.
func (p *person) cookie(real string) session.Secret {
	p.r.t.Helper()
	host := p.mapped(real)
	c, err := session.MintHostCookie(p.r.t.Context(), p.r.mem, p.r.vault, p.tenant, p.app.ID, host, p.key, p.r.now())
	if err != nil {
		p.r.t.Fatal(err)
	}
	for _, b := range []*http.Client{p.client, p.h1} {
		b.Jar.SetCookies(&url.URL{Scheme: "https", Host: host, Path: "/"}, []*http.Cookie{{Name: "__Host-referee", Value: c.Reveal(), Path: "/", Secure: true}})
	}
	return c
}

// request makes a request; fields come in pairs.
func request(method, u, body string, fields ...string) *http.Request {
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, u, b)
	if err != nil {
		panic(err)
	}
	r.Header.Set("User-Agent", agent)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// navigation makes a top-level navigation.
func navigation(u string, fields ...string) *http.Request {
	return request("GET", u, "", append([]string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Accept", "text/html,*/*"}, fields...)...)
}

// fetched makes a script's request from a page of the same host.
func fetched(method, u, body string, fields ...string) *http.Request {
	return request(method, u, body, append([]string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin", "Accept", "*/*"}, fields...)...)
}

// do sends a request and returns the answer with its body read.
func do(t testing.TB, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
