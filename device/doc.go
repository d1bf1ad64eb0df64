// Package device owns what is proven of a device: tags, which come from proof only, and their leases.
//
// A proof ([model.Proof]) lives minutes. It is renewed by proving again, is proven again before a decision that
// rests on it ([Stale]), and ends when the browser that proved it seems to be another one ([Change], [End]).
// `unmanaged` means that no proof of management could be had, `unknown` that nobody has asked or that asking
// failed; the user agent never counts.
//
// It verifies client certificates against a tenant's own authorities. It does not ask for them: the dedicated
// host that does is signin's. Layer L2. Begin with [Tags].
package device
