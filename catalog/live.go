package catalog

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Live holds the current book; it is swapped whole, so that a request sees one book from its start to its end
// if it asks once.
type Live struct {
	suffix string
	book   atomic.Pointer[Book]
	swap   sync.Mutex
}

// NewLive makes a holder with an empty book for hosts under a suffix.
func NewLive(suffix string) (*Live, error) {
	empty, err := NewBook(suffix, nil)
	if err != nil {
		return nil, err
	}
	l := &Live{suffix: suffix}
	l.book.Store(empty)
	return l, nil
}

// Book returns the current book.
func (l *Live) Book() *Book { return l.book.Load() }

// Reload reads the instances of all tenants and swaps the book. When it fails the old book stays.
func (l *Live) Reload(ctx context.Context, store Store, tenants []model.TenantID) error {
	l.swap.Lock()
	defer l.swap.Unlock()
	var all []Instance
	for _, t := range tenants {
		list, err := store.Instances(ctx, t)
		if err != nil {
			return fault.Wrap(err, "catalog.Reload", string(t))
		}
		all = append(all, list...)
	}
	b, err := NewBook(l.suffix, all)
	if err != nil {
		return fault.Wrap(err, "catalog.Reload", "")
	}
	b.epoch = l.Book().epoch + 1
	l.book.Store(b)
	return nil
}
