package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var _ session.Store = (*DB)(nil)

const sessionColumns = `id, user, created, last_seen, expires, idle, revoked, reason, secret_hash, doc`

// sessionArgs are the values of tenant and sessionColumns.
func sessionArgs(s *session.Session) ([]any, error) {
	doc, err := json.Marshal(s)
	return []any{
		string(s.Tenant), string(s.ID), string(s.User.ID), nanos(s.Created), nanos(s.LastSeen), nanos(s.Expires), int64(s.Idle), nanos(s.Revoked),
		s.Reason, s.SecretHash, doc,
	}, err
}

func scanSession(row scanner, tenant model.TenantID) (s session.Session, err error) {
	var id, user string
	var created, seen, expires, idle, revoked int64
	var reason, hash string
	var doc []byte
	if err := row.Scan(&id, &user, &created, &seen, &expires, &idle, &revoked, &reason, &hash, &doc); err != nil {
		return s, err
	}
	err = json.Unmarshal(doc, &s)
	s.Tenant, s.ID, s.LastSeen, s.Revoked, s.Reason, s.SecretHash = tenant, model.SessionID(id), moment(seen), moment(revoked), reason, hash
	return s, err
}

// PutSession implements [session.Store].
func (db *DB) PutSession(ctx context.Context, s session.Session) error {
	const op = "sqlite.PutSession"
	args, err := sessionArgs(&s)
	if err != nil {
		return fault.Wrap(err, op, string(s.ID))
	}
	n, err := db.write.exec(ctx, `INSERT INTO sessions (tenant, `+sessionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, id) DO UPDATE SET user = excluded.user, created = excluded.created, last_seen = max(last_seen, excluded.last_seen),
			expires = excluded.expires, idle = excluded.idle, revoked = excluded.revoked, reason = excluded.reason, secret_hash = excluded.secret_hash, doc = excluded.doc
		WHERE revoked = 0`, args...)
	if err == nil && n == 0 {
		return errRevoked(op, string(s.ID))
	}
	return wrap(err, op, string(s.ID))
}

func errRevoked(op, key string) error {
	return &fault.Error{Kind: fault.Conflict, Op: op, Key: key, Msg: "has been revoked"}
}

// UpdateSession implements [session.Store].
func (db *DB) UpdateSession(ctx context.Context, tenant model.TenantID, id model.SessionID, change func(*session.Session) error) (s session.Session, err error) {
	const op = "sqlite.UpdateSession"
	err = db.write.do(ctx, func(tx *tx) error {
		if s, err = tx.session(op, tenant, id); err != nil {
			return err
		}
		if !s.Revoked.IsZero() {
			return errRevoked(op, string(id))
		}
		seen := s.LastSeen
		if err := change(&s); err != nil {
			return err
		}
		if s.Tenant != tenant || s.ID != id {
			return fault.New(fault.Internal, op, "a change of tenant or id")
		}
		if s.LastSeen.Before(seen) {
			s.LastSeen = seen
		}
		args, err := sessionArgs(&s)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE sessions SET user = ?3, created = ?4, last_seen = ?5, expires = ?6, idle = ?7, revoked = ?8, reason = ?9, secret_hash = ?10, doc = ?11
			WHERE tenant = ?1 AND id = ?2`, args...)
		return err
	})
	if err != nil {
		return session.Session{}, wrap(err, op, string(id))
	}
	return s, nil
}

func (t *tx) session(op string, tenant model.TenantID, id model.SessionID) (s session.Session, err error) {
	stmt, err := t.prepared(`SELECT ` + sessionColumns + ` FROM sessions WHERE tenant = ? AND id = ?`)
	if err != nil {
		return s, err
	}
	if s, err = scanSession(stmt.QueryRowContext(t.ctx, string(tenant), string(id)), tenant); fault.Is(classify(err), fault.NotFound) {
		return s, &fault.Error{Kind: fault.NotFound, Op: op, Key: string(id), Msg: "is not there"}
	}
	return s, err
}

// TouchSession implements [session.Store].
func (db *DB) TouchSession(ctx context.Context, tenant model.TenantID, id model.SessionID, at time.Time) error {
	_, err := db.write.exec(ctx, `UPDATE sessions SET last_seen = ?3 WHERE tenant = ?1 AND id = ?2 AND last_seen < ?3`, string(tenant), string(id), nanos(at))
	return wrap(err, "sqlite.TouchSession", string(id))
}

// Session implements [session.Store].
func (db *DB) Session(ctx context.Context, tenant model.TenantID, id model.SessionID) (s session.Session, err error) {
	err = db.one(ctx, "sqlite.Session", string(id), `SELECT `+sessionColumns+` FROM sessions WHERE tenant = ? AND id = ?`, []any{string(tenant), string(id)},
		func(row scanner) (err error) { s, err = scanSession(row, tenant); return err })
	return s, err
}

// Sessions implements [session.Store].
func (db *DB) Sessions(ctx context.Context, tenant model.TenantID, user model.UserID, liveAt time.Time) (list []session.Session, err error) {
	text := `SELECT ` + sessionColumns + ` FROM sessions WHERE tenant = ?1 AND (?2 = 0 OR revoked = 0 AND expires > ?2 AND (idle <= 0 OR last_seen + idle > ?2))`
	args := []any{string(tenant), nanos(liveAt)}
	if user != "" {
		text += ` AND user = ?3`
		args = append(args, string(user))
	}
	err = db.query(ctx, text+` ORDER BY created DESC, id`, args, func(row scanner) error {
		s, err := scanSession(row, tenant)
		list = append(list, s)
		return err
	})
	return list, wrap(err, "sqlite.Sessions", string(user))
}

// SessionsNamed implements [signin.Sessions].
func (db *DB) SessionsNamed(ctx context.Context, tenant model.TenantID, names session.Names, liveAt time.Time) (list []session.Session, err error) {
	text, args := "", []any{string(tenant), nanos(liveAt)}
	for _, by := range []struct{ column, name string }{
		{"subject", names.Subject}, {"named", names.Session}, {"email", lowerASCII(names.Address)}, {"username", lowerASCII(names.Address)},
	} {
		if by.name == "" {
			continue
		}
		if text != "" {
			text += " UNION ALL "
		}
		args = append(args, by.name)
		text += `SELECT ` + sessionColumns + ` FROM sessions WHERE tenant = ?1 AND revoked = 0 AND expires > ?2 AND (idle <= 0 OR last_seen + idle > ?2) AND ` + by.column + ` = ?` + strconv.Itoa(len(args))
	}
	if text == "" {
		return nil, nil // nobody is named
	}
	// Neither ORDER BY nor UNION: to save the sorting of a few, all of the tenant's would be read in the order of their ids.
	err = db.query(ctx, text, args, func(row scanner) error {
		s, err := scanSession(row, tenant)
		list = append(list, s)
		return err
	})
	slices.SortFunc(list, func(a, b session.Session) int { return strings.Compare(string(a.ID), string(b.ID)) })
	list = slices.CompactFunc(list, func(a, b session.Session) bool { return a.ID == b.ID })
	return list, wrap(err, "sqlite.SessionsNamed", string(tenant))
}

// lowerASCII is SQLite's lower.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// Revoke implements [session.Store].
func (db *DB) Revoke(ctx context.Context, r session.Revocation) (session.Revocation, error) {
	const op = "sqlite.Revoke"
	if r.At.IsZero() {
		r.At = db.now().UTC()
	}
	err := db.write.do(ctx, func(tx *tx) error {
		if r.Session != "" {
			if _, err := tx.session(op, r.Tenant, r.Session); err != nil {
				return err
			}
		}
		if err := tx.nextEpoch(r.Tenant, "revocation", &r.Epoch); err != nil {
			return err
		}
		// The same rule as session.Revocation.Hits: one session, or a person's or the tenant's up to now.
		const hit = `tenant = ?1 AND revoked = 0 AND (?3 != '' AND id = ?3 OR ?3 = '' AND (?4 = '' OR user = ?4) AND created <= ?2)`
		args := []any{string(r.Tenant), nanos(r.At), string(r.Session), string(r.User)}
		if _, err := tx.exec(`UPDATE app_sessions SET revoked = ?2 WHERE tenant = ?1 AND revoked = 0 AND session IN (SELECT id FROM sessions WHERE `+hit+`)`, args...); err != nil {
			return err
		}
		if _, err := tx.exec(`UPDATE sessions SET revoked = ?2, reason = ?5 WHERE `+hit, append(args, r.Reason)...); err != nil {
			return err
		}
		_, err := tx.exec(`INSERT INTO revocations (tenant, at, session, user, reason, epoch) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`, append(args, r.Reason, r.Epoch)...)
		return err
	})
	if err != nil {
		return session.Revocation{}, wrap(err, op, string(r.Tenant))
	}
	return r, nil
}

// nextEpoch raises a counter of a tenant.
func (t *tx) nextEpoch(tenant model.TenantID, kind string, epoch *int64) error {
	_, err := t.row(`INSERT INTO epochs (tenant, kind, value) VALUES (?, ?, 1) ON CONFLICT (tenant, kind) DO UPDATE SET value = value + 1 RETURNING value`,
		[]any{string(tenant), kind}, epoch)
	return err
}

// RevokedSince implements [session.Store].
func (db *DB) RevokedSince(ctx context.Context, tenant model.TenantID, epoch int64) (list []session.Revocation, err error) {
	err = db.query(ctx, `SELECT epoch, session, user, at, reason FROM revocations WHERE tenant = ? AND epoch > ? ORDER BY epoch`, []any{string(tenant), epoch}, func(s scanner) error {
		r := session.Revocation{Tenant: tenant}
		var at int64
		err := s.Scan(&r.Epoch, &r.Session, &r.User, &at, &r.Reason)
		r.At = moment(at)
		list = append(list, r)
		return err
	})
	return list, wrap(err, "sqlite.RevokedSince", string(tenant))
}
