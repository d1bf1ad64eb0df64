package activitylog

import (
	"context"
	"iter"
	"time"

	"github.com/referee-casb/referee/filter"
	"github.com/referee-casb/referee/model"
)

// Batch is what one partition of the bus gave for one tenant's month.
type Batch struct {
	Tenant    model.TenantID
	Month     Month
	Partition int
	First     uint64 // sequence of the first row's message
	Last      uint64 // sequence up to which this file is complete after the batch
	Rows      []model.Activity

	// Sequences are the rows' messages' sequences in the same order. Without them, rows of a batch that overlaps
	// the file's position are told by id and revision alone.
	Sequences []uint64
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
	From, To  time.Time    // half open [From, To) in microseconds; zero means no bound
	Limit     int          // 1 to 5000; 0 means 100
	Cursor    string       // from the page before
	Ascending bool
	Total     bool // count all matches; costs a look at every month in bounds
}

// Page is part of a result.
type Page struct {
	Activities []model.Activity
	Next       string // "" at the end
	Total      int64  // rows that match the whole query, -1 when not counted

	// Missing are months in bounds that could not be read. The other months' answers stand; whoever shows the page
	// says which are absent.
	Missing []MonthFault
}

// MonthFault is a month that could not be read, and why.
type MonthFault struct {
	Month Month
	Err   error // names the file
}

// Log reads. A query sees every batch whose Append returned before it began. Implementations bound memory,
// threads and time, and return a fault of kind Limited when a query exceeds them.
type Log interface {
	Search(ctx context.Context, tenant model.TenantID, q Query) (Page, error)
	// Get returns the highest revision of one activity, or a fault of kind NotFound.
	Get(ctx context.Context, tenant model.TenantID, id model.ActivityID) (model.Activity, error)
	// Find returns the activity whose reference code this is, or a fault of kind NotFound.
	Find(ctx context.Context, tenant model.TenantID, reference string) (model.Activity, error)
	// Export yields every match in time order without holding them in memory. A month that can't be read ends it
	// with an error: an export is whole or says that it is not.
	Export(ctx context.Context, tenant model.TenantID, q Query) iter.Seq2[model.Activity, error]
	// Count groups matches by a field's values, most frequent first, in the form in which the field is compared
	// (folded text is lower case). A month that can't be read is an error.
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
