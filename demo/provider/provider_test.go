package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type idClaims struct {
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
	Name          string   `json:"name"`
	Groups        []string `json:"groups"`
	ACR           string   `json:"acr"`
	AMR           []string `json:"amr"`
	AuthTime      int64    `json:"auth_time"`
	SID           string   `json:"sid"`
}

func TestSignInCarriesClaims(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	verifier := oauth2.GenerateVerifier()
	resp, _ := b.signIn(b.client, verifier, "Director", "pw-director")
	got := answer(resp)
	if got.Get("state") != "st&te" || got.Get("iss") != b.issuer || got.Get("code") == "" {
		t.Fatalf("answer %v", got)
	}
	token, id := b.exchange(got.Get("code"), verifier)
	var c idClaims
	if err := id.Claims(&c); err != nil {
		t.Fatal(err)
	}
	if id.Subject != "u-1" || id.Nonce != "n0nce" || c.Email != "director@company.example" || !c.EmailVerified || c.Name != "Director" ||
		!slices.Equal(c.Groups, []string{"board", "staff"}) || c.ACR != ACRPassword || !slices.Equal(c.AMR, []string{"pwd"}) ||
		c.AuthTime != b.clock().Unix() || c.SID == "" {
		t.Errorf("claims %+v of %s", c, id.Subject)
	}
	info, err := b.rp.UserInfo(oidc.ClientContext(context.Background(), b.plain), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != "u-1" || info.Email != "director@company.example" {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	b.advance(11 * time.Minute)
	if _, err := b.rp.UserInfo(oidc.ClientContext(context.Background(), b.plain), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.AccessToken})); err == nil {
		t.Error("an old access token is still good")
	}
}

func TestWhoIsAskedAgain(t *testing.T) {
	t.Parallel()
	param := oauth2.SetAuthURLParam
	cases := []struct {
		name    string
		signed  bool          // signed in before
		age     time.Duration // how long ago
		opts    []oauth2.AuthCodeOption
		want    string // "code", "login" or an error
		asError bool
	}{
		{"no session", false, 0, nil, "login", false},
		{"no session, none", false, 0, []oauth2.AuthCodeOption{param("prompt", "none")}, "login_required", true},
		{"session", true, time.Hour, nil, "code", false},
		{"session, none", true, time.Hour, []oauth2.AuthCodeOption{param("prompt", "none")}, "code", false},
		{"session, login", true, 0, []oauth2.AuthCodeOption{param("prompt", "login")}, "login", false},
		{"session, select_account", true, 0, []oauth2.AuthCodeOption{param("prompt", "select_account")}, "login", false},
		{"max_age met", true, time.Minute, []oauth2.AuthCodeOption{param("max_age", "60")}, "code", false},
		{"max_age passed", true, time.Minute + time.Second, []oauth2.AuthCodeOption{param("max_age", "60")}, "login", false},
		{"max_age passed, none", true, time.Hour, []oauth2.AuthCodeOption{param("max_age", "60"), param("prompt", "none")}, "login_required", true},
		{"max_age zero is login", true, 0, []oauth2.AuthCodeOption{param("max_age", "0")}, "login", false},
		{"session over", true, 8 * time.Hour, nil, "login", false},
		{"stronger class", true, 0, []oauth2.AuthCodeOption{param("acr_values", ACRSecondFactor)}, "login", false},
		{"stronger class, none", true, 0, []oauth2.AuthCodeOption{param("acr_values", ACRSecondFactor), param("prompt", "none")}, "interaction_required", true},
		{"either class, weak first", true, 0, []oauth2.AuthCodeOption{param("acr_values", ACRPassword+" "+ACRSecondFactor)}, "code", false},
		{"none and login", true, 0, []oauth2.AuthCodeOption{param("prompt", "none login")}, "invalid_request", true},
		{"unknown prompt", true, 0, []oauth2.AuthCodeOption{param("prompt", "dance")}, "invalid_request", true},
		{"bad max_age", true, 0, []oauth2.AuthCodeOption{param("max_age", "-1")}, "invalid_request", true},
		{"token response", true, 0, []oauth2.AuthCodeOption{param("response_type", "token")}, "unsupported_response_type", true},
		{"plain PKCE", true, 0, []oauth2.AuthCodeOption{param("code_challenge_method", "plain")}, "invalid_request", true},
		{"no openid", true, 0, []oauth2.AuthCodeOption{param("scope", "email")}, "invalid_scope", true},
		{"request object", true, 0, []oauth2.AuthCodeOption{param("request", "x")}, "request_not_supported", true},
		{"fragment mode", true, 0, []oauth2.AuthCodeOption{param("response_mode", "fragment")}, "invalid_request", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.signed {
				if resp, _ := b.signIn(b.client, oauth2.GenerateVerifier(), "director", "pw-director"); answer(resp) == nil {
					t.Fatal("first sign-in failed")
				}
			}
			b.advance(c.age)
			resp, page := b.open(b.client, b.authURL(oauth2.GenerateVerifier(), c.opts...))
			got := answer(resp)
			switch {
			case c.want == "login":
				if got != nil || !strings.Contains(page, "Password") {
					t.Errorf("answer %v instead of the login page", got)
				}
			case c.asError:
				if got.Get("error") != c.want || got.Has("code") || got.Get("state") != "st&te" {
					t.Errorf("answer %v, want error %s", got, c.want)
				}
			default:
				if got.Get("code") == "" {
					t.Errorf("answer %v, want a code", got)
				}
			}
		})
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	verifier := oauth2.GenerateVerifier()
	strong := oauth2.SetAuthURLParam("acr_values", ACRSecondFactor)
	resp, page := b.signIn(b.client, verifier, "director", "pw-director", strong)
	if answer(resp) != nil || !strings.Contains(page, "Six-digit code") {
		t.Fatalf("no code was asked: %v", answer(resp))
	}
	flow := resp.Request.URL.Query().Get("flow")
	send := func(code string) *http.Response {
		resp, _ := b.post(b.client, b.issuer+pathLogin, url.Values{"flow": {flow}, "step": {"code"}, "code": {code}})
		return resp
	}
	if resp := send(TOTP([]byte("0123456789abcdefghij"), b.clock().Add(-2*totpStep))); answer(resp) != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an old code gave %d", resp.StatusCode)
	}
	got := answer(send(TOTP([]byte("0123456789abcdefghij"), b.clock())))
	if got.Get("code") == "" {
		t.Fatal("the right code was refused")
	}
	_, id := b.exchange(got.Get("code"), verifier)
	var c idClaims
	if err := id.Claims(&c); err != nil || c.ACR != ACRSecondFactor || !slices.Contains(c.AMR, "otp") {
		t.Errorf("acr %q amr %v %v", c.ACR, c.AMR, err)
	}
	// An account without a second factor signs in and says so: acr_values is voluntary.
	other := b.browser()
	verifier = oauth2.GenerateVerifier()
	resp, _ = b.signIn(other, verifier, "contractor", "pw-contractor", strong)
	_, id = b.exchange(answer(resp).Get("code"), verifier)
	if err := id.Claims(&c); err != nil || c.ACR != ACRPassword {
		t.Errorf("acr %q %v", c.ACR, err)
	}
}

// RFC 6238, appendix B, reduced to six digits.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got := TOTP([]byte("12345678901234567890"), time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, target := range map[string]string{
		"unknown client":        strings.Replace(b.authURL("v"), "client_id=broker", "client_id=nobody", 1),
		"unregistered redirect": strings.Replace(b.authURL("v"), "%2Fcallback", "%2Fcallback%2F", 1),
	} {
		resp, _ := b.open(b.client, target)
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	if resp, _ := b.signIn(b.client, "v", "director", "wrong"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", resp.StatusCode)
	}
	if resp, _ := b.signIn(b.client, "v", "nobody", ""); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("unknown user: %d", resp.StatusCode)
	}
	// A form sent by another browser than the one that opened the page.
	resp, _ := b.open(b.client, b.authURL("v"))
	flow := resp.Request.URL.Query().Get("flow")
	if resp, _ := b.post(b.browser(), b.issuer+pathLogin, url.Values{"flow": {flow}, "username": {"director"}, "password": {"pw-director"}}); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("foreign browser: %d", resp.StatusCode)
	}
	req, err := http.NewRequest(http.MethodGet, b.issuer+pathDiscovery, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.localhost"
	misdirected, err := b.plain.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if b.body(misdirected); misdirected.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("other host: %d", misdirected.StatusCode)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range wrongAMinute {
		b.signIn(b.client, "v", "director", "wrong")
	}
	if resp, _ := b.signIn(b.client, "v", "director", "pw-director"); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after %d wrong passwords: %d", wrongAMinute, resp.StatusCode)
	}
	b.advance(time.Minute)
	if resp, _ := b.signIn(b.client, "v", "director", "pw-director"); answer(resp) == nil {
		t.Error("still closed after a minute")
	}
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	verifier := oauth2.GenerateVerifier()
	code := func() string {
		resp, _ := b.open(b.client, b.authURL(verifier))
		if got := answer(resp); got != nil {
			return got.Get("code")
		}
		resp, _ = b.signIn(b.client, verifier, "director", "pw-director")
		return answer(resp).Get("code")
	}
	cases := []struct {
		name   string
		change func(url.Values)
		want   string
	}{
		{"right", func(url.Values) {}, ""},
		{"wrong secret", func(v url.Values) { v.Set("client_secret", "x") }, "invalid_client"},
		{"no secret", func(v url.Values) { v.Del("client_secret") }, "invalid_client"},
		{"another client", func(v url.Values) { v.Set("client_id", "other"); v.Set("client_secret", "x") }, "invalid_grant"},
		{"wrong verifier", func(v url.Values) { v.Set("code_verifier", oauth2.GenerateVerifier()) }, "invalid_grant"},
		{"no verifier", func(v url.Values) { v.Del("code_verifier") }, "invalid_grant"},
		{"other redirect", func(v url.Values) { v.Set("redirect_uri", callback+"/") }, "invalid_grant"},
		{"unknown code", func(v url.Values) { v.Set("code", "x") }, "invalid_grant"},
		{"other grant", func(v url.Values) { v.Set("grant_type", "password") }, "unsupported_grant_type"},
	}
	for _, c := range cases {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code()}, "redirect_uri": {callback}, "client_id": {"broker"}, "client_secret": {"s3 cret%"}, "code_verifier": {verifier}}
		c.change(form)
		_, body := b.post(b.plain, b.issuer+pathToken, form)
		var got struct{ Error string }
		if err := json.Unmarshal([]byte(body), &got); err != nil || got.Error != c.want {
			t.Errorf("%s: %q, want error %q (%v)", c.name, body, c.want, err)
		}
	}
	// A code is good once and for a minute; the second use ends the first token.
	once := code()
	token, _ := b.exchange(once, verifier)
	ctx := oidc.ClientContext(context.Background(), b.plain)
	if _, err := b.oauth.Exchange(ctx, once, oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code was redeemed twice")
	}
	if _, err := b.rp.UserInfo(ctx, oauth2.StaticTokenSource(token)); err == nil {
		t.Error("the token of a replayed code is still good")
	}
	late := code()
	b.advance(time.Minute)
	if _, err := b.oauth.Exchange(ctx, late, oauth2.VerifierOption(verifier)); err == nil {
		t.Error("an old code was redeemed")
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	verifier := oauth2.GenerateVerifier()
	resp, _ := b.signIn(b.client, verifier, "director", "pw-director")
	token, _ := b.exchange(answer(resp).Get("code"), verifier)
	raw, _ := token.Extra("id_token").(string)
	silent := func() url.Values {
		resp, _ := b.open(b.client, b.authURL(verifier, oauth2.SetAuthURLParam("prompt", "none")))
		return answer(resp)
	}
	bye := url.Values{"post_logout_redirect_uri": {"https://app.example.localhost/bye"}, "state": {"s"}, "client_id": {"broker"}}
	// Without the token a person is asked; a forged confirmation and a forged token change nothing.
	if resp, page := b.open(b.client, b.issuer+pathLogout+"?"+bye.Encode()); resp.StatusCode != http.StatusOK || !strings.Contains(page, "Sign out?") {
		t.Errorf("no question: %d", resp.StatusCode)
	}
	b.post(b.client, b.issuer+pathLogout, url.Values{"confirm": {"yes"}})
	for name, v := range map[string]url.Values{
		"forged hint":    {"id_token_hint": {raw[:len(raw)-4] + "AAAA"}},
		"foreign return": {"id_token_hint": {raw}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"foreign client": {"id_token_hint": {raw}, "client_id": {"other"}},
	} {
		if resp, _ := b.open(b.client, b.issuer+pathLogout+"?"+v.Encode()); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	if silent().Get("code") == "" {
		t.Fatal("signed out without consent")
	}
	b.advance(time.Hour) // the token is old by now, and still names the session
	bye.Set("id_token_hint", raw)
	resp, _ = b.open(b.client, b.issuer+pathLogout+"?"+bye.Encode())
	if resp.Header.Get("Location") != "https://app.example.localhost/bye?state=s" {
		t.Errorf("sent to %q", resp.Header.Get("Location"))
	}
	if got := silent(); got.Get("error") != "login_required" {
		t.Errorf("after sign-out: %v", got)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := func() Config {
		return Config{Issuer: "https://login.provider.localhost", Clients: []Client{{ID: "a", RedirectURIs: []string{callback}}}, Users: []User{{Subject: "1", Username: "a", Password: "b"}}}
	}
	cases := map[string]func(*Config){
		"plain issuer":       func(c *Config) { c.Issuer = "http://login.provider.localhost" },
		"issuer with path":   func(c *Config) { c.Issuer += "/" },
		"no clients":         func(c *Config) { c.Clients = nil },
		"no users":           func(c *Config) { c.Users = nil },
		"no redirect":        func(c *Config) { c.Clients[0].RedirectURIs = nil },
		"fragment":           func(c *Config) { c.Clients[0].RedirectURIs = []string{callback + "#x"} },
		"plain redirect":     func(c *Config) { c.Clients[0].PostLogoutRedirectURIs = []string{"http://a.localhost/"} },
		"client twice":       func(c *Config) { c.Clients = append(c.Clients, c.Clients[0]) },
		"user twice":         func(c *Config) { c.Users = append(c.Users, User{Subject: "2", Username: "A", Password: "c"}) },
		"no password":        func(c *Config) { c.Users[0].Password = "" },
		"negative lifetimes": func(c *Config) { c.TokenLifetime = -1 },
	}
	if c := good(); c.Validate() != nil {
		t.Error(c.Validate())
	}
	for name, change := range cases {
		c := good()
		if change(&c); c.Validate() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// FuzzAuthorize sends arbitrary query strings: no panic, and never a redirect to anywhere but the login page
// or the registered URI.
func FuzzAuthorize(f *testing.F) {
	p, err := New(Config{Issuer: "https://login.provider.localhost", Clients: []Client{{ID: "broker", RedirectURIs: []string{callback}}}, Users: []User{{Subject: "1", Username: "a", Password: "b"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("client_id=broker&redirect_uri=" + url.QueryEscape(callback) + "&response_type=code&scope=openid&code_challenge_method=S256&code_challenge=" + strings.Repeat("a", 43))
	f.Add("client_id=broker&redirect_uri=https://evil.example/")
	f.Add("client_id=broker&redirect_uri=" + url.QueryEscape(callback) + "&prompt=none&max_age=99999999999999999999&%00=1&%00=2")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "https://login.provider.localhost/authorize", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if loc := w.Header().Get("Location"); loc != "" && !strings.HasPrefix(loc, pathLogin+"?flow=") && !strings.HasPrefix(loc, callback+"?") {
			t.Fatalf("sent to %q", loc)
		}
	})
}
