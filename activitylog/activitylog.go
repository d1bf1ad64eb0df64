// Package activitylog is the contract of the activity log: append, search, read back.
//
// It owns the query shape, month arithmetic and the idempotence rule. It does not own an engine (store/duckdb,
// store/postgres) nor the filter language (package filter). Layer L1. Begin with [Log].
package activitylog

import (
	"context"
	"iter"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Month is a calendar month in UTC in the form "2026-11"; one file of the embedded engine holds one tenant's month.
type Month string

// MonthOf returns the month that t falls in.
func MonthOf(t time.Time) Month { return Month(t.UTC().Format("2006-01")) }

// Batch is what one partition of the bus gave for one tenant's month.
type Batch struct {
	Tenant    model.TenantID
	Month     Month
	Partition int
	First     uint64 // sequence of the first row's message
	Last      uint64 // sequence up to which this file is complete after the batch
	Rows      []model.Activity
}

// Writer appends. Append is idempotent: rows at or below the position that the file keeps for the partition
// are skipped, and the new position is written in the same transaction. A row whose id exists replaces it if
// its revision is higher, else it is dropped. A row's month is that of its Time (an outcome carries its
// intent's time).
type Writer interface {
	Append(ctx context.Context, batch Batch) error
	// Position returns the last sequence a file holds of a partition, 0 when it has none.
	Position(ctx context.Context, tenant model.TenantID, month Month, partition int) (uint64, error)
}

// Query asks for activities of one tenant, newest first unless Ascending.
type Query struct {
	Filter    *filter.Node // nil matches all
	From, To  time.Time    // half open [From, To); zero means no bound
	Limit     int          // 1 to 5000; 0 means 100
	Cursor    string       // from the page before
	Ascending bool
}

// Page is part of a result.
type Page struct {
	Activities []model.Activity
	Next       string // "" at the end
	Total      int64  // rows that match the whole query, -1 when not counted
}

// Log reads. A query sees every batch whose Append returned before it began. Implementations bound memory,
// threads and time, and return a fault of kind Limited when a query exceeds them.
type Log interface {
	Search(ctx context.Context, tenant model.TenantID, q Query) (Page, error)
	// Get returns the highest revision of one activity, or a fault of kind NotFound.
	Get(ctx context.Context, tenant model.TenantID, id model.ActivityID) (model.Activity, error)
	// Find returns the activity whose reference code this is, or a fault of kind NotFound.
	Find(ctx context.Context, tenant model.TenantID, reference string) (model.Activity, error)
	// Export yields every match in time order without holding them in memory.
	Export(ctx context.Context, tenant model.TenantID, q Query) iter.Seq2[model.Activity, error]
	// Count groups matches by a field's values, most frequent first.
	Count(ctx context.Context, tenant model.TenantID, q Query, field string, top int) ([]Bucket, error)
}

// Bucket is one value of a field and how many activities have it.
type Bucket struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Retainer is the optional ability to drop whole months.
type Retainer interface {
	// DropBefore removes the tenant's months that end before t and returns them.
	DropBefore(ctx context.Context, tenant model.TenantID, t time.Time) ([]Month, error)
}
