package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

var _ tenant.TokenStore = (*DB)(nil)

// PutToken implements [tenant.TokenStore].
func (db *DB) PutToken(ctx context.Context, t tenant.Token) error {
	const op = "sqlite.PutToken"
	doc, err := json.Marshal(t)
	if err != nil {
		return fault.Wrap(err, op, t.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		if err := tx.reaches(op, t.Tenant); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO tokens (id, tenant, name, hash, last_used, doc) VALUES (?, ?, ?, ?, ?, ?)`, t.ID, t.Tenant, t.Name, t.Hash, nanos(t.LastUsed), doc)
		return err
	}), op, t.ID)
}

// reaches refuses a tenant that is not there; every tenant ([tenant.Everywhere]) is.
func (t *tx) reaches(op, of string) error {
	var known bool
	if _, err := t.row(`SELECT ?1 = '*' OR EXISTS (SELECT 1 FROM tenants WHERE id = ?1)`, []any{of}, &known); err != nil {
		return err
	}
	if !known {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: of, Msg: "there is no such tenant"}
	}
	return nil
}

func scanToken(s scanner) (t tenant.Token, err error) {
	var hash string
	var used int64
	var doc []byte
	if err := s.Scan(&hash, &used, &doc); err != nil {
		return t, err
	}
	err = json.Unmarshal(doc, &t)
	t.Hash, t.LastUsed = hash, moment(used)
	return t, err
}

// TokenByHash implements [tenant.TokenStore].
func (db *DB) TokenByHash(ctx context.Context, hash string) (t tenant.Token, err error) {
	err = db.one(ctx, "sqlite.TokenByHash", "", `SELECT hash, last_used, doc FROM tokens WHERE hash = ?`, []any{hash}, func(s scanner) (err error) { t, err = scanToken(s); return err })
	return t, err
}

// Tokens implements [tenant.TokenStore].
func (db *DB) Tokens(ctx context.Context, of string) (list []tenant.Token, err error) {
	err = db.query(ctx, `SELECT hash, last_used, doc FROM tokens WHERE ?1 = '' OR tenant = ?1 ORDER BY name, tenant`, []any{of}, func(s scanner) error {
		t, err := scanToken(s)
		list = append(list, t)
		return err
	})
	return list, wrap(err, "sqlite.Tokens", of)
}

// TouchToken implements [tenant.TokenStore].
func (db *DB) TouchToken(ctx context.Context, id string, at time.Time) error {
	_, err := db.write.exec(ctx, `UPDATE tokens SET last_used = ?2 WHERE id = ?1 AND last_used < ?2`, id, nanos(at))
	return wrap(err, "sqlite.TouchToken", id)
}

// DeleteToken implements [tenant.TokenStore].
func (db *DB) DeleteToken(ctx context.Context, of, id string) error {
	const op = "sqlite.DeleteToken"
	n, err := db.write.exec(ctx, `DELETE FROM tokens WHERE tenant = ? AND id = ?`, of, id)
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return wrap(err, op, id)
}
