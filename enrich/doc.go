// Package enrich adds to an address and a user agent what can be known without asking anybody: the country and the
// network an address belongs to, the tenant's own IP ranges and named locations that hold it, and the device type,
// operating system, browser and tags that a user agent string claims.
//
// It owns the embedded address tables ([Load]), the compiled ranges of a tenant ([Compile], [Book]) and the
// user-agent rules (agent.go, outdated.go). It doesn't own where a tenant's ranges are stored, it decides nothing, and
// it proves nothing: an address can be a proxy's, and a user agent is the client's claim. Device tags never come from
// here.
//
// The tables are made by `make data` and are not committed. Without them the package builds and works, every country
// and network is unknown, [Tables.Missing] names what is absent, and [New] logs it once. Where they come from, their
// licences and their limits: docs/third-party.md. Read, they take about 20 MB of memory.
//
// Layer L1: embedded data, no network, no file opened by path. A look-up takes a fifth of a
// microsecond and allocates nothing, unless an address is in named locations both by its range and by its country. Begin with [Enricher.Activity].
package enrich
