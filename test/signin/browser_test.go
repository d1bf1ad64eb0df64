package signin_test

import (
	"crypto/tls"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser follows redirects one by one, says what it does in Sec-Fetch headers, and keeps cookies.
type browser struct {
	r      *rig
	jar    *cookiejar.Jar
	client *http.Client
	agent  string
	script bool // follows the test app's scripts
}

// page is where a trip ended.
type page struct {
	at     *url.URL
	status int
	text   string
	header http.Header
	hops   []string
}

const agentOne = "Mozilla/5.0 (X11; Linux x86_64) TestBrowser/1"

func (r *rig) browser(certificate *tls.Certificate) *browser {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	transport := r.transport(certificate)
	r.t.Cleanup(transport.CloseIdleConnections)
	return &browser{r: r, jar: jar, agent: agentOne, script: true, client: &http.Client{
		Transport: transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var styles = regexp.MustCompile(`(?s)<style.*?</style>`)

var location = regexp.MustCompile(`<script>location = "([^"]+)"</script>`)

// send makes one navigation request and follows nothing.
func (b *browser) send(method, to string, form url.Values, header ...string) *page {
	b.r.t.Helper()
	var text *strings.Reader
	if form != nil {
		text = strings.NewReader(form.Encode())
	} else {
		text = strings.NewReader("")
	}
	q, err := http.NewRequestWithContext(b.r.t.Context(), method, to, text)
	if err != nil {
		b.r.t.Fatalf("%s: %v", to, err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range map[string]string{"User-Agent": b.agent, "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"} {
		q.Header.Set(k, v)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] == "" {
			q.Header.Del(header[i])
			continue
		}
		q.Header.Set(header[i], header[i+1])
	}
	res, err := b.client.Do(q)
	if err != nil {
		b.r.t.Fatalf("%s: %v", to, err)
	}
	return &page{at: q.URL, status: res.StatusCode, header: res.Header, text: styles.ReplaceAllString(body(b.r.t, res), "")}
}

// open goes to an address as a person does, and on to where it leads.
func (b *browser) open(to string, header ...string) *page {
	b.r.t.Helper()
	return b.follow(b.send(http.MethodGet, to, nil, header...), 30)
}

// until follows redirects and stops before the first address that contains part; it returns that address.
func (b *browser) until(to, part string) string {
	b.r.t.Helper()
	for range 30 {
		if strings.Contains(to, part) {
			return to
		}
		p := b.send(http.MethodGet, to, nil)
		next := p.next(b)
		if next == "" {
			b.r.t.Fatalf("the trip ended at %s with %d before %q:\n%s", p.at, p.status, part, p.text)
		}
		to = next
	}
	b.r.t.Fatalf("too many redirects before %q", part)
	return ""
}

func (p *page) next(b *browser) string {
	to := p.header.Get("Location")
	if m := location.FindStringSubmatch(p.text); to == "" && m != nil && b.script {
		to = strings.ReplaceAll(m[1], `\u0026`, "&")
	}
	if to == "" {
		return ""
	}
	u, err := p.at.Parse(to)
	if err != nil {
		b.r.t.Fatal(err)
	}
	return u.String()
}

func (b *browser) follow(p *page, most int) *page {
	b.r.t.Helper()
	hops := []string{p.at.String()}
	for range most {
		next := p.next(b)
		if next == "" {
			p.hops = hops
			return p
		}
		hops = append(hops, next)
		p = b.send(http.MethodGet, next, nil)
	}
	b.r.t.Fatalf("a circle of redirects:\n%s", strings.Join(hops, "\n"))
	return nil
}

// has fails unless the trip ended with a status and a text.
func (p *page) has(t testing.TB, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status %d, want %d:\n%s\n%s", p.at, p.status, status, strings.Join(p.hops, "\n"), p.text)
	}
	for _, s := range texts {
		if !strings.Contains(p.text, s) {
			t.Fatalf("%s: no %q in:\n%s\n%s", p.at, s, strings.Join(p.hops, "\n"), p.text)
		}
	}
}

// lacks fails if the page says what it should not.
func (p *page) lacks(t testing.TB, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if strings.Contains(p.text, s) {
			t.Fatalf("%s shows %q:\n%s", p.at, s, p.text)
		}
	}
}

// went reports whether the trip touched an address that contains part.
func (p *page) went(part string) bool {
	for _, h := range p.hops {
		if strings.Contains(h, part) {
			return true
		}
	}
	return false
}

// drop forgets the broker's cookies whose name contains part.
func (b *browser) drop(part string) {
	at := mustURL(b.r.at("contoso", "/"))
	for _, c := range b.jar.Cookies(at) {
		if strings.Contains(c.Name, part) {
			b.jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Path: "/", MaxAge: -1, Secure: true}})
		}
	}
}
