package enrich

import (
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Options are the parts of an [Enricher] that have defaults.
type Options struct {
	// Books returns a tenant's compiled ranges, or nil if it has none, as [Books.Of] does. It is called for every look-up, from many
	// goroutines, and must be as quick as reading a map. A nil function means that no tenant has ranges.
	Books func(model.TenantID) *Book
	// Outdated overrides what counts as an outdated browser or operating system; nil means [DefaultFloors].
	Outdated *Floors
	// Agents bounds how many user agent strings are remembered; 0 means 8,192 (about 4 MB).
	Agents int
	// Log gets one line when tables are missing; nil discards it.
	Log *slog.Logger
}

// Enricher answers what is known of addresses and user agents. It is safe for concurrent use.
type Enricher struct {
	tables *Tables
	books  func(model.TenantID) *Book
	floors Floors
	agents *agentCache

	lookups, unknownCountry, unknownNetwork atomic.Uint64
}

// New makes an enricher over t. A nil t, like missing tables, makes every country and network unknown.
func New(t *Tables, opt Options) *Enricher {
	if t == nil {
		t = &Tables{missing: []string{"country", "network"}}
	}
	if opt.Books == nil {
		opt.Books = func(model.TenantID) *Book { return nil }
	}
	if opt.Outdated == nil {
		opt.Outdated = DefaultFloors()
	}
	if opt.Agents <= 0 {
		opt.Agents = 8192
	}
	if missing := t.Missing(); len(missing) > 0 && opt.Log != nil {
		opt.Log.Warn("address tables are missing, addresses have no country or network; run make data and build again",
			"missing", missing)
	}
	return &Enricher{tables: t, books: opt.Books, floors: *opt.Outdated, agents: newAgentCache(opt.Agents)}
}

// Activity completes a's network and agent from its address and user agent string. Country, city, ISP and AS number
// that the source gave are kept: an app knows better where its own traffic came from. Categories, tags and locations
// are added to. Doing it twice changes nothing.
func (e *Enricher) Activity(a *model.Activity) {
	if a.Network.Address.IsValid() {
		n := e.Network(a.Tenant, a.Network.Address)
		keep(&n.Country, a.Network.Country)
		keep(&n.City, a.Network.City)
		keep(&n.ISP, a.Network.ISP)
		keep(&n.ASN, a.Network.ASN)
		n.Categories = union(n.Categories, a.Network.Categories)
		n.Tags = union(n.Tags, a.Network.Tags)
		n.Locations = union(n.Locations, a.Network.Locations)
		a.Network = n
	}
	if a.Agent.Raw != "" {
		g := e.Agent(a.Agent.Raw)
		keep(&g.DeviceType, a.Agent.DeviceType)
		keep(&g.OS, a.Agent.OS)
		keep(&g.Browser, a.Agent.Browser)
		keep(&g.BrowserVersion, a.Agent.BrowserVersion)
		g.Tags = union(g.Tags, a.Agent.Tags)
		a.Agent = g
	}
}

// Network returns what is known of an address for a tenant. The slices are shared: append to them freely, but don't
// write into them. Loopback, private and other special addresses have no country and no network, unless a range of
// the tenant gives one.
func (e *Enricher) Network(tenant model.TenantID, addr netip.Addr) model.Network {
	addr = addr.Unmap().WithZone("")
	n := model.Network{Address: addr}
	if !addr.IsValid() {
		return n
	}
	e.lookups.Add(1)
	if !isSpecial(addr) {
		e.place(&n)
	}
	book := e.books(tenant)
	if book == nil {
		return n
	}
	if h, ok := book.ranges.Lookup(addr); ok {
		n.Categories, n.Tags = h.categories, h.tags
		keep(&n.Country, h.country)
		keep(&n.ISP, h.isp)
	}
	n.Locations, _ = book.locations.Lookup(addr)
	if n.Country != "" {
		n.Locations = union(n.Locations, book.byCountry[n.Country])
	} else {
		n.Locations = union(n.Locations, book.unknown)
	}
	return n
}

// place fills in what the tables and the built-in knowledge say.
func (e *Enricher) place(n *model.Network) {
	if v, ok := e.tables.Country.Lookup(n.Address); ok {
		n.Country = v.Name
	} else {
		e.unknownCountry.Add(1)
	}
	v, ok := e.tables.Network.Lookup(n.Address)
	if !ok {
		e.unknownNetwork.Add(1)
		return
	}
	n.ASN, n.ISP = v.Number, v.Name
	if b, ok := builtIns[v.Number]; ok {
		n.Categories, n.Tags = b.categories, b.tags
	}
}

// GeoState says how much a decision may read into n: Known if anything was found, NotSet if nothing is to be found,
// as for loopback, and Unobtainable if this binary lacks the tables that would tell. The last is not "no country": a
// policy says what it does without a fact.
func (e *Enricher) GeoState(n model.Network) filter.State {
	switch {
	case n.Country != "" || n.ISP != "" || len(n.Categories)+len(n.Tags) > 0:
		return filter.Known
	case !n.Address.IsValid(), len(e.tables.missing) > 0 && !isSpecial(n.Address.Unmap().WithZone("")):
		return filter.Unobtainable
	}
	return filter.NotSet
}

// Counts are how often addresses were looked up, and how often a routable one was in no table. They only grow.
type Counts struct {
	Lookups, UnknownCountry, UnknownNetwork uint64
}

// Counts returns the counts since the enricher was made.
func (e *Enricher) Counts() Counts {
	return Counts{e.lookups.Load(), e.unknownCountry.Load(), e.unknownNetwork.Load()}
}

// keep replaces *derived by given, if that says anything.
func keep[T comparable](derived *T, given T) {
	var nothing T
	if given != nothing {
		*derived = given
	}
}

// union adds the words of b that a lacks. It allocates only if there are any and a isn't empty.
func union(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	for _, w := range b {
		if !slices.Contains(a, w) {
			a = append(slices.Clip(a), w)
		}
	}
	return a
}
