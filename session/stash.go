package session

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Stash is a request body kept across sign-in, sealed, single use.
type Stash struct {
	ID      string
	Tenant  model.TenantID
	Host    string
	Sealed  []byte
	Expires time.Time
}

// StashStore keeps stashed requests (POST targets across sign-in, writes that wait for a confirmation).
type StashStore interface {
	PutStash(ctx context.Context, s Stash) error
	// TakeStash returns and deletes in one step, or NotFound.
	TakeStash(ctx context.Context, tenant model.TenantID, id string) (Stash, error)
}
