package sqlite

import (
	"context"
	"encoding/json"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
	"github.com/referee-casb/referee/session"
)

var _ session.AppStore = (*DB)(nil)

const appColumns = `id, session, lookup, label, created, revoked, broker_key, lookup_key, label_key, doc`

// PutAppSession implements [session.AppStore].
func (db *DB) PutAppSession(ctx context.Context, a session.AppSession) error {
	const op = "sqlite.PutAppSession"
	doc, err := json.Marshal(a)
	if err != nil {
		return fault.Wrap(err, op, a.ID)
	}
	args := []any{string(a.Tenant), a.ID, string(a.Session), optional(a.Lookup), optional(a.Label), nanos(a.Created), nanos(a.Revoked), a.BrokerKey, a.LookupKey, a.LabelKey, doc}
	return wrap(db.write.do(ctx, func(tx *tx) error {
		var live bool
		if _, err := tx.row(`SELECT revoked = 0 FROM sessions WHERE tenant = ? AND id = ?`, []any{string(a.Tenant), string(a.Session)}, &live); err != nil {
			return err
		}
		if !live {
			return &fault.Error{Kind: fault.Denied, Op: op, Key: a.ID, Msg: "its sign-in is gone or revoked"}
		}
		n, err := tx.exec(`INSERT INTO app_sessions (tenant, `+appColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, id) DO UPDATE SET lookup = excluded.lookup, label = excluded.label, created = excluded.created, revoked = excluded.revoked,
				broker_key = excluded.broker_key, lookup_key = excluded.lookup_key, label_key = excluded.label_key, doc = excluded.doc
			WHERE revoked = 0 AND session = excluded.session`, args...)
		if err == nil && n == 0 {
			return errRevoked(op, a.ID)
		}
		return err
	}), op, a.ID)
}

// optional is NULL for "", so that several rows may have none.
func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (db *DB) appSession(ctx context.Context, op string, tenant model.TenantID, column, value string) (a session.AppSession, err error) {
	if value == "" {
		return a, &fault.Error{Kind: fault.NotFound, Op: op, Msg: "is not there"}
	}
	err = db.one(ctx, op, "", `SELECT `+appColumns+` FROM app_sessions WHERE tenant = ? AND `+column+` = ?`, []any{string(tenant), value},
		func(s scanner) (err error) { a, err = scanApp(s, tenant); return err })
	return a, err
}

func scanApp(s scanner, tenant model.TenantID) (a session.AppSession, err error) {
	var id, sid string
	var lookup, label *string
	var created, revoked int64
	var broker, lookupKey, labelKey, doc []byte
	if err := s.Scan(&id, &sid, &lookup, &label, &created, &revoked, &broker, &lookupKey, &labelKey, &doc); err != nil {
		return a, err
	}
	err = json.Unmarshal(doc, &a)
	a.Tenant, a.ID, a.Session, a.Revoked, a.BrokerKey, a.LookupKey, a.LabelKey = tenant, id, model.SessionID(sid), moment(revoked), broker, lookupKey, labelKey
	if lookup != nil {
		a.Lookup = *lookup
	}
	if label != nil {
		a.Label = *label
	}
	return a, err
}

// AppSession implements [session.AppStore].
func (db *DB) AppSession(ctx context.Context, tenant model.TenantID, id string) (session.AppSession, error) {
	return db.appSession(ctx, "sqlite.AppSession", tenant, "id", id)
}

// ByLookup implements [session.AppStore].
func (db *DB) ByLookup(ctx context.Context, tenant model.TenantID, lookup string) (session.AppSession, error) {
	return db.appSession(ctx, "sqlite.ByLookup", tenant, "lookup", lookup)
}

// ByLabel implements [session.AppStore].
func (db *DB) ByLabel(ctx context.Context, tenant model.TenantID, label string) (session.AppSession, error) {
	return db.appSession(ctx, "sqlite.ByLabel", tenant, "label", label)
}

// AppSessions implements [session.AppStore].
func (db *DB) AppSessions(ctx context.Context, tenant model.TenantID, id model.SessionID) (list []session.AppSession, err error) {
	err = db.query(ctx, `SELECT `+appColumns+` FROM app_sessions WHERE tenant = ? AND session = ? ORDER BY created, id`, []any{string(tenant), string(id)}, func(s scanner) error {
		a, err := scanApp(s, tenant)
		list = append(list, a)
		return err
	})
	return list, wrap(err, "sqlite.AppSessions", string(id))
}
