package sqlite

import (
	"context"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/lease"
	"github.com/referee-casb/referee/model"
)

var _ lease.Store = (*DB)(nil)

// AcquireLease implements [lease.Store].
func (db *DB) AcquireLease(ctx context.Context, tenant model.TenantID, name, holder string, ttl time.Duration) (lease.Lease, error) {
	const op = "sqlite.AcquireLease"
	l := lease.Lease{Tenant: tenant, Name: name, Holder: holder}
	err := db.write.do(ctx, func(tx *tx) error {
		now := db.now()
		l.Expires = now.Add(ttl).UTC()
		// A holder that comes back in time keeps its token; anybody else gets the next.
		found, err := tx.row(`INSERT INTO leases (tenant, name, holder, token, expires) VALUES (?1, ?2, ?3, 1, ?5)
			ON CONFLICT (tenant, name) DO UPDATE SET holder = ?3, expires = ?5, token = token + (holder != ?3 OR expires <= ?4)
			WHERE holder = ?3 OR expires <= ?4 RETURNING token`, []any{string(tenant), name, holder, nanos(now), nanos(l.Expires)}, &l.Token)
		if err == nil && !found {
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: name, Msg: "another process holds the lease"}
		}
		return err
	})
	if err != nil {
		return lease.Lease{}, wrap(err, op, name)
	}
	return l, nil
}

// RenewLease implements [lease.Store].
func (db *DB) RenewLease(ctx context.Context, l lease.Lease, ttl time.Duration) (lease.Lease, error) {
	const op = "sqlite.RenewLease"
	err := db.write.do(ctx, func(tx *tx) error {
		now := db.now()
		l.Expires = now.Add(ttl).UTC()
		n, err := tx.exec(`UPDATE leases SET expires = ?6 WHERE tenant = ?1 AND name = ?2 AND holder = ?3 AND token = ?4 AND expires > ?5`,
			string(l.Tenant), l.Name, l.Holder, l.Token, nanos(now), nanos(l.Expires))
		if err == nil && n == 0 {
			return errLost(op, l.Name)
		}
		return err
	})
	if err != nil {
		return lease.Lease{}, wrap(err, op, l.Name)
	}
	return l, nil
}

func errLost(op, name string) error {
	return &fault.Error{Kind: fault.Conflict, Op: op, Key: name, Msg: "the lease has ended or gone to another process"}
}

// ReleaseLease implements [lease.Store]. The row stays, so that tokens go on growing.
func (db *DB) ReleaseLease(ctx context.Context, l lease.Lease) error {
	_, err := db.write.exec(ctx, `UPDATE leases SET expires = 0 WHERE tenant = ? AND name = ? AND holder = ? AND token = ?`, string(l.Tenant), l.Name, l.Holder, l.Token)
	return wrap(err, "sqlite.ReleaseLease", l.Name)
}

// CheckLease implements [lease.Store].
func (db *DB) CheckLease(ctx context.Context, l lease.Lease) error {
	const op = "sqlite.CheckLease"
	held := false
	err := db.query(ctx, `SELECT 1 FROM leases WHERE tenant = ? AND name = ? AND holder = ? AND token = ? AND expires > ?`,
		[]any{string(l.Tenant), l.Name, l.Holder, l.Token, nanos(db.now())}, func(s scanner) error { var n int; held = true; return s.Scan(&n) })
	if err == nil && !held {
		return errLost(op, l.Name)
	}
	return wrap(err, op, l.Name)
}
