package scim

import (
	"encoding/json"
	"maps"
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
		return nil, tooManyOperations()
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
		} else {
			many, err := t.pathless(op, v)
			if err != nil {
				return nil, err
			}
			out = append(out, many...)
		}
		if len(out) > maxOperations {
			return nil, tooManyOperations()
		}
	}
	return out, nil
}

func tooManyOperations() error {
	return refuse(413, "tooMany", "there are more than "+strconv.Itoa(maxOperations)+" operations")
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
	case v == nil && op == "add":
		return o, refuse(400, "invalidValue", "there is nothing to add")
	case o.attr.name == "active" && (op == "remove" || v == nil):
		// Without it, a person who was disabled would be as one of whom nothing was said.
		return o, refuse(400, "invalidValue", "active can't be taken away; replace it by true or false")
	}
	return o, nil
}

// decode reads a JSON object.
func decode(body []byte) (object, error) {
	var v object
	if err := json.Unmarshal(body, &v); err != nil || v == nil {
		return nil, refuse(400, "invalidSyntax", "the body is not a JSON object")
	}
	return v, nil
}
