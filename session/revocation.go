package session

import (
	"context"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Revocation tells every gateway what to cut.
type Revocation struct {
	Tenant  model.TenantID  `json:"tenant"`
	Session model.SessionID `json:"session,omitempty"` // one sign-in, or
	User    model.UserID    `json:"user,omitempty"`    // all of a person's, or all of the tenant's when both are empty
	At      time.Time       `json:"at"`
	Reason  string          `json:"reason,omitempty"`
	Epoch   int64           `json:"epoch"` // grows by one with each revocation of the tenant; gateways reconcile by it
}

// Hits reports whether the revocation ends a session: sign-ins after it are not touched by a person's or a
// tenant's revocation.
func (r *Revocation) Hits(s *Session) bool {
	switch {
	case r.Tenant != s.Tenant:
		return false
	case r.Session != "":
		return r.Session == s.ID
	}
	return (r.User == "" || r.User == s.User.ID) && !s.Created.After(r.At)
}

// Revocations applies each revocation of the tracked tenants, in order. Broadcasts make it quick; reading the
// store by epoch makes it sure: a gap in the epochs is filled at once, a lost last broadcast at the next
// [Revocations.Reconcile].
type Revocations struct {
	store Store
	apply []func(Revocation)

	mu     sync.Mutex
	epochs map[model.TenantID]int64
}

// NewRevocations makes a follower that hands each revocation to every apply function, in the order of epochs.
// A revocation may be handed over twice; the functions are quick and do not call back.
func NewRevocations(store Store, apply ...func(Revocation)) *Revocations {
	return &Revocations{store: store, apply: apply, epochs: map[model.TenantID]int64{}}
}

// Track begins to follow a tenant. Revocations before it need no applying: nothing is cached yet, and the store
// holds the sessions as revoked.
func (r *Revocations) Track(ctx context.Context, tenant model.TenantID) error {
	r.mu.Lock()
	_, known := r.epochs[tenant]
	r.mu.Unlock()
	if known {
		return nil
	}
	past, err := r.store.RevokedSince(ctx, tenant, 0)
	if err != nil {
		return fault.Wrap(err, "session.Track", string(tenant))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.epochs[tenant]; !known {
		r.epochs[tenant] = 0
		if len(past) > 0 {
			r.epochs[tenant] = past[len(past)-1].Epoch
		}
	}
	return nil
}

// Apply takes a revocation from a broadcast. It is applied even when the store, asked for missed ones, does not
// answer: cutting too much is the safe side. Broadcasts of tenants that are not tracked are applied too.
func (r *Revocations) Apply(ctx context.Context, v Revocation) error {
	r.mu.Lock()
	last, known := r.epochs[v.Tenant]
	r.hand(v)
	if !known || v.Epoch <= last {
		r.mu.Unlock()
		return nil
	}
	if v.Epoch == last+1 {
		r.epochs[v.Tenant] = v.Epoch
		r.mu.Unlock()
		return nil
	}
	r.mu.Unlock()
	return r.catchUp(ctx, v.Tenant)
}

// hand calls the apply functions; the caller holds r.mu, which keeps the order.
func (r *Revocations) hand(v Revocation) {
	for _, f := range r.apply {
		f(v)
	}
}

func (r *Revocations) catchUp(ctx context.Context, tenant model.TenantID) error {
	r.mu.Lock()
	since := r.epochs[tenant]
	r.mu.Unlock()
	missed, err := r.store.RevokedSince(ctx, tenant, since)
	if err != nil {
		return fault.Wrap(err, "session.Reconcile", string(tenant))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range missed {
		if v.Epoch > r.epochs[tenant] {
			r.hand(v)
			r.epochs[tenant] = v.Epoch
		}
	}
	return nil
}

// Reconcile reads what was missed, for every tracked tenant, and returns the first error after trying all.
func (r *Revocations) Reconcile(ctx context.Context) error {
	r.mu.Lock()
	tenants := make([]model.TenantID, 0, len(r.epochs))
	for t := range r.epochs {
		tenants = append(tenants, t)
	}
	r.mu.Unlock()
	var first error
	for _, t := range tenants {
		if err := r.catchUp(ctx, t); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Run reconciles at every interval until ctx ends. failed is told of each round that failed; it may be nil.
func (r *Revocations) Run(ctx context.Context, every time.Duration, failed func(error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := r.Reconcile(ctx); err != nil && ctx.Err() == nil && failed != nil {
				failed(err)
			}
		}
	}
}
