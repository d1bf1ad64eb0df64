// Package entra plans Microsoft 365 in a company's own Entra tenant: which route is possible for its domains, which
// Conditional Access policies belong in Entra beside those of Referee, and where Entra's side of the story has holes.
//
// It owns reading what Microsoft Graph says of a tenant, the reasons for a route, the policies (as report-only
// conditionalAccessPolicy, break-glass accounts left out) and the findings about Entra's own policies. It does not own the
// talk with Graph (internal/msgraph: text comes in), the translation of policies into documents (policy/graph), the
// findings about Referee's documents (policy/lint), nor applying anything: an administrator imports what was written.
//
// What is known of Entra's behaviour is from Microsoft's documentation; nothing here has been run against a live tenant.
//
// Layer L1. Begin with [Read] and [Make].
package entra
