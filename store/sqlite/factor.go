package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin/factor"
)

var _ factor.Store = (*DB)(nil)

// PutFactor implements [factor.Store].
func (db *DB) PutFactor(ctx context.Context, f factor.Factor) error {
	const op = "sqlite.PutFactor"
	doc, err := json.Marshal(f)
	if err != nil {
		return fault.Wrap(err, op, f.ID)
	}
	_, err = db.write.exec(ctx, `INSERT INTO factors (tenant, provider, user, id, kind, revision, sealed, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(f.Owner.Tenant), string(f.Owner.Provider), string(f.Owner.User), f.ID, string(f.Kind), f.Revision, f.Sealed, doc)
	return wrap(err, op, f.ID)
}

// UpdateFactor implements [factor.Store].
func (db *DB) UpdateFactor(ctx context.Context, f factor.Factor) error {
	const op = "sqlite.UpdateFactor"
	doc, err := json.Marshal(f)
	if err != nil {
		return fault.Wrap(err, op, f.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var revision int64
		found, err := tx.row(`SELECT revision FROM factors WHERE tenant = ? AND provider = ? AND user = ? AND id = ?`,
			[]any{string(f.Owner.Tenant), string(f.Owner.Provider), string(f.Owner.User), f.ID}, &revision)
		switch {
		case err != nil:
			return err
		case !found:
			return &fault.Error{Kind: fault.NotFound, Op: op, Key: f.ID, Msg: "is not there"}
		case revision != f.Revision:
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: f.ID, Msg: "was changed meanwhile"}
		}
		_, err = tx.exec(`UPDATE factors SET revision = revision + 1, sealed = ?, doc = ? WHERE tenant = ? AND provider = ? AND user = ? AND id = ?`,
			f.Sealed, doc, string(f.Owner.Tenant), string(f.Owner.Provider), string(f.Owner.User), f.ID)
		return err
	}), op, f.ID)
}

// Factors implements [factor.Store].
func (db *DB) Factors(ctx context.Context, of factor.Owner) ([]factor.Factor, error) {
	return db.factors(ctx, `tenant = ? AND provider = ? AND user = ?`, string(of.Tenant), string(of.Provider), string(of.User))
}

// FactorsOf implements [factor.Store].
func (db *DB) FactorsOf(ctx context.Context, tenant model.TenantID) ([]factor.Factor, error) {
	return db.factors(ctx, `tenant = ?`, string(tenant))
}

func (db *DB) factors(ctx context.Context, where string, args ...any) (list []factor.Factor, err error) {
	err = db.query(ctx, `SELECT tenant, provider, user, revision, sealed, doc FROM factors WHERE `+where+` ORDER BY provider, user, rowid`, args, func(s scanner) error {
		var f factor.Factor
		var doc []byte
		var owner factor.Owner
		if err := s.Scan(&owner.Tenant, &owner.Provider, &owner.User, &f.Revision, &f.Sealed, &doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &f)
		f.Owner = owner
		list = append(list, f)
		return err
	})
	return list, wrap(err, "sqlite.Factors", "")
}

// DeleteFactor implements [factor.Store].
func (db *DB) DeleteFactor(ctx context.Context, of factor.Owner, id string) error {
	const op = "sqlite.DeleteFactor"
	n, err := db.write.exec(ctx, `DELETE FROM factors WHERE tenant = ? AND provider = ? AND user = ? AND id = ?`,
		string(of.Tenant), string(of.Provider), string(of.User), id)
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return wrap(err, op, id)
}

// DeleteFactors implements [factor.Store].
func (db *DB) DeleteFactors(ctx context.Context, of factor.Owner) (int, error) {
	n, err := db.write.exec(ctx, `DELETE FROM factors WHERE tenant = ? AND provider = ? AND user = ?`,
		string(of.Tenant), string(of.Provider), string(of.User))
	return int(n), wrap(err, "sqlite.DeleteFactors", string(of.User))
}

// PutAcceptance implements [factor.Store].
func (db *DB) PutAcceptance(ctx context.Context, a factor.Acceptance) error {
	_, err := db.write.exec(ctx, `INSERT INTO acceptances (tenant, provider, user, terms, version, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		string(a.Owner.Tenant), string(a.Owner.Provider), string(a.Owner.User), a.Terms, a.Version, nanos(a.At))
	return wrap(err, "sqlite.PutAcceptance", a.Terms)
}

// Accepted implements [factor.Store].
func (db *DB) Accepted(ctx context.Context, of factor.Owner, terms, version string) (factor.Acceptance, error) {
	a := factor.Acceptance{Owner: of, Terms: terms, Version: version}
	err := db.one(ctx, "sqlite.Accepted", terms, `SELECT at FROM acceptances WHERE tenant = ? AND provider = ? AND user = ? AND terms = ? AND version = ?`,
		[]any{string(of.Tenant), string(of.Provider), string(of.User), terms, version}, func(s scanner) error {
			var at int64
			err := s.Scan(&at)
			a.At = moment(at)
			return err
		})
	if err != nil {
		return factor.Acceptance{}, err
	}
	return a, nil
}
