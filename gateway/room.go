package gateway

import (
	"sync"

	"github.com/referee-casb/referee/model"
)

// Shares of the bytes of all bodies that are held at once. Nobody's slow uploads use up what others need, and no tenant's
// what other tenants need.
const (
	holdMost   = 512 << 20
	holdTenant = 256 << 20
	holdPerson = 128 << 20 // one session's
)

// room counts bytes that are held for requests.
type room struct {
	mu      sync.Mutex
	all     int64
	tenants map[model.TenantID]int64
	persons map[model.SessionID]int64
}

// take counts n more bytes, and reports whether there is room for them.
func (r *room) take(t model.TenantID, p model.SessionID, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all+n > holdMost || r.tenants[t]+n > holdTenant || r.persons[p]+n > holdPerson {
		return false
	}
	if r.tenants == nil {
		r.tenants, r.persons = map[model.TenantID]int64{}, map[model.SessionID]int64{}
	}
	r.all += n
	r.tenants[t] += n
	r.persons[p] += n
	return true
}

// leave gives n bytes back. What nobody holds anything of is forgotten.
func (r *room) leave(t model.TenantID, p model.SessionID, n int64) {
	if n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all -= n
	if r.tenants[t] -= n; r.tenants[t] <= 0 {
		delete(r.tenants, t)
	}
	if r.persons[p] -= n; r.persons[p] <= 0 {
		delete(r.persons, p)
	}
}
