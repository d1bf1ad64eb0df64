package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/directory"
	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

var _ directory.SourceStore = (*DB)(nil)

// AddSource implements [directory.SourceStore].
func (db *DB) AddSource(ctx context.Context, s directory.Source) error {
	const op = "sqlite.AddSource"
	doc, err := json.Marshal(s)
	if err != nil {
		return fault.Wrap(err, op, string(s.ID))
	}
	_, err = db.write.exec(ctx, `INSERT INTO directory_sources (tenant, id, revision, doc) VALUES (?, ?, 1, ?)`, string(s.Tenant), string(s.ID), doc)
	return wrap(err, op, string(s.ID))
}

const sourceColumns = `SELECT tenant, revision, doc FROM directory_sources `

func scanSource(s scanner) (v directory.Source, err error) {
	var tenant string
	var revision int64
	var doc []byte
	if err := s.Scan(&tenant, &revision, &doc); err != nil {
		return v, err
	}
	err = json.Unmarshal(doc, &v)
	v.Tenant, v.Revision = model.TenantID(tenant), revision
	return v, err
}

// Source implements [directory.SourceStore].
func (db *DB) Source(ctx context.Context, tenant model.TenantID, id directory.SourceID) (v directory.Source, err error) {
	err = db.one(ctx, "sqlite.Source", string(id), sourceColumns+`WHERE tenant = ? AND id = ?`, []any{string(tenant), string(id)}, func(s scanner) (err error) { v, err = scanSource(s); return err })
	return v, err
}

// Sources implements [directory.SourceStore].
func (db *DB) Sources(ctx context.Context, tenant model.TenantID) (list []directory.Source, err error) {
	err = db.query(ctx, sourceColumns+`WHERE tenant = ? ORDER BY id`, []any{string(tenant)}, func(s scanner) error {
		v, err := scanSource(s)
		list = append(list, v)
		return err
	})
	return list, wrap(err, "sqlite.Sources", string(tenant))
}

// UpdateSource implements [directory.SourceStore].
func (db *DB) UpdateSource(ctx context.Context, tenant model.TenantID, id directory.SourceID, change func(*directory.Source) error) (v directory.Source, err error) {
	const op = "sqlite.UpdateSource"
	err = db.write.do(ctx, func(tx *tx) (err error) { v, err = tx.updateSource(op, tenant, id, change); return err })
	if err != nil {
		return directory.Source{}, wrap(err, op, string(id))
	}
	return v, nil
}

func (t *tx) updateSource(op string, tenant model.TenantID, id directory.SourceID, change func(*directory.Source) error) (directory.Source, error) {
	var v directory.Source
	var doc []byte
	found, err := t.row(`SELECT revision, doc FROM directory_sources WHERE tenant = ? AND id = ?`, []any{string(tenant), string(id)}, &v.Revision, &doc)
	if err == nil && !found {
		err = &fault.Error{Kind: fault.NotFound, Op: op, Key: string(id), Msg: "is not there"}
	}
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(doc, &v); err != nil {
		return v, err
	}
	v.Tenant = tenant
	kind := v.Kind
	if err := change(&v); err != nil {
		return v, err
	}
	v.Tenant, v.ID, v.Kind = tenant, id, kind
	v.Revision++
	if doc, err = json.Marshal(v); err != nil {
		return v, err
	}
	_, err = t.exec(`UPDATE directory_sources SET revision = ?, doc = ? WHERE tenant = ? AND id = ?`, v.Revision, doc, string(tenant), string(id))
	return v, err
}

// DeleteSource implements [directory.SourceStore].
func (db *DB) DeleteSource(ctx context.Context, tenant model.TenantID, id directory.SourceID) error {
	const op = "sqlite.DeleteSource"
	n, err := db.write.exec(ctx, `DELETE FROM directory_sources WHERE tenant = ? AND id = ?`, string(tenant), string(id)) // the other tables' rows go with it
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: string(id), Msg: "is not there"}
	}
	return wrap(err, op, string(id))
}

// AddSourceToken implements [directory.SourceStore].
func (db *DB) AddSourceToken(ctx context.Context, v directory.Token) error {
	const op = "sqlite.AddSourceToken"
	doc, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(err, op, v.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var have int
		if _, err := tx.row(`SELECT count(*) FROM directory_tokens WHERE tenant = ? AND source = ?`, []any{string(v.Tenant), string(v.Source)}, &have); err != nil {
			return err
		}
		if have >= directory.MaxTokens {
			return &fault.Error{Kind: fault.Limited, Op: op, Key: string(v.Source), Msg: "the source has as many tokens as it may have", Help: "revoke those that are not used any more"}
		}
		_, err := tx.exec(`INSERT INTO directory_tokens (tenant, source, id, hash, last_used, doc) VALUES (?, ?, ?, ?, ?, ?)`,
			string(v.Tenant), string(v.Source), v.ID, v.Hash, nanos(v.LastUsed), doc)
		return err
	}), op, v.ID)
}

// SourceTokens implements [directory.SourceStore].
func (db *DB) SourceTokens(ctx context.Context, tenant model.TenantID, source directory.SourceID) (list []directory.Token, err error) {
	err = db.query(ctx, `SELECT hash, last_used, doc FROM directory_tokens WHERE tenant = ? AND source = ? ORDER BY rowid`, []any{string(tenant), string(source)}, func(s scanner) error {
		v := directory.Token{}
		var used int64
		var doc []byte
		if err := s.Scan(&v.Hash, &used, &doc); err != nil {
			return err
		}
		hash := v.Hash
		err := json.Unmarshal(doc, &v)
		v.Tenant, v.Hash, v.LastUsed = tenant, hash, moment(used)
		list = append(list, v)
		return err
	})
	return list, wrap(err, "sqlite.SourceTokens", string(source))
}

// TouchSourceToken implements [directory.SourceStore].
func (db *DB) TouchSourceToken(ctx context.Context, tenant model.TenantID, source directory.SourceID, id string, at time.Time) error {
	_, err := db.write.exec(ctx, `UPDATE directory_tokens SET last_used = ?4 WHERE tenant = ?1 AND source = ?2 AND id = ?3 AND last_used < ?4`, string(tenant), string(source), id, nanos(at))
	return wrap(err, "sqlite.TouchSourceToken", id)
}

// DeleteSourceToken implements [directory.SourceStore].
func (db *DB) DeleteSourceToken(ctx context.Context, tenant model.TenantID, source directory.SourceID, id string) error {
	const op = "sqlite.DeleteSourceToken"
	n, err := db.write.exec(ctx, `DELETE FROM directory_tokens WHERE tenant = ? AND source = ? AND id = ?`, string(tenant), string(source), id)
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return wrap(err, op, id)
}
