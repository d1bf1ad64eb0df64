package filter

// Shape says what a node of a filter is.
type Shape uint8

// The shapes. The zero Node is an All without kids, which every row satisfies.
const (
	ShapeAll  Shape = iota // every kid holds
	ShapeAny               // at least one kid holds
	ShapeNot               // the one kid does not hold
	ShapeCond              // Field, Op and Values
)

// Node is a filter, or a part of one. A tree is not changed once it is built; it may be shared.
type Node struct {
	Shape  Shape
	Kids   []*Node
	Field  string
	Op     Operator
	Values []Value
	Pos    Pos // where it was written; zero in trees built by code
	path   string
}

// Value is one operand. Text is what was written, without quotes; Bare says that it was written as a number or
// as true or false. For [Range], Start and End are set instead, either may be "" (open).
type Value struct {
	Text       string
	Bare       bool
	Ranged     bool
	Start, End string
	Pos        Pos
}

// Pos is a place in a document; both count from 1, Column in characters.
type Pos struct{ Line, Column int }

// AllOf joins nodes that must all hold.
func AllOf(kids ...*Node) *Node { return &Node{Shape: ShapeAll, Kids: kids} }

// AnyOf joins nodes of which one must hold.
func AnyOf(kids ...*Node) *Node { return &Node{Shape: ShapeAny, Kids: kids} }

// NotOf negates a node.
func NotOf(kid *Node) *Node { return &Node{Shape: ShapeNot, Kids: []*Node{kid}} }

// Cond makes a condition.
func Cond(field string, op Operator, values ...string) *Node {
	n := &Node{Shape: ShapeCond, Field: field, Op: op}
	for _, v := range values {
		n.Values = append(n.Values, Value{Text: v})
	}
	if len(n.Values) == 0 && (op == Isset || op == Isnotset) {
		n.Values = []Value{{Text: "true", Bare: true}}
	}
	return n
}

// Between makes a [Range] condition; an empty start or end is open.
func Between(field, start, end string) *Node {
	return &Node{Shape: ShapeCond, Field: field, Op: Range, Values: []Value{{Ranged: true, Start: start, End: end}}}
}

// Empty reports whether n matches every row for want of conditions.
func (n *Node) Empty() bool { return n == nil || n.Shape == ShapeAll && len(n.Kids) == 0 }

// Walk calls visit for every condition, in the order they were written.
func (n *Node) Walk(visit func(cond *Node)) {
	if n == nil {
		return
	}
	if n.Shape == ShapeCond {
		visit(n)
		return
	}
	for _, k := range n.Kids {
		k.Walk(visit)
	}
}
