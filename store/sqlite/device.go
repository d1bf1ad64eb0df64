package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/device"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ device.RecordStore = (*DB)(nil)

// PutRecord implements [device.RecordStore].
func (db *DB) PutRecord(ctx context.Context, r device.Record) error {
	const op = "sqlite.PutRecord"
	doc, err := json.Marshal(r)
	if err != nil {
		return fault.Wrap(err, op, r.Device)
	}
	_, err = db.write.exec(ctx, `INSERT INTO devices (tenant, device, source, expires, doc) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (tenant, device, source) DO UPDATE SET expires = excluded.expires, doc = excluded.doc`,
		string(r.Tenant), r.Device, r.Source, nanos(r.Expires), doc)
	return wrap(err, op, r.Device)
}

// Records implements [device.RecordStore].
func (db *DB) Records(ctx context.Context, tenant model.TenantID, id string, now time.Time) (list []device.Record, err error) {
	err = db.query(ctx, `SELECT doc FROM devices WHERE tenant = ?1 AND (?2 = '' OR device = ?2) AND expires > ?3 ORDER BY device, source`,
		[]any{string(tenant), id, nanos(now)}, func(s scanner) error {
			r := device.Record{}
			err := scanDoc(s, &r)
			r.Tenant = tenant
			list = append(list, r)
			return err
		})
	return list, wrap(err, "sqlite.Records", id)
}

// DeleteRecord implements [device.RecordStore].
func (db *DB) DeleteRecord(ctx context.Context, tenant model.TenantID, id, source string) error {
	const op = "sqlite.DeleteRecord"
	n, err := db.write.exec(ctx, `DELETE FROM devices WHERE tenant = ? AND device = ? AND source = ?`, string(tenant), id, source)
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return wrap(err, op, id)
}
