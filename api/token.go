package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
	"github.com/referee-casb/referee/tenant"
)

// tokenPrefix marks secrets, so that people and scanners recognise one in a file.
const tokenPrefix = "referee_"

// newSecret makes the secret of a token: 256 random bits.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

func newTokenID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return "tok-" + hex.EncodeToString(b[:])
}

// FirstToken is the name of the token that [Bootstrap] makes.
const FirstToken = "first administrator"

// Bootstrap makes the first administrator's token when the installation has no token at all, and returns its
// secret, which cannot be had again. Two processes that start at once make one token: the other one gets made false.
func Bootstrap(ctx context.Context, store tenant.TokenStore, now time.Time) (secret string, made bool, err error) {
	const op = "api.Bootstrap"
	have, err := store.Tokens(ctx, "")
	if err != nil || len(have) > 0 {
		return "", false, fault.Wrap(err, op, "")
	}
	secret = newSecret()
	err = store.PutToken(ctx, tenant.Token{ID: newTokenID(), Name: FirstToken, Tenant: tenant.Everywhere, Role: tenant.RoleAdmin, Hash: tenant.HashToken(secret), CreatedBy: "first start", Created: now})
	if fault.Is(err, fault.Conflict) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fault.Wrap(err, op, "")
	}
	return secret, true, nil
}

// bearer returns the secret of an Authorization header: "Bearer <secret>", or "Token <secret>" as clients of
// Defender's API write it.
func bearer(header string) (string, bool) {
	scheme, secret, ok := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	if !ok || !(strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Token")) {
		return "", false
	}
	return secret, len(secret) > len(tokenPrefix) && len(secret) < 200
}

// Recover makes an administrator's token beside every route that could refuse one, and writes down that it did, both
// or none. Whoever calls it has made sure that the caller owns the installation. The secret is nowhere else.
func Recover(ctx context.Context, store tenant.RecoveryStore, r tenant.Recovery) (made tenant.Recovery, secret string, err error) {
	secret = newSecret()
	r.ID = newTokenID()
	err = store.PutRecovery(ctx, r, tenant.Token{
		ID: r.ID, Tenant: r.Tenant, Role: tenant.RoleAdmin, Hash: tenant.HashToken(secret), CreatedBy: "recovery on the host by " + r.By, Created: r.At, Expires: r.Expires,
	})
	if err != nil {
		return tenant.Recovery{}, "", fault.Wrap(err, "api.Recover", r.Tenant)
	}
	return r, secret, nil
}
