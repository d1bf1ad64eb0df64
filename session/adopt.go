package session

import (
	"context"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// AdoptHostCookie is [MintHostCookie] for a secret that exists already: the hash of a bearer token that an app issued
// to a page of the session, kept under a host of its own kind.
func AdoptHostCookie(ctx context.Context, store CodeStore, v Sealer, tenant model.TenantID, appSession, host string, key *DataKey, secret Secret, now time.Time) error {
	const op = "session.AdoptHostCookie"
	if _, ok := ParseSecret(secret.Reveal()); !ok {
		return &fault.Error{Kind: fault.Invalid, Op: op, Key: host, Msg: "the secret has not the form of one"}
	}
	wrapped, err := key.wrap(v, tenant, appSession, secret)
	if err != nil {
		return fault.Wrap(err, op, host)
	}
	err = store.PutHostCookie(ctx, HostCookie{Hash: secret.Hash(), Tenant: tenant, Host: host, AppSession: appSession, WrappedKey: wrapped, Created: now})
	return fault.Wrap(err, op, host)
}
