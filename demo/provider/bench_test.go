package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// bench is a provider behind real TLS, a browser with a cookie jar, and a relying party built on go-oidc.
type bench struct {
	t        *testing.T
	provider *Provider
	issuer   string
	client   *http.Client // the browser; does not follow redirects to the relying party
	plain    *http.Client // the relying party's own client
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	rp       *oidc.Provider
	mu       sync.Mutex
	now      time.Time
}

const callback = "https://app.example.localhost/callback"

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

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	var handler http.Handler = http.NotFoundHandler()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b.issuer = "https://login.provider.localhost:" + port
	p, err := New(Config{
		Issuer: b.issuer,
		Clock:  b.clock,
		Clients: []Client{
			{ID: "broker", Name: "The broker", Secret: "s3 cret%", RedirectURIs: []string{callback}, PostLogoutRedirectURIs: []string{"https://app.example.localhost/bye"}},
			{ID: "other", Secret: "x", RedirectURIs: []string{callback}},
		},
		Users: []User{
			{Subject: "u-1", Username: "director", Password: "pw-director", Name: "Director", Email: "director@company.example", Groups: []string{"board", "staff"}, TOTPSecret: []byte("0123456789abcdefghij")},
			{Subject: "u-2", Username: "contractor", Password: "pw-contractor", Name: "Contractor", Email: "contractor@partner.example"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.provider, handler = p, p
	// The names don't resolve in Go; the test certificate is httptest's own, for example.com.
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "example.com"},
	}
	t.Cleanup(transport.CloseIdleConnections)
	b.plain = &http.Client{Transport: transport}
	b.client = b.browser()
	ctx := oidc.ClientContext(context.Background(), b.plain)
	if b.rp, err = oidc.NewProvider(ctx, b.issuer); err != nil {
		t.Fatal(err)
	}
	b.oauth = oauth2.Config{ClientID: "broker", ClientSecret: "s3 cret%", Endpoint: b.rp.Endpoint(), RedirectURL: callback, Scopes: []string{"openid", "email", "profile", "groups", "unknown"}}
	b.verifier = b.rp.Verifier(&oidc.Config{ClientID: "broker", Now: b.clock})
	return b
}

func (b *bench) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: b.plain.Transport, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) || strings.Contains(r.URL.Path, "/bye") {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// open navigates and returns the answer with its body read.
func (b *bench) open(c *http.Client, target string) (*http.Response, string) {
	b.t.Helper()
	resp, err := c.Get(target)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, b.body(resp)
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

func (b *bench) post(c *http.Client, target string, form url.Values) (*http.Response, string) {
	b.t.Helper()
	resp, err := c.PostForm(target, form)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, b.body(resp)
}

// answer returns what the provider sent to the redirect URI, nil if it sent nothing there.
func answer(resp *http.Response) url.Values {
	loc, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(loc.String(), callback) {
		return nil
	}
	return loc.Query()
}

func (b *bench) authURL(verifier string, opts ...oauth2.AuthCodeOption) string {
	return b.oauth.AuthCodeURL("st&te", append([]oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oidc.Nonce("n0nce")}, opts...)...)
}

// signIn opens the login page and types name and password.
func (b *bench) signIn(c *http.Client, verifier, name, password string, opts ...oauth2.AuthCodeOption) (*http.Response, string) {
	b.t.Helper()
	resp, page := b.open(c, b.authURL(verifier, opts...))
	if resp.StatusCode != http.StatusOK || !strings.Contains(page, "Password") {
		b.t.Fatalf("no login page: %d %s", resp.StatusCode, page)
	}
	flow := resp.Request.URL.Query().Get("flow")
	return b.post(c, b.issuer+pathLogin, url.Values{"flow": {flow}, "step": {"password"}, "username": {name}, "password": {password}})
}

func (b *bench) exchange(code, verifier string) (*oauth2.Token, *oidc.IDToken) {
	b.t.Helper()
	ctx := oidc.ClientContext(context.Background(), b.plain)
	token, err := b.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		b.t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := b.verifier.Verify(ctx, raw)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		b.t.Fatal(err)
	}
	return token, id
}
