package tenant

import (
	"context"
	"crypto/x509"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/enrich"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/internal/pemroots"
	"github.com/referee-casb/referee/model"
)

// Entry is a tenant as everything in line reads it: with its defaults, and compiled. Shared: read only.
type Entry struct {
	Tenant
	Networks    *enrich.Book
	DeviceRoots *x509.CertPool // empty when the tenant has no device authority
	Location    *time.Location // of the tenant's time zone, never nil
}

// Directory holds all tenants in memory. A reload swaps them at once.
type Directory struct {
	now  atomic.Pointer[snapshot]
	swap sync.Mutex
}

type snapshot struct {
	epoch    int64
	list     []*Entry // by id
	byID     map[model.TenantID]*Entry
	byDomain map[string]*Entry
}

// NewDirectory makes an empty directory.
func NewDirectory() *Directory {
	d := &Directory{}
	d.now.Store(&snapshot{})
	return d
}

// Reload reads all tenants. A tenant that can't be compiled keeps its old entry, so that one broken document
// doesn't stop the others; the first such mistake is returned after the swap.
func (d *Directory) Reload(ctx context.Context, store Store) error {
	d.swap.Lock()
	defer d.swap.Unlock()
	tenants, err := store.Tenants(ctx)
	if err != nil {
		return fault.Wrap(err, "tenant.Reload", "")
	}
	old := d.now.Load()
	s := &snapshot{epoch: old.epoch + 1, byID: make(map[model.TenantID]*Entry, len(tenants)), byDomain: map[string]*Entry{}}
	var first error
	for _, t := range tenants {
		e := old.byID[t.ID]
		if e == nil || e.Epoch != t.Epoch {
			fresh, err := compile(t)
			if err != nil && first == nil {
				first = fault.Wrap(err, "tenant.Reload", string(t.ID))
			}
			if err == nil {
				e = fresh
			}
		}
		if e == nil {
			continue
		}
		s.list = append(s.list, e)
		s.byID[t.ID] = e
		for _, domain := range e.Domains {
			if s.byDomain[domain] == nil {
				s.byDomain[domain] = e
			}
		}
	}
	d.now.Store(s)
	return first
}

func compile(t Tenant) (*Entry, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	e := &Entry{Tenant: t.WithDefaults()}
	var err error
	if e.Networks, err = enrich.Compile(t.Ranges, t.Locations); err != nil {
		return nil, err
	}
	if e.Location, err = location(t.Zone); err != nil {
		return nil, err
	}
	e.DeviceRoots, err = pemroots.Parse(t.Device.CAs)
	return e, err
}

// Get finds a tenant.
func (d *Directory) Get(id model.TenantID) (*Entry, bool) {
	e, ok := d.now.Load().byID[id]
	return e, ok
}

// Location returns a tenant's time zone; UTC for one that is not there.
func (d *Directory) Location(id model.TenantID) *time.Location {
	if e, ok := d.Get(id); ok {
		return e.Location
	}
	return time.UTC
}

// ByDomain finds the tenant that manages an e-mail domain; the first by id when several say so.
func (d *Directory) ByDomain(domain string) (*Entry, bool) {
	e, ok := d.now.Load().byDomain[strings.ToLower(domain)]
	return e, ok
}

// All lists the tenants by id; shared, read only.
func (d *Directory) All() []*Entry { return d.now.Load().list }

// Epoch grows with each reload.
func (d *Directory) Epoch() int64 { return d.now.Load().epoch }
