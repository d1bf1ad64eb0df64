package sqlite

import (
	"context"
	"time"

	"github.com/referee-casb/referee/dlp/evidence"
	"github.com/referee-casb/referee/model"
)

var _ evidence.Store = (*DB)(nil)

// PutEvidence implements [evidence.Store].
func (db *DB) PutEvidence(ctx context.Context, r evidence.Row) error {
	_, err := db.write.exec(ctx, `INSERT INTO evidence (tenant, activity, time, expires, sealed) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (tenant, activity) DO UPDATE SET time = ?3, expires = ?4, sealed = ?5`, string(r.Tenant), string(r.Activity), nanos(r.Time), nanos(r.Expires), r.Sealed)
	return wrap(err, "sqlite.PutEvidence", string(r.Activity))
}

// Evidence implements [evidence.Store].
func (db *DB) Evidence(ctx context.Context, tenant model.TenantID, activity model.ActivityID, now time.Time) (r evidence.Row, err error) {
	r.Tenant, r.Activity = tenant, activity
	err = db.one(ctx, "sqlite.Evidence", string(activity), `SELECT time, expires, sealed FROM evidence WHERE tenant = ? AND activity = ? AND expires > ?`,
		[]any{string(tenant), string(activity), nanos(now)}, func(s scanner) error {
			var at, expires int64
			err := s.Scan(&at, &expires, &r.Sealed)
			r.Time, r.Expires = moment(at), moment(expires)
			return err
		})
	if err != nil {
		return evidence.Row{}, err
	}
	return r, nil
}
