// Package graph reads a tenant's users, groups and directory roles from Microsoft Graph into the directory.
//
// It owns the rounds: everything the first time, later what has changed (delta queries), each page committed with the
// address of the next one, so that a process that was stopped goes on where it was. It does not own the wire, which is
// internal/msgraph, nor when a round begins, which is the node's; nor what follows for people's sessions: the reader's
// owner is told after each page. Layer L2, part of directory. Begin with [Reader.Round].
package graph
