package filter

import (
	"slices"
	"strconv"
)

// maxWitness bounds the values worth indexing under.
const maxWitness = 1024

// Necessary is [Plan.Necessary] of the program's plan.
func (p *Program[T]) Necessary(field string) (values []string, bound bool) {
	return p.root.plan.Necessary(field)
}

// Necessary returns values of which the field must have at least one for the filter to be anything but False,
// so that a rule book can look filters up by a row's app or action instead of trying each. Bound is false when
// the filter may hold with any value, or none. Values are in the form of [Info.Key].
//
// What it promises: if the field is Known or NotSet in a row and shares no value with the list, Eval is False
// whatever the other facts are.
func (p *Plan) Necessary(field string) (values []string, bound bool) {
	values, bound = p.necessary(field, false)
	if len(values) > maxWitness {
		return nil, false
	}
	return values, bound
}

func (p *Plan) necessary(field string, negated bool) ([]string, bool) {
	switch {
	case p.Shape == ShapeCond:
		if p.Field.Name != field || p.Negated != negated {
			return nil, false
		}
		return p.points()
	case p.Shape == ShapeNot:
		return p.Kids[0].necessary(field, !negated)
	case (p.Shape == ShapeAll) != negated:
		// All must hold, so the shortest list of any of them is necessary.
		var best []string
		found := false
		for _, k := range p.Kids {
			if vs, ok := k.necessary(field, negated); ok && (!found || len(vs) < len(best)) {
				best, found = vs, true
			}
		}
		return best, found
	}
	var union []string
	for _, k := range p.Kids {
		vs, ok := k.necessary(field, negated)
		if !ok || len(union) > maxWitness {
			return nil, false
		}
		for _, v := range vs {
			if !slices.Contains(union, v) {
				union = append(union, v)
			}
		}
	}
	return union, true
}

// points returns the exact values of an equality.
func (p *Plan) points() ([]string, bool) {
	switch {
	case p.Op == Eq:
		return p.Texts, true
	case p.Op == Range && (p.Field.Kind == KindNumber || p.Field.Kind == KindBool):
		var out []string
		for _, s := range p.Spans {
			if uint64(s.Hi)-uint64(s.Lo) > maxWitness {
				return nil, false
			}
			for n := s.Lo; ; n++ {
				if out = append(out, strconv.FormatInt(n, 10)); n == s.Hi {
					break
				}
			}
		}
		return out, true
	}
	return nil, false
}

// Key returns a text fact in the form of [Plan.Necessary]: folded if the field folds. Numbers are in decimal,
// bools 1 and 0.
func (f *Info) Key(value string) string {
	if f.Fold {
		return Fold(value)
	}
	return value
}
