package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var (
	_ session.StashStore   = (*DB)(nil)
	_ session.BlockedStore = (*DB)(nil)
	_ session.GrantStore   = (*DB)(nil)
)

// PutStash implements [session.StashStore].
func (db *DB) PutStash(ctx context.Context, s session.Stash) error {
	_, err := db.write.exec(ctx, `INSERT INTO stashes (tenant, id, host, sealed, expires) VALUES (?, ?, ?, ?, ?)`, string(s.Tenant), s.ID, s.Host, s.Sealed, nanos(s.Expires))
	return wrap(err, "sqlite.PutStash", s.Host)
}

// TakeStash implements [session.StashStore].
func (db *DB) TakeStash(ctx context.Context, tenant model.TenantID, id string) (session.Stash, error) {
	s := session.Stash{ID: id, Tenant: tenant}
	var expires int64
	err := db.take(ctx, "sqlite.TakeStash", `DELETE FROM stashes WHERE tenant = ? AND id = ? RETURNING host, sealed, expires`, []any{string(tenant), id}, &s.Host, &s.Sealed, &expires)
	if err != nil {
		return session.Stash{}, err
	}
	s.Expires = moment(expires)
	return s, nil
}

// PutBlocked implements [session.BlockedStore].
func (db *DB) PutBlocked(ctx context.Context, b session.Blocked) error {
	const op = "sqlite.PutBlocked"
	doc, err := json.Marshal(b)
	if err != nil {
		return fault.Wrap(err, op, b.Reference)
	}
	_, err = db.write.exec(ctx, `INSERT INTO blocked (tenant, reference, expires, doc) VALUES (?, ?, ?, ?)`, string(b.Tenant), b.Reference, nanos(b.Expires), doc)
	return wrap(err, op, b.Reference)
}

// Blocked implements [session.BlockedStore].
func (db *DB) Blocked(ctx context.Context, tenant model.TenantID, reference string, now time.Time) (b session.Blocked, err error) {
	err = db.one(ctx, "sqlite.Blocked", reference, `SELECT doc FROM blocked WHERE tenant = ? AND reference = ? AND expires > ?`, []any{string(tenant), reference, nanos(now)},
		func(s scanner) error { return scanDoc(s, &b) })
	return b, err
}

// scanDoc reads a row that is one JSON document.
func scanDoc(s scanner, into any) error {
	var doc []byte
	if err := s.Scan(&doc); err != nil {
		return err
	}
	return json.Unmarshal(doc, into)
}

// PutGrant implements [session.GrantStore].
func (db *DB) PutGrant(ctx context.Context, g session.Grant) error {
	const op = "sqlite.PutGrant"
	doc, err := json.Marshal(g)
	if err != nil {
		return fault.Wrap(err, op, g.Key)
	}
	_, err = db.write.exec(ctx, `INSERT INTO grants (tenant, session, expires, doc) VALUES (?, ?, ?, ?)`, string(g.Tenant), string(g.Session), nanos(g.Expires), doc)
	return wrap(err, op, g.Key)
}

// Grants implements [session.GrantStore].
func (db *DB) Grants(ctx context.Context, tenant model.TenantID, id model.SessionID, now time.Time) (list []session.Grant, err error) {
	err = db.query(ctx, `SELECT doc FROM grants WHERE tenant = ? AND session = ? AND expires > ? ORDER BY expires`, []any{string(tenant), string(id), nanos(now)}, func(s scanner) error {
		var g session.Grant
		err := scanDoc(s, &g)
		list = append(list, g)
		return err
	})
	return list, wrap(err, "sqlite.Grants", string(id))
}
