package session_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var same = session.CookieContext{Site: session.SameSite, Safe: true}

// jar is an app session's jar with short ways to use it.
type jar struct {
	*world
	app session.AppSession
	key *session.DataKey
	j   *session.Jar
}

func newJar(t testing.TB) *jar {
	w := newWorld(t)
	app, key := w.begin(w.s)
	return &jar{w, app, key, w.jars.Jar("contoso", app.ID, key)}
}

func (j *jar) set(at string, c session.CookieContext, lines ...string) []string {
	j.t.Helper()
	mirrors, err := j.j.SetCookies(j.t.Context(), address(j.t, at), lines, c)
	j.must(err)
	return mirrors
}

func (j *jar) header(at, incoming string, c session.CookieContext) string {
	j.t.Helper()
	h, err := j.j.Header(j.t.Context(), address(j.t, at), incoming, c)
	j.must(err)
	return h
}

// reopened is the same jar as another gateway, or the next start, sees it.
func (j *jar) reopened(shared bool) *jar {
	jars := session.NewJars(session.JarsOptions{Store: j.db, Now: j.clock.Now, Log: quiet(), Shared: shared})
	return &jar{j.world, j.app, j.key, jars.Jar("contoso", j.app.ID, j.key)}
}

func (j *jar) wantHeader(what, at, incoming string, c session.CookieContext, want string) {
	j.t.Helper()
	if got := j.header(at, incoming, c); got != want {
		j.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestJarKeepsAndSends(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const app = "https://files.app.example/a/b"
	mirrors := j.set(app, same, "sid=secret; HttpOnly; Secure; Path=/", "deep=1; HttpOnly", "dom=2; HttpOnly; Domain=app.example; Path=/", "api=3; HttpOnly; Path=/api")
	if mirrors != nil {
		t.Errorf("HttpOnly cookies reached the browser: %q", mirrors)
	}
	j.clock.Advance(time.Second)
	j.set(app, same, "late=4; HttpOnly; Path=/")
	for _, k := range []*jar{j, j.reopened(false)} {
		k.wantHeader("own host", app, "", same, "deep=1; sid=secret; dom=2; late=4")
		k.wantHeader("other path", "https://files.app.example/", "", same, "sid=secret; dom=2; late=4")
		k.wantHeader("sibling", "https://api.app.example/api/x", "", same, "dom=2")
		k.wantHeader("insecure", "http://files.app.example/", "", same, "dom=2; late=4")
		k.wantHeader("other site", "https://files.other.example/a/b", "", same, "")
		k.wantHeader("port", "https://files.app.example:8443/", "", same, "sid=secret; dom=2; late=4")
	}
	j.set(app, same, "sid=; Max-Age=0; Path=/", "late=5; HttpOnly; Path=/")
	j.wantHeader("after deletion and change", "https://files.app.example/", "", same, "dom=2; late=5")
	j.reopened(false).wantHeader("the same after a restart", "https://files.app.example/", "", same, "dom=2; late=5")
	j.must(j.j.Clear(t.Context()))
	j.wantHeader("after clearing", app, "", same, "")
	j.reopened(false).wantHeader("the same after a restart", app, "", same, "")
}

func TestJarRefuses(t *testing.T) {
	t.Parallel()
	cross := session.CookieContext{Safe: true}
	for _, c := range []struct {
		name, at, line string
		context        session.CookieContext
	}{
		{"foreign domain", "https://a.example.com/", "x=1; Domain=example.org", same},
		{"sibling's domain", "https://a.example.com/", "x=1; Domain=b.example.com", same},
		{"public suffix", "https://a.example.co.uk/", "x=1; Domain=co.uk", same},
		{"private public suffix", "https://a.github.io/", "x=1; Domain=github.io", same},
		{"top level", "https://a.example.com/", "x=1; Domain=com", same},
		{"part of an address", "https://10.0.0.1/", "x=1; Domain=0.0.1", same},
		{"secure over http", "http://a.example.com/", "x=1; Secure", same},
		{"none without secure", "https://a.example.com/", "x=1; SameSite=None", same},
		{"lax from another site", "https://a.example.com/", "x=1; SameSite=Lax", cross},
		{"default from another site", "https://a.example.com/", "x=1", cross},
		{"__Host- with domain", "https://a.example.com/", "__Host-x=1; Secure; Path=/; Domain=a.example.com", same},
		{"__Host- with path", "https://a.example.com/", "__Host-x=1; Secure; Path=/a", same},
		{"__Host- without path", "https://a.example.com/", "__Host-x=1; Secure", same},
		{"__Host- insecure", "https://a.example.com/", "__host-x=1; Path=/", same},
		{"__Secure- insecure", "https://a.example.com/", "__SECURE-x=1", same},
		{"__Http- without HttpOnly", "https://a.example.com/", "__Http-x=1; Secure", same},
		{"prefix by value", "https://a.example.com/", "=__Host-x=1; Secure; Path=/", same},
		{"control character", "https://a.example.com/", "x=\x01", same},
	} {
		j := newJar(t)
		if m := j.set(c.at, c.context, c.line); m != nil || j.header(c.at, "", same) != "" {
			t.Errorf("%s: kept %q, mirrored %q", c.name, j.header(c.at, "", same), m)
		}
	}
	for _, c := range []struct{ name, at, line, want string }{
		{"__Host- as it should be", "https://a.example.com/", "__Host-x=1; Secure; Path=/; HttpOnly", "__Host-x=1"},
		{"__Secure- with domain", "https://a.example.com/", "__Secure-x=1; Secure; Domain=example.com; HttpOnly", "__Secure-x=1"},
		{"a public suffix's own", "https://github.io/", "x=1; Domain=github.io; HttpOnly", "x=1"},
		{"an address", "https://10.0.0.1/", "x=1; Domain=10.0.0.1; HttpOnly", "x=1"},
		{"no name", "https://a.example.com/", "=v; HttpOnly", "v"},
	} {
		j := newJar(t)
		j.set(c.at, same, c.line)
		j.wantHeader(c.name, c.at, "", same, c.want)
	}
}

func TestJarSameSite(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const app = "https://a.example.com/"
	j.set(app, same, "strict=1; SameSite=Strict; HttpOnly", "lax=2; SameSite=Lax; HttpOnly", "default=3; HttpOnly", "none=4; SameSite=None; Secure; HttpOnly", "seen=5; SameSite=Lax")
	for _, c := range []struct {
		name    string
		context session.CookieContext
		want    string
	}{
		{"same site", session.CookieContext{Site: session.SameSite}, "strict=1; lax=2; default=3; none=4; seen=5"},
		{"link from another site", session.CookieContext{TopLevel: true, Safe: true}, "lax=2; default=3; none=4; seen=5"},
		{"form from another site, at once", session.CookieContext{TopLevel: true}, "default=3; none=4"},
		{"fetch from another site", session.CookieContext{Safe: true}, "none=4"},
	} {
		// The browser sends its copies always: for it all mapped hosts are one site.
		j.wantHeader(c.name, app, "seen=5", c.context, c.want)
	}
	j.clock.Advance(3 * time.Minute)
	j.wantHeader("form from another site, later", app, "seen=5", session.CookieContext{TopLevel: true}, "none=4")
	j.wantHeader("script's own cookie, same site", app, "mine=6", session.CookieContext{Site: session.SameSite}, "strict=1; lax=2; default=3; none=4; seen=5; mine=6")
	j.wantHeader("script's own cookie, fetch from another site", app, "mine=6", session.CookieContext{Safe: true}, "none=4")
}

func TestMirrors(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const files, api = "https://files.app.example/", "https://api.app.example/"
	got := j.set(files, same, "theme=dark; Domain=app.example; Path=/; Max-Age=60", "x=1; SameSite=None; Secure", "hidden=2; HttpOnly")
	want := []string{"theme=dark; Path=/; Secure; SameSite=Lax; Max-Age=60", "x=1; Path=/; Secure; SameSite=None"}
	if !slices.Equal(got, want) {
		t.Errorf("mirrors:\n%q\nwant\n%q", got, want)
	}
	j.wantHeader("script changed a copy", files, "theme=light; x=1", same, "theme=light; x=1; hidden=2")
	j.wantHeader("script made one", files, "theme=light; x=1; own=9", same, "theme=light; x=1; hidden=2; own=9")
	j.wantHeader("a browser that has none yet", files, "", same, "theme=dark; x=1; hidden=2")
	j.wantHeader("a planted double", files, "theme=evil; theme=dark", same, "theme=dark; x=1; hidden=2")
	j.wantHeader("a planted hidden one", files, "hidden=evil", same, "theme=dark; x=1; hidden=2")
	j.wantHeader("Referee's own names", files, "__Host-referee=a; referee-lookup=b; __host-referee-nonce=c; own=9", same, "theme=dark; x=1; hidden=2; own=9")

	lazy, err := j.j.Mirrors(t.Context(), address(t, api), "")
	if err != nil || !slices.Equal(lazy, want[:1]) {
		t.Errorf("a sibling's copies: %q, %v", lazy, err)
	}
	if lazy, _ = j.j.Mirrors(t.Context(), address(t, api), ""); lazy != nil {
		t.Errorf("given twice: %q", lazy)
	}
	if lazy, _ = j.j.Mirrors(t.Context(), address(t, files), "theme=light; x=1"); lazy != nil {
		t.Errorf("the host that set it: %q", lazy)
	}
	if lazy, _ = j.reopened(false).j.Mirrors(t.Context(), address(t, api), "theme=light"); lazy != nil {
		t.Errorf("a restart overwrote what script had changed: %q", lazy)
	}
	j.set(files, same, "theme=blue; Domain=app.example; Path=/")
	if lazy, _ = j.j.Mirrors(t.Context(), address(t, api), "theme=dark"); !slices.Equal(lazy, []string{"theme=blue; Path=/; Secure; SameSite=Lax"}) {
		t.Errorf("a new value: %q", lazy)
	}

	if got := j.set(files, same, "theme=; Domain=app.example; Path=/; Max-Age=0"); !slices.Equal(got, []string{"theme=; Path=/; Secure; SameSite=Lax; Max-Age=0"}) {
		t.Errorf("deleted: %q", got)
	}
	if got := j.set(files, same, "x=3; HttpOnly; Secure; SameSite=None"); !slices.Equal(got, []string{"x=; Path=/; Secure; SameSite=Lax; Max-Age=0"}) {
		t.Errorf("hidden from now on: %q", got)
	}
	if got := j.set(files, same, "own=; Max-Age=0"); !slices.Equal(got, []string{"own=; Path=/; Secure; SameSite=Lax; Max-Age=0"}) {
		t.Errorf("a deletion of what script had set: %q", got)
	}
	for _, line := range []string{"__Host-referee=evil; Secure; Path=/", "Referee-Lookup=evil"} {
		if got := j.set(files, same, line); got != nil {
			t.Errorf("an app set Referee's own cookie: %q", got)
		}
	}
	for _, m := range append(got, lazy...) {
		if strings.Contains(strings.ToLower(m), "domain") {
			t.Errorf("an app's Domain reached the browser: %q", m)
		}
	}
}

func TestScriptDeletes(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const app = "https://files.app.example/"
	complete := same
	complete.Complete = true
	j.set(app, same, "own=1", "dom=2; Domain=app.example")
	j.wantHeader("a copy on its way", app, "", complete, "own=1; dom=2")
	j.wantHeader("both there", app, "own=1; dom=2", complete, "own=1; dom=2")
	j.wantHeader("a request without credentials", app, "", same, "own=1; dom=2")
	j.wantHeader("script deleted one", app, "dom=2", complete, "dom=2")
	j.reopened(false).wantHeader("it is gone for good", app, "dom=2", same, "dom=2")
	j.wantHeader("script deleted the other here", app, "", complete, "")
	j.wantHeader("a sibling still has it", "https://api.app.example/", "", same, "dom=2")
}

func TestSetScript(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	u := address(t, "https://files.app.example/")
	j.set(u.String(), same, "sid=good; HttpOnly; Domain=app.example")
	j.must(j.j.SetScript(t.Context(), u, []string{"sid=evil; Domain=app.example", "h=1; HttpOnly", "ok=2; Domain=app.example", "far=3; Domain=other.example"}, same))
	j.wantHeader("after script wrote", "https://api.app.example/", "", same, "sid=good; ok=2")
	j.must(j.j.SetScript(t.Context(), u, []string{"sid=; Domain=app.example; Max-Age=0", "ok=; Domain=app.example; Max-Age=0"}, same))
	j.wantHeader("after script deleted", "https://api.app.example/", "", same, "sid=good")
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const app = "https://files.app.example/"
	j.set(app, same, "short=1; Max-Age=60; HttpOnly", "session=2; HttpOnly")
	j.clock.Advance(59 * time.Second)
	j.wantHeader("before its end", app, "", same, "short=1; session=2")
	j.clock.Advance(time.Second)
	j.wantHeader("at its end", app, "", same, "session=2")
	j.set(app, same, "short=3; Max-Age=60; HttpOnly")
	j.wantHeader("set anew", app, "", same, "session=2; short=3") // younger now
}

func TestLimits(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	j.set("https://files.app.example/", same, "keep=1; HttpOnly")
	for i := range 200 {
		j.set("https://files.app.example/", same, fmt.Sprintf("c%d=%d", i, i))
		j.clock.Advance(time.Second)
	}
	h := j.header("https://files.app.example/", "", same)
	if n := strings.Count(h, "="); n != 180 || !strings.Contains(h, "keep=1") || strings.Contains(h, "c0=") || !strings.Contains(h, "c199=199") {
		t.Errorf("%d cookies of one domain; the oldest visible ones should go: %q", n, h)
	}
	for d := range 10 {
		var lines []string
		for i := range 100 {
			lines = append(lines, fmt.Sprintf("d%d=1; HttpOnly", i))
		}
		j.set(fmt.Sprintf("https://h%d.app.example/", d), same, lines...)
		j.clock.Advance(time.Second)
	}
	rows, _, err := j.db.JarRows(t.Context(), "contoso", j.app.ID)
	if err != nil || len(rows) != 600 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	many := newJar(t)
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("m%d=1", i))
	}
	many.set("https://files.app.example/", same, lines...)
	if n := strings.Count(many.header("https://files.app.example/", "", same), "="); n != 180 {
		t.Errorf("one response set %d cookies", n)
	}
}

// counted counts writes.
type counted struct {
	session.JarStore
	mu     sync.Mutex
	writes int
	fail   error
}

func (c *counted) WriteJar(ctx context.Context, tenant model.TenantID, app string, put, drop []session.JarRow) (int64, error) {
	c.mu.Lock()
	c.writes++
	err := c.fail
	c.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.JarStore.WriteJar(ctx, tenant, app, put, drop)
}

func TestSlidingCookiesAreNotWrittenEachTime(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	store := &counted{JarStore: j.db}
	j.j = session.NewJars(session.JarsOptions{Store: store, Now: j.clock.Now, Log: quiet()}).Jar("contoso", j.app.ID, j.key)
	for range 120 {
		if m := j.set("https://files.app.example/", same, "sid=1; Max-Age=1800", "h=2; Max-Age=1800; HttpOnly"); len(m) != 1 {
			t.Fatalf("mirrors %q", m)
		}
		j.clock.Advance(time.Second)
	}
	if store.writes > 3 {
		t.Errorf("%d writes in two minutes", store.writes)
	}
	j.clock.Advance(1800*time.Second - time.Minute - 5*time.Second)
	j.wantHeader("still there after nearly its life", "https://files.app.example/", "", same, "sid=1; h=2")
	store.fail = fault.New(fault.Unavailable, "test", "down")
	if _, err := j.j.SetCookies(t.Context(), address(t, "https://files.app.example/"), []string{"sid=9"}, same); !fault.Is(err, fault.Unavailable) {
		t.Errorf("store down: %v", err)
	}
	j.wantHeader("a cookie that was not stored", "https://files.app.example/", "", same, "sid=1; h=2")
}

func TestTwoGatewaysLoseNothing(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	gateways := []*jar{j.reopened(true), j.reopened(true), j.reopened(true)}
	var wg sync.WaitGroup
	for g, k := range gateways {
		wg.Go(func() {
			for i := range 15 {
				at := address(t, "https://files.app.example/")
				if _, err := k.j.SetCookies(t.Context(), at, []string{fmt.Sprintf("g%d-%d=1; HttpOnly", g, i), fmt.Sprintf("shared=%d; HttpOnly", g)}, same); err != nil {
					t.Error(err)
				}
				// Whoever asks after it returned finds it.
				if h, err := gateways[(g+1)%3].j.Header(t.Context(), at, "", same); err != nil || !strings.Contains(h, fmt.Sprintf("g%d-%d=1", g, i)) {
					t.Errorf("g%d-%d not seen by another gateway: %v", g, i, err)
				}
			}
		})
	}
	wg.Wait()
	for _, k := range append(gateways, j.reopened(false)) {
		if n := strings.Count(k.header("https://files.app.example/", "", same), "="); n != 46 {
			t.Errorf("%d cookies, want 46", n)
		}
	}
}

func TestDamagedRowsCountAsExpired(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	const app = "https://files.app.example/"
	j.set(app, same, "a=1; HttpOnly", "b=2; HttpOnly")
	rows, _, err := j.db.JarRows(t.Context(), "contoso", j.app.ID)
	j.must(err)
	rows[0].Sealed, rows[1].Sealed = rows[1].Sealed, rows[0].Sealed // somebody with the store swaps the values
	for i := range rows {
		rows[i].Version = 2
		_, err := j.db.WriteJar(t.Context(), "contoso", j.app.ID, rows[i:i+1], nil)
		j.must(err)
	}
	k := j.reopened(false)
	k.wantHeader("swapped values", app, "", same, "")
	k.set(app, same, "a=3; HttpOnly")
	k.wantHeader("set anew", app, "", same, "a=3")
	k.reopened(false).wantHeader("after a restart", app, "", same, "a=3")
}

func TestOneJarAnAppSession(t *testing.T) {
	t.Parallel()
	j := newJar(t)
	if again := j.jars.Jar("contoso", j.app.ID, j.key); again != j.j {
		t.Error("two jars of one app session: they would not see each other's cookies")
	}
	if other := j.jars.Jar("fabrikam", j.app.ID, j.key); other == j.j {
		t.Error("two tenants share a jar")
	}
	runtime.KeepAlive(j.j)
}
