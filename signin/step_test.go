package signin

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

func TestTrip(t *testing.T) {
	t.Parallel()
	want := trip{"session-1", "/contoso/login?id=1"}
	if got, ok := parseTrip(want.encode()); !ok || got != want {
		t.Errorf("%+v, %v", got, ok)
	}
	if _, ok := parseTrip([]byte("session-1")); ok {
		t.Error("a trip without a return was read")
	}
}

func FuzzTrip(f *testing.F) {
	f.Add([]byte("s\n/contoso/"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := parseTrip(b)
		if ok && string(got.encode()) != string(b) {
			t.Fatalf("%q reads as %+v", b, got)
		}
	})
}

func TestLocalReturn(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]bool{
		"/contoso/login?id=1": true, "/contoso/handover?host=a&ret=https%3A%2F%2Fx": true,
		"/contoso": false, "/contoso2/login": false, "/fabrikam/login": false, "//evil/contoso/": false, "/contoso//evil": false, `/contoso/\evil`: false,
		"https://evil/contoso/": false, "/contoso/../fabrikam/x": false, "/contoso/%2e%2e/fabrikam": false, "/contoso/x#y": false, "": false, "contoso/x": false,
		"/contoso/\r\nX: y": false,
	} {
		if got := localReturn("contoso", target); got != want {
			t.Errorf("localReturn(%q) = %v", target, got)
		}
	}
}

// FuzzLocalReturn: what is accepted stays at the origin and in the tenant, as a browser reads it.
func FuzzLocalReturn(f *testing.F) {
	for _, s := range []string{"/contoso/login", "//x", "/contoso/../x", "/contoso/%2e%2e/x", `/contoso/\x`, "/contoso/;x", "/contoso/x?//y"} {
		f.Add(s)
	}
	base, err := url.Parse("https://signin.example/contoso/device")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if !localReturn("contoso", target) {
			return
		}
		u, err := base.Parse(target)
		if err != nil || u.Scheme != "https" || u.Host != "signin.example" || !strings.HasPrefix(u.Path, "/contoso/") || strings.Contains(u.Path, "/../") {
			t.Fatalf("%q leads to %v (%v)", target, u, err)
		}
	})
}

// FuzzFlowCookie: a value that is read has a secret's form, and is the one that is written.
func FuzzFlowCookie(f *testing.F) {
	f.Add("1795442400." + newSecret())
	f.Add(".")
	f.Add("-1." + newSecret())
	f.Fuzz(func(t *testing.T, value string) {
		_, secret, ok := parseFlow(value)
		if _, good := session.ParseSecret(secret); ok != good {
			t.Fatalf("%q: %q, %v", value, secret, ok)
		}
	})
}

func TestFlowCookies(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	states := []string{rand.Text(), rand.Text()}
	first := httptest.NewRecorder()
	secret := setFlow(first, httptest.NewRequest(http.MethodGet, "/", nil), "contoso", states[0], now)
	back := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range first.Result().Cookies() {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-") || c.MaxAge != 900 {
			t.Errorf("cookie %+v", c)
		}
		back.AddCookie(c)
	}
	if _, ok := takeFlow(httptest.NewRecorder(), back, "contoso", states[1]); ok {
		t.Error("one sign-in's cookie answers another")
	}
	if _, ok := takeFlow(httptest.NewRecorder(), back, "fabrikam", states[0]); ok {
		t.Error("one tenant's cookie answers another's sign-in")
	}
	w := httptest.NewRecorder()
	if got, ok := takeFlow(w, back, "contoso", states[0]); !ok || got != secret {
		t.Errorf("%q, %v", got, ok)
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge != -1 {
		t.Errorf("not removed: %+v", c)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	th := newThrottle(func() time.Time { return now }, 100)
	for i := range 10 {
		if !th.take("a", 1, 10, 2) {
			t.Fatalf("refused after %d", i)
		}
	}
	if th.take("a", 1, 10, 2) {
		t.Error("an empty bucket gives")
	}
	if !th.take("b", 1, 10, 2) {
		t.Error("another key has no bucket of its own")
	}
	now = now.Add(time.Second)
	if !th.take("a", 2, 10, 2) || th.take("a", 1, 10, 2) {
		t.Error("a second gives two")
	}
	now = now.Add(-time.Hour) // a clock that jumps back takes nothing and gives nothing
	if th.take("a", 1, 10, 2) {
		t.Error("going back in time fills the bucket")
	}
	now = now.Add(2 * time.Hour)
	if !th.take("a", 10, 10, 2) || th.take("a", 1, 10, 2) {
		t.Error("a bucket holds its burst and no more")
	}
	for range 10_000 {
		th.take(rand.Text(), 1, 10, 2)
	}
	if len(th.by) > 100 {
		t.Errorf("%d entries", len(th.by))
	}
}

func TestSite(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64", "pipe": "pipe",
	} {
		if got := site(remote); got != want {
			t.Errorf("site(%q) = %q, want %q", remote, got, want)
		}
	}
}

// TestPlainReason: a page shows this package's own sentences alone.
func TestPlainReason(t *testing.T) {
	t.Parallel()
	own := &fault.Error{Kind: fault.Denied, Op: "signin.x", Msg: "no entry", Help: "Go home.", Err: fault.New(fault.Denied, "vault.Open", "key 7 is gone")}
	foreign := fault.New(fault.Unavailable, "sqlite.Get", "disk 7 is gone")
	for name, c := range map[string]struct {
		err        error
		text, help string
	}{
		"own":          {own, "No entry.", "Go home."},
		"foreign":      {foreign, "", ""},
		"wrapped":      {fault.Wrap(foreign, "signin.y", "key"), "", ""},
		"internal":     {fault.New(fault.Internal, "signin.x", "impossible"), "", ""},
		"not found":    {fault.New(fault.NotFound, "signin.x", "no app at %q", "<script>"), "", ""},
		"unclassified": {http.ErrAbortHandler, "", ""},
		"none":         {nil, "", ""},
	} {
		if text, help := plainReason(c.err), plainHelp(c.err); text != c.text || help != c.help {
			t.Errorf("%s: %q, %q", name, text, help)
		}
	}
}

// hosts is a catalogue of one mapped host.
type hosts struct{}

func (hosts) Instances(model.TenantID) []catalog.Instance { return nil }

func (hosts) Instance(model.TenantID, model.InstanceID) (catalog.Instance, bool) {
	return catalog.Instance{}, false
}

func (hosts) ByClient(model.TenantID, string) (catalog.Instance, bool) {
	return catalog.Instance{}, false
}

func (hosts) ByHost(t model.TenantID, host string) (catalog.Instance, bool) {
	return catalog.Instance{ID: "files"}, t == "contoso" && host == "files.contoso.gate.example"
}

func (hosts) Mapped(t model.TenantID, real string) (string, bool) {
	return "files.contoso.gate.example", t == "contoso" && real == "files.example"
}

func (hosts) Real(t model.TenantID, mapped string) (string, bool) {
	return "files.example", t == "contoso" && mapped == "files.contoso.gate.example"
}

// tokens vouches for one app session.
type tokens struct{}

func (tokens) Sign(model.TenantID, string, []byte, time.Time) (string, error) { return "good", nil }
func (tokens) Verify(t model.TenantID, purpose, token string) ([]byte, error) {
	if t == "contoso" && purpose == PurposeVia && token == "good" {
		return []byte("app-1"), nil
	}
	return nil, fault.New(fault.Unauthenticated, "test", "no")
}

// FuzzVia: only a token of the gateway gives an app session, and only a mapped host of the tenant a mapped host.
func FuzzVia(f *testing.F) {
	b := &Broker{parts: Parts{Catalog: hosts{}, Tokens: tokens{}}}
	f.Add("via=good", "https://files.contoso.gate.example", "https://files.contoso.gate.example/x")
	f.Add("via=bad&redirect_uri=https://files.contoso.gate.example/callback", "null", "")
	f.Add("redirect_uri=https%3A%2F%2FFILES.contoso.gate.example%2F%2e%2e", "https://evil", "//files.contoso.gate.example")
	f.Fuzz(func(t *testing.T, query, origin, referer string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/contoso/oauth/v2/authorize", RawQuery: query}, Header: http.Header{"Origin": {origin}, "Referer": {referer}}}
		mapped := b.unmap(r, "contoso")
		v := b.viaOf(contextWith(r, came{r, mapped}), "contoso")
		if v.AppSession != "" && r.FormValue("via") != "good" {
			t.Fatalf("%q vouches for %q", query, v.AppSession)
		}
		if v.Mapped != "" && v.Mapped != "files.contoso.gate.example" {
			t.Fatalf("mapped host %q", v.Mapped)
		}
		if u, err := url.Parse(r.FormValue("redirect_uri")); err == nil && strings.EqualFold(u.Host, "files.contoso.gate.example") {
			t.Fatalf("%q keeps the mapped address", query)
		}
		if o := b.viaOf(contextWith(r, came{r, ""}), "fabrikam"); o.AppSession != "" || o.Mapped != "" {
			t.Fatalf("another tenant believes %+v", o)
		}
	})
}

func contextWith(r *http.Request, c came) context.Context {
	return context.WithValue(r.Context(), requestKey{}, c)
}
