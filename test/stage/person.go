package stage

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// UserAgent is what the stage's people send.
const UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// cookieName is the gateway's cookie of a mapped host.
const cookieName = "__Host-referee"

// Person is somebody who has signed in with a browser of their own.
type Person struct {
	Tenant model.TenantID
	Name   string
	Host   string // the app's mapped host
	Client *http.Client
}

// SignIn signs in the i-th person of a tenant by the pages that a browser would see.
func (s *Stage) SignIn(ctx context.Context, t model.TenantID, i int) (*Person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fault.Wrap(err, "stage.SignIn", string(t))
	}
	p := &Person{Tenant: t, Name: s.people[t][i].Username, Host: s.Mapped(t), Client: s.Client()}
	p.Client.Jar = jar
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	if p.Cookie() == "" {
		return nil, fault.New(fault.Denied, "stage.SignIn", "%s has no session at %s", p.Name, p.Host)
	}
	return p, nil
}

// Cookie is the value of the cookie that the app's mapped host gave.
func (p *Person) Cookie() string {
	for _, c := range p.Client.Jar.Cookies(&url.URL{Scheme: "https", Host: p.Host, Path: "/"}) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

// CookieHeader is a whole Cookie field for a session's host cookie.
func CookieHeader(value string) string { return cookieName + "=" + value }

// Get makes a request for a path of the app, as the app's page would by script.
func (p *Person) Get(ctx context.Context, path string) (*http.Request, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.Host+path, nil)
	if err != nil {
		return nil, fault.Wrap(err, "stage.Get", path)
	}
	Script(q)
	return q, nil
}

// Script sets the fields of a request that a page's script makes to its own host.
func Script(q *http.Request) {
	fields(q, "Accept", "*/*", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Sec-Fetch-Site", "same-origin")
}

// Navigation sets the fields of a request that the browser makes to show a page.
func Navigation(q *http.Request) {
	fields(q, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Sec-Fetch-User", "?1")
}

func fields(q *http.Request, pairs ...string) {
	q.Header.Set("User-Agent", UserAgent)
	q.Header.Set("Accept-Language", "en")
	for i := 0; i < len(pairs); i += 2 {
		q.Header.Set(pairs[i], pairs[i+1])
	}
}

// enter opens the app and fills in the forms that come.
func (p *Person) enter(ctx context.Context) error {
	target, form := "https://"+p.Host+"/healthz", url.Values(nil)
	for range 10 {
		method, body := http.MethodGet, io.Reader(nil)
		if form != nil {
			method, body = http.MethodPost, strings.NewReader(form.Encode())
		}
		q, err := http.NewRequestWithContext(ctx, method, target, body)
		if err != nil {
			return fault.Wrap(err, "stage.SignIn", target)
		}
		Navigation(q)
		if form != nil {
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			q.Header.Set("Sec-Fetch-Site", "same-origin")
			q.Header.Set("Origin", q.URL.Scheme+"://"+q.URL.Host)
		}
		res, err := p.Client.Do(q)
		if err != nil {
			return fault.As(err, fault.Unavailable, "stage.SignIn", target)
		}
		action, fields, err := postForm(io.LimitReader(res.Body, 1<<20))
		res.Body.Close() //nolint:errcheck // read as far as needed
		switch {
		case err != nil:
			return fault.Wrap(err, "stage.SignIn", target)
		case res.StatusCode != http.StatusOK:
			return fault.New(fault.Denied, "stage.SignIn", "%s %s", res.Request.URL, res.Status)
		case fields == nil && res.Request.URL.Host == p.Host:
			return nil
		case fields == nil:
			return fault.New(fault.Denied, "stage.SignIn", "ends at %s", res.Request.URL)
		}
		if fields.Has("password") {
			fields.Set("username", p.Name)
			fields.Set("password", Password)
		}
		next, err := res.Request.URL.Parse(action)
		if err != nil {
			return fault.Wrap(err, "stage.SignIn", action)
		}
		target, form = next.String(), fields
	}
	return fault.New(fault.Denied, "stage.SignIn", "one form after another at %s", target)
}

// postForm finds a page's first form that is posted; nil fields when there is none.
func postForm(page io.Reader) (action string, fields url.Values, err error) {
	doc, err := html.Parse(page)
	if err != nil {
		return "", nil, err
	}
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	var form *html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.EqualFold(attr(n, "method"), "post") {
			form = n
			break
		}
	}
	if form == nil {
		return "", nil, nil
	}
	fields = url.Values{}
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" && attr(n, "name") != "" {
			fields.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	return attr(form, "action"), fields, nil
}
