package sqlite

import (
	"context"

	"github.com/referee-casb/referee/dlp/own"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ own.TableStore = (*DB)(nil)

// PutTable implements [own.TableStore].
func (db *DB) PutTable(ctx context.Context, r own.TableRow) error {
	const op = "sqlite.PutTable"
	return wrap(db.write.do(ctx, func(tx *tx) error {
		n, err := tx.exec(`INSERT INTO info_tables (tenant, id, version, digest, rows, bytes, sha256, key, author, time) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
			WHERE ?3 = 1 OR EXISTS (SELECT 1 FROM info_tables WHERE tenant = ?1 AND id = ?2)
			ON CONFLICT (tenant, id) DO UPDATE SET version = ?3, digest = ?4, rows = ?5, bytes = ?6, sha256 = ?7, key = ?8, author = ?9, time = ?10 WHERE version = ?3 - 1`,
			string(r.Tenant), r.ID, r.Version, r.Digest, r.Rows, r.Bytes, r.SHA256, r.Key, r.Author, nanos(r.Time))
		if err != nil {
			return err
		}
		if n == 0 {
			return errVersion(op, r.ID)
		}
		var epoch int64
		return tx.nextEpoch(r.Tenant, typesEpoch, &epoch)
	}), op, r.ID)
}

const tableColumns = `SELECT id, version, digest, rows, bytes, sha256, key, author, time FROM info_tables `

func scanTable(s scanner, tenant model.TenantID) (own.TableRow, error) {
	r := own.TableRow{Tenant: tenant}
	var at int64
	err := s.Scan(&r.ID, &r.Version, &r.Digest, &r.Rows, &r.Bytes, &r.SHA256, &r.Key, &r.Author, &at)
	r.Time = moment(at)
	return r, err
}

// TableRow implements [own.TableStore].
func (db *DB) TableRow(ctx context.Context, tenant model.TenantID, id string) (r own.TableRow, err error) {
	err = db.one(ctx, "sqlite.TableRow", id, tableColumns+`WHERE tenant = ? AND id = ?`, []any{string(tenant), id}, func(s scanner) (err error) { r, err = scanTable(s, tenant); return err })
	return r, err
}

// TableRows implements [own.TableStore].
func (db *DB) TableRows(ctx context.Context, tenant model.TenantID) (list []own.TableRow, err error) {
	err = db.query(ctx, tableColumns+`WHERE tenant = ? ORDER BY id`, []any{string(tenant)}, func(s scanner) error {
		r, err := scanTable(s, tenant)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.TableRows", string(tenant))
}

// DeleteTable implements [own.TableStore].
func (db *DB) DeleteTable(ctx context.Context, tenant model.TenantID, id string) error {
	const op = "sqlite.DeleteTable"
	return wrap(db.write.do(ctx, func(tx *tx) error {
		n, err := tx.exec(`DELETE FROM info_tables WHERE tenant = ? AND id = ?`, string(tenant), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
		}
		var epoch int64
		return tx.nextEpoch(tenant, typesEpoch, &epoch)
	}), op, id)
}
