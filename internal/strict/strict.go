// Package strict reads documents from YAML nodes and misses nothing: every unknown key, wrong type, bad value
// and doubled key becomes a mistake with its place, and reading goes on.
//
// It owns the walk over the nodes and the wording of such mistakes. It knows no document. Begin with [Open].
package strict

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/referee-casb/referee/filter"
	"go.yaml.in/yaml/v3"
)

// MaxText is the longest text value, in bytes.
const MaxText = 16 << 10

// Reader collects the mistakes and places of one document.
type Reader struct {
	Mistakes filter.Mistakes
	Places   map[string]filter.Pos // of every key that was read
}

// Wrong adds a mistake at a node; advice may be "".
func (r *Reader) Wrong(n *yaml.Node, path, advice, reason string, args ...any) {
	pos := filter.Pos{Line: 1, Column: 1}
	if n != nil {
		pos = filter.Pos{Line: n.Line, Column: n.Column}
	}
	r.Mistakes = append(r.Mistakes, filter.Mistake{Pos: pos, Path: path, Reason: fmt.Sprintf(reason, args...), Advice: advice})
}

// Map is a mapping that is being read. Each key is asked for once; Done reports those nobody asked for.
type Map struct {
	r     *Reader
	node  *yaml.Node
	path  string
	keys  map[string]*entry
	known []string
}

type entry struct {
	key, value *yaml.Node
	asked      bool
}

// Open begins to read a mapping. It returns nil, and adds a mistake, if n is none. The methods of a nil Map
// behave as those of an empty one, without mistakes about missing keys.
func (r *Reader) Open(n *yaml.Node, path string) *Map {
	if n.Kind != yaml.MappingNode {
		r.Wrong(n, path, "write key: value lines below it", "must be a mapping, not %s", Describe(n))
		return nil
	}
	if r.Places == nil {
		r.Places = map[string]filter.Pos{}
	}
	if _, ok := r.Places[path]; !ok {
		r.Places[path] = filter.Pos{Line: n.Line, Column: n.Column}
	}
	m := &Map{r: r, node: n, path: path, keys: map[string]*entry{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			r.Wrong(key, path, "", "a key is a plain name, not %s", Describe(key))
			continue
		}
		if _, double := m.keys[key.Value]; double {
			r.Wrong(key, m.Path(key.Value), "remove one", "%q is written twice", Clip(key.Value))
			continue
		}
		m.keys[key.Value] = &entry{key: key, value: value}
		r.Places[m.Path(key.Value)] = filter.Pos{Line: key.Line, Column: key.Column}
	}
	return m
}

// Path returns the path of a key of m, or of m itself for "".
func (m *Map) Path(key string) string {
	switch {
	case m == nil || m.path == "":
		return key
	case key == "":
		return m.path
	}
	return m.path + "." + key
}

// At returns the node to blame for a key: its value, or the whole mapping.
func (m *Map) At(key string) *yaml.Node {
	if m == nil {
		return nil
	}
	if e := m.keys[key]; e != nil {
		return e.value
	}
	return m.node
}

// Has reports whether the key is written. It does not count as asking for it.
func (m *Map) Has(key string) bool { return m != nil && m.keys[key] != nil }

// Node returns a key's value, or nil when it is not there or null, which is a mistake.
func (m *Map) Node(key string) *yaml.Node {
	if m == nil {
		return nil
	}
	m.known = append(m.known, key)
	e := m.keys[key]
	if e == nil {
		return nil
	}
	e.asked = true
	switch {
	case e.value.Kind == yaml.AliasNode:
		m.r.Wrong(e.value, m.Path(key), "write the value out", "aliases are not allowed in documents")
		return nil
	case e.value.Kind == yaml.ScalarNode && e.value.ShortTag() == "!!null":
		m.r.Wrong(e.key, m.Path(key), "give it a value or remove the line", "%q has no value", key)
		return nil
	}
	return e.value
}

// Need adds a mistake when the key is not there.
func (m *Map) Need(key, advice string) {
	if m != nil && m.keys[key] == nil {
		m.r.Wrong(m.node, m.Path(key), advice, "%q is missing", key)
	}
}

// Map opens a mapping below a key, nil when there is none.
func (m *Map) Map(key string) *Map {
	n := m.Node(key)
	if n == nil {
		return nil
	}
	return m.r.Open(n, m.Path(key))
}

// Done reports every key that nobody asked for, with the name that was probably meant.
func (m *Map) Done() {
	if m == nil {
		return
	}
	for i := 0; i+1 < len(m.node.Content); i += 2 {
		key := m.node.Content[i]
		if e := m.keys[key.Value]; e != nil && e.key == key && !e.asked {
			advice := filter.Suggest(key.Value, m.known)
			if advice == "" {
				advice = "the keys here are " + List(m.known)
			}
			m.r.Wrong(key, m.Path(key.Value), advice, "no key is called %q", Clip(key.Value))
		}
	}
}

// Describe says what a node is, for a message.
func Describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.ShortTag() == "!!null":
		return "nothing"
	}
	return fmt.Sprintf("%q", Clip(n.Value))
}

// Clip shortens s for a message.
func Clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// List joins names for a message.
func List(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
