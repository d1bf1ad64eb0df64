package msgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/clock"
)

// cloud is Entra's token endpoint and Graph in one server.
type cloud struct {
	*httptest.Server
	t      *testing.T
	clock  *clock.Clock
	answer func(w http.ResponseWriter, r *http.Request)

	mu     sync.Mutex
	tokens int
	forms  []url.Values
	waited []time.Duration
}

func newCloud(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *cloud {
	c := &cloud{t: t, clock: clock.Standing(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)), answer: answer}
	c.Server = httptest.NewTLSServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/contoso.example/oauth2/v2.0/token" {
		_ = r.ParseForm()
		c.mu.Lock()
		c.tokens++
		c.forms = append(c.forms, r.PostForm)
		n := c.tokens
		c.mu.Unlock()
		if r.PostForm.Get("client_secret") != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}`)
			return
		}
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"token-%d"}`, n)
		return
	}
	c.answer(w, r)
}

func (c *cloud) client(secret string) *Client {
	c.t.Helper()
	client, err := New(Config{
		Tenant: "contoso.example", ClientID: "app", Secret: func() (string, error) { return secret, nil }, Login: c.URL, Graph: c.URL + "/v1.0", HTTP: c.Client(),
		Now: c.clock.Now, Wait: func(_ context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.waited = append(c.waited, d)
			c.clock.Advance(d)
			return nil
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

func TestListFollowsPagesAndKeepsTheToken(t *testing.T) {
	t.Parallel()
	var c *cloud
	c = newCloud(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.RequestURI() {
		case "/v1.0/users/delta?$select=id":
			fmt.Fprintf(w, `{"value":[{"id":"a"},{"id":"b"}],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=2"}`, c.URL)
		case "/v1.0/users/delta?$skiptoken=2":
			fmt.Fprintf(w, `{"value":[{"id":"c"}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=9"}`, c.URL)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	var got []string
	client := c.client("s3cret")
	delta, err := client.List(t.Context(), "/users/delta?$select=id", func(item json.RawMessage) error {
		var u struct{ ID string }
		got = append(got, u.ID)
		if err := json.Unmarshal(item, &u); err != nil {
			return err
		}
		got[len(got)-1] = u.ID
		return nil
	})
	if err != nil || strings.Join(got, "") != "abc" || delta != c.URL+"/v1.0/users/delta?$deltatoken=9" {
		t.Fatalf("%v, delta %q, %v", got, delta, err)
	}
	if f := c.forms[0]; c.tokens != 1 || f.Get("grant_type") != "client_credentials" || f.Get("scope") != c.URL+"/.default" {
		t.Errorf("%d tokens asked for, the first with %v", c.tokens, f)
	}
	stop := errors.New("enough")
	if _, err := client.List(t.Context(), "/users/delta?$select=id", func(json.RawMessage) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
	if _, err := client.Page(t.Context(), "/nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an address that is not there: %v", err)
	}
}

// TestNextStaysAtGraph: a page that names another host does not get the bearer sent there.
func TestNextStaysAtGraph(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://evil.example/v1.0/users", "//evil.example/users", "http://HOST/v1.0/users", "https://u@HOST/v1.0/users"} {
		var c *cloud
		c = newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"value":[],"@odata.nextLink":%q}`, strings.Replace(next, "HOST", strings.TrimPrefix(c.URL, "https://"), 1))
		})
		if _, err := c.client("s3cret").Page(t.Context(), "/users"); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", next, err)
		}
	}
}

func TestWaitsAsAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, retry string
		status      int
		failures    int
		waits       string
		kind        fault.Kind
		fails       bool
	}{
		{name: "seconds", retry: "7", status: 429, failures: 1, waits: "[7s]"},
		{name: "a date", retry: "Mon, 23 Nov 2026 08:00:30 GMT", status: 503, failures: 1, waits: "[30s]"},
		{name: "nothing said", status: 504, failures: 3, waits: "[1s 2s 4s]"},
		{name: "nonsense", retry: "soon", status: 429, failures: 1, waits: "[1s]"},
		{name: "for ever", retry: "0", status: 429, failures: 99, waits: "[1s 2s 4s 8s 16s]", kind: fault.Limited, fails: true},
		{name: "too long", retry: "86400", status: 429, failures: 1, waits: "[]", kind: fault.Limited, fails: true},
		{name: "refused", status: 403, failures: 1, waits: "[]", kind: fault.Denied, fails: true},
		{name: "token taken back", status: 401, failures: 1, waits: "[]"},
		{name: "token never good", status: 401, failures: 99, waits: "[]", kind: fault.Unauthenticated, fails: true},
		{name: "delta forgotten", status: 410, failures: 1, waits: "[]", kind: fault.NotFound, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			left := c.failures
			s := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if left--; left >= 0 {
					if c.retry != "" {
						w.Header().Set("Retry-After", c.retry)
					}
					w.WriteHeader(c.status)
					fmt.Fprint(w, `{"error":{"code":"Reason","message":"why"}}`)
					return
				}
				fmt.Fprint(w, `{"id":"x"}`)
			})
			var got struct{ ID string }
			err := s.client("s3cret").Get(t.Context(), "/organization", &got)
			if waits := fmt.Sprint(s.waited); waits != c.waits {
				t.Errorf("waited %s, want %s", waits, c.waits)
			}
			if (err != nil) != c.fails || c.fails && (!fault.Is(err, c.kind) || !strings.Contains(err.Error(), "Graph")) || err == nil && got.ID != "x" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestTokenIsRenewedAndSecretsStaySecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) })
	client := c.client("s3cret")
	for _, step := range []struct {
		after  time.Duration
		tokens int
	}{{0, 1}, {50 * time.Minute, 1}, {6 * time.Minute, 2}} {
		c.clock.Advance(step.after)
		if err := client.Get(t.Context(), "/me", &struct{}{}); err != nil || c.tokens != step.tokens {
			t.Errorf("after %v: %d tokens, want %d, %v", step.after, c.tokens, step.tokens, err)
		}
	}
	err := c.client("wr0ng").Get(t.Context(), "/me", &struct{}{})
	if !fault.Is(err, fault.Unauthenticated) || strings.Contains(err.Error(), "wr0ng") || !strings.Contains(err.Error(), "AADSTS7000215") || fault.Help(err) == "" {
		t.Errorf("a wrong secret: %v", err)
	}
}

// Who has no time to wait gets the refusal at once, with what was asked for.
func TestNoPatience(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		retry  string
		wait   time.Duration
		kind   fault.Kind
	}{
		{429, "7", 7 * time.Second, fault.Limited},
		{429, "", 0, fault.Limited},
		{503, "30", 30 * time.Second, fault.Limited},
		{503, "", 0, fault.Unavailable},
		{500, "", 0, fault.Unavailable},
		{404, "", 0, fault.NotFound},
	} {
		var asked atomic.Int64
		s := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			if c.retry != "" {
				w.Header().Set("Retry-After", c.retry)
			}
			w.WriteHeader(c.status)
		})
		client := s.client("s3cret")
		client.config.Patience = -1
		err := client.Get(t.Context(), "/me", &struct{}{})
		var no *Refusal
		if !fault.Is(err, c.kind) || !errors.As(err, &no) || no.Status != c.status || no.Wait != c.wait || asked.Load() != 1 || len(s.waited) != 0 {
			t.Errorf("%d: asked %d times, %+v, %v", c.status, asked.Load(), no, err)
		}
	}
}

// The address of a delta query holds a token that reads the directory's changes: no error tells it. What is too long is
// asked for once.
func TestErrorsTellNoToken(t *testing.T) {
	t.Parallel()
	const token = "s3cretDelta"
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		asked  int // 0: net/http asks again by itself
	}{
		"no list":    {func(w http.ResponseWriter) { fmt.Fprint(w, `{}`) }, 1},
		"no JSON":    {func(w http.ResponseWriter) { fmt.Fprint(w, `<html>`) }, 1},
		"broken off": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 0},
		"refused":    {func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }, 1},
		"too long":   {func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte(" "), bodyMost+1)) }, 1},
	} {
		var asked atomic.Int64
		s := newCloud(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			c.answer(w)
		})
		client := s.client("s3cret")
		at := s.URL + "/v1.0/users/delta?$deltatoken=" + token
		_, err := client.Page(t.Context(), at)
		if err == nil || strings.Contains(err.Error(), token) || c.asked > 0 && asked.Load() != int64(c.asked) {
			t.Errorf("%s: asked %d times, %v", name, asked.Load(), err)
		}
		if _, err := client.List(t.Context(), at, func(json.RawMessage) error { return nil }); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
		var v []string
		if err := client.Get(t.Context(), "/users/delta?$deltatoken="+token, &v); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	secret := func() (string, error) { return "s", nil }
	for name, c := range map[string]Config{
		"no tenant":       {ClientID: "a", Secret: secret},
		"a path":          {Tenant: "contoso/../common", ClientID: "a", Secret: secret},
		"no secret":       {Tenant: "contoso.example", ClientID: "a"},
		"no TLS":          {Tenant: "contoso.example", ClientID: "a", Secret: secret, Graph: "http://graph.example/v1.0"},
		"a query":         {Tenant: "contoso.example", ClientID: "a", Secret: secret, Login: "https://login.example/?x"},
		"no address":      {Tenant: "contoso.example", ClientID: "a", Secret: secret, Login: "login.example"},
		"with a password": {Tenant: "contoso.example", ClientID: "a", Secret: secret, Login: "https://u:p@login.example"},
	} {
		if _, err := New(c); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Tenant: "contoso.example", ClientID: "a", Secret: secret}); err != nil {
		t.Error(err)
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`{"value":[{"id":"a"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/x"}`))
	f.Add([]byte(`{"value":null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadPage(text)
		if err == nil && p.Value == nil {
			t.Fatalf("%q: neither list nor error", text)
		}
		for _, item := range p.Value {
			if !json.Valid(item) {
				t.Fatalf("%q: item %q is no JSON", text, item)
			}
		}
	})
}
