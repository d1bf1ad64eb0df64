package directory

import (
	"context"
	"time"

	"github.com/referee-casb/referee/model"
)

// SourceStore keeps sources and the tokens of those that push. Every method answers for one tenant only; what belongs
// to another is NotFound. Implementations are safe for concurrent use.
type SourceStore interface {
	// AddSource inserts a source with revision 1; Conflict when its id is taken.
	AddSource(ctx context.Context, s Source) error
	Source(ctx context.Context, tenant model.TenantID, id SourceID) (Source, error)
	// Sources lists a tenant's sources by id.
	Sources(ctx context.Context, tenant model.TenantID) ([]Source, error)
	// UpdateSource changes a stored source in one step: no concurrent change is lost. change may not alter ID, Tenant
	// and Kind; its error changes nothing and is returned.
	UpdateSource(ctx context.Context, tenant model.TenantID, id SourceID, change func(*Source) error) (Source, error)
	// DeleteSource removes a source with all that it said.
	DeleteSource(ctx context.Context, tenant model.TenantID, id SourceID) error

	// AddSourceToken inserts a token; NotFound without its source, Conflict when its id is taken, Limited when the source has
	// [MaxTokens].
	AddSourceToken(ctx context.Context, t Token) error
	// SourceTokens lists a source's tokens, the oldest first; none for a source that is not there.
	SourceTokens(ctx context.Context, tenant model.TenantID, source SourceID) ([]Token, error)
	// TouchSourceToken moves LastUsed forward to at. It does nothing for a token that is gone.
	TouchSourceToken(ctx context.Context, tenant model.TenantID, source SourceID, id string, at time.Time) error
	DeleteSourceToken(ctx context.Context, tenant model.TenantID, source SourceID, id string) error
}

// Batch is a change of one source's people, committed whole or not at all.
type Batch struct {
	// Users and Groups are written. Version is that of the stored row, 0 for one that may not be there: else Conflict.
	// Every write makes it one greater.
	Users  []User
	Groups []Group
	// Unique refuses, as Conflict, a live user whose sign-in name, or a group whose name, another one of the source has.
	Unique bool
	// AnyVersion writes users and groups whatever version is stored; what reads a directory as its only writer sets it.
	AnyVersion bool
	Members    []Membership
	// GoneUsers are taken back: their memberships go, and what identifies them stays, so that nobody signs in as them.
	// GoneGroups go with their memberships. What is not there is no error.
	GoneUsers  []ID
	GoneGroups []ID
	// Generation marks what is written. With Prune, users, groups and memberships of a lesser one are taken back.
	Generation int64
	Prune      bool
	// Sync replaces the source's state when it is not nil, but for what was asked for meanwhile (Asked, AskFull).
	Sync *Sync
	// Created is when the source was added that this was read for: NotFound where another one goes by its id by now. The
	// zero time is any.
	Created time.Time
	At      time.Time
}

// Membership changes the members of one group.
type Membership struct {
	Group  ID
	All    bool // Add is the whole list: all others go
	Add    []Member
	Remove []ID
}

// Query selects users or groups of a tenant.
type Query struct {
	Source  SourceID // "" for all
	Match   string   // contained in name, sign-in name, address or external id, whatever the case; "" for all
	Name    string   // sign-in name of users, name of groups, whatever the case; "" for any
	Extern  string   // external id; "" for any
	Deleted bool     // of users: also those that were taken back
	After   string   // key of the last one seen, as [Key] makes it; "" from the beginning
	Limit   int      // 0 for all
}

// Key orders users and groups: by source, then by id.
func Key(s SourceID, id ID) string { return string(s) + " " + string(id) }

// Store keeps people. As of [SourceStore], every method answers for one tenant.
type Store interface {
	// Apply commits a batch; NotFound when the source is not there.
	Apply(ctx context.Context, tenant model.TenantID, source SourceID, b Batch) error
	// User returns one user, one that was taken back too; callers look at Deleted.
	User(ctx context.Context, tenant model.TenantID, source SourceID, id ID) (User, error)
	// Users lists users in the order of [Key].
	Users(ctx context.Context, tenant model.TenantID, q Query) ([]User, error)
	Group(ctx context.Context, tenant model.TenantID, source SourceID, id ID) (Group, error)
	Groups(ctx context.Context, tenant model.TenantID, q Query) ([]Group, error)
	// Members lists the direct members of a group by their id, from after an id; limit 0 for all.
	Members(ctx context.Context, tenant model.TenantID, source SourceID, group, after ID, limit int) ([]Member, error)
	// GroupsOf lists the groups that a user or group is in, directly or through other groups, by id.
	GroupsOf(ctx context.Context, tenant model.TenantID, source SourceID, member ID) ([]Group, error)
	// CountPeople counts a source's live users and its groups, roles left out.
	CountPeople(ctx context.Context, tenant model.TenantID, source SourceID) (users, groups int, err error)
	// Named finds users of every source by external id or folded sign-in name, deleted ones too, in the order of [Key].
	// An empty text finds nobody.
	Named(ctx context.Context, tenant model.TenantID, external, username string) ([]User, error)
	// Anchored finds live users of every source by what their account in Entra is anchored by, in the order of [Key]. An
	// empty text finds nobody.
	Anchored(ctx context.Context, tenant model.TenantID, immutableID string) ([]User, error)
}
