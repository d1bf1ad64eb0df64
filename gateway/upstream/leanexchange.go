package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
)

// exchange writes a request and reads the head of its answer. After an error the connection is closed.
func (c *leanConn) exchange(r *http.Request) (res *http.Response, err error) {
	ctx := r.Context()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) }) // wakes whoever waits
	fail := func(err error) (*http.Response, error) {
		stop()
		c.Conn.Close()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	if err := c.write(r); err != nil {
		return fail(errStale)
	}
	if c.t.opt.HeaderTimeout > 0 {
		c.SetReadDeadline(time.Now().Add(c.t.opt.HeaderTimeout))
		if ctx.Err() != nil { // it may have ended in between, and its deadline be gone
			return fail(ctx.Err())
		}
	}
	c.left = headBytes
	if _, err := c.br.Peek(1); err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return fail(err)
		}
		return fail(errStale)
	}
	for {
		if res, err = http.ReadResponse(c.br, r); err != nil {
			return fail(err)
		}
		if res.StatusCode >= 200 {
			break
		}
		if res.StatusCode == http.StatusSwitchingProtocols { // nobody asked for it
			return fail(fault.New(fault.Invalid, "upstream", "the app switched protocols unasked"))
		}
		if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.Got1xxResponse != nil {
			if err := trace.Got1xxResponse(res.StatusCode, textproto.MIMEHeader(res.Header)); err != nil {
				return fail(err)
			}
		}
	}
	c.left = -1
	if c.t.opt.HeaderTimeout > 0 {
		c.SetReadDeadline(time.Time{})
		if ctx.Err() != nil {
			return fail(ctx.Err())
		}
	}
	b := &leanBody{c: c, src: res.Body, stop: stop, keep: !res.Close}
	if res.Body == http.NoBody || r.Method == http.MethodHead || res.ContentLength == 0 {
		b.end()
		res.Body = http.NoBody
		return res, nil
	}
	res.Body = b
	return res, nil
}

// leanBody gives the connection back at its end. It may be closed while it is read.
type leanBody struct {
	c    *leanConn
	src  io.ReadCloser
	stop func() bool
	keep bool
	over atomic.Bool
}

func (b *leanBody) Read(p []byte) (int, error) {
	if b.over.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.src.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		if !b.end() {
			err = http.ErrBodyReadAfterClose
		}
	case err != nil:
		b.Close()
	}
	return n, err
}

// end gives the connection back, unless more came than the answer was long: those bytes belong to nobody.
func (b *leanBody) end() bool {
	if b.over.Swap(true) {
		return false
	}
	clean := b.stop() // false: the request was cancelled, and the connection's deadline with it
	if b.keep && clean && b.c.silent() {
		b.c.t.put(b.c)
	} else {
		b.c.Conn.Close()
	}
	return true
}

// silent reports whether nothing follows the answer, in the reader or in TLS: surplus bytes would become the next answer, to
// somebody else. What arrives later is seen when the connection is taken again.
func (c *leanConn) silent() bool {
	if c.br.Buffered() > 0 || c.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	_, err := c.br.Peek(1) // returns at once, with what is there
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && c.SetReadDeadline(time.Time{}) == nil
}

// Close ends the connection, if the body was not read to its end.
func (b *leanBody) Close() error {
	if !b.over.Swap(true) {
		b.stop()
		b.c.Conn.Close()
	}
	return nil
}

// write writes a request's head.
func (c *leanConn) write(r *http.Request) error {
	w := c.bw
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	w.WriteString(r.Method)
	w.WriteByte(' ')
	w.WriteString(r.URL.RequestURI())
	w.WriteString(" HTTP/1.1\r\nHost: ")
	writeValue(w, host)
	w.WriteString("\r\n")
	for k, values := range r.Header {
		switch k {
		case "Host", "Content-Length", "Transfer-Encoding", "Connection":
			continue // framing is ours
		}
		for _, v := range values {
			if k == "User-Agent" && v == "" {
				continue
			}
			w.WriteString(k)
			w.WriteString(": ")
			writeValue(w, v)
			w.WriteString("\r\n")
		}
	}
	w.WriteString("\r\n")
	return w.Flush() // a writer remembers its first error
}

// writeValue writes a value without what would end the line: no value may add a field or a request.
func writeValue(w *bufio.Writer, v string) {
	for i := range len(v) {
		if c := v[i]; c == '\r' || c == '\n' || c == 0 {
			for j := range len(v) {
				if c := v[j]; c == '\r' || c == '\n' || c == 0 {
					w.WriteByte(' ')
				} else {
					w.WriteByte(c)
				}
			}
			return
		}
	}
	w.WriteString(v)
}
