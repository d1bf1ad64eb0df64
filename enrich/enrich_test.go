package enrich

import (
	"bytes"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/referee-casb/referee/enrich/rangetable"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/internal/prereqtest"
	"github.com/referee-casb/referee/model"
)

// small are tables for tests that aren't about the data.
func small(t testing.TB) *Tables {
	t.Helper()
	var country, network rangetable.Builder
	add := func(b *rangetable.Builder, prefix string, v rangetable.Value) {
		p := netip.MustParsePrefix(prefix)
		last := p.Addr().As16()
		for bit := p.Bits() + 128 - p.Addr().BitLen(); bit < 128; bit++ {
			last[bit/8] |= 0x80 >> (bit % 8)
		}
		to := netip.AddrFrom16(last)
		if p.Addr().Is4() {
			to = to.Unmap()
			if !to.Is4() {
				v4 := [4]byte(last[12:])
				to = netip.AddrFrom4(v4)
			}
		}
		if err := b.Add(p.Addr(), to, v); err != nil {
			t.Fatal(err)
		}
	}
	add(&country, "20.0.0.0/8", rangetable.Value{Name: "US"})
	add(&country, "30.0.0.0/8", rangetable.Value{Name: "DE"})
	add(&country, "203.0.113.0/24", rangetable.Value{Name: "AU"}) // as the real table has it, wrongly
	add(&country, "2a00::/16", rangetable.Value{Name: "NL"})
	add(&network, "20.0.0.0/8", rangetable.Value{Number: 8075, Name: "Microsoft Corporation"})
	add(&network, "30.0.0.0/8", rangetable.Value{Number: 64500, Name: "Example Net"})
	return &Tables{Country: country.Build(), Network: network.Build()}
}

func book(t testing.TB) *Book {
	t.Helper()
	b, err := Compile([]Range{
		{Name: "Office", Prefixes: prefixes("30.1.0.0/16", "2a00:1::/32"), Category: CategoryCorporate, Tags: []string{"hq", "floor 2", "hq"}},
		{Name: "Branch", Prefixes: prefixes("10.9.0.0/16"), Category: CategoryVPN, Country: "CH", ISP: "Own line"},
		{Name: "Jump host", Prefixes: prefixes("20.7.7.7/32"), Category: CategoryAdministrative},
	}, []Location{
		{Name: "HQ", Prefixes: prefixes("30.1.0.0/16")},
		{Name: "HQ guests", Prefixes: prefixes("30.1.9.0/24", "::ffff:30.1.8.0/120")},
		{Name: "DACH", Countries: []string{"DE", "AT", "CH"}},
		{Name: "Anywhere odd", Countries: []string{"KP"}, Unknown: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func prefixes(s ...string) (p []netip.Prefix) {
	for _, one := range s {
		p = append(p, netip.MustParsePrefix(one))
	}
	return p
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	var books Books
	books.Set("acme", book(t))
	books.Set("gone", book(t))
	books.Set("gone", nil)
	e := New(small(t), Options{Books: books.Of})
	type want = model.Network
	cases := []struct {
		name, tenant, addr string
		want               want
	}{
		{"plain", "other", "30.1.9.1", want{Country: "DE", ASN: 64500, ISP: "Example Net"}},
		{"mapped IPv4", "other", "::ffff:30.1.9.1", want{Country: "DE", ASN: 64500, ISP: "Example Net"}},
		{"zone", "other", "2a00:1::1%eth0", want{Country: "NL"}},
		{"unknown", "other", "31.0.0.1", want{}},
		{"built-in category", "other", "20.7.7.7", want{Country: "US", ASN: 8075, ISP: "Microsoft Corporation", Categories: []string{CategoryCloud}}},
		{"documentation block", "other", "203.0.113.9", want{}},
		{"loopback", "other", "127.0.0.1", want{}},
		{"loopback of IPv6", "other", "::1", want{}},
		{"another tenant's range is not seen", "other", "10.9.0.1", want{}},
		{"a range that was removed", "gone", "10.9.0.1", want{}},

		{"range and nested locations", "acme", "30.1.9.1", want{
			Country: "DE", ASN: 64500, ISP: "Example Net",
			Categories: []string{CategoryCorporate}, Tags: []string{"floor 2", "hq"}, Locations: []string{"HQ", "HQ guests", "DACH"},
		}},
		{"location given as mapped IPv4", "acme", "30.1.8.1", want{
			Country: "DE", ASN: 64500, ISP: "Example Net",
			Categories: []string{CategoryCorporate}, Tags: []string{"floor 2", "hq"}, Locations: []string{"HQ", "HQ guests", "DACH"},
		}},
		{"range of IPv6", "acme", "2a00:1::1", want{Country: "NL", Categories: []string{CategoryCorporate}, Tags: []string{"floor 2", "hq"}}},
		{"range overrides", "acme", "10.9.0.1", want{Country: "CH", ISP: "Own line", Categories: []string{CategoryVPN}, Locations: []string{"DACH"}}},
		{"range beats built-in", "acme", "20.7.7.7", want{Country: "US", ASN: 8075, ISP: "Microsoft Corporation", Categories: []string{CategoryAdministrative}}},
		{"no country", "acme", "31.0.0.1", want{Locations: []string{"Anywhere odd"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := e.Network(model.TenantID(c.tenant), netip.MustParseAddr(c.addr))
			c.want.Address = netip.MustParseAddr(c.addr).Unmap().WithZone("")
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
	if got := e.Network("acme", netip.Addr{}); !reflect.DeepEqual(got, model.Network{}) {
		t.Errorf("no address: %+v", got)
	}
	counts := e.Counts()
	if counts.Lookups != uint64(len(cases)) || counts.UnknownCountry != 2 || counts.UnknownNetwork != 4 {
		t.Errorf("counts: %+v", counts)
	}
}

func TestGeoState(t *testing.T) {
	t.Parallel()
	with, without := New(small(t), Options{}), New(nil, Options{})
	cases := map[string]struct {
		with, without filter.State
	}{
		"30.0.0.1":  {filter.Known, filter.Unobtainable},
		"31.0.0.1":  {filter.NotSet, filter.Unobtainable},
		"127.0.0.1": {filter.NotSet, filter.NotSet},
	}
	for addr, want := range cases {
		a := netip.MustParseAddr(addr)
		if got := with.GeoState(with.Network("a", a)); got != want.with {
			t.Errorf("%s: %s, want %s", addr, got, want.with)
		}
		if got := without.GeoState(without.Network("a", a)); got != want.without {
			t.Errorf("%s without tables: %s, want %s", addr, got, want.without)
		}
	}
	if got := with.GeoState(model.Network{}); got != filter.Unobtainable {
		t.Errorf("no address: %s", got)
	}
}

func TestSharedSlicesSurviveAppending(t *testing.T) {
	t.Parallel()
	b := book(t)
	e := New(small(t), Options{Books: func(model.TenantID) *Book { return b }})
	addr := netip.MustParseAddr("30.1.9.1")
	first := e.Network("acme", addr)
	_ = append(first.Tags, "x")
	_ = append(first.Categories, "x")
	_ = append(first.Locations, "x")
	if second := e.Network("acme", addr); !reflect.DeepEqual(first, second) {
		t.Errorf("%+v became %+v", first, second)
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	b := book(t)
	e := New(small(t), Options{Books: func(model.TenantID) *Book { return b }})
	a := model.Activity{
		Tenant:  "acme",
		Network: model.Network{Address: netip.MustParseAddr("30.1.0.1"), Country: "FR", City: "Lyon", Tags: []string{"from source"}},
		Agent:   model.Agent{Raw: "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36", OS: "Windows 7"},
	}
	e.Activity(&a)
	if a.Network.Country != "FR" || a.Network.City != "Lyon" || a.Network.ISP != "Example Net" {
		t.Errorf("the source's facts are kept and the rest added: %+v", a.Network)
	}
	if want := []string{"floor 2", "hq", "from source"}; !slices.Equal(a.Network.Tags, want) {
		t.Errorf("tags %q, want %q", a.Network.Tags, want)
	}
	if a.Agent.OS != "Windows 7" || a.Agent.Browser != "Chrome" || a.Agent.DeviceType != model.DevicePC {
		t.Errorf("agent: %+v", a.Agent)
	}
	if want := []string{AgentOutdatedBrowser, AgentOutdatedOS}; !slices.Equal(a.Agent.Tags, want) {
		t.Errorf("agent tags %q, want %q", a.Agent.Tags, want)
	}
	again := a
	e.Activity(&again)
	if !reflect.DeepEqual(a, again) {
		t.Errorf("twice:\n%+v\n%+v", a, again)
	}
	var empty model.Activity
	e.Activity(&empty)
	if !reflect.DeepEqual(empty, model.Activity{}) {
		t.Errorf("nothing became %+v", empty)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	office := Range{Name: "Office", Prefixes: prefixes("10.0.0.0/8")}
	cases := map[string]struct {
		ranges    []Range
		locations []Location
		says      string
	}{
		"inside another":    {ranges: []Range{office, {Name: "b", Prefixes: prefixes("10.2.0.0/16")}}, says: `overlaps 10.0.0.0/8 of "Office"`},
		"around another":    {ranges: []Range{{Name: "b", Prefixes: prefixes("10.2.0.0/16")}, office}, says: `overlaps 10.2.0.0/16 of "b"`},
		"the same, mapped":  {ranges: []Range{office, {Name: "b", Prefixes: prefixes("::ffff:10.0.0.0/104")}}, says: "overlaps"},
		"category":          {ranges: []Range{{Name: "a", Prefixes: prefixes("10.0.0.0/8"), Category: "corporate"}}, says: "Corporate, Administrative"},
		"no name":           {ranges: []Range{{ID: "r1", Prefixes: prefixes("10.0.0.0/8")}}, says: `"r1"`},
		"no addresses":      {ranges: []Range{{Name: "a"}}, says: "needs addresses"},
		"host bits":         {ranges: []Range{{Name: "a", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8")}}}, says: "did you mean 10.0.0.0/8"},
		"zero prefix":       {ranges: []Range{{Name: "a", Prefixes: []netip.Prefix{{}}}}, says: "none"},
		"two families":      {ranges: []Range{{Name: "a", Prefixes: prefixes("::ffff:0:0/95")}}, says: "did you mean"},
		"country":           {ranges: []Range{{Name: "a", Prefixes: prefixes("10.0.0.0/8"), Country: "Germany"}}, says: "alpha-2"},
		"empty tag":         {ranges: []Range{{Name: "a", Prefixes: prefixes("10.0.0.0/8"), Tags: []string{""}}}, says: "empty tag"},
		"location twice":    {locations: []Location{{Name: "a", Countries: []string{"DE"}}, {Name: "a", Countries: []string{"AT"}}}, says: "name of its own"},
		"empty location":    {locations: []Location{{Name: "a", Unknown: true}}, says: "addresses or countries"},
		"location country":  {locations: []Location{{Name: "a", Countries: []string{"de"}}}, says: "upper case"},
		"location prefixes": {locations: []Location{{Name: "a", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8")}}}, says: "did you mean"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b, err := Compile(c.ranges, c.locations)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) || b != nil {
				t.Errorf("%v, want an invalid that says %q", err, c.says)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	empty, err := load(fstest.MapFS{"data/README": {}})
	if err != nil || !slices.Equal(empty.Missing(), []string{"country", "network"}) {
		t.Fatalf("without tables: %v, missing %q", err, empty.Missing())
	}
	var log bytes.Buffer
	e := New(empty, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 3 {
		if n := e.Network("a", netip.MustParseAddr("1.1.1.1")); n.Country != "" || n.ISP != "" {
			t.Errorf("knows %+v without tables", n)
		}
	}
	if got := strings.Count(log.String(), "make data"); got != 1 {
		t.Errorf("missing tables were logged %d times, want once:\n%s", got, &log)
	}
	if c := e.Counts(); c.UnknownCountry != 3 || c.UnknownNetwork != 3 {
		t.Errorf("counts %+v, want three unknown", c)
	}
	if _, err := load(fstest.MapFS{"data/" + countryFile: {Data: []byte("damaged")}}); !fault.Is(err, fault.Internal) {
		t.Errorf("a damaged table: %v", err)
	}
}

// TestEmbedded is about the real tables: that they are read, and that well-known addresses come out right.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	tables, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(tables.Missing()) > 0 {
		prereqtest.Missing(t, "an address table", "run make data")
	}
	e := New(tables, Options{})
	for _, c := range []struct {
		addr, country string
		asn           uint32
	}{
		{"1.1.1.1", "AU", 13335},
		{"8.8.8.8", "US", 15169},
		{"193.0.6.139", "NL", 3333},
		{"141.20.1.1", "DE", 680},
		{"200.160.2.3", "BR", 22548},
		{"133.11.0.1", "JP", 2501},
		{"2001:67c:2e8:22::c100:68b", "NL", 3333},
		{"2a01:4f8::1", "DE", 24940},
		{"2001:4860:4860::8888", "US", 15169},
		{"127.0.0.1", "", 0},
		{"10.1.2.3", "", 0},
		{"192.0.2.1", "", 0},
		{"::1", "", 0},
		{"fe80::1", "", 0},
		{"2001:db8::1", "", 0},
	} {
		n := e.Network("a", netip.MustParseAddr(c.addr))
		if n.Country != c.country || n.ASN != c.asn || (n.ISP == "") != (c.asn == 0) {
			t.Errorf("%s: %q AS%d %q, want %q AS%d", c.addr, n.Country, n.ASN, n.ISP, c.country, c.asn)
		}
	}
	hetzner := e.Network("a", netip.MustParseAddr("2a01:4f8::1"))
	if !slices.Equal(hetzner.Categories, []string{CategoryCloud}) {
		t.Errorf("a rented server's network: %q", hetzner.Categories)
	}
}
