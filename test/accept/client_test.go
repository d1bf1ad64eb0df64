package accept

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/test/stage"
)

// client is a signed-in person's program that keeps a journal.
type client struct {
	http   *http.Client
	host   string
	cookie string
	rand   *rand.Rand
	j      *journal
	turn   int
	name   string
}

// errClosed refuses new connections: a request that failed with a killed Referee must not be tried again by the
// transport at the next one, where it would be another action.
var errClosed = errors.New("no new connections now")

// newClient makes a client with connections of its own. While gate is false it makes no new ones.
func newClient(s *stage.Stage, p *stage.Person, j *journal, i int, gate *atomic.Bool) *client {
	tr := stage.Loopback(s.CA.RootPool())
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if !gate.Load() {
			return nil, errClosed
		}
		return stage.DialLoopback(ctx, network, addr)
	}
	if i%2 == 1 {
		tr.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // HTTP/1.1
	}
	return &client{http: &http.Client{Transport: tr}, host: p.Host, cookie: stage.CookieHeader(p.Cookie()), rand: rand.New(rand.NewPCG(uint64(i), 1)), j: j, name: fmt.Sprintf("c%d", i)} //nolint:gosec // repeatable
}

func (c *client) nonce() string {
	c.turn++
	return fmt.Sprintf("%s-%d-x", c.name, c.turn)
}

// size is between 1 byte and 4 MB, small ones as often as large ones.
func (c *client) size() int64 { return 1 + int64(c.rand.IntN(1<<(4+c.rand.IntN(19)))) }

// act does one thing of several kinds.
func (c *client) act(ctx context.Context) {
	switch n := c.rand.IntN(10); {
	case n < 5:
		c.download(ctx)
	case n < 6:
		c.pieces(ctx)
	case n < 9:
		c.upload(ctx)
	default:
		c.blocked(ctx)
	}
}

func (c *client) request(ctx context.Context, method, path string, body io.Reader) *http.Request {
	q, err := http.NewRequestWithContext(ctx, method, "https://"+c.host+path, body)
	if err != nil {
		panic(err) // the paths are ours
	}
	stage.Script(q)
	q.Header.Set("Cookie", c.cookie)
	return q
}

// read reads an answer's body to its end and tells first when its first byte is there.
func (c *client) read(body io.Reader, slow bool, first func()) (int64, error) {
	buf := make([]byte, 32<<10)
	var sum int64
	for {
		n, err := body.Read(buf)
		if n > 0 && sum == 0 {
			first()
		}
		sum += int64(n)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return sum, err
		}
		if slow {
			time.Sleep(time.Duration(c.rand.IntN(3)) * time.Millisecond)
		}
	}
}

func (c *client) download(ctx context.Context) {
	e := entry{Nonce: c.nonce(), Kind: "download", Size: c.size()}
	res, err := c.http.Do(c.request(ctx, http.MethodGet, fmt.Sprintf("/get/%s/%d/file.bin", e.Nonce, e.Size), nil))
	if err != nil {
		return
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return
	}
	n, err := c.read(res.Body, c.rand.IntN(4) == 0, func() { c.j.write(e) })
	e.Bytes, e.Ended = n, err == nil
	c.j.write(e)
}

// pieces fetches a file in two ranges; together they are one download.
func (c *client) pieces(ctx context.Context) {
	e := entry{Nonce: c.nonce(), Kind: "pieces", Size: 2 + c.size()}
	for _, r := range [][2]int64{{0, e.Size/2 - 1}, {e.Size / 2, e.Size - 1}} {
		q := c.request(ctx, http.MethodGet, fmt.Sprintf("/get/%s/%d/file.bin", e.Nonce, e.Size), nil)
		q.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", r[0], r[1]))
		res, err := c.http.Do(q)
		if err != nil {
			return
		}
		if res.StatusCode != http.StatusPartialContent {
			res.Body.Close()
			return
		}
		n, err := c.read(res.Body, false, func() { c.j.write(e) })
		res.Body.Close()
		e.Bytes += n
		e.Ended = err == nil && e.Bytes == e.Size
		c.j.write(e)
		if err != nil {
			return
		}
	}
}

func (c *client) upload(ctx context.Context) {
	e := entry{Nonce: c.nonce(), Kind: "upload", Size: c.size()}
	c.j.write(e)
	body := bytes.NewReader(bytes.Repeat(filler, int(e.Size)/len(filler)+1)[:e.Size])
	q := c.request(ctx, http.MethodPut, "/put/"+e.Nonce+"/file.bin", body)
	q.GetBody = nil
	q.Header.Set("Content-Type", "application/octet-stream")
	res, err := c.http.Do(q)
	if err != nil {
		return
	}
	defer res.Body.Close()
	var answer struct{ Bytes int64 }
	if res.StatusCode == http.StatusCreated && json.NewDecoder(res.Body).Decode(&answer) == nil {
		e.Accepted, e.Ended, e.Bytes = true, true, answer.Bytes
		c.j.write(e)
	}
}

func (c *client) blocked(ctx context.Context) {
	e := entry{Nonce: c.nonce(), Kind: "blocked", Size: 1000}
	res, err := c.http.Do(c.request(ctx, http.MethodGet, "/get/"+e.Nonce+"/1000/secret.bin", nil))
	if err != nil {
		return
	}
	defer res.Body.Close()
	var problem struct{ Code string }
	if res.StatusCode == http.StatusForbidden && json.NewDecoder(res.Body).Decode(&problem) == nil {
		e.Code, e.Ended = problem.Code, true
		c.j.write(e)
	}
}
