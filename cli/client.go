package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/buildinfo"
)

// client asks a Referee.
type client struct {
	base, token, tenant string
	http                *http.Client
}

// maxAnswer bounds an answer that is not a stream.
const maxAnswer = 64 << 20

// open sends a request and returns the answer, whose body the caller closes. path is below /api/v2.
func (c *client) open(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	const op = "cli.request"
	var r io.Reader
	kind := "application/json"
	if raw, ok := body.([]byte); ok {
		r, kind = bytes.NewReader(raw), "application/octet-stream"
	} else if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fault.As(err, fault.Internal, op, path)
		}
		r = bytes.NewReader(text)
	}
	target := c.base + "/api/v2" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, r)
	if err != nil {
		return nil, fault.As(err, fault.Invalid, op, path)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("User-Agent", "referee-cli/"+buildinfo.Get().Version)
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.base, Msg: "no answer", Help: "is Referee running, and is this its address? With a private certificate authority give --ca-file", Err: err}
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4<<20)) // what came is shown
		return nil, newServerError(res.StatusCode, text)
	}
	return res, nil
}

// ask sends a request and returns the answer's body.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, body any) ([]byte, error) {
	res, err := c.open(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		return nil, fault.New(fault.Limited, "cli.request", "the answer is larger than %d MiB", maxAnswer>>20)
	}
	return text, fault.As(err, fault.Unavailable, "cli.request", path)
}

// all reads every page of a list and returns the items, joined into one answer.
func (c *client) all(ctx context.Context, path string, query url.Values, limit int) ([]byte, error) {
	type page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next,omitempty"`
	}
	out := page{Items: []json.RawMessage{}}
	if query == nil {
		query = url.Values{}
	}
	for {
		most := 1000
		if limit > 0 {
			most = min(most, limit-len(out.Items))
		}
		query.Set("limit", strconv.Itoa(most))
		text, err := c.ask(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return nil, err
		}
		var p page
		if err := json.Unmarshal(text, &p); err != nil {
			return nil, fault.As(err, fault.Unavailable, "cli.request", path)
		}
		out.Items = append(out.Items, p.Items...)
		if p.Next == "" || limit > 0 && len(out.Items) >= limit {
			return json.Marshal(out)
		}
		query.Set("cursor", p.Next)
	}
}

// mine returns the path of the tenant to work on. Without one named, it is the token's, or the only one there is.
func (c *client) mine(ctx context.Context) (string, error) {
	if c.tenant == "" {
		var who struct{ Tenant string }
		if err := c.into(ctx, "/whoami", &who); err != nil {
			return "", err
		}
		c.tenant = who.Tenant
		if who.Tenant == "*" {
			var list struct{ Items []struct{ ID string } }
			if err := c.into(ctx, "/tenants", &list); err != nil {
				return "", err
			}
			if len(list.Items) != 1 {
				return "", &fault.Error{Kind: fault.Invalid, Op: "cli.tenant", Msg: fmt.Sprintf("there are %d tenants, and none is named", len(list.Items)), Help: `give --tenant or set REFEREE_TENANT; "referee tenant list" shows them`}
			}
			c.tenant = list.Items[0].ID
		}
	}
	return "/tenants/" + url.PathEscape(c.tenant), nil
}

func (c *client) into(ctx context.Context, path string, to any) error {
	text, err := c.ask(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return err
	}
	return fault.As(json.Unmarshal(text, to), fault.Unavailable, "cli.request", path)
}

// serverError is a problem document.
type serverError struct {
	Type, Title, Detail, Help, Request string
	Status                             int
	Errors                             []struct {
		Message, Location, File, Document, Advice, Code, Severity string
		Line, Column                                              int
	}
}

func newServerError(status int, text []byte) error {
	p := &serverError{}
	if json.Unmarshal(text, p) != nil || p.Type == "" {
		p.Type, p.Detail = "urn:referee:unavailable", fmt.Sprintf("the server answered with status %d, which is not Referee's", status)
	}
	p.Status = status
	return p
}

func (p *serverError) Error() string { return p.Detail }

// As gives the kind to package fault: the last part of a problem's type is the kind's name.
func (p *serverError) As(target any) bool {
	f, ok := target.(**fault.Error)
	if !ok {
		return false
	}
	name := strings.ReplaceAll(strings.TrimPrefix(p.Type, "urn:referee:"), "-", "_")
	for k := fault.Internal; k <= fault.Canceled; k++ {
		if k.String() == name {
			*f = &fault.Error{Kind: k, Msg: p.Detail, Help: p.Help}
			return true
		}
	}
	*f = &fault.Error{Kind: fault.Internal, Msg: p.Detail}
	return true
}

// write shows the problem: every mistake in a line of its own, in the form that editors jump to.
func (p *serverError) write(w io.Writer) {
	fmt.Fprintln(w, "referee: "+p.Detail)
	for _, m := range p.Errors {
		fmt.Fprintln(w, "  "+mistakeLine(m.File, m.Line, m.Column, m.Document, m.Location, m.Message, m.Advice, m.Code))
	}
	if p.Help != "" {
		fmt.Fprintln(w, "  "+p.Help)
	}
	if p.Status >= 500 && p.Request != "" {
		fmt.Fprintln(w, "  request "+p.Request)
	}
}

func mistakeLine(file string, line, column int, document, path, message, advice, code string) string {
	var b strings.Builder
	if file != "" {
		b.WriteString(file + ":")
	}
	if line > 0 {
		fmt.Fprintf(&b, "%d:%d:", line, column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	for _, part := range []string{document, path} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(message)
	if advice != "" {
		b.WriteString("; " + advice)
	}
	if code != "" {
		b.WriteString(" (" + code + ")")
	}
	return b.String()
}
