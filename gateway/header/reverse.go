package header

import (
	"bytes"
	"strings"
)

// Reverse replaces every mapped authority in s by the real one: in a URL, in a query where the URL is escaped once
// or more often, in JSON with escaped slashes. All mapped hosts end in the suffix, so one search finds out that
// there is nothing to do, which is nearly always. It never allocates then.
func (m *Mapper) Reverse(s string) string {
	if m.Suffix == "" || !strings.Contains(s, m.Suffix) {
		return s
	}
	var b strings.Builder
	done := 0
	for at := 0; ; {
		i := strings.Index(s[at:], m.Suffix)
		if i < 0 {
			break
		}
		from, to, real, ok := m.find(s, at+i, done)
		at += i + len(m.Suffix)
		if !ok {
			continue
		}
		b.WriteString(s[done:from])
		b.WriteString(real)
		done, at = to, to
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// ReverseBytes is [Mapper.Reverse] for a body that is held whole. It returns body itself when nothing changes.
func (m *Mapper) ReverseBytes(body []byte) []byte {
	if m.Suffix == "" || !bytes.Contains(body, []byte(m.Suffix)) {
		return body
	}
	in := string(body)
	if out := m.Reverse(in); out != in {
		return []byte(out)
	}
	return body
}

// find looks at the suffix found at i: it extends left over the host name, not further than floor, and right over a
// port, however that is escaped.
func (m *Mapper) find(s string, i, floor int) (from, to int, real string, ok bool) {
	from = i
	for from > floor && isHostByte(s[from-1]) {
		from--
	}
	from += escapedPrefix(s, from, i)
	if from == i { // the apex itself, or somebody else's name that ends alike
		return 0, 0, "", false
	}
	to = i + len(m.Suffix)
	if to < len(s) && isHostByte(s[to]) { // a longer name
		return 0, 0, "", false
	}
	host := s[from:to]
	colon, digits := port(s[to:])
	if digits != "" {
		if real, ok = m.Hosts.Real(lower(host) + portSuffix(digits)); ok {
			to += len(colon) + len(digits)
		}
	} else {
		real, ok = m.Hosts.Real(lower(host))
	}
	if !ok {
		return 0, 0, "", false
	}
	if name, p, has := strings.Cut(real, ":"); has {
		if colon == "" {
			colon = colonLike(s[:from])
		}
		real = name + colon + p
	}
	return from, to, real, true
}

func portSuffix(digits string) string {
	if digits == "443" {
		return ""
	}
	return ":" + digits
}

// escapedPrefix says how many bytes at the start of a run of host bytes belong to an escape before it: the "2F" of
// "%2Flabel", the "252F" of "%252Flabel", the "u002F" of "\u002Flabel".
func escapedPrefix(s string, from, end int) int {
	if from == 0 {
		return 0
	}
	run := s[from:end]
	switch s[from-1] {
	case '%':
		n := 0
		for strings.HasPrefix(run[n:], "25") && len(run) >= n+4 && isHex(run[n+2]) && isHex(run[n+3]) {
			n += 2
		}
		if len(run) >= n+2 && isHex(run[n]) && isHex(run[n+1]) {
			return n + 2
		}
	case '\\':
		if len(run) >= 5 && run[0] == 'u' {
			return 5
		}
		if len(run) >= 3 && run[0] == 'x' {
			return 3
		}
	}
	return 0
}

// port reads ":8443", "%3A8443", "%253A8443", "\u003a8443" at the start of s.
func port(s string) (colon, digits string) {
	n := 0
	switch {
	case strings.HasPrefix(s, ":"):
		n = 1
	case strings.HasPrefix(s, "%"):
		n = 1
		for strings.HasPrefix(s[n:], "25") {
			n += 2
		}
		if len(s) < n+2 || !strings.EqualFold(s[n:n+2], "3a") {
			return "", ""
		}
		n += 2
	case len(s) >= 6 && strings.EqualFold(s[:6], `\u003a`):
		n = 6
	default:
		return "", ""
	}
	end := n
	for end < len(s) && end < n+6 && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	if end == n || end == n+6 {
		return "", ""
	}
	return s[:n], s[n:end]
}

// colonLike returns a colon escaped as the slashes right before an authority are.
func colonLike(before string) string {
	if i := strings.LastIndexByte(before, '%'); i >= 0 && len(before)-i <= 9 && strings.HasSuffix(strings.ToUpper(before), "2F") {
		return "%" + before[i+1:len(before)-2] + "3A"
	}
	return ":"
}

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || 'A' <= c && c <= 'Z' || c == '_'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
