package sqlite

import (
	"context"
	"database/sql"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var _ session.JarStore = (*DB)(nil)

// JarRows implements [session.JarStore]. Rows and version are of one moment: one statement reads both.
func (db *DB) JarRows(ctx context.Context, tenant model.TenantID, appSession string) (list []session.JarRow, version int64, err error) {
	err = db.query(ctx, `SELECT a.jar_version, j.domain, j.host_only, j.path, j.name, j.sealed, j.expires, j.created, j.version
		FROM app_sessions a LEFT JOIN jar_rows j ON j.tenant = a.tenant AND j.app_session = a.id WHERE a.tenant = ? AND a.id = ?`,
		[]any{string(tenant), appSession}, func(s scanner) error {
			var domain, path, name *string
			var hostOnly, expires, created, v sql.NullInt64
			r := session.JarRow{AppSession: appSession, Tenant: tenant}
			if err := s.Scan(&version, &domain, &hostOnly, &path, &name, &r.Sealed, &expires, &created, &v); err != nil {
				return err
			}
			if domain == nil {
				return nil // a jar without rows
			}
			r.Domain, r.HostOnly, r.Path, r.Name, r.Version = *domain, hostOnly.Int64 != 0, *path, *name, v.Int64
			r.Expires, r.Created = moment(expires.Int64), moment(created.Int64)
			list = append(list, r)
			return nil
		})
	return list, version, wrap(err, "sqlite.JarRows", appSession)
}

// JarVersion implements [session.JarStore].
func (db *DB) JarVersion(ctx context.Context, tenant model.TenantID, appSession string) (version int64, err error) {
	err = db.query(ctx, `SELECT jar_version FROM app_sessions WHERE tenant = ? AND id = ?`, []any{string(tenant), appSession}, func(s scanner) error { return s.Scan(&version) })
	return version, wrap(err, "sqlite.JarVersion", appSession)
}

// WriteJar implements [session.JarStore].
func (db *DB) WriteJar(ctx context.Context, tenant model.TenantID, appSession string, put, drop []session.JarRow) (version int64, err error) {
	const op = "sqlite.WriteJar"
	for _, list := range [][]session.JarRow{put, drop} {
		for _, r := range list {
			if r.Tenant != tenant || r.AppSession != appSession {
				return 0, fault.New(fault.Internal, op, "a row of another jar")
			}
		}
	}
	err = db.write.do(ctx, func(tx *tx) error {
		var live bool
		if _, err := tx.row(`SELECT a.revoked = 0 AND s.revoked = 0 FROM app_sessions a JOIN sessions s ON s.tenant = a.tenant AND s.id = a.session WHERE a.tenant = ? AND a.id = ?`,
			[]any{string(tenant), appSession}, &live); err != nil {
			return err
		}
		if !live {
			return &fault.Error{Kind: fault.Denied, Op: op, Key: appSession, Msg: "the app session is gone or revoked"}
		}
		for i := range drop {
			if err := tx.dropJarRow(op, &drop[i]); err != nil {
				return err
			}
		}
		for i := range put {
			if err := tx.putJarRow(op, &put[i]); err != nil {
				return err
			}
		}
		_, err := tx.row(`UPDATE app_sessions SET jar_version = jar_version + 1 WHERE tenant = ? AND id = ? RETURNING jar_version`, []any{string(tenant), appSession}, &version)
		return err
	})
	if err != nil {
		return 0, wrap(err, op, appSession)
	}
	return version, nil
}

// errJarRow is shared by all who come second.
func errJarRow(op string, r *session.JarRow) error {
	return &fault.Error{Kind: fault.Conflict, Op: op, Key: r.Name, Msg: "somebody changed the cookie first"}
}

func (t *tx) putJarRow(op string, r *session.JarRow) error {
	args := []any{string(r.Tenant), r.AppSession, r.Domain, r.HostOnly, r.Path, r.Name, r.Sealed, nanos(r.Expires), nanos(r.Created), r.Version}
	if r.Version == 1 {
		_, err := t.exec(`INSERT INTO jar_rows (tenant, app_session, domain, host_only, path, name, sealed, expires, created, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
		if fault.Is(classify(err), fault.Conflict) {
			return errJarRow(op, r)
		}
		return err
	}
	n, err := t.exec(`UPDATE jar_rows SET sealed = ?7, expires = ?8, created = ?9, version = ?10
		WHERE tenant = ?1 AND app_session = ?2 AND domain = ?3 AND host_only = ?4 AND path = ?5 AND name = ?6 AND version = ?10 - 1`, args...)
	return changedOne(n, err, errJarRow(op, r))
}

func (t *tx) dropJarRow(op string, r *session.JarRow) error {
	n, err := t.exec(`DELETE FROM jar_rows WHERE tenant = ? AND app_session = ? AND domain = ? AND host_only = ? AND path = ? AND name = ? AND version = ?`,
		string(r.Tenant), r.AppSession, r.Domain, r.HostOnly, r.Path, r.Name, r.Version)
	return changedOne(n, err, errJarRow(op, r))
}

// changedOne returns err, or otherwise when a statement that worked changed nothing.
func changedOne(n int64, err, otherwise error) error {
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}
