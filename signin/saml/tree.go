package saml

import (
	"maps"
	"slices"
	"time"

	"github.com/beevik/etree"
)

// Namespaces.
const (
	nsXML    = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS  = "http://www.w3.org/2000/xmlns/"
	nsSAML   = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsSAMLP  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsMD     = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsDS     = "http://www.w3.org/2000/09/xmldsig#"
	nsXENC   = "http://www.w3.org/2001/04/xmlenc#"
	nsXENC11 = "http://www.w3.org/2009/xmlenc11#"
	nsEC     = "http://www.w3.org/2001/10/xml-exc-c14n#"
	nsXSI    = "http://www.w3.org/2001/XMLSchema-instance"
)

// is reports whether an element has an expanded name.
func is(el *etree.Element, ns, tag string) bool { return el.Tag == tag && el.NamespaceURI() == ns }

// attr returns an attribute that is in no namespace, "" where it is absent.
func attr(el *etree.Element, key string) string {
	for i := range el.Attr {
		if el.Attr[i].Space == "" && el.Attr[i].Key == key {
			return el.Attr[i].Value
		}
	}
	return ""
}

// hasAttr reports whether an attribute that is in no namespace is there, be it empty.
func hasAttr(el *etree.Element, key string) bool {
	return slices.ContainsFunc(el.Attr, func(a etree.Attr) bool { return a.Space == "" && a.Key == key })
}

// only refuses attributes of an element beside those listed. Namespace declarations pass; what else has a prefix
// doesn't, because the profile knows no such attribute outside of attribute values.
func only(op string, el *etree.Element, keys ...string) error {
	for _, a := range el.Attr {
		if a.Space == "xmlns" || (a.Space == "" && (a.Key == "xmlns" || slices.Contains(keys, a.Key))) {
			continue
		}
		return refuse(op, ReasonUnexpected, "%s has an attribute %q", el.Tag, clip(a.FullKey()))
	}
	return nil
}

// slot is a place in a sequence of child elements.
type slot struct {
	ns, tag  string
	min, max int
}

// sequence refuses children that don't follow the slots in their order and number, and text between them. It returns
// the children of each slot.
func sequence(op string, el *etree.Element, slots ...slot) ([][]*etree.Element, error) {
	found, at := make([][]*etree.Element, len(slots)), 0
	for _, c := range el.Child {
		if data, ok := c.(*etree.CharData); ok {
			if !blank(data.Data) {
				return nil, refuse(op, ReasonUnexpected, "%s holds text beside its elements", el.Tag)
			}
			continue
		}
		child, ok := c.(*etree.Element)
		if !ok {
			return nil, refuse(op, ReasonUnexpected, "%s holds what is neither element nor text", el.Tag)
		}
		for at < len(slots) && !is(child, slots[at].ns, slots[at].tag) {
			at++
		}
		if at == len(slots) {
			return nil, refuse(op, ReasonUnexpected, "%s has no place for %q here", el.Tag, clip(child.FullTag()))
		}
		if found[at] = append(found[at], child); len(found[at]) > slots[at].max {
			return nil, refuse(op, ReasonUnexpected, "%s has more than %d %s", el.Tag, slots[at].max, child.Tag)
		}
	}
	for i, s := range slots {
		if len(found[i]) < s.min {
			return nil, refuse(op, ReasonMissingElement, "%s has no %s", el.Tag, s.tag)
		}
	}
	return found, nil
}

// content returns the text of an element that must hold nothing else.
func content(op string, el *etree.Element) (string, error) {
	text := ""
	for _, c := range el.Child {
		data, ok := c.(*etree.CharData)
		if !ok {
			return "", refuse(op, ReasonUnexpected, "%s holds more than text", el.Tag)
		}
		text += data.Data
	}
	return text, nil
}

// walk calls visit for el and everything below it, until it returns an error.
func walk(el *etree.Element, visit func(*etree.Element) error) error {
	if err := visit(el); err != nil {
		return err
	}
	for _, c := range el.Child {
		if child, ok := c.(*etree.Element); ok {
			if err := walk(child, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// inScope returns the namespace declarations that hold at el, its own included.
func inScope(el *etree.Element) map[string]string {
	scope := map[string]string{}
	if el == nil {
		return scope
	}
	maps.Copy(scope, inScope(el.Parent()))
	for _, a := range el.Attr {
		switch {
		case a.Space == "xmlns":
			scope[a.Key] = a.Value
		case a.Space == "" && a.Key == "xmlns":
			scope[""] = a.Value
		}
	}
	return scope
}

// detach returns a copy of el that stands alone: the declarations around it are on it.
func detach(el *etree.Element) *etree.Element {
	scope, out := inScope(el), el.Copy()
	for _, prefix := range slices.Sorted(maps.Keys(scope)) {
		key := "xmlns:" + prefix
		if prefix == "" {
			key = "xmlns"
		}
		if out.SelectAttr(key) == nil {
			out.CreateAttr(key, scope[prefix])
		}
	}
	return out
}

// timeForm is how times are written: UTC, with milliseconds (SAML core 1.3.3).
const timeForm = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeForm) }

// instant reads an attribute's time; the zero time where it is absent. Only UTC is accepted: SAML core 1.3.3 wants it,
// and a time without a zone means different things to different readers.
func instant(op string, el *etree.Element, key string) (time.Time, error) {
	if !hasAttr(el, key) {
		return time.Time{}, nil
	}
	text := attr(el, key)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 2000 || t.Year() > 9998 {
		return time.Time{}, refuse(op, ReasonTime, "%s of %s is %q, which is not a time in UTC such as 2026-11-23T16:00:00Z", key, el.Tag, clip(text))
	}
	if _, offset := t.Zone(); offset != 0 {
		return time.Time{}, refuse(op, ReasonTime, "%s of %s is %q, which is not in UTC", key, el.Tag, clip(text))
	}
	return t.UTC(), nil
}
