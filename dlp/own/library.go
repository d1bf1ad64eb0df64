package own

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/referee-casb/referee/dlp"
	"github.com/referee-casb/referee/dlp/edm"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Library gives each tenant's set as it stands in the store. A set is decoded once and kept until the tenant's types
// change, which costs one small read a question. It is safe for concurrent use.
type Library struct {
	store  Store
	tables Tables

	mu   sync.Mutex
	sets map[model.TenantID]*entry
}

// entry is one tenant's set; its lock is held while the set is read, so that many who ask wait for one.
type entry struct {
	mu  sync.Mutex
	set *Set
}

// Tables opens the uploaded tables of exact data matches.
type Tables interface {
	// Table returns the tenant's table for a schema; NotFound when there is none, or it is another schema's.
	Table(ctx context.Context, tenant model.TenantID, s *edm.Schema) (*edm.Table, error)
}

// NewLibrary makes a library over a store; without tables no exact data match is ever found.
func NewLibrary(store Store, tables Tables) *Library {
	return &Library{store: store, tables: tables, sets: map[model.TenantID]*entry{}}
}

// Of returns a tenant's set. An error means that it is not known: who asks for a verdict must not take it for empty.
func (l *Library) Of(ctx context.Context, tenant model.TenantID) (*Set, error) {
	const op = "own.Library"
	l.mu.Lock()
	e := l.sets[tenant]
	if e == nil {
		e = &entry{}
		l.sets[tenant] = e
	}
	l.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	epoch, err := l.store.TypesEpoch(ctx, tenant)
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant)) // fail closed: types that may be there are not left out
	}
	if e.set != nil && e.set.Revision == epoch {
		return e.set, nil
	}
	revisions, epoch, err := l.store.Types(ctx, tenant)
	if err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	set, broken := Load(revisions, epoch)
	for id, mistakes := range broken {
		// fail closed: a type that this version can't read is not left out in silence
		return nil, &fault.Error{Kind: fault.Internal, Op: op, Key: id, Msg: "the stored type can't be read any more", Help: "apply it again, or remove it", Err: mistakes}
	}
	if err := l.bind(ctx, tenant, set); err != nil {
		return nil, fault.Wrap(err, op, string(tenant))
	}
	e.set = set
	return e.set, nil
}

// bind gives exact data matches their tables.
func (l *Library) bind(ctx context.Context, tenant model.TenantID, set *Set) error {
	for _, d := range set.Documents {
		if d.Table == nil {
			continue
		}
		at := slices.IndexFunc(set.Types, func(t dlp.Type) bool { return t.ID == d.ID })
		var err error = fault.New(fault.NotFound, "own.bind", "there are no tables")
		var table *edm.Table
		if l.tables != nil {
			if table, err = l.tables.Table(ctx, tenant, d.Table); err == nil {
				set.Types[at] = d.Table.Type(table)
				continue
			}
		}
		if !fault.Is(err, fault.NotFound) {
			return err // fail closed: a table that can't be read is not an empty one
		}
		set.Types = slices.Delete(set.Types, at, at+1)
		set.Waiting = append(set.Waiting, d.ID)
	}
	return nil
}

// Load decodes stored documents. What this version can't read any more is left out of the set and named in broken.
func Load(revisions []Revision, epoch int64) (set *Set, broken map[string]filter.Mistakes) {
	var docs []Document
	broken = map[string]filter.Mistakes{}
	for _, r := range revisions {
		d, mistakes := Decode(r.Text)
		if len(mistakes) > 0 {
			broken[r.ID] = mistakes
			continue
		}
		docs = append(docs, d...)
	}
	return NewSet(docs, epoch), broken
}

// Forget drops the sets of tenants other than these. A tenant that is made anew begins to count revisions anew.
func (l *Library) Forget(but []model.TenantID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.sets, func(t model.TenantID, _ *entry) bool { return !slices.Contains(but, t) })
}
