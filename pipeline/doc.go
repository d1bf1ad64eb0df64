// Package pipeline takes activities from the bus and makes them searchable.
//
//	bus ──▶ decode ──▶ known already? ──▶ enrich ──▶ append, a file a tenant and month ──▶ sinks ──▶ acknowledge
//	           │                                            │                               └──▶ tails
//	           └── dead letters ◀── rows no file takes ─────┘
//
// A batch of one partition is acknowledged when every file that it touches has committed and every sink has taken it;
// before that it comes again, whole and in order. The log skips what it has, and activities seen lately are dropped
// here, so a sink sees an activity again only after a restart or when a sink of the batch failed.
//
// A message that is no activity never stops the others: it goes to the dead letters and is counted. When one tenant's
// file stays unusable while others work, its rows are put with the dead letters as well, so that one file can't stop
// the tenants that share its partition (append.go). [Folder] keeps dead letters on disk; [Folder.Replay] publishes
// them again.
//
// [Closer] ends intents whose writer was not heard of again as unknown. [Tails] hand live activities to readers
// who may be slow, and then lose some.
//
// It does not own the bus, the log, or what is known of addresses: it declares the one-method interfaces it calls.
// Layer L3. Begin with [Pipeline.Run].
package pipeline
