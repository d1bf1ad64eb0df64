package filter

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of one filter. They are far above what people write and keep hostile documents cheap.
const (
	MaxDepth  = 24     // nested all, any, not
	MaxNodes  = 20_000 // keys and values together, aliases counted each time they are used
	MaxLength = 4096   // bytes of one value
)

// ParseYAML makes a filter of a YAML node, or of a JSON one ([JSONNode]). It returns every mistake it can find,
// and with them the tree of what was right, so that a later check can find more. A nil or empty document is an
// empty filter. Aliases are followed; merge keys are refused.
func ParseYAML(n *yaml.Node) (*Node, Mistakes) {
	p := &parser{budget: MaxNodes}
	if n == nil || n.Kind == 0 {
		return AllOf(), nil
	}
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return AllOf(), nil
		}
		n = n.Content[0]
	}
	var tree *Node
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		tree = AllOf()
	} else {
		tree = p.filter(n, "", 0)
	}
	if tree == nil {
		tree = AllOf()
	}
	return tree, p.mistakes.sorted()
}

// ParseJSON is [ParseYAML] for JSON text.
func ParseJSON(text []byte) (*Node, Mistakes) {
	n, err := JSONNode(text)
	if err != nil {
		return AllOf(), Mistakes{*err}
	}
	return ParseYAML(n)
}

type parser struct {
	mistakes Mistakes
	budget   int
	spent    bool
}

func at(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

func (p *parser) wrong(n *yaml.Node, path, advice, reason string, args ...any) {
	p.mistakes.add(at(n), path, advice, reason, args...)
}

// open resolves an alias and counts the node against the budget.
func (p *parser) open(n *yaml.Node, path string) *yaml.Node {
	p.budget--
	if p.budget < 0 {
		if !p.spent {
			p.spent = true
			p.wrong(n, path, "split it, or put long lists in a group", "the filter has more than %d parts", MaxNodes)
		}
		return nil
	}
	for i := 0; n.Kind == yaml.AliasNode; i++ {
		if i == MaxDepth || n.Alias == nil {
			p.wrong(n, path, "", "an alias refers to itself")
			return nil
		}
		n = n.Alias
	}
	return n
}

// filter reads {field: {...}, all: [...], any: [...], not: {...}}; several keys must all hold.
func (p *parser) filter(n *yaml.Node, path string, depth int) *Node {
	if n = p.open(n, path); n == nil {
		return nil
	}
	if depth > MaxDepth {
		p.wrong(n, path, "flatten it", "nested more than %d deep", MaxDepth)
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.wrong(n, path, "write {field: {operator: values}}", "a filter is a mapping, not %s", describe(n))
		return nil
	}
	out := &Node{Shape: ShapeAll, Pos: at(n)}
	p.keys(n, path, func(key, val *yaml.Node, name, path string) {
		var kid *Node
		switch name {
		case "all", "any":
			kid = p.group(name, val, path, depth)
		case "not":
			before := len(p.mistakes)
			if inner := p.filter(val, path, depth+1); inner != nil {
				kid = &Node{Shape: ShapeNot, Kids: []*Node{inner}, Pos: at(key)}
				if inner.Empty() && len(p.mistakes) == before {
					p.wrong(val, path, "", "not needs a condition")
				}
			}
		default:
			kid = p.field(key, val, name, path)
		}
		if kid != nil {
			out.Kids = append(out.Kids, spliced(kid)...)
		}
	})
	if len(out.Kids) == 1 {
		return out.Kids[0]
	}
	return out
}

// spliced dissolves an All into its kids: its parent is an All as well.
func spliced(n *Node) []*Node {
	if n.Shape == ShapeAll {
		return n.Kids
	}
	return []*Node{n}
}

func (p *parser) group(name string, n *yaml.Node, path string, depth int) *Node {
	if n = p.open(n, path); n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		p.wrong(n, path, "write "+name+": [{…}, {…}]", "%s takes a list of filters, not %s", name, describe(n))
		return nil
	}
	if len(n.Content) == 0 {
		p.wrong(n, path, "", "%s needs at least one filter", name)
		return nil
	}
	out := &Node{Shape: ShapeAny, Pos: at(n)}
	if name == "all" {
		out.Shape = ShapeAll
	}
	for i, item := range n.Content {
		before := len(p.mistakes)
		kid := p.filter(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
		switch {
		case kid == nil || kid.Empty() && len(p.mistakes) > before:
		case out.Shape == ShapeAll:
			out.Kids = append(out.Kids, spliced(kid)...)
		case kid.Empty():
			p.wrong(item, fmt.Sprintf("%s[%d]", path, i), "", "an empty filter inside any matches everything")
		default:
			out.Kids = append(out.Kids, kid)
		}
	}
	if out.Shape == ShapeAny && len(out.Kids) == 1 {
		return out.Kids[0]
	}
	return out
}

// field reads the operators of one field; several must all hold.
func (p *parser) field(key, val *yaml.Node, name, path string) *Node {
	if val = p.open(val, path); val == nil {
		return nil
	}
	if val.Kind != yaml.MappingNode {
		p.wrong(val, path, fmt.Sprintf("write %s: {eq: …}", name), "a field takes {operator: values}, not %s", describe(val))
		return nil
	}
	if len(val.Content) == 0 {
		p.wrong(val, path, "add an operator such as eq or isset", "the field has no operator")
		return nil
	}
	out := &Node{Shape: ShapeAll, Pos: at(key)}
	p.keys(val, path, func(opKey, operand *yaml.Node, op, path string) {
		info := Operator(op).Info()
		if info == nil {
			p.wrong(opKey, path, adviseOperator(op), "no operator is called %q", op)
			return
		}
		if values, ok := p.operand(info, operand, path); ok {
			out.Kids = append(out.Kids, &Node{Shape: ShapeCond, Field: name, Op: info.Name, Values: values, Pos: at(opKey), path: path})
		}
	})
	return out
}

// keys calls each for every key of a mapping with the key's name and its path, and refuses doubles.
func (p *parser) keys(n *yaml.Node, path string, each func(key, val *yaml.Node, name, path string)) {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := p.open(n.Content[i], path)
		if key == nil {
			return
		}
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			p.wrong(key, path, "", "a key is a plain name, not %s", describe(key))
			continue
		}
		name := key.Value
		sub := name
		if path != "" {
			sub = path + "." + name
		}
		if seen[name] {
			p.wrong(key, sub, "join the values in one list, or use all", "%q is written twice", name)
			continue
		}
		seen[name] = true
		each(key, n.Content[i+1], name, sub)
	}
}

func (p *parser) operand(info *OperatorInfo, n *yaml.Node, path string) ([]Value, bool) {
	if n = p.open(n, path); n == nil {
		return nil, false
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if info.Operand == OperandFlag && (len(items) == 0 || n.Tag == "!!null") {
		return []Value{{Text: "true", Bare: true, Pos: at(n)}}, true
	}
	switch {
	case len(items) == 0:
		p.wrong(n, path, "use isnotset to match rows without a value", "%s needs a value", info.Name)
		return nil, false
	case len(items) > 1 && info.Operand != OperandList && info.Operand != OperandRanges:
		p.wrong(n, path, "use any to combine several", "%s takes one value, not %d", info.Name, len(items))
		return nil, false
	}
	before := len(p.mistakes)
	values := make([]Value, 0, len(items))
	var seen map[Value]bool
	if len(items) > 1 {
		seen = make(map[Value]bool, len(items))
	}
	for i, item := range items {
		sub := path
		if n.Kind == yaml.SequenceNode {
			sub = fmt.Sprintf("%s[%d]", path, i)
		}
		v, ok := p.value(info, item, sub)
		same := v
		same.Pos = Pos{}
		if ok && !seen[same] {
			values = append(values, v)
		}
		if seen != nil {
			seen[same] = true
		}
	}
	return values, len(p.mistakes) == before && len(values) > 0
}

func (p *parser) value(info *OperatorInfo, n *yaml.Node, path string) (Value, bool) {
	pos := at(n)
	if n = p.open(n, path); n == nil {
		return Value{}, false
	}
	if info.Operand == OperandRanges {
		return p.span(n, path)
	}
	text, ok := p.scalar(n, path)
	if !ok {
		return Value{}, false
	}
	v := Value{Text: text, Bare: bare(n), Pos: pos}
	if info.Operand == OperandFlag && text != "true" && text != "false" {
		p.wrong(n, path, "write true", "%s takes true or false, not %q", info.Name, clip(text))
		return Value{}, false
	}
	return v, true
}

func (p *parser) span(n *yaml.Node, path string) (Value, bool) {
	const form = "write {start: 1, end: 9}"
	if n.Kind != yaml.MappingNode {
		p.wrong(n, path, form, "a range has a start and an end, it is not %s", describe(n))
		return Value{}, false
	}
	v, ok := Value{Ranged: true, Pos: at(n)}, true
	p.keys(n, path, func(key, val *yaml.Node, name, path string) {
		if name != "start" && name != "end" {
			p.wrong(key, path, form, "a range has a start and an end, no %q", name)
			ok = false
			return
		}
		if val = p.open(val, path); val == nil || val.Tag == "!!null" && val.Kind == yaml.ScalarNode {
			return
		}
		text, good := p.scalar(val, path)
		if ok = ok && good; name == "start" {
			v.Start = text
		} else {
			v.End = text
		}
	})
	if ok && v.Start == "" && v.End == "" {
		p.wrong(n, path, form, "the range has neither start nor end")
		ok = false
	}
	return v, ok
}

func (p *parser) scalar(n *yaml.Node, path string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		p.wrong(n, path, "", "a value is text, a number, true or false, not %s", describe(n))
	case n.Tag == "!!null":
		p.wrong(n, path, "use isnotset to match rows without a value", "null is not a value")
	case n.Tag == "!!binary":
		p.wrong(n, path, "", "a value is text, a number, true or false, not binary data")
	case n.Value == "":
		p.wrong(n, path, "use isnotset to match rows without a value", "an empty text is not a value")
	case len(n.Value) > MaxLength:
		p.wrong(n, path, "", "the value is longer than %d bytes", MaxLength)
	default:
		return n.Value, true
	}
	return "", false
}

// bare reports whether a scalar is a JSON literal that was written without quotes.
func bare(n *yaml.Node) bool {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return false
	}
	switch n.Tag {
	case "!!int", "!!float", "!!bool":
		return n.Value != "null" && json.Valid([]byte(n.Value)) && n.Value[0] != '"'
	}
	return false
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" {
		return "null"
	}
	if n.Tag == "!!merge" {
		return "a merge key"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}

func clip(s string) string {
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
