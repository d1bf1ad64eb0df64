package policy

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Revision is one version of one document, as it was applied.
type Revision struct {
	Tenant  model.TenantID `json:"tenant"`
	ID      string         `json:"id"` // the document's
	Number  int64          `json:"revision"`
	Kind    Kind           `json:"kind"`
	Name    string         `json:"name"`
	Text    []byte         `json:"text,omitempty"` // [Document.Canonical]; empty when Deleted
	Deleted bool           `json:"deleted,omitempty"`
	Author  string         `json:"author"`
	Time    time.Time      `json:"time"`
	Comment string         `json:"comment,omitempty"`
}

// DocumentStore keeps the documents of tenants and every version they had.
//
// Every method answers for one tenant. Implementations are safe for concurrent use.
type DocumentStore interface {
	// PutDocuments writes revisions of one tenant, all or none. Each Number must be one more than the latest
	// stored for its id (deleted ones count), else it returns Conflict and writes nothing. It raises the
	// tenant's epoch and returns the new one.
	PutDocuments(ctx context.Context, tenant model.TenantID, revisions []Revision) (epoch int64, err error)
	// Documents returns the latest revision of every document that is not deleted, by id.
	Documents(ctx context.Context, tenant model.TenantID) ([]Revision, error)
	// History returns all revisions of one document, newest first, deletions too; NotFound when there is none.
	History(ctx context.Context, tenant model.TenantID, id string) ([]Revision, error)
	// Epoch returns a number that grows with every change to the tenant's documents, exceptions and rollouts.
	Epoch(ctx context.Context, tenant model.TenantID) (int64, error)
}

// ExceptionStore keeps exceptions. Every change raises the tenant's epoch.
type ExceptionStore interface {
	// PutException writes e if the stored version is e.Version-1 (absent counts as 0), else Conflict.
	PutException(ctx context.Context, e Exception) error
	// Exception returns one exception, or NotFound.
	Exception(ctx context.Context, tenant model.TenantID, id string) (Exception, error)
	// Exceptions returns the tenant's exceptions in a state ("" for all), newest request first.
	Exceptions(ctx context.Context, tenant model.TenantID, state ExceptionState) ([]Exception, error)
}

// RolloutStore keeps where rollouts stand, and who read which report.
type RolloutStore interface {
	// PutRollout writes s if the stored version is s.Version-1 (absent counts as 0), else Conflict. It raises
	// the tenant's epoch when the phase changes.
	PutRollout(ctx context.Context, s RolloutState) error
	// Rollouts returns the state of every rollout of the tenant, by policy id.
	Rollouts(ctx context.Context, tenant model.TenantID) ([]RolloutState, error)
	// PutRead records that somebody read a report.
	PutRead(ctx context.Context, r ReportRead) error
	// Reads returns who read the reports of a policy, newest first.
	Reads(ctx context.Context, tenant model.TenantID, policy string) ([]ReportRead, error)
}

// Store is everything that policies keep. Callers take the part that they use.
type Store interface {
	DocumentStore
	ExceptionStore
	RolloutStore
}
