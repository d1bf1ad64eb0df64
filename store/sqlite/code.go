package sqlite

import (
	"context"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var _ session.CodeStore = (*DB)(nil)

// PutCode implements [session.CodeStore].
func (db *DB) PutCode(ctx context.Context, c session.Code) error {
	_, err := db.write.exec(ctx, `INSERT INTO codes (tenant, hash, host, nonce_hash, app_session, wrapped, expires) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(c.Tenant), c.Hash, c.Host, c.NonceHash, c.AppSession, c.WrappedKey, nanos(c.Expires))
	return wrap(err, "sqlite.PutCode", c.Host)
}

// TakeCode implements [session.CodeStore].
func (db *DB) TakeCode(ctx context.Context, tenant model.TenantID, hash string) (session.Code, error) {
	c := session.Code{Hash: hash, Tenant: tenant}
	var expires int64
	err := db.take(ctx, "sqlite.TakeCode", `DELETE FROM codes WHERE tenant = ? AND hash = ? RETURNING host, nonce_hash, app_session, wrapped, expires`,
		[]any{string(tenant), hash}, &c.Host, &c.NonceHash, &c.AppSession, &c.WrappedKey, &expires)
	if err != nil {
		return session.Code{}, err
	}
	c.Expires = moment(expires)
	return c, nil
}

// take runs a DELETE … RETURNING and returns NotFound when nothing was there. The key is left out of errors: it
// stands for a secret.
func (db *DB) take(ctx context.Context, op, text string, args []any, dest ...any) error {
	found := false
	err := db.write.submit(ctx, func(tx *tx) (err error) { found, err = tx.row(text, args, dest...); return err }, true)
	if err == nil && !found {
		return &fault.Error{Kind: fault.NotFound, Op: op, Msg: "is not there"}
	}
	return wrap(err, op, "")
}

// PutHostCookie implements [session.CodeStore].
func (db *DB) PutHostCookie(ctx context.Context, c session.HostCookie) error {
	const op = "sqlite.PutHostCookie"
	n, err := db.write.exec(ctx, `INSERT INTO host_cookies (tenant, hash, host, app_session, wrapped, created)
		SELECT ?1, ?2, ?3, a.id, ?5, ?6 FROM app_sessions a JOIN sessions s ON s.tenant = a.tenant AND s.id = a.session
		WHERE a.tenant = ?1 AND a.id = ?4 AND a.revoked = 0 AND s.revoked = 0`,
		string(c.Tenant), c.Hash, c.Host, c.AppSession, c.WrappedKey, nanos(c.Created))
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.Denied, Op: op, Key: c.Host, Msg: "its app session is gone or revoked"}
	}
	return wrap(err, op, c.Host)
}

// HostCookie implements [session.CodeStore].
func (db *DB) HostCookie(ctx context.Context, tenant model.TenantID, hash string) (session.HostCookie, error) {
	c := session.HostCookie{Hash: hash, Tenant: tenant}
	err := db.one(ctx, "sqlite.HostCookie", "", `SELECT host, app_session, wrapped, created FROM host_cookies WHERE tenant = ? AND hash = ?`, []any{string(tenant), hash},
		func(s scanner) error {
			var created int64
			err := s.Scan(&c.Host, &c.AppSession, &c.WrappedKey, &created)
			c.Created = moment(created)
			return err
		})
	if err != nil {
		return session.HostCookie{}, err
	}
	return c, nil
}

// sweeps remove what ended before ?1, at most ?2 rows each. What stands on a session goes with it. A session that
// looks idle gets two more minutes, since last_seen lags by one, and a revoked one stays for a day: its row is
// what keeps it revoked.
var sweeps = []string{
	`DELETE FROM codes WHERE rowid IN (SELECT rowid FROM codes WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM stashes WHERE rowid IN (SELECT rowid FROM stashes WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM blocked WHERE rowid IN (SELECT rowid FROM blocked WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM devices WHERE rowid IN (SELECT rowid FROM devices WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM grants WHERE rowid IN (SELECT rowid FROM grants WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM app_signins WHERE rowid IN (SELECT rowid FROM app_signins WHERE expires BETWEEN 1 AND ?1 LIMIT ?2)`,
	`DELETE FROM flows WHERE rowid IN (SELECT rowid FROM flows WHERE expires BETWEEN 1 AND ?1 LIMIT ?2)`,
	`DELETE FROM evidence WHERE rowid IN (SELECT rowid FROM evidence WHERE expires <= ?1 LIMIT ?2)`,
	`DELETE FROM jar_rows WHERE (tenant, app_session, domain, host_only, path, name) IN
		(SELECT tenant, app_session, domain, host_only, path, name FROM jar_rows WHERE expires > 0 AND expires <= ?1 LIMIT ?2)`,
	`DELETE FROM sessions WHERE rowid IN
		(SELECT rowid FROM sessions WHERE expires <= ?1 OR revoked BETWEEN 1 AND ?1 - 86400000000000 OR idle > 0 AND last_seen + idle + 120000000000 <= ?1 LIMIT ?2)`,
}

// DeleteExpired implements [session.CodeStore].
func (db *DB) DeleteExpired(ctx context.Context, t time.Time, limit int) (int, error) {
	total := 0
	for _, text := range sweeps {
		n, err := db.write.exec(ctx, text, nanos(t), limit)
		if err != nil {
			return total, wrap(err, "sqlite.DeleteExpired", "")
		}
		total += int(n)
	}
	return total, nil
}
