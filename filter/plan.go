package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Plan is a filter bound to a schema: every name resolved, every value parsed. It is immutable.
//
// A condition's Op is one of Isset, Eq, Deq, Contains, Startswith, Endswith, Substring, Descendantof, Text, Range, GteNdays
// and LteNdays; Negated says that the opposite operator was written. Its operands are in the one list that its
// field's kind and its operator call for:
//
//	Texts   text, enum and id; Startswith on an address. Sorted, folded if the field folds. Contains: phrases
//	        with single spaces. Descendantof: without / at the end.
//	Words   Text: for each value its words, folded
//	Spans   Range on number, time (microseconds) and bool (0, 1), sorted and joined
//	Nets    Range on address, sorted and joined
//	Days    GteNdays, LteNdays
type Plan struct {
	Shape Shape
	Kids  []*Plan

	Field   *Info
	Op      Operator
	Negated bool
	Texts   []string
	Words   [][]string
	Spans   []Span
	Nets    []Net
	Days    int64

	Node *Node  // the condition as it was written
	Path string // where, such as any[0].user.domain.eq
}

// Span is the numbers from Lo to Hi, both included.
type Span struct{ Lo, Hi int64 }

// Bind checks a tree against the fields and returns its plan, or every mistake. A nil tree is an empty filter.
func (c *Catalog) Bind(n *Node) (*Plan, error) {
	plan, mistakes := c.bind(n)
	if len(mistakes) > 0 {
		return nil, mistakes.sorted()
	}
	return plan, nil
}

func (c *Catalog) bind(n *Node) (*Plan, Mistakes) {
	if n == nil {
		return &Plan{Shape: ShapeAll}, nil
	}
	b := &binder{catalog: c}
	return b.node(n, "", 0), b.mistakes
}

type binder struct {
	catalog  *Catalog
	mistakes Mistakes
}

func (b *binder) node(n *Node, path string, depth int) *Plan {
	if n == nil {
		b.mistakes.add(Pos{}, path, "", "a part of the filter is missing")
		return &Plan{Shape: ShapeAll}
	}
	if depth > 2*MaxDepth { // parsed trees are shallower; this stops a tree built by code that holds itself
		b.mistakes.add(n.Pos, path, "flatten it", "nested more than %d deep", MaxDepth)
		return &Plan{Shape: ShapeAll}
	}
	if n.Shape == ShapeCond {
		if n.path != "" {
			return b.cond(n, n.path)
		}
		return b.cond(n, join(path, n.Field, string(n.Op)))
	}
	out := &Plan{Shape: n.Shape}
	if n.Shape == ShapeNot && len(n.Kids) != 1 || n.Shape > ShapeCond {
		b.mistakes.add(n.Pos, path, "", "not holds exactly one filter")
		return out
	}
	for i, k := range n.Kids {
		sub := path
		switch {
		case n.Shape == ShapeAny:
			sub = join(path, fmt.Sprintf("any[%d]", i))
		case n.Shape == ShapeNot:
			sub = join(path, "not")
		}
		out.Kids = append(out.Kids, b.node(k, sub, depth+1))
	}
	return out
}

func join(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p != "" && out != "" {
			out += "."
		}
		out += p
	}
	return out
}

func (b *binder) cond(n *Node, path string) *Plan {
	p := &Plan{Shape: ShapeCond, Node: n, Path: path}
	p.Field = b.catalog.Field(n.Field)
	if p.Field == nil {
		b.mistakes.add(n.Pos, path, Suggest(n.Field, b.catalog.names), "%s has no field %q", article(b.catalog.entity), n.Field)
		return p
	}
	op := n.Op.Info()
	if op == nil {
		b.mistakes.add(n.Pos, path, adviseOperator(string(n.Op)), "no operator is called %q", n.Op)
		return p
	}
	if !op.Fits(p.Field.Kind) {
		b.mistakes.add(n.Pos, path, "use "+list(fitting(p.Field.Kind)), "%s does not fit the %s field %s", op.Name, p.Field.Kind, p.Field.Name)
		return p
	}
	p.Op = op.Name
	if op.Positive != "" {
		p.Op, p.Negated = op.Positive, true
	}
	if p.Op == Startswithsingle {
		p.Op = Startswith
	}
	if len(n.Values) == 0 {
		b.mistakes.add(n.Pos, path, "", "%s needs a value", op.Name)
		return p
	}
	b.operands(p)
	if len(p.Field.Over) > 0 {
		return b.catalog.spread(p)
	}
	return p
}

// operands parses the values into the list that the plan's documentation names.
func (b *binder) operands(p *Plan) {
	for i, v := range p.Node.Values {
		path := p.Path
		if len(p.Node.Values) > 1 {
			path = fmt.Sprintf("%s[%d]", path, i)
		}
		wrong := func(advice, reason string, args ...any) {
			pos := v.Pos
			if pos.Line == 0 {
				pos = p.Node.Pos
			}
			b.mistakes.add(pos, path, advice, reason, args...)
		}
		if v.Ranged != (p.Node.Op == Range) {
			wrong("write {start: 1, end: 9} after range, plain values after all others", "the value does not fit %s", p.Node.Op)
			continue
		}
		p.operand(v, wrong)
	}
	switch p.Op {
	case Eq, Gt, Gte, Lt, Lte, Range:
		if !p.Field.Kind.textual() {
			p.Op = Range
		}
	}
	if len(p.Texts) > 1 {
		slices.Sort(p.Texts)
		p.Texts = slices.Compact(p.Texts)
	}
	p.Spans = joinSpans(p.Spans)
	p.Nets = joinNets(p.Nets)
}

type complaint func(advice, reason string, args ...any)

func (p *Plan) operand(v Value, wrong complaint) {
	f := p.Field
	switch {
	case p.Op == Isset:
		if v.Text == "false" {
			p.Negated = !p.Negated
		} else if v.Text != "true" {
			wrong("write true", "%s takes true or false, not %q", p.Node.Op, clip(v.Text))
		}
	case p.Op == GteNdays || p.Op == LteNdays:
		p.Days = parseDays(v.Text, wrong)
	case f.Kind.textual() || p.Op == Startswith:
		p.text(v.Text, wrong)
	case f.Kind == KindNumber:
		p.span(v, wrong, func(s string, _ bool) (int64, bool) { return parseNumber(s, f.Unit, wrong) })
	case f.Kind == KindTime:
		p.span(v, wrong, func(s string, upper bool) (int64, bool) { return parseTime(s, upper, wrong) })
	case f.Kind == KindBool:
		n, ok := map[string]int64{"true": 1, "false": 0, "1": 1, "0": 0}[v.Text]
		if !ok {
			wrong("", "%q is neither true nor false", clip(v.Text))
		}
		p.Spans = append(p.Spans, Span{n, n})
	case f.Kind == KindAddress:
		p.net(v, wrong)
	}
}

func (p *Plan) text(s string, wrong complaint) {
	f := p.Field
	if s == "" {
		wrong("use isnotset to match rows without a value", "an empty text is not a value")
		return
	}
	// Facts with broken text are stored with U+FFFD in its place; nobody may ask for that.
	if strings.ContainsRune(s, utf8.RuneError) || strings.ContainsRune(s, 0) {
		wrong("", "the value is not valid UTF-8 text without NUL and U+FFFD")
		return
	}
	if f.Kind == KindEnum {
		name, ok := f.choice(s)
		if !ok {
			names := make([]string, len(f.Values))
			for i := range f.Values {
				names[i] = f.Values[i].Name
			}
			advice := Suggest(s, names)
			if advice == "" {
				advice = "use " + list(names)
			}
			wrong(advice, "%q is not a value of %s", clip(s), f.Name)
			return
		}
		s = name
	}
	if f.Fold || f.Kind == KindAddress {
		s = Fold(s)
	}
	switch p.Op {
	case Contains:
		if s = phrase(s); s == "" {
			wrong("", "there is no word in it, only separators")
			return
		}
	case Text:
		w := words(s)
		if len(w) == 0 {
			wrong("", "there is no word in it, only separators")
			return
		}
		p.Words = append(p.Words, w)
		return
	case Descendantof:
		for len(s) > 1 && s[len(s)-1] == '/' {
			s = s[:len(s)-1]
		}
	}
	p.Texts = append(p.Texts, s)
}

// choice returns the name of the enum value that s spells, whatever its case.
func (f *Info) choice(s string) (string, bool) {
	key := Fold(s)
	for i := range f.Values {
		if Fold(f.Values[i].Name) == key {
			return f.Values[i].Name, true
		}
		for _, a := range f.Values[i].Aliases {
			if Fold(a) == key {
				return f.Values[i].Name, true
			}
		}
	}
	return "", false
}

// spread turns a condition on a field over others into conditions on those. A negative operator is true when
// its positive one is false for every one of them.
func (c *Catalog) spread(p *Plan) *Plan {
	member := func(name string, words [][]string) *Plan {
		m := *p
		m.Field, m.Negated, m.Words = c.Field(name), false, words
		return &m
	}
	over := func(words [][]string) *Plan {
		out := &Plan{Shape: ShapeAny}
		for _, name := range p.Field.Over {
			out.Kids = append(out.Kids, member(name, words))
		}
		return out
	}
	out := &Plan{Shape: ShapeAny}
	if p.Op == Text { // the words of one value may be spread over the fields
		for _, ws := range p.Words {
			all := &Plan{Shape: ShapeAll}
			for _, w := range ws {
				all.Kids = append(all.Kids, over([][]string{{w}}))
			}
			out.Kids = append(out.Kids, all)
		}
	} else {
		out = over(nil)
	}
	if p.Negated {
		return &Plan{Shape: ShapeNot, Kids: []*Plan{out}}
	}
	return out
}

func article(noun string) string {
	if noun != "" && slices.Contains([]byte("aeiou"), noun[0]) {
		return "an " + noun
	}
	return "a " + noun
}

func fitting(k Kind) (names []string) {
	for i := range operators {
		if operators[i].Fits(k) {
			names = append(names, string(operators[i].Name))
		}
	}
	return names
}

func list(names []string) string {
	const most = 24
	out := ""
	for i, n := range names {
		switch {
		case i == most:
			return out + ", …"
		case i > 0 && i == len(names)-1:
			out += " or "
		case i > 0:
			out += ", "
		}
		out += n
	}
	return out
}
