package filter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/referee-casb/referee/fault"
)

// Schema is the list of fields of entity T. It is immutable and safe for concurrent use.
type Schema[T any] struct {
	*Catalog
	fields []Field[T] // same order and index as Catalog.infos
}

// Catalog is the untyped side of a schema: what filters may name.
type Catalog struct {
	entity string
	infos  []*Info
	byName map[string]int // names and aliases
	names  []string       // for suggestions
}

var (
	fieldPattern  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*)*$`)
	columnPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// NewSchema makes a schema, or says everything that is wrong with the list. Entity names it in messages, in the
// singular: "activity".
func NewSchema[T any](entity string, fields []Field[T]) (*Schema[T], error) {
	c := &Catalog{entity: entity, byName: map[string]int{}}
	s := &Schema[T]{Catalog: c, fields: slices.Clone(fields)}
	var wrong []string
	complain := func(i int, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("field %d %q: ", i, fields[i].Name)+fmt.Sprintf(format, args...))
	}
	columns := map[string]bool{}
	for i := range s.fields {
		f := &s.fields[i]
		f.check(func(format string, args ...any) { complain(i, format, args...) })
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			if _, double := c.byName[name]; double {
				complain(i, "name %q is taken", name)
			}
			c.byName[name] = i
			c.names = append(c.names, name)
		}
		for _, col := range f.columns() {
			if columns[col] {
				complain(i, "column %q is taken", col)
			}
			columns[col] = true
		}
		c.infos = append(c.infos, &f.Info)
	}
	for i := range s.fields {
		for _, over := range s.fields[i].Over {
			j, ok := c.byName[over]
			if !ok || len(s.fields[j].Over) > 0 || s.fields[j].Kind != KindText || s.fields[j].Fold != s.fields[i].Fold {
				complain(i, "%q in Over is not a plain text field with the same case rule", over)
			}
		}
	}
	if len(fields) == 0 {
		wrong = append(wrong, "no fields")
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Internal, "filter.NewSchema", "%s: %s", entity, strings.Join(wrong, "; "))
	}
	return s, nil
}

// MustSchema is NewSchema for lists written in code: a wrong list is a programmer's error and panics.
func MustSchema[T any](entity string, fields []Field[T]) *Schema[T] {
	s, err := NewSchema(entity, fields)
	if err != nil {
		panic(err)
	}
	return s
}

func (f *Field[T]) check(complain func(string, ...any)) {
	if !fieldPattern.MatchString(f.Name) || f.Name == "all" || f.Name == "any" || f.Name == "not" {
		complain("not a field name")
	}
	for _, a := range f.Aliases {
		if !fieldPattern.MatchString(a) || a == "all" || a == "any" || a == "not" {
			complain("alias %q is not a field name", a)
		}
	}
	if f.Title == "" || f.Doc == "" {
		complain("title and doc are needed")
	}
	if f.Kind < KindText || f.Kind > KindAddress {
		complain("no kind")
	}
	if f.Column != "" && !columnPattern.MatchString(f.Column) {
		complain("column %q is not a plain name", f.Column)
	}
	if f.Fold && !f.Kind.textual() {
		complain("only text, enum and id fold case")
	}
	if f.Many && !f.Kind.textual() && f.Kind != KindNumber {
		complain("a list of %s is not supported", f.Kind)
	}
	if f.Unit != UnitNone && f.Kind != KindNumber {
		complain("only a number has a unit")
	}
	f.checkChoices(complain)
	f.checkAccessors(complain)
}

func (f *Field[T]) checkChoices(complain func(string, ...any)) {
	if (f.Kind == KindEnum) != (len(f.Values) > 0) {
		complain("an enum, and nothing else, lists its values")
	}
	seen := map[string]bool{}
	for _, v := range f.Values {
		for _, name := range append([]string{v.Name}, v.Aliases...) {
			if key := Fold(name); name == "" || seen[key] {
				complain("value %q is empty or doubled", name)
			} else {
				seen[key] = true
			}
		}
	}
}

func (f *Field[T]) checkAccessors(complain func(string, ...any)) {
	have := map[string]bool{}
	for name, set := range map[string]bool{
		"Text": f.Text != nil, "Number": f.Number != nil, "Time": f.Time != nil, "Bool": f.Bool != nil,
		"Addr": f.Addr != nil, "Count": f.Count != nil, "TextAt": f.TextAt != nil, "NumberAt": f.NumberAt != nil,
	} {
		if set {
			have[name] = true
		}
	}
	want := map[Kind][]string{
		KindText: {"Text"}, KindEnum: {"Text"}, KindID: {"Text"}, KindNumber: {"Number"},
		KindTime: {"Time"}, KindBool: {"Bool"}, KindAddress: {"Addr"},
	}[f.Kind]
	if f.Many {
		want = []string{"Count", "TextAt"}
		if f.Kind == KindNumber {
			want = []string{"Count", "NumberAt"}
		}
	}
	if len(f.Over) > 0 {
		want = nil
		if f.Kind != KindText || f.Column != "" {
			complain("a field over others is text and has no column")
		}
	}
	for _, w := range want {
		if !have[w] {
			complain("accessor %s is missing", w)
		}
		delete(have, w)
	}
	for extra := range have {
		complain("accessor %s does not belong to a %s field", extra, f.Kind)
	}
}

// columns returns the names of the columns that a store keeps for the field.
func (f *Info) columns() []string {
	switch {
	case f.Column == "":
		return nil
	case f.Kind == KindAddress:
		return []string{f.Column, f.KeyColumn()}
	}
	return []string{f.SearchColumn()}
}

// SearchColumn returns the column that comparisons read: Column, or Column + "_fold".
func (f *Info) SearchColumn() string {
	if f.Fold && f.Column != "" {
		return f.Column + "_fold"
	}
	return f.Column
}

// KeyColumn returns the column that holds an address in its comparable form.
func (f *Info) KeyColumn() string { return f.Column + "_key" }

// Declared returns a field as it was declared, by name or alias, for code that reads rows by the schema.
func (s *Schema[T]) Declared(name string) (Field[T], bool) {
	i, ok := s.byName[name]
	if !ok {
		return Field[T]{}, false
	}
	return s.fields[i], true
}

// Entity returns the entity's name.
func (c *Catalog) Entity() string { return c.entity }

// Fields returns the description of every field in the order of the list. The caller must not change them.
func (c *Catalog) Fields() []*Info { return c.infos }

// Field returns the field with the name or alias, or nil.
func (c *Catalog) Field(name string) *Info {
	if i, ok := c.byName[name]; ok {
		return c.infos[i]
	}
	return nil
}
