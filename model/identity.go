package model

import (
	"regexp"
	"strings"
	"time"

	"github.com/referee-casb/referee/fault"
)

// TenantID names a tenant: a DNS label, since it is part of every mapped host (`<label>.<tenant>.<suffix>`).
type TenantID string

// UserID is a provider's stable, opaque id of a person (`sub`, object id), unique within a tenant.
type UserID string

// GroupID is a group's id or name as the provider sends it.
type GroupID string

// SessionID identifies one person's sign-in at the broker; Defender calls it InLineSessionId.
type SessionID string

// ProviderID names one of a tenant's identity providers.
type ProviderID string

var tenantPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Validate reports whether the id can be part of a host name: 1 to 40 of a-z, 0-9 and hyphen, no hyphen at
// either end, no "--" (reserved, RFC 5891 section 4.2.3.1).
func (t TenantID) Validate() error {
	if !tenantPattern.MatchString(string(t)) || strings.Contains(string(t), "--") {
		return &fault.Error{
			Kind: fault.Invalid, Op: "tenant id", Key: string(t),
			Msg:  "must be 1 to 40 lower-case letters, digits or single hyphens",
			Help: "use a short DNS label such as \"contoso\"",
		}
	}
	return nil
}

// User is a person as a provider described them at sign-in or a directory holds them.
type User struct {
	ID       UserID     `json:"id"`
	Name     string     `json:"name,omitempty"`
	Username string     `json:"username,omitempty"` // sign-in name, usually an e-mail address
	Email    string     `json:"email,omitempty"`
	Groups   []GroupID  `json:"groups,omitempty"`
	Roles    []string   `json:"roles,omitempty"`
	External bool       `json:"external,omitempty"` // a guest, or outside the tenant's managed domains
	Provider ProviderID `json:"provider,omitempty"`
	// GuestType is the kind of guest that the provider says an external person is; "" when it does not say.
	GuestType GuestType `json:"guestType,omitempty"`
	// HomeTenant is the id of the organisation where an external person is at home; "" when nobody says.
	HomeTenant string `json:"homeTenant,omitempty"`
}

// Claims are a person as their provider described them at sign-in, before a directory was asked.
type Claims struct {
	User    User   `json:"user"`
	Subject string `json:"subject"` // the provider's own name for the person, as UserID is made from
	// Guest is what the provider itself says about being a guest; nil where it says nothing and the domain decides.
	Guest *bool `json:"guest,omitempty"`
	// ObjectID: the provider's subjects are the object ids of Entra. It follows from the provider's settings.
	ObjectID bool `json:"-"`
	// Known are the directory's entries that the person was recognised as at sign-in: they stay the person's own when they
	// are renamed.
	Known []Entry `json:"known,omitempty"`
}

// Entry names what one of the tenant's directory sources says of a person.
type Entry struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// GuestType is a kind of guest or external user, in Microsoft Graph's words (conditionalAccessGuestOrExternalUserTypes).
type GuestType string

// The kinds of guests.
const (
	GuestInternal            GuestType = "internalGuest"
	GuestB2BCollaboration    GuestType = "b2bCollaborationGuest"
	GuestB2BMember           GuestType = "b2bCollaborationMember"
	GuestB2BDirectConnect    GuestType = "b2bDirectConnectUser"
	GuestOtherExternal       GuestType = "otherExternalUser"
	GuestServiceProviderUser GuestType = "serviceProvider"
)

// RiskLevel is how likely a provider holds it that a person or a sign-in is compromised.
type RiskLevel string

// The risk levels, in Microsoft Graph's words.
const (
	RiskNone   RiskLevel = "none"
	RiskLow    RiskLevel = "low"
	RiskMedium RiskLevel = "medium"
	RiskHigh   RiskLevel = "high"
)

// Domain returns the part after the last @ of the sign-in name, or of the e-mail address where the sign-in name has
// none, in lower case; "" when neither has one.
func (u User) Domain() string {
	for _, name := range []string{u.Username, u.Email} {
		if i := strings.LastIndexByte(name, '@'); i >= 0 {
			return strings.ToLower(name[i+1:])
		}
	}
	return ""
}

// Authentication says how and when a person signed in.
type Authentication struct {
	Provider ProviderID `json:"provider"`
	Time     time.Time  `json:"time"` // the provider's auth_time
	// Undated: the provider did not say when the person signed in, and Time is when it answered. The person may have been
	// signed in there for weeks, so nothing that has to be recent rests on it.
	Undated bool     `json:"undated,omitempty"`
	ACR     string   `json:"acr,omitempty"`
	AMR     []string `json:"amr,omitempty"`
	// Subject and Session are the provider's own names for the person and for its session (sub and sid of its ID token,
	// NameID and SessionIndex of its assertion): by them it says later that a session has ended.
	Subject string `json:"subject,omitempty"`
	Session string `json:"session,omitempty"`
	// ImmutableID is what the provider says that the person's account in Entra is anchored by (onPremisesImmutableId).
	ImmutableID string `json:"immutableId,omitempty"`
	// SignInRisk and UserRisk are what the provider claims; "" when it claims nothing.
	SignInRisk RiskLevel `json:"signInRisk,omitempty"`
	UserRisk   RiskLevel `json:"userRisk,omitempty"`
	// Steps are what was done since, or along with it: second factors here, contexts granted, agreements accepted.
	Steps []Satisfaction `json:"steps,omitempty"`
}
