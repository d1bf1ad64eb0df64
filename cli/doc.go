// Package cli is Referee's command line: it starts Referee, and it is an administrator's and an analyst's client of
// the API.
//
// It owns verbs, flags, exit codes and how answers look in a terminal. It owns no rule: what needs an
// installation goes through the API, what needs none (validating and linting files) calls package policy
// directly. It may not import node or demo, which link the engines; cmd/referee hands it what starts them.
//
// The way of a command: [New] builds the tree; connect.go finds server, token, tenant and roots from flags,
// environment and the client configuration that a first start leaves behind; client.go asks; output.go shows.
// One file a noun holds its verbs. --json prints the API's own answer, for scripts.
//
// Layer L5. Begin with [New].
package cli
