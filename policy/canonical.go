package policy

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/strict"
	"go.yaml.in/yaml/v3"
)

// Canonical writes the document in the one form that stores keep and people compare: YAML, keys in a fixed
// order, defaults written out, no comments. Decoding it gives the same document.
func (d *Document) Canonical() []byte {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(d.node()); err != nil {
		panic(err) // the tree holds nothing that YAML can't say
	}
	return b.Bytes()
}

// JSON writes the same as JSON, for the API and the console. [Decode] reads it as well.
func (d *Document) JSON() ([]byte, error) {
	var b bytes.Buffer
	writeJSON(&b, d.node())
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(n.Content[i].Value))
			b.WriteByte(':')
			writeJSON(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, c)
		}
		b.WriteByte(']')
	default:
		if n.ShortTag() == "!!str" {
			b.Write(quoted(n.Value))
		} else {
			b.WriteString(n.Value)
		}
	}
}

func quoted(s string) []byte {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return out
}

// tree builds a mapping whose keys keep the order in which they are added; empty values are left out.
type tree struct{ n *yaml.Node }

func newTree() tree { return tree{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}} }

func (t tree) put(key string, value *yaml.Node) {
	t.n.Content = append(t.n.Content, scalar(key), value)
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func (t tree) text(key, s string) {
	if s != "" {
		t.put(key, scalar(s))
	}
}

func (t tree) number(key string, v int) {
	t.put(key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(v)})
}

func (t tree) flag(key string, v bool) {
	t.put(key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)})
}

// on writes a flag that is set.
func (t tree) on(key string, v bool) {
	if v {
		t.flag(key, v)
	}
}

func (t tree) time(key string, d time.Duration) { t.text(key, strict.FormatDuration(d)) }

func (t tree) texts(key string, list []string) {
	if len(list) > 0 {
		t.put(key, sequence(list))
	}
}

func sequence(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, s := range list {
		n.Content = append(n.Content, scalar(s))
	}
	return n
}

func (t tree) filter(key string, f *filter.Node) {
	if f == nil {
		return
	}
	text, err := f.MarshalJSON()
	if err != nil {
		panic(err) // a tree always has a canonical form
	}
	n, mistake := filter.JSONNode(text)
	if mistake != nil {
		panic(mistake)
	}
	restyle(n)
	t.put(key, n)
}

// restyle turns JSON's look into YAML's: mappings in block form, lists of plain values in one line.
func restyle(n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		n.Style = 0
		if len(n.Content) == 0 {
			n.Style = yaml.FlowStyle
		}
	case yaml.SequenceNode:
		n.Style = yaml.FlowStyle
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				n.Style = 0
			}
		}
	default:
		if n.ShortTag() == "!!str" {
			n.SetString(n.Value)
		}
	}
	for _, c := range n.Content {
		restyle(c)
	}
}
