package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/dlp/taxonomy"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ taxonomy.Store = (*DB)(nil)

// PutLabels implements [taxonomy.Store].
func (db *DB) PutLabels(ctx context.Context, r taxonomy.Revision) error {
	const op = "sqlite.PutLabels"
	doc, err := json.Marshal(r.Set)
	if err != nil {
		return fault.Wrap(err, op, string(r.Tenant))
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var latest int64
		if _, err := tx.row(`SELECT coalesce(max(number), 0) FROM label_sets WHERE tenant = ?`, []any{string(r.Tenant)}, &latest); err != nil {
			return err
		}
		if r.Number != latest+1 {
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: string(r.Tenant), Msg: "somebody changed the labels first", Help: "read the latest revision and apply your change to it"}
		}
		_, err := tx.exec(`INSERT INTO label_sets (tenant, number, doc, author, time, comment) VALUES (?, ?, ?, ?, ?, ?)`, string(r.Tenant), r.Number, doc, r.Author, nanos(r.Time), r.Comment)
		return err
	}), op, string(r.Tenant))
}

// Labels implements [taxonomy.Store].
func (db *DB) Labels(ctx context.Context, tenant model.TenantID) (taxonomy.Revision, error) {
	list, err := db.labelSets(ctx, tenant, "LIMIT 1")
	if err != nil || len(list) == 0 {
		return taxonomy.Revision{Tenant: tenant}, wrap(err, "sqlite.Labels", string(tenant))
	}
	return list[0], nil
}

// LabelHistory implements [taxonomy.Store].
func (db *DB) LabelHistory(ctx context.Context, tenant model.TenantID) ([]taxonomy.Revision, error) {
	list, err := db.labelSets(ctx, tenant, "")
	return list, wrap(err, "sqlite.LabelHistory", string(tenant))
}

func (db *DB) labelSets(ctx context.Context, tenant model.TenantID, limit string) (list []taxonomy.Revision, err error) {
	err = db.query(ctx, `SELECT number, doc, author, time, comment FROM label_sets WHERE tenant = ? ORDER BY number DESC `+limit, []any{string(tenant)}, func(s scanner) error {
		r := taxonomy.Revision{Tenant: tenant}
		var doc []byte
		var at int64
		if err := s.Scan(&r.Number, &doc, &r.Author, &at, &r.Comment); err != nil {
			return err
		}
		r.Time = moment(at)
		list = append(list, r)
		return json.Unmarshal(doc, &list[len(list)-1].Set)
	})
	return list, err
}
