// Package activitylog is the contract of the activity log, and the publishing side of it.
//
// What happens becomes a [model.Activity], goes over the bus, and is appended to the log:
//
//	gateway, signin, access, api ──▶ Recorder ──▶ bus ──▶ pipeline ──▶ Writer ┄┄ file ┄┄ Log ◀── api, cli
//
// It owns the query's shape and limits (query.go), cursors (cursor.go), months (month.go), which revision of an
// activity wins (revision.go), ids and reference codes (identity.go), the form on the bus (codec.go) and the
// [Recorder]. It does not own an engine (store/duckdb, store/postgres) nor the filter language (package filter).
// activitylog/logtest is the suite that every engine passes.
//
// Layer L1; it uses the contract of package bus. Begin with [Log], or with [Recorder] to write.
package activitylog
