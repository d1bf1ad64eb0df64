package filter

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// MarshalJSON writes the canonical form: one object whose keys are fields in the order they first occur, then
// any and not, then all for what needs a second object. Lists are always lists. Parsing it gives a tree with the
// same meaning and the same canonical form.
func (n *Node) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	n.canonical(&b)
	return b.Bytes(), nil
}

// UnmarshalJSON is [ParseJSON]; its error is [Mistakes].
func (n *Node) UnmarshalJSON(text []byte) error {
	tree, mistakes := ParseJSON(text)
	if len(mistakes) > 0 {
		return mistakes
	}
	*n = *tree
	return nil
}

// MarshalYAML writes the canonical form.
func (n *Node) MarshalYAML() (any, error) {
	text, err := n.MarshalJSON()
	if err != nil {
		return nil, err
	}
	node, mistake := JSONNode(text)
	if mistake != nil {
		return nil, mistake
	}
	plain(node)
	return node, nil
}

// plain lets the YAML writer choose quotes and lines by itself.
func plain(n *yaml.Node) {
	if n.Style &^= yaml.FlowStyle; n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		n.SetString(n.Value)
		n.Style &^= yaml.DoubleQuotedStyle
	}
	for _, k := range n.Content {
		plain(k)
	}
}

// UnmarshalYAML is [ParseYAML]; its error is [Mistakes].
func (n *Node) UnmarshalYAML(value *yaml.Node) error {
	tree, mistakes := ParseYAML(value)
	if len(mistakes) > 0 {
		return mistakes
	}
	*n = *tree
	return nil
}

// String returns the canonical form.
func (n *Node) String() string {
	if n == nil {
		return "{}"
	}
	text, err := n.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (n *Node) canonical(b *bytes.Buffer) {
	kids := []*Node{n}
	if n.Shape == ShapeAll {
		kids = flatten(nil, n.Kids)
	}
	type fieldOps struct {
		name string
		ops  []*Node
	}
	var fields []fieldOps
	var anyOf, not *Node
	var rest []*Node
	index := map[string]int{}
kids:
	for _, k := range kids {
		switch {
		case k.Shape == ShapeCond:
			i, ok := index[k.Field]
			if !ok {
				index[k.Field] = len(fields)
				fields = append(fields, fieldOps{k.Field, []*Node{k}})
				continue
			}
			for _, have := range fields[i].ops {
				if have.Op == k.Op {
					rest = append(rest, k)
					continue kids
				}
			}
			fields[i].ops = append(fields[i].ops, k)
		case k.Shape == ShapeAny && anyOf == nil:
			anyOf = k
		case k.Shape == ShapeNot && not == nil:
			not = k
		default:
			rest = append(rest, k)
		}
	}
	b.WriteByte('{')
	comma := separatorWriter(b, ',')
	for _, f := range fields {
		comma()
		writeString(b, f.name)
		b.WriteString(":{")
		inner := separatorWriter(b, ',')
		for _, c := range f.ops {
			inner()
			writeString(b, string(c.Op))
			b.WriteByte(':')
			c.operand(b)
		}
		b.WriteByte('}')
	}
	if anyOf != nil {
		comma()
		writeList(b, "any", anyOf.Kids)
	}
	if not != nil {
		comma()
		b.WriteString(`"not":`)
		(&Node{Kids: not.Kids}).canonical(b)
	}
	if len(rest) > 0 {
		comma()
		writeList(b, "all", rest)
	}
	b.WriteByte('}')
}

func flatten(out, kids []*Node) []*Node {
	for _, k := range kids {
		if k.Shape == ShapeAll {
			out = flatten(out, k.Kids)
		} else {
			out = append(out, k)
		}
	}
	return out
}

func writeList(b *bytes.Buffer, key string, kids []*Node) {
	b.WriteString(`"` + key + `":[`)
	comma := separatorWriter(b, ',')
	for _, k := range kids {
		comma()
		k.canonical(b)
	}
	b.WriteByte(']')
}

func (n *Node) operand(b *bytes.Buffer) {
	info := n.Op.Info()
	list := info == nil || info.Operand == OperandList || info.Operand == OperandRanges
	if list {
		b.WriteByte('[')
	}
	comma := separatorWriter(b, ',')
	for _, v := range n.Values {
		comma()
		v.canonical(b)
	}
	if list {
		b.WriteByte(']')
	}
}

func (v Value) canonical(b *bytes.Buffer) {
	if v.Ranged {
		b.WriteByte('{')
		comma := separatorWriter(b, ',')
		for _, end := range [...]struct{ key, text string }{{"start", v.Start}, {"end", v.End}} {
			if end.text != "" {
				comma()
				writeString(b, end.key)
				b.WriteByte(':')
				writeString(b, end.text)
			}
		}
		b.WriteByte('}')
		return
	}
	if v.Bare && json.Valid([]byte(v.Text)) {
		b.WriteString(v.Text)
		return
	}
	writeString(b, v.Text)
}

func separatorWriter(b *bytes.Buffer, c byte) func() {
	first := true
	return func() {
		if !first {
			b.WriteByte(c)
		}
		first = false
	}
}

func writeString(b *bytes.Buffer, s string) {
	text, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic(err)
	}
	b.Write(text)
}
