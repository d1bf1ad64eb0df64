package own

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Revision is one version of one document, as it was applied.
type Revision struct {
	Tenant  model.TenantID `json:"tenant"`
	ID      string         `json:"id"`
	Number  int64          `json:"revision"`
	Kind    Kind           `json:"kind"`
	Name    string         `json:"name"`
	Text    []byte         `json:"text,omitempty"` // empty when Deleted, and of all but the newest [Kept] revisions
	Deleted bool           `json:"deleted,omitempty"`
	Author  string         `json:"author"`
	Time    time.Time      `json:"time"`
	Comment string         `json:"comment,omitempty"`
}

// Kept is how many revisions of a document keep their text: dictionaries are large.
const Kept = 10

// Store keeps the documents of tenants and what versions they had. Every method answers for one tenant. Implementations
// are safe for concurrent use.
type Store interface {
	// PutTypes writes revisions of one tenant, all or none. epoch is the tenant's as the caller read it, and each Number
	// must be one more than the latest stored for its id (deleted ones count); else it is a Conflict and nothing is
	// written. It raises the epoch and returns the new one.
	PutTypes(ctx context.Context, tenant model.TenantID, epoch int64, revisions []Revision) (int64, error)
	// Types returns the latest revision of every document that is not deleted, by id, with the epoch that they are of.
	Types(ctx context.Context, tenant model.TenantID) ([]Revision, int64, error)
	// TypeHistory returns all revisions of one document, newest first, deletions too; NotFound when there is none.
	TypeHistory(ctx context.Context, tenant model.TenantID, id string) ([]Revision, error)
	// TypesEpoch returns a number that grows with every change of the tenant's types.
	TypesEpoch(ctx context.Context, tenant model.TenantID) (int64, error)
}

// TableRow is what is known of an uploaded table, beside its file.
type TableRow struct {
	Tenant  model.TenantID `json:"tenant"`
	ID      string         `json:"id"` // of its schema's document
	Version int64          `json:"version"`
	Digest  string         `json:"digest"` // of the schema it was hashed with
	Rows    int64          `json:"rows"`
	Bytes   int64          `json:"bytes"`
	SHA256  string         `json:"sha256"`
	Key     []byte         `json:"-"` // sealed
	Author  string         `json:"author"`
	Time    time.Time      `json:"time"`
}

// TableStore keeps what is known of tables. Every method answers for one tenant.
type TableStore interface {
	// PutTable writes a row if the stored version is row.Version-1 (absent counts as 0), else Conflict. It raises the
	// epoch of the tenant's types.
	PutTable(ctx context.Context, row TableRow) error
	// TableRow returns one row, or NotFound.
	TableRow(ctx context.Context, tenant model.TenantID, id string) (TableRow, error)
	// TableRows returns all rows of a tenant, by id.
	TableRows(ctx context.Context, tenant model.TenantID) ([]TableRow, error)
	// DeleteTable removes a row and raises the epoch of the tenant's types; NotFound when there is none.
	DeleteTable(ctx context.Context, tenant model.TenantID, id string) error
}
