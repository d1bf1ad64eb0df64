package gateway_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/session"
)

// lookup gives the browser the tenant's look-up cookie by a real hand-over at the front host.
func (p *person) enter(real string) {
	p.r.t.Helper()
	res, _ := do(p.r.t, p.client, navigation("https://"+p.mapped(real)+"/"))
	host, enter := p.code(res.Header.Get("Location"))
	res, body := do(p.r.t, p.client, navigation("https://"+host+enter))
	if res.StatusCode != http.StatusSeeOther {
		p.r.t.Fatalf("%s %s", res.Status, body)
	}
}

func TestSiblingHosts(t *testing.T) {
	t.Parallel()
	var cookie string
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		cookie = q.Header.Get("Cookie")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "application/json")
		if q.URL.Path == "/set" {
			w.Header().Set("Set-Cookie", "app=1; Path=/; Secure; HttpOnly; SameSite=None")
		}
		w.Write([]byte(`["ok"]`))
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.enter("files.app.test")
	front, api := "https://"+p.mapped("files.app.test"), "https://"+p.mapped("api.app.test")
	evil := "https://" + p.mapped("evil.other.test")
	token := p.key.LabelToken()
	anon, _ := r.live.Book().MappedWith("contoso", "anon.app.test", token)
	stranger, _ := r.live.Book().MappedWith("contoso", "anon.app.test", strings.Repeat("a", 26))
	stat := "https://" + p.mapped("cdn.app.test")
	cors := func(from string, more ...string) []string {
		return append([]string{"Origin", from, "Sec-Fetch-Site", "same-site"}, more...)
	}
	for _, tc := range []struct {
		name   string
		q      *http.Request
		status int
		minted bool
	}{
		{"look-up, from a page of the app", fetched("GET", api+"/x", "", cors(front)...), 200, true},
		{"look-up, by Referer", request("GET", api+"/x.js", "", "Referer", front+"/", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script"), 200, true},
		{"look-up, from another app's page", fetched("GET", api+"/x", "", cors(evil)...), 401, false},
		{"look-up, from a stranger's page", fetched("GET", api+"/x", "", cors("https://evil.test")...), 401, false},
		{"look-up, from nowhere", fetched("GET", api+"/x", "", "Sec-Fetch-Site", "same-site"), 401, false},
		{"look-up, from itself", fetched("GET", api+"/x", "", "Origin", api), 401, false},
		{"look-up, for a navigation", navigation(api+"/x", "Referer", front+"/", "Sec-Fetch-Site", "same-site"), 303, false},
		{"look-up, for a frame", navigation(api+"/x", "Referer", front+"/", "Sec-Fetch-Dest", "iframe"), 401, false},
		{"look-up of another app", fetched("GET", evil+"/x", "", cors(front)...), 401, false},
		{"label", request("GET", "https://"+anon+"/m.js", "", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "script"), 200, false},
		{"somebody's label", request("GET", "https://"+stranger+"/m.js", "", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "script"), 401, false},
		{"public", request("GET", stat+"/f.woff2", "", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "font"), 200, false},
		{"public, written to", fetched("POST", stat+"/x", "a"), 401, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := r.browser(true)
			for _, host := range []string{front, api, evil} { // a browser of its own with the look-up cookie only
				u, _ := url.Parse(host)
				for _, k := range p.client.Jar.Cookies(u) {
					if strings.HasPrefix(k.Name, "referee-lookup") {
						k.Domain, k.Path = "contoso.gate.test", "/"
						c.Jar.SetCookies(u, []*http.Cookie{k})
					}
				}
			}
			cookie = ""
			res, body := do(t, c, tc.q)
			if res.StatusCode != tc.status {
				t.Fatalf("%s %s", res.Status, body)
			}
			minted := strings.Contains(strings.Join(res.Header["Set-Cookie"], ";"), "__Host-referee=")
			if minted != tc.minted {
				t.Errorf("minted %v: %v", minted, res.Header["Set-Cookie"])
			}
			if strings.Contains(cookie, "referee") {
				t.Errorf("the app saw %q", cookie)
			}
		})
	}
	t.Run("minted cookie serves the next request", func(t *testing.T) {
		c := r.browser(true)
		u, _ := url.Parse(front)
		api2, _ := url.Parse(api)
		for _, k := range p.client.Jar.Cookies(u) {
			if strings.HasPrefix(k.Name, "referee-lookup") {
				c.Jar.SetCookies(api2, []*http.Cookie{{Name: k.Name, Value: k.Value, Path: "/", Domain: "contoso.gate.test"}})
			}
		}
		res, _ := do(t, c, fetched("GET", api+"/set", "", cors(front)...))
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != front || res.Header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("the page can't read its own answer: %v", res.Header)
		}
		for _, k := range c.Jar.Cookies(api2) {
			if strings.HasPrefix(k.Name, "referee-lookup") {
				k.MaxAge, k.Domain, k.Path = -1, "contoso.gate.test", "/"
				c.Jar.SetCookies(api2, []*http.Cookie{k})
			}
		}
		if res, body := do(t, c, fetched("GET", api+"/x", "", cors(front)...)); res.StatusCode != 200 || cookie != "app=1" {
			t.Errorf("%s %s, app saw %q", res.Status, body, cookie)
		}
		// With the script's mark the app gets no cookies, as the page meant it.
		do(t, c, fetched("GET", api+"/x", "", cors(front, "Accept", "*/*, application/vnd.referee.anonymous;q=0")...))
		if cookie != "" {
			t.Errorf("asked without credentials, the app saw %q", cookie)
		}
	})
	t.Run("tossed look-up cookie", func(t *testing.T) {
		c := r.browser(true)
		u, _ := url.Parse(front)
		var name, value string
		for _, k := range p.client.Jar.Cookies(u) {
			if strings.HasPrefix(k.Name, "referee-lookup") {
				name, value = k.Name, k.Value
			}
		}
		other := r.signIn("contoso", "mallory", session.ControlCustom)
		other.enter("files.app.test")
		var theirs string
		for _, k := range other.client.Jar.Cookies(u) {
			if k.Name == name {
				theirs = k.Value
			}
		}
		q := fetched("GET", api+"/x", "", cors(front, "Cookie", name+"="+theirs+"; "+name+"="+value)...)
		if res, _ := do(t, c, q); res.StatusCode != 401 {
			t.Errorf("%s", res.Status)
		}
	})
}

func TestBearerThatWasSeenIssued(t *testing.T) {
	t.Parallel()
	const bearer = "eyJhbGciOi.abcdefghijklmnop.qrstuvwxyz"
	var auth string
	r := newRig(t, rigOptions{profile: catalog.Profile{TokenIssuers: []string{"/token"}}, app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		auth = q.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		if q.URL.Path == "/token" {
			w.Write([]byte(`{"access_token":"` + bearer + `","token_type":"bearer"}`))
			return
		}
		w.Write([]byte(`["ok"]`))
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	front, api := "https://"+p.mapped("files.app.test"), "https://"+p.mapped("api.app.test")
	ask := func(token string) int {
		res, _ := do(t, r.browser(true), fetched("GET", api+"/me", "", "Authorization", "Bearer "+token, "Origin", front, "Sec-Fetch-Site", "same-site"))
		return res.StatusCode
	}
	if got := ask(bearer); got != 401 {
		t.Fatalf("before it was issued: %d", got)
	}
	if res, body := do(t, p.client, fetched("POST", front+"/token", "grant_type=x")); res.StatusCode != 200 || !strings.Contains(body, bearer) {
		t.Fatalf("%s %s", res.Status, body)
	}
	eventually(t, "the bearer is known", func() bool { return ask(bearer) == 200 })
	if auth != "Bearer "+bearer {
		t.Errorf("the app saw %q", auth)
	}
	if got := ask(bearer + "x"); got != 401 {
		t.Errorf("another bearer: %d", got)
	}
	other := strings.Replace(api, "contoso", "fabrikam", 1)
	if res, _ := do(t, r.browser(true), fetched("GET", other+"/me", "", "Authorization", "Bearer "+bearer)); res.StatusCode != 401 {
		t.Errorf("at another tenant: %s", res.Status)
	}
	if res, _ := do(t, r.browser(true), navigation(api+"/me", "Authorization", "Bearer "+bearer)); res.StatusCode != 303 {
		t.Errorf("for a navigation: %s", res.Status)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{app: http.NotFoundHandler()})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	front, api, evil := "https://"+p.mapped("files.app.test"), "https://"+p.mapped("api.app.test"), "https://"+p.mapped("evil.other.test")
	for _, tc := range []struct {
		host, from string
		status     int
		allowed    string
	}{
		{api, front, 204, front},
		{api, evil, 403, ""},
		{api, "https://evil.test", 403, ""},
		{api, "null", 403, ""},
		{api, strings.Replace(front, "contoso", "fabrikam", 1), 403, ""},
		{"https://" + p.mapped("cdn.app.test"), "https://evil.test", 403, ""},
	} {
		q := request("OPTIONS", tc.host+"/x", "", "Origin", tc.from, "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "x-a, content-type")
		res, _ := do(t, r.browser(true), q)
		if res.StatusCode != tc.status || res.Header.Get("Access-Control-Allow-Origin") != tc.allowed {
			t.Errorf("%s from %s: %s %v", tc.host, tc.from, res.Status, res.Header)
		}
		if tc.allowed != "" && (res.Header.Get("Access-Control-Allow-Methods") != "DELETE" || res.Header.Get("Access-Control-Allow-Headers") != "x-a, content-type") {
			t.Errorf("allowed: %v", res.Header)
		}
	}
	if n := r.requests.Load(); n != 1 { // another app's page: that is for the app to say
		t.Errorf("%d requests reached the app", n)
	}
}

// Between two apps of a tenant it is as the app says, and no wider.
func TestPreflightBetweenApps(t *testing.T) {
	t.Parallel()
	var allow http.Header
	var status int
	var seen *http.Request
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		seen = q.Clone(context.Background())
		for k, v := range allow {
			w.Header()[k] = v
		}
		w.Header().Set("Set-Cookie", "planted=1")
		w.Header().Set("X-Secret", "1")
		w.WriteHeader(status)
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	api, other := "https://"+p.mapped("api.app.test"), "https://"+p.mapped("evil.other.test")
	for name, tc := range map[string]struct {
		status int
		allow  http.Header
		want   string
	}{
		"allowed":           {204, http.Header{"Access-Control-Allow-Origin": {"https://evil.other.test"}, "Access-Control-Allow-Methods": {"PUT"}, "Access-Control-Allow-Credentials": {"true"}, "Access-Control-Max-Age": {"60"}}, other},
		"anybody":           {200, http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Headers": {"x-a"}}, "*"},
		"somebody else":     {204, http.Header{"Access-Control-Allow-Origin": {"https://friend.test"}}, ""},
		"the mapped origin": {204, http.Header{"Access-Control-Allow-Origin": {other}}, ""},
		"null":              {204, http.Header{"Access-Control-Allow-Origin": {"null"}}, ""},
		"two":               {204, http.Header{"Access-Control-Allow-Origin": {"*", "https://evil.other.test"}}, ""},
		"not at all":        {204, nil, ""},
		"an error":          {405, http.Header{"Access-Control-Allow-Origin": {"*"}}, ""},
		"a redirect":        {302, http.Header{"Access-Control-Allow-Origin": {"*"}, "Location": {"/x"}}, ""},
	} {
		status, allow = tc.status, tc.allow
		res, _ := do(t, r.browser(true), request("OPTIONS", api+"/v1?x=1", "", "Origin", other, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "x-a",
			"Cookie", "a=b", "Authorization", "Bearer 1234567890123456", "X-Other", "1"))
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != tc.want || (res.StatusCode == http.StatusNoContent) != (tc.want != "") {
			t.Errorf("%s: %s %q", name, res.Status, got)
		}
		for k := range res.Header {
			if strings.HasPrefix(k, "Access-Control-") && tc.allow[k] == nil || k == "Set-Cookie" || k == "X-Secret" || k == "Location" {
				t.Errorf("%s: %s came through", name, k)
			}
		}
		if tc.want == "" && len(res.Header["Access-Control-Allow-Methods"]) > 0 {
			t.Errorf("%s: %v", name, res.Header)
		}
		if seen.Method != "OPTIONS" || seen.URL.RequestURI() != "/v1?x=1" || seen.Header.Get("Origin") != "https://evil.other.test" || seen.Header.Get("Access-Control-Request-Method") != "PUT" {
			t.Errorf("%s: the app got %s %s %v", name, seen.Method, seen.URL, seen.Header)
		}
		for _, k := range []string{"Cookie", "Authorization", "X-Other"} {
			if seen.Header.Get(k) != "" {
				t.Errorf("%s: the app got %s", name, k)
			}
		}
	}
}

func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	var cookie string
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		cookie = q.Header.Get("Cookie")
		w.Header().Set("Content-Type", "application/json")
		if name := q.URL.Query().Get("set"); name != "" {
			w.Header().Set("Set-Cookie", "who="+name+"; HttpOnly; Secure; Path=/")
		}
		w.Write([]byte(`["` + q.URL.RawQuery + `"]`))
	})})
	a, b := r.signIn("contoso", "anna", session.ControlCustom), r.signIn("fabrikam", "bert", session.ControlCustom)
	ca, cb := a.cookie("files.app.test"), b.cookie("files.app.test")
	ua, ub := "https://"+a.mapped("files.app.test"), "https://"+b.mapped("files.app.test")
	do(t, a.client, fetched("GET", ua+"/?set=anna", ""))
	do(t, b.client, fetched("GET", ub+"/?set=bert", ""))
	do(t, a.client, fetched("GET", ua+"/", ""))
	if cookie != "who=anna" {
		t.Errorf("anna's jar: %q", cookie)
	}
	do(t, b.client, fetched("GET", ub+"/", ""))
	if cookie != "who=bert" {
		t.Errorf("bert's jar: %q", cookie)
	}
	for _, tc := range []struct{ u, c string }{{ua, cb.Reveal()}, {ub, ca.Reveal()}, {"https://" + a.mapped("api.app.test"), ca.Reveal()}} {
		if res, _ := do(t, r.browser(true), fetched("GET", tc.u+"/", "", "Cookie", "__Host-referee="+tc.c)); res.StatusCode != 401 {
			t.Errorf("a cookie of elsewhere at %s: %s", tc.u, res.Status)
		}
	}
	// An address of another tenant in a query is nobody's business: it stays as it is.
	if _, body := do(t, a.client, fetched("GET", ua+"/?next="+ub, "")); !strings.Contains(body, "fabrikam") {
		t.Errorf("another tenant's host was mapped: %s", body)
	}
}
