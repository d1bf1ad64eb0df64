package directory

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/referee-casb/referee/model"
)

// ID names a user or a group within its source: Referee's own id for what is pushed by SCIM, the object id for what is
// read from Microsoft Graph.
type ID string

// User is a person as one source describes them.
type User struct {
	Source     SourceID `json:"source"`
	ID         ID       `json:"id"`
	ExternalID string   `json:"externalId,omitempty"` // the provider's own name for the person, as its tokens carry it
	Username   string   `json:"username,omitempty"`   // sign-in name
	Name       string   `json:"name,omitempty"`
	Email      string   `json:"email,omitempty"`
	// ImmutableID is what the account in Entra is anchored by (onPremisesImmutableId), where the source is Entra.
	ImmutableID string          `json:"immutableId,omitempty"`
	Active      bool            `json:"active"`
	Guest       *bool           `json:"guest,omitempty"` // nil: the source says nothing, and the domain decides
	GuestType   model.GuestType `json:"guestType,omitempty"`
	Roles       []string        `json:"roles,omitempty"`   // that the source names at the person
	Created     time.Time       `json:"created"`           // when the source first told of the person
	Changed     time.Time       `json:"changed"`           // when it last told of a change
	Deleted     time.Time       `json:"deleted,omitzero"`  // taken back: nobody signs in as this person
	Version     int64           `json:"-"`                 // grows by one with each change
	Resource    json.RawMessage `json:"resource,omitzero"` // of SCIM: every attribute that the client sent
}

// MayStay reports whether the source lets the person in.
func (u *User) MayStay() bool { return u.Active && u.Deleted.IsZero() }

// Group is a group, or a directory role, as one source describes it.
type Group struct {
	Source     SourceID        `json:"source"`
	ID         ID              `json:"id"`
	ExternalID string          `json:"externalId,omitempty"` // of SCIM: the provider's own id; of Graph: the object id, or a role's template id
	Name       string          `json:"name,omitempty"`
	Role       bool            `json:"role,omitempty"` // a directory role
	Created    time.Time       `json:"created"`
	Changed    time.Time       `json:"changed"`
	Version    int64           `json:"-"`
	Resource   json.RawMessage `json:"resource,omitzero"`
}

// Member is one membership: of a user, or of a group in a group.
type Member struct {
	Group ID   `json:"group"`
	ID    ID   `json:"id"`
	Nests bool `json:"nests,omitempty"` // the member is a group
}

// Names are what policies call the group by. A name that people give to their own groups in Entra is none: whoever may
// make a group there could name it as another one. What a SCIM client pushes is chosen by its administrator.
func (g *Group) Names(k Kind) []string {
	var out []string
	if g.ExternalID != "" {
		out = append(out, g.ExternalID)
	}
	if g.Name != "" && (k == KindSCIM || g.Role) { // directory roles are Microsoft's own names
		out = append(out, g.Name)
	}
	if len(out) == 0 {
		out = append(out, string(g.ID))
	}
	return out
}

// Fold is the form in which sign-in names and names of groups are compared. It goes by way of capitals, so that what
// policies' filters take for the same name is the same here too: "annaſ" is "annas".
func Fold(name string) string { return strings.ToLower(strings.ToUpper(strings.TrimSpace(name))) }
