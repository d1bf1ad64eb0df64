// Package node is the only place where Referee's parts are wired: configuration in, running parts out.
//
// It owns the composition, the listener, the certificates and the lifecycle of one process; scenario tests and
// the demo start Referee through it. It owns no behaviour of its own: what a part does is in its package.
// Layer L6. Begin with [Open] and [Node.Run]; config.go is the reference of every setting.
package node
