package rewrite

import (
	"bytes"
	"io"
)

// Replacement is a rule of an app's profile for what no general rule can know: a regular expression or a bare suffix that
// its scripts compare hosts with. From is replaced by To wherever it stands in code, byte by byte.
type Replacement struct{ From, To string }

// replaceAll applies rules to a text that is there whole. nil: nothing changes. At one place the first rule counts.
func replaceAll(text []byte, rules []Replacement) []byte {
	r := replacer{rules: rules}
	var out bytes.Buffer
	if changed, err := r.transform(&out, text, true); err != nil || !changed {
		return nil
	}
	return out.Bytes()
}

// replacer applies rules to a stream, and hands on to next, if there is one.
type replacer struct {
	rules []Replacement
	next  transformer
	buf   []byte
	out   bytes.Buffer
}

func (r *replacer) rest() []byte { return r.buf }

func (r *replacer) transform(w io.Writer, piece []byte, end bool) (changed bool, err error) {
	text := piece
	if len(r.buf) > 0 {
		r.buf = append(r.buf, piece...)
		text = r.buf
	}
	sink := w
	if r.next != nil {
		r.out.Reset()
		sink = &r.out
	}
	done, longest := 0, 0
	at := make([]int, len(r.rules)) // where each rule matches next; -1 nowhere
	for i, rule := range r.rules {
		at[i] = bytes.Index(text, []byte(rule.From))
		longest = max(longest, len(rule.From))
	}
	limit := len(text) // matches that begin from here on may be cut off, or be shadowed by one that is
	if !end {
		limit = max(0, len(text)-longest+1)
	}
	for {
		best := -1
		for i := range at {
			if at[i] >= 0 && at[i] < done {
				n := bytes.Index(text[done:], []byte(r.rules[i].From))
				if at[i] = -1; n >= 0 {
					at[i] = done + n
				}
			}
			if at[i] >= 0 && (best < 0 || at[i] < at[best]) {
				best = i
			}
		}
		if best < 0 || at[best] >= limit {
			break
		}
		if _, err := sink.Write(text[done:at[best]]); err != nil {
			return changed, err
		}
		if _, err := io.WriteString(sink, r.rules[best].To); err != nil {
			return changed, err
		}
		done, changed = at[best]+len(r.rules[best].From), true
	}
	limit = max(limit, done)
	if _, err := sink.Write(text[done:limit]); err != nil {
		return changed, err
	}
	r.buf = append(r.buf[:0], text[limit:]...)
	if r.next == nil {
		return changed, nil
	}
	more, err := r.next.transform(w, r.out.Bytes(), end)
	return changed || more, err
}
