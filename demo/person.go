package demo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/referee-casb/referee/fault"
)

// person is somebody who uses the app from a program instead of a browser, through the same pages: for playing
// seven days in seconds. It sends what a browser's navigation sends.
type person struct {
	name, password string
	client         *http.Client
	at             *url.URL // the page that is open; following a link of it says so
}

func newPerson(name, password string, transport http.RoundTripper) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fault.Wrap(err, "demo.person", name)
	}
	return &person{name: name, password: password, client: &http.Client{Transport: transport, Jar: jar, CheckRedirect: follow}}, nil
}

// follow follows as many redirects as browsers do (Fetch standard, 4.4); a first sign-in takes more than ten.
func follow(_ *http.Request, before []*http.Request) error {
	if len(before) >= 20 {
		return errors.New("more than 20 redirects")
	}
	return nil
}

// maxPage bounds what is read of a page.
const maxPage = 4 << 20

// answer is a page or file that a person got.
type answer struct {
	status int
	url    *url.URL
	header http.Header
	body   string
}

// open navigates, and fills in what stands in the way: the provider's sign-in, the monitored-session notice, a
// form that a page would post by script.
func (p *person) open(ctx context.Context, target string) (answer, error) {
	a, err := p.navigate(ctx, http.MethodGet, target, nil)
	for range 8 {
		if err != nil {
			return a, err
		}
		form, ok := firstForm(a.body)
		switch {
		case !ok || a.status != http.StatusOK:
			return a, nil
		case form.fields.Has("password"):
			form.fields.Set("username", p.name)
			form.fields.Set("password", p.password)
		case strings.HasPrefix(form.action, "/.referee/"):
		default:
			return a, nil
		}
		next, parseErr := a.url.Parse(form.action)
		if parseErr != nil {
			return a, fault.Wrap(parseErr, "demo.open", form.action)
		}
		a, err = p.navigate(ctx, http.MethodPost, next.String(), form.fields)
	}
	return a, fault.New(fault.Internal, "demo.open", "%s asks for one form after another", target)
}

func (p *person) navigate(ctx context.Context, method, target string, form url.Values) (answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return answer{}, fault.Wrap(err, "demo.navigate", target)
	}
	site := "none"
	if p.at != nil && p.at.Host == r.URL.Host {
		site = "same-origin"
		r.Header.Set("Referer", p.at.String())
	}
	if form != nil {
		site = "same-origin"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
	}
	for key, value := range map[string]string{
		"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": userAgent, "Sec-Fetch-Mode": "navigate",
		"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": site, "Sec-Fetch-User": "?1",
	} {
		r.Header.Set(key, value)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return answer{}, fault.As(err, fault.Unavailable, "demo.navigate", target)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return answer{}, fault.As(err, fault.Unavailable, "demo.navigate", target)
	}
	p.at = resp.Request.URL
	return answer{status: resp.StatusCode, url: resp.Request.URL, header: resp.Header, body: string(text)}, nil
}

// userAgent is that of a common browser, since some pages are for browsers only.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// form is a form's target with its fields as they stand.
type form struct {
	action string
	fields url.Values
}

// firstForm finds the first form that is posted.
func firstForm(page string) (form, bool) {
	z := html.NewTokenizer(strings.NewReader(page))
	var f form
	in := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return f, in
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" && in {
				return f, true
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			attr := map[string]string{}
			for _, a := range t.Attr {
				attr[a.Key] = a.Val
			}
			switch {
			case t.Data == "form" && !in && strings.EqualFold(attr["method"], "post"):
				in, f = true, form{action: attr["action"], fields: url.Values{}}
			case t.Data == "input" && in && attr["name"] != "":
				f.fields.Set(attr["name"], attr["value"])
			}
		}
	}
}

var referenceCode = regexp.MustCompile(`[0-9A-Z]{4}-[0-9A-Z]{4}`)

// reference is the code on a block page, "" if there is none.
func (a answer) reference() string { return referenceCode.FindString(a.body) }

// saved reports whether a browser would have saved a file.
func (a answer) saved() bool {
	return a.status == http.StatusOK && strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment")
}
