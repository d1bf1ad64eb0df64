package rewrite

import (
	"bytes"
	"strings"
)

// odd maps an address that is written in one of the ways that only URL parsers understand (URL Standard, section 4.4):
// with backslashes, line ends and tabs inside, user names, escaped letters in the host, and character references. Only the
// bytes of scheme and authority change.
func (v *values) odd(value []byte) []byte {
	r := urlReader{value: value}
	r.skipBlanks()
	begin := r.from
	scheme := r.scheme()
	switch scheme {
	case "", "https", "http", "wss", "ws":
	default:
		return nil
	}
	slashes := 0
	for r.ok() && (r.char == '/' || r.char == '\\') {
		slashes++
		r.next()
	}
	if slashes < 2 {
		return nil
	}
	var host []byte
	for r.ok() && r.char != '/' && r.char != '\\' && r.char != '?' && r.char != '#' {
		if r.char == '@' {
			host = host[:0] // what came before is a user's name, which no app needs behind the gateway
		} else {
			host = append(host, r.char)
		}
		r.next()
	}
	stop := r.from
	name, port, _ := strings.Cut(unescapeHost(host), ":")
	mapped, ok := v.hosts.mapped([]byte(name), port, scheme == "http" || scheme == "ws")
	if !ok {
		return nil
	}
	var b bytes.Buffer
	b.Write(value[:begin])
	switch scheme {
	case "http", "https":
		b.WriteString("https://")
	case "ws", "wss":
		b.WriteString("wss://")
	default:
		b.WriteString("//")
	}
	b.WriteString(mapped)
	b.Write(value[stop:])
	return b.Bytes()
}

// urlReader gives the characters of an address without what parsers drop, and where each stands in the value.
type urlReader struct {
	value    []byte
	char     byte
	from, to int
}

func (r *urlReader) ok() bool { return r.from < len(r.value) }

// next goes to the next character that counts.
func (r *urlReader) next() {
	for at := r.to; ; at = r.to {
		r.from = at
		if at >= len(r.value) {
			r.char = 0
			return
		}
		r.char, r.to = r.value[at], at+1
		if r.char == '&' {
			length, text := reference(r.value[at:])
			if len(text) == 1 {
				r.char, r.to = text[0], at+length
			} else if length > 1 {
				r.char, r.to = 0x7f, at+length // no character of a host that is mapped
			}
		}
		if r.char != '\t' && r.char != '\n' && r.char != '\r' {
			return
		}
	}
}

// skipBlanks goes to the first character: parsers drop blanks and controls before it.
func (r *urlReader) skipBlanks() {
	for r.next(); r.ok() && r.char <= ' '; {
		r.next()
	}
}

// scheme reads a scheme with its colon; "" where there is none, and the reader stays.
func (r *urlReader) scheme() string {
	was := *r
	var b []byte
	for r.ok() && len(b) < 6 && letter(r.char) {
		b = append(b, r.char|0x20)
		r.next()
	}
	if r.ok() && r.char == ':' && len(b) > 0 {
		r.next()
		return string(b)
	}
	*r = was
	if len(b) > 0 {
		return "?"
	}
	return ""
}

// unescapeHost decodes a host's percent escapes.
func unescapeHost(host []byte) string {
	var b strings.Builder
	for i := 0; i < len(host); i++ {
		if host[i] == '%' && i+2 < len(host) {
			hi, lo := unhex(host[i+1]), unhex(host[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo)) //nolint:gosec // two hex digits
				i += 2
				continue
			}
		}
		b.WriteByte(host[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
