package catalog

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/model"
)

// Discovered is a host that browsers asked in sessions of an instance, and that no instance of the tenant has: its
// traffic goes past the gateway. The page's script says so, which is evidence from a place that a person owns.
type Discovered struct {
	Instance model.InstanceID `json:"instance"`
	Host     string           `json:"host"`
	Kinds    []string         `json:"kinds"` // what asked for it, in the words of Resource Timing (initiatorType), sorted
	First    time.Time        `json:"first"`
	Last     time.Time        `json:"last"`
	Times    int64            `json:"times"` // documents in which it was seen
}

// MaxDiscovered is how many hosts are kept of an instance; further ones are not.
const MaxDiscovered = 500

// DiscoveredStore keeps discovered hosts. Every method answers for one tenant only.
type DiscoveredStore interface {
	// AddDiscovered adds to what is kept: times add up, kinds come together, of First the earlier and of Last the later
	// holds. Hosts beyond [MaxDiscovered] of an instance are left out.
	AddDiscovered(ctx context.Context, tenant model.TenantID, seen []Discovered) error
	// Discovered lists by host what is kept of an instance.
	Discovered(ctx context.Context, tenant model.TenantID, instance model.InstanceID) ([]Discovered, error)
}

// Merge adds what was seen again.
func (d *Discovered) Merge(more Discovered) {
	for _, k := range more.Kinds {
		if i, have := slices.BinarySearch(d.Kinds, k); !have && len(d.Kinds) < maxKinds {
			d.Kinds = slices.Insert(d.Kinds, i, k)
		}
	}
	if more.First.Before(d.First) {
		d.First = more.First
	}
	if more.Last.After(d.Last) {
		d.Last = more.Last
	}
	d.Times += more.Times
}

// maxKinds bounds the kinds of a host. Resource Timing has about twenty.
const maxKinds = 24

// IsHost reports whether a text is a host as the catalogue writes it: lower case, with ":port" unless 443.
func IsHost(text string) bool {
	name, _, ok := splitReal(text)
	return ok && strings.Contains(name, ".")
}

// Discoveries collects what gateways hear, and stores it now and then: one row in many requests. What is not stored when
// a process is killed comes again with the next document. It is safe for concurrent use.
type Discoveries struct {
	store DiscoveredStore
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	waiting map[model.TenantID]map[discoveredKey]*Discovered
	count   int
}

type discoveredKey struct {
	instance model.InstanceID
	host     string
}

// maxWaiting bounds what is kept between two flushes, of all tenants.
const maxWaiting = 20_000

// NewDiscoveries makes an empty collector.
func NewDiscoveries(store DiscoveredStore, now func() time.Time, log *slog.Logger) *Discoveries {
	return &Discoveries{store: store, now: now, log: log, waiting: map[model.TenantID]map[discoveredKey]*Discovered{}}
}

// Seen notes a host of a document. The caller has checked that it is one, and nobody's yet.
func (d *Discoveries) Seen(tenant model.TenantID, instance model.InstanceID, host, kind string) {
	now := d.now().UTC()
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.waiting[tenant]
	if of == nil {
		of = map[discoveredKey]*Discovered{}
		d.waiting[tenant] = of
	}
	key := discoveredKey{instance, host}
	one := of[key]
	if one == nil {
		if d.count >= maxWaiting || len(of) >= 4*MaxDiscovered {
			return // the next flush makes room
		}
		d.count++
		of[key] = &Discovered{Instance: instance, Host: host, Kinds: []string{kind}, First: now, Last: now, Times: 1}
		return
	}
	one.Merge(Discovered{Kinds: []string{kind}, First: now, Last: now, Times: 1})
}

// Flush stores what was collected. What can't be stored is tried with the next flush.
func (d *Discoveries) Flush(ctx context.Context) {
	d.mu.Lock()
	waiting := d.waiting
	d.waiting, d.count = map[model.TenantID]map[discoveredKey]*Discovered{}, 0
	d.mu.Unlock()
	for tenant, of := range waiting {
		var list []Discovered
		for _, one := range of {
			list = append(list, *one)
		}
		slices.SortFunc(list, func(a, b Discovered) int {
			return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Host, b.Host))
		})
		if err := d.store.AddDiscovered(ctx, tenant, list); err != nil {
			d.log.Warn("discovered hosts not stored", "tenant", tenant, "hosts", len(list), "err", err)
			d.back(tenant, list)
		}
	}
}

// back takes up again what could not be stored.
func (d *Discoveries) back(tenant model.TenantID, list []Discovered) {
	d.mu.Lock()
	defer d.mu.Unlock()
	of := d.waiting[tenant]
	if of == nil {
		of = map[discoveredKey]*Discovered{}
		d.waiting[tenant] = of
	}
	for _, one := range list {
		key := discoveredKey{one.Instance, one.Host}
		if have := of[key]; have != nil {
			have.Merge(one)
		} else if d.count < maxWaiting {
			d.count++
			of[key] = &one
		}
	}
}

// Run flushes every period until ctx ends, and once more then.
func (d *Discoveries) Run(ctx context.Context, period time.Duration) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			d.Flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			d.Flush(last)
			return
		}
	}
}
