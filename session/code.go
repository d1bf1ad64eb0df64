package session

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/model"
)

// CodeLifetime is how long a hand-over code may be under way: two redirects on a slow line.
const CodeLifetime = 30 * time.Second

// Code is a hand-over code on its way from the broker to a mapped host: single use, 30 s, bound to host and
// to a nonce that was set there first. Hash and NonceHash are SHA-256 of what the browser carries.
type Code struct {
	Hash       string
	Tenant     model.TenantID
	Host       string // mapped host
	NonceHash  string
	AppSession string
	WrappedKey []byte // the data key, wrapped for the code and the tenant's vault key
	Expires    time.Time
}

// HostCookie is one browser secret of an app session at one mapped host.
type HostCookie struct {
	Hash       string // SHA-256 of the cookie's value
	Tenant     model.TenantID
	Host       string
	AppSession string
	WrappedKey []byte // the data key, wrapped for this secret and the tenant's vault key
	Created    time.Time
}

// CodeStore keeps hand-over codes and host cookies. Every method but DeleteExpired answers for one tenant only.
type CodeStore interface {
	PutCode(ctx context.Context, c Code) error
	// TakeCode returns and deletes a code in one step, or NotFound: a second taker never gets it.
	TakeCode(ctx context.Context, tenant model.TenantID, hash string) (Code, error)
	// PutHostCookie is Denied when the app session is absent or revoked.
	PutHostCookie(ctx context.Context, c HostCookie) error
	HostCookie(ctx context.Context, tenant model.TenantID, hash string) (HostCookie, error)
	// DeleteExpired removes what ended before t: codes, stashes, jar rows, and sessions with their app
	// sessions, cookies and jars; idle sessions two minutes later, as LastSeen lags, and revoked ones after a
	// day. It removes at most limit rows of each and returns how many in all.
	DeleteExpired(ctx context.Context, t time.Time, limit int) (int, error)
}

// LogValue leaves out hashes and keys.
func (c Code) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", string(c.Tenant)), slog.String("host", c.Host), slog.String("app_session", c.AppSession))
}

// LogValue leaves out hashes and keys.
func (c HostCookie) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", string(c.Tenant)), slog.String("host", c.Host), slog.String("app_session", c.AppSession))
}

// MintCode stores a hand-over code for a mapped host and returns it. nonceHash is the hash of the nonce that
// the host has set in the browser.
func MintCode(ctx context.Context, store CodeStore, v Sealer, app *AppSession, key *DataKey, host, nonceHash string, now time.Time) (Secret, error) {
	const op = "session.MintCode"
	if _, ok := ParseSecret(nonceHash); !ok { // a hash has the form of a secret
		return "", &fault.Error{Kind: fault.Invalid, Op: op, Key: host, Msg: "the nonce is not a SHA-256 in base64url"}
	}
	code := NewSecret()
	wrapped, err := key.wrap(v, app.Tenant, app.ID, code)
	if err != nil {
		return "", fault.Wrap(err, op, host)
	}
	err = store.PutCode(ctx, Code{
		Hash: code.Hash(), Tenant: app.Tenant, Host: host, NonceHash: nonceHash, AppSession: app.ID,
		WrappedKey: wrapped, Expires: now.Add(CodeLifetime),
	})
	if err != nil {
		return "", fault.Wrap(err, op, host)
	}
	return code, nil
}

// RedeemCode takes a code at a mapped host and returns the app session and its data key. nonce is the value of
// the host's nonce cookie. It is Denied, with the reason, when the code is unknown or used, late, meant for
// another host or another browser; whatever the outcome, the code is gone. The caller has made sure that this
// is a top-level navigation.
func RedeemCode(ctx context.Context, store CodeStore, v Sealer, tenant model.TenantID, host string, code, nonce Secret, now time.Time) (string, *DataKey, error) {
	const op = "session.RedeemCode"
	deny := func(msg string) (string, *DataKey, error) {
		return "", nil, &fault.Error{Kind: fault.Denied, Op: op, Key: host, Msg: msg, Help: "open the app's address again"}
	}
	c, err := store.TakeCode(ctx, tenant, code.Hash())
	if fault.Is(err, fault.NotFound) {
		return deny("the hand-over code is unknown or was used before")
	} else if err != nil {
		return "", nil, fault.Wrap(err, op, host) // fail closed: without the store no code is good
	}
	switch {
	case !now.Before(c.Expires):
		return deny("the hand-over code came too late")
	case c.Host != host:
		return deny("the hand-over code is for another host")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(nonce.Hash()), []byte(c.NonceHash)) != 1:
		return deny("the hand-over code is for another browser")
	}
	key, err := unwrapKey(v, tenant, c.AppSession, code, c.WrappedKey)
	if err != nil {
		return "", nil, fault.Wrap(err, op, host)
	}
	return c.AppSession, key, nil
}

// MintHostCookie stores a host cookie of an app session and returns its value.
func MintHostCookie(ctx context.Context, store CodeStore, v Sealer, tenant model.TenantID, appSession, host string, key *DataKey, now time.Time) (Secret, error) {
	const op = "session.MintHostCookie"
	secret := NewSecret()
	wrapped, err := key.wrap(v, tenant, appSession, secret)
	if err != nil {
		return "", fault.Wrap(err, op, host)
	}
	err = store.PutHostCookie(ctx, HostCookie{Hash: secret.Hash(), Tenant: tenant, Host: host, AppSession: appSession, WrappedKey: wrapped, Created: now})
	if err != nil {
		return "", fault.Wrap(err, op, host)
	}
	return secret, nil
}
