package vault

import (
	"context"
	"crypto/rand"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

func (v *Vault) cached(tenant model.TenantID) *ring {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[tenant]
}

// ring returns a tenant's keys, from the store when they are not known yet. A tenant without any gets its first
// when create is set.
func (v *Vault) ring(tenant model.TenantID, create bool) (*ring, error) {
	if r := v.cached(tenant); v.usable(r, create) {
		return r, nil
	}
	if err := tenant.Validate(); err != nil {
		return nil, err
	}
	v.load.Lock()
	defer v.load.Unlock()
	if r := v.cached(tenant); v.usable(r, create) {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	r, err := v.read(ctx, tenant)
	if err != nil || r.newest != nil || !create {
		return r, err
	}
	if err := v.add(ctx, tenant, 1); err != nil && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	return v.read(ctx, tenant) // after a Conflict this finds the key of the process that was first
}

// usable reports whether a cached ring will do: it has a key, or nobody wants one made and the store was asked
// a moment ago.
func (v *Vault) usable(r *ring, create bool) bool {
	return r != nil && (r.newest != nil || !create && v.now().Sub(r.loaded) < reloadEvery)
}

// dataKey returns one key by id. An unknown id may be another process's rotation, so the store is asked, at
// most once a second a tenant.
func (v *Vault) dataKey(tenant model.TenantID, id uint32) (*dataKey, error) {
	r, err := v.ring(tenant, false)
	if err != nil {
		return nil, err
	}
	if d := r.by[id]; d != nil {
		return d, nil
	}
	v.load.Lock()
	defer v.load.Unlock()
	if r = v.cached(tenant); r == nil || r.by[id] == nil && v.now().Sub(r.loaded) >= reloadEvery {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		defer cancel()
		if r, err = v.read(ctx, tenant); err != nil {
			return nil, err
		}
	}
	if d := r.by[id]; d != nil {
		return d, nil
	}
	return nil, fault.New(fault.Invalid, "vault.key", "data key %d is not known", id)
}

// read loads a tenant's keys and publishes them. The caller holds v.load.
func (v *Vault) read(ctx context.Context, tenant model.TenantID) (*ring, error) {
	rows, err := v.store.VaultKeys(ctx, tenant)
	if err != nil {
		return nil, err
	}
	r := &ring{by: make(map[uint32]*dataKey, len(rows)), loaded: v.now()}
	for _, row := range rows {
		if row.Tenant != tenant {
			return nil, fault.New(fault.Internal, "vault.read", "the store gave a key of another tenant")
		}
		d, err := unwrap(v.master, row)
		if err != nil {
			return nil, err
		}
		r.by[row.ID] = d
		if r.newest == nil || d.id > r.newest.id {
			r.newest = d
		}
	}
	v.mu.Lock()
	v.keys[tenant] = r
	v.mu.Unlock()
	return r, nil
}

func (v *Vault) add(ctx context.Context, tenant model.TenantID, id uint32) error {
	var secret [keySize]byte
	rand.Read(secret[:])
	return v.store.PutVaultKey(ctx, wrap(v.master, tenant, id, secret[:], v.now()))
}

// Rotate gives a tenant a new data key and returns its id. What was sealed or signed before still opens. Other
// processes learn the key when they first meet something it made, and use it from then on.
func (v *Vault) Rotate(ctx context.Context, tenant model.TenantID) (uint32, error) {
	const op = "vault.Rotate"
	if _, err := v.ring(tenant, true); err != nil {
		return 0, fault.Wrap(err, op, string(tenant))
	}
	v.load.Lock()
	defer v.load.Unlock()
	r, err := v.read(ctx, tenant)
	if err != nil {
		return 0, fault.Wrap(err, op, string(tenant))
	}
	id := r.newest.id + 1
	if err := v.add(ctx, tenant, id); err != nil {
		return 0, fault.Wrap(err, op, string(tenant))
	}
	_, err = v.read(ctx, tenant)
	return id, fault.Wrap(err, op, string(tenant))
}

// Rewrap wraps every tenant's data keys with the newest master key and returns how many it changed. Afterwards
// older master keys may leave the file.
func (v *Vault) Rewrap(ctx context.Context) (int, error) {
	const op = "vault.Rewrap"
	tenants, err := v.store.VaultTenants(ctx)
	if err != nil {
		return 0, fault.Wrap(err, op, "")
	}
	n := 0
	for _, tenant := range tenants {
		rows, err := v.store.VaultKeys(ctx, tenant)
		if err != nil {
			return n, fault.Wrap(err, op, string(tenant))
		}
		for _, row := range rows {
			if row.Master == v.master.keys[0].id {
				continue
			}
			d, err := unwrap(v.master, row)
			if err != nil {
				return n, fault.Wrap(err, op, string(tenant))
			}
			if err := v.store.ReplaceVaultKey(ctx, wrap(v.master, tenant, row.ID, d.secret[:], row.Created)); err != nil {
				return n, fault.Wrap(err, op, string(tenant))
			}
			n++
		}
	}
	return n, nil
}
