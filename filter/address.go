package filter

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
)

// AddrKey is an address as one number of 128 bits: IPv4 as ::ffff:a.b.c.d, no zone.
type AddrKey struct{ Hi, Lo uint64 }

// Net is the addresses from First to Last, both included, all of one family.
type Net struct{ First, Last AddrKey }

// v4 is the block of IPv4 addresses.
var v4 = Net{AddrKey{0, 0xffff_0000_0000}, AddrKey{0, 0xffff_ffff_ffff}}

// KeyOf returns the comparable form of a valid address.
func KeyOf(a netip.Addr) AddrKey {
	b := a.As16()
	return AddrKey{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// String returns the key as stores keep it: 32 lower-case hex digits, which sort like the addresses.
func (k AddrKey) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], k.Hi)
	binary.BigEndian.PutUint64(b[8:], k.Lo)
	return hex.EncodeToString(b[:])
}

// Compare orders keys as addresses are ordered.
func (k AddrKey) Compare(o AddrKey) int {
	if c := cmp.Compare(k.Hi, o.Hi); c != 0 {
		return c
	}
	return cmp.Compare(k.Lo, o.Lo)
}

func (k AddrKey) next() AddrKey {
	k.Lo++
	if k.Lo == 0 {
		k.Hi++
	}
	return k
}

func (k AddrKey) prev() AddrKey {
	if k.Lo == 0 {
		k.Hi--
	}
	k.Lo--
	return k
}

// Addr returns the address in the form in which it is shown and stored as text.
func Addr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (p *Plan) net(v Value, wrong complaint) {
	if v.Ranged {
		p.netRange(v, wrong)
		return
	}
	if !strings.ContainsRune(v.Text, '/') {
		if a, ok := parseAddr(v.Text, wrong); ok {
			p.addNet(Net{KeyOf(a), KeyOf(a)}, a.Is4())
		}
		return
	}
	prefix, err := netip.ParsePrefix(v.Text)
	if err != nil {
		wrong("write an address such as 203.0.113.7 or a network such as 203.0.113.0/24", "%q is not an IP network", clip(v.Text))
		return
	}
	if prefix != prefix.Masked() {
		wrong("write "+prefix.Masked().String(), "%q has address bits after its prefix", clip(v.Text))
		return
	}
	bits, is4 := prefix.Bits(), prefix.Addr().Is4()
	if is4 {
		bits += 96
	}
	first := KeyOf(prefix.Addr())
	last := first
	switch {
	case bits == 0:
		last = AddrKey{^uint64(0), ^uint64(0)}
	case bits <= 64:
		last.Hi, last.Lo = first.Hi|^uint64(0)>>bits, ^uint64(0)
	default:
		last.Lo |= ^uint64(0) >> (bits - 64)
	}
	p.addNet(Net{first, last}, is4 || prefix.Addr().Is4In6() && bits >= 96)
}

func (p *Plan) netRange(v Value, wrong complaint) {
	if v.Start == "" || v.End == "" {
		wrong("write {start: 203.0.113.1, end: 203.0.113.9}", "a range of addresses needs start and end")
		return
	}
	start, ok := parseAddr(v.Start, wrong)
	end, good := parseAddr(v.End, wrong)
	switch {
	case !ok || !good:
	case start.Is4() != end.Is4():
		wrong("", "the range mixes IPv4 and IPv6")
	case start.Compare(end) > 0:
		wrong("swap them", "the range starts after its end")
	default:
		p.addNet(Net{KeyOf(start), KeyOf(end)}, start.Is4())
	}
}

func parseAddr(s string, wrong complaint) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		wrong("write an address such as 203.0.113.7 or a network such as 203.0.113.0/24", "%q is not an IP address", clip(s))
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// addNet adds a network; one of IPv6 never holds IPv4 addresses, so ::/0 leaves their block out.
func (p *Plan) addNet(n Net, is4 bool) {
	if is4 || n.Last.Compare(v4.First) < 0 || n.First.Compare(v4.Last) > 0 {
		p.Nets = append(p.Nets, n)
		return
	}
	if n.First.Compare(v4.First) < 0 {
		p.Nets = append(p.Nets, Net{n.First, v4.First.prev()})
	}
	if n.Last.Compare(v4.Last) > 0 {
		p.Nets = append(p.Nets, Net{v4.Last.next(), n.Last})
	}
}

// joinNets sorts networks and joins those that overlap.
func joinNets(nets []Net) []Net {
	if len(nets) < 2 {
		return nets
	}
	slices.SortFunc(nets, func(a, b Net) int { return a.First.Compare(b.First) })
	out := nets[:1]
	for _, n := range nets[1:] {
		last := &out[len(out)-1]
		if n.First.Compare(last.Last) <= 0 {
			if n.Last.Compare(last.Last) > 0 {
				last.Last = n.Last
			}
		} else {
			out = append(out, n)
		}
	}
	return out
}

// inNets reports whether the key lies in one of the sorted, disjoint networks.
func inNets(nets []Net, k AddrKey) bool {
	lo, hi := 0, len(nets)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if nets[mid].Last.Compare(k) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(nets) && nets[lo].First.Compare(k) <= 0
}
