package filesapp

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	_, page := br.get(origin(b.hosts.App) + "/")
	if !strings.Contains(page, "Signed in as <strong>Director</strong>") || !strings.Contains(page, "Board papers") {
		t.Error("the first page does not know the director")
	}
	app, err := url.Parse(origin(b.hosts.App))
	if err != nil {
		t.Fatal(err)
	}
	cdn, err := url.Parse(origin(b.hosts.CDN))
	if err != nil {
		t.Fatal(err)
	}
	if names := cookieNames(br.Jar.Cookies(cdn)); names != cdnCookie {
		t.Errorf("the CDN host sees the cookies %q", names)
	}
	if names := cookieNames(br.Jar.Cookies(app)); !strings.Contains(names, sessionCookie) || !strings.Contains(names, formCookie) {
		t.Errorf("the App host sees the cookies %q", names)
	}
	resp, page := br.post(origin(b.hosts.App)+"/signout", url.Values{formField: {br.form}})
	if resp.Request.URL.Path != "/signed-out" || !strings.Contains(page, "Signed out") {
		t.Errorf("sign-out ended at %s", resp.Request.URL)
	}
	if resp := br.api(http.MethodGet, "/v1/folders", nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token outlived its session: %d", resp.StatusCode)
	}
	if resp, _ := br.get(origin(b.hosts.CDN) + "/c/brief/x.txt"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the CDN cookie outlived its session: %d", resp.StatusCode)
	}
	if resp, _ := br.get(origin(b.hosts.App) + "/"); !strings.HasPrefix(resp.Request.URL.String(), b.issuer+"/login") {
		t.Errorf("the provider's session outlived the sign-out: %s", resp.Request.URL)
	}
}

func cookieNames(cookies []*http.Cookie) string {
	var names []string
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	b.advance(tokenLifetime)
	if resp := br.api(http.MethodGet, "/v1/folders", nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an old token is good: %d", resp.StatusCode)
	}
	b.advance(time.Hour)
	resp := br.do(http.MethodGet, origin(b.hosts.App)+"/folders/projects", nil, "Sec-Fetch-Mode", "cors")
	if b.body(resp); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an idle session answers a script with %d", resp.StatusCode)
	}
}

// A callback that this browser did not ask for, or an answer of another issuer, signs nobody in.
func TestForgedCallback(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := func(br *browser) url.Values { // starts a sign-in and returns the state that it sent
		br.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasPrefix(r.URL.String(), b.issuer) {
				return http.ErrUseLastResponse
			}
			return nil
		}
		resp, _ := br.get(origin(b.hosts.App) + "/signin")
		loc, err := url.Parse(resp.Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return loc.Query()
	}
	mine, other := b.browser(), b.browser()
	sent, foreign := stop(mine), stop(other)
	if sent.Get("redirect_uri") != origin(b.hosts.App)+callbackPath || sent.Get("code_challenge_method") != "S256" || sent.Get("nonce") == "" {
		t.Errorf("sent %v", sent)
	}
	for name, q := range map[string]url.Values{
		"no state":       {"code": {"x"}},
		"foreign state":  {"code": {"x"}, "state": {foreign.Get("state")}},
		"foreign issuer": {"code": {"x"}, "state": {sent.Get("state")}, "iss": {"https://evil.example"}},
	} {
		resp, _ := mine.get(origin(b.hosts.App) + callbackPath + "?" + q.Encode())
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	u, err := url.Parse(origin(b.hosts.App))
	if err != nil {
		t.Fatal(err)
	}
	if names := cookieNames(mine.Jar.Cookies(u)); strings.Contains(names, sessionCookie) {
		t.Errorf("signed in: %s", names)
	}
}

func TestForeignForms(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.signedIn("director")
	for name, headers := range map[string][]string{
		"no token":       {"Content-Type", "application/x-www-form-urlencoded"},
		"wrong token":    {"X-Form-Token", "x"},
		"foreign origin": {"X-Form-Token", br.form, "Origin", "https://evil.example"},
	} {
		for _, path := range []string{"/zip", "/signout", "/session/token", "/files/brief/delete"} {
			resp := br.do(http.MethodPost, origin(b.hosts.App)+path, nil, headers...)
			if b.body(resp); resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: %d", name, path, resp.StatusCode)
			}
		}
	}
	if _, ok := b.app.store.file("brief"); !ok {
		t.Error("a foreign form deleted a document")
	}
}

// The contractor may not see board papers by any way of the application.
func TestWhoMayOpen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	director, contractor := b.signedIn("director"), b.signedIn("contractor")
	if f := director.file("memo"); f.Name != "Strategy memo.docx" {
		t.Errorf("the director sees %+v", f)
	}
	for _, target := range []string{
		origin(b.hosts.App) + "/folders/" + FolderBoard, origin(b.hosts.App) + "/files/memo", origin(b.hosts.App) + "/files/memo/download", origin(b.hosts.App) + "/files/memo/raw",
		origin(b.hosts.App) + "/files/memo/print", origin(b.hosts.App) + "/files/memo/print.pdf", origin(b.hosts.App) + "/files/memo/ways", origin(b.hosts.App) + "/files/memo/link",
		origin(b.hosts.App) + "/files/agenda/edit", origin(b.hosts.CDN) + "/c/memo/x.docx", origin(b.hosts.CDN) + "/r/memo/1/1.png",
	} {
		resp, page := contractor.get(target)
		if strings.Contains(target, "/r/") && resp.StatusCode == http.StatusForbidden {
			continue
		}
		if resp.StatusCode != http.StatusNotFound || strings.Contains(page, "Strategy") {
			t.Errorf("%s: %d", target, resp.StatusCode)
		}
	}
	for _, path := range []string{"/v1/folders/" + FolderBoard, "/v1/files/memo", "/v1/files/memo/content", "/v1/files/memo/attachment", "/v1/files/agenda/text"} {
		contractor.json(contractor.api(http.MethodGet, path, nil), http.StatusNotFound, nil)
	}
	contractor.json(contractor.api(http.MethodPost, "/v1/zip", []byte(`{"ids":["brief","memo"]}`)), http.StatusNotFound, nil)
	contractor.json(contractor.api(http.MethodPut, "/v1/folders/"+FolderBoard+"/files/x.txt", []byte("x")), http.StatusNotFound, nil)
	var list struct{ Folders []struct{ ID string } }
	contractor.json(contractor.api(http.MethodGet, "/v1/folders", nil), http.StatusOK, &list)
	for _, fo := range list.Folders {
		if fo.ID == FolderBoard {
			t.Error("the contractor sees the folder")
		}
	}
}

// The provider's word ends exactly the session that it names, at once; a forged word ends nothing.
func TestBackChannelLogout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	director, contractor := b.signedIn("director"), b.signedIn("contractor")
	resp, _ := contractor.post(origin(b.hosts.App)+"/oidc/backchannel-logout", url.Values{"logout_token": {"e30.e30.x"}})
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a forged logout token: %d", resp.StatusCode)
	}
	director.json(director.api(http.MethodGet, "/v1/folders", nil), http.StatusOK, nil)
	if n := b.provider.SignOut(t.Context(), "director"); n != 1 {
		t.Errorf("%d sessions ended", n)
	}
	director.json(director.api(http.MethodGet, "/v1/folders", nil), http.StatusUnauthorized, nil)
	contractor.json(contractor.api(http.MethodGet, "/v1/folders", nil), http.StatusOK, nil)
}

// Two tabs begin to sign in before either is done: both arrive where they were going.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.browser()
	one, _ := br.get(origin(b.hosts.App) + "/folders/projects")
	two, _ := br.get(origin(b.hosts.App) + "/folders/inbox")
	for _, tab := range []struct {
		page *http.Response
		want string
	}{{one, "/folders/projects"}, {two, "/folders/inbox"}} {
		resp, _ := br.post(b.issuer+"/login", url.Values{"flow": {tab.page.Request.URL.Query().Get("flow")}, "username": {"contractor"}, "password": {"pw"}})
		if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != tab.want {
			t.Errorf("%d at %s", resp.StatusCode, resp.Request.URL)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/files/x?y=1#z": "/files/x?y=1#z", "": "/", "x": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example/": "/", "/a\r\nb": "/", "/\t/evil.example": "/",
	} {
		if got := localPath(raw); got != want {
			t.Errorf("%q gave %q", raw, got)
		}
	}
}
