package session

import (
	"context"
	"net/netip"
	"time"

	"github.com/referee-casb/referee/model"
)

// BlockedLife is how long a reference code leads somewhere on the broker's pages.
const BlockedLife = 24 * time.Hour

// Blocked is what a gateway remembers of an action it stopped, and the broker of a sign-in to an app, so that the
// broker's own pages can show it, take a justification, or take a request for an exception. It is found by its
// reference code, and shown to nobody but the session it concerned.
type Blocked struct {
	Reference string             `json:"reference"`
	Tenant    model.TenantID     `json:"tenant"`
	Session   model.SessionID    `json:"session"`
	Activity  model.ActivityType `json:"activity"`
	App       model.AppRef       `json:"app"`
	Policy    model.PolicyRef    `json:"policy"`
	File      string             `json:"file,omitempty"`
	Resource  string             `json:"resource,omitempty"` // what a grant is bound to: method, real URL without query; for writes with the content's hash
	Override  bool               `json:"override,omitempty"` // the policy lets the person override
	Steps     []model.StepUp     `json:"steps,omitempty"`    // what opens the gate, where authenticating more strongly does
	Return    string             `json:"return,omitempty"`   // mapped URL to go back to
	Kept      bool               `json:"kept,omitempty"`     // Return sends the very request again, once
	Script    bool               `json:"script,omitempty"`   // a page's script waits and goes on by itself
	At        time.Time          `json:"at"`
	Expires   time.Time          `json:"expires"`
}

// Grant lets one action of one session pass a gate that was satisfied: an override with a justification, or a
// step-up. It is bound to app, action and resource, and short.
type Grant struct {
	Tenant   model.TenantID     `json:"tenant"`
	Session  model.SessionID    `json:"session"`
	Instance model.InstanceID   `json:"instance"`
	Activity model.ActivityType `json:"activity"`
	Resource string             `json:"resource"`
	Key      string             `json:"key"` // as policy.Input.Satisfied writes it: "override:<policy id>"
	Reason   string             `json:"reason,omitempty"`
	Expires  time.Time          `json:"expires"`
	// Seen is how the browser looked that earned a step-up; the grant holds for no other. Nil for overrides.
	Seen *Seen `json:"seen,omitempty"`
}

// Seen is how a browser's connection looked.
type Seen struct {
	Ciphers string     `json:"ciphers,omitempty"` // second part of its JA4, "" if unknown
	Agent   string     `json:"agent,omitempty"`
	Address netip.Addr `json:"address,omitzero"`
	ASN     uint32     `json:"asn,omitempty"`
}

// BlockedStore keeps blocked actions until they expire.
type BlockedStore interface {
	PutBlocked(ctx context.Context, b Blocked) error
	// Blocked returns one by its reference code, or NotFound.
	Blocked(ctx context.Context, tenant model.TenantID, reference string, now time.Time) (Blocked, error)
}

// GrantStore keeps grants until they expire.
type GrantStore interface {
	PutGrant(ctx context.Context, g Grant) error
	// Grants returns a session's live grants.
	Grants(ctx context.Context, tenant model.TenantID, id model.SessionID, now time.Time) ([]Grant, error)
}
