package session

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/referee-casb/referee/model"
)

// Session is one person's sign-in at the broker, in one browser.
type Session struct {
	ID         model.SessionID      `json:"id"`
	Tenant     model.TenantID       `json:"tenant"`
	User       model.User           `json:"user"`             // as the provider and the directory together describe the person
	Claims     *model.Claims        `json:"claims,omitempty"` // what the provider alone said; nil in sessions of before there was a directory
	Auth       model.Authentication `json:"auth"`
	Created    time.Time            `json:"created"`
	LastSeen   time.Time            `json:"lastSeen"` // written at most once a minute
	Expires    time.Time            `json:"expires"`  // absolute end
	Idle       time.Duration        `json:"idle"`     // ends when unused this long
	Network    model.Network        `json:"network"`
	Agent      model.Agent          `json:"agent"`
	TLSPrint   string               `json:"tlsPrint,omitempty"` // JA4 of the sign-in connection: a signal, not a gate
	Proofs     []model.Proof        `json:"proofs,omitempty"`   // device facts, each a lease
	Bound      *Bound               `json:"bound,omitempty"`    // nil where the browser's cookie alone is the session
	Revoked    time.Time            `json:"revoked,omitzero"`
	Reason     string               `json:"reason,omitempty"` // why revoked
	SecretHash string               `json:"-"`                // hash of the secret in the broker's cookie
}

// Bound is the key that a session is bound to: the public half, an uncompressed point of curve P-256. Nothing is asked
// of the session before the browser has shown that it took the binding: it drops the key where the answer is lost.
type Bound struct {
	Key   []byte    `json:"key"`
	At    time.Time `json:"at"`
	Shown time.Time `json:"shown,omitzero"` // when the browser first came with what only the binding gives; zero: not yet
}

// Live reports whether the session may be used at now.
func (s *Session) Live(now time.Time) bool {
	return s.Revoked.IsZero() && now.Before(s.Expires) && (s.Idle <= 0 || now.Before(s.LastSeen.Add(s.Idle)))
}

// Claimed is the person as the provider alone described them: what apps are told, and what a directory is asked by.
func (s *Session) Claimed() model.User {
	if s.Claims == nil {
		return s.User
	}
	return s.Claims.User
}

// Holds reports whether a secret is that of the session's browser.
func (s *Session) Holds(secret Secret) bool {
	return s.SecretHash != "" && subtle.ConstantTimeCompare([]byte(secret.Hash()), []byte(s.SecretHash)) == 1
}

// Names are what a provider calls a session and its person. A session has them when one that is set is its own: the
// subject and the session of [model.Authentication], or the address, which is the e-mail address or the sign-in name, in
// ASCII letters of any case.
type Names struct{ Subject, Session, Address string }

// Store keeps broker sessions and revocations. Every method answers for one tenant only; what belongs to
// another is NotFound.
type Store interface {
	// PutSession writes a session. It is a Conflict when the stored one has been revoked, and never moves
	// LastSeen back.
	PutSession(ctx context.Context, s Session) error
	// UpdateSession changes a stored session in one step: no concurrent change is lost. It returns what is now
	// stored, NotFound, a Conflict when the session has been revoked, or the error of change, which then
	// changed nothing. change may not alter ID and Tenant.
	UpdateSession(ctx context.Context, tenant model.TenantID, id model.SessionID, change func(*Session) error) (Session, error)
	// TouchSession moves LastSeen forward to at. It does nothing for a session that is gone.
	TouchSession(ctx context.Context, tenant model.TenantID, id model.SessionID, at time.Time) error
	// Session returns one session, or NotFound. It returns ended ones too; callers ask Live.
	Session(ctx context.Context, tenant model.TenantID, id model.SessionID) (Session, error)
	// Sessions returns the sessions of a user, or of all when user is "", the newest first: those that are live
	// at a time, or also ended ones when liveAt is zero.
	Sessions(ctx context.Context, tenant model.TenantID, user model.UserID, liveAt time.Time) ([]Session, error)
	// Revoke ends the matching sessions and their app sessions and returns the revocation with its epoch, in
	// one transaction.
	Revoke(ctx context.Context, r Revocation) (Revocation, error)
	// RevokedSince returns the revocations after an epoch, in order, for reconciliation.
	RevokedSince(ctx context.Context, tenant model.TenantID, epoch int64) ([]Revocation, error)
}
