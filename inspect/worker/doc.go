// Package worker reads files in processes of their own, so that a hostile file costs its own verdict and nothing else.
//
// The parent half is [Pool]: a few processes, some of them started ahead, each of which reads one file at a time. A
// process gets the file as a descriptor that can only be read, and answers over one socket with the file's text and its
// labels. It is never trusted: what it says is bounded and checked, and it is killed when it is late, when nobody waits
// for it any more, or when it says something that makes no sense. One process never sees files of two tenants.
//
// The child half is [Serve], which the binary calls when its only argument is [Command]. Before it reads anything it
// gives up what it doesn't need: memory, processor time, files, sub-processes, the network. It has no environment and no
// descriptors but the socket.
//
// It doesn't look for information types: the text goes back to the parent, whose engine is bounded by construction and
// knows types that are no data that could be sent. Layer L4. Begin with wire.go (what goes over the socket), then
// serve.go and pool.go.
//
// A reader of further kinds of files (package dlp/extract has hooks) belongs into the function that [Serve] is given.
package worker
