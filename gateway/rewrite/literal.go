package rewrite

import (
	"bytes"
	"io"
	"strings"
)

// context says where a host name counts as one.
type context uint8

const (
	contextURL  context = iota // after "//" in any of its spellings: attributes, CSS, JSON fields
	contextCode                // also alone in quotes, as scripts write hosts and origins
)

// literal maps host names in text. A host name is a maximal run of letters, digits, dots and hyphens, with an
// optional port, that stands after "//" ("\/\/", "%2F%2F", "\u002f\u002f" and "\x2f\x2f" count), or, in code,
// alone between quotes; and that the map knows. Bare suffixes such as ".example.com" are left alone, since
// scripts compare with them.
type literal struct {
	hosts  Hosts
	where  context
	before [tail]byte // the last bytes before buf, for looking behind
	n      int        // how many of before are set
	buf    []byte     // not settled
}

const (
	tail    = 12  // longest spelling of "//" is "\u002f\u002f"
	maxHost = 253 // RFC 1035 section 2.3.4
	ahead   = 12  // after a run: a port in any spelling, a quote
)

func newLiteral(h Hosts, where context) *literal { return &literal{hosts: h, where: where} }

// hostByte holds the bytes of host names.
var hostByte = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-" {
		t[c] = true
	}
	return t
}()

func (l *literal) transform(w io.Writer, piece []byte, end bool) (changed bool, err error) {
	text := piece
	if len(l.buf) > 0 {
		l.buf = append(l.buf, piece...)
		text = l.buf
	}
	done := 0 // written up to here
	for at := 0; ; {
		start, stop := nextRun(text, at)
		if start < 0 {
			break
		}
		if stop+ahead > len(text) && !end && stop-start <= maxHost+tail {
			// The run, or what tells whether it is a host, may go on in the next piece.
			return changed, l.keep(w, text, done, start)
		}
		if !l.candidate(text, start) {
			at = stop
			continue
		}
		if mapped, from, to, ok := l.match(text, start, stop); ok {
			if _, err := w.Write(text[done:from]); err != nil {
				return changed, err
			}
			if _, err := io.WriteString(w, mapped); err != nil {
				return changed, err
			}
			done, changed = to, true
			stop = to
		}
		at = stop
	}
	return changed, l.keep(w, text, done, len(text))
}

// keep writes text[done:hold], remembers its last bytes, and keeps text[hold:] for the next piece.
func (l *literal) keep(w io.Writer, text []byte, done, hold int) error {
	if done < hold {
		if _, err := w.Write(text[done:hold]); err != nil {
			return err
		}
	}
	if hold > 0 {
		if hold >= tail {
			l.n = copy(l.before[:], text[hold-tail:hold])
		} else {
			joined := append(append([]byte(nil), l.before[:l.n]...), text[:hold]...)
			l.n = copy(l.before[:], joined[max(0, len(joined)-tail):])
		}
	}
	l.buf = append(l.buf[:0], text[hold:]...)
	return nil
}

// nextRun finds the next run of host bytes that holds a dot and no dot at its start. Runs are found from their
// dots, which are far rarer in text than letters.
func nextRun(text []byte, at int) (start, stop int) {
	for at < len(text) {
		i := bytes.IndexByte(text[at:], '.')
		if i < 0 {
			// The tail may be the beginning of a run whose dot is yet to come.
			start = len(text)
			for start > at && hostByte[text[start-1]] && len(text)-start <= maxHost {
				start--
			}
			if start == len(text) {
				return -1, -1
			}
			return start, len(text)
		}
		dot := at + i
		start, stop = dot, dot+1
		for start > at && hostByte[text[start-1]] {
			start--
		}
		for stop < len(text) && hostByte[text[stop]] {
			stop++
		}
		if start < dot {
			return start, stop
		}
		at = stop
	}
	return -1, -1
}

// candidate is the cheap test that most runs of a script fail: only a slash, an escape or, in code, a quote may
// come right before a host.
func (l *literal) candidate(text []byte, start int) bool {
	var prev byte
	switch {
	case start > 0:
		prev = text[start-1]
	case l.n > 0:
		prev = l.before[l.n-1]
	}
	switch prev {
	case '/', '%', '\\':
		return true
	case '"', '\'', '`':
		return l.where == contextCode
	}
	return false
}

// match decides whether text[start:stop] is a host that is mapped, and gives what takes the place of
// text[from:to].
func (l *literal) match(text []byte, start, stop int) (mapped string, from, to int, ok bool) {
	from = start + escapeLen(l.behind(text, start, 1), text[start:stop])
	run := text[from:stop]
	if len(run) == 0 || len(run) > maxHost {
		return "", 0, 0, false
	}
	spelling := l.slashes(text, from)
	quoted := spelling == slashNone && l.where == contextCode && l.inQuotes(text, from, stop)
	if spelling == slashNone && !quoted {
		return "", 0, 0, false
	}
	host := lower(bytes.TrimSuffix(run, []byte(".")))
	to = from + len(host)
	port, end := portAfter(text, to)
	if quoted {
		port, end = "", to
		if p, e := portAfter(text, to); p != "" {
			port, end = p, e
		}
	}
	authority := host
	if port != "" && port != "443" {
		authority = host + ":" + port
	}
	mapped, ok = l.hosts.Mapped(authority)
	if !ok || !boundary(text, end) {
		return "", 0, 0, false
	}
	if spelling == slashPercent {
		mapped = strings.ReplaceAll(mapped, ":", "%3A")
	}
	return mapped, from, end, true
}

// lower returns ASCII lower case.
func lower(b []byte) string {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			return strings.ToLower(string(b))
		}
	}
	return string(b)
}

// escapeLen returns how many bytes at the start of a run belong to an escape before it: "2F" of "%2F", "u002f"
// of "\u002f", "x2f" of "\x2f".
func escapeLen(prev string, run []byte) int {
	has := func(prefix string) bool {
		return len(run) >= len(prefix) && strings.EqualFold(string(run[:len(prefix)]), prefix)
	}
	switch {
	case prev == "%" && has("2f"):
		return 2
	case prev == `\` && has("u002f"):
		return 5
	case prev == `\` && has("x2f"):
		return 3
	}
	return 0
}

// slash says how "//" is spelled before a host.
type slash uint8

const (
	slashNone slash = iota
	slashPlain
	slashPercent
)

// slashes reports the spelling of "//" that ends right before at.
func (l *literal) slashes(text []byte, at int) slash {
	b := l.behind(text, at, tail)
	switch {
	case strings.HasSuffix(b, "//"), strings.HasSuffix(b, `\/\/`), strings.HasSuffix(b, `\/`) && strings.HasSuffix(b, `/\/`):
		return slashPlain
	case hasSuffixFold(b, `%2f%2f`):
		return slashPercent
	case hasSuffixFold(b, `\u002f\u002f`), hasSuffixFold(b, `\x2f\x2f`):
		return slashPlain
	}
	return slashNone
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// inQuotes reports whether a run, with its port, stands alone between equal quotes.
func (l *literal) inQuotes(text []byte, from, stop int) bool {
	q := l.behind(text, from, 1)
	if q != `"` && q != `'` && q != "`" {
		return false
	}
	end := stop
	if _, e := portAfter(text, stop); e > stop {
		end = e
	}
	return end < len(text) && text[end] == q[0]
}

// behind returns up to n bytes before at, across the edge of the last piece.
func (l *literal) behind(text []byte, at, n int) string {
	if at >= n {
		return string(text[at-n : at])
	}
	earlier := l.before[:l.n]
	if need := n - at; need < len(earlier) {
		earlier = earlier[len(earlier)-need:]
	}
	return string(earlier) + string(text[:at])
}

// portAfter reads ":8443" or "%3A8443" after a host.
func portAfter(text []byte, at int) (port string, end int) {
	i := at
	switch {
	case i < len(text) && text[i] == ':':
		i++
	case i+2 < len(text) && strings.EqualFold(string(text[i:i+3]), "%3a"):
		i += 3
	default:
		return "", at
	}
	digits := i
	for i < len(text) && i-digits < 6 && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	if i == digits || i-digits > 5 {
		return "", at
	}
	return string(text[digits:i]), i
}

// boundary reports whether an authority may end at end: at what follows one in a URL, in a string, or at the
// end of the text.
func boundary(text []byte, end int) bool {
	if end >= len(text) {
		return true
	}
	switch text[end] {
	case '/', ':', '?', '#', '"', '\'', '`', '\\', '%', ' ', '\t', '\r', '\n', ')', ',', ';', '<', '>', '&', '|', '$', ']', '}', '*':
		return true
	}
	return false
}
