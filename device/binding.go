package device

import "net/netip"

// Binding is what a lease of proof was given to: how the browser's connection looked. None of it identifies a
// device; a change means that it may be another one, which proves again.
type Binding struct {
	TLSPrint string // JA4; "" when not known
	Address  netip.Addr
	ASN      uint32 // 0 when not known
	Agent    string // the user agent as sent
}

// Networks within which an address may move: a router's renumbering or a phone's next cell is not another
// device.
const (
	near4 = 24
	near6 = 48
)

// Change compares a lease's binding with a request's and says in a sentence what changed. An address counts as
// the same in the same /24 or /48, or with the same network operator where both are known. A TLS fingerprint
// that either side does not know says nothing.
func Change(was, is Binding) (reason string, changed bool) {
	switch {
	case was.TLSPrint != "" && is.TLSPrint != "" && was.TLSPrint != is.TLSPrint:
		return "the TLS fingerprint changed", true
	case was.Agent != is.Agent:
		return "the user agent changed", true
	case !sameNetwork(was, is):
		return "the network changed", true
	}
	return "", false
}

func sameNetwork(was, is Binding) bool {
	a, b := was.Address.Unmap(), is.Address.Unmap()
	if a == b || was.ASN != 0 && was.ASN == is.ASN {
		return true
	}
	if !a.IsValid() || !b.IsValid() || a.BitLen() != b.BitLen() {
		return false
	}
	bits := near6
	if a.Is4() {
		bits = near4
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}
