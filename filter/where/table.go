package where

import (
	"github.com/referee-casb/referee/filter"
)

// Table is the columns of entity T in one dialect, with their values. It is immutable and safe for concurrent use.
type Table[T any] struct {
	Columns []Column
	values  []func(*T) any
}

// NewTable makes the table of a schema.
func NewTable[T any](d *Dialect, s *filter.Schema[T]) *Table[T] {
	t := &Table[T]{Columns: Columns(s.Catalog)}
	for _, c := range t.Columns {
		f, _ := s.Declared(c.Field.Name) // its own columns name its own fields
		t.values = append(t.values, value(d, c, &f))
	}
	return t
}

// Row appends the value of every column for one row, ready to be bound, to dst: nil for a fact that is not Known,
// int64 for numbers and times (microseconds since 1970), bool, string, or the dialect's list.
func (t *Table[T]) Row(dst []any, row *T) []any {
	for _, v := range t.values {
		dst = append(dst, v(row))
	}
	return dst
}

func value[T any](d *Dialect, c Column, f *filter.Field[T]) func(*T) any {
	switch {
	case f.NumberAt != nil:
		return numbers(d, f)
	case f.TextAt != nil:
		return texts(d, c, f)
	case f.Number != nil:
		return func(row *T) any {
			if n, st := f.Number(row); st == filter.Known {
				return n
			}
			return nil
		}
	case f.Time != nil:
		return func(row *T) any {
			if t, st := f.Time(row); st == filter.Known && !t.IsZero() {
				return filter.Micros(t)
			}
			return nil
		}
	case f.Bool != nil:
		return func(row *T) any {
			if b, st := f.Bool(row); st == filter.Known {
				return b
			}
			return nil
		}
	case f.Addr != nil:
		return func(row *T) any {
			a, st := f.Addr(row)
			switch {
			case st != filter.Known || !a.IsValid():
				return nil
			case c.part == key:
				return filter.KeyOf(a).String()
			}
			return filter.Addr(a).String()
		}
	}
	return func(row *T) any {
		if s, st := f.Text(row); st == filter.Known && s != "" {
			return c.form(s)
		}
		return nil
	}
}

func texts[T any](d *Dialect, c Column, f *filter.Field[T]) func(*T) any {
	none := d.texts([]string{})
	return func(row *T) any {
		n, st := f.Count(row)
		if st != filter.Known || n == 0 {
			return none
		}
		list := make([]string, 0, n)
		for i := range n {
			if s := f.TextAt(row, i); s != "" {
				list = append(list, c.form(s))
			}
		}
		return d.texts(list)
	}
}

func numbers[T any](d *Dialect, f *filter.Field[T]) func(*T) any {
	none := d.numbers([]int64{})
	return func(row *T) any {
		n, st := f.Count(row)
		if st != filter.Known || n == 0 {
			return none
		}
		list := make([]int64, 0, n)
		for i := range n {
			if v, ok := f.NumberAt(row, i); ok {
				list = append(list, v)
			}
		}
		return d.numbers(list)
	}
}
