package signin

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

// Anybody on the internet may begin a sign-in, and each beginning is a row in the store; each failure is an
// activity as well. These bounds keep one address from filling them, and one tenant from taking the others'
// share. They are wide: a whole office signs in from one address at nine in the morning.
const (
	addressBurst, addressRate = 300, 10   // units; units a second
	tenantBurst, tenantRate   = 3000, 100 // the same for all addresses of a tenant together
	accountBurst, accountRate = 60, 0.5   // the same for one account, wherever it is tried from
	costBegin                 = 1
	costFailure               = 10
	throttleEntries           = 20_000
)

// throttle is a bounded table of token buckets, filled by time. Safe for concurrent use.
type throttle struct {
	now  func() time.Time
	most int

	mu sync.Mutex
	by map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newThrottle(now func() time.Time, most int) *throttle {
	return &throttle{now: now, most: most, by: map[string]*bucket{}}
}

// take takes cost units from the bucket of key; false when it does not hold as many, and then takes none.
func (t *throttle) take(key string, cost, burst, rate float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	b := t.by[key]
	if b == nil {
		if len(t.by) >= t.most {
			t.shrink(now)
		}
		b = &bucket{left: burst, at: now}
		t.by[key] = b
	}
	if d := now.Sub(b.at).Seconds(); d > 0 {
		b.left, b.at = min(burst, b.left+d*rate), now
	}
	if b.left < cost {
		return false
	}
	b.left -= cost
	return true
}

// holds reports whether the bucket of key holds cost units, and takes none.
func (t *throttle) holds(key string, cost, burst, rate float64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.by[key]
	return b == nil || min(burst, b.left+max(0, t.now().Sub(b.at).Seconds())*rate) >= cost
}

// shrink makes room: buckets that were not touched for as long as the slowest takes to fill say nothing any
// more. If that is not enough, an arbitrary half goes: an attacker with that many addresses gets a fresh
// burst for each anyway, and memory stays bounded.
func (t *throttle) shrink(now time.Time) {
	const full = max(addressBurst/addressRate, tenantBurst/tenantRate, accountBurst/accountRate, boundBurst/boundRate) * time.Second
	for key, b := range t.by {
		if now.Sub(b.at) > full {
			delete(t.by, key)
		}
	}
	for key := range t.by {
		if len(t.by) <= t.most/2 {
			return
		}
		delete(t.by, key)
	}
}

// admit takes what a step costs from its address and its tenant. Failures, which anybody can make without a sign-in,
// have a bucket of their own: they can't use up what the tenant's people sign in by.
func (b *Broker) admit(r *http.Request, id model.TenantID, cost float64) bool {
	all := "t\x00"
	if cost >= costFailure {
		all = "f\x00"
	}
	return b.throttle.take("a\x00"+string(id)+"\x00"+site(r.RemoteAddr), cost, addressBurst, addressRate) &&
		b.throttle.take(all+string(id), cost, tenantBurst, tenantRate)
}

// admitted is admit for a step that a person sees: it answers the request when there was too much.
func (b *Broker) admitted(w http.ResponseWriter, r *http.Request, t tenant.Tenant, cost float64) bool {
	if b.admit(r, t.ID, cost) {
		return true
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(costFailure/addressRate)+1))
	b.fail(w, r, t, &fault.Error{Kind: fault.Limited, Op: "signin.admit", Msg: "too many sign-ins were started from your network", Help: "wait a minute and open the app again"})
	return false
}

// admittedAs is admitted for an account, by the id that the provider has named it with in a verified answer: what anybody
// could say of an account must not lock its owner out.
func (b *Broker) admittedAs(w http.ResponseWriter, r *http.Request, t tenant.Tenant, account string, cost float64) bool {
	if b.throttle.take("u\x00"+string(t.ID)+"\x00"+hashOf(strings.ToLower(account)), cost, accountBurst, accountRate) {
		return true
	}
	w.Header().Set("Retry-After", "60")
	err := &fault.Error{Kind: fault.Limited, Op: "signin.admit", Msg: "too many sign-ins were started with this account", Help: "wait a minute and open the app again"}
	b.fail(w, r, t, err)
	return false
}

// site is the part of an address that belongs to one subscriber: all of IPv4, the first 64 bits of IPv6.
func site(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	a := at.Addr().Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}
