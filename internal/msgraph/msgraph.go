// Package msgraph talks to Microsoft Graph as an application: it signs in with client credentials, reads pages, and
// waits as long as Graph asks it to.
//
// It owns the token, paging, throttling and the bounds of an answer. It does not own what the answers mean: pages are
// raw JSON, and each caller decodes the few properties it needs. It writes nothing to Graph. In no layer: all may
// import it. Begin with [Client.List].
package msgraph

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
)

// The addresses of the commercial cloud. National clouds have others (Microsoft Learn, "Microsoft Graph national cloud
// deployments").
const (
	PublicLogin = "https://login.microsoftonline.com"
	PublicGraph = "https://graph.microsoft.com/v1.0"
)

// Bounds of the talk with Graph.
const (
	bodyMost  = 16 << 20         // bytes of one answer
	pagesMost = 10_000           // pages of one list: a directory of ten million people at 999 a page
	triesMost = 6                // of one request, the first included
	waitMost  = 2 * time.Minute  // that one Retry-After may ask for, unless the caller says otherwise
	waitFirst = time.Second      // where Graph does not say; it doubles
	early     = 5 * time.Minute  // before its end a token is renewed
	timeout   = 60 * time.Second // of one request
)

// Config says who asks, and where.
type Config struct {
	Tenant   string                 // of Entra: its id, or one of its domains
	ClientID string                 // of the app registration
	Secret   func() (string, error) // reads the client secret; asked again for each token, so that it can be changed
	// Certificate reads certificate and private key, PEM, in place of a secret.
	Certificate func() ([]byte, error)
	Login       string           // [PublicLogin] when empty
	Graph       string           // [PublicGraph] when empty, with the version in its path
	HTTP        *http.Client     // http.DefaultTransport when nil; redirects are never followed
	Now         func() time.Time // time.Now when nil
	Patience    time.Duration    // longest wait before a request is sent again: two minutes when 0, none when negative
	// Wait sleeps until d has passed or ctx ends, and returns ctx's error then. Nil: with a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client reads one tenant's Graph. It is safe for concurrent use.
type Client struct {
	config Config
	graph  *url.URL
	token  string // address of the token endpoint
	http   *http.Client

	mu     sync.Mutex
	bearer string
	until  time.Time
}

// New returns a client. It sends nothing yet.
func New(config Config) (*Client, error) {
	const op = "msgraph.New"
	if config.Login == "" {
		config.Login = PublicLogin
	}
	if config.Graph == "" {
		config.Graph = PublicGraph
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Patience == 0 {
		config.Patience = waitMost
	}
	if config.Wait == nil {
		config.Wait = wait
	}
	graph, err := origin(op, config.Graph)
	if err != nil {
		return nil, err
	}
	login, err := origin(op, config.Login)
	if err != nil {
		return nil, err
	}
	switch {
	case !isName(config.Tenant):
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: config.Tenant, Msg: "this is not an Entra tenant", Help: "give the tenant's id or one of its domains, such as contoso.onmicrosoft.com"}
	case config.ClientID == "" || (config.Secret == nil) == (config.Certificate == nil):
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Msg: "an application id and its secret or certificate are needed", Help: "register an application in Entra and grant it the permissions that the how-to lists"}
	}
	c := &Client{config: config, graph: graph, token: login.JoinPath(config.Tenant, "oauth2/v2.0/token").String(), http: &http.Client{Timeout: timeout}}
	if config.HTTP != nil {
		*c.http = *config.HTTP
	}
	if c.http.Timeout == 0 {
		c.http.Timeout = timeout
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a bearer must not travel on
	return c, nil
}

func origin(op, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &fault.Error{Kind: fault.Invalid, Op: op, Key: address, Msg: "the address must be https:// with a host, and nothing behind the path"}
	}
	return u, nil
}

// isName reports whether a text can stand in the token endpoint's path: a GUID or a domain.
func isName(s string) bool {
	return s != "" && len(s) <= 253 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	}) < 0 && strings.Trim(s, ".") == s
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Page is one part of a list.
type Page struct {
	Value []json.RawMessage
	Next  string // address of the following page; "" after the last
	Delta string // address that later gives what has changed since, on the last page of a delta query
}

// Get reads one object, such as "/organization/{id}", into v. The path is below the version and may have a query.
func (c *Client) Get(ctx context.Context, path string, v any) error {
	const op = "msgraph.Get"
	address, err := c.address(op, path)
	if err != nil {
		return err
	}
	text, err := c.read(ctx, op, address)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fault.As(err, fault.Unavailable, op, where(path))
	}
	return nil
}

// Page reads one page: of a path below the version, such as "/users/delta?$select=id", or of the address that an
// earlier page gave, which may be kept and used days later. Graph forgets delta addresses after a while: that is
// fault.NotFound, and the caller begins anew.
func (c *Client) Page(ctx context.Context, at string) (Page, error) {
	const op = "msgraph.Page"
	address, err := c.address(op, at)
	if err != nil {
		return Page{}, err
	}
	text, err := c.read(ctx, op, address)
	if err != nil {
		return Page{}, err
	}
	p, err := ReadPage(text)
	if err != nil {
		return Page{}, fault.Wrap(err, op, where(at))
	}
	for _, link := range []string{p.Next, p.Delta} {
		if _, err := c.address(op, link); link != "" && err != nil {
			return Page{}, err // fail closed: the bearer goes to Graph alone
		}
	}
	return p, nil
}

// List reads a whole list and hands over one item after the other; an error of each ends it. It returns the delta
// address of the last page, "" where there was none.
func (c *Client) List(ctx context.Context, path string, each func(json.RawMessage) error) (delta string, err error) {
	at := path
	for range pagesMost {
		p, err := c.Page(ctx, at)
		if err != nil {
			return "", err
		}
		for _, item := range p.Value {
			if err := each(item); err != nil {
				return "", err
			}
		}
		if p.Next == "" {
			return p.Delta, nil
		}
		if p.Next == at {
			return "", fault.New(fault.Unavailable, "msgraph.List", "a page of %s names itself as the next", where(path))
		}
		at = p.Next
	}
	return "", fault.New(fault.Limited, "msgraph.List", "%s has more than %d pages", where(path), pagesMost)
}

// ReadPage reads a list's answer, as Graph sends it or as somebody saved it.
func ReadPage(text []byte) (Page, error) {
	var answer struct {
		Value []json.RawMessage `json:"value"`
		Next  string            `json:"@odata.nextLink"`
		Delta string            `json:"@odata.deltaLink"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Page{}, &fault.Error{Kind: fault.Invalid, Op: "msgraph.ReadPage", Msg: "this is not a list as Graph sends it", Err: err}
	}
	if answer.Value == nil {
		return Page{}, &fault.Error{Kind: fault.Invalid, Op: "msgraph.ReadPage", Msg: `this is not a list as Graph sends it: there is no "value"`}
	}
	return Page{Value: answer.Value, Next: answer.Next, Delta: answer.Delta}, nil
}

// address makes the absolute address of a path, or checks that one is Graph's own.
func (c *Client) address(op, at string) (string, error) {
	if strings.HasPrefix(at, "/") && !strings.HasPrefix(at, "//") {
		at = strings.TrimSuffix(c.graph.String(), "/") + at
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != c.graph.Scheme || u.Host != c.graph.Host || u.User != nil {
		return "", fault.New(fault.Denied, op, "an address of the list leads away from Graph")
	}
	return at, nil
}
