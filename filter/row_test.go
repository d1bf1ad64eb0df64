package filter

import (
	"net/netip"
	"time"
)

// row is a small entity with a field of every kind; each state can be set.
type row struct {
	name   string
	app    string
	phase  string
	tags   []string
	sizes  []int64
	count  int64
	when   time.Time
	admin  bool
	addr   netip.Addr
	states map[string]State
}

func (r *row) state(field string) State {
	if st, ok := r.states[field]; ok {
		return st
	}
	return Known
}

var testFields = []Field[row]{
	{
		Info: Info{Name: "user.name", Title: "Name", Kind: KindText, Fold: true, Doc: "d", Aliases: []string{"name"}},
		Text: func(r *row) (string, State) { return r.name, r.state("user.name") },
	},
	{
		Info: Info{Name: "app", Title: "App", Kind: KindID, Doc: "d"},
		Text: func(r *row) (string, State) { return r.app, r.state("app") },
	},
	{
		Info: Info{Name: "phase", Title: "Phase", Kind: KindEnum, Doc: "d", Values: []Choice{{Name: "monitor", Aliases: []string{"0"}}, {Name: "block", Aliases: []string{"1"}}}},
		Text: func(r *row) (string, State) { return r.phase, r.state("phase") },
	},
	{
		Info:  Info{Name: "tags", Title: "Tags", Kind: KindText, Many: true, Fold: true, Doc: "d"},
		Count: func(r *row) (int, State) { return len(r.tags), r.state("tags") }, TextAt: func(r *row, i int) string { return r.tags[i] },
	},
	{
		Info:  Info{Name: "sizes", Title: "Sizes", Kind: KindNumber, Unit: UnitBytes, Many: true, Doc: "d"},
		Count: func(r *row) (int, State) { return len(r.sizes), r.state("sizes") }, NumberAt: func(r *row, i int) (int64, bool) { return r.sizes[i], r.sizes[i] >= 0 },
	},
	{
		Info:   Info{Name: "count", Title: "Count", Kind: KindNumber, Doc: "d"},
		Number: func(r *row) (int64, State) { return r.count, r.state("count") },
	},
	{
		Info: Info{Name: "when", Title: "When", Kind: KindTime, Doc: "d"},
		Time: func(r *row) (time.Time, State) { return r.when, r.state("when") },
	},
	{
		Info: Info{Name: "admin", Title: "Admin", Kind: KindBool, Doc: "d"},
		Bool: func(r *row) (bool, State) { return r.admin, r.state("admin") },
	},
	{
		Info: Info{Name: "ip.address", Title: "Address", Kind: KindAddress, Doc: "d"},
		Addr: func(r *row) (netip.Addr, State) { return r.addr, r.state("ip.address") },
	},
	{Info: Info{Name: "text", Title: "Everything", Kind: KindText, Fold: true, Doc: "d", Over: []string{"user.name", "tags"}}},
}

var testSchema = MustSchema("row", testFields)

var testNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
