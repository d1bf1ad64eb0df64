// Package api is Referee's HTTP API, /api/v2: everything an administrator or an analyst can do, for the CLI, the
// console and scripts.
//
// It owns the routes and who may use them, tokens and their roles, the wire shapes, the mapping of fault kinds to
// HTTP, and the OpenAPI document, which is generated from the same code that answers. It owns no rule of its own
// about policies, sessions or activities: it reads and writes through the small interfaces of [Parts].
//
// The way of a request: [API.ServeHTTP] gives it an id and bounds it; the route's guard (auth.go) finds the
// token, hides tenants that are not the token's, and compares roles; package huma reads and checks the input; the
// resource's own file answers. routes.go is the one table of routes with their roles. Every change is recorded as
// an activity before it is made, see [API.change].
//
// Layer L5. Begin with [New] and routes.go.
package api
