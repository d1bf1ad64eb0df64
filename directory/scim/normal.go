package scim

import (
	"strconv"
	"strings"
)

// Bounds of a resource.
const (
	maxText     = 10_000  // bytes of one value
	maxValues   = 1000    // of a multi-valued attribute; members have their own bound
	maxResource = 1 << 18 // bytes of all, members left out
)

// normal brings a resource that a client sent into the schema's form: its names, truth values that came as text, single
// values that came as lists. Attributes that no schema has, those that only Referee writes, and passwords are left out.
func (t *resource) normal(in object) (object, error) {
	out := object{}
	seen := map[string]bool{}
	for name, v := range in {
		low := strings.ToLower(name)
		if seen[low] {
			return nil, refuse(400, "invalidSyntax", "the attribute "+clip(name)+" is there twice")
		}
		seen[low] = true
		if t.extension != nil && strings.EqualFold(name, t.extension.id) {
			inner, ok := v.(object)
			if !ok && v != nil {
				return nil, refuse(400, "invalidValue", t.extension.id+" must be an object")
			}
			if err := fill(out, t.extension.id, inner, t.extension.attributes); err != nil {
				return nil, err
			}
			continue
		}
		path, ok := readPath(name)
		if !ok {
			continue
		}
		path, a, _, ok := t.resolve(path)
		if !ok || a.readOnly || path.Sub != "" {
			continue
		}
		v, err := a.normal(v)
		if err != nil {
			return nil, err
		}
		put(out, path, v)
	}
	return out, nil
}

func fill(out object, schema string, in object, list []attribute) error {
	for name, v := range in {
		a := find(list, name)
		if a == nil || a.readOnly {
			continue
		}
		v, err := a.normal(v)
		if err != nil {
			return err
		}
		put(out, Path{Schema: schema, Attr: a.name}, v)
	}
	return nil
}

// put sets an attribute, or removes it for nil and empty lists.
func put(r object, p Path, v any) {
	if p.Schema != "" {
		inner, _ := r[p.Schema].(object)
		if inner == nil {
			inner = object{}
		}
		put(inner, Path{Attr: p.Attr, Sub: p.Sub}, v)
		if r[p.Schema] = inner; len(inner) == 0 {
			delete(r, p.Schema)
		}
		return
	}
	if p.Sub != "" {
		inner, _ := r[p.Attr].(object)
		if inner == nil {
			inner = object{}
		}
		put(inner, Path{Attr: p.Sub}, v)
		v = inner
		if len(inner) == 0 {
			v = nil
		}
	}
	if l, ok := v.([]any); v == nil || ok && len(l) == 0 {
		delete(r, p.Attr)
		return
	}
	r[p.Attr] = v
}

// normal brings a value into the attribute's form.
func (a *attribute) normal(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !a.multi {
		return a.one(v)
	}
	in := list(v)
	if a.name != "members" {
		if err := a.bounded(in); err != nil {
			return nil, err
		}
	}
	out := make([]any, 0, len(in))
	primaries := 0
	for _, e := range in {
		n, err := a.one(e)
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		if o, ok := n.(object); ok && o["primary"] == true {
			primaries++
		}
		out = append(out, n)
	}
	if primaries > 1 {
		return nil, refuse(400, "invalidValue", a.name+" has more than one primary value")
	}
	return out, nil
}

// bounded refuses a list that is too long.
func (a *attribute) bounded(list []any) error {
	if len(list) > maxValues {
		return refuse(400, "invalidValue", a.name+" has more than "+strconv.Itoa(maxValues)+" values")
	}
	return nil
}

func (a *attribute) one(v any) (any, error) {
	wrong := func(want string) (any, error) {
		return nil, refuse(400, "invalidValue", a.name+" must be "+want)
	}
	if v == nil {
		return nil, nil
	}
	if l, ok := v.([]any); ok { // Entra once sent single values so: [{"$ref": null, "value": "x"}]
		if len(l) != 1 {
			return wrong("a single value")
		}
		v = l[0]
		if o, ok := v.(object); ok && a.kind != "complex" {
			v = field(o, "value")
		}
	}
	switch a.kind {
	case "complex":
		o, ok := v.(object)
		if !ok {
			if _, simple := v.(string); !simple || find(a.subs, "value") == nil {
				return wrong("an object")
			}
			o = object{"value": v} // of a manager or member that came as a bare id
		}
		out := object{}
		if err := fill(out, "", o, a.subs); err != nil {
			return nil, err
		}
		if len(out) == 0 {
			return nil, nil
		}
		return out, nil
	case "boolean":
		switch v := v.(type) {
		case bool:
			return v, nil
		case string:
			if s := strings.ToLower(strings.TrimSpace(v)); s == "true" || s == "false" {
				return s == "true", nil
			}
		}
		return wrong("true or false")
	}
	switch v := v.(type) {
	case string:
		if len(v) > maxText {
			return wrong("shorter than " + strconv.Itoa(maxText) + " bytes")
		}
		if strings.ContainsRune(v, 0) {
			return wrong("a text without NUL")
		}
		if v == "" {
			return nil, nil // no value (RFC 7643 section 2.5)
		}
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return wrong("a text")
}

// clip shortens what a client wrote, for an error.
func clip(s string) string {
	if len(s) > 100 {
		s = s[:100]
	}
	return strings.ToValidUTF8(s, "?")
}
