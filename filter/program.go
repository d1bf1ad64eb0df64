package filter

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Program is a filter compiled for entity T. It is immutable and safe for concurrent use.
type Program[T any] struct {
	schema *Schema[T]
	root   *node[T]
}

// Compile binds a tree to the schema and compiles it. The error is [Mistakes]. A nil tree matches everything.
func (s *Schema[T]) Compile(n *Node) (*Program[T], error) {
	plan, err := s.Bind(n)
	if err != nil {
		return nil, err
	}
	return s.Program(plan), nil
}

// Program compiles a plan that the schema's Bind returned.
func (s *Schema[T]) Program(plan *Plan) *Program[T] {
	return &Program[T]{schema: s, root: compile(s, plan)}
}

// ReadYAML parses, binds and compiles. Its error holds the mistakes of notation and of names and values
// together, in document order.
func (s *Schema[T]) ReadYAML(n *yaml.Node) (*Node, *Program[T], error) {
	tree, mistakes := ParseYAML(n)
	return s.read(tree, mistakes)
}

// ReadJSON is [Schema.ReadYAML] for JSON text.
func (s *Schema[T]) ReadJSON(text []byte) (*Node, *Program[T], error) {
	tree, mistakes := ParseJSON(text)
	return s.read(tree, mistakes)
}

func (s *Schema[T]) read(tree *Node, mistakes Mistakes) (*Node, *Program[T], error) {
	plan, more := s.bind(tree)
	if mistakes = append(mistakes, more...); len(mistakes) > 0 {
		return nil, nil, mistakes.sorted()
	}
	return tree, s.Program(plan), nil
}

// Eval says whether t satisfies the filter at the time now. It does not allocate, except for folded text that is
// longer than 256 bytes or not in NFC.
func (p *Program[T]) Eval(t *T, now time.Time) Tri { return p.root.run(t, Micros(now)) }

// Plan returns the filter as the SQL compilers take it.
func (p *Program[T]) Plan() *Plan { return p.root.plan }

// Missing calls report with the name of every field that is Unknown and whose value can still change the
// outcome; a field may be reported more than once. Unless Eval is Undecided there is none.
func (p *Program[T]) Missing(t *T, now time.Time, report func(field string)) {
	p.root.missing(t, Micros(now), report)
}

func (n *node[T]) missing(t *T, now int64, report func(field string)) {
	if n.run(t, now) != Undecided {
		return
	}
	if n.plan.Shape == ShapeCond {
		report(n.plan.Field.Name)
		return
	}
	for _, k := range n.kids {
		k.missing(t, now, report)
	}
}

// Fields returns the names of the fields that the filter reads, each once, in written order.
func (p *Program[T]) Fields() []string { return p.root.plan.Fields() }

// Fields returns the names of the fields that the plan reads, each once, in written order.
func (p *Plan) Fields() []string {
	var names []string
	p.Conds(func(c *Plan) {
		if !slices.Contains(names, c.Field.Name) {
			names = append(names, c.Field.Name)
		}
	})
	return names
}

// Conds calls visit for every condition.
func (p *Plan) Conds(visit func(*Plan)) {
	if p.Shape == ShapeCond {
		visit(p)
		return
	}
	for _, k := range p.Kids {
		k.Conds(visit)
	}
}
