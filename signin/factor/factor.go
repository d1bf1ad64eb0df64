// Package factor owns the second factors that Referee itself keeps for people: one-time codes of an authenticator
// app (RFC 6238), passkeys (WebAuthn level 2) and recovery codes; and their acceptances of agreements.
//
// It owns enrolment, verification, what stands against guessing and replay, and the shape of what is stored. It does
// not own who must step up (policy), the pages and what a verified factor opens (signin), nor the rows (store).
// Layer L3, inside the family signin. Begin with [Keeper].
package factor

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// Kind is a kind of factor.
type Kind string

// The kinds. Their names are what [model.Satisfaction] names as vouching.
const (
	TOTP     Kind = "totp"         // an authenticator app; one a person
	Passkey  Kind = "passkey"      // a key on a device or security key; several a person
	Recovery Kind = "recoveryCode" // single-use codes, kept as one factor
)

// Owner is whose factors they are: a person as one provider of one tenant names them. The same subject at another
// provider is somebody else.
type Owner struct {
	Tenant   model.TenantID
	Provider model.ProviderID
	User     model.UserID
}

// OwnerOf returns the owner of a signed-in person's factors.
func OwnerOf(tenant model.TenantID, u *model.User) Owner { return Owner{tenant, u.Provider, u.ID} }

// Factor is one registered factor. What verifies it lies sealed; the rest may be shown to an administrator.
type Factor struct {
	ID       string    `json:"id"`
	Owner    Owner     `json:"-"`
	Username string    `json:"username,omitempty"` // sign-in name at enrolment, to find it by
	Kind     Kind      `json:"kind"`
	Name     string    `json:"name,omitempty"` // the person's word for a passkey
	Created  time.Time `json:"created"`
	Used     time.Time `json:"used,omitzero"`
	Left     int       `json:"left,omitempty"`     // recovery codes not used yet
	Cloned   bool      `json:"cloned,omitempty"`   // the passkey's counter went back: a copy of it may exist
	Failures int       `json:"failures,omitempty"` // wrong codes since the last right one
	Locked   time.Time `json:"locked,omitzero"`    // no code is looked at before this
	Step     int64     `json:"step,omitempty"`     // last time step of which a code was accepted
	Sealed   []byte    `json:"-"`
	Revision int64     `json:"-"` // grows by one with each change
}

// Acceptance is a person's agreement to one version of a document.
type Acceptance struct {
	Owner   Owner     `json:"-"`
	Terms   string    `json:"terms"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// Store keeps factors. Every method answers for one tenant only.
type Store interface {
	// PutFactor inserts; Conflict when the owner has one of that id, or another of kind TOTP or Recovery.
	PutFactor(ctx context.Context, f Factor) error
	// UpdateFactor changes one whose stored revision is f.Revision, and adds one to it. Conflict when it was changed
	// since, NotFound when it is gone: of two requests with the same code one alone gets through.
	UpdateFactor(ctx context.Context, f Factor) error
	// Factors lists a person's, the oldest first.
	Factors(ctx context.Context, of Owner) ([]Factor, error)
	// FactorsOf lists a tenant's, by person.
	FactorsOf(ctx context.Context, tenant model.TenantID) ([]Factor, error)
	// DeleteFactor removes one factor of a person, NotFound when there is none of that id. The others stay.
	DeleteFactor(ctx context.Context, of Owner, id string) error
	// DeleteFactors removes all factors of a person and says how many.
	DeleteFactors(ctx context.Context, of Owner) (int, error)

	PutAcceptance(ctx context.Context, a Acceptance) error
	// Accepted returns a person's acceptance of a version, or NotFound.
	Accepted(ctx context.Context, of Owner, terms, version string) (Acceptance, error)
}

// Sealer encrypts for a tenant; vault.Vault is one.
type Sealer interface {
	Seal(tenant model.TenantID, purpose string, plain, ad []byte) ([]byte, error)
	Open(tenant model.TenantID, purpose string, sealed, ad []byte) ([]byte, error)
}
