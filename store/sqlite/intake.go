package sqlite

import (
	"context"

	"github.com/referee-casb/referee/activitylog"
	"github.com/referee-casb/referee/model"
)

var _ activitylog.Intake = (*DB)(nil)

// Hold implements [activitylog.Intake].
func (db *DB) Hold(ctx context.Context, tenant model.TenantID, month activitylog.Month, partition int, last uint64, records [][]byte) error {
	err := db.write.do(ctx, func(t *tx) error {
		for _, r := range records {
			if _, err := t.exec(`INSERT INTO intake_rows (tenant, month, record) VALUES (?, ?, ?)`, string(tenant), string(month), r); err != nil {
				return err
			}
		}
		_, err := t.exec(`INSERT INTO intake_positions (tenant, month, partition, last) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET last = excluded.last`, string(tenant), string(month), partition, int64(last))
		return err
	})
	return wrap(err, "sqlite.Hold", string(tenant)+"/"+string(month))
}

// Held implements [activitylog.Intake].
func (db *DB) Held(ctx context.Context, tenant model.TenantID, month activitylog.Month) (activitylog.Held, error) {
	held := activitylog.Held{Positions: map[int]uint64{}}
	args := []any{string(tenant), string(month)}
	err := db.query(ctx, `SELECT record FROM intake_rows WHERE tenant = ? AND month = ? ORDER BY id`, args, func(s scanner) error {
		var record []byte
		err := s.Scan(&record)
		held.Records = append(held.Records, record)
		return err
	})
	if err == nil {
		err = db.query(ctx, `SELECT partition, last FROM intake_positions WHERE tenant = ? AND month = ?`, args, func(s scanner) error {
			var partition int
			var last int64
			err := s.Scan(&partition, &last)
			held.Positions[partition] = uint64(last)
			return err
		})
	}
	return held, wrap(err, "sqlite.Held", string(tenant)+"/"+string(month))
}

// Release implements [activitylog.Intake].
func (db *DB) Release(ctx context.Context, tenant model.TenantID, month activitylog.Month) error {
	err := db.write.do(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM intake_rows WHERE tenant = ? AND month = ?`, string(tenant), string(month)); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM intake_positions WHERE tenant = ? AND month = ?`, string(tenant), string(month))
		return err
	})
	return wrap(err, "sqlite.Release", string(tenant)+"/"+string(month))
}

// Holding implements [activitylog.Intake].
func (db *DB) Holding(ctx context.Context) (list []activitylog.Holding, err error) {
	err = db.query(ctx, `SELECT tenant, month, count(*) FROM intake_rows GROUP BY tenant, month`, nil, func(s scanner) error {
		var h activitylog.Holding
		err := s.Scan(&h.Tenant, &h.Month, &h.Rows)
		list = append(list, h)
		return err
	})
	return list, wrap(err, "sqlite.Holding", "")
}
