package scim

import (
	"strings"
	"time"
)

// object is a resource or a complex value. Its names are those of the schema: what comes in is brought into that form.
type object = map[string]any

// get finds an attribute of a resource; a name of the schema in another case is found too.
func (p Path) get(r object) any {
	if p.Schema != "" && !coreSchema(p.Schema) {
		inner, _ := field(r, p.Schema).(object)
		r = inner
	}
	v := field(r, p.Attr)
	if p.Sub == "" {
		return v
	}
	switch v := v.(type) {
	case object:
		return field(v, p.Sub)
	case []any:
		var out []any
		for _, e := range v {
			if o, ok := e.(object); ok {
				if s := field(o, p.Sub); s != nil {
					out = append(out, s)
				}
			}
		}
		return out
	}
	return nil
}

func field(o object, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	for k, v := range o {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

// Match reports whether a resource, or a complex value, fulfils the filter.
func (f *Filter) Match(r object) bool {
	switch f.Op {
	case "not":
		return !f.Terms[0].Match(r)
	case "and":
		for _, t := range f.Terms {
			if !t.Match(r) {
				return false
			}
		}
		return true
	case "or":
		for _, t := range f.Terms {
			if t.Match(r) {
				return true
			}
		}
		return false
	case "[]":
		for _, e := range list(f.Path.get(r)) {
			if f.Terms[0].Match(element(e)) {
				return true
			}
		}
		return false
	case "ne":
		eq := *f
		eq.Op = "eq"
		return !eq.Match(r)
	}
	values := list(f.Path.get(r))
	if f.Op == "eq" && f.Value == nil {
		return len(values) == 0
	}
	for _, v := range values {
		if f.holds(v) {
			return true
		}
	}
	return false
}

// list is a value's elements: none for null, itself for a single one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// element is a complex value; of a simple one it is the attribute value.
func element(v any) object {
	if o, ok := v.(object); ok {
		return o
	}
	return object{"value": v}
}

// holds compares one value. A complex one is compared by its sub-attribute value (RFC 7644 section 3.4.2.2).
func (f *Filter) holds(v any) bool {
	if o, ok := v.(object); ok {
		if f.Op == "pr" {
			return len(o) > 0
		}
		v = field(o, "value")
	}
	if f.Op == "pr" {
		s, text := v.(string)
		return v != nil && (!text || s != "")
	}
	switch want := f.Value.(type) {
	case bool:
		have, ok := v.(bool)
		return ok && f.Op == "eq" && have == want
	case float64:
		have, ok := v.(float64)
		return ok && ordered(f.Op, compare(have, want))
	case string:
		if have, ok := v.(bool); ok { // Entra asks for primary eq "True"
			return f.Op == "eq" && strings.EqualFold(want, map[bool]string{true: "true", false: "false"}[have])
		}
		have, ok := v.(string)
		return ok && f.holdsText(have, want)
	}
	return false
}

func (f *Filter) holdsText(have, want string) bool {
	if !f.Path.caseExact() {
		have, want = strings.ToLower(have), strings.ToLower(want)
	}
	switch f.Op {
	case "co":
		return strings.Contains(have, want)
	case "sw":
		return strings.HasPrefix(have, want)
	case "ew":
		return strings.HasSuffix(have, want)
	}
	if a, err := time.Parse(time.RFC3339, strings.ToUpper(have)); err == nil {
		if b, err := time.Parse(time.RFC3339, strings.ToUpper(want)); err == nil {
			return ordered(f.Op, a.Compare(b))
		}
	}
	return ordered(f.Op, strings.Compare(have, want))
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func ordered(op string, c int) bool {
	switch op {
	case "eq":
		return c == 0
	case "gt":
		return c > 0
	case "ge":
		return c >= 0
	case "lt":
		return c < 0
	case "le":
		return c <= 0
	}
	return false
}

// caseExact reports whether an attribute's case counts (RFC 7643 sections 3.1 and 7).
func (p Path) caseExact() bool {
	name := strings.ToLower(p.Attr)
	return name == "id" || name == "externalid"
}

// equals returns the text that the filter wants an attribute to be, when it wants nothing else.
func (f *Filter) equals(attr string) (string, bool) {
	if f == nil || f.Op != "eq" || f.Path.Sub != "" || !strings.EqualFold(f.Path.Attr, attr) || f.Path.Schema != "" && !coreSchema(f.Path.Schema) {
		return "", false
	}
	s, ok := f.Value.(string)
	return s, ok && s != ""
}
