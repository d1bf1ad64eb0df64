package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/signin"
)

var (
	_ signin.AppSignInStore = (*DB)(nil)
	_ signin.Sessions       = (*DB)(nil)
	_ signin.KeyStore       = (*DB)(nil)
)

// PutAppSignIn implements [signin.AppSignInStore].
func (db *DB) PutAppSignIn(ctx context.Context, a signin.AppSignIn) error {
	const op = "sqlite.PutAppSignIn"
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var was []byte
		found, err := tx.row(`SELECT doc FROM app_signins WHERE tenant = ? AND session = ? AND instance = ?`, []any{string(a.Tenant), string(a.Session), string(a.Instance)}, &was)
		if err != nil {
			return err
		}
		if found {
			var before signin.AppSignIn
			if err := json.Unmarshal(was, &before); err != nil {
				return err
			}
			a.Follow(before)
		}
		doc, err := json.Marshal(a)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO app_signins (tenant, session, instance, next, attempts, expires, doc) VALUES (?1, ?2, ?3,
			coalesce((SELECT revoked > 0 FROM sessions WHERE tenant = ?1 AND id = ?2), 0), 0, ?4, ?5)
		ON CONFLICT (tenant, session, instance) DO UPDATE SET next = excluded.next, attempts = 0, expires = excluded.expires, doc = excluded.doc`,
			string(a.Tenant), string(a.Session), string(a.Instance), nanos(a.Expires), doc)
		return err
	}), op, string(a.Instance))
}

const appSignInColumns = `a.tenant, a.session, a.instance, a.attempts, a.expires, a.doc`

func scanAppSignIn(s scanner) (a signin.AppSignIn, err error) {
	var tenant, session, instance string
	var expires int64
	var doc []byte
	if err := s.Scan(&tenant, &session, &instance, &a.Attempts, &expires, &doc); err != nil {
		return a, err
	}
	err = json.Unmarshal(doc, &a)
	a.Tenant, a.Session, a.Instance, a.Expires = model.TenantID(tenant), model.SessionID(session), model.InstanceID(instance), moment(expires)
	return a, err
}

// AppSignIns implements [signin.AppSignInStore].
func (db *DB) AppSignIns(ctx context.Context, tenant model.TenantID, session model.SessionID) (list []signin.AppSignIn, err error) {
	err = db.query(ctx, `SELECT `+appSignInColumns+` FROM app_signins a WHERE tenant = ? AND session = ? ORDER BY instance`, []any{string(tenant), string(session)}, func(s scanner) error {
		a, err := scanAppSignIn(s)
		list = append(list, a)
		return err
	})
	return list, wrap(err, "sqlite.AppSignIns", string(session))
}

// AppSignInsAs implements [signin.AppSignInStore].
func (db *DB) AppSignInsAs(ctx context.Context, tenant model.TenantID, instance model.InstanceID, subject string) (list []signin.AppSignIn, err error) {
	err = db.query(ctx, `SELECT `+appSignInColumns+` FROM app_signins a WHERE tenant = ? AND instance = ? AND subject = ? ORDER BY session`, []any{string(tenant), string(instance), subject}, func(s scanner) error {
		a, err := scanAppSignIn(s)
		list = append(list, a)
		return err
	})
	return list, wrap(err, "sqlite.AppSignInsAs", string(instance))
}

// dueLogouts goes by the index of sign-ins whose session has ended: a trigger puts them there.
const dueLogouts = `SELECT ` + appSignInColumns + ` FROM app_signins a WHERE a.next > 0 AND a.next <= ? ORDER BY a.next LIMIT ?`

// DueLogouts implements [signin.AppSignInStore].
func (db *DB) DueLogouts(ctx context.Context, now time.Time, limit int) (list []signin.AppSignIn, err error) {
	err = db.query(ctx, dueLogouts, []any{nanos(now), limit}, func(s scanner) error {
		a, err := scanAppSignIn(s)
		list = append(list, a)
		return err
	})
	return list, wrap(err, "sqlite.DueLogouts", "")
}

// PostponeLogout implements [signin.AppSignInStore].
func (db *DB) PostponeLogout(ctx context.Context, a signin.AppSignIn, next time.Time) error {
	_, err := db.write.exec(ctx, `UPDATE app_signins SET next = ?, attempts = attempts + 1 WHERE tenant = ? AND session = ? AND instance = ?`, nanos(next), string(a.Tenant), string(a.Session), string(a.Instance))
	return wrap(err, "sqlite.PostponeLogout", string(a.Instance))
}

// DeleteAppSignIn implements [signin.AppSignInStore].
func (db *DB) DeleteAppSignIn(ctx context.Context, tenant model.TenantID, session model.SessionID, instance model.InstanceID) error {
	_, err := db.write.exec(ctx, `DELETE FROM app_signins WHERE tenant = ? AND session = ? AND instance = ?`, string(tenant), string(session), string(instance))
	return wrap(err, "sqlite.DeleteAppSignIn", string(instance))
}

// PutSigningKey implements [signin.KeyStore].
func (db *DB) PutSigningKey(ctx context.Context, k signin.SigningKey) error {
	_, err := db.write.exec(ctx, `INSERT INTO signing_keys (tenant, use, id, created, active, ends, alone, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(k.Tenant), string(k.Use), k.ID, nanos(k.Created), nanos(k.Active), nanos(k.Ends), k.Alone, k.Sealed)
	return wrap(err, "sqlite.PutSigningKey", k.ID)
}

// SigningKeys implements [signin.KeyStore].
func (db *DB) SigningKeys(ctx context.Context, tenant model.TenantID, use signin.KeyUse) (list []signin.SigningKey, err error) {
	err = db.query(ctx, `SELECT id, created, active, ends, alone, sealed FROM signing_keys WHERE tenant = ? AND use = ? ORDER BY active, id`, []any{string(tenant), string(use)}, func(s scanner) error {
		k := signin.SigningKey{Tenant: tenant, Use: use}
		var created, active, ends int64
		err := s.Scan(&k.ID, &created, &active, &ends, &k.Alone, &k.Sealed)
		k.Created, k.Active, k.Ends = moment(created), moment(active), moment(ends)
		list = append(list, k)
		return err
	})
	return list, wrap(err, "sqlite.SigningKeys", string(use))
}

// DeleteSigningKey implements [signin.KeyStore].
func (db *DB) DeleteSigningKey(ctx context.Context, tenant model.TenantID, use signin.KeyUse, id string) error {
	_, err := db.write.exec(ctx, `DELETE FROM signing_keys WHERE tenant = ? AND use = ? AND id = ?`, string(tenant), string(use), id)
	return wrap(err, "sqlite.DeleteSigningKey", id)
}

// PutKeySeen implements [signin.KeyStore].
func (db *DB) PutKeySeen(ctx context.Context, k signin.KeySeen) error {
	_, err := db.write.exec(ctx, `INSERT INTO key_seen (tenant, use, instance, key, how, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, use, instance) DO UPDATE SET key = excluded.key, how = excluded.how, at = excluded.at`,
		string(k.Tenant), string(k.Use), string(k.Instance), k.Key, k.How, nanos(k.At))
	return wrap(err, "sqlite.PutKeySeen", string(k.Instance))
}

// KeysSeen implements [signin.KeyStore].
func (db *DB) KeysSeen(ctx context.Context, tenant model.TenantID) (list []signin.KeySeen, err error) {
	err = db.query(ctx, `SELECT use, instance, key, how, at FROM key_seen WHERE tenant = ? ORDER BY use, instance`, []any{string(tenant)}, func(s scanner) error {
		k := signin.KeySeen{Tenant: tenant}
		var at int64
		err := s.Scan((*string)(&k.Use), (*string)(&k.Instance), &k.Key, &k.How, &at)
		k.At = moment(at)
		list = append(list, k)
		return err
	})
	return list, wrap(err, "sqlite.KeysSeen", string(tenant))
}
