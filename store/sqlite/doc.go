// Package sqlite keeps configuration, sessions and policies in one SQLite file: the embedded engine, for one
// machine. Activities pass through it on their way to the activity log's files (intake.go).
//
// [DB] implements the store interfaces of vault, session, catalog, tenant, lease, policy and signin, one file a subject.
// Writes go through one goroutine, which commits what waits together (writer.go): a write that has returned
// survives the death of the process, and with [SyncAlways] that of the machine. Reads use connections of their
// own and see every write that has returned. Every row carries its tenant and every statement names it.
//
// A new subject is a new migration (migrations/, never a change to an old one) and a new file here; its
// conformance suite is one in store/storetest. Layer L4. Begin with [Open].
package sqlite
