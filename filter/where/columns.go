package where

import (
	"strings"
	"unicode/utf8"

	"github.com/referee-casb/referee/filter"
)

// Column is one column of an entity's table.
type Column struct {
	Name  string
	Field *filter.Info
	part  part
}

// part says which form of the field's fact the column holds.
type part uint8

const (
	whole  part = iota // the fact as it is
	folded             // [filter.Fold] of it
	key                // an address as 32 hex digits
)

// Text reports whether the column, or each element of it, is text.
func (c Column) Text() bool {
	switch c.Field.Kind {
	case filter.KindNumber, filter.KindTime, filter.KindBool:
		return false
	}
	return true
}

func (c Column) bool() bool { return c.Field.Kind == filter.KindBool }

// Columns returns the columns that clauses over the entity read, in the order of its fields. A folded field has
// one column, Column + "_fold"; an address two, Column and Column + "_key"; fields without Column none.
func Columns(c *filter.Catalog) []Column {
	var out []Column
	for _, f := range c.Fields() {
		switch {
		case f.Column == "":
		case f.Kind == filter.KindAddress:
			out = append(out, Column{f.Column, f, whole}, Column{f.KeyColumn(), f, key})
		case f.Fold:
			out = append(out, Column{f.SearchColumn(), f, folded})
		default:
			out = append(out, Column{f.Column, f, whole})
		}
	}
	return out
}

// form is the text as the column holds it: what a database refuses in text becomes U+FFFD.
func (c Column) form(s string) string {
	if c.part == folded {
		s = filter.Fold(s)
	}
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
