package gateway_test

import (
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/referee-casb/referee/catalog"
	"github.com/referee-casb/referee/session"
)

func digestOf(text string) string {
	sum := sha512.Sum384([]byte(text))
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

var integrityOf = regexp.MustCompile(`src="([^"]*)" (data-referee-)?integrity="([^"]*)"`)

// A script that a page names by digest is checked by the gateway the first time, and by the browser too from then on.
func TestIntegrityHolds(t *testing.T) {
	t.Parallel()
	const script = `fetch("https://api.app.test/list")`
	forged := false
	r := newRig(t, rigOptions{app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<head></head><script src="/app.js?v=1" integrity="`+digestOf(script)+`"></script>`)
		case "/moved.js":
			http.Redirect(w, q, "/app.js", http.StatusFound)
		case "/app.js":
			w.Header().Set("Content-Type", "text/javascript")
			if strings.Contains(q.URL.RawQuery, "integrity") {
				io.WriteString(w, "the app sees the digest")
			} else if forged {
				io.WriteString(w, `alert("forged")`)
			} else {
				io.WriteString(w, script)
			}
		}
	})})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	u := "https://" + p.mapped("files.app.test")
	named := func() (address, metadata string) {
		_, body := do(t, p.client, navigation(u+"/"))
		m := integrityOf.FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no script in %q", body)
		}
		return strings.ReplaceAll(m[1], "&amp;", "&"), m[3]
	}
	get := func(path string) (*http.Response, string, error) {
		q := navigation(u + path)
		q.Header.Set("Sec-Fetch-Dest", "script")
		q.Header.Set("Sec-Fetch-Mode", "no-cors")
		res, err := p.client.Do(q)
		if err != nil {
			return nil, "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res, string(body), err
	}
	address, _ := named()
	if !strings.Contains(address, "referee-integrity=") {
		t.Fatalf("the address carries no digest: %s", address)
	}
	forged = true
	if _, body, err := get(address); err == nil {
		t.Errorf("a forged script arrived whole: %q", body)
	}
	forged = false
	_, body, err := get(address)
	if want := strings.Replace(script, "api.app.test", p.mapped("api.app.test"), 1); err != nil || body != want {
		t.Fatalf("%q, %v; want %q", body, err, want)
	}
	if address, metadata := named(); address != "/app.js?v=1" || !strings.Contains(metadata, digestOf(body)) {
		t.Errorf("the page names %s by %s, want %s", address, metadata, digestOf(body))
	}
	for path, whole := range map[string]bool{
		"/moved.js?referee-integrity=sha384-x": false, "/moved.js?referee-integrity=" + url.QueryEscape(digestOf(script)): true,
		"/?referee-integrity=sha384-x": false, "/app.js": true,
	} {
		res, _, err := get(path)
		if err == nil && res.StatusCode == http.StatusFound {
			_, _, err = get(strings.TrimPrefix(res.Header.Get("Location"), u))
		}
		if (err == nil) != whole {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCodeRulesOfAProfile(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{
		profile: catalog.Profile{Code: []catalog.CodeRule{{Find: ".app.test", Replace: "-app-test.{suffix}"}, {Find: `\.app\.test$`, Replace: `-app-test\.{suffixPattern}$`}}},
		app: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, `h.endsWith(".app.test")||/\.app\.test$/.test(h)`)
		}),
	})
	p := r.signIn("contoso", "anna", session.ControlCustom)
	p.cookie("files.app.test")
	q := navigation("https://" + p.mapped("files.app.test") + "/a.js")
	q.Header.Set("Sec-Fetch-Dest", "script")
	_, body := do(t, p.client, q)
	suffix := strings.SplitN(p.mapped("files.app.test"), ".", 2)[1]
	if want := `h.endsWith("-app-test.` + suffix + `")||/-app-test\.` + strings.ReplaceAll(suffix, ".", `\.`) + `$/.test(h)`; body != want {
		t.Errorf("%q, want %q", body, want)
	}
}
