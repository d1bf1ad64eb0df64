// Package icap asks an ICAP server (RFC 3507) whether content is malware, by response modification.
//
// It owns the protocol and how an answer is read. It sends content as the answer to a made-up request, never a person's
// own request, cookies or address. Layer L4. Begin with [Open].
package icap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Bounds of an answer's head.
const (
	maxHead = 64 << 10
	piece   = 64 << 10
)

// Client asks one service. It is safe for concurrent use: each question has a connection of its own.
type Client struct {
	service *url.URL
	address string
	dial    net.Dialer
}

// Open makes a client of a service such as "icap://127.0.0.1:1344/virus_scan". Nothing is connected to yet.
func Open(service string) (*Client, error) {
	u, err := url.Parse(service)
	if err != nil || u.Scheme != "icap" || u.Hostname() == "" || u.User != nil || len(u.Path) < 2 || u.Fragment != "" {
		return nil, &fault.Error{Kind: fault.Invalid, Op: "icap.Open", Key: service, Msg: "is no address of an ICAP service", Help: `write it such as "icap://127.0.0.1:1344/virus_scan"`}
	}
	port := u.Port()
	if port == "" {
		port = "1344"
	}
	return &Client{service: u, address: net.JoinHostPort(u.Hostname(), port)}, nil
}

// Check sends the content and reads the verdict: what the server calls the malware, "" when it left the content as it is.
func (c *Client) Check(ctx context.Context, content *io.SectionReader, file model.File) (string, error) {
	const op = "icap.Check"
	conn, err := c.dial.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.address, Msg: "does not answer", Help: "is the ICAP server running, and may Referee reach it?", Err: err}
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	done := make(chan error, 1)
	go func() { done <- c.send(conn, content, file) }() // a server may answer before it has heard everything
	name, err := read(bufio.NewReaderSize(conn, 8<<10), content)
	_ = conn.Close()
	if sent := <-done; err != nil && sent != nil {
		err = errors.Join(err, sent)
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		err = &fault.Error{Kind: fault.Unavailable, Op: op, Key: c.address, Msg: "broke off", Err: err}
	}
	return name, err
}

// send writes a RESPMOD request (RFC 3507 section 4.9) whose response is the content.
func (c *Client) send(conn net.Conn, content *io.SectionReader, file model.File) error {
	name := url.PathEscape(file.Name)
	if name == "" {
		name = "file"
	}
	if len(name) > 500 {
		name = name[:500]
	}
	request := "GET http://content.invalid/" + name + " HTTP/1.1\r\nHost: content.invalid\r\n\r\n"
	response := "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " + strconv.FormatInt(content.Size(), 10) + "\r\n\r\n"
	w := bufio.NewWriterSize(conn, piece+64)
	fmt.Fprintf(w, "RESPMOD %s ICAP/1.0\r\nHost: %s\r\nUser-Agent: referee\r\nAllow: 204\r\nConnection: close\r\nEncapsulated: req-hdr=0, res-hdr=%d, res-body=%d\r\n\r\n%s%s",
		c.service, c.service.Host, len(request), len(request)+len(response), request, response)
	buf := make([]byte, piece)
	for at := int64(0); ; {
		n, err := content.ReadAt(buf, at)
		at += int64(n)
		if n > 0 {
			fmt.Fprintf(w, "%x\r\n", n)
			_, _ = w.Write(buf[:n]) // its error is Flush's
			_, _ = w.WriteString("\r\n")
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err // without the last chunk: the server has no whole content
		}
	}
	_, _ = w.WriteString("0\r\n\r\n")
	return w.Flush()
}

// found are headers by which servers say what they found, in the order of how much they tell.
var found = []string{"X-Infection-Found", "X-Virus-Id", "X-Virus-Name", "X-Violations-Found"}

// read reads an answer: 204 leaves the content as it is, and so does 200 that sends the very content back; 200 with one of
// [found], or with a refusal in place of the content, is malware.
func read(r *bufio.Reader, content *io.SectionReader) (string, error) {
	const op = "icap.Check"
	status, header, err := head(r, "ICAP/1.")
	if err != nil {
		return "", err
	}
	for _, key := range found {
		if v := header.Get(key); v != "" {
			return threat(v), nil
		}
	}
	switch status {
	case http.StatusNoContent:
		return "", nil
	case http.StatusOK:
		parts := strings.ReplaceAll(header.Get("Encapsulated"), " ", "")
		if !strings.HasPrefix(parts, "res-hdr=0,") {
			return "", &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the answer is none to a response"}
		}
		replaced, _, err := head(r, "HTTP/1.")
		if err != nil {
			return "", err
		}
		if replaced >= 400 {
			return "malware", nil // the server stands in for the content without saying what it found
		}
		if strings.Contains(parts, ",res-body=") && same(httputil.NewChunkedReader(r), content) || strings.Contains(parts, ",null-body=") && content.Size() == 0 {
			return "", nil
		}
		// fail closed: it changed the content without saying why.
		return "", &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the server changes content without saying that it found something", Help: "use a service that scans, and leaves what is clean as it is"}
	}
	return "", &fault.Error{Kind: fault.Unavailable, Op: op, Msg: "the server answers " + strconv.Itoa(status)}
}

// head reads a status line and header fields, of at most [maxHead] bytes.
func head(r *bufio.Reader, proto string) (int, textproto.MIMEHeader, error) {
	var text []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		if text = append(text, line...); len(text) > maxHead {
			return 0, nil, errors.New("the answer's head is too long")
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(text)))
	line, err := in.ReadLine()
	if err != nil {
		return 0, nil, err
	}
	was, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || !strings.HasPrefix(was, proto) {
		return 0, nil, &fault.Error{Kind: fault.Unavailable, Op: "icap.Check", Msg: "the answer is not one of " + proto + "x"}
	}
	header, err := in.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	return status, header, nil
}

// same reports whether a body is the content, to the last byte.
func same(body io.Reader, content *io.SectionReader) bool {
	got, want := make([]byte, piece), make([]byte, piece)
	for at := int64(0); ; {
		n, err := body.Read(got)
		if m, _ := content.ReadAt(want[:n], at); m != n || !bytes.Equal(got[:n], want[:n]) {
			return false
		}
		at += int64(n)
		if errors.Is(err, io.EOF) {
			return at == content.Size()
		}
		if err != nil {
			return false
		}
	}
}

// threat reads the name out of "Type=0; Resolution=2; Threat=Eicar-Signature;", or takes the whole.
func threat(v string) string {
	for part := range strings.SplitSeq(v, ";") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(part), "Threat="); ok && name != "" {
			return name
		}
	}
	return strings.TrimSpace(v)
}
