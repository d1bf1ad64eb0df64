package saml

import "github.com/beevik/etree"

// Bounds of what attributes may hold, so that nobody fills memory.
const (
	maxValues = 4000 // of all attributes together
	maxValue  = 16 << 10
)

// readAttributes reads all statements' attributes. Keycloak sends each role as an attribute of its own with one name:
// those are joined. One name in two formats would let readers differ on which counts, and is refused.
func readAttributes(op string, statements []*etree.Element) ([]Attribute, error) {
	var out []Attribute
	at, values := map[string]int{}, 0
	for _, statement := range statements {
		for _, k := range statement.ChildElements() {
			if k.Tag == "EncryptedAttribute" {
				return nil, refuse(op, ReasonUnexpected, "an attribute is encrypted by itself; encrypt the assertion instead")
			}
		}
		parts, err := sequence(op, statement, slot{nsSAML, "Attribute", 0, maxValues})
		if err != nil {
			return nil, err
		}
		for _, el := range parts[0] {
			a, err := readAttribute(op, el)
			if err != nil {
				return nil, err
			}
			if values += len(a.Values); values > maxValues {
				return nil, refuse(op, ReasonTooLarge, "the attributes have more than %d values", maxValues)
			}
			i, known := at[a.Name]
			switch {
			case a.Name == "":
				return nil, refuse(op, ReasonMissingElement, "an attribute has no name")
			case known && out[i].Format != a.Format:
				return nil, refuse(op, ReasonUnexpected, "the attribute %q is given in two formats", clip(a.Name))
			case known:
				out[i].Values = append(out[i].Values, a.Values...)
			default:
				at[a.Name] = len(out)
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func readAttribute(op string, el *etree.Element) (Attribute, error) {
	a := Attribute{Name: attr(el, "Name"), Format: attr(el, "NameFormat"), FriendlyName: attr(el, "FriendlyName")}
	// AD FS adds attributes such as a:OriginalIssuer of its own here: they say nothing to us and are not read.
	parts, err := sequence(op, el, slot{nsSAML, "AttributeValue", 0, maxValues})
	if err != nil {
		return a, err
	}
	for _, v := range parts[0] {
		text := ""
		// eduPersonTargetedID wraps a NameID; nothing else may be inside a value.
		if kids := v.ChildElements(); len(kids) == 1 && is(kids[0], nsSAML, "NameID") {
			n, err := readNameID(op, kids[0])
			if err != nil {
				return a, err
			}
			text = n.Value
		} else if text, err = content(op, v); err != nil {
			return a, err
		}
		if len(text) > maxValue {
			return a, refuse(op, ReasonTooLarge, "a value of %q has %d bytes", clip(a.Name), len(text))
		}
		a.Values = append(a.Values, text)
	}
	return a, nil
}
