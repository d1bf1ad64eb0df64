// Package tenant owns tenants: their names, their brand, how long sessions last, which networks and identity
// providers they have, and which authorities vouch for their devices.
//
// A tenant is a document: validated with every mistake named, stored with an epoch that grows with each change,
// and compiled into the [Directory] that everything in line reads. It does not own policies (policy) or apps
// (catalog). Layer L2. Begin with [Tenant].
package tenant
