package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

var _ tenant.Store = (*DB)(nil)

// PutTenant implements [tenant.Store].
func (db *DB) PutTenant(ctx context.Context, t tenant.Tenant) (tenant.Tenant, error) {
	const op = "sqlite.PutTenant"
	if err := t.Validate(); err != nil {
		return tenant.Tenant{}, fault.Wrap(err, op, string(t.ID))
	}
	before := t.Epoch
	t.Epoch++
	doc, err := json.Marshal(t)
	if err != nil {
		return tenant.Tenant{}, fault.Wrap(err, op, string(t.ID))
	}
	err = db.write.do(ctx, func(tx *tx) error {
		var stored int64
		found, err := tx.row(`SELECT epoch FROM tenants WHERE id = ?`, []any{string(t.ID)}, &stored)
		switch {
		case err != nil:
			return err
		case stored != before: // stored is 0 when the tenant is new
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: string(t.ID), Msg: "somebody changed it first, or it exists already"}
		case found:
			_, err = tx.exec(`UPDATE tenants SET epoch = ?, doc = ? WHERE id = ?`, t.Epoch, doc, string(t.ID))
		default:
			_, err = tx.exec(`INSERT INTO tenants (id, epoch, doc) VALUES (?, ?, ?)`, string(t.ID), t.Epoch, doc)
		}
		return err
	})
	if err != nil {
		return tenant.Tenant{}, wrap(err, op, string(t.ID))
	}
	return t, nil
}

// Tenant implements [tenant.Store].
func (db *DB) Tenant(ctx context.Context, id model.TenantID) (t tenant.Tenant, err error) {
	err = db.one(ctx, "sqlite.Tenant", string(id), `SELECT epoch, doc FROM tenants WHERE id = ?`, []any{string(id)}, func(s scanner) error { return scanTenant(s, &t) })
	return t, err
}

// Tenants implements [tenant.Store].
func (db *DB) Tenants(ctx context.Context) (list []tenant.Tenant, err error) {
	err = db.query(ctx, `SELECT epoch, doc FROM tenants ORDER BY id`, nil, func(s scanner) error {
		var t tenant.Tenant
		err := scanTenant(s, &t)
		list = append(list, t)
		return err
	})
	return list, wrap(err, "sqlite.Tenants", "")
}

func scanTenant(s scanner, t *tenant.Tenant) error {
	var epoch int64
	var doc []byte
	if err := s.Scan(&epoch, &doc); err != nil {
		return err
	}
	err := json.Unmarshal(doc, t)
	t.Epoch = epoch
	return err
}

// DeleteTenant implements [tenant.Store].
func (db *DB) DeleteTenant(ctx context.Context, id model.TenantID) error {
	const op = "sqlite.DeleteTenant"
	return wrap(db.write.do(ctx, func(tx *tx) error {
		n, err := tx.exec(`DELETE FROM tenants WHERE id = ?`, string(id)) // the other tables' rows go with it
		if err == nil && n == 0 {
			return &fault.Error{Kind: fault.NotFound, Op: op, Key: string(id), Msg: "is not there"}
		}
		if err == nil {
			_, err = tx.exec(`DELETE FROM leases WHERE tenant = ?`, string(id))
		}
		if err == nil {
			_, err = tx.exec(`DELETE FROM tokens WHERE tenant = ?`, string(id))
		}
		return err
	}), op, string(id))
}
