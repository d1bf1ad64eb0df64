package acmedns

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of the answers over UDP. An authority asks from a handful of resolvers, a few times an order.
const (
	bucketRate = 10  // answers a second for one network (IPv4 /24, IPv6 /56)
	bucketSize = 30  // at once
	wholeRate  = 200 // answers a second for all
	wholeSize  = 400
	slip       = 4 // of the rest, one in so many is answered without content
	bucketMost = 4096
)

// ruling is what becomes of a question.
type ruling uint8

const (
	allowed ruling = iota
	limited        // answer without content
	dropped        // say nothing
)

// limiter bounds what strangers can have sent to an address that they forge.
type limiter struct {
	now func() time.Time

	mu    sync.Mutex
	nets  map[netip.Prefix]*bucket
	whole bucket
	over  int
}

// bucket fills with time.
type bucket struct {
	level float64 // used; 0 is full
	at    time.Time
}

// take uses one unit, if there is any.
func (b *bucket) take(now time.Time, rate, size float64) bool {
	if d := now.Sub(b.at); d > 0 {
		b.level = max(0, b.level-d.Seconds()*rate)
		b.at = now
	}
	if b.level+1 > size {
		return false
	}
	b.level++
	return true
}

// take rules on a question from an address.
func (l *limiter) take(from net.Addr) ruling {
	ap, err := netip.ParseAddrPort(from.String())
	if err != nil {
		return dropped
	}
	addr := ap.Addr().Unmap().WithZone("")
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return dropped
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.nets[network]
	if b == nil {
		if l.nets == nil || len(l.nets) >= bucketMost {
			l.nets = map[netip.Prefix]*bucket{} // forged senders fill it; the bound for all holds
		}
		b = &bucket{at: now}
		l.nets[network] = b
	}
	if l.whole.at.IsZero() {
		l.whole.at = now
	}
	if b.take(now, bucketRate, bucketSize) && l.whole.take(now, wholeRate, wholeSize) {
		return allowed
	}
	if l.over++; l.over%slip == 0 {
		return limited
	}
	return dropped
}
