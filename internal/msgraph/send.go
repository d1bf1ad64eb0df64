package msgraph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// read sends a GET until Graph answers it: again after what passes by itself, as often and as late as Graph asks
// (Microsoft Learn, "Microsoft Graph throttling guidance"), and once more with a new token where the old one was
// taken back.
func (c *Client) read(ctx context.Context, op, address string) ([]byte, error) {
	pause, renewed := waitFirst, false
	for try := 1; ; try++ {
		bearer, err := c.authorise(ctx)
		if err != nil {
			return nil, err
		}
		res, text, err := c.once(ctx, address, bearer)
		switch {
		case err == nil && res.StatusCode == http.StatusOK:
			return text, nil
		case err == nil && res.StatusCode == http.StatusUnauthorized && !renewed:
			c.forget(bearer)
			renewed = true
			continue
		case err == nil && !passing(res.StatusCode):
			return nil, refusal(op, address, c.said(res, text))
		case errors.Is(err, errTooLong):
			return nil, fault.As(err, fault.Unavailable, op, where(address)) // it would be as long again
		case ctx.Err() != nil:
			return nil, fault.As(ctx.Err(), fault.Canceled, op, where(address))
		}
		d, no := pause, (*Refusal)(nil)
		if err == nil {
			no = c.said(res, text)
			d = max(d, no.Wait)
		}
		switch late := try >= triesMost || d > c.config.Patience; {
		case late && err != nil:
			return nil, fault.As(err, fault.Unavailable, op, where(address))
		case late && no.Wait > c.config.Patience && no.Wait > 0:
			return nil, &fault.Error{Kind: fault.Limited, Op: op, Key: where(address), Msg: "Graph asks to wait for " + no.Wait.String(), Help: "try again later", Err: no}
		case late:
			return nil, refusal(op, address, no)
		}
		if err := c.config.Wait(ctx, d); err != nil {
			return nil, fault.As(err, fault.Canceled, op, where(address))
		}
		pause *= 2
	}
}

// passing reports whether an answer may be another one later.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// asked is how long an answer wants the caller to wait: seconds or a date (RFC 9110 section 10.2.3).
func asked(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < 1<<30 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}

func (c *Client) once(ctx context.Context, address, bearer string) (*http.Response, []byte, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+bearer)
	q.Header.Set("Accept", "application/json")
	q.Header.Set("ConsistencyLevel", "eventual") // advanced queries of directory objects need it, others ignore it
	return c.send(q)
}

func (c *Client) send(q *http.Request) (*http.Response, []byte, error) {
	res, err := c.http.Do(q)
	if err != nil {
		var told *url.Error
		if errors.As(err, &told) {
			err = told.Err // without the address, whose query may hold a token
		}
		return nil, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, bodyMost+1))
	if err == nil && len(text) > bodyMost {
		err = errTooLong
	}
	return res, text, err
}

var errTooLong = errors.New("the answer is longer than " + strconv.Itoa(bodyMost) + " bytes")

// where is an address without its query, which may hold a token of a delta query.
func where(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before
}

// Refusal is an answer that is not what was asked for. It is the cause of the faults that say so.
type Refusal struct {
	Status int           // of HTTP
	Text   string        // what Graph or Entra said, for people
	Wait   time.Duration // before the next request, where one was asked for (RFC 9110 section 10.2.3)
}

// Error says what was answered.
func (r *Refusal) Error() string { return r.Text }

// said reads a refusal of Graph's.
func (c *Client) said(res *http.Response, text []byte) *Refusal {
	var said struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	_ = json.Unmarshal(text, &said) // a page of a proxy's says nothing more than its status
	r := &Refusal{Status: res.StatusCode, Text: "Graph answered " + res.Status, Wait: asked(res.Header, c.config.Now())}
	if said.Error.Code != "" {
		r.Text += ": " + clip(said.Error.Code+": "+said.Error.Message)
	}
	return r
}

// refusal is the fault for an answer that will not be another one.
func refusal(op, address string, no *Refusal) error {
	e := &fault.Error{Kind: fault.Unavailable, Op: op, Key: where(address), Err: no}
	switch no.Status {
	case http.StatusUnauthorized:
		e.Kind, e.Help = fault.Unauthenticated, "check the app registration's tenant and that its application permissions have admin consent"
	case http.StatusForbidden:
		e.Kind, e.Help = fault.Denied, "grant the app registration the application permission for this, with admin consent; some parts of Graph need a licence too"
	case http.StatusNotFound, http.StatusGone:
		e.Kind = fault.NotFound
	case http.StatusBadRequest:
		e.Kind = fault.Invalid
	case http.StatusTooManyRequests:
		e.Kind = fault.Limited
	}
	return e
}

func clip(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// authorise returns a bearer that is good for some minutes yet. Callers wait for one another: one token is asked for.
func (c *Client) authorise(ctx context.Context) (string, error) {
	const op = "msgraph.token"
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bearer != "" && c.config.Now().Before(c.until) {
		return c.bearer, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.config.ClientID}, "scope": {c.graph.Scheme + "://" + c.graph.Host + "/.default"}}
	if err := c.prove(form); err != nil {
		return "", fault.Wrap(err, op, c.config.ClientID)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.token, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fault.As(err, fault.Internal, op, c.token)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	begun := c.config.Now()
	res, text, err := c.send(q)
	if err != nil {
		return "", fault.As(err, fault.Unavailable, op, c.token)
	}
	var answer struct {
		Token  string `json:"access_token"`
		Type   string `json:"token_type"`
		Life   int    `json:"expires_in"`
		Error  string `json:"error"`
		Reason string `json:"error_description"`
	}
	if err := json.Unmarshal(text, &answer); err != nil && res.StatusCode == http.StatusOK {
		return "", fault.As(err, fault.Unavailable, op, c.token)
	}
	switch {
	case answer.Error != "" && !passing(res.StatusCode):
		return "", &fault.Error{
			Kind: fault.Unauthenticated, Op: op, Key: c.config.ClientID, Msg: "Entra gives no token: " + clip(answer.Error+": "+answer.Reason),
			Help: "check the tenant, the application id and its secret, which may have expired",
		}
	case res.StatusCode != http.StatusOK || answer.Token == "" || !strings.EqualFold(answer.Type, "Bearer"):
		no := &Refusal{Status: res.StatusCode, Text: "the token endpoint answered " + res.Status + " without a token", Wait: asked(res.Header, c.config.Now())}
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Err: no}
	}
	c.bearer = answer.Token
	life := time.Duration(min(max(answer.Life, 0), 86400)) * time.Second
	c.until = begun.Add(max(life-early, life/2))
	return c.bearer, nil
}

// forget drops a bearer that Graph does not take, unless there is a newer one already.
func (c *Client) forget(bearer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bearer == bearer {
		c.bearer = ""
	}
}
