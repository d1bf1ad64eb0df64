package devicerule

import (
	"strings"

	"github.com/referee-casb/referee/filter"
)

// Rule is a rule without mistakes. It is immutable.
type Rule struct{ root *node }

// Term is one comparison of a rule.
type Term struct {
	Attribute *Attribute
	Op        Op
	Values    []string // in the attribute's own spelling where it has fixed ones
	Null      bool     // compared with null
}

type shape uint8

const (
	termNode shape = iota
	andNode
	orNode
	notNode
)

type node struct {
	shape shape
	kids  []*node
	term  Term
}

// group joins kids; one alone stands for itself. Broken kids are nil: the rule is not used then.
func group(s shape, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	return &node{shape: s, kids: kids}
}

// Filter lowers the rule to the filter language.
func (r *Rule) Filter() *filter.Node { return r.root.filter() }

func (n *node) filter() *filter.Node {
	if n.shape == termNode {
		return n.term.Attribute.node(n.term.Op, n.term.Values, n.term.Null)
	}
	kids := make([]*filter.Node, len(n.kids))
	for i, k := range n.kids {
		kids[i] = k.filter()
	}
	switch n.shape {
	case orNode:
		return filter.AnyOf(kids...)
	case notNode:
		return filter.NotOf(kids[0])
	case andNode, termNode:
	}
	return filter.AllOf(kids...)
}

// Unregistered reports whether the rule matches a device that is not registered: one without any attribute.
func (r *Rule) Unregistered() bool { return r.root.unregistered() }

func (n *node) unregistered() bool {
	switch n.shape {
	case andNode:
		for _, k := range n.kids {
			if !k.unregistered() {
				return false
			}
		}
		return true
	case orNode:
		for _, k := range n.kids {
			if k.unregistered() {
				return true
			}
		}
		return false
	case notNode:
		return !n.kids[0].unregistered()
	case termNode:
	}
	return n.term.Op.Negative() != n.term.Null
}

// Terms returns the comparisons in the order they are written.
func (r *Rule) Terms() []Term {
	var out []Term
	r.root.walk(func(t Term) { out = append(out, t) })
	return out
}

func (n *node) walk(visit func(Term)) {
	if n.shape == termNode {
		visit(n.term)
	}
	for _, k := range n.kids {
		k.walk(visit)
	}
}

// String writes the rule as Entra's portal does. [Parse] reads it as the same rule.
func (r *Rule) String() string {
	var b strings.Builder
	r.root.write(&b, true)
	return b.String()
}

func (n *node) write(b *strings.Builder, top bool) {
	word := " -and "
	switch n.shape {
	case termNode:
		n.term.write(b)
		return
	case notNode:
		b.WriteString("-not (")
		n.kids[0].write(b, true)
		b.WriteByte(')')
		return
	case orNode:
		word = " -or "
	case andNode:
	}
	if !top {
		b.WriteByte('(')
	}
	for i, k := range n.kids {
		if i > 0 {
			b.WriteString(word)
		}
		k.write(b, false)
	}
	if !top {
		b.WriteByte(')')
	}
}

func (t *Term) write(b *strings.Builder) {
	b.WriteString("device." + t.Attribute.Name + " -" + string(t.Op) + " ")
	switch {
	case t.Null:
		b.WriteString("null")
	case t.Attribute.Bool:
		b.WriteString(t.Values[0])
	case t.Op.list():
		b.WriteByte('[')
		for i, v := range t.Values {
			if i > 0 {
				b.WriteString(", ")
			}
			quote(b, v)
		}
		b.WriteByte(']')
	default:
		quote(b, t.Values[0])
	}
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	b.WriteByte('"')
}
