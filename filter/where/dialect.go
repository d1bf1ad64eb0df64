package where

import (
	"time"

	"github.com/referee-casb/referee/filter"
)

// Dialect is how one database spells what clauses need. The expressions that its functions are given are not
// NULL; bind gives the placeholder of a value and is called in the order of the text.
type Dialect struct {
	name        string
	placeholder func(n int, v any) string
	column      func(c Column) string                   // the type in CREATE TABLE
	texts       func([]string) any                      // a list to bind
	numbers     func([]int64) any                       // a list to bind
	holds       func(text, part string) string          // part, an expression as well, occurs in text
	begins      func(text, part string, b bind) string  // text begins with part, a value
	ends        func(text, part string, b bind) string  // text ends with part, a value
	spaced      func(text string) string                // separators of words as spaces
	single      func(text string) string                // runs of spaces as one
	each        func(list, cond string) string          // an element of the list satisfies cond; false for NULL
	element     string                                  // the element's name in cond
	hasAny      func(list string, args []string) string // the list has one of the texts; nil: each will do
}

type bind func(v any) string

// Name returns the dialect's id: "sqlite", "duckdb" or "postgres".
func (d *Dialect) Name() string { return d.name }

// Type returns the type of a column for CREATE TABLE. All columns may be NULL.
func (d *Dialect) Type(c Column) string { return d.column(c) }

// List returns a list of texts in the form in which the dialect's lists are bound.
func (d *Dialect) List(texts []string) any { return d.texts(texts) }

// Options say where a clause will stand.
type Options struct {
	Table string // alias of the table, or ""
	From  int    // number of the first placeholder where placeholders are numbered (PostgreSQL); 0 means 1
}

// Clause is a condition and the values for its placeholders in order.
type Clause struct {
	SQL  string
	Args []any
}

// Clause compiles a plan for the time now. The error is [filter.Mistakes]: fields that stores have no column for.
func (d *Dialect) Clause(p *filter.Plan, now time.Time, o Options) (Clause, error) {
	c := &compiler{Dialect: d, options: o, now: filter.Micros(now)}
	sql := c.plan(p)
	if len(c.mistakes) > 0 {
		return Clause{}, c.mistakes
	}
	return Clause{SQL: sql, Args: c.args}, nil
}
