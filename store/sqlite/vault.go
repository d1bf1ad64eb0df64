package sqlite

import (
	"context"
	"strconv"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/vault"
)

var _ vault.Store = (*DB)(nil)

// PutVaultKey implements [vault.Store].
func (db *DB) PutVaultKey(ctx context.Context, r vault.KeyRow) error {
	_, err := db.write.exec(ctx, `INSERT INTO vault_keys (tenant, id, master, wrapped, created) VALUES (?, ?, ?, ?, ?)`,
		string(r.Tenant), int64(r.ID), r.Master, r.Wrapped, nanos(r.Created))
	return wrap(err, "sqlite.PutVaultKey", string(r.Tenant))
}

// ReplaceVaultKey implements [vault.Store].
func (db *DB) ReplaceVaultKey(ctx context.Context, r vault.KeyRow) error {
	const op = "sqlite.ReplaceVaultKey"
	n, err := db.write.exec(ctx, `UPDATE vault_keys SET master = ?, wrapped = ? WHERE tenant = ? AND id = ?`, r.Master, r.Wrapped, string(r.Tenant), int64(r.ID))
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: strconv.Itoa(int(r.ID)), Msg: "is not there"}
	}
	return wrap(err, op, string(r.Tenant))
}

// VaultKeys implements [vault.Store].
func (db *DB) VaultKeys(ctx context.Context, t model.TenantID) (list []vault.KeyRow, err error) {
	err = db.query(ctx, `SELECT id, master, wrapped, created FROM vault_keys WHERE tenant = ? ORDER BY id`, []any{string(t)}, func(s scanner) error {
		r := vault.KeyRow{Tenant: t}
		var created int64
		err := s.Scan(&r.ID, &r.Master, &r.Wrapped, &created)
		r.Created = moment(created)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.VaultKeys", string(t))
}

// VaultTenants implements [vault.Store].
func (db *DB) VaultTenants(ctx context.Context) (list []model.TenantID, err error) {
	err = db.query(ctx, `SELECT DISTINCT tenant FROM vault_keys ORDER BY tenant`, nil, func(s scanner) error {
		var t string
		err := s.Scan(&t)
		list = append(list, model.TenantID(t))
		return err
	})
	return list, wrap(err, "sqlite.VaultTenants", "")
}
