package where

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/referee-casb/referee/filter"
)

const (
	always = "1=1"
	never  = "1=0"
)

type compiler struct {
	*Dialect
	options  Options
	now      int64
	args     []any
	mistakes filter.Mistakes
}

// arg binds a value and returns its placeholder. Without numbers the order of calls is the order in the text, so
// every expression is built from left to right.
func (c *compiler) arg(v any) string {
	c.args = append(c.args, v)
	return c.placeholder(max(c.options.From, 1)+len(c.args)-1, v)
}

func (c *compiler) col(name string) string {
	if c.options.Table != "" {
		return quote(c.options.Table) + "." + quote(name)
	}
	return quote(name)
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (c *compiler) plan(p *filter.Plan) string {
	switch p.Shape {
	case filter.ShapeCond:
		return c.cond(p)
	case filter.ShapeNot:
		return "NOT " + c.plan(p.Kids[0])
	}
	parts := make([]string, len(p.Kids))
	for i, k := range p.Kids {
		parts[i] = c.plan(k)
	}
	if p.Shape == filter.ShapeAny {
		return either(parts)
	}
	return both(parts)
}

func both(parts []string) string   { return balanced(parts, " AND ", always) }
func either(parts []string) string { return balanced(parts, " OR ", never) }

// balanced nests in halves: SQLite bounds an expression's depth at 1000, and a chain is as deep as it is long.
func balanced(parts []string, op, none string) string {
	switch len(parts) {
	case 0:
		return "(" + none + ")"
	case 1:
		return parts[0]
	case 2, 3, 4:
		return "(" + strings.Join(parts, op) + ")"
	}
	half := len(parts) / 2
	return "(" + balanced(parts[:half], op, none) + op + balanced(parts[half:], op, none) + ")"
}

// cond returns a parenthesised condition that is never NULL.
func (c *compiler) cond(p *filter.Plan) string {
	f := p.Field
	if f.Column == "" {
		c.mistakes = append(c.mistakes, filter.Mistake{
			Pos: p.Node.Pos, Path: p.Path,
			Reason: fmt.Sprintf("%s can't be searched for: it is not kept with each row", f.Name),
		})
		return never
	}
	positive := ""
	if f.Many {
		positive = c.list(p)
	} else {
		positive = c.single(p)
	}
	if p.Negated {
		return "NOT " + positive
	}
	return positive
}

func (c *compiler) single(p *filter.Plan) string {
	f := p.Field
	col := c.col(f.SearchColumn())
	if f.Kind == filter.KindAddress && p.Op == filter.Range {
		col = c.col(f.KeyColumn())
	}
	pred := ""
	if p.Op != filter.Isset {
		pred = c.value(p, col)
	} else if (Column{Field: f}).Text() {
		pred = col + " <> ''"
	}
	if pred == "" {
		return "(" + col + " IS NOT NULL)"
	}
	return "(" + col + " IS NOT NULL AND " + pred + ")"
}

func (c *compiler) list(p *filter.Plan) string {
	col := c.col(p.Field.SearchColumn())
	text := (Column{Field: p.Field}).Text()
	switch {
	case p.Op == filter.Eq && c.hasAny != nil:
		args := make([]string, len(p.Texts))
		for i, s := range p.Texts {
			args[i] = c.arg(s)
		}
		return c.hasAny(col, args)
	case p.Op == filter.Text:
		var values []string
		for _, ws := range p.Words {
			var all []string
			for _, w := range ws { // each word may be in another element
				all = append(all, c.each(col, c.phrase(c.element, w)))
			}
			values = append(values, both(all))
		}
		return either(values)
	case p.Op == filter.Isset && text:
		return c.each(col, c.element+" <> ''")
	case p.Op == filter.Isset:
		return c.each(col, c.element+" IS NOT NULL")
	}
	return c.each(col, c.value(p, c.element))
}

// value returns a condition on one value that is not NULL.
func (c *compiler) value(p *filter.Plan, x string) string {
	switch p.Op {
	case filter.Eq:
		return c.in(x, p.Texts)
	case filter.Deq:
		return "(" + x + " <> '' AND NOT " + c.in(x, p.Texts) + ")"
	case filter.Text:
		var values []string
		for _, ws := range p.Words {
			var all []string
			for _, w := range ws {
				all = append(all, c.phrase(x, w))
			}
			values = append(values, both(all))
		}
		return either(values)
	case filter.GteNdays:
		return x + " >= " + c.arg(c.now-p.Days*int64(24*time.Hour/time.Microsecond))
	case filter.LteNdays:
		return x + " <= " + c.arg(c.now-p.Days*int64(24*time.Hour/time.Microsecond))
	case filter.Range:
		if p.Field.Kind == filter.KindAddress {
			return c.nets(p, x)
		}
		return c.spans(p, x)
	}
	parts := make([]string, len(p.Texts))
	for i, s := range p.Texts {
		switch p.Op {
		case filter.Contains:
			parts[i] = c.phrase(x, s)
		case filter.Startswith:
			parts[i] = c.begins(x, s, c.arg)
		case filter.Endswith:
			parts[i] = c.ends(x, s, c.arg)
		case filter.Substring:
			parts[i] = c.holds(x, c.arg(s))
		case filter.Descendantof:
			parts[i] = "(" + x + " = " + c.arg(s) + " OR " + c.begins(x, s+"/", c.arg) + ")"
		}
	}
	return either(parts)
}

func (c *compiler) in(x string, texts []string) string {
	args := make([]string, len(texts))
	for i, s := range texts {
		args[i] = c.arg(s)
	}
	return x + " IN (" + join(args) + ")"
}

// phrase looks for whole words. The plain search for the longest word comes first: it is cheap and seldom true.
func (c *compiler) phrase(x, phrase string) string {
	longest := ""
	words := strings.Split(phrase, " ")
	for _, w := range words {
		if utf8.RuneCountInString(w) > utf8.RuneCountInString(longest) {
			longest = w
		}
	}
	text := "' ' || " + c.spaced(x) + " || ' '"
	if len(words) > 1 {
		text = c.Dialect.single(text)
	}
	first := c.holds(x, c.arg(longest))
	return "(" + first + " AND " + c.holds("("+text+")", c.arg(" "+phrase+" ")) + ")"
}

func join(args []string) string { return strings.Join(args, ", ") }

func (c *compiler) spans(p *filter.Plan, x string) string {
	var parts []string
	var points []int64
	for _, s := range p.Spans {
		open, closed := s.Lo == -1<<63, s.Hi == 1<<63-1
		switch {
		case p.Field.Kind == filter.KindBool:
			for n := s.Lo; n <= s.Hi; n++ {
				parts = append(parts, x+" = "+c.arg(n == 1))
			}
		case open && closed:
			parts = append(parts, always)
		case open:
			parts = append(parts, x+" <= "+c.arg(s.Hi))
		case closed:
			parts = append(parts, x+" >= "+c.arg(s.Lo))
		case s.Lo < s.Hi:
			parts = append(parts, x+" BETWEEN "+c.arg(s.Lo)+" AND "+c.arg(s.Hi))
		default:
			points = append(points, s.Lo) // bound after all ranges, where the text puts them
		}
	}
	if len(points) > 0 {
		args := make([]string, len(points))
		for i, n := range points {
			args[i] = c.arg(n)
		}
		parts = append(parts, x+" IN ("+join(args)+")")
	}
	return either(parts)
}

func (c *compiler) nets(p *filter.Plan, x string) string {
	var parts []string
	var hosts []string
	for _, n := range p.Nets {
		if n.First == n.Last {
			hosts = append(hosts, n.First.String())
		} else {
			parts = append(parts, x+" BETWEEN "+c.arg(n.First.String())+" AND "+c.arg(n.Last.String()))
		}
	}
	if len(hosts) > 0 {
		parts = append(parts, c.in(x, hosts))
	}
	return either(parts)
}
