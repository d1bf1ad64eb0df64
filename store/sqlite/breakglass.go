package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/tenant"
)

var (
	_ tenant.BypassStore   = (*DB)(nil)
	_ tenant.RecoveryStore = (*DB)(nil)
)

// PutBypass implements [tenant.BypassStore].
func (db *DB) PutBypass(ctx context.Context, b tenant.Bypass) error {
	const op = "sqlite.PutBypass"
	doc, err := json.Marshal(b)
	if err != nil {
		return fault.Wrap(err, op, b.ID)
	}
	apps, err := json.Marshal(append([]model.InstanceID{b.Instance}, b.Also...))
	if err != nil {
		return fault.Wrap(err, op, b.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var other string
		found, err := tx.row(`SELECT id FROM bypasses WHERE tenant = ?1 AND ended = 0 AND begun <= ?3 AND ends > ?3 AND (?2 = '' OR instance = ''
				OR instance IN (SELECT value FROM json_each(?4)) OR EXISTS (SELECT 1 FROM json_each(CAST(doc AS TEXT), '$.also') WHERE value IN (SELECT value FROM json_each(?4)))) LIMIT 1`,
			[]any{string(b.Tenant), string(b.Instance), nanos(b.Begun), string(apps)}, &other)
		if err != nil {
			return err
		}
		if found {
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: other, Msg: "is a bypass that holds already", Help: "end it first, and give the new one its own reason"}
		}
		_, err = tx.exec(`INSERT INTO bypasses (tenant, id, instance, begun, ends, ended, noted, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			string(b.Tenant), b.ID, string(b.Instance), nanos(b.Begun), nanos(b.Ends), nanos(b.Ended), b.Noted, doc)
		return err
	}), op, b.ID)
}

// EndBypass implements [tenant.BypassStore].
func (db *DB) EndBypass(ctx context.Context, of model.TenantID, id, by string, at time.Time) (tenant.Bypass, error) {
	const op = "sqlite.EndBypass"
	var b tenant.Bypass
	err := db.write.do(ctx, func(tx *tx) error {
		var doc []byte
		found, err := tx.row(`SELECT doc FROM bypasses WHERE tenant = ? AND id = ?`, []any{string(of), id}, &doc)
		switch {
		case err != nil:
			return err
		case !found:
			return &fault.Error{Kind: fault.NotFound, Op: op, Key: id, Msg: "is not there"}
		}
		if err := json.Unmarshal(doc, &b); err != nil {
			return err
		}
		b.Tenant = of
		if !b.Live(at) {
			return &fault.Error{Kind: fault.Conflict, Op: op, Key: id, Msg: "is over already"}
		}
		b.Ended, b.EndedBy = at, by
		if doc, err = json.Marshal(b); err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE bypasses SET ended = ?, doc = ? WHERE tenant = ? AND id = ?`, nanos(at), doc, string(of), id)
		return err
	})
	if err != nil {
		return tenant.Bypass{}, wrap(err, op, id)
	}
	return b, nil
}

// Bypasses implements [tenant.BypassStore].
func (db *DB) Bypasses(ctx context.Context, of model.TenantID) (list []tenant.Bypass, err error) {
	err = db.query(ctx, `SELECT noted, doc FROM bypasses WHERE tenant = ? ORDER BY begun DESC, id`, []any{string(of)}, func(s scanner) error {
		b := tenant.Bypass{}
		var doc []byte
		if err := s.Scan(&b.Noted, &doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &b)
		b.Tenant = of
		list = append(list, b)
		return err
	})
	return list, wrap(err, "sqlite.Bypasses", string(of))
}

// OverBypasses implements [tenant.BypassStore].
func (db *DB) OverBypasses(ctx context.Context, now time.Time) (list []tenant.Bypass, err error) {
	err = db.query(ctx, `SELECT tenant, doc FROM bypasses WHERE noted = 0 AND (ended > 0 OR ends <= ?) ORDER BY begun, tenant, id`, []any{nanos(now)}, func(s scanner) error {
		b := tenant.Bypass{}
		var of string
		var doc []byte
		if err := s.Scan(&of, &doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &b)
		b.Tenant = model.TenantID(of)
		list = append(list, b)
		return err
	})
	return list, wrap(err, "sqlite.OverBypasses", "")
}

// NoteBypass implements [tenant.BypassStore].
func (db *DB) NoteBypass(ctx context.Context, of model.TenantID, id string) error {
	_, err := db.write.exec(ctx, `UPDATE bypasses SET noted = 1 WHERE tenant = ? AND id = ?`, string(of), id)
	return wrap(err, "sqlite.NoteBypass", id)
}

// recoveryName begins the names of tokens that a recovery made.
const recoveryName = "recovery "

// PutRecovery implements [tenant.RecoveryStore].
func (db *DB) PutRecovery(ctx context.Context, r tenant.Recovery, t tenant.Token) error {
	const op = "sqlite.PutRecovery"
	t.Name = recoveryName + r.At.UTC().Format(time.RFC3339Nano)
	token, err := json.Marshal(t)
	if err != nil {
		return fault.Wrap(err, op, r.ID)
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return fault.Wrap(err, op, r.ID)
	}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		if err := tx.reaches(op, t.Tenant); err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM tokens WHERE id IN (SELECT id FROM recoveries)`); err != nil {
			return err
		}
		if _, err := tx.exec(`INSERT INTO recoveries (id, at, noted, doc) VALUES (?, ?, ?, ?)`, r.ID, nanos(r.At), r.Noted, doc); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO tokens (id, tenant, name, hash, last_used, doc) VALUES (?, ?, ?, ?, ?, ?)`, t.ID, t.Tenant, t.Name, t.Hash, nanos(t.LastUsed), token)
		return err
	}), op, r.ID)
}

// Recoveries implements [tenant.RecoveryStore].
func (db *DB) Recoveries(ctx context.Context) (list []tenant.Recovery, err error) {
	err = db.query(ctx, `SELECT noted, doc FROM recoveries ORDER BY at DESC, id`, nil, func(s scanner) error {
		r := tenant.Recovery{}
		var doc []byte
		if err := s.Scan(&r.Noted, &doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &r)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.Recoveries", "")
}

// NoteRecovery implements [tenant.RecoveryStore].
func (db *DB) NoteRecovery(ctx context.Context, id string) error {
	_, err := db.write.exec(ctx, `UPDATE recoveries SET noted = 1 WHERE id = ?`, id)
	return wrap(err, "sqlite.NoteRecovery", id)
}
