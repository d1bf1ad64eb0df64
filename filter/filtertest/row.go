package filtertest

import (
	"net/netip"
	"time"

	"github.com/referee-casb/referee/filter"
)

// Row is an entity with a field of every kind and case rule. A pointer that is nil is not set.
type Row struct {
	ID     string    `yaml:"id"`
	Name   string    `yaml:"name"`   // text, folded
	Agent  string    `yaml:"agent"`  // text, case matters
	Words  []string  `yaml:"words"`  // texts, folded
	Notes  []string  `yaml:"notes"`  // texts, case matters
	App    string    `yaml:"app"`    // id
	Groups []string  `yaml:"groups"` // ids, folded
	Phase  string    `yaml:"phase"`  // enum
	Tags   []string  `yaml:"tags"`   // enums
	Count  *int64    `yaml:"count"`
	Sizes  []int64   `yaml:"sizes"` // negative: not known
	When   time.Time `yaml:"when"`
	Admin  *bool     `yaml:"admin"`
	Addr   string    `yaml:"addr"`
}

// Now is the time at which every case is evaluated.
var Now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func known[V any](v *V) (V, filter.State) {
	if v == nil {
		return *new(V), filter.NotSet
	}
	return *v, filter.Known
}

func text(info filter.Info, get func(*Row) string) filter.Field[Row] {
	return filter.Field[Row]{Info: info, Text: func(r *Row) (string, filter.State) { return get(r), filter.Known }}
}

func texts(info filter.Info, get func(*Row) []string) filter.Field[Row] {
	info.Many = true
	return filter.Field[Row]{
		Info:   info,
		Count:  func(r *Row) (int, filter.State) { return len(get(r)), filter.Known },
		TextAt: func(r *Row, i int) string { return get(r)[i] },
	}
}

func info(name string, kind filter.Kind, fold bool) filter.Info {
	return filter.Info{Name: name, Title: name, Kind: kind, Fold: fold, Doc: "For tests.", Column: "f_" + name}
}

func choices(i filter.Info, names ...string) filter.Info {
	for n, name := range names {
		i.Values = append(i.Values, filter.Choice{Name: name, Aliases: []string{string(rune('0' + n))}})
	}
	return i
}

func sized(i filter.Info) filter.Info { i.Unit, i.Many = filter.UnitBytes, true; return i }

// Schema is the schema of [Row]. Field names are the rows' keys; any is a view of name and words.
var Schema = filter.MustSchema("row", []filter.Field[Row]{
	text(info("id", filter.KindID, false), func(r *Row) string { return r.ID }),
	text(info("name", filter.KindText, true), func(r *Row) string { return r.Name }),
	text(info("agent", filter.KindText, false), func(r *Row) string { return r.Agent }),
	texts(info("words", filter.KindText, true), func(r *Row) []string { return r.Words }),
	texts(info("notes", filter.KindText, false), func(r *Row) []string { return r.Notes }),
	text(info("app", filter.KindID, false), func(r *Row) string { return r.App }),
	texts(info("groups", filter.KindID, true), func(r *Row) []string { return r.Groups }),
	text(choices(info("phase", filter.KindEnum, false), "monitor", "block"), func(r *Row) string { return r.Phase }),
	texts(choices(info("tags", filter.KindEnum, false), "managed", "unmanaged", "compliant"), func(r *Row) []string { return r.Tags }),
	{Info: info("count", filter.KindNumber, false), Number: func(r *Row) (int64, filter.State) { return known(r.Count) }},
	{
		Info:     sized(info("sizes", filter.KindNumber, false)),
		Count:    func(r *Row) (int, filter.State) { return len(r.Sizes), filter.Known },
		NumberAt: func(r *Row, i int) (int64, bool) { return r.Sizes[i], r.Sizes[i] >= 0 },
	},
	{Info: info("when", filter.KindTime, false), Time: func(r *Row) (time.Time, filter.State) { return r.When, filter.Known }},
	{Info: info("admin", filter.KindBool, false), Bool: func(r *Row) (bool, filter.State) { return known(r.Admin) }},
	{Info: info("addr", filter.KindAddress, false), Addr: func(r *Row) (netip.Addr, filter.State) {
		a, err := netip.ParseAddr(r.Addr)
		if err != nil {
			return netip.Addr{}, filter.NotSet
		}
		return a, filter.Known
	}},
	{Info: filter.Info{Name: "anywhere", Title: "anywhere", Kind: filter.KindText, Fold: true, Doc: "For tests.", Over: []string{"name", "words"}}},
})
