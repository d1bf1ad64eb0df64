package filter

import (
	"net/netip"
	"strconv"
	"time"
)

// Fact is the value of one field in one row, for stores and explanations. Of the values only those of the
// field's kind are set, in lists as well: a single field has one element, a fact that is not set none.
type Fact struct {
	State   State
	Texts   []string // text, enum, id: as the accessor gave them
	Numbers []int64
	Time    time.Time
	Bool    bool
	Addr    netip.Addr // in the form of [Addr]
}

// Fact reads a field by name or alias. It allocates; programs don't use it. The state of a name that is no
// field, and of a field over others, is NotSet.
func (s *Schema[T]) Fact(t *T, name string) Fact {
	i, ok := s.byName[name]
	if !ok || len(s.fields[i].Over) > 0 {
		return Fact{}
	}
	f := &s.fields[i]
	var out Fact
	set := false
	switch {
	case f.Many:
		var n int
		if n, out.State = f.Count(t); out.State == Known {
			for i := range n {
				if f.TextAt != nil {
					if v := f.TextAt(t, i); v != "" {
						out.Texts = append(out.Texts, v)
					}
				} else if v, ok := f.NumberAt(t, i); ok {
					out.Numbers = append(out.Numbers, v)
				}
			}
			set = len(out.Texts)+len(out.Numbers) > 0
		}
	case f.Text != nil:
		var v string
		if v, out.State = f.Text(t); out.State == Known && v != "" {
			out.Texts, set = []string{v}, true
		}
	case f.Number != nil:
		var v int64
		if v, out.State = f.Number(t); out.State == Known {
			out.Numbers, set = []int64{v}, true
		}
	case f.Time != nil:
		out.Time, out.State = f.Time(t)
		set = !out.Time.IsZero()
	case f.Bool != nil:
		out.Bool, out.State = f.Bool(t)
		set = true
	case f.Addr != nil:
		if out.Addr, out.State = f.Addr(t); out.Addr.IsValid() {
			out.Addr, set = Addr(out.Addr), true
		}
	}
	if out.State == Known && !set {
		out.State = NotSet
	}
	if out.State != Known {
		return Fact{State: out.State}
	}
	return out
}

// Strings returns the values of a known fact as people read them.
func (f Fact) Strings() []string {
	switch {
	case f.State != Known:
		return nil
	case f.Texts != nil:
		return f.Texts
	case f.Numbers != nil:
		out := make([]string, len(f.Numbers))
		for i, n := range f.Numbers {
			out[i] = strconv.FormatInt(n, 10)
		}
		return out
	case !f.Time.IsZero():
		return []string{f.Time.UTC().Format(time.RFC3339)}
	case f.Addr.IsValid():
		return []string{f.Addr.String()}
	}
	return []string{strconv.FormatBool(f.Bool)}
}

// Reason is what one condition of a filter saw in a row.
type Reason struct {
	Path     string   // where the condition is written, such as any[0].user.domain.neq
	Field    string   // its name
	Title    string   // its name as shown to people
	Operator Operator // as written, or its opposite under the not that a field over others brings
	Wanted   []string // as written; a range as "start to end"
	Got      []string // the row's values, nil unless State is Known
	State    State
	Outcome  Tri  // of the condition itself
	Inverted bool // stands under an odd number of nots
	Settled  bool // the filter's outcome rests on it: no sibling decided against it further up
}

// Explain evaluates every condition, none is skipped, and returns what each saw, in written order. Eval of the
// same row is the answer; this is why.
func (p *Program[T]) Explain(t *T, now time.Time) []Reason {
	var out []Reason
	p.root.explain(p.schema, t, Micros(now), false, true, &out)
	return out
}

func (n *node[T]) explain(s *Schema[T], t *T, now int64, inverted, settled bool, out *[]Reason) {
	if n.plan.Shape == ShapeCond {
		f, written := n.plan.Field, n.plan.Node
		fact, op := s.Fact(t, f.Name), written.Op
		if info := op.Info(); info.Positive != "" && !n.plan.Negated {
			op = info.Positive // a field over others: the not is further up
		}
		*out = append(*out, Reason{
			Path: n.plan.Path, Field: f.Name, Title: f.Title, Operator: op, Wanted: written.wanted(),
			Got: fact.Strings(), State: fact.State, Outcome: n.run(t, now), Inverted: inverted, Settled: settled,
		})
		return
	}
	whole := n.run(t, now)
	for _, k := range n.kids {
		// An All that is false rests on its false kids, an Any that is true on its true ones; one that is open
		// rests on its open ones; else on all.
		rests := n.plan.Shape == ShapeNot || k.run(t, now) == whole
		k.explain(s, t, now, inverted != (n.plan.Shape == ShapeNot), settled && rests, out)
	}
}

func (n *Node) wanted() []string {
	out := make([]string, len(n.Values))
	for i, v := range n.Values {
		switch {
		case !v.Ranged:
			out[i] = v.Text
		case v.Start == "":
			out[i] = "up to " + v.End
		case v.End == "":
			out[i] = "from " + v.Start
		default:
			out[i] = v.Start + " to " + v.End
		}
	}
	return out
}
