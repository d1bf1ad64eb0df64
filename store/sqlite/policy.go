package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/policy"
)

var _ policy.Store = (*DB)(nil)

// policyEpoch is the counter that every change to documents, exceptions and rollouts raises.
const policyEpoch = "policy"

// PutDocuments implements [policy.DocumentStore].
func (db *DB) PutDocuments(ctx context.Context, tenant model.TenantID, revisions []policy.Revision) (epoch int64, err error) {
	const op = "sqlite.PutDocuments"
	err = db.write.do(ctx, func(tx *tx) error {
		for i := range revisions {
			r := &revisions[i]
			if r.Tenant != tenant {
				return fault.New(fault.Internal, op, "a revision of another tenant")
			}
			var latest int64
			if _, err := tx.row(`SELECT max(number) FROM documents WHERE tenant = ? AND id = ? HAVING max(number) IS NOT NULL`, []any{string(tenant), r.ID}, &latest); err != nil {
				return err
			}
			if r.Number != latest+1 {
				return &fault.Error{Kind: fault.Conflict, Op: op, Key: r.ID, Msg: "somebody changed it first", Help: "read the latest revision and apply your change to it"}
			}
			text := r.Text
			if text == nil {
				text = []byte{}
			}
			if _, err := tx.exec(`INSERT INTO documents (tenant, id, number, kind, name, text, deleted, author, time, comment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				string(tenant), r.ID, r.Number, string(r.Kind), r.Name, text, r.Deleted, r.Author, nanos(r.Time), r.Comment); err != nil {
				return err
			}
		}
		return tx.nextEpoch(tenant, policyEpoch, &epoch)
	})
	if err != nil {
		return 0, wrap(err, op, string(tenant))
	}
	return epoch, nil
}

const revisionColumns = `id, number, kind, name, text, deleted, author, time, comment`

func (db *DB) revisions(ctx context.Context, tenant model.TenantID, text string, args ...any) (list []policy.Revision, err error) {
	err = db.query(ctx, text, args, func(s scanner) error {
		r := policy.Revision{Tenant: tenant}
		var kind string
		var at int64
		err := s.Scan(&r.ID, &r.Number, &kind, &r.Name, &r.Text, &r.Deleted, &r.Author, &at, &r.Comment)
		r.Kind, r.Time = policy.Kind(kind), moment(at)
		list = append(list, r)
		return err
	})
	return list, err
}

// Documents implements [policy.DocumentStore].
func (db *DB) Documents(ctx context.Context, tenant model.TenantID) ([]policy.Revision, error) {
	list, err := db.revisions(ctx, tenant, `SELECT `+revisionColumns+` FROM documents d WHERE tenant = ?1 AND deleted = 0
		AND number = (SELECT max(number) FROM documents WHERE tenant = ?1 AND id = d.id) ORDER BY id`, string(tenant))
	return list, wrap(err, "sqlite.Documents", string(tenant))
}

// History implements [policy.DocumentStore].
func (db *DB) History(ctx context.Context, tenant model.TenantID, id string) ([]policy.Revision, error) {
	const op = "sqlite.History"
	list, err := db.revisions(ctx, tenant, `SELECT `+revisionColumns+` FROM documents WHERE tenant = ? AND id = ? ORDER BY number DESC`, string(tenant), id)
	if err == nil && len(list) == 0 {
		return nil, &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
	}
	return list, wrap(err, op, id)
}

// Epoch implements [policy.DocumentStore].
func (db *DB) Epoch(ctx context.Context, tenant model.TenantID) (epoch int64, err error) {
	err = db.query(ctx, `SELECT value FROM epochs WHERE tenant = ? AND kind = ?`, []any{string(tenant), policyEpoch}, func(s scanner) error { return s.Scan(&epoch) })
	return epoch, wrap(err, "sqlite.Epoch", string(tenant))
}

// PutException implements [policy.ExceptionStore].
func (db *DB) PutException(ctx context.Context, e policy.Exception) error {
	const op = "sqlite.PutException"
	doc, err := json.Marshal(e)
	if err != nil {
		return fault.Wrap(err, op, e.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		n, err := tx.exec(`INSERT INTO exceptions (tenant, id, state, requested, version, doc) SELECT ?1, ?2, ?3, ?4, ?5, ?6
			WHERE ?5 = 1 OR EXISTS (SELECT 1 FROM exceptions WHERE tenant = ?1 AND id = ?2)
			ON CONFLICT (tenant, id) DO UPDATE SET state = ?3, requested = ?4, version = ?5, doc = ?6 WHERE version = ?5 - 1`,
			string(e.Tenant), e.ID, string(e.State), nanos(e.Requested), e.Version, doc)
		if err != nil {
			return err
		}
		if n == 0 {
			return errVersion(op, e.ID)
		}
		var epoch int64
		return tx.nextEpoch(e.Tenant, policyEpoch, &epoch)
	}), op, e.ID)
}

func errVersion(op, key string) error {
	return &fault.Error{Kind: fault.Conflict, Op: op, Key: key, Msg: "somebody changed it first"}
}

// Exception implements [policy.ExceptionStore].
func (db *DB) Exception(ctx context.Context, tenant model.TenantID, id string) (e policy.Exception, err error) {
	err = db.one(ctx, "sqlite.Exception", id, `SELECT doc FROM exceptions WHERE tenant = ? AND id = ?`, []any{string(tenant), id}, func(s scanner) error { return scanDoc(s, &e) })
	return e, err
}

// Exceptions implements [policy.ExceptionStore].
func (db *DB) Exceptions(ctx context.Context, tenant model.TenantID, state policy.ExceptionState) (list []policy.Exception, err error) {
	err = db.query(ctx, `SELECT doc FROM exceptions WHERE tenant = ?1 AND (?2 = '' OR state = ?2) ORDER BY requested DESC, id`, []any{string(tenant), string(state)}, func(s scanner) error {
		var e policy.Exception
		err := scanDoc(s, &e)
		list = append(list, e)
		return err
	})
	return list, wrap(err, "sqlite.Exceptions", string(tenant))
}
