package lease

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// DefaultTTL is how long a lease holds without renewal: how long work rests when its process dies.
const DefaultTTL = 15 * time.Second

// Options configures [NewKeeper].
type Options struct {
	TTL time.Duration // 0 means DefaultTTL
	Log *slog.Logger  // nil means none
}

// Keeper runs work under leases for one process. Safe for concurrent use.
type Keeper struct {
	store  Store
	holder string
	ttl    time.Duration
	log    *slog.Logger
}

// NewKeeper makes a keeper. holder names the process, uniquely: its host and a random part, say.
func NewKeeper(store Store, holder string, opt Options) *Keeper {
	if opt.TTL == 0 {
		opt.TTL = DefaultTTL
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{store: store, holder: holder, ttl: opt.TTL, log: opt.Log}
}

// Run does work whenever this process holds the lease, until work returns nil or ctx ends; then it returns nil.
// It waits its turn while another holds the lease. When the lease is lost or can't be renewed in time, work's
// ctx ends and Run waits again; so it does, after a pause of one TTL, when work returns an error, which it logs.
// The token goes to stores that fence.
func (k *Keeper) Run(ctx context.Context, tenant model.TenantID, name string, work func(ctx context.Context, l Lease) error) error {
	for ctx.Err() == nil {
		l, err := k.store.AcquireLease(ctx, tenant, name, k.holder, k.ttl)
		if err != nil {
			if !fault.Is(err, fault.Conflict) && ctx.Err() == nil {
				k.warn(ctx, "lease not acquired", tenant, name, err)
			}
			pause(ctx, k.ttl/2)
			continue
		}
		err = k.hold(ctx, l, work)
		switch {
		case err == nil:
			return nil
		case ctx.Err() == nil && !errors.Is(err, errLost):
			k.warn(ctx, "work under a lease failed", tenant, name, err)
			pause(ctx, k.ttl)
		}
	}
	return nil
}

// Once does work if the lease is free and reports whether it did. The lease is not released but left to end, so
// that within TTL no other process does the same.
func (k *Keeper) Once(ctx context.Context, tenant model.TenantID, name string, work func(ctx context.Context, l Lease) error) (bool, error) {
	l, err := k.store.AcquireLease(ctx, tenant, name, k.holder, k.ttl)
	if fault.Is(err, fault.Conflict) {
		return false, nil
	} else if err != nil {
		return false, fault.Wrap(err, "lease.Once", name)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer func() { cancel(nil); <-done }()
	go func() { defer close(done); k.renew(ctx, l, cancel) }()
	return true, work(ctx, l)
}

var errLost = errors.New("the lease was lost")

// hold does work while renewing, and gives the lease up after it.
func (k *Keeper) hold(parent context.Context, l Lease, work func(context.Context, Lease) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	done := make(chan struct{})
	go func() { defer close(done); k.renew(ctx, l, cancel) }()
	err := work(ctx, l)
	lost := context.Cause(ctx) == errLost
	cancel(nil)
	<-done
	if lost {
		return errLost
	}
	release, stop := context.WithTimeout(context.WithoutCancel(parent), k.ttl)
	defer stop()
	if rerr := k.store.ReleaseLease(release, l); rerr != nil { // it ends by itself
		k.warn(parent, "lease not released", l.Tenant, l.Name, rerr)
	}
	return err
}

// renew keeps the lease until ctx ends. A renewal that fails is tried again while the lease still holds; work is
// stopped before another could have begun.
func (k *Keeper) renew(ctx context.Context, l Lease, cancel context.CancelCauseFunc) {
	begun := time.Now() // elapsed time only: the end in l is by the store's clock
	for pause(ctx, k.ttl/3) {
		asked := time.Now()
		limit, stop := context.WithDeadline(ctx, begun.Add(k.ttl))
		_, err := k.store.RenewLease(limit, l, k.ttl)
		stop()
		switch {
		case err == nil:
			begun = asked
		case ctx.Err() != nil:
			return
		case fault.Is(err, fault.Conflict) || time.Since(begun) >= k.ttl*2/3:
			k.warn(ctx, "lease lost", l.Tenant, l.Name, err)
			cancel(errLost)
			return
		}
	}
}

// pause waits and reports whether ctx still runs.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (k *Keeper) warn(ctx context.Context, msg string, tenant model.TenantID, name string, err error) {
	k.log.LogAttrs(ctx, slog.LevelWarn, msg, slog.String("tenant", string(tenant)), slog.String("lease", name), slog.Any("err", err))
}
