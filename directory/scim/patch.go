package scim

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// maxOperations of one PATCH.
const maxOperations = 1000

// operation is one of a PATCH (RFC 7644 section 3.5.2), read from any of the dialects that clients speak: operators in
// another case (Entra), several attributes in one value with paths for names (Okta, Entra).
type operation struct {
	op    string // "add", "replace", "remove"
	path  Path
	where *Filter // of the values of a multi-valued attribute
	attr  *attribute
	sub   *attribute
	value any
}

// operations reads a PATCH body.
func (t *resource) operations(body []byte) ([]operation, error) {
	in, err := decode(body)
	if err != nil {
		return nil, err
	}
	raw, ok := field(in, "Operations").([]any)
	if !ok || len(raw) == 0 {
		return nil, refuse(400, "invalidSyntax", "there are no Operations")
	}
	if len(raw) > maxOperations {
		return nil, refuse(413, "tooMany", "there are more than "+strconv.Itoa(maxOperations)+" operations")
	}
	var out []operation
	for _, e := range raw {
		o, ok := e.(object)
		if !ok {
			return nil, refuse(400, "invalidSyntax", "an operation is not an object")
		}
		name, _ := field(o, "op").(string)
		op := strings.ToLower(name)
		if op != "add" && op != "replace" && op != "remove" {
			return nil, refuse(400, "invalidSyntax", "the operation "+clip(name)+" is neither add, replace nor remove")
		}
		v := field(o, "value")
		path, given := field(o, "path").(string)
		if given && path != "" {
			one, err := t.operation(op, path, v)
			if err != nil {
				return nil, err
			}
			out = append(out, one)
			continue
		}
		many, err := t.pathless(op, v)
		if err != nil {
			return nil, err
		}
		out = append(out, many...)
	}
	return out, nil
}

// pathless reads an operation on the resource itself: each attribute of its value is an operation.
func (t *resource) pathless(op string, v any) ([]operation, error) {
	o, ok := v.(object)
	if op == "remove" || !ok {
		return nil, refuse(400, "noTarget", "an operation without a path must be add or replace, with an object")
	}
	var out []operation
	for _, name := range slices.Sorted(maps.Keys(o)) {
		v := o[name]
		if inner, ok := v.(object); ok && t.extension != nil && strings.EqualFold(name, t.extension.id) {
			for _, name := range slices.Sorted(maps.Keys(inner)) {
				v := inner[name]
				if find(t.extension.attributes, name) == nil {
					continue
				}
				one, err := t.operation(op, t.extension.id+":"+name, v)
				if err != nil {
					return nil, err
				}
				out = append(out, one)
			}
			continue
		}
		path, ok := readPath(name)
		if !ok && !strings.Contains(name, "[") {
			continue
		}
		if ok {
			_, a, _, known := t.resolve(path)
			if !known || a.readOnly {
				continue // as in a whole resource: not ours to keep, or the client repeats what it was told
			}
		}
		one, err := t.operation(op, name, v)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// operation reads one target: an attribute, a sub-attribute, or values chosen by a filter (RFC 7644 section 3.5.2, PATH).
func (t *resource) operation(op, text string, v any) (operation, error) {
	o := operation{op: op, value: v}
	bad := refuse(400, "invalidPath", "there is no attribute "+clip(text))
	if len(text) > maxFilter {
		return o, bad
	}
	p := &filterParser{text: strings.TrimSpace(text)}
	path, err := p.path()
	if err != nil {
		return o, bad
	}
	if p.take('[') {
		if o.where, err = p.or(1); err != nil || !p.take(']') || path.Sub != "" {
			return o, refuse(400, "invalidPath", "the filter in "+clip(text)+" can't be read")
		}
		if p.at < len(p.text) {
			if path.Sub = p.text[p.at:]; path.Sub[0] != '.' || !isName(path.Sub[1:]) {
				return o, bad
			}
			path.Sub = path.Sub[1:]
		}
	} else if p.at < len(p.text) {
		return o, bad
	}
	var ok bool
	if o.path, o.attr, o.sub, ok = t.resolve(path); !ok {
		return o, bad
	}
	switch {
	case o.attr.readOnly || o.sub != nil && o.sub.readOnly:
		return o, refuse(400, "mutability", o.path.Attr+" can't be changed")
	case o.where != nil && !o.attr.multi:
		return o, refuse(400, "invalidPath", o.path.Attr+" has one value; a filter can't choose")
	case op != "remove" && v == nil && op == "add":
		return o, refuse(400, "invalidValue", "there is nothing to add")
	}
	return o, nil
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
			v = merge(list(have), list(v))
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

// merge adds values that are not there yet. A value that is primary takes that from the one which was.
func merge(have, more []any) []any {
	for _, e := range more {
		if o, ok := e.(object); ok && o["primary"] == true {
			for i, h := range have {
				if h, ok := h.(object); ok && h["primary"] == true {
					have[i] = without(h, "primary")
				}
			}
		}
	}
	out := append([]any{}, have...)
next:
	for _, e := range more {
		for _, h := range out {
			if reflect.DeepEqual(h, e) {
				continue next
			}
		}
		out = append(out, e)
	}
	return out
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
	var listed []any
	if o.where == nil && o.sub == nil {
		v, err := o.attr.normal(o.value)
		if err != nil {
			return err
		}
		listed = list(v)
	}
	var out []any
	for _, e := range list(base.get(r)) {
		v := element(e)
		switch {
		case o.where != nil && !o.where.Match(v), o.where == nil && o.sub == nil && !among(v, listed):
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

// among reports whether a value is one of a list, by its sub-attribute value where the list gives that.
func among(v object, list []any) bool {
	for _, e := range list {
		if o := element(e); o["value"] != nil && o["value"] == v["value"] || reflect.DeepEqual(o, v) {
			return true
		}
	}
	return false
}

// decode reads a JSON object.
func decode(body []byte) (object, error) {
	var v object
	if err := json.Unmarshal(body, &v); err != nil || v == nil {
		return nil, refuse(400, "invalidSyntax", "the body is not a JSON object")
	}
	return v, nil
}
