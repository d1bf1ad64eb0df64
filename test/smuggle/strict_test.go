package smuggle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

// message is one request as a server without any tolerance reads it.
type message struct {
	method, target string
	head           []byte              // with the empty line
	fields         map[string][]string // by name in lower case
	body           []byte
}

// errViolation marks bytes that two servers may read differently.
type errViolation struct{ what string }

func (e errViolation) Error() string { return e.what }

func violation(format string, args ...any) error { return errViolation{fmt.Sprintf(format, args...)} }

// maxHead bounds a head, which the recorder's peers have bounded before.
const maxHead = 256 << 10

// readHead reads up to and with the empty line, also one of bare line feeds, so that a violation is seen whole.
func readHead(r *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return head, err
		}
		if err == nil && (string(line) == "\r\n" || string(line) == "\n") && len(head) > 2 {
			return head, nil
		}
		if len(head) > maxHead {
			return head, violation("a head of more than %d bytes", maxHead)
		}
	}
}

// readMessage reads a request by the letter of RFC 9112, without any of its allowances for lenient readers.
func readMessage(r *bufio.Reader) (*message, error) {
	head, err := readHead(r)
	if err != nil {
		return &message{head: head}, err
	}
	m := &message{head: head, fields: map[string][]string{}}
	if err := m.parseHead(); err != nil {
		return m, err
	}
	return m, m.readBody(r)
}

func (m *message) parseHead() error {
	for i, c := range m.head {
		switch {
		case c == '\n' && (i == 0 || m.head[i-1] != '\r'):
			return violation("a bare line feed")
		case c == '\r' && (i+1 == len(m.head) || m.head[i+1] != '\n'):
			return violation("a bare carriage return")
		case c < 0x20 && c != '\r' && c != '\n' && c != '\t' || c == 0x7f:
			return violation("control character %#02x", c)
		}
	}
	lines := strings.Split(strings.TrimSuffix(string(m.head), "\r\n\r\n"), "\r\n")
	part := strings.Split(lines[0], " ")
	if len(part) != 3 || !isToken(part[0]) || part[1] == "" || part[2] != "HTTP/1.1" {
		return violation("request line %q", lines[0])
	}
	m.method, m.target = part[0], part[1]
	if strings.ContainsFunc(m.target, func(c rune) bool {
		return c < 0x21 || c > 0x7e || c == '#' || c == '\\' || c == '"' || c == '<' || c == '>'
	}) || m.target[0] != '/' && m.target != "*" {
		return violation("target %q", m.target)
	}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) {
			return violation("field line %q", line)
		}
		name = strings.ToLower(name)
		m.fields[name] = append(m.fields[name], strings.Trim(value, " \t"))
	}
	return m.judgeFraming()
}

// judgeFraming refuses what leaves open where the request ends or whom it is for.
func (m *message) judgeFraming() error {
	host, length, coding := m.fields["host"], m.fields["content-length"], m.fields["transfer-encoding"]
	switch {
	case len(host) != 1 || host[0] == "" || strings.ContainsAny(host[0], "@/,? \t"):
		return violation("Host %q", host)
	case len(length) > 0 && len(coding) > 0:
		return violation("Content-Length and Transfer-Encoding")
	case len(length) > 1 || len(coding) > 1:
		return violation("Content-Length %q, Transfer-Encoding %q", length, coding)
	case len(coding) == 1 && coding[0] != "chunked":
		return violation("Transfer-Encoding %q", coding[0])
	}
	if len(length) == 1 {
		if n, err := strconv.ParseUint(length[0], 10, 63); err != nil || strconv.FormatUint(n, 10) != length[0] {
			return violation("Content-Length %q", length[0])
		}
	}
	for name := range m.fields {
		if n := strings.ReplaceAll(name, "_", "-"); n != name && (n == "content-length" || n == "transfer-encoding" || n == "host") {
			return violation("field %q, which some read as %q", name, n)
		}
	}
	return nil
}

func (m *message) readBody(r *bufio.Reader) error {
	if len(m.fields["transfer-encoding"]) == 1 {
		return m.readChunks(r)
	}
	if l := m.fields["content-length"]; len(l) == 1 {
		n, _ := strconv.Atoi(l[0])
		m.body = make([]byte, n)
		if got, err := io.ReadFull(r, m.body); err != nil {
			m.body = m.body[:got]
			return err
		}
	}
	return nil
}

func (m *message) readChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		size, ok := strings.CutSuffix(line, "\r\n")
		n, err := strconv.ParseUint(size, 16, 31)
		if !ok || err != nil || size[0] == '+' || strings.ContainsAny(size, "_xX") {
			return violation("chunk size %q", line)
		}
		if n == 0 {
			break
		}
		data := make([]byte, n+2)
		if _, err := io.ReadFull(r, data); err != nil {
			return err
		}
		if !bytes.HasSuffix(data, []byte("\r\n")) {
			return violation("a chunk that does not end where it says")
		}
		m.body = append(m.body, data[:n]...)
	}
	for { // trailers
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			return nil
		}
		name, _, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) || !strings.HasSuffix(line, "\r\n") {
			return violation("trailer %q", line)
		}
		switch strings.ToLower(name) {
		case "content-length", "transfer-encoding", "host", "cookie", "authorization":
			return violation("trailer %q", line)
		}
	}
}

// isToken is RFC 9110 section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", c))
	})
}

// TestStrictReader makes sure that the judge sees what it is there to see.
func TestStrictReader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw, want string }{
		{"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
		{"body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", ""},
		{"chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", ""},
		{"both", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length and"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "Host"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "Host"},
		{"bare line feed", "GET / HTTP/1.1\nHost: a\r\n\r\n", "bare line feed"},
		{"bare carriage return", "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n", "bare carriage"},
		{"fold", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "field line"},
		{"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "field line"},
		{"NUL", "GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", "control"},
		{"underscore", "GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\n\r\n", "some read"},
		{"signed length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", "Content-Length"},
		{"chunk extension", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a\r\n\r\n", "chunk size"},
		{"chunk overrun", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", "does not end"},
		{"trailer", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n", "trailer"},
		{"absolute", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := readMessage(bufio.NewReader(strings.NewReader(c.raw)))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}
