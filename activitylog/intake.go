package activitylog

import (
	"context"

	"github.com/referee-casb/referee/model"
)

// Intake keeps rows for a short while until a [Log] moves them to their month's file, many at once. A log whose commits
// cost more than its rows has one (see package store/duckdb). What is kept survives a killed process. Calls for one
// month come one after the other; those of different months come at once.
type Intake interface {
	// Hold keeps records (see [Encode]) of one month in their order, and that they bring its position of the partition
	// to last: all or nothing.
	Hold(ctx context.Context, tenant model.TenantID, month Month, partition int, last uint64, records [][]byte) error
	// Held returns what is kept for a month.
	Held(ctx context.Context, tenant model.TenantID, month Month) (Held, error)
	// Release forgets all that is kept for a month.
	Release(ctx context.Context, tenant model.TenantID, month Month) error
	// Holding lists the months for which rows are kept, of all tenants.
	Holding(ctx context.Context) ([]Holding, error)
}

// Held is what an intake keeps for a month.
type Held struct {
	Records   [][]byte       // in the order in which they came
	Positions map[int]uint64 // by partition
}

// Holding is a month for which an intake keeps rows.
type Holding struct {
	Tenant model.TenantID
	Month  Month
	Rows   int
}
