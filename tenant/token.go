package tenant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/referee-casb/referee/model"
)

// Role says what a token may do. Each role may do all that the one before it may.
type Role string

// The roles.
const (
	RoleReader   Role = "reader"   // policies, exceptions, apps and settings; nothing about what people did
	RoleAnalyst  Role = "analyst"  // also activities, sessions and reports
	RoleOperator Role = "operator" // also changes policies, exceptions and apps, and ends sessions
	RoleAdmin    Role = "admin"    // also tenants' settings and tokens
)

// RoleDevices is beside the others: a management system's, which posts what it knows of devices and nothing else.
// An administrator may do the same.
const RoleDevices Role = "devices"

var roles = []Role{RoleReader, RoleAnalyst, RoleOperator, RoleAdmin}

// rank orders roles; 0 is none.
func (r Role) rank() int {
	for i, have := range roles {
		if r == have {
			return i + 1
		}
	}
	return 0
}

// Allows reports whether a holder of r may do what asks for need.
func (r Role) Allows(need Role) bool {
	if need == RoleDevices {
		return r == RoleDevices || r == RoleAdmin
	}
	return r.rank() > 0 && need.rank() > 0 && r.rank() >= need.rank()
}

// Everywhere is the tenant of tokens for the whole installation.
const Everywhere = "*"

// Token lets a program or a person use the API. Its secret is shown once and kept as a hash.
type Token struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Tenant    string    `json:"tenant"` // or [Everywhere]
	Role      Role      `json:"role"`
	Hash      string    `json:"-"` // [HashToken] of the secret
	CreatedBy string    `json:"createdBy,omitempty"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires,omitzero"`  // zero: never
	LastUsed  time.Time `json:"lastUsed,omitzero"` // written at most once a minute
}

// Live reports whether the token may be used at now.
func (t *Token) Live(now time.Time) bool { return t.Expires.IsZero() || now.Before(t.Expires) }

// Reaches reports whether the token is good for a tenant.
func (t *Token) Reaches(id model.TenantID) bool {
	return t.Tenant == Everywhere || t.Tenant == string(id) && id != ""
}

// LogValue leaves the hash out of logs.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", t.ID), slog.String("name", t.Name), slog.String("tenant", t.Tenant), slog.String("role", string(t.Role)))
}

// TokenStore keeps tokens. Implementations are safe for concurrent use.
type TokenStore interface {
	// PutToken inserts a token; Conflict when its id, its hash, or its name in its tenant is taken.
	PutToken(ctx context.Context, t Token) error
	// TokenByHash finds a token by the hash of its secret, expired or not; NotFound when there is none.
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// Tokens lists the tokens of a tenant, or of [Everywhere], by name; all of the installation for "".
	Tokens(ctx context.Context, tenant string) ([]Token, error)
	// TouchToken moves LastUsed forward to at. It does nothing for a token that is gone.
	TouchToken(ctx context.Context, id string, at time.Time) error
	// DeleteToken removes a token of a tenant; NotFound when it has none of this id.
	DeleteToken(ctx context.Context, tenant, id string) error
}

// HashToken returns what a store keeps of a secret. The secret has 256 random bits, so a plain hash is enough.
func HashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
