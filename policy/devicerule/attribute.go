package devicerule

import (
	"slices"
	"strconv"
	"strings"

	"github.com/referee-casb/referee/filter"
)

// Op is one of Entra's operators, as rules spell it without the hyphen.
type Op string

// The operators. Each "not" form holds exactly when its positive form does not.
const (
	Equals        Op = "eq"
	NotEquals     Op = "ne"
	StartsWith    Op = "startsWith"
	NotStartsWith Op = "notStartsWith"
	EndsWith      Op = "endsWith"
	NotEndsWith   Op = "notEndsWith"
	Contains      Op = "contains"
	NotContains   Op = "notContains"
	In            Op = "in"
	NotIn         Op = "notIn"
)

// Negative reports whether the operator matches a device that lacks the attribute.
func (o Op) Negative() bool {
	switch o {
	case NotEquals, NotStartsWith, NotEndsWith, NotContains, NotIn:
		return true
	case Equals, StartsWith, EndsWith, Contains, In:
	}
	return false
}

// positive returns the operator that o negates, or o.
func (o Op) positive() Op {
	switch o {
	case NotEquals:
		return Equals
	case NotStartsWith:
		return StartsWith
	case NotEndsWith:
		return EndsWith
	case NotContains:
		return Contains
	case NotIn:
		return In
	case Equals, StartsWith, EndsWith, Contains, In:
	}
	return o
}

// list reports whether the operator takes a list of values.
func (o Op) list() bool { return o.positive() == In }

// Attribute is a device attribute that rules may name.
type Attribute struct {
	Name   string   // as Entra spells it, without "device."
	Field  string   // of the filter language
	Ops    []Op     // that fit it
	Values []string // the only ones it has, nil for any text
	Many   bool     // a collection: contains means that one element is the value
	Bool   bool
	// Writable says that the device's user can change what it says, so that a rule should not rest on it alone.
	Writable bool
}

var (
	sameOps   = []Op{Equals, NotEquals}
	idOps     = []Op{Equals, NotEquals, In, NotIn}
	elementOp = []Op{Contains, NotContains}
	textOps   = []Op{Equals, NotEquals, StartsWith, NotStartsWith, EndsWith, NotEndsWith, Contains, NotContains, In, NotIn}
)

var attributes = func() []Attribute {
	out := []Attribute{
		{Name: "deviceId", Ops: idOps},
		{Name: "displayName", Ops: textOps, Writable: true},
		{Name: "deviceOwnership", Ops: sameOps, Values: []string{"Personal", "Company"}},
		{Name: "enrollmentProfileName", Ops: textOps},
		{Name: "isCompliant", Ops: sameOps, Values: []string{"True", "False"}, Bool: true},
		{Name: "manufacturer", Ops: textOps, Writable: true},
		{Name: "mdmAppId", Ops: idOps},
		{Name: "model", Ops: textOps, Writable: true},
		{Name: "operatingSystem", Ops: textOps, Writable: true},
		{Name: "operatingSystemVersion", Ops: textOps, Writable: true},
		{Name: "physicalIds", Ops: elementOp, Many: true},
		{Name: "profileType", Ops: sameOps, Values: []string{"RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"}},
		{Name: "systemLabels", Ops: elementOp, Many: true},
		{Name: "trustType", Ops: sameOps, Values: []string{"AzureAD", "ServerAD", "Workplace"}},
	}
	for i := 1; i <= 15; i++ {
		out = append(out, Attribute{Name: "extensionAttribute" + strconv.Itoa(i), Ops: textOps})
	}
	for i := range out {
		out[i].Field = "device." + out[i].Name
	}
	return out
}()

// Attributes returns every attribute, in the order of Entra's page. The caller must not change it.
func Attributes() []Attribute { return attributes }

// find returns the attribute of a name, in any case.
func find(name string) *Attribute {
	i := slices.IndexFunc(attributes, func(a Attribute) bool { return strings.EqualFold(a.Name, name) })
	if i < 0 {
		return nil
	}
	return &attributes[i]
}

// fits reports whether the attribute takes the operator.
func (a *Attribute) fits(op Op) bool { return slices.Contains(a.Ops, op) }

// node lowers one comparison. Null is a comparison with null; it has no values.
func (a *Attribute) node(op Op, values []string, null bool) *filter.Node {
	var n *filter.Node
	switch {
	case null:
		n = filter.Cond(a.Field, filter.Isnotset)
	case a.Bool:
		n = filter.Cond(a.Field, filter.Eq, strings.ToLower(values[0]))
	case op.positive() == StartsWith:
		n = filter.Cond(a.Field, filter.Startswith, values...)
	case op.positive() == EndsWith:
		n = filter.Cond(a.Field, filter.Endswith, values...)
	case op.positive() == Contains && !a.Many:
		n = filter.Cond(a.Field, filter.Substring, values...)
	default:
		n = filter.Cond(a.Field, filter.Eq, values...)
	}
	if op.Negative() {
		return filter.NotOf(n)
	}
	return n
}
