package filter

import (
	"fmt"
	"strings"
)

// Operator is the name of a comparison, spelled as in Defender's REST API.
type Operator string

// The operators. SEMANTICS.md has the whole truth table; negative operators (those with an opposite listed in
// [Operator.Positive]) are true exactly when their opposite is false, so they hold for a field that is not set.
const (
	Eq               Operator = "eq"               // has one of the values
	Neq              Operator = "neq"              // has none of the values
	Deq              Operator = "deq"              // has a value that is none of the values given
	Contains         Operator = "contains"         // holds one of the phrases as whole words
	Ncontains        Operator = "ncontains"        // holds none of the phrases
	Startswith       Operator = "startswith"       // begins with one of the values
	Startswithsingle Operator = "startswithsingle" // begins with the one value
	Doesnotstartwith Operator = "doesnotstartwith" // begins with none of the values
	Endswith         Operator = "endswith"         // ends with one of the values
	Substring        Operator = "substring"        // holds one of the values anywhere, in the middle of words too
	Descendantof     Operator = "descendantof"     // is one of the paths, or below it
	Ndescendantof    Operator = "ndescendantof"    // is none of the paths, nor below one
	Text             Operator = "text"             // all words of one of the values occur, in any order
	Gt               Operator = "gt"
	Gte              Operator = "gte"
	Lt               Operator = "lt"
	Lte              Operator = "lte"
	Range            Operator = "range"     // between start and end of one of the ranges, both included
	GteNdays         Operator = "gte_ndays" // at most so many days ago, or in the future
	LteNdays         Operator = "lte_ndays" // at least so many days ago
	Isset            Operator = "isset"
	Isnotset         Operator = "isnotset"
)

// Operand says how an operator's values are written.
type Operand uint8

// The operand shapes.
const (
	OperandList   Operand = iota // one value, or a list of values of which one suffices
	OperandSingle                // exactly one value
	OperandDays                  // a whole number of days, 0 to 36500
	OperandRanges                // {start: x, end: y}, or a list of them; one end may be left open
	OperandFlag                  // true; false means the opposite operator
)

// OperatorInfo describes an operator for reference pages, editors and checks.
type OperatorInfo struct {
	Name     Operator
	Positive Operator // the operator this one is the exact complement of, or ""
	Operand  Operand
	Kinds    []Kind // of fields it fits
	Doc      string
}

var (
	everyKind   = []Kind{KindText, KindEnum, KindID, KindNumber, KindTime, KindBool, KindAddress}
	wordKinds   = []Kind{KindText}
	prefixKinds = []Kind{KindText, KindID, KindAddress}
	pathKinds   = []Kind{KindText, KindID}
	nameKinds   = []Kind{KindText, KindEnum, KindID}
	orderKinds  = []Kind{KindNumber, KindTime}
	rangeKinds  = []Kind{KindNumber, KindTime, KindAddress}
	timeKinds   = []Kind{KindTime}
)

var operators = []OperatorInfo{
	{Eq, "", OperandList, everyKind, "Has one of the values, as a whole. An address field also takes networks such as 203.0.113.0/24; a time field takes a day."},
	{Neq, Eq, OperandList, everyKind, "Has none of the values. Also true when the field is not set; add isset to leave those out."},
	{Deq, "", OperandList, nameKinds, "Has at least one value other than those given: shared with a domain that is not yours."},
	{Contains, "", OperandList, wordKinds, "Holds one of the phrases as whole words. Words are separated by comma, dot, space, dash and underscore."},
	{Ncontains, Contains, OperandList, wordKinds, "Holds none of the phrases. Also true when the field is not set."},
	{Startswith, "", OperandList, prefixKinds, "Begins with one of the values."},
	{Startswithsingle, "", OperandSingle, prefixKinds, "Begins with the value."},
	{Doesnotstartwith, Startswith, OperandList, prefixKinds, "Begins with none of the values. Also true when the field is not set."},
	{Endswith, "", OperandList, wordKinds, "Ends with one of the values."},
	{Substring, "", OperandList, wordKinds, "Holds one of the values anywhere, in the middle of a word too, as Entra's and Sigma's contains do."},
	{Descendantof, "", OperandList, pathKinds, "Is one of the paths, or lies below one. The parts of a path are separated by /."},
	{Ndescendantof, Descendantof, OperandList, pathKinds, "Is none of the paths and lies below none. Also true when the field is not set."},
	{Text, "", OperandList, wordKinds, "All words of one of the values occur as whole words, in any order and, in a list, in any of its values."},
	{Gt, "", OperandSingle, orderKinds, "Is greater, or later. A day without a clock time is meant to its end."},
	{Gte, "", OperandSingle, orderKinds, "Is as great or greater, as late or later."},
	{Lt, "", OperandSingle, orderKinds, "Is less, or earlier."},
	{Lte, "", OperandSingle, orderKinds, "Is as little or less, as early or earlier. A day without a clock time is meant to its end."},
	{Range, "", OperandRanges, rangeKinds, "Lies in one of the ranges {start, end}, both included."},
	{GteNdays, "", OperandDays, timeKinds, "Is at most so many days ago, or in the future."},
	{LteNdays, "", OperandDays, timeKinds, "Is at least so many days ago."},
	{Isset, "", OperandFlag, everyKind, "Has a value."},
	{Isnotset, Isset, OperandFlag, everyKind, "Has no value."},
}

// Operators returns a description of every operator, in the order of the reference page. The caller must not
// change it.
func Operators() []OperatorInfo { return operators }

var operatorByName = func() map[Operator]*OperatorInfo {
	m := make(map[Operator]*OperatorInfo, len(operators))
	for i := range operators {
		m[operators[i].Name] = &operators[i]
	}
	return m
}()

// Info returns the operator's description, or nil for a name that is none.
func (o Operator) Info() *OperatorInfo { return operatorByName[o] }

// Fits reports whether the operator can be used on a field of the kind.
func (o *OperatorInfo) Fits(k Kind) bool {
	for _, have := range o.Kinds {
		if have == k {
			return true
		}
	}
	return false
}

var operatorNames = func() (names []string) {
	for _, o := range operators {
		names = append(names, string(o.Name))
	}
	return names
}()

// otherNames are what people write who know another language.
var otherNames = map[string]Operator{
	"equals": Eq, "equal": Eq, "is": Eq, "in": Eq, "any": Eq, "=": Eq, "==": Eq, "one_of": Eq, "cidr": Eq,
	"notequals": Neq, "not_equals": Neq, "ne": Neq, "not_in": Neq, "notin": Neq, "nin": Neq, "isnot": Neq, "!=": Neq, "doesnotequal": Neq,
	"has": Contains, "like": Contains, "includes": Contains, "doesnotcontain": Ncontains, "notcontains": Ncontains,
	"prefix": Startswith, "beginswith": Startswith, "suffix": Endswith,
	"under": Descendantof, "search": Text, ">": Gt, ">=": Gte, "<": Lt, "<=": Lte, "min": Gte, "max": Lte,
	"after": Gt, "before": Lt, "since": Gte, "until": Lte, "between": Range,
	"exists": Isset, "present": Isset, "notnull": Isset, "missing": Isnotset, "empty": Isnotset, "null": Isnotset,
}

func adviseOperator(got string) string {
	if op, ok := otherNames[strings.ToLower(got)]; ok {
		return fmt.Sprintf("did you mean %q?", op)
	}
	return Suggest(got, operatorNames)
}
