package enrich

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"

	"github.com/referee-casb/referee/fault"
)

// Range is an IP address range that a tenant described: addresses of one kind. What it says takes precedence over
// built-in knowledge.
type Range struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Prefixes []netip.Prefix `json:"prefixes"`
	Category string         `json:"category,omitempty"` // one of [Categories]
	Tags     []string       `json:"tags,omitempty"`     // any words; [BuiltInTags] keep their meaning
	Country  string         `json:"country,omitempty"`  // ISO 3166-1 alpha-2; replaces the table's
	ISP      string         `json:"isp,omitempty"`      // replaces the table's
}

// Location is a named location of Conditional Access: addresses, countries, or both. Locations may overlap.
type Location struct {
	Name      string         `json:"name"`
	Prefixes  []netip.Prefix `json:"prefixes,omitempty"`
	Countries []string       `json:"countries,omitempty"` // ISO 3166-1 alpha-2
	// Unknown also takes addresses whose country is unknown into a location that names countries.
	Unknown bool `json:"includeUnknownCountries,omitempty"`
}

// Limits of a tenant's book: a mistake in an import should be told, not fill the memory.
const (
	maxPrefixes = 100_000
	maxTags     = 50
)

// Book is a tenant's ranges and locations, compiled for look-up. It is immutable; a nil Book is empty.
type Book struct {
	ranges    bart.Table[*holding]
	locations bart.Table[[]string] // for each prefix: every location that holds it, names sorted

	byCountry map[string][]string
	unknown   []string // locations that take addresses without a country
}

// holding is a Range in the shape that a look-up hands out, so that none is made then.
type holding struct {
	name       string
	categories []string
	tags       []string
	country    string
	isp        string
}

// Compile makes a book. Mistakes are fault.Invalid and name the range: ranges that overlap (each address has one
// category), unknown categories, countries that are not two letters, prefixes with host bits.
func Compile(ranges []Range, locations []Location) (*Book, error) {
	b := &Book{byCountry: map[string][]string{}}
	total := 0
	for i := range ranges {
		r := &ranges[i]
		if err := r.validate(); err != nil {
			return nil, err
		}
		h := &holding{name: r.Name, tags: sortedSet(r.Tags), country: r.Country, isp: r.ISP}
		if r.Category != "" {
			h.categories = []string{r.Category}
		}
		if total += len(r.Prefixes); total > maxPrefixes {
			return nil, invalid(r.Name, "more than %d prefixes in all", maxPrefixes)
		}
		for _, p := range r.Prefixes {
			p = unmap(p)
			if at, other := overlapping(&b.ranges, p); other != nil {
				return nil, invalid(r.Name, "%s overlaps %s of %q", p, at, other.name)
			}
			b.ranges.Insert(p, h)
		}
	}
	if err := b.addLocations(locations); err != nil {
		return nil, err
	}
	return b, nil
}

// overlapping returns a prefix of t above or below p, or nil.
func overlapping(t *bart.Table[*holding], p netip.Prefix) (netip.Prefix, *holding) {
	for at, h := range t.Supernets(p) {
		return at, h
	}
	for at, h := range t.Subnets(p) {
		return at, h
	}
	return netip.Prefix{}, nil
}

func (b *Book) addLocations(locations []Location) error {
	named := map[netip.Prefix][]string{}
	var seen []string
	for i := range locations {
		l := &locations[i]
		if l.Name == "" || slices.Contains(seen, l.Name) {
			return invalid(l.Name, "a location needs a name of its own")
		}
		seen = append(seen, l.Name)
		if len(l.Prefixes)+len(l.Countries) == 0 {
			return invalid(l.Name, "a location needs addresses or countries")
		}
		if len(named)+len(l.Prefixes) > maxPrefixes {
			return invalid(l.Name, "more than %d prefixes in all", maxPrefixes)
		}
		for _, p := range l.Prefixes {
			if err := checkPrefix(l.Name, p); err != nil {
				return err
			}
			named[unmap(p)] = append(named[unmap(p)], l.Name)
		}
		for _, c := range l.Countries {
			if !isCountry(c) {
				return invalid(l.Name, "%q is not an ISO 3166-1 alpha-2 country code in upper case", c)
			}
			b.byCountry[c] = append(b.byCountry[c], l.Name)
		}
		if l.Unknown {
			b.unknown = append(b.unknown, l.Name)
		}
	}
	var nested bart.Table[[]string]
	for p, names := range named {
		nested.Insert(p, names)
	}
	for p := range named { // a longest match must answer for every prefix around it as well
		var all []string
		for _, names := range nested.Supernets(p) {
			all = append(all, names...)
		}
		b.locations.Insert(p, sortedSet(all))
	}
	for c, names := range b.byCountry {
		b.byCountry[c] = sortedSet(names)
	}
	b.unknown = sortedSet(b.unknown)
	return nil
}

func (r *Range) validate() error {
	switch {
	case r.Name == "":
		return invalid(r.ID, "an IP range needs a name")
	case len(r.Prefixes) == 0:
		return invalid(r.Name, "an IP range needs addresses")
	case r.Category != "" && !slices.Contains(Categories(), r.Category):
		return invalid(r.Name, "%q is not a category; use one of %s", r.Category, strings.Join(Categories(), ", "))
	case r.Country != "" && !isCountry(r.Country):
		return invalid(r.Name, "%q is not an ISO 3166-1 alpha-2 country code in upper case", r.Country)
	case len(r.Tags) > maxTags:
		return invalid(r.Name, "more than %d tags", maxTags)
	case slices.Contains(r.Tags, ""):
		return invalid(r.Name, "an empty tag")
	}
	for _, p := range r.Prefixes {
		if err := checkPrefix(r.Name, p); err != nil {
			return err
		}
	}
	return nil
}

func checkPrefix(name string, p netip.Prefix) error {
	switch {
	case !p.IsValid():
		return invalid(name, "a prefix that is none")
	case p != p.Masked():
		return invalid(name, "%s has bits set behind its length; did you mean %s?", p, p.Masked())
	case p.Addr().Is4In6() && p.Bits() < 96:
		return invalid(name, "%s mixes IPv4 and IPv6", p)
	}
	return nil
}

// unmap turns ::ffff:192.0.2.0/120 into 192.0.2.0/24, since addresses are looked up unmapped.
func unmap(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

func isCountry(c string) bool {
	return len(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z'
}

// sortedSet returns a sorted copy without doubles that can't be appended to in place.
func sortedSet(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Clip(slices.Compact(words))
}

func invalid(key, format string, args ...any) error {
	err := fault.New(fault.Invalid, "enrich.Compile", format, args...)
	err.Key = key
	return err
}
