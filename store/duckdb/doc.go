// Package duckdb is the activity log of one machine, on DuckDB: one file a tenant and month.
//
//	<dir>/<tenant>/<2026-11>.duckdb       the month's activities, and how far each partition of the bus is in it
//	<dir>/<tenant>/<2026-11>.duckdb.wal   what DuckDB has not folded into the file yet; belongs to it
//	<dir>/.spill                          what queries put on disk; emptied at start
//
// A file has three tables: activities (the columns of package filter/where, the revision, and the record as JSON),
// positions (partition, last sequence) and about (the version of the layout). The record is the truth; the columns
// are made from it, and a file whose columns are not those of this build is made again from its records.
//
// All files are attached to one DuckDB instance, so memory, threads and spill are bounded together. The instance may
// touch no file outside the folder, loads no extension, and its configuration is locked before the first file opens.
// One damaged file does not hide the others: searches name the missing month, and when damage makes DuckDB give up
// the whole instance, the instance is started again without that file.
//
// Rows of a batch, the replaced rows and the position commit in one transaction, which DuckDB syncs to disk before
// Append returns. Appends to one file come one after the other; readers see a file as it was when their query began.
//
// Small batches wait in an [activitylog.Intake] and are moved to their file together (hold.go, settle.go; ADR 8), at the
// latest before the month is read.
//
// It does not own the query's form and limits (package activitylog) nor what a filter means (package filter).
// Layer L4; only package node and cmd/referee import it, because it links C++. Begin with [Open], then append.go and
// search.go.
package duckdb
