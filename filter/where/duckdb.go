package where

// DuckDB is the dialect of DuckDB 1.3 or newer (lambda syntax). Lists are VARCHAR[] and BIGINT[].
var DuckDB = &Dialect{
	name:        "duckdb",
	placeholder: func(int, any) string { return "?" },
	column: func(c Column) string {
		t := "VARCHAR"
		switch {
		case c.Text():
		case c.bool():
			t = "BOOLEAN"
		default:
			t = "BIGINT"
		}
		if c.Field.Many {
			t += "[]"
		}
		return t
	},
	texts:   func(v []string) any { return v },
	numbers: func(v []int64) any { return v },
	holds:   func(text, part string) string { return "contains(" + text + ", " + part + ")" },
	begins:  func(text, part string, b bind) string { return "starts_with(" + text + ", " + b(part) + ")" },
	ends:    func(text, part string, b bind) string { return "ends_with(" + text + ", " + b(part) + ")" },
	spaced: func(text string) string {
		return "translate(" + text + ", ',.-_' || chr(1) || chr(2), '      ')"
	},
	single: func(text string) string {
		return "regexp_replace(" + text + ", ' +', ' ', 'g')"
	},
	each: func(list, cond string) string {
		return "(COALESCE(len(list_filter(" + list + ", lambda v: " + cond + ")), 0) > 0)"
	},
	element: "v",
	hasAny: func(list string, args []string) string {
		return "COALESCE(list_has_any(" + list + ", [" + join(args) + "]), FALSE)"
	},
}
