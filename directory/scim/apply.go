package scim

import (
	"encoding/json"
)

// maxLooks is how many values all operations of one PATCH together go through.
const maxLooks = 200_000

// applyAll carries operations out in their order. What they cost is bounded: each may go through all values of its
// attribute, with each term of its filter.
func applyAll(ops []operation, r object) error {
	looks := 0
	for i := range ops {
		o := &ops[i]
		have := list(Path{Schema: o.path.Schema, Attr: o.path.Attr}.get(r))
		if looks += (1+len(have))*(1+terms(o.where)) + len(list(o.value)); looks > maxLooks {
			return refuse(413, "tooMany", "the operations go through too many values; send fewer at once")
		}
		if err := o.apply(r); err != nil {
			return err
		}
	}
	return nil
}

// terms counts the comparisons of a filter.
func terms(f *Filter) int {
	if f == nil {
		return 0
	}
	n := 1
	for _, t := range f.Terms {
		n += terms(t)
	}
	return n
}

// apply carries the operation out on a resource in the schema's form.
func (o *operation) apply(r object) error {
	if o.op == "remove" || o.value == nil {
		return o.remove(r)
	}
	if o.where != nil || o.attr.multi && o.sub != nil {
		return o.choose(r)
	}
	a := o.attr
	if o.sub != nil {
		a = o.sub
	}
	v, err := a.normal(o.value)
	if err != nil {
		return err
	}
	have := o.path.get(r)
	switch add := o.op == "add"; {
	case o.attr.multi:
		if add {
			all := merge(list(have), list(v))
			if len(all) > len(list(have)) {
				if err := o.attr.bounded(all); err != nil {
					return err
				}
			}
			v = all
		}
	case o.attr.kind == "complex" && o.sub == nil:
		// What is not named stays (RFC 7644 sections 3.5.2.1 and 3.5.2.3).
		old, _ := have.(object)
		next := object{}
		for k, e := range old {
			next[k] = e
		}
		if o, ok := v.(object); ok {
			for k, e := range o {
				next[k] = e
			}
			v = next
		}
	}
	put(r, o.path, v)
	return nil
}

// merge adds values that are not there yet; one that is there whole changes nothing. A value that is primary takes that
// from the one which was, and one that differs in nothing else takes its place.
func merge(have, more []any) []any {
	out := append([]any{}, have...)
	whole, plain := map[string]bool{}, map[string]int{}
	for i, h := range out {
		whole[key(h)] = true
		plain[key(unranked(h))] = i
	}
	for _, e := range more {
		if whole[key(e)] {
			continue
		}
		whole[key(e)] = true
		o, _ := e.(object)
		if o["primary"] == true {
			for i, h := range out {
				if h, ok := h.(object); ok && h["primary"] == true {
					out[i] = without(h, "primary")
				}
			}
		}
		k := key(unranked(e))
		if i, there := plain[k]; !there {
			plain[k] = len(out)
			out = append(out, e)
		} else if _, says := o["primary"]; says {
			out[i] = e
		}
	}
	return out
}

// unranked is a value without whether it is primary.
func unranked(v any) any {
	if o, ok := v.(object); ok {
		return without(o, "primary")
	}
	return v
}

// key is the same for equal values: JSON writes the names of an object in order.
func key(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("scim: a value that came as JSON is none: " + err.Error()) // unreachable: decode read it
	}
	return string(text)
}

func without(o object, name string) object {
	out := object{}
	for k, v := range o {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// choose changes the values that the filter chooses, or all of them where it has none. One that is not there yet is made
// from the filter: Entra adds and replaces emails[type eq "work"].value so, whatever RFC 7644 section 3.5.2.3 says of
// the latter.
func (o *operation) choose(r object) error {
	base := Path{Schema: o.path.Schema, Attr: o.path.Attr}
	have := list(base.get(r))
	hit := false
	var out []any
	primary := -1
	for _, e := range have {
		v := element(e)
		if o.where != nil && !o.where.Match(v) {
			out = append(out, e)
			continue
		}
		hit = true
		next, err := o.changed(v)
		if err != nil {
			return err
		}
		if next != nil {
			if next["primary"] == true && v["primary"] != true {
				primary = len(out)
			}
			out = append(out, next)
		}
	}
	if !hit {
		made, ok := o.made()
		if o.op != "add" && o.sub == nil || o.where == nil || !ok {
			return refuse(400, "noTarget", "no value of "+o.path.Attr+" is what the path asks for")
		}
		next, err := o.changed(made)
		if err != nil {
			return err
		}
		if next["primary"] == true {
			primary = len(out)
		}
		out = append(out, next)
		if err := o.attr.bounded(out); err != nil {
			return err
		}
	}
	if primary >= 0 {
		for i, e := range out {
			if v, ok := e.(object); ok && i != primary && v["primary"] == true {
				out[i] = without(v, "primary")
			}
		}
	}
	put(r, base, out)
	return nil
}

// changed is a chosen value after the operation.
func (o *operation) changed(v object) (object, error) {
	next := without(v, "")
	if o.sub != nil {
		n, err := o.sub.normal(o.value)
		if err != nil {
			return nil, err
		}
		put(next, Path{Attr: o.sub.name}, n)
		return next, nil
	}
	n, err := o.attr.one(o.value)
	if err != nil {
		return nil, err
	}
	more, ok := n.(object)
	if !ok {
		return nil, refuse(400, "invalidValue", o.attr.name+" takes an object")
	}
	for k, e := range more {
		next[k] = e
	}
	return next, nil
}

// made is the value that a filter of equalities describes.
func (o *operation) made() (object, bool) {
	out := object{}
	var walk func(f *Filter) bool
	walk = func(f *Filter) bool {
		switch {
		case f == nil:
			return true
		case f.Op == "and":
			for _, t := range f.Terms {
				if !walk(t) {
					return false
				}
			}
			return true
		case f.Op != "eq" || f.Path.Sub != "" || f.Path.Schema != "":
			return false
		}
		sub := find(o.attr.subs, f.Path.Attr)
		if sub == nil {
			return false
		}
		v, err := sub.normal(f.Value)
		out[sub.name] = v
		return err == nil && v != nil
	}
	return out, walk(o.where)
}

// remove takes an attribute away, or some of its values: those that the filter chooses, or that the value lists (Entra's
// way to remove members).
func (o *operation) remove(r object) error {
	base := Path{Schema: o.path.Schema, Attr: o.path.Attr}
	if o.where == nil && (!o.attr.multi || o.value == nil) {
		if !o.attr.multi || o.sub == nil {
			put(r, o.path, nil)
			return nil
		}
	}
	var gone listed
	if o.where == nil && o.sub == nil {
		v, err := o.attr.normal(o.value)
		if err != nil {
			return err
		}
		gone = listedIn(list(v))
	}
	var out []any
	for _, e := range list(base.get(r)) {
		v := element(e)
		switch {
		case o.where != nil && !o.where.Match(v), o.where == nil && o.sub == nil && !gone.has(v):
			out = append(out, e)
		case o.sub != nil:
			if next := without(v, o.sub.name); len(next) > 0 {
				out = append(out, next)
			}
		}
	}
	put(r, base, out)
	return nil
}

// listed are values that a removal lists: each by its sub-attribute value where it gives that, and by all of it.
type listed struct {
	values map[string]bool
	whole  map[string]bool
}

func listedIn(all []any) listed {
	l := listed{map[string]bool{}, map[string]bool{}}
	for _, e := range all {
		o := element(e)
		if v, ok := o["value"].(string); ok {
			l.values[v] = true
		}
		l.whole[key(o)] = true
	}
	return l
}

func (l listed) has(v object) bool {
	id, ok := v["value"].(string)
	return ok && l.values[id] || l.whole[key(v)]
}
