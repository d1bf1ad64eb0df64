package apitest

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
)

// keyring stands in for the broker: one key a tenant and use, and a next one when somebody rolls it.
type keyring struct{ now func() time.Time }

func (k keyring) KeyReport(_ context.Context, t model.TenantID) (signin.KeyReport, error) {
	return signin.KeyReport{
		Keys: []signin.KeyStatus{{Use: signin.KeySAML, ID: "key-" + string(t), State: "current", Active: k.now(), Ends: k.now().AddDate(3, 0, 0)}},
		Old:  []signin.OldApp{{App: "files", Use: signin.KeySAML, Why: "last fetched 2026-01-01"}},
	}, nil
}

func (k keyring) Roll(_ context.Context, t model.TenantID, how signin.Rolling) (signin.KeyStatus, error) {
	return signin.KeyStatus{Use: how.Use, ID: "next-" + string(t), State: "next", Active: k.now().Add(how.After)}, nil
}
