package filter

import (
	"net/netip"
	"slices"
	"time"
)

// eval is one compiled node; now is in microseconds since 1970.
type eval[T any] func(t *T, now int64) Tri

// node keeps the written order for explanations beside the order of evaluation.
type node[T any] struct {
	plan *Plan
	kids []*node[T]
	run  eval[T]
}

func compile[T any](s *Schema[T], p *Plan) *node[T] {
	n := &node[T]{plan: p}
	if p.Shape == ShapeCond {
		n.run = compileCond(s, p)
		return n
	}
	for _, k := range p.Kids {
		n.kids = append(n.kids, compile(s, k))
	}
	// The outcome does not depend on the order, so cheap and selective conditions go first.
	order := slices.Clone(n.kids)
	slices.SortStableFunc(order, func(a, b *node[T]) int { return a.plan.cost() - b.plan.cost() })
	runs := make([]eval[T], len(order))
	for i, k := range order {
		runs[i] = k.run
	}
	switch p.Shape {
	case ShapeAny:
		n.run = anyOf(runs)
	case ShapeNot:
		kid := runs[0]
		n.run = func(t *T, now int64) Tri { return kid(t, now).Not() }
	default:
		n.run = allOf(runs)
	}
	return n
}

// cost guesses what a condition takes, in units of one comparison.
func (p *Plan) cost() int {
	if p.Shape != ShapeCond {
		sum := 10
		for _, k := range p.Kids {
			sum += k.cost()
		}
		return sum
	}
	cost := 1
	switch p.Op {
	case Startswith, Endswith, Descendantof:
		cost = 3
	case Contains, Substring:
		cost = 8
	case Text:
		cost = 10
	}
	if p.Field.Many {
		cost += 4
	}
	if p.Field.Fold {
		cost += 2
	}
	return cost
}

func allOf[T any](runs []eval[T]) eval[T] {
	if len(runs) == 1 {
		return runs[0]
	}
	return func(t *T, now int64) Tri {
		out := True
		for _, run := range runs {
			if r := run(t, now); r < out {
				if r == False {
					return False
				}
				out = r
			}
		}
		return out
	}
}

func anyOf[T any](runs []eval[T]) eval[T] {
	if len(runs) == 1 {
		return runs[0]
	}
	return func(t *T, now int64) Tri {
		out := False
		for _, run := range runs {
			r := run(t, now)
			if r == True {
				return True
			}
			out = out.Or(r)
		}
		return out
	}
}

// answers are what a condition says when its positive operator matches, when it does not, and when the field is
// certainly absent.
type answers struct{ hit, miss, none Tri }

func (p *Plan) answers() answers {
	if p.Negated {
		return answers{False, True, True}
	}
	return answers{True, False, False}
}

func (a answers) of(hit bool) Tri {
	if hit {
		return a.hit
	}
	return a.miss
}

func (a answers) without(st State) Tri {
	switch st {
	case Unknown:
		return Undecided
	case Unobtainable:
		return Undecidable
	}
	return a.none
}

func compileCond[T any](s *Schema[T], p *Plan) eval[T] {
	f := &s.fields[s.byName[p.Field.Name]]
	a := p.answers()
	if p.Op == Isset {
		return compileIsset(f, a)
	}
	switch f.Kind {
	case KindNumber:
		if f.Many {
			return numbersIn(f, p.Spans, a)
		}
		return numberIn(f, p.Spans, a)
	case KindTime:
		return compileTime(f, p, a)
	case KindBool:
		return boolIn(f, p.Spans, a)
	case KindAddress:
		return compileAddr(f, p, a)
	}
	if p.Op == Text {
		return compileWords(f, p, a)
	}
	m := newMatcher(p.Op, f.Fold, p.Texts)
	switch {
	case f.Many && p.Op == Eq:
		return textsIn(f, m, a)
	case f.Many:
		return textsMatch(f, m, a)
	case p.Op == Eq && len(p.Texts) == 1 && !f.Fold:
		return textIs(f, p.Texts[0], a)
	case p.Op == Eq:
		return textIn(f, m, a)
	}
	return textMatch(f, m, a)
}

func textIs[T any](f *Field[T], want string, a answers) eval[T] {
	get := f.Text
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known || v == "" {
			return a.without(st)
		}
		return a.of(v == want)
	}
}

func textIn[T any](f *Field[T], m *matcher, a answers) eval[T] {
	get := f.Text
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known || v == "" {
			return a.without(st)
		}
		if m.hasString(v) {
			return a.hit
		}
		return a.of(m.fold && m.equalsFolded(v))
	}
}

func textMatch[T any](f *Field[T], m *matcher, a answers) eval[T] {
	get := f.Text
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known || v == "" {
			return a.without(st)
		}
		return a.of(m.match(v))
	}
}

func textsMatch[T any](f *Field[T], m *matcher, a answers) eval[T] {
	count, get := f.Count, f.TextAt
	return func(t *T, _ int64) Tri {
		n, st := count(t)
		if st != Known {
			return a.without(st)
		}
		for i := range n {
			if v := get(t, i); v != "" && m.match(v) {
				return a.hit
			}
		}
		return a.miss // the same as none: a list without a match and an empty one differ for no operator
	}
}

func textsIn[T any](f *Field[T], m *matcher, a answers) eval[T] {
	count, get := f.Count, f.TextAt
	return func(t *T, _ int64) Tri {
		n, st := count(t)
		if st != Known {
			return a.without(st)
		}
		for i := range n {
			// No wanted value is empty, so an absent element equals none.
			if v := get(t, i); m.hasString(v) || m.fold && m.equalsFolded(v) {
				return a.hit
			}
		}
		return a.miss
	}
}

// compileWords makes one matcher a word: all words of one value must occur, each in any element.
func compileWords[T any](f *Field[T], p *Plan, a answers) eval[T] {
	var alternatives []eval[T]
	for _, ws := range p.Words {
		var all []eval[T]
		for _, w := range ws {
			m := newMatcher(Contains, f.Fold, []string{w})
			if f.Many {
				all = append(all, textsMatch(f, m, a))
			} else {
				all = append(all, textMatch(f, m, a))
			}
		}
		alternatives = append(alternatives, allOf(all))
	}
	return anyOf(alternatives)
}

func numberIn[T any](f *Field[T], spans []Span, a answers) eval[T] {
	get := f.Number
	if len(spans) == 1 {
		s := spans[0]
		return func(t *T, _ int64) Tri {
			v, st := get(t)
			if st != Known {
				return a.without(st)
			}
			return a.of(s.Lo <= v && v <= s.Hi)
		}
	}
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known {
			return a.without(st)
		}
		return a.of(inSpans(spans, v))
	}
}

func numbersIn[T any](f *Field[T], spans []Span, a answers) eval[T] {
	count, get := f.Count, f.NumberAt
	return func(t *T, _ int64) Tri {
		n, st := count(t)
		if st != Known {
			return a.without(st)
		}
		for i := range n {
			if v, ok := get(t, i); ok && inSpans(spans, v) {
				return a.hit
			}
		}
		return a.miss
	}
}

func boolIn[T any](f *Field[T], spans []Span, a answers) eval[T] {
	get := f.Bool
	yes, no := inSpans(spans, 1), inSpans(spans, 0)
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known {
			return a.without(st)
		}
		return a.of(v && yes || !v && no)
	}
}

func compileTime[T any](f *Field[T], p *Plan, a answers) eval[T] {
	get, spans := f.Time, p.Spans
	ago := p.Days * day.Microseconds()
	var in func(v, now int64) bool
	switch p.Op {
	case GteNdays:
		in = func(v, now int64) bool { return v >= now-ago }
	case LteNdays:
		in = func(v, now int64) bool { return v <= now-ago }
	default:
		in = func(v, _ int64) bool { return inSpans(spans, v) }
	}
	return func(t *T, now int64) Tri {
		v, st := get(t)
		if st != Known || v.IsZero() {
			return a.without(st)
		}
		return a.of(in(Micros(v), now))
	}
}

func compileAddr[T any](f *Field[T], p *Plan, a answers) eval[T] {
	get, nets := f.Addr, p.Nets
	if p.Op == Startswith {
		m := newMatcher(Startswith, false, p.Texts)
		return func(t *T, _ int64) Tri {
			v, st := get(t)
			if st != Known || !v.IsValid() {
				return a.without(st)
			}
			var buf [46]byte
			return a.of(m.matchBytes(Addr(v).AppendTo(buf[:0])))
		}
	}
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known || !v.IsValid() {
			return a.without(st)
		}
		return a.of(inNets(nets, KeyOf(v)))
	}
}

func compileIsset[T any](f *Field[T], a answers) eval[T] {
	switch {
	case f.Many && f.Kind == KindNumber:
		return numbersIn(f, []Span{{Lo: -1 << 63, Hi: 1<<63 - 1}}, a)
	case f.Many:
		count, get := f.Count, f.TextAt
		return func(t *T, _ int64) Tri {
			n, st := count(t)
			if st != Known {
				return a.without(st)
			}
			for i := range n {
				if get(t, i) != "" {
					return a.hit
				}
			}
			return a.none
		}
	case f.Text != nil:
		return issetOf(f.Text, func(v string) bool { return v != "" }, a)
	case f.Time != nil:
		return issetOf(f.Time, func(v time.Time) bool { return !v.IsZero() }, a)
	case f.Addr != nil:
		return issetOf(f.Addr, netip.Addr.IsValid, a)
	case f.Bool != nil:
		return issetOf(f.Bool, func(bool) bool { return true }, a)
	}
	return issetOf(f.Number, func(int64) bool { return true }, a)
}

func issetOf[T, V any](get func(*T) (V, State), set func(V) bool, a answers) eval[T] {
	return func(t *T, _ int64) Tri {
		v, st := get(t)
		if st != Known || !set(v) {
			return a.without(st)
		}
		return a.hit
	}
}
