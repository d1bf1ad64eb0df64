// Package intune asks Microsoft Graph about a device whose Entra id is proven: whether Intune calls it compliant, and
// which attributes Entra and Intune keep of it.
//
// It owns the wire: client credentials, the two look-ups, throttling, paging, and a cache of minutes. It proves
// nothing by itself: the caller must have the id from a verified certificate or claim (device.ProvenID). Whatever
// goes wrong is an error and never a statement about the device. Layer L2. Begin with [Client.LookUp].
package intune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Settings say which directory is asked, and as whom.
type Settings struct {
	Tenant   string // directory id or domain
	ClientID string
	Secret   string
	Login    string // "" for https://login.microsoftonline.com
	Graph    string // "" for https://graph.microsoft.com
}

// Answer is what Graph said of a device.
type Answer struct {
	Enrolled  bool   // Intune manages it
	State     string // Intune's complianceState, "" when it is not enrolled
	Compliant bool
	Hybrid    bool // joined to the company's own domain as well
	Facts     model.DeviceFacts
	At        time.Time // when Graph was asked
}

// Bounds.
const (
	lookUpTime = 5 * time.Second // the person's browser waits
	keepAnswer = 5 * time.Minute
	keepError  = 30 * time.Second
	maxPause   = 10 * time.Minute
	maxAnswer  = 1 << 20
	maxPages   = 5
	maxKept    = 10_000
)

// Client asks Graph for any number of tenants. Safe for concurrent use.
type Client struct {
	http *http.Client
	now  func() time.Time
	one  singleflight.Group

	mu     sync.Mutex
	tokens map[string]token
	kept   map[string]kept
	pause  map[string]time.Time // until when a directory asked to be left alone
}

type token struct {
	value string
	until time.Time
}

type kept struct {
	answer Answer
	err    error
	until  time.Time
}

// New returns a client. Redirects are not followed: what is sent must not travel on.
func New(base *http.Client, now func() time.Time) *Client {
	own := *base
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: &own, now: now, tokens: map[string]token{}, kept: map[string]kept{}, pause: map[string]time.Time{}}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// LookUp asks about a device. A device that neither Entra nor Intune knows is an answer, with Enrolled false. An id
// that is no Entra device id is Invalid; everything that keeps Graph from answering is Unavailable, and is
// remembered for half a minute.
func (c *Client) LookUp(ctx context.Context, owner model.TenantID, s Settings, device string) (Answer, error) {
	const op = "intune.LookUp"
	device = strings.ToLower(device)
	if !guid.MatchString(device) {
		return Answer{}, &fault.Error{Kind: fault.Invalid, Op: op, Key: device, Msg: "is not a device id of Entra", Help: "let the certificate or claim name the device by its Entra device id, a GUID"}
	}
	if s.Login == "" {
		s.Login = "https://login.microsoftonline.com"
	}
	if s.Graph == "" {
		s.Graph = "https://graph.microsoft.com"
	}
	key := string(owner) + " " + s.directory() + " " + device
	c.mu.Lock()
	k, ok := c.kept[key]
	c.mu.Unlock()
	if ok && c.now().Before(k.until) {
		return k.answer, k.err
	}
	got, _, _ := c.one.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookUpTime)
		defer cancel()
		k := kept{until: c.now().Add(keepError)}
		if k.answer, k.err = c.ask(ctx, s, device); k.err == nil {
			k.until = c.now().Add(keepAnswer)
		} else {
			k.err = fault.As(k.err, fault.Unavailable, op, s.Tenant)
		}
		c.keep(key, k)
		return k, nil
	})
	k = got.(kept) //nolint:forcetypeassert // the function above returns nothing else
	return k.answer, k.err
}

// directory names settings without telling the secret.
func (s Settings) directory() string {
	sum := sha256.Sum256([]byte(s.Secret))
	return s.Login + " " + s.Graph + " " + s.Tenant + " " + s.ClientID + " " + hex.EncodeToString(sum[:8])
}

func (c *Client) keep(key string, k kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxKept {
		now := c.now()
		for old, e := range c.kept {
			if !now.Before(e.until) || len(c.kept) >= maxKept {
				delete(c.kept, old)
			}
		}
	}
	c.kept[key] = k
}

func (c *Client) ask(ctx context.Context, s Settings, device string) (Answer, error) {
	c.mu.Lock()
	wait := c.pause[s.directory()]
	c.mu.Unlock()
	if c.now().Before(wait) {
		return Answer{}, errors.New("Graph asked to be left alone until " + wait.UTC().Format(time.RFC3339))
	}
	a := Answer{At: c.now()}
	bearer, err := c.bearer(ctx, s)
	if err != nil {
		return Answer{}, err
	}
	if err := c.managed(ctx, s, bearer, device, &a); err != nil {
		return Answer{}, err
	}
	return a, c.registered(ctx, s, bearer, device, &a)
}

// bearer gets a token by client credentials (RFC 6749 section 4.4), and keeps it until shortly before its end.
func (c *Client) bearer(ctx context.Context, s Settings) (string, error) {
	c.mu.Lock()
	t, ok := c.tokens[s.directory()]
	c.mu.Unlock()
	if ok && c.now().Before(t.until) {
		return t.value, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID}, "client_secret": {s.Secret}, "scope": {s.Graph + "/.default"}}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Login+"/"+url.PathEscape(s.Tenant)+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"`
		Error   string `json:"error"`
	}
	status, err := c.send(s, q, &answer)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK || answer.Token == "" || !strings.EqualFold(answer.Type, "Bearer") {
		return "", errors.New("no token for Graph: status " + strconv.Itoa(status) + " " + strconv.Quote(answer.Error))
	}
	t = token{answer.Token, c.now().Add(time.Duration(min(max(answer.Expires-60, 0), 86_400)) * time.Second)}
	c.mu.Lock()
	c.tokens[s.directory()] = t
	c.mu.Unlock()
	return t.value, nil
}

// send makes a request and reads its JSON. It heeds throttling (429 and 503 with Retry-After).
func (c *Client) send(s Settings, q *http.Request, into any) (int, error) {
	res, err := c.http.Do(q)
	if err != nil {
		return 0, scrub(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable {
		c.mu.Lock()
		c.pause[s.directory()] = c.now().Add(retryAfter(res.Header.Get("Retry-After"), c.now()))
		c.mu.Unlock()
		return 0, errors.New("Graph is throttling: " + res.Status)
	}
	if res.StatusCode == http.StatusUnauthorized {
		c.mu.Lock()
		delete(c.tokens, s.directory()) // the next look-up gets a new one
		c.mu.Unlock()
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, scrub(err)
	case len(body) > maxAnswer:
		return 0, errors.New("the answer is too large")
	}
	if err := json.Unmarshal(body, into); err != nil && res.StatusCode == http.StatusOK {
		return 0, errors.New("the answer is not JSON")
	}
	return res.StatusCode, nil
}

// scrub leaves the address out of an error, which names the device.
func scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3); a minute when there is neither.
func retryAfter(text string, now time.Time) time.Duration {
	wait := time.Minute
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		wait = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, time.Second), maxPause)
}

// get asks Graph for one address below its own origin.
func (c *Client) get(ctx context.Context, s Settings, bearer, address string, into any) (int, error) {
	if !strings.HasPrefix(address, s.Graph+"/") {
		return 0, errors.New("the next page is on another host") // a bearer token must not go there
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	q.Header.Set("Authorization", "Bearer "+bearer)
	q.Header.Set("Accept", "application/json")
	return c.send(s, q, into)
}
