package sqlite

import (
	"context"

	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ own.Store = (*DB)(nil)

// typesEpoch is the counter that every change of a tenant's own information types raises.
const typesEpoch = "types"

// PutTypes implements [own.Store].
func (db *DB) PutTypes(ctx context.Context, tenant model.TenantID, epoch int64, revisions []own.Revision) (next int64, err error) {
	const op = "sqlite.PutTypes"
	err = db.write.do(ctx, func(tx *tx) error {
		var have int64
		if _, err := tx.row(`SELECT value FROM epochs WHERE tenant = ? AND kind = ?`, []any{string(tenant), typesEpoch}, &have); err != nil {
			return err
		}
		if have != epoch {
			return errVersion(op, string(tenant))
		}
		for i := range revisions {
			if err := tx.putType(op, tenant, &revisions[i]); err != nil {
				return err
			}
		}
		return tx.nextEpoch(tenant, typesEpoch, &next)
	})
	if err != nil {
		return 0, wrap(err, op, string(tenant))
	}
	return next, nil
}

func (t *tx) putType(op string, tenant model.TenantID, r *own.Revision) error {
	if r.Tenant != tenant {
		return fault.New(fault.Internal, op, "a revision of another tenant")
	}
	var latest int64
	if _, err := t.row(`SELECT max(number) FROM info_types WHERE tenant = ? AND id = ? HAVING max(number) IS NOT NULL`, []any{string(tenant), r.ID}, &latest); err != nil {
		return err
	}
	if r.Number != latest+1 {
		return &fault.Error{Kind: fault.Conflict, Op: op, Key: r.ID, Msg: "somebody changed it first", Help: "read the latest revision and apply your change to it"}
	}
	text := r.Text
	if text == nil {
		text = []byte{}
	}
	_, err := t.exec(`INSERT INTO info_types (tenant, id, number, kind, name, text, deleted, author, time, comment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(tenant), r.ID, r.Number, string(r.Kind), r.Name, text, r.Deleted, r.Author, nanos(r.Time), r.Comment)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE info_types SET text = x'' WHERE tenant = ? AND id = ? AND number <= ? AND length(text) > 0`, string(tenant), r.ID, r.Number-own.Kept)
	return err
}

// Types implements [own.Store].
func (db *DB) Types(ctx context.Context, tenant model.TenantID) (list []own.Revision, epoch int64, err error) {
	const op = "sqlite.Types"
	// One statement, one view: the documents and their epoch belong together.
	err = db.query(ctx, `SELECT d.id, d.number, d.kind, d.name, d.text, d.author, d.time, d.comment, e.value FROM epochs e LEFT JOIN info_types d ON d.tenant = e.tenant AND d.deleted = 0
		AND d.number = (SELECT max(number) FROM info_types WHERE tenant = d.tenant AND id = d.id) WHERE e.tenant = ?1 AND e.kind = ?2 ORDER BY d.id`, []any{string(tenant), typesEpoch}, func(s scanner) error {
		var id, kind, name, author, comment *string
		var number, at *int64
		var text []byte
		if err := s.Scan(&id, &number, &kind, &name, &text, &author, &at, &comment, &epoch); err != nil || id == nil {
			return err
		}
		list = append(list, own.Revision{Tenant: tenant, ID: *id, Number: *number, Kind: own.Kind(*kind), Name: *name, Text: text, Author: *author, Time: moment(*at), Comment: *comment})
		return nil
	})
	return list, epoch, wrap(err, op, string(tenant))
}

// TypeHistory implements [own.Store].
func (db *DB) TypeHistory(ctx context.Context, tenant model.TenantID, id string) (list []own.Revision, err error) {
	const op = "sqlite.TypeHistory"
	err = db.query(ctx, `SELECT number, kind, name, text, deleted, author, time, comment FROM info_types WHERE tenant = ? AND id = ? ORDER BY number DESC`, []any{string(tenant), id}, func(s scanner) error {
		r := own.Revision{Tenant: tenant, ID: id}
		var kind string
		var at int64
		err := s.Scan(&r.Number, &kind, &r.Name, &r.Text, &r.Deleted, &r.Author, &at, &r.Comment)
		r.Kind, r.Time = own.Kind(kind), moment(at)
		list = append(list, r)
		return err
	})
	if err == nil && len(list) == 0 {
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return list, wrap(err, op, id)
}

// TypesEpoch implements [own.Store].
func (db *DB) TypesEpoch(ctx context.Context, tenant model.TenantID) (epoch int64, err error) {
	err = db.query(ctx, `SELECT value FROM epochs WHERE tenant = ? AND kind = ?`, []any{string(tenant), typesEpoch}, func(s scanner) error { return s.Scan(&epoch) })
	return epoch, wrap(err, "sqlite.TypesEpoch", string(tenant))
}
