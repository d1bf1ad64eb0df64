// Package session owns what a person's way through Referee leaves behind: the broker session, app sessions at
// mapped hosts, hand-over codes, host cookies, cookie jars, and their revocation.
//
// It does not decide who may have a session (signin, access) nor speak HTTP (gateway, signin). Secrets a
// browser holds are never stored: only their SHA-256. Layer L2. Begin with [Session] and [AppSession].
package session

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Session is one person's sign-in at the broker, in one browser.
type Session struct {
	ID       model.SessionID      `json:"id"`
	Tenant   model.TenantID       `json:"tenant"`
	User     model.User           `json:"user"`
	Auth     model.Authentication `json:"auth"`
	Created  time.Time            `json:"created"`
	LastSeen time.Time            `json:"lastSeen"` // written at most once a minute
	Expires  time.Time            `json:"expires"`  // absolute end
	Idle     time.Duration        `json:"idle"`     // ends when unused this long
	Network  model.Network        `json:"network"`
	Agent    model.Agent          `json:"agent"`
	TLSPrint string               `json:"tlsPrint,omitempty"` // JA4 of the sign-in connection: a signal, not a gate
	Proofs   []model.Proof        `json:"proofs,omitempty"`   // device facts, each a lease
	Revoked  time.Time            `json:"revoked,omitzero"`
	Reason   string               `json:"reason,omitempty"` // why revoked
}

// Live reports whether the session may be used at now.
func (s *Session) Live(now time.Time) bool {
	return s.Revoked.IsZero() && now.Before(s.Expires) && (s.Idle <= 0 || now.Before(s.LastSeen.Add(s.Idle)))
}

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
	Lookup   string            `json:"-"`                // random id in the signed Domain cookie; authorises nothing alone
	Label    string            `json:"-"`                // unguessable label prefix for anonymous hosts
	Created  time.Time         `json:"created"`
	Noticed  time.Time         `json:"noticed,omitzero"` // when the person acknowledged the monitored-session notice
	Revoked  time.Time         `json:"revoked,omitzero"`
}

// Code is a hand-over code on its way from the broker to a mapped host: single use, 30 s, bound to host and
// to a nonce that was set there first. Hash and NonceHash are SHA-256 of what the browser carries.
type Code struct {
	Hash       string
	Tenant     model.TenantID
	Host       string // mapped host
	NonceHash  string
	AppSession string
	Expires    time.Time
}

// HostCookie is one browser secret of an app session at one mapped host.
type HostCookie struct {
	Hash       string // SHA-256 of the cookie's value
	Tenant     model.TenantID
	Host       string
	AppSession string
	WrappedKey []byte // the jar's data key, wrapped for this secret and the tenant's vault key
	Created    time.Time
}

// Revocation tells every gateway what to cut.
type Revocation struct {
	Tenant  model.TenantID  `json:"tenant"`
	Session model.SessionID `json:"session,omitempty"` // one sign-in, or
	User    model.UserID    `json:"user,omitempty"`    // all of a person's, or all of the tenant's when both are empty
	At      time.Time       `json:"at"`
	Reason  string          `json:"reason,omitempty"`
	Epoch   int64           `json:"epoch"` // grows with each revocation of the tenant; gateways reconcile by it
}

// Store keeps broker sessions and revocations.
type Store interface {
	PutSession(ctx context.Context, s Session) error
	// Session returns one session, or NotFound. It returns ended ones too; callers ask Live.
	Session(ctx context.Context, tenant model.TenantID, id model.SessionID) (Session, error)
	Sessions(ctx context.Context, tenant model.TenantID, user model.UserID, liveAt time.Time) ([]Session, error)
	// Revoke ends the matching sessions and returns the revocation with its epoch, in one transaction.
	Revoke(ctx context.Context, r Revocation) (Revocation, error)
	// RevokedSince returns the revocations after an epoch, in order, for reconciliation.
	RevokedSince(ctx context.Context, tenant model.TenantID, epoch int64) ([]Revocation, error)
}

// AppStore keeps app sessions with their codes and host cookies.
type AppStore interface {
	PutAppSession(ctx context.Context, s AppSession) error
	AppSession(ctx context.Context, tenant model.TenantID, id string) (AppSession, error)
	// ByLookup finds an app session by its look-up id, ByLabel by its label prefix.
	ByLookup(ctx context.Context, tenant model.TenantID, lookup string) (AppSession, error)
	ByLabel(ctx context.Context, tenant model.TenantID, label string) (AppSession, error)
	AppSessions(ctx context.Context, tenant model.TenantID, id model.SessionID) ([]AppSession, error)
}

// CodeStore keeps hand-over codes and host cookies.
type CodeStore interface {
	PutCode(ctx context.Context, c Code) error
	// TakeCode returns and deletes a code in one step, or NotFound: a second taker never gets it.
	TakeCode(ctx context.Context, tenant model.TenantID, hash string) (Code, error)
	PutHostCookie(ctx context.Context, c HostCookie) error
	HostCookie(ctx context.Context, tenant model.TenantID, hash string) (HostCookie, error)
	// DeleteExpired removes codes and cookies that ended before t, at most limit rows, and returns how many.
	DeleteExpired(ctx context.Context, t time.Time, limit int) (int, error)
}

// JarRow is one cookie of an app in an app session's jar. Value is sealed with the jar's data key; the row's
// place (app session, domain, path, name) is bound to it as associated data.
type JarRow struct {
	AppSession string
	Tenant     model.TenantID
	Domain     string // without leading dot
	HostOnly   bool
	Path       string
	Name       string
	Sealed     []byte    // value and attributes
	Expires    time.Time // zero for a session cookie
	Created    time.Time
	Version    int64 // 1 for a new row; compare-and-set
}

// JarStore keeps jars. Rows are visible to every gateway when PutJarRow returns.
type JarStore interface {
	JarRows(ctx context.Context, tenant model.TenantID, appSession string) ([]JarRow, error)
	// PutJarRow writes the row if the stored version is row.Version-1 (absent counts as 0), else Conflict.
	PutJarRow(ctx context.Context, row JarRow) error
	DeleteJarRow(ctx context.Context, row JarRow) error
}

// Stash is a request body kept across sign-in, sealed, single use.
type Stash struct {
	ID      string
	Tenant  model.TenantID
	Host    string
	Sealed  []byte
	Expires time.Time
}

// StashStore keeps stashed requests (POST targets across sign-in, writes that wait for a confirmation).
type StashStore interface {
	PutStash(ctx context.Context, s Stash) error
	// TakeStash returns and deletes in one step, or NotFound.
	TakeStash(ctx context.Context, tenant model.TenantID, id string) (Stash, error)
}
