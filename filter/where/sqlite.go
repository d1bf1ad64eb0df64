package where

import (
	"encoding/json"
	"unicode/utf8"
)

// SQLite is the dialect of SQLite 3.38 or newer (JSON functions built in). A list is a JSON array in a text
// column; it is read with json_each, so an index on it does not help.
var SQLite = &Dialect{
	name:        "sqlite",
	placeholder: func(int, any) string { return "?" },
	column: func(c Column) string {
		if c.Field.Many || c.Text() {
			return "TEXT"
		}
		return "INTEGER"
	},
	texts:   func(v []string) any { return jsonList(v, len(v)) },
	numbers: func(v []int64) any { return jsonList(v, len(v)) },
	holds:   func(text, part string) string { return "instr(" + text + ", " + part + ") > 0" },
	begins: func(text, part string, b bind) string {
		return "substr(" + text + ", 1, " + b(utf8.RuneCountInString(part)) + ") = " + b(part)
	},
	ends: func(text, part string, b bind) string {
		return "substr(" + text + ", " + b(-utf8.RuneCountInString(part)) + ") = " + b(part)
	},
	spaced: func(text string) string {
		for _, c := range []string{"','", "'.'", "'-'", "'_'", "char(1)", "char(2)"} {
			text = "replace(" + text + ", " + c + ", ' ')"
		}
		return text
	},
	single: func(text string) string {
		return "replace(replace(replace(" + text + ", ' ', char(1,2)), char(2,1), ''), char(1,2), ' ')"
	},
	each: func(list, cond string) string {
		return "EXISTS (SELECT 1 FROM json_each(COALESCE(NULLIF(" + list + ", ''), '[]')) AS e WHERE " + cond + ")"
	},
	element: "e.value",
}

func jsonList(v any, n int) any {
	if n == 0 {
		return "[]"
	}
	text, err := json.Marshal(v)
	if err != nil { // lists of strings and of integers always have a JSON form
		panic(err)
	}
	return string(text)
}
