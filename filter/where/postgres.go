package where

import (
	"strconv"
	"unicode/utf8"
)

// PostgreSQL is the dialect of PostgreSQL 14 or newer. Lists are text[] and bigint[]; a GIN index serves eq on
// them. Text is kept in the C collation: it compares by bytes, as Go does.
var PostgreSQL = &Dialect{
	name: "postgres",
	placeholder: func(n int, v any) string {
		t := "text"
		switch v.(type) {
		case int:
			t = "int"
		case int64:
			t = "bigint"
		case bool:
			t = "boolean"
		}
		return "$" + strconv.Itoa(n) + "::" + t
	},
	column: func(c Column) string {
		t, collation := "text", ` COLLATE "C"`
		switch {
		case c.Text():
		case c.bool():
			t, collation = "boolean", ""
		default:
			t, collation = "bigint", ""
		}
		if c.Field.Many {
			t += "[]"
		}
		return t + collation
	},
	texts:   func(v []string) any { return v },
	numbers: func(v []int64) any { return v },
	holds:   func(text, part string) string { return "strpos(" + text + ", " + part + ") > 0" },
	begins:  func(text, part string, b bind) string { return "starts_with(" + text + ", " + b(part) + ")" },
	ends: func(text, part string, b bind) string {
		return "right(" + text + ", " + b(utf8.RuneCountInString(part)) + ") = " + b(part)
	},
	spaced: func(text string) string {
		return "translate(" + text + ", ',.-_' || chr(1) || chr(2), '      ')"
	},
	single: func(text string) string {
		return "regexp_replace(" + text + ", ' +', ' ', 'g')"
	},
	each: func(list, cond string) string {
		return "EXISTS (SELECT 1 FROM unnest(" + list + ") AS e(v) WHERE " + cond + ")"
	},
	element: "e.v",
	hasAny: func(list string, args []string) string {
		return "COALESCE(" + list + " && ARRAY[" + join(args) + "], FALSE)"
	},
}
