// Package jetstream is the bus on NATS JetStream: a server inside the process without any listening socket, or a
// client of a NATS cluster.
//
// It owns how the contract of package bus maps to JetStream:
//
//   - A topic is one stream. Its subjects are `<topic>.<partition>.<tenant>`; interest retention keeps a message
//     until every durable consumer has acknowledged it, discard-new refuses messages over the byte limit.
//   - A durable consumer of the contract is one JetStream consumer a partition, made when the stream is made: with
//     interest retention a message that nobody waits for would be dropped.
//   - Order is kept by the reader, not by redelivery timers: it resets the consumer to its acknowledgement floor
//     when it begins and whenever a delivery is missing, and a batch whose handler failed is held and handed over
//     again (consume.go).
//   - The first sequence of a new stream is the time in microseconds, so sequences go on growing when a bus store
//     was lost and made anew. Positions that the activity log keeps stay valid.
//
// In process mode one directory belongs to one process (a file lock); partitions are claimed in memory. In cluster mode
// a partition is claimed in a key-value bucket and taken over ten seconds after its owner went away.
//
// A killed process loses nothing that was acknowledged: the stream is written to the page cache before the
// acknowledgement. A power cut loses nothing with [Options.SyncAlways], else up to two minutes.
//
// Layer L4. Begin with [Open]; publish.go and consume.go are the two halves.
package jetstream
