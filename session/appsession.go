package session

import (
	"context"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// Control is what Conditional Access asked of an app session.
type Control string

// The session controls, Entra's cloudAppSecurityType.
const (
	ControlMonitorOnly    Control = "monitorOnly"
	ControlBlockDownloads Control = "blockDownloads"
	ControlCustom         Control = "mcasConfigured" // session policies decide
)

// AppSession is a person's session with one app instance through the gateway. It lives no longer than the
// broker session it stands on.
type AppSession struct {
	ID       string            `json:"id"`
	Session  model.SessionID   `json:"session"`
	Tenant   model.TenantID    `json:"tenant"`
	Instance model.InstanceID  `json:"instance"`
	Control  Control           `json:"control"`
	Access   []model.PolicyRef `json:"access,omitempty"` // the Conditional Access policies that led here
	Lookup   string            `json:"-"`                // hash of the look-up secret in the signed Domain cookie; authorises nothing alone
	Label    string            `json:"-"`                // hash of the unguessable label token for anonymous hosts
	Created  time.Time         `json:"created"`
	Noticed  time.Time         `json:"noticed,omitzero"` // when the person acknowledged the monitored-session notice
	Revoked  time.Time         `json:"revoked,omitzero"`

	// The data key, wrapped for the broker's secret, the look-up secret and the label token.
	BrokerKey []byte `json:"-"`
	LookupKey []byte `json:"-"`
	LabelKey  []byte `json:"-"`
}

// AppStore keeps app sessions. Every method answers for one tenant only; what belongs to another is NotFound.
type AppStore interface {
	// PutAppSession writes an app session. It is Denied when its broker session is absent or revoked, and a
	// Conflict when the app session itself has been revoked.
	PutAppSession(ctx context.Context, s AppSession) error
	AppSession(ctx context.Context, tenant model.TenantID, id string) (AppSession, error)
	// ByLookup finds an app session by the hash of its look-up secret, ByLabel by that of its label token.
	ByLookup(ctx context.Context, tenant model.TenantID, lookup string) (AppSession, error)
	ByLabel(ctx context.Context, tenant model.TenantID, label string) (AppSession, error)
	// AppSessions returns the app sessions of a broker session, the oldest first.
	AppSessions(ctx context.Context, tenant model.TenantID, id model.SessionID) ([]AppSession, error)
}

// Begin makes an app session for a broker session, with a fresh data key. broker is the secret in the broker's
// cookie: while the browser has it, [Resume] gets the key again for the next hand-over. The caller stores the
// result.
func Begin(v Sealer, s *Session, broker Secret, instance model.InstanceID, control Control, access []model.PolicyRef, now time.Time) (AppSession, *DataKey, error) {
	key := newDataKey()
	app := AppSession{
		ID: NewID(), Session: s.ID, Tenant: s.Tenant, Instance: instance, Control: control, Access: access, Created: now,
		Lookup: key.LookupSecret().Hash(), Label: Secret(key.LabelToken()).Hash(),
	}
	for _, w := range []struct {
		secret Secret
		to     *[]byte
	}{{broker, &app.BrokerKey}, {key.LookupSecret(), &app.LookupKey}, {Secret(key.LabelToken()), &app.LabelKey}} {
		wrapped, err := key.wrap(v, app.Tenant, app.ID, w.secret)
		if err != nil {
			return AppSession{}, nil, fault.Wrap(err, "session.Begin", app.ID)
		}
		*w.to = wrapped
	}
	return app, key, nil
}

// Resume gets the data key of a live app session from the broker's secret; Denied when the secret is not the
// one that the app session began with.
func Resume(v Sealer, app *AppSession, broker Secret) (*DataKey, error) {
	key, err := unwrapKey(v, app.Tenant, app.ID, broker, app.BrokerKey)
	return key, fault.Wrap(err, "session.Resume", app.ID)
}
