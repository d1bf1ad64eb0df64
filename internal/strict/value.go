package strict

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/referee-casb/referee/filter"
)

// Text reads a text value.
func (m *Map) Text(key string, to *string) {
	if n := m.Node(key); n != nil {
		if s, ok := m.r.text(n, m.Path(key)); ok {
			*to = s
		}
	}
}

// LongText reads a text value that may have up to limit bytes.
func (m *Map) LongText(key string, limit int, to *string) {
	if n := m.Node(key); n != nil {
		if s, ok := m.r.longText(n, m.Path(key), limit); ok {
			*to = s
		}
	}
}

func (r *Reader) text(n *yaml.Node, path string) (string, bool) { return r.longText(n, path, MaxText) }

func (r *Reader) longText(n *yaml.Node, path string, limit int) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		r.Wrong(n, path, "", "must be text, not %s", Describe(n))
	case n.ShortTag() != "!!str":
		r.Wrong(n, path, fmt.Sprintf("put it in quotes: %q", Clip(n.Value)), "must be text, not %s", Describe(n))
	case len(n.Value) > limit:
		r.Wrong(n, path, "", "is longer than %d bytes", limit)
	case !utf8.ValidString(n.Value) || strings.ContainsRune(n.Value, 0):
		r.Wrong(n, path, "", "is not valid UTF-8 text without NUL")
	default:
		return n.Value, true
	}
	return "", false
}

// Texts reads a list of texts without doubles; one text alone is a list of one.
func (m *Map) Texts(key string, to *[]string) {
	m.texts(key, func(_ *yaml.Node, _, s string) { *to = append(*to, s) })
}

// texts hands over each text of a list that may stand there, with its place.
func (m *Map) texts(key string, each func(n *yaml.Node, path, s string)) {
	n := m.Node(key)
	if n == nil {
		return
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	seen := map[string]bool{}
	for i, item := range items {
		path := m.Path(key)
		if n.Kind == yaml.SequenceNode {
			path = fmt.Sprintf("%s[%d]", path, i)
		}
		s, ok := m.r.text(item, path)
		switch {
		case !ok:
		case s == "":
			m.r.Wrong(item, path, "remove it", "is empty")
		case seen[s]:
			m.r.Wrong(item, path, "remove one", "%q is listed twice", Clip(s))
		default:
			seen[s] = true
			each(item, path, s)
		}
	}
}

// Item is one element of a list of mappings.
type Item struct {
	Node *yaml.Node
	Path string
}

// Items returns the elements of a list.
func (m *Map) Items(key string) []Item {
	n := m.Node(key)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		m.r.Wrong(n, m.Path(key), "write one line with - for each", "must be a list, not %s", Describe(n))
		return nil
	}
	out := make([]Item, len(n.Content))
	for i, c := range n.Content {
		out[i] = Item{c, fmt.Sprintf("%s[%d]", m.Path(key), i)}
	}
	return out
}

// Word reads one of a fixed set of words into to.
func Word[T ~string](m *Map, key string, to *T, words ...T) {
	n := m.Node(key)
	if n == nil {
		return
	}
	if s, ok := m.r.text(n, m.Path(key)); ok {
		if w, ok := word(m.r, n, m.Path(key), s, words); ok {
			*to = w
		}
	}
}

// Words reads a list of a fixed set of words.
func Words[T ~string](m *Map, key string, to *[]T, words ...T) {
	m.texts(key, func(n *yaml.Node, path, s string) {
		if w, ok := word(m.r, n, path, s, words); ok {
			*to = append(*to, w)
		}
	})
}

func word[T ~string](r *Reader, n *yaml.Node, path, s string, words []T) (T, bool) {
	names := make([]string, len(words))
	for i, w := range words {
		if string(w) == s {
			return w, true
		}
		names[i] = string(w)
	}
	advice := filter.Suggest(s, names)
	if advice == "" {
		advice = "use " + strings.Join(names, ", ")
	}
	r.Wrong(n, path, advice, "%q is not a value here", Clip(s))
	return "", false
}

// Int reads a whole number from low to high.
func (m *Map) Int(key string, to *int, low, high int) {
	n := m.Node(key)
	if n == nil {
		return
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil || v < low || v > high {
		m.r.Wrong(n, m.Path(key), "", "must be a whole number from %d to %d, not %s", low, high, Describe(n))
		return
	}
	*to = v
}

// Bool reads true or false.
func (m *Map) Bool(key string, to *bool) {
	n := m.Node(key)
	if n == nil {
		return
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Value != "true" && n.Value != "false" {
		m.r.Wrong(n, m.Path(key), "", "must be true or false, not %s", Describe(n))
		return
	}
	*to = n.Value == "true"
}

// Duration reads a time such as 7d, 24h, 90m or 30s, from low to high.
func (m *Map) Duration(key string, to *time.Duration, low, high time.Duration) {
	n := m.Node(key)
	if n == nil {
		return
	}
	d, ok := ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok || d < low || d > high {
		m.r.Wrong(n, m.Path(key), "write a number with d, h, m or s, such as 7d", "must be a time from %s to %s, not %s",
			FormatDuration(low), FormatDuration(high), Describe(n))
		return
	}
	*to = d
}

var units = []struct {
	name string
	size time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// ParseDuration reads one or more numbers with units in falling order: 7d, 1d12h, 90m.
func ParseDuration(s string) (time.Duration, bool) {
	var sum time.Duration
	if s == "0" {
		return 0, true
	}
	for i := 0; s != ""; i++ {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		v, err := strconv.Atoi(s[:digits])
		if err != nil || digits > 6 {
			return 0, false
		}
		for ; i < len(units) && !strings.HasPrefix(s[digits:], units[i].name); i++ {
		}
		if i == len(units) {
			return 0, false
		}
		sum += time.Duration(v) * units[i].size
		s = s[digits+1:]
	}
	return sum, sum > 0
}

// FormatDuration writes what [ParseDuration] reads, to the second.
func FormatDuration(d time.Duration) string {
	if d < time.Second {
		return "0"
	}
	var b strings.Builder
	for _, u := range units {
		if n := d / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.size
		}
	}
	return b.String()
}
