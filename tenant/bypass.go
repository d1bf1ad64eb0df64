package tenant

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// BypassStore keeps bypasses, past ones too. Implementations are safe for concurrent use.
type BypassStore interface {
	// PutBypass inserts one; Conflict when its id is taken, or when one that holds at its beginning covers the same app
	// or all of them: an emergency is extended by ending it and giving a new reason.
	PutBypass(ctx context.Context, b Bypass) error
	// EndBypass ends a live one before its time; NotFound when the tenant has none of this id, Conflict when it is over.
	EndBypass(ctx context.Context, tenant model.TenantID, id, by string, at time.Time) (Bypass, error)
	// Bypasses lists a tenant's, the newest first.
	Bypasses(ctx context.Context, tenant model.TenantID) ([]Bypass, error)
	// OverBypasses lists, over all tenants, those that are over at now and whose end is not on record yet.
	OverBypasses(ctx context.Context, now time.Time) ([]Bypass, error)
	// NoteBypass says that a bypass's end is on record. It is no error if it was.
	NoteBypass(ctx context.Context, tenant model.TenantID, id string) error
}

// RecoveryStore keeps recoveries, for good. Implementations are safe for concurrent use.
type RecoveryStore interface {
	// PutRecovery writes a recovery together with its token, both or none, and removes the tokens of earlier ones.
	PutRecovery(ctx context.Context, r Recovery, t Token) error
	// Recoveries lists them, the newest first.
	Recoveries(ctx context.Context) ([]Recovery, error)
	// NoteRecovery says that a recovery is in the activity log. It is no error if it was.
	NoteRecovery(ctx context.Context, id string) error
}

// Bypasses holds the bypasses that may be live, in memory, for what asks at every sign-in and page.
type Bypasses struct {
	now  func() time.Time
	list atomic.Pointer[map[model.TenantID][]Bypass]
	swap sync.Mutex
}

// NewBypasses makes an empty holder.
func NewBypasses(now func() time.Time) *Bypasses {
	b := &Bypasses{now: now}
	b.list.Store(&map[model.TenantID][]Bypass{})
	return b
}

// Reload reads the tenants' bypasses. When it fails the old ones stay, which end by themselves all the same.
func (b *Bypasses) Reload(ctx context.Context, store BypassStore, tenants []model.TenantID) error {
	b.swap.Lock()
	defer b.swap.Unlock()
	fresh := map[model.TenantID][]Bypass{}
	now := b.now()
	for _, t := range tenants {
		all, err := store.Bypasses(ctx, t)
		if err != nil {
			return fault.Wrap(err, "tenant.Bypasses", string(t))
		}
		for _, one := range all {
			if one.Live(now) {
				fresh[t] = append(fresh[t], one)
			}
		}
	}
	b.list.Store(&fresh)
	return nil
}

// Live finds the bypass that covers an instance at this moment.
func (b *Bypasses) Live(t model.TenantID, id model.InstanceID) (Bypass, bool) {
	all := (*b.list.Load())[t]
	if len(all) == 0 {
		return Bypass{}, false
	}
	now := b.now()
	for i := range all {
		if all[i].Covers(id) && all[i].Live(now) {
			return all[i], true
		}
	}
	return Bypass{}, false
}

// Count is how many are live, over all tenants.
func (b *Bypasses) Count() int {
	n, now := 0, b.now()
	for _, all := range *b.list.Load() {
		for i := range all {
			if all[i].Live(now) {
				n++
			}
		}
	}
	return n
}
