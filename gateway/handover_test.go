package gateway_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/referee-casb/referee/session"
)

// echo answers with what it got.
func echo(seen func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen != nil {
			seen(r)
		}
		w.Header().Set("Content-Type", "application/json")
		body, _ := io.ReadAll(r.Body)
		io.WriteString(w, `["`+r.Method+`","`+r.URL.RequestURI()+`","`+url.QueryEscape(string(body))+`"]`)
	})
}

// code does the broker's part: it answers a hand-over redirect with a code for the host and nonce in it.
func (p *person) code(redirect string) (host, enter string) {
	p.r.t.Helper()
	u, err := url.Parse(redirect)
	if err != nil || !strings.HasPrefix(redirect, broker+"/"+string(p.tenant)+"/handover?") {
		p.r.t.Fatalf("not a hand-over: %s", redirect)
	}
	q := u.Query()
	c, err := session.MintCode(p.r.t.Context(), p.r.mem, p.r.vault, &p.app, p.key, q.Get("host"), q.Get("nonce"), p.r.now())
	if err != nil {
		p.r.t.Fatal(err)
	}
	return q.Get("host"), "/.referee/enter?code=" + c.Reveal() + "&ret=" + url.QueryEscape(q.Get("ret"))
}

func TestHandOverKeepsTheDeepLink(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	deep := "https://" + p.mapped("files.app.test") + "/folder/a%20b?x=1&y=%2F"
	res, _ := do(t, p.client, navigation(deep))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s", res.Status)
	}
	host, enter := p.code(res.Header.Get("Location"))
	res, body := do(t, p.client, navigation("https://"+host+enter, "Sec-Fetch-Site", "cross-site"))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != deep {
		t.Fatalf("%s %v %s", res.Status, res.Header, body)
	}
	for _, line := range res.Header["Set-Cookie"] {
		if strings.Contains(line, "Domain=") != strings.HasPrefix(line, "referee-lookup-") || !strings.Contains(line, "HttpOnly") || !strings.Contains(line, "Secure") {
			t.Errorf("cookie %q", line)
		}
	}
	res, body = do(t, p.client, navigation(deep))
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "/folder/a%20b?x=1&y=%2F") {
		t.Errorf("%s %s", res.Status, body)
	}
	// The same code again: the browser has a session by now, and goes on.
	if res, _ = do(t, p.client, navigation("https://"+host+enter)); res.Header.Get("Location") != deep {
		t.Errorf("second use with a session: %s %v", res.Status, res.Header)
	}
}

func TestHandOverAttacks(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	begin := func(t *testing.T, real string) (p *person, host, enter string) {
		t.Helper()
		p = r.signIn("contoso", "anna", session.ControlCustom)
		res, _ := do(t, p.client, navigation("https://"+p.mapped(real)+"/"))
		host, enter = p.code(res.Header.Get("Location"))
		return p, host, enter
	}
	refused := func(t *testing.T, c *http.Client, q *http.Request) {
		t.Helper()
		res, _ := do(t, c, q)
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s", res.Status, res.Header.Get("Location"))
		}
		for _, line := range res.Header["Set-Cookie"] {
			if strings.HasPrefix(line, "__Host-referee=") || strings.HasPrefix(line, "referee-lookup") {
				t.Errorf("a session cookie is given: %s", line)
			}
		}
	}
	t.Run("forwarded to another browser", func(t *testing.T) {
		_, host, enter := begin(t, "files.app.test")
		refused(t, r.browser(true), navigation("https://"+host+enter))
	})
	t.Run("another browser with a nonce of its own", func(t *testing.T) {
		_, host, enter := begin(t, "files.app.test")
		other := r.browser(true)
		do(t, other, navigation("https://"+host+"/"))
		refused(t, other, navigation("https://"+host+enter))
	})
	t.Run("replayed without a session", func(t *testing.T) {
		p, host, enter := begin(t, "files.app.test")
		do(t, p.client, navigation("https://"+host+enter))
		fresh := r.browser(true)
		do(t, fresh, navigation("https://"+host+"/"))
		refused(t, fresh, navigation("https://"+host+enter))
	})
	t.Run("another host of the app", func(t *testing.T) {
		p, _, enter := begin(t, "files.app.test")
		other := p.mapped("api.app.test")
		do(t, p.client, navigation("https://"+other+"/"))
		refused(t, p.client, navigation("https://"+other+enter))
	})
	t.Run("another tenant's host", func(t *testing.T) {
		p, _, enter := begin(t, "files.app.test")
		other := strings.Replace(p.mapped("files.app.test"), "contoso", "fabrikam", 1)
		do(t, p.client, navigation("https://"+other+"/"))
		refused(t, p.client, navigation("https://"+other+enter))
	})
	for name, fields := range map[string][]string{
		"frame":  {"Sec-Fetch-Dest", "iframe"},
		"image":  {"Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"},
		"script": {"Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "cors"},
	} {
		t.Run("not a top-level navigation: "+name, func(t *testing.T) {
			p, host, enter := begin(t, "files.app.test")
			refused(t, p.client, navigation("https://"+host+enter, fields...))
		})
	}
	t.Run("no fetch metadata", func(t *testing.T) {
		p, host, enter := begin(t, "files.app.test")
		refused(t, p.client, request("GET", "https://"+host+enter, "", "Accept", "text/html"))
	})
	t.Run("late", func(t *testing.T) {
		r := newRig(t, rigOptions{app: echo(nil)})
		p := r.signIn("contoso", "anna", session.ControlCustom)
		res, _ := do(t, p.client, navigation("https://"+p.mapped("files.app.test")+"/"))
		host, enter := p.code(res.Header.Get("Location"))
		r.skew.Store(int64(31 * time.Second))
		refused(t, p.client, navigation("https://"+host+enter))
	})
	t.Run("made up", func(t *testing.T) {
		p, host, _ := begin(t, "files.app.test")
		refused(t, p.client, navigation("https://"+host+"/.referee/enter?code="+session.NewSecret().Reveal()))
		refused(t, p.client, navigation("https://"+host+"/.referee/enter"))
	})
}

func TestHandOverIsNoOpenRedirect(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	for _, path := range []string{"//evil.test/", "/%5Cevil.test/", "/.//evil.test"} {
		res, _ := do(t, p.client, navigation("https://"+host+path))
		_, enter := p.code(res.Header.Get("Location"))
		res, _ = do(t, p.client, navigation("https://"+host+enter))
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "https://"+host+"/") {
			t.Errorf("%s leads to %s", path, to)
		}
		p.client = r.browser(true)
	}
	// A target that isn't ours, or another host's, is the front page.
	res, _ := do(t, p.client, navigation("https://"+p.mapped("api.app.test")+"/secret"))
	u, _ := url.Parse(res.Header.Get("Location"))
	foreign := u.Query().Get("ret")
	for _, ret := range []string{foreign, "aHR0cHM6Ly9ldmls", ""} {
		res, _ := do(t, p.client, navigation("https://"+host+"/a"))
		_, enter := p.code(res.Header.Get("Location"))
		enter, _, _ = strings.Cut(enter, "&ret=")
		res, _ = do(t, p.client, navigation("https://"+host+enter+"&ret="+ret))
		if to := res.Header.Get("Location"); to != "https://"+host+"/" {
			t.Errorf("ret %q leads to %s", ret, to)
		}
		p.client = r.browser(true)
	}
}

var action = regexp.MustCompile(`action="([^"]+)"`)

func TestFormIsKeptAcrossSignInAndStaysForeign(t *testing.T) {
	t.Parallel()
	var site, origin, body string
	r := newRig(t, rigOptions{app: echo(func(q *http.Request) {
		site, origin = q.Header.Get("Sec-Fetch-Site"), q.Header.Get("Origin")
		raw, _ := io.ReadAll(q.Body)
		body = string(raw)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	form := request("POST", "https://"+host+"/acs?x=1", "SAMLResponse=PD94%2B&RelayState=a+b", "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test")
	res, _ := do(t, p.client, form)
	_, enter := p.code(res.Header.Get("Location"))
	res, page := do(t, p.client, navigation("https://"+host+enter))
	if res.StatusCode != http.StatusOK || !strings.Contains(html.UnescapeString(page), "\nPD94+</textarea>") {
		t.Fatalf("%s %s", res.Status, page)
	}
	to := strings.ReplaceAll(action.FindStringSubmatch(page)[1], "&amp;", "&")
	again := request("POST", to, "SAMLResponse=PD94%2B&RelayState=a+b", "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin", "Origin", "https://"+host)
	res, answer := do(t, p.client, again)
	if res.StatusCode != http.StatusOK || !strings.Contains(answer, `"/acs?x=1"`) || body != "SAMLResponse=PD94%2B&RelayState=a+b" {
		t.Errorf("%s %s %q", res.Status, answer, body)
	}
	if site != "cross-site" || origin != "https://evil.test" {
		t.Errorf("a foreign form came as %q from %q", site, origin)
	}
	// The kept form is gone.
	if len(r.mem.stashes) != 0 {
		t.Error("the stash is still there")
	}
	// The token is for that session: somebody else who has it, or signs in with it, gets nowhere.
	site = ""
	other := r.signIn("contoso", "ben", session.ControlCustom)
	other.cookie("files.app.test")
	again = request("POST", to, "SAMLResponse=PD94%2B&RelayState=a+b", "Content-Type", "application/x-www-form-urlencoded",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "same-origin", "Origin", "https://"+host)
	if res, _ := do(t, other.client, again); res.StatusCode != http.StatusForbidden || site != "" {
		t.Errorf("another session: %s, the app saw %q", res.Status, site)
	}
	// A forged token makes nothing friendlier.
	again = request("POST", "https://"+host+"/acs?.referee-replay=AAAA", "a=b", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	do(t, p.client, again)
	if site != "cross-site" {
		t.Errorf("forged token: %q", site)
	}
}

// A token says that a form was the app's own. In the hands of a page of another host it says nothing.
func TestReplayTokenIsNoPassForOthers(t *testing.T) {
	t.Parallel()
	var site, origin string
	r := newRig(t, rigOptions{app: echo(func(q *http.Request) { site, origin = q.Header.Get("Sec-Fetch-Site"), q.Header.Get("Origin") })})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := p.mapped("files.app.test")
	post := func(to, from, origin string) *http.Request {
		return request("POST", to, "a=b", "Content-Type", "application/x-www-form-urlencoded",
			"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", from, "Origin", origin)
	}
	res, _ := do(t, p.client, post("https://"+host+"/delete", "same-origin", "https://"+host))
	_, enter := p.code(res.Header.Get("Location"))
	_, page := do(t, p.client, navigation("https://"+host+enter))
	to := strings.ReplaceAll(action.FindStringSubmatch(page)[1], "&amp;", "&")
	for from, name := range map[string]string{"same-site": "https://" + p.mapped("evil.other.test"), "cross-site": "https://evil.test", "none": ""} {
		if res, _ := do(t, p.client, post(to, from, name)); res.StatusCode != http.StatusOK || site != "cross-site" || origin != "" {
			t.Errorf("from %s: %s, the app saw %q from %q", from, res.Status, site, origin)
		}
	}
	if res, _ := do(t, p.client, post(to, "same-origin", "https://"+host)); res.StatusCode != http.StatusOK || site != "same-origin" || origin != "https://files.app.test" {
		t.Errorf("our own page: %s, the app saw %q from %q", res.Status, site, origin)
	}
}

func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	host := "https://" + p.mapped("files.app.test")
	for name, tc := range map[string]struct {
		q      *http.Request
		status int
	}{
		"navigation":      {navigation(host + "/"), 303},
		"fetch":           {fetched("GET", host+"/", ""), 401},
		"post by script":  {fetched("POST", host+"/", "{}"), 401},
		"image":           {request("GET", host+"/a.png", "", "Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"), 401},
		"frame":           {navigation(host+"/", "Sec-Fetch-Dest", "iframe"), 401},
		"curl":            {request("GET", host+"/", "", "Accept", "*/*"), 401},
		"wrong cookie":    {fetched("GET", host+"/", "", "Cookie", "__Host-referee="+session.NewSecret().Reveal()), 401},
		"nonsense cookie": {fetched("GET", host+"/", "", "Cookie", "__Host-referee=x"), 401},
		"script":          {request("GET", host+"/.referee/report", "", "Sec-Fetch-Mode", "cors"), 401},
	} {
		res, body := do(t, r.browser(true), tc.q)
		if res.StatusCode != tc.status {
			t.Errorf("%s: %s", name, res.Status)
		}
		if tc.status == 401 && name != "frame" && !strings.Contains(body, "urn:referee:signin") {
			t.Errorf("%s: %s", name, body)
		}
	}
	if n := r.requests.Load(); n != 0 {
		t.Errorf("%d requests reached the app", n)
	}
}

func TestStoreDownFailsClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: echo(nil)})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	r.mem.mu.Lock()
	r.mem.down = true
	r.mem.mu.Unlock()
	res, body := do(t, p.client, fetched("GET", "https://"+p.mapped("files.app.test")+"/", ""))
	if res.StatusCode != http.StatusServiceUnavailable || r.requests.Load() != 0 {
		t.Errorf("%s %s", res.Status, body)
	}
}
