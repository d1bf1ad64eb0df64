package node

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/referee-casb/referee/api"
	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// rules keeps each tenant's rule book: compiled from the store, swapped whole, never edited.
type rules struct {
	store policy.Store
	can   policy.Capabilities
	log   *slog.Logger
	types *own.Library // nil: only the built-in bundles of information types

	mu    sync.Mutex               // one reload at a time
	typed map[model.TenantID]int64 // revision of the types that each book was compiled with
	books atomic.Pointer[map[model.TenantID]*policy.Book]
}

func newRules(store policy.Store, can policy.Capabilities, types *own.Library, log *slog.Logger) *rules {
	r := &rules{store: store, can: can, types: types, log: log, typed: map[model.TenantID]int64{}}
	r.books.Store(&map[model.TenantID]*policy.Book{})
	return r
}

// Book returns a tenant's book; ok false when it could not be loaded, in which case nobody is let in.
func (r *rules) Book(t model.TenantID) (*policy.Book, bool) {
	b, ok := (*r.books.Load())[t]
	return b, ok
}

// Reload compiles a tenant's book if its epoch has changed. What can't be compiled leaves the book that was.
func (r *rules) Reload(ctx context.Context, t model.TenantID) error {
	const op = "node.rules"
	r.mu.Lock()
	defer r.mu.Unlock()
	epoch, err := r.store.Epoch(ctx, t)
	if err != nil {
		return fault.Wrap(err, op, string(t))
	}
	set := r.set(ctx, t)
	if have, ok := (*r.books.Load())[t]; ok && have.Epoch() == epoch && r.typed[t] == set.Revision {
		return nil
	}
	book, err := compileBook(ctx, r.store, t, epoch, r.can, api.InfoTypesOf(set))
	if err != nil {
		return err
	}
	old := *r.books.Load()
	next := make(map[model.TenantID]*policy.Book, len(old)+1)
	for k, v := range old {
		next[k] = v
	}
	next[t] = book
	r.typed[t] = set.Revision
	r.books.Store(&next)
	r.log.Info("rule book", "tenant", t, "epoch", epoch, "policies", len(book.Policies()))
	return nil
}

// set is what a tenant can look for.
func (r *rules) set(ctx context.Context, t model.TenantID) *own.Set {
	if r.types == nil {
		return own.BuiltIn()
	}
	set, err := r.types.Of(ctx, t)
	if err != nil {
		// fail closed: a bundle that isn't known is a type that can't be looked for, and the policy's unscannable decides
		r.log.Error("information types not read", "tenant", t, "err", err)
		return own.BuiltIn()
	}
	return set
}

// compileBook reads a tenant's documents, rollouts and exceptions, and compiles them.
func compileBook(ctx context.Context, store policy.Store, t model.TenantID, epoch int64, can policy.Capabilities, types *policy.InfoTypes) (*policy.Book, error) {
	const op = "node.rules"
	revisions, err := store.Documents(ctx, t)
	if err != nil {
		return nil, fault.Wrap(err, op, string(t))
	}
	opt := policy.Options{Tenant: t, Epoch: epoch, Capabilities: can, InfoTypes: types, Phases: map[string]policy.Phase{}, Revisions: map[string]int64{}}
	var docs []*policy.Document
	for _, rev := range revisions {
		d, problems := policy.Decode(rev.ID, rev.Text)
		if err := problems.Err(); err != nil {
			return nil, fault.Wrap(err, op, rev.ID)
		}
		docs = append(docs, d...)
		opt.Revisions[rev.ID] = rev.Number
	}
	states, err := store.Rollouts(ctx, t)
	if err != nil {
		return nil, fault.Wrap(err, op, string(t))
	}
	for _, s := range states {
		opt.Phases[s.Policy] = s.Phase
	}
	if opt.Exceptions, err = store.Exceptions(ctx, t, policy.ExceptionApproved); err != nil {
		return nil, fault.Wrap(err, op, string(t))
	}
	book, problems := policy.Compile(docs, opt)
	return book, fault.Wrap(problems.Err(), op, string(t))
}

// follow reloads every tenant now and again, which repairs lost signals.
func (r *rules) follow(ctx context.Context, every time.Duration, tenants func() []model.TenantID) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for _, t := range tenants() {
			if err := r.Reload(ctx, t); err != nil && ctx.Err() == nil {
				r.log.Error("rule book", "tenant", t, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
