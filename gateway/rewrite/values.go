package rewrite

import (
	"bytes"
)

// values maps hosts in values that are there whole.
type values struct {
	hosts *lookup
	rules []Replacement
	out   bytes.Buffer
	lit   literal
}

func newValues(opt Options) *values {
	l := newLookup(opt.Hosts)
	return &values{hosts: l, rules: opt.Replace, lit: literal{hosts: l}}
}

// What url and code give holds until the next call.

// url maps the addresses in a value: one, a list, or one within another's query. nil: nothing changes.
func (v *values) url(value []byte) []byte {
	script := scripted(value)
	if script {
		return v.code(value)
	}
	if repl := v.literal(value, contextURL); repl != nil {
		return repl
	}
	if bytes.ContainsAny(value, "\\&@%\t\r\n") {
		return v.odd(value)
	}
	return nil
}

// simple maps the commonest address: "https://host/path" without anything in it that could hold another. It gives where the
// host begins, and what it becomes; "" for any other address.
func (v *values) simple(value []byte) (from int, mapped string) {
	const scheme = "https://"
	if len(value) <= len(scheme) || string(value[:len(scheme)]) != scheme {
		return 0, ""
	}
	rest := value[len(scheme):]
	n := 0
	for n < len(rest) && hostByte[rest[n]] {
		n++
	}
	if n == len(rest) || rest[n] != '/' || n > maxHost || rest[n-min(n, 1)] == '.' {
		return 0, ""
	}
	for _, c := range rest[n+1:] {
		switch c {
		case '/', '?', '=', '#', '-', '_', '.':
			continue
		}
		if !hostByte[c] {
			return 0, ""
		}
	}
	if bytes.Contains(rest[n:], []byte("//")) {
		return 0, ""
	}
	mapped, _ = v.hosts.mapped(rest[:n], "", false)
	return len(scheme), mapped
}

// scripted reports "javascript:".
func scripted(value []byte) bool {
	value = bytes.TrimLeft(value, " \t\r\n\f")
	return len(value) > 11 && value[0]|0x20 == 'j' && bytes.EqualFold(value[:11], []byte("javascript:"))
}

// code maps host names in script or style. nil: nothing changes.
func (v *values) code(value []byte) []byte {
	if len(v.rules) > 0 {
		if changed := replaceAll(value, v.rules); changed != nil {
			if repl := v.literal(changed, contextCode); repl != nil {
				return repl
			}
			return changed
		}
	}
	return v.literal(value, contextCode)
}

// stream maps host names in code that comes piece by piece.
func (v *values) stream() transformer {
	l := newLiteral(v.hosts, contextCode)
	if len(v.rules) == 0 {
		return l
	}
	return &replacer{rules: v.rules, next: l}
}

func (v *values) literal(value []byte, where context) []byte {
	if bytes.IndexByte(value, '.') < 0 {
		return nil
	}
	v.out.Reset()
	v.lit.where, v.lit.n, v.lit.buf = where, 0, v.lit.buf[:0]
	if changed, err := v.lit.transform(&v.out, value, true); err != nil || !changed {
		return nil
	}
	return v.out.Bytes()
}

// lookup remembers what the hosts of one body map to, so that a host that comes a hundred times is looked up once.
type lookup struct {
	hosts Hosts
	known map[string]string // "" for a host that isn't mapped
	key   []byte
}

// maxKnown bounds what is remembered of one body.
const maxKnown = 1024

func newLookup(h Hosts) *lookup { return &lookup{hosts: h, known: map[string]string{}} }

// mapped maps an authority in whatever case. http: the scheme's default port is 80.
func (l *lookup) mapped(host []byte, port string, http bool) (string, bool) {
	l.key = l.key[:0]
	for _, c := range host {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		l.key = append(l.key, c)
	}
	if port != "" && port != "443" && (port != "80" || !http) {
		l.key = append(l.key, ':')
		l.key = append(l.key, port...)
	}
	if m, ok := l.known[string(l.key)]; ok {
		return m, m != ""
	}
	real := string(l.key)
	m, ok := l.hosts.Mapped(real)
	if !ok {
		m = ""
	}
	if len(l.known) < maxKnown {
		l.known[real] = m
	}
	return m, ok
}
