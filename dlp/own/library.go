package own

import (
	"context"
	"sync"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Library gives each tenant's set as it stands in the store. A set is decoded once and kept until the tenant's types
// change, which costs one small read a question. It is safe for concurrent use.
type Library struct {
	store Store

	mu   sync.Mutex
	sets map[model.TenantID]*entry
}

// entry is one tenant's set; its lock is held while the set is read, so that many who ask wait for one.
type entry struct {
	mu  sync.Mutex
	set *Set
}

// NewLibrary makes a library over a store.
func NewLibrary(store Store) *Library {
	return &Library{store: store, sets: map[model.TenantID]*entry{}}
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
	e.set = set
	return e.set, nil
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
