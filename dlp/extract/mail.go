package extract

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"
)

// maxHeaders bounds the headers of one message.
const maxHeaders = 1 << 20

var words = mime.WordDecoder{CharsetReader: charset.NewReaderLabel}

// mailText is a message of RFC 5322 and MIME: headers with encoded words decoded, bodies, attachments of any kind.
func mailText(x *run, r io.Reader) error {
	in := bufio.NewReaderSize(r, 16<<10)
	head, err := headers(in)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(head))
	if err != nil {
		// No message after all: what is there is read as text.
		return plainText(x, io.MultiReader(bytes.NewReader(head), in))
	}
	return x.entity(m.Header, in)
}

// headers reads up to the empty line that ends a message's headers, and that line.
func headers(in *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		line, err := in.ReadSlice('\n')
		head = append(head, line...)
		switch {
		case len(head) > maxHeaders:
			return nil, badf(Limited, "headers of more than %d MB", maxHeaders>>20)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return append(head, "\r\n\r\n"...), nil
		case err != nil:
			return nil, err
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return head, nil
		}
	}
}

// entity is a message or a part of one: what its headers say, and its body.
func (x *run) entity(head map[string][]string, body io.Reader) error {
	for name, values := range head {
		for _, v := range values {
			text, err := words.DecodeHeader(v)
			if err != nil {
				text = v // a charset that is not known
			}
			if err := x.own(name + ": " + text); err != nil {
				return err
			}
		}
	}
	get := func(name string) string {
		if v := head[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	kind, params, err := mime.ParseMediaType(get("Content-Type"))
	if err != nil {
		kind, params = "text/plain", nil
	}
	switch strings.ToLower(strings.TrimSpace(get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, &only64{bufio.NewReader(body)})
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	switch {
	case kind == "multipart/encrypted", kind == "application/pkcs7-mime" && params["smime-type"] != "signed-data", kind == "application/x-pkcs7-mime" && params["smime-type"] != "signed-data":
		return badf(Encrypted, "the message is encrypted")
	case strings.HasPrefix(kind, "multipart/"):
		return x.multipart(body, params["boundary"])
	}
	_, disposition, _ := mime.ParseMediaType(get("Content-Disposition")) // "" is as good
	name := disposition["filename"]
	if name == "" {
		name = params["name"]
	}
	if text, err := words.DecodeHeader(name); err == nil {
		name = text
	}
	if name == "" {
		name = "body"
	}
	if e, _ := charset.Lookup(params["charset"]); e != nil && strings.HasPrefix(kind, "text/") {
		decoded := io.Reader(&inflating{x, e.NewDecoder().Reader(body)})
		if kind == "text/html" {
			return x.named(name, HTML, func() error { return htmlIn(x, decoded) })
		}
		return x.named(name, Text, func() error { return plainText(x, decoded) })
	}
	return x.packed(name, body)
}

// named reads a part in a way of its own.
func (x *run) named(name string, kind Kind, read func() error) error {
	x.path = append(x.path, name)
	defer func() { x.path = x.path[:len(x.path)-1] }()
	x.res.Parts++
	return x.note(kind, read())
}

func (x *run) multipart(body io.Reader, boundary string) error {
	if boundary == "" {
		return plainText(x, body)
	}
	parts := multipart.NewReader(body, boundary)
	for n := 1; ; n++ {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > 1000 || len(x.path) > x.lim.Depth {
			return badf(Limited, "more than 1000 parts, or %d deep", x.lim.Depth)
		}
		if err := x.named("part "+strconv.Itoa(n), Mail, func() error { return x.entity(p.Header, p) }); err != nil {
			return err
		}
	}
}

// only64 passes the characters of base64 on: mail has others between them.
type only64 struct{ r *bufio.Reader }

func (o *only64) Read(p []byte) (int, error) {
	for {
		n, err := o.r.Read(p)
		kept := 0
		for _, b := range p[:n] {
			if b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/' || b == '=' {
				p[kept] = b
				kept++
			}
		}
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// mailboxText is an mbox (RFC 4155): messages one after another, each behind a line that begins with "From ".
func mailboxText(x *run, r io.Reader) error {
	m := &mailbox{in: bufio.NewReaderSize(r, 16<<10)}
	for n := 1; !m.done; n++ {
		m.begin()
		if m.done {
			break
		}
		if err := x.part("message "+strconv.Itoa(n), Mail, m, nil); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, m); err != nil { // what its reader left
			return err
		}
		if x.res.Parts > x.lim.Parts {
			return nil // it is noted
		}
	}
	return endOfText(m.err)
}

// mailbox reads one message up to the next.
type mailbox struct {
	in      *bufio.Reader
	rest    []byte // of a line
	at      bool   // at the start of a line
	ended   bool   // the message is over
	started bool
	done    bool // nothing follows
	err     error
}

// begin steps over the line that begins a message.
func (m *mailbox) begin() {
	for {
		_, err := m.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		m.done = m.done || err != nil
		m.ended, m.at, m.started = false, true, true
		return
	}
}

func (m *mailbox) Read(p []byte) (int, error) {
	for len(m.rest) == 0 {
		if m.ended || m.done {
			return 0, io.EOF
		}
		if m.at {
			if start, _ := m.in.Peek(5); string(start) == "From " {
				m.ended = true
				continue
			}
		}
		line, err := m.in.ReadSlice('\n')
		m.rest, m.at = line, len(line) > 0 && line[len(line)-1] == '\n'
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			m.done, m.err = true, err
		}
		if m.done && len(line) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}
