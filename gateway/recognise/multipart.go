package recognise

import (
	"bytes"
	"strings"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// formScanner scans a multipart/form-data body (RFC 7578, RFC 2046 section 5.1), or one of multipart/related. It is strict where lenient
// parsers differ: bare LF before a boundary, a boundary that something follows, and headers without an end are
// errors, because the app might see a file where a lenient reading here sees none.
type formScanner struct {
	delimiter []byte // LF "--" boundary; the CR before it is checked
	state     partState
	file      model.File
	isFile    bool
	coded     bool // says that its bytes are written some other way than plain
	announced bool
	related   *related // of a body that is not a form
}

// maxHeaders is how long a part's headers may be.
const maxHeaders = 64 << 10

type partState uint8

const (
	partPreamble partState = iota
	partHeaders
	partContent
	partEpilogue
)

func newFormScanner(boundary string) *formScanner {
	return &formScanner{delimiter: []byte("\n--" + boundary)}
}

func malformed(why string) error {
	return &fault.Error{Kind: fault.Invalid, Op: "upload", Key: "multipart", Msg: why, Help: "send parts divided by CRLF and the boundary, as RFC 2046 section 5.1 says"}
}

func (m *formScanner) scan(b *Body, buf []byte, ended bool) (int, bool, error) {
	switch m.state {
	case partPreamble:
		return m.preamble(buf, ended)
	case partHeaders:
		return m.headers(buf, ended)
	case partContent:
		return m.content(b, buf, ended)
	}
	return len(buf), true, nil
}

// preamble looks for the first boundary, which has no line before it.
func (m *formScanner) preamble(buf []byte, ended bool) (int, bool, error) {
	opening := m.delimiter[1:]
	if len(buf) < len(opening)+2 && !ended {
		return 0, true, nil
	}
	if bytes.HasPrefix(buf, opening) {
		return m.boundary(buf, len(opening), ended)
	}
	i := bytes.Index(buf, m.delimiter)
	switch {
	case i < 0 && ended:
		return 0, false, malformed("the body holds no boundary")
	case i < 0:
		return max(0, len(buf)-len(m.delimiter)-2), true, nil
	case i == 0 || buf[i-1] != '\r':
		return 0, false, malformed("a boundary follows a bare line feed")
	case len(buf) < i+len(m.delimiter)+2 && !ended:
		return max(0, i-1), true, nil
	}
	return m.boundary(buf, i+len(m.delimiter), ended)
}

// boundary reads what follows a boundary that ends at end: "--" closes the body, white space and CRLF begin a
// part's headers. It returns 0 bytes and asks for more while the line is not whole.
func (m *formScanner) boundary(buf []byte, end int, ended bool) (int, bool, error) {
	rest := buf[end:]
	if bytes.HasPrefix(rest, []byte("--")) {
		m.state = partEpilogue
		return end + 2, false, nil
	}
	padding := len(rest) - len(bytes.TrimLeft(rest, " \t"))
	rest = rest[padding:]
	switch {
	case padding > 64:
		return 0, false, malformed("a boundary is followed by too much white space")
	case bytes.HasPrefix(rest, []byte("\r\n")):
		m.state = partHeaders
		return end + padding + 2, false, nil
	case len(rest) < 2 && !ended:
		return 0, true, nil
	}
	return 0, false, malformed("a boundary is followed by something else than a line end")
}

// headers waits for a part's whole header block and reads whether the part is a file.
func (m *formScanner) headers(buf []byte, ended bool) (int, bool, error) {
	end := bytes.Index(buf, []byte("\r\n\r\n"))
	if bytes.HasPrefix(buf, []byte("\r\n")) {
		end = -2 // no headers at all
	}
	switch {
	case end == -1 && ended:
		return 0, false, malformed("a part's headers have no end")
	case end > maxHeaders, end == -1 && len(buf) > maxHeaders:
		return 0, false, malformed("a part's headers are longer than 64 kB")
	case end == -1:
		return 0, true, nil
	}
	block := ""
	if end >= 0 {
		block = string(buf[:end])
	}
	if err := m.read(block); err != nil {
		return 0, false, err
	}
	m.state = partContent
	// The last CRLF stays: it may be that of a boundary right after an empty part.
	return end + 2, false, nil
}

// read takes name and type from a part's headers. Any hint of a file makes the part one.
func (m *formScanner) read(block string) error {
	m.file, m.isFile, m.coded, m.announced = model.File{Size: -1}, false, false, false
	dispositions, types := 0, 0
	if strings.Contains("\n"+block, string(m.delimiter)) {
		return malformed("a boundary stands among a part's headers") // an app may end the part there
	}
	for line := range strings.SplitSeq(block, "\r\n") {
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' || strings.ContainsAny(line, "\r\n\x00") {
			return malformed("a part's header is folded or holds a control character")
		}
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			return malformed("a part's header has no colon")
		}
		if !isToken(key) {
			return malformed("the name of a part's header is no token (RFC 9110 section 5.6.2)")
		}
		switch strings.ToLower(key) {
		case "content-disposition":
			dispositions++
			if strings.Contains(strings.ToLower(value), "filename") {
				m.isFile = true
				m.file.Name = parseDisposition(strings.TrimSpace(value)).name
			}
		case "content-transfer-encoding":
			switch strings.ToLower(strings.TrimSpace(value)) {
			case "7bit", "8bit", "binary":
			default:
				m.coded = true // whatever another such header says
			}
		case "content-type":
			types++
			m.file.MIME, _ = cutType(strings.TrimSpace(value))
			if m.file.MIME != "text/plain" && m.file.MIME != "application/json" && m.file.MIME != "application/x-www-form-urlencoded" {
				m.isFile = true
			}
		}
	}
	if dispositions > 1 {
		return malformed("a part has two Content-Disposition headers")
	}
	if m.related != nil {
		return m.related.part(m, types)
	}
	return nil
}

// isToken reports whether a header's name is one. White space around it counts for one reader and not for another.
func isToken(name string) bool {
	for i := range len(name) {
		c := name[i] | 0x20
		if (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(name[i])) {
			return false
		}
	}
	return name != ""
}

// content lets a part's bytes go up to the next boundary. buf begins with the CRLF that ended the headers when
// the part has just begun, and with content otherwise.
func (m *formScanner) content(b *Body, buf []byte, ended bool) (int, bool, error) {
	start := 0
	if !m.announced {
		start = 2
		if len(buf) < 2 {
			if ended {
				return 0, false, malformed("the body ends inside a part")
			}
			return 0, true, nil
		}
	}
	from := max(0, start-1) // the LF that ended the headers may begin a boundary
	i := bytes.Index(buf[from:], m.delimiter)
	end, complete := 0, false
	switch {
	case i < 0 && ended:
		return 0, false, malformed("the body ends inside a part")
	case i < 0:
		end = max(start, len(buf)-len(m.delimiter)-1)
	default:
		i += from
		if i == 0 || buf[i-1] != '\r' {
			return 0, false, malformed("a boundary follows a bare line feed")
		}
		if len(buf) < i+len(m.delimiter)+2 && !ended {
			if !m.announced && i-1-start < HeadSize {
				return 0, true, nil
			}
			end = max(start, i-1)
			break
		}
		end, complete = max(start, i-1), true
	}
	data := buf[start:end]
	if !m.announced {
		if len(data) < HeadSize && !complete {
			return 0, true, nil
		}
		m.announced = true
		head := data[:min(len(data), HeadSize)]
		if m.isFile = m.isFile && !(m.file.Name == "" && len(data) == 0 && complete) || natureOf(head) == natureFile; m.isFile {
			if err := b.begin(m.related.names(m.file, m.coded), head); err != nil {
				return 0, false, err
			}
		}
	}
	if m.isFile {
		b.feed(data)
	}
	if err := m.related.feed(b, data, complete); err != nil {
		return 0, false, err
	}
	if !complete {
		return end, true, nil
	}
	ready, more, err := m.boundary(buf, i+len(m.delimiter), ended)
	switch {
	case err != nil:
		return 0, false, err
	case ready == 0:
		return end, true, nil // the boundary's line is not whole yet; it stays
	case m.isFile:
		b.done(nil)
	}
	return ready, more, nil
}
