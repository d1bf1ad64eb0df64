package filtertest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/referee-casb/referee/filter"
)

// The pools are small, so that random filters meet random rows, and full of what dialects get wrong.
var (
	pieces = []string{"alpha", "ALPHA", "Beta", "beta", "æ", "Æ", "a\u030A", "å", "ß", "ı", "İ", "K", "\u212A", "1", "%", "_", "'", `"`, `\`, "/", "日本", "😀", "\xff", "\x00"}
	glue   = []string{"", " ", "-", "_", ".", ",", "  ", "/", ", ", "\t", "\x01", "\x02\x01"}
	apps   = []string{"onedrive", "OneDrive", "box", "a/b", "a/b/c", "a"}
	tags   = []string{"managed", "unmanaged", "compliant"}
	phases = []string{"monitor", "block"}
	counts = []int64{-2, -1, 0, 1, 2, 3, 1000, 1 << 53, 1<<53 + 1, 1<<63 - 1, -1 << 63}
	addrs  = []string{"10.0.0.1", "10.0.0.2", "10.1.0.0", "255.255.255.255", "0.0.0.0", "::1", "::", "2001:db8::1", "2001:db8:0:1::", "ffff::ffff", "::ffff:10.0.0.1", "::fffe:ffff:ffff", "::1:0:0:0"}
	nets   = []string{"10.0.0.0/8", "10.0.0.0/31", "0.0.0.0/0", "::/0", "::/1", "2001:db8::/64", "::ffff:0.0.0.0/96", "::/95", "8000::/1"}
	hours  = []int{0, 1, 23, 24, 25, 47, 48, 49, 24 * 30, -1, -24}
)

type maker struct{ *rand.Rand }

func pick[T any](m maker, pool []T) T { return pool[m.IntN(len(pool))] }

func (m maker) text() string {
	var b strings.Builder
	for range 1 + m.IntN(4) {
		b.WriteString(pick(m, pieces) + pick(m, glue))
	}
	if m.IntN(3) > 0 {
		return strings.TrimRight(b.String(), " \t.,-_/") + "x"
	}
	return b.String()
}

func (m maker) texts(one func() string) []string {
	out := make([]string, m.IntN(4))
	for i := range out {
		if m.IntN(6) > 0 {
			out[i] = one()
		}
	}
	return out
}

// RandomRows makes rows from a seed; the same seed gives the same rows.
func RandomRows(seed uint64, n int) []Row {
	m := maker{rand.New(rand.NewPCG(seed, 1))}
	rows := make([]Row, n)
	for i := range rows {
		r := &rows[i]
		r.ID = fmt.Sprintf("r%d", i)
		if m.IntN(4) > 0 {
			r.Name, r.Agent = m.text(), m.text()
		}
		r.Words, r.Notes = m.texts(m.text), m.texts(m.text)
		if m.IntN(4) > 0 {
			r.App, r.Phase = pick(m, apps), pick(m, phases)
		}
		r.Groups = m.texts(func() string { return pick(m, apps) })
		r.Tags = m.texts(func() string { return pick(m, tags) })
		if m.IntN(4) > 0 {
			n := pick(m, counts)
			r.Count = &n
		}
		for range m.IntN(4) {
			r.Sizes = append(r.Sizes, pick(m, counts))
		}
		if m.IntN(4) > 0 {
			r.When = Now.Add(-time.Duration(pick(m, hours))*time.Hour + time.Duration(m.IntN(3)-1)*time.Microsecond)
		}
		if m.IntN(3) > 0 {
			b := m.IntN(2) == 0
			r.Admin = &b
		}
		if m.IntN(4) > 0 {
			r.Addr = pick(m, addrs)
		}
	}
	return rows
}

// RandomFilter makes a valid filter over [Schema] from a seed.
func RandomFilter(seed uint64) *filter.Node {
	m := maker{rand.New(rand.NewPCG(seed, 2))}
	for {
		tree := m.tree(3)
		if _, err := Schema.Bind(tree); err == nil { // a value without a word does not fit contains, say
			return tree
		}
	}
}

func (m maker) tree(depth int) *filter.Node {
	if depth == 0 || m.IntN(3) == 0 {
		return m.cond()
	}
	switch m.IntN(4) {
	case 0:
		return filter.NotOf(m.tree(depth - 1))
	case 1:
		return filter.AllOf(m.tree(depth-1), m.tree(depth-1))
	case 2:
		return filter.AnyOf(m.tree(depth-1), m.tree(depth-1), m.tree(depth-1))
	}
	return m.cond()
}

func (m maker) cond() *filter.Node {
	f := pick(m, Schema.Fields())
	var fits []filter.OperatorInfo
	for _, o := range filter.Operators() {
		if o.Fits(f.Kind) {
			fits = append(fits, o)
		}
	}
	op := pick(m, fits)
	switch op.Operand {
	case filter.OperandFlag:
		return filter.Cond(f.Name, op.Name, fmt.Sprint(m.IntN(4) > 0))
	case filter.OperandDays:
		return filter.Cond(f.Name, op.Name, fmt.Sprint(m.IntN(4)))
	case filter.OperandRanges:
		n := filter.Between(f.Name, m.value(f, op.Name), m.value(f, op.Name))
		if f.Kind != filter.KindAddress && m.IntN(4) == 0 {
			n.Values[0].Start = ""
		}
		return n
	}
	values := []string{m.value(f, op.Name)}
	if op.Operand == filter.OperandList {
		for range m.IntN(3) {
			values = append(values, m.value(f, op.Name))
		}
	}
	return filter.Cond(f.Name, op.Name, values...)
}

func (m maker) value(f *filter.Info, op filter.Operator) string {
	switch f.Kind {
	case filter.KindNumber:
		return fmt.Sprint(pick(m, counts))
	case filter.KindTime:
		t := Now.Add(-time.Duration(pick(m, hours)) * time.Hour)
		if m.IntN(2) == 0 {
			return t.Format(time.DateOnly)
		}
		return t.Format(time.RFC3339Nano)
	case filter.KindBool:
		return fmt.Sprint(m.IntN(2) == 0)
	case filter.KindEnum:
		return pick(m, f.Values).Name
	case filter.KindID:
		return pick(m, apps)
	case filter.KindAddress:
		switch {
		case op == filter.Startswith || op == filter.Startswithsingle || op == filter.Doesnotstartwith:
			a := pick(m, addrs)
			return a[:1+m.IntN(len(a))]
		case op != filter.Range && m.IntN(2) == 0:
			return pick(m, nets)
		}
		return pick(m, addrs)
	}
	if m.IntN(2) == 0 {
		return pick(m, pieces)
	}
	return m.text()
}
