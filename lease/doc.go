// Package lease lets one of several processes do what must be done once: polling, rollouts, retention, pushes.
//
// A lease has a name, a holder and an end. It carries a fencing token, which grows whenever another holder takes
// it: a holder that was stopped for long and wakes up is told from the one that has taken over, because stores
// are asked with the token ([Store].CheckLease). It does not own the work. Layer L2. Begin with [Keeper].
package lease
