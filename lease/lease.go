package lease

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Lease is the right to do something, for a while.
type Lease struct {
	Tenant  model.TenantID // "" for work that is no tenant's
	Name    string
	Holder  string // a process
	Token   int64  // grows with each change of holder
	Expires time.Time
}

// Store keeps leases. Time is the store's, so that holders' clocks need not agree.
type Store interface {
	// AcquireLease takes a lease that is free, has ended, or is the holder's own. It is a Conflict while
	// another holds it.
	AcquireLease(ctx context.Context, tenant model.TenantID, name, holder string, ttl time.Duration) (Lease, error)
	// RenewLease moves the end of a lease. It is a Conflict when the lease has gone to another, was released, or
	// has ended.
	RenewLease(ctx context.Context, l Lease, ttl time.Duration) (Lease, error)
	// ReleaseLease gives a lease up. Giving up what one does not hold any more is no error.
	ReleaseLease(ctx context.Context, l Lease) error
	// CheckLease is a Conflict unless the lease still holds: ask right before work that must not be done twice.
	CheckLease(ctx context.Context, l Lease) error
}
