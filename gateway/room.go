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

// room counts bytes that are held, in memory or on disk.
type room struct {
	mu      sync.Mutex
	all     int64
	tenants map[model.TenantID]int64
	persons map[model.SessionID]int64

	most, tenant, person int64 // limits; 0 means those above
}

// take counts n more bytes, and reports whether there is room for them.
func (r *room) take(t model.TenantID, p model.SessionID, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	most, tenant, person := r.most, r.tenant, r.person
	if most == 0 {
		most, tenant, person = holdMost, holdTenant, holdPerson
	}
	if r.all+n > most || r.tenants[t]+n > tenant || r.persons[p]+n > person {
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

// held says how much is held, by how many tenants and sessions.
func (r *room) held() (all int64, tenants, persons int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all, len(r.tenants), len(r.persons)
}
