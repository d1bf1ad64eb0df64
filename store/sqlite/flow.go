package sqlite

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
)

var _ signin.FlowStore = (*DB)(nil)

// PutFlow implements [signin.FlowStore].
func (db *DB) PutFlow(ctx context.Context, f signin.Flow) error {
	_, err := db.write.exec(ctx, `INSERT INTO flows (tenant, kind, id, sealed, expires) VALUES (?, ?, ?, ?, ?)`, string(f.Tenant), string(f.Kind), f.ID, f.Sealed, nanos(f.Expires))
	return wrap(err, "sqlite.PutFlow", string(f.Kind))
}

// liveFlow is the condition of a flow that has not ended at ?4.
const liveFlow = `tenant = ?1 AND kind = ?2 AND id = ?3 AND (expires = 0 OR expires > ?4)`

// Flow implements [signin.FlowStore].
func (db *DB) Flow(ctx context.Context, tenant model.TenantID, kind signin.FlowKind, id string, now time.Time) (signin.Flow, error) {
	f := signin.Flow{ID: id, Tenant: tenant, Kind: kind}
	err := db.one(ctx, "sqlite.Flow", "", `SELECT sealed, expires FROM flows WHERE `+liveFlow, []any{string(tenant), string(kind), id, nanos(now)}, func(s scanner) error {
		var expires int64
		err := s.Scan(&f.Sealed, &expires)
		f.Expires = moment(expires)
		return err
	})
	if err != nil {
		return signin.Flow{}, err
	}
	return f, nil
}

// TakeFlow implements [signin.FlowStore].
func (db *DB) TakeFlow(ctx context.Context, tenant model.TenantID, kind signin.FlowKind, id string, now time.Time) (signin.Flow, error) {
	f := signin.Flow{ID: id, Tenant: tenant, Kind: kind}
	var expires int64
	err := db.take(ctx, "sqlite.TakeFlow", `DELETE FROM flows WHERE `+liveFlow+` RETURNING sealed, expires`, []any{string(tenant), string(kind), id, nanos(now)}, &f.Sealed, &expires)
	if err != nil {
		return signin.Flow{}, err
	}
	f.Expires = moment(expires)
	return f, nil
}
