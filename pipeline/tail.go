package pipeline

import (
	"sync"
	"sync/atomic"

	"github.com/referee-casb/referee/model"
)

// Tails hands live activities to readers. The zero value is ready. Safe for concurrent use.
type Tails struct {
	mu      sync.Mutex
	readers map[*Tail]struct{}
	n       atomic.Int64 // readers, for a look without the lock
	dropped atomic.Uint64
}

// Tail is one reader. Its channel is closed by [Tail.Close].
type Tail struct {
	C <-chan model.Activity

	tails   *Tails
	tenant  model.TenantID
	match   func(*model.Activity) bool
	c       chan model.Activity
	dropped atomic.Uint64
}

// Tail begins to hand over the tenant's activities that match (nil: all), as they are committed. At most buffer
// (0: 256) wait; a reader that is slower loses the newest, counted by [Tail.Dropped]. match runs on the pipeline's way
// and must be quick. The caller closes it.
func (t *Tails) Tail(tenant model.TenantID, match func(*model.Activity) bool, buffer int) *Tail {
	if buffer <= 0 {
		buffer = 256
	}
	c := make(chan model.Activity, buffer)
	r := &Tail{C: c, tails: t, tenant: tenant, match: match, c: c}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.readers == nil {
		t.readers = map[*Tail]struct{}{}
	}
	t.readers[r] = struct{}{}
	t.n.Store(int64(len(t.readers)))
	return r
}

// Close ends the tail. It may be called twice.
func (r *Tail) Close() {
	t := r.tails
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.readers[r]; ok {
		delete(t.readers, r)
		t.n.Store(int64(len(t.readers)))
		close(r.c)
	}
}

// Dropped returns how many activities this reader was too slow for.
func (r *Tail) Dropped() uint64 { return r.dropped.Load() }

// send hands activities to the readers and never waits.
func (t *Tails) send(as []model.Activity) {
	if t.n.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for r := range t.readers {
		for i := range as {
			if as[i].Tenant != r.tenant || r.match != nil && !r.match(&as[i]) {
				continue
			}
			select {
			case r.c <- as[i]:
			default:
				r.dropped.Add(1)
				t.dropped.Add(1)
			}
		}
	}
}
