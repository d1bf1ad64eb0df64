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

// literal maps host names in text. A host name is a maximal run of letters, digits, dots and hyphens, with an optional
// port, that stands after "//" in one of its spellings (spelling.go) or, in code, alone between quotes; and that the map
// knows. The scheme before it becomes https or wss, since mapped hosts have no other. Bare suffixes such as ".example.com"
// are left alone, since scripts compare with them; a profile's rules may change them.
//
// Names are found by their shape and looked up whole in a hash table, so that the work doesn't grow with the number of
// hosts that are mapped.
type literal struct {
	hosts  *lookup
	where  context
	before [tail]byte // the last bytes before buf, for looking behind
	n      int        // how many of before are set
	buf    []byte     // not settled
	space  [tail]byte
}

const (
	tail    = 48  // "http" and the longest spelling of "://" that is known
	maxHost = 253 // RFC 1035 section 2.3.4
	ahead   = 24  // after a run: a port in any spelling, a quote
)

func newLiteral(h *lookup, where context) *literal { return &literal{hosts: h, where: where} }

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
			return changed, l.keep(w, text, done, max(done, start-tail))
		}
		if !l.candidate(text, start) {
			at = stop
			continue
		}
		if m, ok := l.match(text, start, stop, done); ok {
			if _, err := w.Write(text[done:m.from]); err != nil {
				return changed, err
			}
			if _, err := io.WriteString(w, m.text); err != nil {
				return changed, err
			}
			done, changed = m.to, true
			stop = m.to
		}
		at = stop
	}
	hold := len(text)
	if !end {
		hold = max(done, len(text)-tail)
	}
	return changed, l.keep(w, text, done, hold)
}

func (l *literal) rest() []byte { return l.buf }

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
	case '/', '%', '\\', ';', '}', ' ':
		return true
	case '"', '\'', '`':
		return l.where == contextCode
	}
	return false
}

// found is a host that is mapped: what takes the place of text[from:to].
type found struct {
	text     string
	from, to int
}

// match decides whether text[start:stop] is a host that is mapped. Nothing before floor may change any more.
func (l *literal) match(text []byte, start, stop, floor int) (m found, ok bool) {
	b := l.behind(text, start)
	from := start + escapeLen(b, text[start:stop])
	if from > start {
		b = l.behind(text, from)
	}
	run := text[from:stop]
	if len(run) == 0 || len(run) > maxHost {
		return m, false
	}
	first := slashBefore(b)
	second := 0
	if first > 0 {
		second = slashBefore(b[:len(b)-first])
	}
	if second == 0 && (l.where != contextCode || !inQuotes(b, text, from, stop)) {
		return m, false
	}
	host := bytes.TrimSuffix(run, []byte("."))
	to := from + len(host)
	colon, port, to := portAfter(text, to)
	http, insecure := false, 0
	if second > 0 {
		insecure, http = schemeBefore(b[:len(b)-first-second])
		insecure += first + second
	}
	mapped, ok := l.hosts.mapped(host, port, http)
	if !ok || !boundary(text, to) {
		return m, false
	}
	if at := strings.IndexByte(mapped, ':'); at >= 0 {
		if colon == "" {
			colon = colonLike(b[len(b)-first:])
		}
		mapped = mapped[:at] + colon + mapped[at+1:]
	}
	if http && from-insecure >= floor {
		mapped = "s" + string(b[len(b)-insecure:]) + mapped
		from -= insecure
	}
	return found{mapped, from, to}, true
}

// inQuotes reports whether a run, with its port, stands alone between equal quotes, escaped alike.
func inQuotes(b, text []byte, from, stop int) bool {
	if len(b) == 0 {
		return false
	}
	q := b[len(b)-1]
	if q != '"' && q != '\'' && q != '`' {
		return false
	}
	_, _, end := portAfter(text, stop)
	for i := len(b) - 2; i >= 0 && b[i] == '\\'; i-- {
		if end >= len(text) || text[end] != '\\' {
			return false
		}
		end++
	}
	return end < len(text) && text[end] == q
}

// behind returns up to tail bytes before at, across the edge of the last piece.
func (l *literal) behind(text []byte, at int) []byte {
	if at >= tail {
		return text[at-tail : at]
	}
	earlier := l.before[:l.n]
	if need := tail - at; need < len(earlier) {
		earlier = earlier[len(earlier)-need:]
	}
	return append(append(l.space[:0], earlier...), text[:at]...)
}

// boundary reports whether an authority may end at end: at what follows one in a URL, in a string, or at the
// end of the text.
func boundary(text []byte, end int) bool {
	if end >= len(text) {
		return true
	}
	switch text[end] {
	case '/', ':', '?', '#', '"', '\'', '`', '\\', '%', ' ', '\t', '\r', '\n', ')', ',', ';', '<', '>', '&', '|', '$', ']', '}', '*', '^', '(', '!':
		return true
	}
	return false
}
