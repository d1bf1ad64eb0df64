package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

// PutRollout implements [policy.RolloutStore].
func (db *DB) PutRollout(ctx context.Context, r policy.RolloutState) error {
	const op = "sqlite.PutRollout"
	doc, err := json.Marshal(r)
	if err != nil {
		return fault.Wrap(err, op, r.Policy)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var version int64
		var phase string
		if _, err := tx.row(`SELECT version, phase FROM rollouts WHERE tenant = ? AND policy = ?`, []any{string(r.Tenant), r.Policy}, &version, &phase); err != nil {
			return err
		}
		if r.Version != version+1 {
			return errVersion(op, r.Policy)
		}
		if _, err := tx.exec(`INSERT INTO rollouts (tenant, policy, phase, version, doc) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT (tenant, policy) DO UPDATE SET phase = ?3, version = ?4, doc = ?5`, string(r.Tenant), r.Policy, string(r.Phase), r.Version, doc); err != nil {
			return err
		}
		if string(r.Phase) == phase {
			return nil
		}
		var epoch int64
		return tx.nextEpoch(r.Tenant, policyEpoch, &epoch)
	}), op, r.Policy)
}

// Rollouts implements [policy.RolloutStore].
func (db *DB) Rollouts(ctx context.Context, tenant model.TenantID) (list []policy.RolloutState, err error) {
	err = db.query(ctx, `SELECT doc FROM rollouts WHERE tenant = ? ORDER BY policy`, []any{string(tenant)}, func(s scanner) error {
		var r policy.RolloutState
		err := scanDoc(s, &r)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.Rollouts", string(tenant))
}

// PutRead implements [policy.RolloutStore].
func (db *DB) PutRead(ctx context.Context, r policy.ReportRead) error {
	_, err := db.write.exec(ctx, `INSERT INTO report_reads (tenant, policy, reader, at, through) VALUES (?, ?, ?, ?, ?)`, string(r.Tenant), r.Policy, r.Reader, nanos(r.At), nanos(r.Through))
	return wrap(err, "sqlite.PutRead", r.Policy)
}

// Reads implements [policy.RolloutStore].
func (db *DB) Reads(ctx context.Context, tenant model.TenantID, id string) (list []policy.ReportRead, err error) {
	err = db.query(ctx, `SELECT reader, at, through FROM report_reads WHERE tenant = ? AND policy = ? ORDER BY at DESC`, []any{string(tenant), id}, func(s scanner) error {
		r := policy.ReportRead{Tenant: tenant, Policy: id}
		var at, through int64
		err := s.Scan(&r.Reader, &at, &through)
		r.At, r.Through = moment(at), moment(through)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.Reads", id)
}
